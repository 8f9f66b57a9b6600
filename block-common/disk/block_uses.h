/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of those who have a disk. */
#ifndef BLOCK_USES_H
#define BLOCK_USES_H

#include "disk/block_share.h"

/* In the order in which they are found. Zeroed is valid and empty. */
struct block_uses {
	struct block_use *list;
	size_t count;
};

/* One more; fails when there is no memory. */
bool block_uses_add(struct block_uses *uses, const struct block_use *use, struct err *err) MUST_USE;
void block_uses_done(struct block_uses *uses);

#endif
