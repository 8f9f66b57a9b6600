/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /sys/dev/block → the name of a device, and its neighbours. */
#include "device/block_device.h"
#include "base/array.h"
#include "disk/block_number.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/sysmacros.h>
#include <unistd.h>

const char *block_device_name(char out[static BLOCK_DEVICE_NAME], dev_t device)
{
	char path[64], link[PATH_MAX], *base;
	ssize_t size;

	out[0] = '\0';
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(device), minor(device));
	size = readlink(path, link, sizeof(link) - 1);
	if (size < 0)
		return out;
	link[size] = '\0';
	base = strrchr(link, '/');
	snprintf(out, BLOCK_DEVICE_NAME, "%.*s", BLOCK_DEVICE_NAME - 1, base ? base + 1 : link);
	return out;
}

static bool append_device(dev_t **devices, size_t *count, dev_t device, struct err *err)
{
	dev_t *slot = array_add(devices, *count, sizeof(device));

	if (!slot)
		return err_memory(err);
	*slot = device;
	(*count)++;
	return true;
}

/* Partitions stand among other things in the folder of their disk, and have a number. */
static bool is_listed_device(const char *folder, const char *name)
{
	char path[PATH_MAX];

	if (name[0] == '.')
		return false;
	snprintf(path, sizeof(path), "%s/%s/partition", folder, name);
	return folder[strlen(folder) - 1] != '/' || !access(path, F_OK);
}

static bool list_folder(dev_t **devices, size_t *count, const char *folder, struct err *err)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	bool ok = true;

	if (!directory)
		return errno == ENOENT || err_sys(err, "%s can't be read", folder);
	while (ok && (entry = readdir(directory))) {
		char path[PATH_MAX];
		dev_t device;

		snprintf(path, sizeof(path), "%s/%s/dev", folder, entry->d_name);
		if (is_listed_device(folder, entry->d_name) &&
		    block_number_read_device(&device, path, 10))
			ok = append_device(devices, count, device, err);
	}
	closedir(directory);
	return ok;
}

/* A partition has a number, and its disk's folder around its own. */
static bool list_disk(dev_t **devices, size_t *count, const char *folder, struct err *err)
{
	char partition[128], disk[128];
	dev_t device;

	snprintf(partition, sizeof(partition), "%s/partition", folder);
	snprintf(disk, sizeof(disk), "%s/../dev", folder);
	return access(partition, F_OK) || !block_number_read_device(&device, disk, 10) ||
	       append_device(devices, count, device, err);
}

bool block_device_list(dev_t **devices, size_t *count, dev_t device, const char *folder,
		       struct err *err)
{
	char own[64], path[96];
	bool ok;

	*devices = NULL;
	*count = 0;
	snprintf(own, sizeof(own), "/sys/dev/block/%u:%u", major(device), minor(device));
	snprintf(path, sizeof(path), "%s/%s", own, folder);
	ok = strcmp(folder, "..") ? list_folder(devices, count, path, err)
				  : list_disk(devices, count, own, err);
	if (ok)
		return true;
	free(*devices);
	*devices = NULL;
	return false;
}

/* Where a device lies on its disk, in sectors. */
struct extent {
	dev_t disk;
	bool is_part;
	uint64_t start, size;
};

static bool read_attribute(char *value, size_t size, dev_t device, const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", major(device), minor(device), name);
	return block_number_read_line(value, size, path);
}

/* False where it is gone. */
static bool read_extent(struct extent *extent, dev_t device)
{
	char start[32], size[32], path[96];

	*extent = (struct extent){ .disk = device };
	extent->is_part = read_attribute(start, sizeof(start), device, "start");
	if (extent->is_part) {
		extent->start = strtoull(start, NULL, 10);
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../dev", major(device),
			 minor(device));
		if (!block_number_read_device(&extent->disk, path, 10))
			return false;
	}
	if (!read_attribute(size, sizeof(size), device, "size"))
		return false;
	extent->size = strtoull(size, NULL, 10);
	return true;
}

static bool extents_overlap(const struct extent *a, const struct extent *b)
{
	return a->start < b->start + b->size && b->start < a->start + a->size;
}

static bool read_wwid(char *wwid, size_t size, dev_t disk)
{
	return read_attribute(wwid, size, disk, "device/wwid") ||
	       read_attribute(wwid, size, disk, "wwid");
}

/* Of cheap disks all of one model may have the same name; they are seldom of one size, too. */
static bool is_same_disk(dev_t a, dev_t b)
{
	char wwid_a[256], wwid_b[256], size_a[32], size_b[32];

	return read_wwid(wwid_a, sizeof(wwid_a), a) && read_wwid(wwid_b, sizeof(wwid_b), b) &&
	       !strcmp(wwid_a, wwid_b) && read_attribute(size_a, sizeof(size_a), a, "size") &&
	       read_attribute(size_b, sizeof(size_b), b, "size") && !strcmp(size_a, size_b);
}

/* The partitions of a disk that have sectors of the extent. */
static bool add_overlapping(dev_t **devices, size_t *count, dev_t disk, const struct extent *extent,
			    dev_t itself, struct err *err)
{
	auto_free dev_t *parts = NULL;
	struct extent part;
	size_t all;

	if (!block_device_list(&parts, &all, disk, "", err))
		return false;
	for (size_t i = 0; i < all; i++)
		if (parts[i] != itself && read_extent(&part, parts[i]) &&
		    extents_overlap(extent, &part) && !append_device(devices, count, parts[i], err))
			return false;
	return true;
}

static bool add_paths(dev_t **devices, size_t *count, const struct extent *extent, struct err *err)
{
	auto_free dev_t *disks = NULL;
	char wwid[256];
	size_t all = 0;

	if (!read_wwid(wwid, sizeof(wwid), extent->disk))
		return true;
	if (!list_folder(&disks, &all, "/sys/block", err))
		return false;
	for (size_t i = 0; i < all; i++) {
		if (disks[i] == extent->disk || !is_same_disk(extent->disk, disks[i]))
			continue;
		if (!(extent->is_part
			      ? add_overlapping(devices, count, disks[i], extent, disks[i], err)
			      : append_device(devices, count, disks[i], err)))
			return false;
	}
	return true;
}

bool block_device_list_overlaps(dev_t **devices, size_t *count, dev_t device, struct err *err)
{
	struct extent extent;

	*devices = NULL;
	*count = 0;
	if (!read_extent(&extent, device))
		return true;
	if ((!extent.is_part ||
	     add_overlapping(devices, count, extent.disk, &extent, device, err)) &&
	    add_paths(devices, count, &extent, err))
		return true;
	free(*devices);
	*devices = NULL;
	return false;
}
