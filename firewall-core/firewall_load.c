/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall start`, `reload` and `stop`: the whole ruleset, in or out. */
#include "backend.h"
#include "conf.h"
#include "detach.h"
#include "firewall.h"
#include "firewall_xl.h"
#include "kernel.h"
#include "load.h"
#include "log.h"
#include "proxy.h"
#include "reroute.h"

#define LOCK_TIMEOUT_MS 30000

struct loading {
	struct run run;
	struct policy policy;
	struct snapshot old; /* what the kernel has; with was_loaded only */
	bool was_loaded;
	struct store *store; /* NULL: nobody can say which guests run */
	struct online online;
};

static void loading_done(struct loading *loading)
{
	online_done(&loading->online);
	store_close(loading->store);
	snapshot_done(&loading->old);
	policy_done(&loading->policy);
	run_close(&loading->run);
}

/* Has any guest rules now? An attach may have brought them since the last load. */
static bool has_guests(const struct loading *loading)
{
	struct index_counter *counters = NULL;
	struct err ignored;
	size_t count = 0;

	if (loading->was_loaded && loading->old.with_guests)
		return true;
	if (!backend_of(&loading->old.policy.settings)
		     ->read_counters(&counters, &count, SET_SPOOFED, &loading->old, &ignored))
		return false;
	free(counters);
	return count > 0;
}

/*
 * At boot xenstore does not answer yet, and nothing is lost. Later it must: without it the guests'
 * rules would go with the old ruleset.
 */
static bool open_store(struct loading *loading, struct err *err)
{
	enum xen_mode mode = loading->policy.settings.xen;
	struct err why;

	if (mode == XEN_NO)
		return true;
	loading->store = store_open(false, &why);
	if (loading->store)
		return true;
	if (has_guests(loading))
		return err_set(err,
			       "%s, the running guests would lose their rules: nothing was changed",
			       why.text);
	if (mode == XEN_YES)
		log_notice("%s, the guests have no rules before a `firewall reload` that finds it",
			   why.text);
	return true;
}

/* Records whose interface is gone: their offline never came. */
static void collect_stale(const struct loading *loading)
{
	struct err err;

	for (size_t i = 0; i < loading->online.stale_count; i++) {
		const struct record *record = &loading->online.stale[i];

		if (!detach_apply(loading->store, &loading->run,
				  loading->was_loaded ? &loading->old : NULL, record, &err))
			log_error("%s is gone, and not all of it could be removed: %s",
				  record->vif.name.text, err.text);
	}
}

/*
 * A vif that another script renamed is known by its group alone, and has to be, before there are
 * rules that could take it for an interface of this machine's own.
 */
static void mark_foreign(const struct online *online, struct kernel_link *link)
{
	const struct link_settings group = { .has_group = true, .group = LINK_GROUP };
	struct err err;

	for (size_t i = 0; i < online->foreign_count; i++)
		if (!kernel_link_set_apply(link, online->foreign[i], &group, &err))
			log_error("a guest of another script may stay open: %s", err.text);
}

/* An uplink that was made anew has another index: the record has to know it, for the detach. */
static bool find_uplink(struct record *record, struct store *store, struct err *err)
{
	struct uplink *uplink = &record->uplink;
	struct ifname name;
	struct err gone;
	bool again = true;

	if (kernel_link_read_name(&name, uplink->index, &gone))
		return true;
	if (!kernel_link_read_index(&uplink->index, &uplink->name, err))
		return false;
	while (again) {
		if (!store_begin(store, err))
			return false;
		if (!record_write(store, record, err)) {
			store_abort(store);
			return false;
		}
		if (!store_commit(store, &again, err))
			return false;
	}
	return true;
}

/* Routes go when a vif was down for a moment, proxy entries when the uplink was. */
static bool renew(struct kernel_link *link, struct store *store, struct record *record,
		  struct err *err)
{
	struct changes changes;

	return find_uplink(record, store, err) && record_changes(&changes, record, err) &&
	       kernel_link_apply(link, changes.change, changes.count, err);
}

static bool has_twin(const struct online *online, const struct vif *vif)
{
	for (size_t i = 0; i < online->count; i++) {
		const struct vif *other = &online->records[i].vif;

		if (other != vif && other->bridge_index == vif->bridge_index &&
		    !memcmp(&other->mac, &vif->mac, sizeof(vif->mac)))
			return true;
	}
	return false;
}

/* On another bridge the port is what an attach makes of one, and its detach has to know where. */
static bool renew_moved(const struct loading *loading, struct kernel_link *link,
			const struct record *record, struct err *err)
{
	const struct vif *vif = &record->vif;
	const struct port_settings port = {
		.bridge = vif->bridge_index,
		.mac = vif->mac,
		.learns = has_twin(&loading->online, vif),
		.isolated = policy_isolates(&loading->policy, &vif->bridge),
	};

	return record_write_bridge(loading->store, record, err) &&
	       (!port.learns || kernel_bridge_guard_apply(link, vif->bridge_index, err)) &&
	       kernel_port_apply(link, vif->index, &port, err);
}

/* A port goes by what its bridge's network says now; that of another script's guest learns. */
static bool renew_port(const struct loading *loading, struct kernel_link *link,
		       const struct record *record, struct err *err)
{
	const struct vif *vif = &record->vif;
	bool isolated = policy_isolates(&loading->policy, &vif->bridge);

	if (record->is_moved)
		return renew_moved(loading, link, record, err);
	return (record->metric || kernel_bridge_guard_apply(link, vif->bridge_index, err)) &&
	       kernel_port_isolate_apply(link, vif->index, isolated, err);
}

/* What the rules need beside them. What can't be set is no reason to have no rules. */
static bool prepare_links(struct loading *loading, struct err *err)
{
	struct kernel_link *link = kernel_link_open(err);
	struct online *online = &loading->online;
	struct err why;

	if (!link)
		return false;
	mark_foreign(online, link);
	for (size_t i = 0; i < online->count; i++) {
		struct record *record = &online->records[i];

		if (record->uplink.index && !renew(link, loading->store, record, &why))
			log_error("%s may have lost its network: %s", record->vif.name.text,
				  why.text);
		if (record->vif.bridge_index && !renew_port(loading, link, record, &why))
			log_error("the port of %s may see, or say, more than it should: %s",
				  record->vif.name.text, why.text);
	}
	kernel_link_close(link);
	return true;
}

static bool read_online(struct loading *loading, struct err *err)
{
	struct report report = { 0 };
	bool ok = !loading->store || xl_read_online(&loading->online, loading->store, &report, err);

	load_check_interfaces(&loading->policy, &report);
	firewall_print_report(&report);
	report_done(&report);
	return ok;
}

/* What neighbours ask for is no rule, either: a guest may be hard to find, and is safe. */
static void answer_neighbours(const struct loading *loading)
{
	struct err err;

	if (loading->store && !proxy_load_apply(&loading->policy.settings, &loading->online, &err))
		log_error("the proxy entries of guests may not be right: %s", err.text);
}

/*
 * Guests on bridges that the backend can't protect: our own would lose their rules, those of other
 * scripts stay as they are.
 */
static bool check_bridges(const struct loading *loading, struct err *err)
{
	const struct policy *policy = &loading->policy;
	const struct backend_calls *backend = backend_of(&policy->settings);

	for (size_t i = 0; i < loading->online.count; i++) {
		const struct record *record = &loading->online.records[i];
		const struct vif *vif = &record->vif;
		struct err why;

		if (!vif->bridge_index || backend->check_bridged(policy, vif, &why))
			continue;
		if (record->metric) /* an attach of ours gave it one */
			return err_set(err, "%s is a port of %s, and nothing was changed: %s",
				       vif->name.text, vif->bridge.text, why.text);
		log_error("%s, a port of %s, is neither filtered nor protected: %s", vif->name.text,
			  vif->bridge.text, why.text);
	}
	return true;
}

/* Routes are no rules: what becomes of them, the rules are loaded. */
static void reroute(const struct loading *loading)
{
	struct report report = { 0 };
	struct err err;

	if (!reroute_apply(loading->store, &loading->policy, &loading->online, &report, &err))
		log_error("the routes of routing.cfg may not be right: %s", err.text);
	firewall_print_report(&report);
	report_done(&report);
}

/* With the lock held and the configuration read. */
static bool load(struct loading *loading, struct err *err)
{
	if (!run_read_snapshot(&loading->old, &loading->was_loaded, &loading->run, err) ||
	    !open_store(loading, err) || !read_online(loading, err) || !check_bridges(loading, err))
		return false;
	collect_stale(loading);
	if (!prepare_links(loading, err) ||
	    !load_apply(&loading->run, &loading->policy, &loading->online, loading->store != NULL,
			err) ||
	    !run_set_stopped(&loading->run, false, err))
		return false;
	answer_neighbours(loading);
	reroute(loading);
	return true;
}

static enum status replace(const struct call *call, bool also_when_stopped)
{
	struct loading loading = { .run = { .directory = -1, .lock = -1 } };
	struct err err;
	bool ok = run_open(&loading.run, &err) && run_lock(&loading.run, LOCK_TIMEOUT_MS, &err);

	if (ok && !firewall_load_conf(&loading.policy, call)) {
		run_close(&loading.run);
		return STATUS_FAILED;
	}
	if (ok && !also_when_stopped && run_is_stopped(&loading.run))
		ok = err_set(
			&err,
			"it was stopped by hand, so there is nothing to reload: `firewall start` "
			"loads the rules");
	ok = ok && load(&loading, &err);
	if (!ok)
		log_error("%s failed: %s", call->command, err.text);
	loading_done(&loading);
	return ok ? STATUS_DONE : STATUS_FAILED;
}

enum status firewall_start(const struct call *call)
{
	return replace(call, true);
}

enum status firewall_reload(const struct call *call)
{
	return replace(call, false);
}

/* For those who took our rules away along with theirs, or brought a new version of us. */
enum status firewall_try_restart(const struct call *call)
{
	struct run run = { .directory = -1, .lock = -1 };
	struct err err;
	bool opened = run_open(&run, &err);
	bool is_running = opened && run_was_loaded(&run) && !run_is_stopped(&run);

	if (!opened)
		log_error("%s failed: %s", call->command, err.text);
	run_close(&run);
	if (is_running)
		return replace(call, false);
	return opened ? STATUS_DONE : STATUS_FAILED;
}

/* Whatever is wrong with the configuration: it is of use only where nothing else is known. */
enum status firewall_stop(const struct call *call)
{
	struct run run = { .directory = -1, .lock = -1 };
	struct report ignored = { 0 };
	struct policy policy = { 0 };
	bool found = conf_load(&policy, call->config, &ignored);
	struct err err;
	bool ok = run_open(&run, &err) && run_lock(&run, LOCK_TIMEOUT_MS, &err) &&
		  load_remove_apply(&run, found ? &policy : NULL, &err) &&
		  run_set_stopped(&run, true, &err);

	if (!ok)
		log_error("%s failed: %s", call->command, err.text);
	run_close(&run);
	policy_done(&policy);
	report_done(&ignored);
	return ok ? STATUS_DONE : STATUS_FAILED;
}
