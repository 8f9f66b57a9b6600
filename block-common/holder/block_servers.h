/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that make a file system or a device of a disk which they have open. */
#ifndef BLOCK_SERVERS_H
#define BLOCK_SERVERS_H

#include "device/block_aliases.h"
#include "disk/block_uses.h"

/*
 * Add those that have the target open, or one of its aliases: servers of FUSE (fuse2fs), NBD
 * (qemu-nbd), ublk and blktap (tapdisk). Another program that has it open may as well be a backup.
 */
bool block_servers_read(struct block_uses *uses, const struct block_aliases *aliases,
			const struct block_target *target, struct err *err) MUST_USE;

/* Find a program that has a device open, for whatever purpose: its process and name in *use. */
void block_servers_find(struct block_use *use, dev_t device);

#endif
