/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices with our mark, and xenstore → those that can go, and go. */
#include "block_leftover.h"
#include "block_entry.h"

static bool is_left_over(bool *is, struct store *store, const struct block_disk *own,
			 const struct block_disk *disk, struct err *err)
{
	char path[STORE_PATH_SIZE], value[STORE_VALUE_SIZE];
	bool found = false;

	*is = block_disk_equal(disk, own);
	if (*is)
		return true;
	if (!store_read(value, &found, store, block_entry_path(path, disk, "state"), err))
		return false;
	*is = !found;
	return true;
}

bool block_leftover_apply(bool *any, struct store *store, const struct block_disk *own,
			  const struct block_places *places, struct err *err)
{
	*any = false;
	for (size_t i = 0; i < places->loop_count; i++) {
		const struct block_loop *loop = &places->loops[i];
		bool is = false, was_ours = false;

		if (!loop->is_ours || !block_places_find(places, loop->device))
			continue;
		if (!is_left_over(&is, store, own, &loop->disk, err) ||
		    (is && !block_loop_detach_apply(loop->number, &loop->disk, &was_ours, err)))
			return false;
		*any = *any || was_ours;
	}
	return true;
}

bool block_leftover_own_apply(const struct block_disk *own, struct err *err)
{
	auto_free struct block_loop *loops = NULL;
	bool was_ours;
	size_t count;

	if (!block_loop_read_all(&loops, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (loops[i].is_ours && block_disk_equal(&loops[i].disk, own) &&
		    !block_loop_detach_apply(loops[i].number, own, &was_ours, err))
			return false;
	return true;
}
