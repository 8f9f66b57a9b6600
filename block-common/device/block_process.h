/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process has open, whatever it calls it. */
#ifndef BLOCK_PROCESS_H
#define BLOCK_PROCESS_H

#include "device/block_aliases.h"

struct block_hold {
	bool has, writes;
	char device[BLOCK_DEVICE_NAME]; /* the kernel's name of what it has open; "": the file */
};

/*
 * Has a process the target open, or one of its aliases? False where there is no such process.
 * Nobody's storage is asked. Source: /proc/<pid>/fd and fdinfo
 */
bool block_process_read(struct block_hold *hold, uint32_t pid, const struct block_aliases *aliases,
			const struct block_target *target) MUST_USE;

#endif
