/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What params= names: opened once, and known by its descriptor from then on, so that nobody swaps
 * what stands behind the name between a check and the use. A child has the descriptor, and waits
 * for the storage in our stead: so whatever is asked here fails where there is no answer in time.
 * Then the child is left behind, and nothing more is done to the target.
 */
#ifndef BLOCK_TARGET_H
#define BLOCK_TARGET_H

#include "device/block_loop.h"
#include <limits.h>

enum block_target_kind { BLOCK_NOTHING, BLOCK_DEVICE, BLOCK_FILE };

struct block_target {
	uint8_t kind; /* enum block_target_kind */
	dev_t device; /* of a block device */
	struct block_file file;
	off_t size; /* of a file */
	bool is_read_only;
	int open_error;	     /* why it can't be opened; 0: it is */
	char path[PATH_MAX]; /* where it is, without links */
};

/*
 * Find what the path names: a block device or a file. A name without a folder before it is one
 * below /dev, and of a device. Anything else, and nothing at all, is BLOCK_NOTHING, and the error
 * says why. Changes and triggers nothing. To be called once.
 *
 * mode  open it, too, a file as the guest will use it; NULL: don't
 */
bool block_target_read(struct block_target *target, const char *params,
		       const struct block_mode *mode, struct err *err) MUST_USE;

/* Close it, best effort. */
void block_target_done(void);

/*
 * Does a file's storage still answer, and has nobody else it open, in Dom0 or any program there,
 * for whatever purpose? *is is false also where its file system can't tell. Costs the same however
 * many disks and loop devices there are.
 */
bool block_target_is_alone(bool *is, const struct block_target *target, struct err *err) MUST_USE;

/* Has somebody claimed a device for himself (O_EXCL): the target, or another one? */
bool block_target_is_claimed(bool *is, const struct block_target *target, dev_t device,
			     struct err *err) MUST_USE;

/*
 * Put a loop device before the file; see block_loop_attach_apply(). If it fails there is none, or
 * none any more as soon as the storage answers. It is the last that is asked.
 */
bool block_target_attach_apply(struct block_loop *loop, const struct block_target *target,
			       const struct block_disk *disk, bool writes, bool is_direct,
			       struct err *err) MUST_USE;

#endif
