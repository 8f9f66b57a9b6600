/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which other guests have a disk. */
#ifndef BLOCK_GUESTS_H
#define BLOCK_GUESTS_H

#include "device/block_aliases.h"
#include "disk/block_uses.h"
#include "xen/store.h"

/*
 * Add the guests that have the target, or a device of its aliases; not the one who asks, nor
 * another that is the same machine. Also those whose device model opens it (qdisk, virtio_disk),
 * and those of tapback (vbd3). Source: xen-blkback's devices in sysfs, and where those say nothing,
 * xenstore
 *
 * is_alone  nobody has the target open: then it is looked for those alone who are about to open it
 */
bool block_guests_read(struct block_uses *uses, struct store *store, const struct block_disk *own,
		       const struct block_aliases *aliases, const struct block_target *target,
		       bool is_alone, struct err *err) MUST_USE;

#endif
