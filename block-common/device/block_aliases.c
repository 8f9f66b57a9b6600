/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs and loop devices → all block devices that have to do with one of them. */
#include "device/block_aliases.h"
#include "base/array.h"
#include <sys/sysmacros.h>

const struct block_alias *block_aliases_find(const struct block_aliases *aliases, dev_t device)
{
	for (size_t i = 0; i < aliases->count; i++)
		if (aliases->list[i].device == device)
			return &aliases->list[i];
	return NULL;
}

static const struct block_loop *find_loop(const struct block_aliases *aliases, dev_t device)
{
	for (size_t i = 0; i < aliases->loop_count; i++)
		if (aliases->loops[i].device == device)
			return &aliases->loops[i];
	return NULL;
}

const struct block_alias *block_aliases_find_file(const struct block_aliases *aliases,
						  const struct block_file *file)
{
	for (size_t i = 0; i < aliases->loop_count; i++) {
		const struct block_loop *loop = &aliases->loops[i];
		const struct block_alias *alias = block_aliases_find(aliases, loop->device);

		if (alias && block_file_equal(&loop->file, file))
			return alias;
	}
	return NULL;
}

bool block_aliases_have(const struct block_aliases *aliases, const struct block_target *target,
			const struct statx *status, const char **device)
{
	const struct block_file file = { makedev(status->stx_dev_major, status->stx_dev_minor),
					 status->stx_ino };
	const struct block_alias *alias =
		S_ISBLK(status->stx_mode)
			? block_aliases_find(
				  aliases, makedev(status->stx_rdev_major, status->stx_rdev_minor))
			: block_aliases_find_file(aliases, &file);

	*device = alias ? alias->name : "";
	return alias || (target->kind == BLOCK_FILE && !S_ISBLK(status->stx_mode) &&
			 block_file_equal(&file, &target->file));
}

static bool add_alias(struct block_aliases *aliases, dev_t device, enum block_relation relation,
		      struct err *err)
{
	struct block_alias *alias;

	if (block_aliases_find(aliases, device))
		return true;
	alias = array_add(&aliases->list, aliases->count, sizeof(*alias));
	if (!alias)
		return err_memory(err);
	alias->device = device;
	alias->relation = relation;
	block_device_name(alias->name, device);
	aliases->count++;
	return true;
}

static bool add_folder(struct block_aliases *aliases, dev_t device, const char *folder,
		       enum block_relation relation, struct err *err)
{
	auto_free dev_t *devices = NULL;
	size_t count;

	if (!block_device_list(&devices, &count, device, folder, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add_alias(aliases, devices[i], relation, err))
			return false;
	return true;
}

/* Has the disk a part that is one of them? */
static bool has_part(const struct block_aliases *aliases, dev_t disk, bool *has, struct err *err)
{
	auto_free dev_t *parts = NULL;
	size_t count;

	if (!block_device_list(&parts, &count, disk, "", err))
		return false;
	for (size_t i = 0; i < count; i++)
		*has = *has || block_aliases_find(aliases, parts[i]);
	return true;
}

/* Of a disk around a part, the part's duplicates are enough. */
static bool add_duplicates(struct block_aliases *aliases, dev_t device,
			   enum block_relation relation, struct err *err)
{
	auto_free dev_t *duplicates = NULL;
	bool is_around_part = false;
	size_t count;

	if (relation == BLOCK_AROUND && !has_part(aliases, device, &is_around_part, err))
		return false;
	if (is_around_part)
		return true;
	if (!block_device_list_overlaps(&duplicates, &count, device, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add_alias(aliases, duplicates[i],
			       relation == BLOCK_SAME ? BLOCK_OVERLAP : BLOCK_BEHIND, err))
			return false;
	return true;
}

static bool add_loops_of_file(struct block_aliases *aliases, const struct block_file *file,
			      enum block_relation relation, struct err *err)
{
	for (size_t i = 0; i < aliases->loop_count; i++)
		if (block_file_equal(&aliases->loops[i].file, file) &&
		    !add_alias(aliases, aliases->loops[i].device, relation, err))
			return false;
	return true;
}

/* Loop devices before a block device: a part of the whole has what it is a part of. */
static bool add_loops_of_device(struct block_aliases *aliases, dev_t device,
				enum block_relation relation, struct err *err)
{
	for (size_t i = 0; i < aliases->loop_count; i++)
		if (aliases->loops[i].backing == device &&
		    !add_alias(aliases, aliases->loops[i].device, relation, err))
			return false;
	return true;
}

/*
 * What lies behind a loop device, and whatever else lies before that. Of the many that a file may
 * have, the first brings in all.
 */
static bool add_behind_loop(struct block_aliases *aliases, dev_t device,
			    enum block_relation relation, struct err *err)
{
	const struct block_loop *loop = find_loop(aliases, device);
	const struct block_alias *first;

	if (!loop)
		return true;
	if (relation == BLOCK_AROUND)
		relation = BLOCK_BEHIND;
	if (loop->backing)
		return add_alias(aliases, loop->backing, relation, err);
	first = block_aliases_find_file(aliases, &loop->file);
	return (first && first->device != device) ||
	       add_loops_of_file(aliases, &loop->file, relation, err);
}

/* Its neighbours. From what is around it no way leads down again: others' parts are others'. */
static bool add_neighbours(struct block_aliases *aliases, struct block_alias alias, struct err *err)
{
	enum block_relation relation = alias.relation;

	if (!add_behind_loop(aliases, alias.device, relation, err))
		return false;
	if (relation != BLOCK_AROUND && !add_loops_of_device(aliases, alias.device, relation, err))
		return false;
	if ((relation == BLOCK_SAME || relation == BLOCK_OVERLAP) &&
	    !add_folder(aliases, alias.device, "", BLOCK_INSIDE, err))
		return false;
	if (relation == BLOCK_INSIDE)
		return true;
	return (relation == BLOCK_OVERLAP ||
		add_duplicates(aliases, alias.device, relation, err)) &&
	       add_folder(aliases, alias.device, "..", BLOCK_AROUND, err) &&
	       add_folder(aliases, alias.device, "slaves", BLOCK_AROUND, err);
}

bool block_aliases_read(struct block_aliases *aliases, const struct block_target *target,
			struct err *err)
{
	struct block_aliases read = { 0 };
	bool ok = block_loop_read_all(&read.loops, &read.loop_count, err);

	if (ok && target->kind == BLOCK_FILE)
		ok = add_loops_of_file(&read, &target->file, BLOCK_SAME, err);
	if (ok && target->kind == BLOCK_DEVICE)
		ok = add_alias(&read, target->device, BLOCK_SAME, err);
	for (size_t i = 0; ok && i < read.count; i++)
		ok = add_neighbours(&read, read.list[i], err);
	if (ok)
		*aliases = read;
	else
		block_aliases_done(&read);
	return ok;
}

void block_aliases_done(struct block_aliases *aliases)
{
	free(aliases->list);
	free(aliases->loops);
	*aliases = (struct block_aliases){ 0 };
}
