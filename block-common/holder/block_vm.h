/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose a domain is: what xenstore says. */
#ifndef BLOCK_VM_H
#define BLOCK_VM_H

#include "disk/block_share.h"
#include "xen/store.h"

/*
 * A node of a domain's own, which it can't write itself. *value is "" where there is none, and any
 * bytes otherwise: they are shown and compared, no more. False when xenstore does not tell: in a
 * driver domain it does not, of others.
 */
bool block_vm_read_node(char value[static BLOCK_NAME_SIZE], struct store *store, uint32_t domid,
			const char *key);

/* Read it, and the domain's name. What is not told is unknown. */
void block_vm_read(struct block_vm *vm, char name[static BLOCK_NAME_SIZE], struct store *store,
		   uint32_t domid);

#endif
