/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One hotplug run: event → attach or detach → answer. */
#include "hotplug.h"
#include "attach.h"
#include "base/process.h"
#include "kernel/kernel.h"
#include "operation/detach.h"
#include "operation/hook.h"
#include "operation/load.h"
#include "program/deadline.h"
#include "program/log.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

/*
 * libxl kills with SIGKILL after 40 s (LIBXL_HOTPLUG_TIMEOUT); whoever is cut off by our own
 * deadline still says so. An offline is done then, too: what it left is taken back by the next one.
 */
#define DEADLINE_S 30
#define LOCK_TIMEOUT_MS 15000
#define HOOKS_TIMEOUT_MS 8000

struct hotplug {
	const struct attach_kind *kind;
	struct hotplug_args args;
	struct store *store;
	struct run run;
	struct release release; /* whose connections are to be forgotten, without the lock */
};

/* A child without the caller's streams: libxl waits for us alone. True in the child. */
static bool fork_background(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t child = null < 0 ? -1 : fork();

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && !child; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
	return !child;
}

/*
 * A packet socket takes the kernel a grace period to close (synchronize_net()), which nobody needs
 * to wait for.
 */
static void announce_background(const struct attached *attached)
{
	struct kernel_link *link;
	struct uplink uplink;
	struct err ignored;

	if (!attached->announced_count || !fork_background())
		return;
	link = kernel_link_open(&ignored);
	if (link && kernel_link_read_uplink(&uplink, link, &attached->record.uplink.name, &ignored))
		(void)!kernel_announce_apply(&uplink, attached->announced,
					     attached->announced_count, &ignored);
	_exit(0);
}

/*
 * Closing the socket over which elements were removed waits for a grace period too, 7 to 16 ms. The
 * rules are gone since the kernel's acknowledgement. Whoever closes it last waits: a child, which
 * holds it until we are gone (the kernel tells it of that after it has closed our files).
 */
static void close_background(void)
{
	pid_t parent = getpid();

	if (!fork_background())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		pause();
	_exit(0);
}

static bool run_hooks(const struct hotplug *hotplug, const struct record *record,
		      const char *folder, struct err *err)
{
	char path[STORE_PATH_SIZE], ip[STORE_VALUE_SIZE] = "", main_ip[PREFIX_TEXT] = "";
	struct hook_variables variables = {
		.command = hotplug->args.command,
		.dev = record->vif.name.text,
		.bridge = record->vif.bridge.text,
		.type_if = hotplug->args.id.is_tap ? "tap" : "vif",
		.xenbus_path = xenbus_vif_path(path, &hotplug->args.id, ""),
		.ip = ip,
		.main_ip = main_ip,
		.netdev = record->uplink.name.text,
	};
	size_t used = 0;

	for (unsigned i = 0; i < record->vif.prefix_count; i++) {
		char text[PREFIX_TEXT];

		used += (size_t)snprintf(ip + used, sizeof(ip) - used, "%s%s", used ? " " : "",
					 prefix_print(text, &record->vif.prefixes[i]));
	}
	if (prefix_is_address(&record->dom0[IPV4]))
		prefix_print(main_ip, &record->dom0[IPV4]);
	return hooks_run(folder, &variables, HOOKS_TIMEOUT_MS, err);
}

/* After the lock is given back: hooks may take their time, and may call `firewall`. */
static bool finish_attach(struct hotplug *hotplug, const struct attached *attached, struct err *err)
{
	if (!attached->has_rules)
		log_notice("%s: the firewall was stopped by hand, the vif has no rules",
			   attached->record.vif.name.text);
	if (!attached->has_routes)
		log_error("%s: not all of its routes of routing.cfg are set: %s",
			  attached->record.vif.name.text, attached->routes.text);
	if (!attached->has_proxies)
		log_error("%s: it and guests of its own network may not find each other: %s",
			  attached->record.vif.name.text, attached->proxies.text);
	if (attached->is_cut_off)
		log_notice("%s: %s", attached->record.vif.name.text, LOAD_UNTRACKED);
	announce_background(attached);
	if (hotplug->args.id.is_tap)
		return run_hooks(hotplug, &attached->record, attached->hooks, err);
	if (attached->mtu)
		xenbus_vif_write_mtu(hotplug->store, &hotplug->args.id, attached->mtu);
	return run_hooks(hotplug, &attached->record, attached->hooks, err) &&
	       xenbus_vif_write_connected(hotplug->store, &hotplug->args.id, err);
}

/* Take back what the vif's record says. `done` is untouched where there is none. */
static bool detach_vif(struct hotplug *hotplug, struct record *done, char hooks[static PATH_SIZE],
		       struct err *err)
{
	struct snapshot snapshot = { 0 };
	bool loaded = false, found = false, ok;
	struct err ignored;

