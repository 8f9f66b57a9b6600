/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What params= names: opened once, and known by its descriptor from then on, so that nobody swaps
 * what stands behind the name between a check and the use.
 */
#ifndef BLOCK_TARGET_H
#define BLOCK_TARGET_H

#include "block_loop.h"
#include <limits.h>

enum block_target_kind { BLOCK_NOTHING, BLOCK_DEVICE, BLOCK_FILE };

struct block_target {
	uint8_t kind; /* enum block_target_kind */
	int node;     /* it, opened for nothing but to name it; -1: not open */
	int fd;	      /* it, opened; -1: not yet */
	dev_t device; /* of a block device */
	struct block_file file;
	off_t size; /* of a file */
	bool is_read_only;
	int write_error;     /* why the kernel does not let root write to a file; 0: it does */
	char path[PATH_MAX]; /* where it is, without links */
};

/*
 * Find what the path names: a block device or a file, and whether it can be written to. A name
 * without a folder before it is one below /dev, and of a device. Anything else, and nothing at all,
 * is BLOCK_NOTHING, and the error says why. Changes and triggers nothing.
 */
void block_target_read(struct block_target *target, const char *params, struct err *err);
void block_target_done(struct block_target *target);

/* Open it, a file as the guest will use it. */
bool block_target_open(struct block_target *target, bool writes, struct err *err) MUST_USE;

/*
 * Has nobody else this file open, in Dom0 or any program there, for whatever purpose? False also
 * where its file system can't tell. Costs the same however many disks and loop devices there are.
 */
bool block_target_is_alone(const struct block_target *target);

#endif
