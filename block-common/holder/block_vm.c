/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenstore's nodes of a domain → whose it is. */
#include "holder/block_vm.h"
#include "disk/block_number.h"

bool block_vm_read_node(char value[static BLOCK_NAME_SIZE], struct store *store, uint32_t domid,
			const char *key)
{
	char path[STORE_PATH_SIZE], read[STORE_VALUE_SIZE];
	struct err ignored;
	bool tells;

	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	tells = store_read_bytes(read, NULL, store, path, &ignored);
	snprintf(value, BLOCK_NAME_SIZE, "%.*s", BLOCK_NAME_SIZE - 1, tells ? read : "");
	return tells;
}

/* What is not told is unknown, and so no reason to let anybody have another one's disk. */
void block_vm_read(struct block_vm *vm, char name[static BLOCK_NAME_SIZE], struct store *store,
		   uint32_t domid)
{
	char target[BLOCK_NAME_SIZE];
	const char *digits = target;
	uint32_t target_domid;
	bool tells;

	*vm = (struct block_vm){ .domid = domid };
	tells = block_vm_read_node(name, store, domid, "name");
	tells = block_vm_read_node(vm->uuid, store, domid, "vm") && tells;
	vm->is_gone = tells && !*name && !*vm->uuid;
	if (block_vm_read_node(target, store, domid, "target") &&
	    block_number_parse(&target_domid, &digits, 10))
		(void)block_vm_read_node(vm->target, store, target_domid, "vm");
}
