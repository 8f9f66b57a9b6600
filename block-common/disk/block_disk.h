/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's disk as the toolstack names it, and what it asks of us: plain values. */
#ifndef BLOCK_DISK_H
#define BLOCK_DISK_H

#include "base/err.h"
#include <stdint.h>

/* Which disk: device devid of domain domid; 0 is this domain itself, where pygrub reads from. */
struct block_disk {
	char kind[12]; /* of the backend: "vbd", or "vbd3"; of others' disks also "virtio_disk" */
	uint32_t domid, devid;
};

#define BLOCK_DISK_TEXT 40

/* "vbd/1/51712": its place below backend/ in xenstore. Returns out. */
const char *block_disk_print(char out[static BLOCK_DISK_TEXT], const struct block_disk *disk);

/* The inverse; fails on anything that block_disk_print() does not print. */
bool block_disk_parse(struct block_disk *disk, const char *text) MUST_USE;

bool block_disk_equal(const struct block_disk *a, const struct block_disk *b);

struct block_event {
	bool is_add; /* otherwise it is a remove */
	struct block_disk disk;
};

/*
 * Read a run: `add` or `remove` in argv, the disk in XENBUS_PATH, relative to this domain's home or
 * absolute. key=value arguments are passed over, never evaluated. Fails on any other verb, and on a
 * path that names no disk. Source: tools/libs/light/libxl_linux.c, libxl__hotplug_disk()
 */
bool block_event_read(struct block_event *event, int argc, char **argv, struct err *err) MUST_USE;

/* What mode= asks for. */
struct block_mode {
	bool writes;
	bool is_unchecked; /* `w!`: whoever else has it */
};

/* As the stock scripts read it: a w anywhere is read-write, and then a ! asks for no check. */
struct block_mode block_mode_parse(const char *text);

/*
 * Is it a name that a helper `block-TYPE` can have, and not one of the types which are ours?
 * Letters, digits, `-` and `_` alone: it becomes a part of a path.
 */
bool block_type_has_helper(const char *type);

#endif
