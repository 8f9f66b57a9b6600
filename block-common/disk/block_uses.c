/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users of a disk, one by one → a list. */
#include "disk/block_uses.h"
#include "base/array.h"

bool block_uses_add(struct block_uses *uses, const struct block_use *use, struct err *err)
{
	struct block_use *slot = array_add(&uses->list, uses->count, sizeof(*use));

	if (!slot)
		return err_memory(err);
	*slot = *use;
	uses->count++;
	return true;
}

void block_uses_done(struct block_uses *uses)
{
	free(uses->list);
	*uses = (struct block_uses){ 0 };
}
