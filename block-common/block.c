/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One hotplug run of a disk: event → add or remove → answer. */
#include "block.h"
#include "base/process.h"
#include "block_leftover.h"
#include "device/block_ask.h"
#include "device/block_lock.h"
#include "holder/block_dom0.h"
#include "holder/block_guests.h"
#include "holder/block_xenbus.h"
#include "program/deadline.h"
#include "program/log.h"
#include <errno.h>
#include <signal.h>

/* libxl kills with SIGKILL after 40 s (LIBXL_HOTPLUG_TIMEOUT); whoever we cut off still says so. */
#define DEADLINE_S 30
#define ADD_LOCK_MS 25000
#define REMOVE_LOCK_MS 10000

struct block {
	const char *program; /* argv[0]: helpers stand beside it */
	struct block_event event;
	struct store *store;
	int lock;
	struct block_xenbus entry;
	struct block_target target;
	const char *public_error; /* what the guest may know of a refusal; NULL: all of it */
	bool is_busy;		  /* it failed because somebody else has the disk */
};

/*
 * Become the program for disks of this type, block-TYPE, as Xen's own script calls it. It takes the
 * lock and answers in xenstore itself. Returns only when there is none.
 */
static bool run_helper(struct block *block, struct err *err)
{
	const char *slash = strrchr(block->program, '/');
	int length = slash ? (int)(slash - block->program) : 0;
	auto_free char *path = NULL;

	if (asprintf(&path, "%.*s/block-%s", length, block->program, block->entry.type) < 0) {
		path = NULL;
		return err_memory(err);
	}
	alarm(0);
	process_prepare_exec();
	signal(SIGIO, SIG_DFL);
	execl(path, path, block->event.is_add ? "add" : "remove", (char *)NULL);
	return err_sys(err, "disks of type %s are for %s, which can't be run", block->entry.type,
		       path);
}

/* Since Xen 4.20 libxl gives "vhd:/srv/web1.vhd" to tapback; everything else has its error. */
static bool refuse_format(const struct block *block, struct err *err)
{
	char seen[SHOWN_SIZE];

	return !strcmp(block->event.disk.kind, "vbd3") && block->entry.params[0] != '/' &&
	       err_set(err,
		       "%s is for tapback, as each format but raw, and its script is block-tap: "
		       "leave script= away, or take a raw image",
		       shown(seen, block->entry.params));
}

/* Others than the guest are not the guest's business: it can read hotplug-error. */
static bool check_uses(struct block *block, const struct block_uses *uses, struct err *err)
{
	char name[BLOCK_DEVICE_NAME] = "";

	if (block->target.kind == BLOCK_DEVICE)
		block_device_name(name, block->target.device);
	if (block_share_check(uses->list, uses->count, block->target.path, name,
			      block->entry.mode.writes, err))
		return true;
	block->is_busy = true;
	block->public_error = "somebody else has the disk: the log of the host says who "
			      "(journalctl -t block-taofw)";
	return false;
}

/* A file whose server is gone is no device, and may be any file. */
static bool check_known(const struct block_aliases *aliases, const struct block_target *target,
			struct err *err)
{
	for (size_t i = 0; i < aliases->loop_count; i++) {
		const struct block_loop *loop = &aliases->loops[i];

		if (!loop->is_unknown)
			continue;
		if (target->kind == BLOCK_FILE || block_aliases_find(aliases, loop->device))
			return err_set(err,
				       "/dev/loop%u does not say which file is behind it: is "
				       "it this one?",
				       loop->number);
		log_notice("/dev/loop%u does not say which file is behind it, it is passed over",
			   loop->number);
	}
	return true;
}

static bool check_sharing(struct block *block, struct block_uses *uses,
			  const struct block_aliases *aliases, struct err *err)
{
	return check_known(aliases, &block->target, err) &&
	       block_dom0_read(uses, aliases, &block->target, err) &&
	       block_guests_read(uses, block->store, &block->event.disk, aliases, &block->target,
				 false, err) &&
	       check_uses(block, uses, err);
}

/* Nobody has it open. A device model may have been told to, and be on its way. */
static bool search_models(struct block *block, struct err *err)
{
	static const struct block_aliases none;
	struct block_uses uses = { 0 };
	bool ok = block->entry.mode.is_unchecked ||
		  block_guests_read(&uses, block->store, &block->event.disk, &none, &block->target,
				    true, err);

	ok = ok && check_uses(block, &uses, err);
	block_uses_done(&uses);
	return ok;
}

