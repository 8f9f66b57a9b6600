/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a disk × what is asked → the verdict and its words; which domains are one machine. */
#include "disk/block_share.h"
#include "tap.h"

static const struct block_use guest_writes = {
	.user = BLOCK_GUEST,
	.writes = true,
	.name = "web1",
	.device = "loop3",
	.disk = { "vbd", 5, 51712 },
};
static const struct block_use guest_reads = {
	.user = BLOCK_GUEST,
	.name = "web2",
	.device = "sda3",
	.disk = { "vbd", 6, 51728 },
};
static const struct block_use mounted = { BLOCK_MOUNT, true, "/srv", "sda3", { "", 0, 0 }, 0 };
static const struct block_use mounted_ro = { BLOCK_MOUNT, false, "/srv", "sda3", { "", 0, 0 }, 0 };
static const struct block_use swap = { BLOCK_SWAP, true, "/dev/sda2", "sda2", { "", 0, 0 }, 0 };
static const struct block_use holder = { BLOCK_HOLDER, true, "md0", "sda3", { "", 0, 0 }, 0 };
static const struct block_use unknown = { BLOCK_SOMEBODY, true, "", "sda3", { "", 0, 0 }, 0 };

static const struct block_use model = {
	.user = BLOCK_MODEL, .writes = true, .name = "web1", .disk = { .domid = 5 }, .process = 4711
};
static const struct block_use server = {
	.user = BLOCK_SERVER, .writes = true, .name = "fuse2fs", .process = 4711
};
static const struct block_use left = { BLOCK_GONE, true, "", "loop3", { "vbd", 5, 51712 }, 0 };

static void is_allowed(const char *what, const struct block_use *uses, size_t count, bool writes)
{
	struct err err = { "" };

	ok(block_share_check(uses, count, "/dev/sda3", "sda3", writes, &err), "%s: allowed %s",
	   what, writes ? "read-write" : "read-only");
}

static void is_refused(const char *what, const struct block_use *uses, size_t count, bool writes,
		       const char *should)
{
	struct err err = { "" };

	ok(!block_share_check(uses, count, "/dev/sda3", "sda3", writes, &err), "%s: refused %s",
	   what, writes ? "read-write" : "read-only");
	is_text(err.text, should, "and the words for it");
}

static void test_table(void)
{
	const struct block_use both[] = { guest_reads, guest_writes };

	is_allowed("nobody", NULL, 0, true);
	is_allowed("nobody", NULL, 0, false);
	is_refused("a guest writes", &guest_writes, 1, true,
		   "/dev/sda3 can't be attached read-write: guest web1 (domain 5) has it read-write"
		   " (loop3): shut that guest down, or take the disk from it"
		   " (xl block-detach 5 51712)");
	is_refused("a guest writes", &guest_writes, 1, false,
		   "/dev/sda3 can't be attached read-only: guest web1 (domain 5) has it read-write"
		   " (loop3): shut that guest down, or take the disk from it"
		   " (xl block-detach 5 51712)");
	is_refused("a guest reads", &guest_reads, 1, true,
		   "/dev/sda3 can't be attached read-write: guest web2 (domain 6) has it read-only:"
		   " shut that guest down, or take the disk from it (xl block-detach 6 51728)");
	is_allowed("a guest reads", &guest_reads, 1, false);
	is_refused("one reads, one writes", both, 2, false,
		   "/dev/sda3 can't be attached read-only: guest web1 (domain 5) has it read-write"
		   " (loop3): shut that guest down, or take the disk from it"
		   " (xl block-detach 5 51712)");
	is_refused("mounted", &mounted, 1, true,
		   "/dev/sda3 can't be attached read-write: it is mounted read-write in Dom0 at"
		   " /srv: unmount it there first");
	is_refused("mounted", &mounted, 1, false,
		   "/dev/sda3 can't be attached read-only: it is mounted read-write in Dom0 at"
		   " /srv: unmount it there first");
	is_refused("mounted read-only", &mounted_ro, 1, true,
		   "/dev/sda3 can't be attached read-write: it is mounted read-only in Dom0 at"
		   " /srv: unmount it there first");
	is_allowed("mounted read-only", &mounted_ro, 1, false);
	is_refused("swap", &swap, 1, false,
		   "/dev/sda3 can't be attached read-only: Dom0 swaps to it (sda2): run `swapoff"
		   " /dev/sda2` first");
	is_refused("a holder", &holder, 1, true,
		   "/dev/sda3 can't be attached read-write: it is a part of Dom0's md0: stop that"
		   " device first");
	is_refused("somebody", &unknown, 1, false,
		   "/dev/sda3 can't be attached read-only: it is opened exclusively in Dom0, and"
		   " no mount, swap or other device says who (a btrfs, ZFS or DRBD of several"
		   " disks?)");
	is_refused("a device model writes", &model, 1, false,
		   "/dev/sda3 can't be attached read-only: the device model of guest web1 (domain"
		   " 5), process 4711, has it open read-write: shut that guest down");
	is_refused("a server of FUSE", &server, 1, true,
		   "/dev/sda3 can't be attached read-write: the program fuse2fs, process 4711, has"
		   " it open read-write, and serves it as a file system or a device: unmount or"
		   " detach that first");
	is_refused("a guest that is gone", &left, 1, true,
		   "/dev/sda3 can't be attached read-write: domain 5 had it, and has not closed it"
		   " yet (loop3): what it wrote last may still be on its way, try again later");
}

static void test_hostile_name(void)
{
	struct block_use use = mounted;
	struct err err = { "" };

	strcpy(use.name, "/srv/\033[2J\n%s");
	ok(!block_share_check(&use, 1, "/\n.img", "", true, &err), "a hostile name is refused");
	is_text(err.text,
		"/?.img can't be attached read-write: it is mounted read-write in Dom0 at"
		" /srv/?[2J?%s (sda3): unmount it there first",
		"and is shown without what a terminal would obey");
}

static void test_same_vm(void)
{
	const struct block_vm own = { 5, false, "/vm/a", "" },
			      stub = { 6, false, "/vm/s", "/vm/a" };
	const struct block_vm same = { 7, false, "/vm/a", "" }, other = { 8, false, "/vm/b", "" };
	const struct block_vm gone = { 9, true, "", "" }, unknown_vm = { 10, false, "", "" };
	const struct block_vm unknown_own = { 11, false, "", "" };
	const struct block_vm other_stub = { 12, false, "/vm/t", "/vm/b" };
	const struct block_vm twin_stub = { 13, false, "/vm/u", "/vm/a" };

	ok(block_vm_same(&own, &own), "a domain is itself");
	ok(block_vm_same(&own, &same), "two domains of one uuid are one machine");
	ok(!block_vm_same(&own, &other), "two of two are not");
	ok(block_vm_same(&own, &gone), "what is gone has nothing");
	ok(!block_vm_same(&own, &unknown_vm), "what nothing is known of is another");
	ok(!block_vm_same(&unknown_own, &unknown_vm), "two without a uuid are not the same");
	ok(block_vm_same(&own, &stub), "a guest and its stub domain");
	ok(block_vm_same(&stub, &own), "and the other way round");
	ok(block_vm_same(&stub, &twin_stub), "two stub domains of one guest");
	ok(!block_vm_same(&stub, &other_stub), "not those of two guests");
	ok(!block_vm_same(&other, &stub), "nor another's");
}

int main(void)
{
	test_table();
	test_hostile_name();
	test_same_vm();
	return tap_done();
}
