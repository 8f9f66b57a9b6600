/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc, /sys and O_EXCL → who in Dom0 has a disk. */
#include "holder/block_dom0.h"
#include "disk/block_number.h"
#include "holder/block_mounts.h"
#include "holder/block_servers.h"
#include <time.h>

#define LOOK_PAUSE_MS 50
#define LOOKS 20 /* more, at a claim that nothing explains */

/* "vg0-root (dm-3)", "md0" */
static bool add_holder(struct block_uses *uses, dev_t holder, const char *device, struct err *err)
{
	struct block_use use = { .user = BLOCK_HOLDER, .writes = true };
	char own[BLOCK_DEVICE_NAME], name[128], path[96], read_only[8];

	block_device_name(own, holder);
	snprintf(path, sizeof(path), "/sys/block/%s/ro", own);
	use.writes = !block_number_read_line(read_only, sizeof(read_only), path) ||
		     strcmp(read_only, "1");
	snprintf(path, sizeof(path), "/sys/block/%s/dm/name", own);
	if (block_number_read_line(name, sizeof(name), path))
		snprintf(use.name, sizeof(use.name), "%s (%s)", name, own);
	else
		snprintf(use.name, sizeof(use.name), "%s", own);
	snprintf(use.device, sizeof(use.device), "%s", device);
	return block_uses_add(uses, &use, err);
}

static bool add_holders(struct block_uses *uses, dev_t device, struct err *err)
{
	char name[BLOCK_DEVICE_NAME];
	auto_free dev_t *holders = NULL;
	size_t count;

	if (!block_device_list(&holders, &count, device, "holders", err))
		return false;
	block_device_name(name, device);
	for (size_t i = 0; i < count; i++)
		if (!add_holder(uses, holders[i], name, err))
			return false;
	return true;
}

static bool explain_one(struct block_uses *uses, dev_t device, struct err *err)
{
	return block_mounts_read(uses, device, NULL, err) &&
	       block_swaps_read(uses, device, NULL, err) && add_holders(uses, device, err);
}

/* Who has claimed what; *unknown is the device of which nothing says it, else 0. */
static bool explain_parts(struct block_uses *uses, dev_t *unknown, dev_t device,
			  const struct block_target *target, struct err *err)
{
	auto_free dev_t *parts = NULL;
	size_t count;

	if (!block_device_list(&parts, &count, device, "", err))
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t before = uses->count;
		bool is = false;

		if (!block_target_is_claimed(&is, target, parts[i], err) ||
		    (is && !explain_one(uses, parts[i], err)))
			return false;
		if (is && uses->count == before)
			*unknown = parts[i];
	}
	return true;
}

static bool explain_around(struct block_uses *uses, dev_t device, struct err *err)
{
	auto_free dev_t *around = NULL;
	size_t count;

	if (!block_device_list(&around, &count, device, "..", err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!explain_one(uses, around[i], err))
			return false;
	return true;
}

/*
 * Somebody has claimed the device: all of it, or else partitions of it, each for himself, or else
 * the disk around it.
 */
static bool explain_claim(struct block_uses *uses, dev_t *unknown, dev_t device,
			  const struct block_target *target, struct err *err)
{
	size_t before = uses->count;

	*unknown = 0;
	if (!explain_one(uses, device, err))
		return false;
	if (uses->count > before)
		return true;
	if (!explain_parts(uses, unknown, device, target, err) ||
	    !explain_around(uses, device, err))
		return false;
	if (uses->count == before && !*unknown)
		*unknown = device;
	return true;
}

static bool add_unknown(struct block_uses *uses, dev_t device, struct err *err)
{
	struct block_use unknown = { .user = BLOCK_SOMEBODY, .writes = true };

	block_device_name(unknown.device, device);
	return block_uses_add(uses, &unknown, err);
}

/* A claim that nothing explains may be udev's or a tool's, who only looks at a new device. */
static bool read_place(struct block_uses *uses, dev_t device, const struct block_target *target,
		       struct err *err)
{
	struct timespec pause = { .tv_nsec = LOOK_PAUSE_MS * 1000000 };
	size_t before = uses->count;
	bool is = false;

	for (int look = 0;; look++) {
		dev_t unknown;

		if (!block_target_is_claimed(&is, target, device, err))
			return false;
		if (!is)
			return true;
		if (!explain_claim(uses, &unknown, device, target, err))
			return false;
		if (!unknown)
			return true;
		if (look == LOOKS)
			return add_unknown(uses, unknown, err);
		uses->count = before;
		nanosleep(&pause, NULL);
	}
}

/*
 * A claim of a device counts for its partitions and its disk, too, but neither for loop devices
 * before them nor for what is behind a loop device.
 */
static bool is_asked(const struct block_aliases *aliases, const struct block_alias *alias)
{
	if (alias->relation == BLOCK_INSIDE)
		for (size_t i = 0; i < aliases->loop_count; i++)
			if (aliases->loops[i].device == alias->device)
				return true;
	return alias->relation == BLOCK_SAME || alias->relation == BLOCK_OVERLAP ||
	       alias->relation == BLOCK_BEHIND;
}

/* Swap claims a device, but no file; nor does who mounts one without a loop device. */
static bool read_users_of_file(struct block_uses *uses, const struct block_file *file,
			       struct err *err)
{
	return block_mounts_read(uses, 0, file, err) && block_swaps_read(uses, 0, file, err);
}

static bool read_users_of_files(struct block_uses *uses, const struct block_aliases *aliases,
				const struct block_target *target, struct err *err)
{
	if (target->kind == BLOCK_FILE && !read_users_of_file(uses, &target->file, err))
		return false;
	for (size_t i = 0; i < aliases->loop_count; i++) {
		const struct block_loop *loop = &aliases->loops[i];
		const struct block_alias *first = block_aliases_find_file(aliases, &loop->file);
		bool is_targets =
			target->kind == BLOCK_FILE && block_file_equal(&loop->file, &target->file);

		if (!loop->backing && !is_targets && first && first->device == loop->device &&
		    !read_users_of_file(uses, &loop->file, err))
			return false;
	}
	return true;
}

bool block_dom0_read(struct block_uses *uses, const struct block_aliases *aliases,
		     const struct block_target *target, struct err *err)
{
	for (size_t i = 0; i < aliases->count; i++)
		if (is_asked(aliases, &aliases->list[i]) &&
		    !read_place(uses, aliases->list[i].device, target, err))
			return false;
	return read_users_of_files(uses, aliases, target, err) &&
	       block_servers_read(uses, aliases, target, err);
}
