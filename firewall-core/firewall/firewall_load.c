/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall start`, `reload` and `repair`: the whole ruleset, and what is set beside it. */
#include "firewall/firewall.h"
#include "firewall/firewall_links.h"
#include "firewall/firewall_xl.h"
#include "kernel/kernel.h"
#include "operation/adopt.h"
#include "operation/backend.h"
#include "operation/detach.h"
#include "operation/hook.h"
#include "operation/judge.h"
#include "operation/load.h"
#include "operation/machine.h"
#include "operation/proxy.h"
#include "operation/static_route.h"
#include "operation/verify.h"
#include "program/log.h"

struct loading {
	struct run run;
	struct policy policy;
	struct snapshot old; /* what the kernel has; with was_loaded only */
	bool was_loaded;
	struct store *store; /* NULL: nobody can say which guests run */
	struct online online;
	bool is_incomplete; /* something beside the rules can't be set; it was logged */
	unsigned routes_set;
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
static bool read_has_guests(bool *has_guests, const struct loading *loading, struct err *err)
{
	const struct backend_calls *backend = backend_of(&loading->old.policy.settings);
	auto_free struct index_counter *counters = NULL;
	bool loaded = false;
	size_t count = 0;

	*has_guests = loading->was_loaded && loading->old.with_guests;
	if (*has_guests)
		return true;
	if (!backend->read_loaded(&loaded, &loading->old, err))
		return false;
	if (!backend->read_counters(&counters, &count, SET_SPOOFED, &loading->old, err))
		return !loaded; /* nobody may say that there is none */
	*has_guests = count > 0;
	return true;
}

/*
 * At boot xenstore does not answer yet, and nothing is lost. Later it must: without it the guests'
 * rules would go with the old ruleset.
 */
static bool open_store(struct loading *loading, struct err *err)
{
	enum xen_mode mode = loading->policy.settings.xen;
	struct err why;
	bool has_guests;

	if (mode == XEN_NO)
		return true;
	loading->store = store_open(false, &why);
	if (loading->store)
		return true;
	if (!read_has_guests(&has_guests, loading, err))
		return err_prefix(
			err,
			"%s, running guests may lose their rules: nothing was changed: ", why.text);
	if (has_guests)
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
	struct release release = { 0 };
	struct err err;

	for (size_t i = 0; i < loading->online.stale_count; i++) {
		const struct record *record = &loading->online.stale[i];

		if (!detach_apply(loading->store, &loading->run,
				  loading->was_loaded ? &loading->old : NULL, record,
				  &loading->online, &release, &err))
			log_error("%s is gone, and not all of it could be removed: %s",
				  record->vif.name.text, err.text);
	}
	if (!release_apply(&release, loading->store, &err))
		log_error("connections of guests that are gone may have stayed: %s", err.text);
}

static bool prepare_links(struct loading *loading, struct err *err)
{
	return firewall_links_apply(&loading->policy, &loading->online, loading->store,
				    &loading->is_incomplete, err);
}

static bool read_online(struct loading *loading, struct err *err)
{
	struct report report = { 0 };
	bool ok = !loading->store ||
		  xl_read_online(&loading->online, loading->store, &loading->policy, &report, err);

	ok = ok && judge_online(&loading->policy, &loading->online, &report, err);
	load_check_interfaces(&loading->policy, &report);
	if (loading->policy.settings.xen != XEN_NO)
		hooks_check(loading->policy.settings.hooks, &report);
	firewall_print_report(&report);
	report_done(&report);
	return ok;
}

/* What neighbours ask for is no rule, either: a guest may be hard to find, and is safe. */
static void answer_neighbours(struct loading *loading)
{
	struct err err;

	if (!loading->store || proxy_load_apply(&loading->policy.settings, &loading->online, &err))
		return;
	log_error("the proxy entries of guests may not be right: %s", err.text);
	loading->is_incomplete = true;
}

/* Addresses come and go, and so do gateways. */
static void renew_machine(struct loading *loading)
{
	struct err err;

	if (!loading->store || machine_renew_apply(&loading->policy, &loading->online, &err))
		return;
	log_error("guests without ip= may claim what is this machine's address now: %s", err.text);
	loading->is_incomplete = true;
}

/* Routes are no rules: what becomes of them, the rules are loaded. */
static void renew_static_routes(struct loading *loading)
{
	struct report report = { 0 };
	struct err err;
	bool ok = static_routes_apply(loading->store, &loading->policy, &loading->online, &report,
				      &loading->routes_set, &err);

	if (!ok)
		log_error("the routes of routing.cfg may not be right: %s", err.text);
	loading->is_incomplete |= !ok || report.count;
	firewall_print_report(&report);
	report_done(&report);
}

/* Nor are connections: who is cut off can begin a new one, by the rules. */
static void adopt_connections(const struct loading *loading)
{
	struct err err;

	if (!adopt_apply(&loading->policy, &loading->online, &err))
		log_error("who was connected may be cut off: %s", err.text);
}

static void give_fragments_room(void)
{
	struct err err;

	if (!kernel_sysctl_fragments_apply(&err))
		log_error("one guest may leave others no room for incomplete datagrams: %s",
			  err.text);
}

/* With the lock held and the configuration read. */
static bool load_ruleset(struct loading *loading, struct err *err)
{
	if (!run_read_snapshot(&loading->old, &loading->was_loaded, &loading->run, err) ||
	    !open_store(loading, err) || !read_online(loading, err))
		return false;
	collect_stale(loading);
	if (!prepare_links(loading, err) ||
	    !load_apply(&loading->run, &loading->policy, &loading->online, loading->store != NULL,
			err) ||
	    !run_set_stopped(&loading->run, false, err))
		return false;
	if (loading->store)
		give_fragments_room();
	adopt_connections(loading);
	answer_neighbours(loading);
	renew_static_routes(loading);
	firewall_links_announce_apply(&loading->online);
	return true;
}

static enum status replace_ruleset(const struct call *call, bool also_when_stopped)
{
	struct loading loading = { .run = { .directory = -1, .lock = -1 } };
	struct err err;
	bool ok = run_open(&loading.run, &err) &&
		  run_lock(&loading.run, FIREWALL_LOCK_TIMEOUT_MS, &err);

	if (ok && !firewall_load_conf(&loading.policy, call)) {
		run_close(&loading.run);
		return STATUS_FAILED;
	}
	if (ok && !also_when_stopped && run_is_stopped(&loading.run))
		ok = err_set(
			&err,
			"it was stopped by hand, so there is nothing to reload: `firewall start` "
			"loads the rules");
	ok = ok && load_ruleset(&loading, &err);
	if (!ok)
		log_error("%s failed: %s", call->command, err.text);
	loading_done(&loading);
	return ok ? STATUS_DONE : STATUS_FAILED;
}

enum status firewall_start(const struct call *call)
{
	return replace_ruleset(call, true);
}

enum status firewall_reload(const struct call *call)
{
	return replace_ruleset(call, false);
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
		return replace_ruleset(call, false);
	return opened ? STATUS_DONE : STATUS_FAILED;
}

/* Who does not hear of guests repairs what is not theirs. */
static bool read_guests_to_repair(struct loading *loading, struct err *err)
{
	struct report report = { 0 };
	bool ok, has_guests;
	struct err why;

	if (loading->policy.settings.xen == XEN_NO)
		return true;
	loading->store = store_open(false, err);
	if (!loading->store) {
		loading->is_incomplete = !read_has_guests(&has_guests, loading, &why) || has_guests;
		if (loading->is_incomplete)
			log_error("what is set for guests is not looked at: %s", err->text);
		return true;
	}
	/*
	 * Whom the rules that are loaded know: nobody is judged anew. Who is left out, the load has
	 * said, and the watch would say each minute.
	 */
	ok = xl_read_online(&loading->online, loading->store, NULL, &report, err);
	report_done(&report);
	return ok;
}

#define TOLD_MAX 20

static void tell_missing(const struct report *missing, const struct record *record, size_t *told)
{
	for (size_t i = 0; i < missing->count; i++)
		if ((*told)++ < TOLD_MAX)
			log_notice("missing of %s, and set again: %s", record->vif.name.text,
				   missing->findings[i].text);
}

/* Who takes it again and again wants to be found; and most guests are whole, as a rule. */
static bool find_missing(bool *is_missing, struct loading *loading, struct err *err)
{
	struct kernel_link *link = kernel_link_open(err);
	size_t told = 0;
	bool ok = link;

	for (size_t i = 0; ok && i < loading->online.count; i++) {
		struct record *record = &loading->online.records[i];
		struct verified verified = { 0 };

		ok = verify_vif(&verified, &loading->policy, &loading->online, record, link, err);
		tell_missing(&verified.missing, record, &told);
		record->is_whole = !record->vif.is_foreign && !record->is_moved &&
				   !verified.missing.count && !verified.barred.count;
		verified_done(&verified);
	}
	if (told > TOLD_MAX)
		log_notice("and %zu more", told - TOLD_MAX);
	*is_missing = told > 0;
	kernel_link_close(link);
	return ok;
}

static bool repair_all(struct loading *loading, bool *was_missing, struct err *err)
{
	if (!read_guests_to_repair(loading, err) || !find_missing(was_missing, loading, err) ||
	    !prepare_links(loading, err))
		return false;
	renew_static_routes(loading);
	if (loading->routes_set)
		log_notice("missing of routing.cfg, and set again: %u route%s", loading->routes_set,
			   loading->routes_set == 1 ? "" : "s");
	*was_missing |= loading->routes_set;
	renew_machine(loading);
	answer_neighbours(loading);
	return !loading->is_incomplete || err_set(err, "not all of it is set");
}

/*
 * All that a load sets beside the rules, by the policy that they are of: the configuration may be
 * half edited, and is nobody's word yet.
 */
static bool repair_loaded(struct loading *loading, bool *was_missing, struct err *err)
{
	if (!run_read_snapshot(&loading->old, &loading->was_loaded, &loading->run, err))
		return false;
	if (run_is_stopped(&loading->run))
		return true;
	if (!loading->was_loaded)
		return !run_was_loaded(&loading->run) ||
		       err_set(err, "another version of this program has loaded the rules: "
				    "`firewall reload` replaces them");
	loading->policy = loading->old.policy;
	return repair_all(loading, was_missing, err);
}

bool firewall_repair_apply(bool *was_missing)
{
	struct loading loading = { .run = { .directory = -1, .lock = -1 } };
	struct err err;
	bool ok;

	*was_missing = false;
	ok = run_open(&loading.run, &err) &&
	     run_lock(&loading.run, FIREWALL_LOCK_TIMEOUT_MS, &err) &&
	     repair_loaded(&loading, was_missing, &err);
	if (!ok)
		log_error("repair failed: %s", err.text);
	loading.policy = (struct policy){ .host_count = 0 }; /* its arrays are the snapshot's */
	loading_done(&loading);
	return ok;
}

enum status firewall_repair(const struct call *call)
{
	bool was_missing;

	(void)call;
	return firewall_repair_apply(&was_missing) ? STATUS_DONE : STATUS_FAILED;
}
