/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices with our mark, and xenstore → those that can go, and go. */
#include "block_leftover.h"
#include "base/child.h"
#include "holder/block_servers.h"
#include "holder/block_vm.h"
#include "holder/block_xenbus.h"
#include <time.h>

#define WAIT_MS 3000 /* for all of them: others wait for the lock meanwhile */
#define STEP_MS 20

/* Its disk has none or another one by now, or the domain is gone and nobody removed the nodes. */
static bool is_left_over(bool *is, struct store *store, const struct block_disk *own,
			 const struct block_loop *loop, struct err *err)
{
	char name[BLOCK_NAME_SIZE];
	struct block_vm vm;
	dev_t device;
	bool has;

	*is = block_disk_equal(&loop->disk, own);
	if (*is)
		return true;
	if (!block_xenbus_read_device(&device, &has, store, &loop->disk, err))
		return false;
	block_vm_read(&vm, name, store, loop->disk.domid);
	*is = !has || device != loop->device || vm.is_gone;
	return true;
}

/*
 * The kernel takes it away when the last one closes it. xen-blkback may do that long after its
 * guest and all of xenstore's nodes are gone: when the last of what it writes is written.
 */
static bool wait_for(bool *stays, const struct block_loop *loop, long deadline_ms, struct err *err)
{
	static const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	struct block_loop now;

	for (;;) {
		if (!block_loop_read(&now, stays, loop->number, err))
			return false;
		*stays = *stays && (now.is_unknown ||
				    (now.is_ours && block_disk_equal(&now.disk, &loop->disk)));
		if (!*stays || child_now_ms() >= deadline_ms)
			return true;
		nanosleep(&step, NULL);
	}
}

static bool add_use(struct block_uses *uses, const struct block_loop *loop,
		    const struct block_aliases *aliases, struct err *err)
{
	struct block_use use = { .user = BLOCK_GONE, .writes = loop->writes, .disk = loop->disk };

	snprintf(use.device, sizeof(use.device), "%s",
		 block_aliases_find(aliases, loop->device)->name);
	block_servers_find(&use, loop->device);
	return block_uses_add(uses, &use, err);
}

bool block_leftover_apply(bool *any, struct block_uses *uses, struct store *store,
			  const struct block_disk *own, const struct block_aliases *aliases,
			  struct err *err)
{
	long deadline_ms = child_now_ms() + WAIT_MS;

	*any = false;
	for (size_t i = 0; i < aliases->loop_count; i++) {
		const struct block_loop *loop = &aliases->loops[i];
		bool is = false, was_ours = false, stays = false;

		if (!loop->is_ours || !block_aliases_find(aliases, loop->device))
			continue;
		if (!is_left_over(&is, store, own, loop, err) ||
		    (is &&
		     !block_loop_detach_apply(loop->number, &loop->disk, "", &was_ours, err)) ||
		    (was_ours && !wait_for(&stays, loop, deadline_ms, err)) ||
		    (stays && !add_use(uses, loop, aliases, err)))
			return false;
		*any = *any || was_ours;
	}
	return true;
}

bool block_leftover_own_apply(bool *any, const struct block_disk *own, struct err *err)
{
	auto_free struct block_loop *loops = NULL;
	bool was_ours;
	size_t count;

	*any = false;
	if (!block_loop_read_all(&loops, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!loops[i].is_ours || !block_disk_equal(&loops[i].disk, own))
			continue;
		if (!block_loop_detach_apply(loops[i].number, own, "", &was_ours, err))
			return false;
		*any = true;
	}
	return true;
}
