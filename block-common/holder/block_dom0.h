/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Dom0 itself does with a disk: mounts, swap, device-mapper, md. */
#ifndef BLOCK_DOM0_H
#define BLOCK_DOM0_H

#include "device/block_aliases.h"
#include "disk/block_uses.h"

/*
 * Add who has the target, or a device of its aliases, in Dom0. The kernel is asked whether anybody
 * has claimed it for himself (O_EXCL), which also mounts of other mount namespaces do; then mounts,
 * swap and devices are looked through for who it is.
 */
bool block_dom0_read(struct block_uses *uses, const struct block_aliases *aliases,
		     const struct block_target *target, struct err *err) MUST_USE;

#endif
