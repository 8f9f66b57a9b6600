/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block devices through which somebody else may have what we are asked for. */
#ifndef BLOCK_ALIASES_H
#define BLOCK_ALIASES_H

#include "device/block_device.h"
#include "device/block_target.h"
#include <sys/stat.h>

enum block_relation {
	BLOCK_SAME,    /* the device itself, or a loop device of the same file */
	BLOCK_OVERLAP, /* it shares sectors with it, which no claim tells */
	BLOCK_INSIDE,  /* a partition of it */
	BLOCK_AROUND,  /* the disk that it is a partition of, or a device that it is built from */
	BLOCK_BEHIND, /* likewise, but with a loop device in between, past which no claim is seen */
};

struct block_alias {
	dev_t device;
	uint8_t relation;	      /* enum block_relation */
	char name[BLOCK_DEVICE_NAME]; /* the kernel's: "sda3" */
};

/* Zeroed is valid and empty. */
struct block_aliases {
	struct block_alias *list;
	size_t count;
	struct block_loop *loops; /* all of the machine */
	size_t loop_count;
};

/* Find them. Source: /sys/dev/block, and the loop devices themselves. */
bool block_aliases_read(struct block_aliases *aliases, const struct block_target *target,
			struct err *err) MUST_USE;
void block_aliases_done(struct block_aliases *aliases);

/* NULL when it is none of them. */
const struct block_alias *block_aliases_find(const struct block_aliases *aliases, dev_t device);

/* Which of them has this file behind it; NULL when none has. */
const struct block_alias *block_aliases_find_file(const struct block_aliases *aliases,
						  const struct block_file *file);

/*
 * Is what statx(2) told of the target, or one of them? *device is then the kernel's name of it, ""
 * of the file itself. Of the answer it takes STATX_TYPE and STATX_INO.
 */
bool block_aliases_have(const struct block_aliases *aliases, const struct block_target *target,
			const struct statx *status, const char **device) MUST_USE;

#endif
