/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One hotplug run: event → attach or detach → answer. */
#include "hotplug.h"
#include "attach.h"
#include "detach.h"
#include "hook.h"
#include "kernel.h"
#include "load.h"
#include "log.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/*
 * libxl kills with SIGKILL after 40 s (LIBXL_HOTPLUG_TIMEOUT); whoever is cut off by our own
 * deadline still says so.
 */
#define DEADLINE_S 30
#define LOCK_TIMEOUT_MS 20000
#define HOOKS_TIMEOUT_MS 8000

struct hotplug {
	const struct attach_kind *kind;
	struct event event;
	struct store *store;
	struct run run;
};

/* What to answer then: an offline is always done. */
static volatile sig_atomic_t deadline_status = 1;

/*
 * Every step leaves a vif that is closed or complete, so it is safe to go at any of them; the
 * offline that follows undoes the record.
 */
static void on_deadline(int signal)
{
	static const char text[] = "taofirewall: no answer for 30 s, giving up\n";

	(void)signal;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(deadline_status);
}

/* The caller's descriptors, masks and dispositions are not ours. */
static void settle(void)
{
	struct sigaction deadline = { .sa_handler = on_deadline };
	sigset_t none;

	close_range(STDERR_FILENO + 1, ~0U, 0);
	umask(077);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigaction(SIGALRM, &deadline, NULL);
	alarm(DEADLINE_S);
}

/* A child without the caller's streams: libxl waits for us alone. True in the child. */
static bool fork_behind(void)
{
	int null;

	if (fork())
		return false;
	null = open("/dev/null", O_RDWR);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	return true;
}

/*
 * A packet socket takes the kernel a grace period to close (synchronize_net()), which nobody needs
 * to wait for.
 */
static void announce_behind(const struct attached *attached)
{
	struct kernel_link *link;
	struct uplink uplink;
	struct err ignored;

	if (!attached->announced_count || !fork_behind())
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
static void close_behind(void)
{
	pid_t parent = getpid();

	if (!fork_behind())
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
		.command = hotplug->event.command,
		.dev = record->vif.name.text,
		.bridge = record->vif.bridge.text,
		.type_if = hotplug->event.id.is_tap ? "tap" : "vif",
		.xenbus_path = entry_path(path, &hotplug->event.id, ""),
		.ip = ip,
		.main_ip = main_ip,
	};
	size_t used = 0;

	for (unsigned i = 0; i < record->vif.prefix_count; i++) {
		char text[PREFIX_TEXT];

		used += (size_t)snprintf(ip + used, sizeof(ip) - used, "%s%s", used ? " " : "",
					 prefix_print(text, &record->vif.prefixes[i]));
	}
	if (record->dom0[IPV4].length)
		prefix_print(main_ip, &record->dom0[IPV4]);
	return hooks_run(folder, &variables, HOOKS_TIMEOUT_MS, err);
}

/* After the lock is given back: hooks may take their time, and may call `firewall`. */
static bool finish_attach(struct hotplug *hotplug, const struct attached *attached, struct err *err)
{
	if (!attached->has_rules)
		log_notice("%s: the firewall was stopped by hand, the vif has no rules",
			   attached->record.vif.name.text);
	if (attached->is_cut_off)
		log_notice("%s: %s", attached->record.vif.name.text, LOAD_UNTRACKED);
	announce_behind(attached);
	if (hotplug->event.id.is_tap)
		return run_hooks(hotplug, &attached->record, attached->hooks, err);
	if (attached->mtu)
		entry_write_mtu(hotplug->store, &hotplug->event.id, attached->mtu);
	return run_hooks(hotplug, &attached->record, attached->hooks, err) &&
	       entry_write_connected(hotplug->store, &hotplug->event.id, err);
}

/* Take back what the vif's record says. `done` is untouched where there is none. */
static bool detach(struct hotplug *hotplug, struct record *done, char hooks[static PATH_SIZE],
		   struct err *err)
{
	struct snapshot snapshot = { 0 };
	bool loaded = false, found = false, ok;

	if (!run_lock(&hotplug->run, LOCK_TIMEOUT_MS, err))
		return false;
	ok = run_read_snapshot(&snapshot, &loaded, &hotplug->run, err) &&
	     record_read(done, &found, hotplug->store, &hotplug->event.id, err) &&
	     (!found || detach_apply(hotplug->store, loaded ? &snapshot.policy : NULL, done, err));
	if (loaded)
		memcpy(hooks, snapshot.policy.settings.hooks, PATH_SIZE);
	snapshot_done(&snapshot);
	run_unlock(&hotplug->run);
	return ok;
}

static bool attach(struct hotplug *hotplug, struct err *err)
{
	struct attached attached = { .has_rules = false };
	char hooks[PATH_SIZE] = "";
	struct entry entry;
	struct record undone;
	struct err undo;
	bool ok;

	if (!entry_read(&entry, hotplug->store, &hotplug->event.id, err) ||
	    !run_lock(&hotplug->run, LOCK_TIMEOUT_MS, err))
		return false;
	ok = attach_apply(&attached, hotplug->kind, hotplug->store, &hotplug->run, &hotplug->event,
			  &entry, err);
	run_unlock(&hotplug->run);
	if (!ok)
		return false;
	if (finish_attach(hotplug, &attached, err))
		return true;
	if (!detach(hotplug, &undone, hooks, &undo))
		log_error("undoing the attach failed too: %s", undo.text);
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

	if (open_sources(hotplug, &err) && attach(hotplug, &err))
		return 0;
	log_error("%s of vif %u of domain %u failed: %s", hotplug->event.command,
		  hotplug->event.id.devid, hotplug->event.id.domid, err.text);
	if (hotplug->store)
		entry_write_error(hotplug->store, &hotplug->event.id, &err);
	return 1;
}

/* Whatever is already gone, libxl goes on with the removal; an error here is only for the log. */
static int answer_detach(struct hotplug *hotplug)
{
	struct record record = { .vif.index = 0 };
	char hooks[PATH_SIZE] = "";
	struct err err;

	if (!open_sources(hotplug, &err) || !detach(hotplug, &record, hooks, &err) ||
	    (record.vif.index && *hooks && !run_hooks(hotplug, &record, hooks, &err)))
		log_error("%s of vif %u of domain %u: %s", hotplug->event.command,
			  hotplug->event.id.devid, hotplug->event.id.domid, err.text);
	close_behind();
	return 0;
}

int hotplug_main(int argc, char **argv, const struct attach_kind *kind)
{
	struct hotplug hotplug = { .kind = kind, .run = { .directory = -1, .lock = -1 } };
	struct err err;
	int status;

	settle();
	log_open(program_invocation_short_name);
	if (!event_read(&hotplug.event, argc, argv, &err)) {
		log_error("%s", err.text);
		return 1;
	}
	if (hotplug.event.is_ignored)
		return 0;
	deadline_status = hotplug.event.action == EVENT_ATTACH;
	status = hotplug.event.action == EVENT_ATTACH ? answer_attach(&hotplug)
						      : answer_detach(&hotplug);
	store_close(hotplug.store);
	run_close(&hotplug.run);
	return status;
}
