/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc, /sys and O_EXCL → who in Dom0 has a disk. */
#include "block_dom0.h"
#include "block_mounts.h"
#include "block_number.h"
#include "block_servers.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#define BLOCK_PATH (sizeof("/dev/") + BLOCK_DEVICE_NAME)
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

/* The kernel's name, as a path: "cciss!c0d0" is cciss/c0d0. */
static void print_path(char out[static BLOCK_PATH], dev_t device)
{
	char name[BLOCK_DEVICE_NAME];

	snprintf(out, BLOCK_PATH, "/dev/%s", block_device_name(name, device));
	for (char *at = out; (at = strchr(at, '!'));)
		*at = '/';
}

/* The target is known by its descriptor, the others by their names, which are the kernel's. */
static bool is_claimed(bool *is, dev_t device, const struct block_target *target, struct err *err)
{
	char path[BLOCK_PATH];
	struct stat status;
	auto_close int fd = -1;

	if (target->kind == BLOCK_DEVICE && device == target->device)
		snprintf(path, sizeof(path), "/proc/self/fd/%d", target->fd);
	else
		print_path(path, device);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_EXCL | O_CLOEXEC);
	*is = fd < 0 && errno == EBUSY;
	if (*is || (fd < 0 && errno == ENXIO))
		return true;
	if (fd >= 0 && !fstat(fd, &status) && status.st_rdev == device)
		return true;
	if (fd >= 0)
		errno = ENODEV;
	return err_sys(err, "whether %s is in use can't be found out", path);
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

		if (!is_claimed(&is, parts[i], target, err) ||
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
static bool explain(struct block_uses *uses, dev_t *unknown, dev_t device,
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

		if (!is_claimed(&is, device, target, err))
			return false;
		if (!is)
			return true;
		if (!explain(uses, &unknown, device, target, err))
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
static bool is_asked(const struct block_places *places, const struct block_place *place)
{
	if (place->relation == BLOCK_INSIDE)
		for (size_t i = 0; i < places->loop_count; i++)
			if (places->loops[i].device == place->device)
				return true;
	return place->relation == BLOCK_SAME || place->relation == BLOCK_TWIN ||
	       place->relation == BLOCK_BEHIND;
}

/* Swap claims a device, but no file; nor does who mounts one without a loop device. */
static bool read_file(struct block_uses *uses, const struct block_file *file, struct err *err)
{
	return block_mounts_read(uses, 0, file, err) && block_swaps_read(uses, 0, file, err);
}

static bool read_files(struct block_uses *uses, const struct block_places *places,
		       const struct block_target *target, struct err *err)
{
	if (target->kind == BLOCK_FILE && !read_file(uses, &target->file, err))
		return false;
	for (size_t i = 0; i < places->loop_count; i++) {
		const struct block_loop *loop = &places->loops[i];
		const struct block_place *first = block_places_find_file(places, &loop->file);
		bool is_targets =
			target->kind == BLOCK_FILE && block_file_equal(&loop->file, &target->file);

		if (!loop->backing && !is_targets && first && first->device == loop->device &&
		    !read_file(uses, &loop->file, err))
			return false;
	}
	return true;
}

bool block_dom0_read(struct block_uses *uses, const struct block_places *places,
		     const struct block_target *target, struct err *err)
{
	for (size_t i = 0; i < places->count; i++)
		if (is_asked(places, &places->list[i]) &&
		    !read_place(uses, places->list[i].device, target, err))
			return false;
	return read_files(uses, places, target, err) &&
	       block_servers_read(uses, places, target, err);
}