/* Everybody who may have it is looked for. What is left over of runs before goes first. */
static bool search_users(struct block *block, struct err *err)
{
	const struct block_disk *disk = &block->event.disk;
	struct block_aliases aliases = { 0 };
	struct block_uses uses = { 0 };
	bool any = false, ok;

	ok = block_aliases_read(&aliases, &block->target, err) &&
	     block_leftover_apply(&any, &uses, block->store, disk, &aliases, err);
	if (ok && any) {
		block_aliases_done(&aliases);
		ok = block_aliases_read(&aliases, &block->target, err);
	}
	ok = ok && (block->entry.mode.is_unchecked || check_sharing(block, &uses, &aliases, err));
	block_uses_done(&uses);
	block_aliases_done(&aliases);
	return ok;
}

static bool check_open(struct block *block, struct err *err)
{
	const struct block_mode *mode = &block->entry.mode;
	char seen[SHOWN_SIZE];

	if (mode->writes && !mode->is_unchecked && block->target.is_read_only) {
		block->is_busy = true;
		return err_set(err, "%s is read-only, it can't be attached read-write",
			       shown(seen, block->target.path));
	}
	errno = block->target.open_error;
	if (mode->writes && (errno == EACCES || errno == EPERM))
		return err_sys(err,
			       "%s can't be attached read-write: root may not write to it (an NFS "
			       "server with root_squash, or an immutable file?)",
			       shown(seen, block->target.path));
	return !errno || err_sys(err, "%s can't be opened", shown(seen, block->target.path));
}

static bool connect_device(const struct block *block, struct err *err)
{
	struct block_answer answer = { .device = block->target.device, .path = block->target.path };

	return block_xenbus_write_connected(block->store, &block->event.disk, &answer, err);
}

/* What a guest sees has whole sectors. */
static void tell_of_odd_size(const struct block *block)
{
	off_t rest = block->target.size % 512;

	if (rest)
		log_notice("%s: its last %d bytes are no whole sector, the guest does not see them",
			   block->target.path, (int)rest);
}

static bool connect_loop(const struct block *block, const struct block_loop *loop, struct err *err)
{
	struct block_answer answer = { .is_loop = true };
	char path[BLOCK_LOOP_PATH], sequence[BLOCK_SEQUENCE_SIZE];

	answer.device = loop->device;
	answer.path = block_loop_path(path, loop->number);
	answer.sequence = block_loop_sequence(sequence, loop->number);
	return block_xenbus_write_connected(block->store, &block->event.disk, &answer, err);
}

static bool connect_file(const struct block *block, struct err *err)
{
	const struct block_disk *disk = &block->event.disk;
	const struct block_xenbus *entry = &block->entry;
	struct block_loop loop;
	bool any;

	if (block_target_attach_apply(&loop, &block->target, disk, entry->mode.writes,
				      entry->is_direct, err) &&
	    connect_loop(block, &loop, err)) {
		tell_of_odd_size(block);
		return true;
	}
	(void)!block_leftover_own_apply(&any, disk, &(struct err){ "" });
	return false;
}

/* With the lock: whoever had it before may have given the disk away, this very one too. */
static bool add_alone(struct block *block, struct err *err)
{
	struct block_xenbus now;
	bool is_alone, ok;

	if (!block_xenbus_read(&now, block->store, &block->event.disk, err))
		return false;
	if (now.is_attached)
		return true;
	if (!block_target_is_alone(&is_alone, &block->target, err))
		return false;
	ok = is_alone ? search_models(block, err) : search_users(block, err);
	return ok && (block->target.kind == BLOCK_FILE ? connect_file(block, err)
						       : connect_device(block, err));
}

/*
 * The lock keeps a remove from an add of the same disk, which the toolstack has ended before. So
 * there it is no reason to leave the disk where it is.
 */
static bool take_block_lock(struct block *block, struct err *err)
{
	block->lock = block_lock(block->event.is_add ? ADD_LOCK_MS : REMOVE_LOCK_MS, err);
	block_ask_locked(block->lock >= 0);
	if (block->lock < 0 && !block->event.is_add)
		log_notice("%s; the disk is taken away without the lock", err->text);
	return block->lock >= 0 || !block->event.is_add;
}

