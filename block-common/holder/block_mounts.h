/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file systems and which swap are on a block device. */
#ifndef BLOCK_MOUNTS_H
#define BLOCK_MOUNTS_H

#include "device/block_aliases.h"
#include "disk/block_uses.h"

/*
 * Add the mounts of a device or, where file is not NULL, of that file without a loop device (EROFS,
 * FUSE), in every mount namespace that a process of this machine is in.
 */
bool block_mounts_read(struct block_uses *uses, dev_t device, const struct block_file *file,
		       struct err *err) MUST_USE;

/* Add the swap on a device or, where file is not NULL, in that file. */
bool block_swaps_read(struct block_uses *uses, dev_t device, const struct block_file *file,
		      struct err *err) MUST_USE;

#endif
