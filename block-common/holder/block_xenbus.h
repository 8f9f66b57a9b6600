/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the toolstack wrote of a disk into xenstore, as values; and our answer to it. */
#ifndef BLOCK_XENBUS_H
#define BLOCK_XENBUS_H

#include "disk/block_disk.h"
#include "xen/store.h"
#include <sys/types.h>

struct block_xenbus {
	char params[STORE_VALUE_SIZE]; /* any bytes, as names of files are; "": not given */
	char type[STORE_VALUE_SIZE];   /* likewise */
	struct block_mode mode;
	bool is_direct;			 /* direct-io-safe: the page cache is not needed */
	bool is_attached;		 /* xen-blkback was given a device */
	char node[STORE_VALUE_SIZE];	 /* the loop device that it was given; "": none */
	char sequence[STORE_VALUE_SIZE]; /* and which use of that; "": not known */
};

/* The path of a node of the disk's backend. Returns out. */
const char *block_xenbus_path(char out[static STORE_PATH_SIZE], const struct block_disk *disk,
			      const char *key);

/*
 * Read the backend's nodes, all of one moment. Nothing is read from the frontend, which the guest
 * can write. Fails when the directory is gone. Source: libxl_disk.c, device_disk_add()
 */
bool block_xenbus_read(struct block_xenbus *entry, struct store *store,
		       const struct block_disk *disk, struct err *err) MUST_USE;

/*
 * Which device it was given, whoever did that; *has is false where it has none. Fails when what
 * stands there names none: then nobody knows whether it is the one that is asked for.
 */
bool block_xenbus_read_device(dev_t *device, bool *has, struct store *store,
			      const struct block_disk *disk, struct err *err) MUST_USE;

/* What a disk was given. */
struct block_answer {
	dev_t device;
	const char *path;     /* of the device */
	bool is_loop;	      /* it is one of ours, to be detached at the remove */
	const char *sequence; /* of a loop device */
};

/*
 * Give xen-blkback its device, and say that it is connected: all in one transaction. Fails when the
 * toolstack does not wait for it any more (state is no longer 2): then nothing is written.
 */
bool block_xenbus_write_connected(struct store *store, const struct block_disk *disk,
				  const struct block_answer *answer, struct err *err) MUST_USE;

/* Take that back: who looks for users of the device finds this disk no more. */
bool block_xenbus_remove_answer(struct store *store, const struct block_disk *disk, struct err *err)
	MUST_USE;

/*
 * Say that it failed, and why; best effort. The guest can read it.
 * status  "error", or "busy" where somebody else has it
 */
void block_xenbus_write_error(struct store *store, const struct block_disk *disk,
			      const char *status, const char *why);

#endif