static void release_block_lock(struct block *block)
{
	block_unlock(block->lock);
	block->lock = -1;
	block_ask_locked(false);
}

/* Where somebody's server does not answer at once, others do not wait until it is given up. */
static bool with_lock(struct block *block, bool (*step)(struct block *block, struct err *err),
		      struct err *err)
{
	bool ok;

	do {
		ok = take_block_lock(block, err) && step(block, err);
		release_block_lock(block);
	} while (!ok && block_ask_again());
	return ok;
}

static bool add_disk(struct block *block, struct err *err)
{
	if (!block_xenbus_read(&block->entry, block->store, &block->event.disk, err))
		return false;
	if (block->entry.is_attached)
		return true;
	/* Whatever may take long, on a file system of another machine, others do not wait for. */
	if (!block_target_read(&block->target, block->entry.params, &block->entry.mode, err))
		return false;
	if (block->target.kind == BLOCK_NOTHING) {
		(void)!(block_type_has_helper(block->entry.type) && run_helper(block, err));
		return refuse_format(block, err);
	}
	return check_open(block, err) && with_lock(block, add_alone, err);
}

/*
 * By what was given, not by what params= names: that may be gone or be something else by now. And
 * by the names that loop devices bear: an add before this one may have been killed.
 */
static bool detach_loop(const struct block *block, struct err *err)
{
	const struct block_disk *disk = &block->event.disk;
	bool was_ours = true, any;
	unsigned number;

	if (!block_leftover_own_apply(&any, disk, err))
		return false;
	if (block_loop_parse(&number, block->entry.node) &&
	    !block_loop_detach_apply(number, disk, block->entry.sequence, &was_ours, err))
		return false;
	return was_ours || any ||
	       err_set(err, "%s is not ours, or not any more: it is left alone", block->entry.node);
}

static bool detach_disk(struct block *block, struct err *err)
{
	return detach_loop(block, err) &&
	       block_xenbus_remove_answer(block->store, &block->event.disk, err);
}

/* Whatever fails, the disk is nobody's any more. */
static bool remove_ours(struct block *block, struct err *err)
{
	bool ok = with_lock(block, detach_disk, err);

	if (!ok)
		(void)!block_xenbus_remove_answer(block->store, &block->event.disk,
						  &(struct err){ "" });
	return ok;
}

static bool remove_disk(struct block *block, struct err *err)
{
	if (!block_xenbus_read(&block->entry, block->store, &block->event.disk, err))
		return false;
	if (!block_type_has_helper(block->entry.type))
		return remove_ours(block, err);
	if (!block_target_read(&block->target, block->entry.params, NULL, err))
		return false;
	return block->target.kind == BLOCK_NOTHING ? run_helper(block, err)
						   : remove_ours(block, err);
}

static bool run_disk_event(struct block *block, struct err *err)
{
	block->store = store_open(true, err);
	return block->store &&
	       (block->event.is_add ? add_disk(block, err) : remove_disk(block, err));
}

/* Whatever is already gone, libxl goes on with a removal; an error there is only for the log. */
static int answer_toolstack(struct block *block)
{
	const struct block_disk *disk = &block->event.disk;
	struct err err;

	if (run_disk_event(block, &err))
		return 0;
	log_error("%s of disk %u of domain %u failed: %s", block->event.is_add ? "add" : "remove",
		  disk->devid, disk->domid, err.text);
	if (!block->event.is_add)
		return 0;
	if (block->store)
		block_xenbus_write_error(block->store, disk, block->is_busy ? "busy" : "error",
					 block->public_error ? block->public_error : err.text);
	return 1;
}

int block_main(int argc, char **argv)
{
	struct block block = { .program = argv[0], .lock = -1 };
	struct err err;
	int status;

	process_start_hotplug();
	signal(SIGIO, SIG_IGN); /* see block_target_is_alone() */
	log_open(program_invocation_short_name);
	if (!block_event_read(&block.event, argc, argv, &err)) {
		log_error("%s", err.text);
		return 1;
	}
	deadline_set(DEADLINE_S, "do xenstored and the disk answer?", block.event.is_add);
	status = answer_toolstack(&block);
	block_target_done();
	store_close(block.store);
	return status;
}
