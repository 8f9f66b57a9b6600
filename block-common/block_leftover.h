/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices that nobody took back: their run was killed, or its remove never came. */
#ifndef BLOCK_LEFTOVER_H
#define BLOCK_LEFTOVER_H

#include "device/block_aliases.h"
#include "disk/block_uses.h"
#include "xen/store.h"

/*
 * Detach those of the aliases that were made for this disk, which has no device yet, for one that
 * has none or another one in xenstore by now, or for one of a domain that is gone; *any says
 * whether there was one. To be done with the lock alone: a disk that another run is just attaching
 * has none either. One that somebody has open still is waited for, a few seconds, and then added to
 * the uses.
 */
bool block_leftover_apply(bool *any, struct block_uses *uses, struct store *store,
			  const struct block_disk *own, const struct block_aliases *aliases,
			  struct err *err) MUST_USE;

/* Detach every loop device that was made for this disk; *any says whether there was one. */
bool block_leftover_own_apply(bool *any, const struct block_disk *own, struct err *err) MUST_USE;

#endif