	if (!run_lock(&hotplug->run, LOCK_TIMEOUT_MS, err))
		return false;
	ok = run_read_snapshot(&snapshot, &loaded, &hotplug->run, err) &&
	     record_read(done, &found, hotplug->store, &hotplug->args.id, err) &&
	     (!found || detach_apply(hotplug->store, &hotplug->run, loaded ? &snapshot : NULL, done,
				     NULL, &hotplug->release, err));
	if (loaded || (found && attach_load_conf(&snapshot.policy, &ignored)))
		memcpy(hooks, snapshot.policy.settings.hooks, PATH_SIZE);
	snapshot_done(&snapshot);
	run_unlock(&hotplug->run);
	return release_apply(&hotplug->release, hotplug->store, ok ? err : &ignored) && ok;
}

/*
 * Be it this attach or an earlier one of the same vif: one that failed has no network. The link
 * goes down at once, whoever holds the lock and whether xenstore answers or not.
 */
static void undo_attach(struct hotplug *hotplug, const struct attached *attached)
{
	struct link_settings old = { .has_up = true, .has_name = true };
	struct record undone;
	char hooks[PATH_SIZE];
	struct kernel_link *link;
	struct err err;

	link = kernel_link_open(&err);
	old.name = attached->old_name;
	if (link && attached->record.vif.index)
		(void)!kernel_link_set_apply(link, attached->record.vif.index, &old, &err);
	kernel_link_close(link);
	if (!detach_vif(hotplug, &undone, hooks, &err))
		log_error("undoing the attach failed too: %s", err.text);
}

static bool attach_vif(struct hotplug *hotplug, struct err *err)
{
	struct attached attached = { .has_rules = false };
	struct xenbus_vif backend;
	struct err ignored;
	bool ok = run_lock(&hotplug->run, LOCK_TIMEOUT_MS, err);

	if (!ok)
		return false;
	ok = xenbus_vif_read(&backend, hotplug->store, &hotplug->args.id, err) &&
	     attach_apply(&attached, hotplug->kind, hotplug->store, &hotplug->run, &hotplug->args,
			  &backend, &hotplug->release, err);
	run_unlock(&hotplug->run);
	if (ok)
		deadline_close(&attached.record.vif.name);
	ok = release_apply(&hotplug->release, hotplug->store, ok ? err : &ignored) && ok;
	if (ok && finish_attach(hotplug, &attached, err))
		return true;
	undo_attach(hotplug, &attached);
	return false;
}

static bool open_sources(struct hotplug *hotplug, struct err *err)
{
	hotplug->store = store_open(true, err);
	return hotplug->store && run_open(&hotplug->run, err);
}

static int answer_attach(struct hotplug *hotplug)
{
	struct err err;

	if (open_sources(hotplug, &err) && attach_vif(hotplug, &err))
		return 0;
	log_error("%s of vif %u of domain %u failed: %s", hotplug->args.command,
		  hotplug->args.id.devid, hotplug->args.id.domid, err.text);
	if (hotplug->store)
		xenbus_vif_write_error(hotplug->store, &hotplug->args.id, &err);
	return 1;
}

/* Whatever is already gone, libxl goes on with the removal; an error here is only for the log. */
static int answer_detach(struct hotplug *hotplug)
{
	struct record record = { .vif.index = 0 };
	char hooks[PATH_SIZE] = "";
	struct err err;

	if (!open_sources(hotplug, &err) || !detach_vif(hotplug, &record, hooks, &err) ||
	    (record.vif.index && *hooks && !run_hooks(hotplug, &record, hooks, &err)))
		log_error("%s of vif %u of domain %u: %s", hotplug->args.command,
			  hotplug->args.id.devid, hotplug->args.id.domid, err.text);
	close_background();
	return 0;
}

int hotplug_main(int argc, char **argv, const struct attach_kind *kind)
{
	struct hotplug hotplug = { .kind = kind, .run = { .directory = -1, .lock = -1 } };
	struct err err;
	int status;

	process_start_hotplug();
	log_open(program_invocation_short_name);
	if (!hotplug_args_read(&hotplug.args, argc, argv, &err)) {
		log_error("%s", err.text);
		return 1;
	}
	if (hotplug.args.is_ignored)
		return 0;
	deadline_set(DEADLINE_S, "does xenstored answer?", hotplug.args.action == HOTPLUG_ATTACH);
	status = hotplug.args.action == HOTPLUG_ATTACH ? answer_attach(&hotplug)
						       : answer_detach(&hotplug);
	store_close(hotplug.store);
	run_close(&hotplug.run);
	return status;
}
