/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs and loop devices → all block devices that have to do with one of them. */
#include "device/block_places.h"
#include "base/array.h"
#include <sys/sysmacros.h>

const struct block_place *block_places_find(const struct block_places *places, dev_t device)
{
	for (size_t i = 0; i < places->count; i++)
		if (places->list[i].device == device)
			return &places->list[i];
	return NULL;
}

static const struct block_loop *find_loop(const struct block_places *places, dev_t device)
{
	for (size_t i = 0; i < places->loop_count; i++)
		if (places->loops[i].device == device)
			return &places->loops[i];
	return NULL;
}

const struct block_place *block_places_find_file(const struct block_places *places,
						 const struct block_file *file)
{
	for (size_t i = 0; i < places->loop_count; i++) {
		const struct block_loop *loop = &places->loops[i];
		const struct block_place *place = block_places_find(places, loop->device);

		if (place && block_file_equal(&loop->file, file))
			return place;
	}
	return NULL;
}

bool block_places_have(const struct block_places *places, const struct block_target *target,
		       const struct statx *status, const char **device)
{
	const struct block_file file = { makedev(status->stx_dev_major, status->stx_dev_minor),
					 status->stx_ino };
	const struct block_place *place =
		S_ISBLK(status->stx_mode)
			? block_places_find(places,
					    makedev(status->stx_rdev_major, status->stx_rdev_minor))
			: block_places_find_file(places, &file);

	*device = place ? place->name : "";
	return place || (target->kind == BLOCK_FILE && !S_ISBLK(status->stx_mode) &&
			 block_file_equal(&file, &target->file));
}

static bool add(struct block_places *places, dev_t device, enum block_relation relation,
		struct err *err)
{
	struct block_place *place;

	if (block_places_find(places, device))
		return true;
	place = array_add(&places->list, places->count, sizeof(*place));
	if (!place)
		return err_memory(err);
	place->device = device;
	place->relation = relation;
	block_device_name(place->name, device);
	places->count++;
	return true;
}

static bool add_folder(struct block_places *places, dev_t device, const char *folder,
		       enum block_relation relation, struct err *err)
{
	auto_free dev_t *devices = NULL;
	size_t count;

	if (!block_device_list(&devices, &count, device, folder, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add(places, devices[i], relation, err))
			return false;
	return true;
}

/* Has the disk a part that is one of them? */
static bool has_part(const struct block_places *places, dev_t disk, bool *has, struct err *err)
{
	auto_free dev_t *parts = NULL;
	size_t count;

	if (!block_device_list(&parts, &count, disk, "", err))
		return false;
	for (size_t i = 0; i < count; i++)
		*has = *has || block_places_find(places, parts[i]);
	return true;
}

/* Of a disk around a part, the part's twins are enough. */
static bool add_twins(struct block_places *places, dev_t device, enum block_relation relation,
		      struct err *err)
{
	auto_free dev_t *twins = NULL;
	bool is_around_part = false;
	size_t count;

	if (relation == BLOCK_AROUND && !has_part(places, device, &is_around_part, err))
		return false;
	if (is_around_part)
		return true;
	if (!block_device_list_twins(&twins, &count, device, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add(places, twins[i], relation == BLOCK_SAME ? BLOCK_TWIN : BLOCK_BEHIND, err))
			return false;
	return true;
}

static bool add_loops_of_file(struct block_places *places, const struct block_file *file,
			      enum block_relation relation, struct err *err)
{
	for (size_t i = 0; i < places->loop_count; i++)
		if (block_file_equal(&places->loops[i].file, file) &&
		    !add(places, places->loops[i].device, relation, err))
			return false;
	return true;
}

/* Loop devices before a block device: a part of the whole has what it is a part of. */
static bool add_loops_of_device(struct block_places *places, dev_t device,
				enum block_relation relation, struct err *err)
{
	for (size_t i = 0; i < places->loop_count; i++)
		if (places->loops[i].backing == device &&
		    !add(places, places->loops[i].device, relation, err))
			return false;
	return true;
}

/*
 * What lies behind a loop device, and whatever else lies before that. Of the many that a file may
 * have, the first brings in all.
 */
static bool add_behind_loop(struct block_places *places, dev_t device, enum block_relation relation,
			    struct err *err)
{
	const struct block_loop *loop = find_loop(places, device);
	const struct block_place *first;

	if (!loop)
		return true;
	if (relation == BLOCK_AROUND)
		relation = BLOCK_BEHIND;
	if (loop->backing)
		return add(places, loop->backing, relation, err);
	first = block_places_find_file(places, &loop->file);
	return (first && first->device != device) ||
	       add_loops_of_file(places, &loop->file, relation, err);
}

/* Its neighbours. From what is around it no way leads down again: others' parts are others'. */
static bool add_neighbours(struct block_places *places, struct block_place place, struct err *err)
{
	enum block_relation relation = place.relation;

	if (!add_behind_loop(places, place.device, relation, err))
		return false;
	if (relation != BLOCK_AROUND && !add_loops_of_device(places, place.device, relation, err))
		return false;
	if ((relation == BLOCK_SAME || relation == BLOCK_TWIN) &&
	    !add_folder(places, place.device, "", BLOCK_INSIDE, err))
		return false;
	if (relation == BLOCK_INSIDE)
		return true;
	return (relation == BLOCK_TWIN || add_twins(places, place.device, relation, err)) &&
	       add_folder(places, place.device, "..", BLOCK_AROUND, err) &&
	       add_folder(places, place.device, "slaves", BLOCK_AROUND, err);
}

bool block_places_read(struct block_places *places, const struct block_target *target,
		       struct err *err)
{
	struct block_places read = { 0 };
	bool ok = block_loop_read_all(&read.loops, &read.loop_count, err);

	if (ok && target->kind == BLOCK_FILE)
		ok = add_loops_of_file(&read, &target->file, BLOCK_SAME, err);
	if (ok && target->kind == BLOCK_DEVICE)
		ok = add(&read, target->device, BLOCK_SAME, err);
	for (size_t i = 0; ok && i < read.count; i++)
		ok = add_neighbours(&read, read.list[i], err);
	if (ok)
		*places = read;
	else
		block_places_done(&read);
	return ok;
}

void block_places_done(struct block_places *places)
{
	free(places->list);
	free(places->loops);
	*places = (struct block_places){ 0 };
}
