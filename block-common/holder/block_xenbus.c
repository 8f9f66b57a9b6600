/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The toolstack's nodes of a disk ↔ values. */
#include "holder/block_xenbus.h"
#include "disk/block_number.h"
#include <sys/sysmacros.h>

#define SEQUENCE "taofirewall-diskseq"

const char *block_xenbus_path(char out[static STORE_PATH_SIZE], const struct block_disk *disk,
			      const char *key)
{
	char text[BLOCK_DISK_TEXT];

	snprintf(out, STORE_PATH_SIZE, "backend/%s/%s", block_disk_print(text, disk), key);
	return out;
}

static bool read_disk_key(char value[static STORE_VALUE_SIZE], struct store *store,
			  const struct block_disk *disk, const char *key, struct err *err)
{
	char path[STORE_PATH_SIZE];

	return store_read(value, NULL, store, block_xenbus_path(path, disk, key), err);
}

static bool read_disk_nodes(struct block_xenbus *entry, struct store *store,
			    const struct block_disk *disk, struct err *err)
{
	char mode[STORE_VALUE_SIZE], direct[STORE_VALUE_SIZE], device[STORE_VALUE_SIZE];
	char path[STORE_PATH_SIZE];

	if (!store_read_bytes(entry->params, NULL, store, block_xenbus_path(path, disk, "params"),
			      err) ||
	    !read_disk_key(entry->type, store, disk, "type", err) ||
	    !read_disk_key(mode, store, disk, "mode", err) ||
	    !read_disk_key(direct, store, disk, "direct-io-safe", err) ||
	    !read_disk_key(device, store, disk, "physical-device", err) ||
	    !read_disk_key(entry->node, store, disk, "node", err) ||
	    !read_disk_key(entry->sequence, store, disk, SEQUENCE, err))
		return false;
	entry->mode = block_mode_parse(mode);
	entry->is_direct = !strcmp(direct, "1");
	entry->is_attached = *device;
	return true;
}

/* A backend directory to be read. */
struct reading {
	struct block_xenbus *backend;
	const struct block_disk *disk;
};

static bool read_disk_at_once(struct store *store, void *what, struct err *err)
{
	const struct reading *reading = what;

	return read_disk_nodes(reading->backend, store, reading->disk, err);
}

bool block_xenbus_read(struct block_xenbus *entry, struct store *store,
		       const struct block_disk *disk, struct err *err)
{
	struct reading reading = { entry, disk };

	memset(entry, 0, sizeof(*entry));
	return store_look(store, read_disk_at_once, &reading, err);
}

bool block_xenbus_read_device(dev_t *device, bool *has, struct store *store,
			      const struct block_disk *disk, struct err *err)
{
	char path[STORE_PATH_SIZE], value[STORE_VALUE_SIZE], seen[SHOWN_SIZE];

	if (!store_read(value, NULL, store, block_xenbus_path(path, disk, "physical-device"), err))
		return false;
	*has = *value;
	return !*has || block_number_parse_device(device, value, 16) ||
	       err_set(err,
		       "%s is \"%s\", which is no device: whether that guest has the disk is "
		       "unknown; if it is gone, xenstore-rm %s",
		       path, shown(seen, value), path);
}

/* Something to be written of a disk. */
struct writing {
	const struct block_disk *disk;
	bool (*write)(struct store *store, const struct block_disk *disk, const void *what,
		      struct err *err);
	const void *what;
};

static bool write_at_once(struct store *store, const void *what, struct err *err)
{
	const struct writing *writing = what;

	return writing->write(store, writing->disk, writing->what, err);
}

static bool write_disk_nodes(struct store *store, const struct block_disk *disk,
			     bool (*write)(struct store *store, const struct block_disk *disk,
					   const void *what, struct err *err),
			     const void *what, struct err *err)
{
	const struct writing writing = { disk, write, what };

	return store_change(store, write_at_once, &writing, err);
}

static bool write_key(struct store *store, const struct block_disk *disk, const char *key,
		      const char *value, struct err *err)
{
	char path[STORE_PATH_SIZE];

	return store_write(store, block_xenbus_path(path, disk, key), value, err);
}

static bool write_disk_connected(struct store *store, const struct block_disk *disk,
				 const void *what, struct err *err)
{
	char state[STORE_VALUE_SIZE], device[32], path[STORE_PATH_SIZE];
	const struct block_answer *answer = what;

	if (!read_disk_key(state, store, disk, "state", err))
		return false;
	if (strcmp(state, "2"))
		return err_set(err,
			       *state ? "the toolstack is removing the disk already (state %s)"
				      : "the toolstack has removed the disk already%s",
			       state);
	snprintf(device, sizeof(device), "%x:%x", major(answer->device), minor(answer->device));
	return (!answer->is_loop || (write_key(store, disk, "node", answer->path, err) &&
				     write_key(store, disk, SEQUENCE, answer->sequence, err))) &&
	       write_key(store, disk, "physical-device-path", answer->path, err) &&
	       write_key(store, disk, "physical-device", device, err) &&
	       store_remove(store, block_xenbus_path(path, disk, "hotplug-error"), err) &&
	       write_key(store, disk, "hotplug-status", "connected", err);
}

bool block_xenbus_write_connected(struct store *store, const struct block_disk *disk,
				  const struct block_answer *answer, struct err *err)
{
	return write_disk_nodes(store, disk, write_disk_connected, answer, err);
}

static bool remove_answer_nodes(struct store *store, const struct block_disk *disk,
				const void *what, struct err *err)
{
	static const char *const keys[] = { "physical-device", "physical-device-path", "node",
					    SEQUENCE };
	char path[STORE_PATH_SIZE];

	(void)what;
	for (size_t i = 0; i < COUNT(keys); i++)
		if (!store_remove(store, block_xenbus_path(path, disk, keys[i]), err))
			return false;
	return true;
}

bool block_xenbus_remove_answer(struct store *store, const struct block_disk *disk, struct err *err)
{
	return write_disk_nodes(store, disk, remove_answer_nodes, NULL, err);
}

struct failure {
	const char *status, *why;
};

static bool write_disk_failure(struct store *store, const struct block_disk *disk, const void *what,
			       struct err *err)
{
	const struct failure *failure = what;
	char state[STORE_VALUE_SIZE];

	/* A node that is written below a directory that is gone would stay for ever. */
	return read_disk_key(state, store, disk, "state", err) && *state &&
	       write_key(store, disk, "hotplug-error", failure->why, err) &&
	       write_key(store, disk, "hotplug-status", failure->status, err);
}

void block_xenbus_write_error(struct store *store, const struct block_disk *disk,
			      const char *status, const char *why)
{
	struct failure failure = { status, why };
	struct err ignored;

	(void)!write_disk_nodes(store, disk, write_disk_failure, &failure, &ignored);
}
