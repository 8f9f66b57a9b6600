/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a disk already × what is asked → may it be given away, and the reason if not. */
#ifndef BLOCK_SHARE_H
#define BLOCK_SHARE_H

#include "disk/block_disk.h"

#define BLOCK_NAME_SIZE 256

enum block_user {
	/* Dom0 itself: up to BLOCK_SERVER */
	BLOCK_MOUNT,	/* mounted in Dom0; name: where */
	BLOCK_SWAP,	/* Dom0 swaps to it; name: the file or device */
	BLOCK_HOLDER,	/* part of another device; name: of device-mapper or md, or the kernel's */
	BLOCK_SOMEBODY, /* Dom0's kernel says that it is taken, and nothing says by whom */
	BLOCK_SERVER,	/* a program makes a file system or device of it; name: the program's */
	BLOCK_GUEST,	/* a guest's disk; name: the guest's */
	BLOCK_MODEL,	/* a guest's device model has it open; name: the guest's */
	BLOCK_GONE,	/* what was a guest's disk is open still; name: of a program that has it */
};

/* One that has the disk, a part of it, or what it is a part of. */
struct block_use {
	uint8_t user; /* enum block_user */
	bool writes;
	char name[BLOCK_NAME_SIZE];
	char device[32];	/* the kernel's name of what is in use; "": the file itself */
	struct block_disk disk; /* of a guest, or of one that is gone; a model's has no device */
	uint32_t process;	/* of a model, a server, or that program; 0: none */
};

/*
 * Read-write needs that nobody else has it, read-only that nobody has it read-write.
 *
 * target  what is asked for, for the error
 * device  the kernel's name of it; "" where it is a file
 *
 * Fails with who has it, how, and what would help.
 */
bool block_share_check(const struct block_use *uses, size_t count, const char *target,
		       const char *device, bool writes, struct err *err) MUST_USE;

/* What xenstore says of whose a domain is. Zeroed: nothing. */
struct block_vm {
	uint32_t domid;
	bool is_gone;		    /* xenstore knows no such domain any more */
	char uuid[BLOCK_NAME_SIZE]; /* "/vm/…"; "": unknown */
	char target
		[BLOCK_NAME_SIZE]; /* that of the guest which a stub domain serves; "": of none */
};

/*
 * Are both the same machine? A guest and its stub domain are, and the two ends of a migration to
 * the same host. What is gone has nothing any more. Two that nothing is known of are not the same.
 */
bool block_vm_same(const struct block_vm *own, const struct block_vm *other);

#endif
