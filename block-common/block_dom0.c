/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc, /sys and O_EXCL → who in Dom0 has a disk. */
#include "block_dom0.h"
#include "block_mounts.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* One line of a file of sysfs, without its end. */
static bool read_line(char *line, size_t size, const char *path)
{
	auto_fclose FILE *file = fopen(path, "re");

	if (!file || !fgets(line, (int)size, file))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return *line;
}

/* "vg0-root (dm-3)", "md0" */
static bool add_holder(struct block_uses *uses, dev_t holder, const char *device, struct err *err)
{
	struct block_use use = { .user = BLOCK_HOLDER, .writes = true };
	char own[BLOCK_DEVICE_NAME], name[128], path[96], read_only[8];

	block_device_name(own, holder);
	snprintf(path, sizeof(path), "/sys/block/%s/ro", own);
	use.writes = !read_line(read_only, sizeof(read_only), path) || strcmp(read_only, "1");
	snprintf(path, sizeof(path), "/sys/block/%s/dm/name", own);
	if (read_line(name, sizeof(name), path))
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
	return block_mounts_read(uses, device, err) && block_swaps_read(uses, device, NULL, err) &&
	       add_holders(uses, device, err);
}

static bool explain_all(struct block_uses *uses, dev_t device, const char *folder, struct err *err)
{
	auto_free dev_t *devices = NULL;
	size_t count;

	if (!block_device_list(&devices, &count, device, folder, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!explain_one(uses, devices[i], err))
			return false;
	return true;
}

/* Somebody has claimed the device: it, one of its partitions, or the disk around it. */
static bool explain(struct block_uses *uses, const struct block_place *place, struct err *err)
{
	struct block_use unknown = { .user = BLOCK_SOMEBODY, .writes = true };
	size_t before = uses->count;

	if (!explain_one(uses, place->device, err) || !explain_all(uses, place->device, "", err) ||
	    !explain_all(uses, place->device, "..", err))
		return false;
	if (uses->count > before)
		return true;
	snprintf(unknown.device, sizeof(unknown.device), "%s", place->name);
	return block_uses_add(uses, &unknown, err);
}

/* The target is known by its descriptor, the others by their names, which are the kernel's. */
static int open_place(const struct block_place *place, const struct block_target *target)
{
	char path[sizeof("/dev/") + BLOCK_DEVICE_NAME];
	struct stat status;
	int fd;

	if (target->kind == BLOCK_DEVICE && place->device == target->device)
		snprintf(path, sizeof(path), "/proc/self/fd/%d", target->fd);
	else
		snprintf(path, sizeof(path), "/dev/%s", place->name);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_EXCL | O_CLOEXEC);
	if (fd < 0 || (!fstat(fd, &status) && status.st_rdev == place->device))
		return fd;
	close(fd);
	errno = ENODEV;
	return -1;
}

static bool read_place(struct block_uses *uses, const struct block_place *place,
		       const struct block_target *target, struct err *err)
{
	auto_close int fd = open_place(place, target);

	if (fd >= 0 || errno == ENXIO)
		return true;
	if (errno == EBUSY)
		return explain(uses, place, err);
	return err_sys(err, "whether /dev/%s is in use can't be found out", place->name);
}

/* A claim of a device counts for its partitions, too, but not for loop devices before them. */
static bool is_asked(const struct block_places *places, const struct block_place *place)
{
	if (place->relation == BLOCK_INSIDE)
		for (size_t i = 0; i < places->loop_count; i++)
			if (places->loops[i].device == place->device)
				return true;
	return place->relation == BLOCK_SAME;
}

bool block_dom0_read(struct block_uses *uses, const struct block_places *places,
		     const struct block_target *target, struct err *err)
{
	for (size_t i = 0; i < places->count; i++)
		if (is_asked(places, &places->list[i]) &&
		    !read_place(uses, &places->list[i], target, err))
			return false;
	return target->kind != BLOCK_FILE || block_swaps_read(uses, 0, &target->file, err);
}
