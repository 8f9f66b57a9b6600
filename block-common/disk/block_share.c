/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users of a disk → a verdict, and its words. */
#include "disk/block_share.h"

static const char *access_text(bool writes)
{
	return writes ? "read-write" : "read-only";
}

/* " (sda3)" where it is not the very device that is asked for. */
static const char *print_other_device(char out[static SHOWN_SIZE], const struct block_use *use,
				      const char *device)
{
	bool is_other = use->device[0] && strcmp(use->device, device);

	snprintf(out, SHOWN_SIZE, is_other ? " (%s)" : "%s", is_other ? use->device : "");
	return out;
}

static bool refuse_guest(const struct block_use *use, const char *by, struct err *err)
{
	char name[SHOWN_SIZE];
	const struct block_disk *disk = &use->disk;

	return err_set(err,
		       "guest %s (domain %u) has it %s%s: shut that guest down, or take the disk "
		       "from it (xl block-detach %u %u)",
		       *use->name ? shown(name, use->name) : "?", disk->domid,
		       access_text(use->writes), by, disk->domid, disk->devid);
}

static bool refuse_model(const struct block_use *use, const char *by, struct err *err)
{
	char name[SHOWN_SIZE];

	return err_set(err,
		       "the device model of guest %s (domain %u), process %u, has it open %s%s: "
		       "shut that guest down",
		       *use->name ? shown(name, use->name) : "?", use->disk.domid, use->process,
		       access_text(use->writes), by);
}

static bool refuse_gone(const struct block_use *use, const char *by, struct err *err)
{
	char name[SHOWN_SIZE];

	if (use->process)
		return err_set(err,
			       "domain %u had it, and has not closed it yet%s: the program %s, "
			       "process %u, has that open, end it first",
			       use->disk.domid, by, shown(name, use->name), use->process);
	return err_set(err,
		       "domain %u had it, and has not closed it yet%s: what it wrote last may "
		       "still be on its way, try again later",
		       use->disk.domid, by);
}

static bool refuse_use(const struct block_use *use, const char *device, struct err *err)
{
	char by[SHOWN_SIZE], name[SHOWN_SIZE];

	print_other_device(by, use, device);
	shown(name, use->name);
	switch ((enum block_user)use->user) {
	case BLOCK_MOUNT:
		return err_set(err, "it is mounted %s in Dom0 at %s%s: unmount it there first",
			       access_text(use->writes), name, by);
	case BLOCK_SWAP:
		return err_set(err, "Dom0 swaps to it%s: run `swapoff %s` first", by, name);
	case BLOCK_HOLDER:
		return err_set(err, "it is a part of Dom0's %s%s: stop that device first", name,
			       by);
	case BLOCK_SOMEBODY:
		return err_set(err,
			       "it is opened exclusively in Dom0%s, and no mount, swap or other "
			       "device says who (a btrfs, ZFS or DRBD of several disks?)",
			       by);
	case BLOCK_SERVER:
		return err_set(err,
			       "the program %s, process %u, has it open %s%s, and serves it as a "
			       "file system or a device: unmount or detach that first",
			       *use->name ? name : "?", use->process, access_text(use->writes), by);
	case BLOCK_GUEST:
		return refuse_guest(use, by, err);
	case BLOCK_MODEL:
		return refuse_model(use, by, err);
	case BLOCK_GONE:
		return refuse_gone(use, by, err);
	}
	return false;
}

/* What keeps a loop device open is told by whoever in Dom0 has it, however he has it. */
static const struct block_use *find_reason(const struct block_use *uses, size_t count,
					   const struct block_use *use)
{
	if (use->user != BLOCK_GONE)
		return use;
	for (size_t i = 0; i < count; i++)
		if (uses[i].user <= BLOCK_SERVER)
			return &uses[i];
	return use;
}

bool block_share_check(const struct block_use *uses, size_t count, const char *target,
		       const char *device, bool writes, struct err *err)
{
	char seen[SHOWN_SIZE];

	for (size_t i = 0; i < count; i++)
		if (writes || uses[i].writes) {
			refuse_use(find_reason(uses, count, &uses[i]), device, err);
			return err_prefix(err, "%s can't be attached %s: ", shown(seen, target),
					  access_text(writes));
		}
	return true;
}

static bool is_same_id(const char *a, const char *b)
{
	return *a && !strcmp(a, b);
}

bool block_vm_same(const struct block_vm *own, const struct block_vm *other)
{
	return own->domid == other->domid || other->is_gone || is_same_id(own->uuid, other->uuid) ||
	       is_same_id(own->target, other->uuid) || is_same_id(own->uuid, other->target) ||
	       is_same_id(own->target, other->target);
}
