/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sysfs says of one block device: its name, and which others have to do with it. */
#ifndef BLOCK_DEVICE_H
#define BLOCK_DEVICE_H

#include "base/err.h"
#include <sys/types.h>

#define BLOCK_DEVICE_NAME 32

/* The kernel's name of a device: "sda3"; "" when there is none. Returns out. */
const char *block_device_name(char out[static BLOCK_DEVICE_NAME], dev_t device);

/*
 * The devices in a folder of a device in sysfs: "slaves", those it is built from; "holders", those
 * built on it; "", its partitions; "..", the disk that it is a partition of. *devices is the
 * caller's to free. A device that is gone has none.
 */
bool block_device_list(dev_t **devices, size_t *count, dev_t device, const char *folder,
		       struct err *err) MUST_USE;

/*
 * The devices that have sectors of this one under a number of their own: partitions that overlap
 * with it, as a slice of BSD's and what is inside do, and the same on other paths to its disk, or
 * those paths themselves where it is the disk. Neither its partitions nor its disk. *devices is the
 * caller's to free. Source: "start" and "size"; "wwid", of SCSI and NVMe
 */
bool block_device_list_overlaps(dev_t **devices, size_t *count, dev_t device, struct err *err)
	MUST_USE;

#endif
