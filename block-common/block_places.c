/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs and loop devices → all block devices that have to do with one of them. */
#include "block_places.h"
#include "array.h"
#include "block_number.h"
#include <dirent.h>
#include <errno.h>
#include <sys/sysmacros.h>

const char *block_device_name(char out[static BLOCK_DEVICE_NAME], dev_t device)
{
	char path[64], link[PATH_MAX], *base;
	ssize_t size;

	out[0] = '\0';
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(device), minor(device));
	size = readlink(path, link, sizeof(link) - 1);
	if (size < 0)
		return out;
	link[size] = '\0';
	base = strrchr(link, '/');
	snprintf(out, BLOCK_DEVICE_NAME, "%.*s", BLOCK_DEVICE_NAME - 1, base ? base + 1 : link);
	return out;
}

static bool append(dev_t **devices, size_t *count, dev_t device, struct err *err)
{
	dev_t *slot = array_add(devices, *count, sizeof(device));

	if (!slot)
		return err_memory(err);
	*slot = device;
	(*count)++;
	return true;
}

/* Partitions stand among other things in the folder of their disk, and have a number. */
static bool is_wanted(const char *folder, const char *name)
{
	char path[PATH_MAX];

	if (name[0] == '.')
		return false;
	snprintf(path, sizeof(path), "%s/%s/partition", folder, name);
	return folder[strlen(folder) - 1] != '/' || !access(path, F_OK);
}

static bool list_folder(dev_t **devices, size_t *count, const char *folder, struct err *err)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	bool ok = true;

	if (!directory)
		return errno == ENOENT || err_sys(err, "%s can't be read", folder);
	while (ok && (entry = readdir(directory))) {
		char path[PATH_MAX];
		dev_t device;

		snprintf(path, sizeof(path), "%s/%s/dev", folder, entry->d_name);
		if (is_wanted(folder, entry->d_name) && block_number_read_device(&device, path, 10))
			ok = append(devices, count, device, err);
	}
	closedir(directory);
	return ok;
}

/* A partition has a number, and its disk's folder around its own. */
static bool list_disk(dev_t **devices, size_t *count, const char *folder, struct err *err)
{
	char partition[128], disk[128];
	dev_t device;

	snprintf(partition, sizeof(partition), "%s/partition", folder);
	snprintf(disk, sizeof(disk), "%s/../dev", folder);
	return access(partition, F_OK) || !block_number_read_device(&device, disk, 10) ||
	       append(devices, count, device, err);
}

bool block_device_list(dev_t **devices, size_t *count, dev_t device, const char *folder,
		       struct err *err)
{
	char own[64], path[96];
	bool ok;

	*devices = NULL;
	*count = 0;
	snprintf(own, sizeof(own), "/sys/dev/block/%u:%u", major(device), minor(device));
	snprintf(path, sizeof(path), "%s/%s", own, folder);
	ok = strcmp(folder, "..") ? list_folder(devices, count, path, err)
				  : list_disk(devices, count, own, err);
	if (ok)
		return true;
	free(*devices);
	*devices = NULL;
	return false;
}

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
	if (relation == BLOCK_SAME && !add_folder(places, place.device, "", BLOCK_INSIDE, err))
		return false;
	return relation == BLOCK_INSIDE ||
	       (add_folder(places, place.device, "..", BLOCK_AROUND, err) &&
		add_folder(places, place.device, "slaves", BLOCK_AROUND, err));
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
