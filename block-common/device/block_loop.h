/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loop devices. Each of ours bears the name of the disk that it was made for, in the kernel itself
 * (lo_file_name, what `losetup --loop-ref` sets): so whoever finds one knows whose it is, whatever
 * run was killed in between, and nobody else's is ever detached.
 */
#ifndef BLOCK_LOOP_H
#define BLOCK_LOOP_H

#include "disk/block_disk.h"
#include <sys/types.h>

/* Which file, whatever it is called. */
struct block_file {
	dev_t device;
	ino_t inode;
};

/* Also through two mounts of one file system of an NFS server. */
bool block_file_equal(const struct block_file *a, const struct block_file *b);

struct block_loop {
	unsigned number; /* /dev/loop<number> */
	dev_t device;
	struct block_file file; /* what is behind it */
	dev_t backing;		/* the same where that is a block device; 0: it is a file */
	bool writes;
	bool is_unknown; /* what is behind it does not answer: nothing but its numbers is known */
	bool is_ours;
	struct block_disk disk; /* what it was made for, when it is ours */
};

#define BLOCK_LOOP_PATH 24

const char *block_loop_path(char out[static BLOCK_LOOP_PATH], unsigned number);

/* The number in "/dev/loop<number>"; false for any other text. */
bool block_loop_parse(unsigned *number, const char *path) MUST_USE;

/* Read all loop devices that are in use. *loops is the caller's to free. */
bool block_loop_read_all(struct block_loop **loops, size_t *count, struct err *err) MUST_USE;

/*
 * Read one. *found is false where it is not in use, or not there at all.
 */
bool block_loop_read(struct block_loop *loop, bool *found, unsigned number, struct err *err)
	MUST_USE;

/*
 * Put a loop device before an open file, with sectors of 512 bytes, as guests expect them. Returns
 * the device, open, the caller's to close: until then nobody else gets its number. -1: it failed.
 * May block on the file.
 *
 * writes     the descriptor's own mode: otherwise the device is read-only
 * is_direct  past the page cache, where the file system can
 */
int block_loop_attach_apply(struct block_loop *loop, const struct block_disk *disk, int file,
			    bool writes, bool is_direct, struct err *err) MUST_USE;

/* Detach what block_loop_attach_apply() returned, and close it. */
void block_loop_give_back_apply(int device);

#define BLOCK_SEQUENCE_SIZE 24

/* What tells one use of the number from the next; "" before Linux 5.15. Returns out. */
const char *block_loop_sequence(char out[static BLOCK_SEQUENCE_SIZE], unsigned number);

/*
 * Take it away when it is ours and was made for this disk; otherwise nothing happens, and *was_ours
 * is false. While somebody has it open the kernel waits for him, and then does it. Where its file
 * does not answer, *was_ours is true, and it is done when that does.
 *
 * sequence  what block_loop_sequence() said when the disk got it: where its file does not answer,
 *           that it still says so will do; "": unknown
 */
bool block_loop_detach_apply(unsigned number, const struct block_disk *disk, const char *sequence,
			     bool *was_ours, struct err *err) MUST_USE;

#endif
