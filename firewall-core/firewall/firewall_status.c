/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall status`: what is loaded, who is online, and what was dropped. */
#include "config/conf.h"
#include "firewall/firewall.h"
#include "firewall/firewall_xl.h"
#include "kernel/kernel.h"
#include "operation/backend.h"
#include "operation/judge.h"
#include "operation/load.h"
#include "operation/static_route.h"
#include "operation/verify.h"
#include "policy/policy_vif.h"
#include "program/log.h"

/* Why packets were dropped: rare ones are told of where there are any. */
static const struct drop_reason {
	enum set_kind kind;
	const char *words;
	bool is_rare;
} drop_reasons[] = {
	{ SET_SPOOFED, "spoofed", false },
	{ SET_REFUSED, "by policy", false },
	{ SET_OVER_CONNECTIONS, "beyond CONNECTIONS", true },
	{ SET_OVER_FRAGMENTS, "fragments too many", true },
	{ SET_OVER_NEIGHBOURS, "of new neighbours too many", true },
	{ SET_OVER_GROUPS, "group reports too many", true },
	{ SET_OVER_DESTINATIONS, "to unknown neighbours too many", true },
};
#define DROP_REASON_COUNT COUNT(drop_reasons)

struct view {
	struct snapshot snapshot;
	struct store *store; /* NULL: no xenstore here */
	struct kernel_link *link;
	struct online online;
	struct counters {
		struct index_counter *counters;
		size_t count;
	} counters[DROP_REASON_COUNT];
};

static uint64_t packets_of(const struct counters *counters, uint32_t index)
{
	for (size_t i = 0; i < counters->count; i++)
		if (counters->counters[i].index == index)
			return counters->counters[i].packets;
	return 0;
}

static void print_dropped(const struct view *view, uint32_t index)
{
	const char *before = "; dropped: ";

	for (size_t i = 0; i < DROP_REASON_COUNT; i++) {
		uint64_t packets = packets_of(&view->counters[i], index);

		if (drop_reasons[i].is_rare && !packets)
			continue;
		printf("%s%llu %s", before, (unsigned long long)packets, drop_reasons[i].words);
		before = ", ";
	}
	puts("");
}

static bool read_drop_counters(struct view *view, struct err *err)
{
	const struct backend_calls *backend = backend_of(&view->snapshot.policy.settings);

	for (size_t i = 0; i < DROP_REASON_COUNT; i++)
		if (!backend->read_counters(&view->counters[i].counters, &view->counters[i].count,
					    drop_reasons[i].kind, &view->snapshot, err))
			return false;
	return true;
}

/*
 * "web1", as the toolstack named the domain; the name is the administrator's, its node read-only to
 * the guest.
 */
static void print_domain(const struct view *view, uint32_t domid)
{
	char path[STORE_PATH_SIZE], name[STORE_VALUE_SIZE], seen[SHOWN_SIZE];
	struct err ignored;
	bool found;

	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	if (store_read(name, &found, view->store, path, &ignored) && found)
		printf("%s (domain %u)", shown(seen, name), domid);
	else
		printf("domain %u", domid);
}

static void print_vif_status(const struct view *view, const struct vif *vif)
{
	struct link_counters counters = { 0 };
	char text[PREFIX_TEXT], path[HOST_PATH_SIZE];
	struct err ignored;

	print_domain(view, vif->id.domid);
	printf(" on %s", vif->name.text);
	if (vif->bridge_index)
		printf(", a port of %s", vif->bridge.text);
	if (kernel_link_read_counters(&counters, view->link, vif->index, &ignored))
		printf("%s: sent %llu packets, received %llu", counters.is_up ? "" : " (down)",
		       (unsigned long long)counters.rx_packets,
		       (unsigned long long)counters.tx_packets);
	print_dropped(view, vif->index);
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct host *host =
			policy_vif_host(&view->snapshot.policy, &vif->prefixes[i], &vif->name);

		printf("  %s: %s\n", prefix_print(text, &vif->prefixes[i]),
		       host ? host_path(path, host) : "no host file, the policy holds");
	}
}

static void print_findings(const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		printf("  missing: %s\n", report->findings[i].text);
}

/* What the attach made for it, and is not there now. */
static bool print_missing(const struct view *view, const struct record *record, bool *is_missing,
			  struct err *err)
{
	struct verified verified = { 0 };
	bool ok = verify_vif(&verified, &view->snapshot.policy, &view->online, record, view->link,
			     err);

	print_findings(&verified.missing);
	print_findings(&verified.barred);
	*is_missing |= verified.missing.count > 0;
	verified_done(&verified);
	return ok;
}

/* What this guest was told when it came; whatever the uplink has since, it stays. */
static void print_told_gateways(const struct record *record)
{
	char text[PREFIX_TEXT];

	for (int family = 0; family < FAMILY_COUNT; family++)
		if (prefix_is_address(&record->dom0[family]))
			printf("%s%s",
			       family && prefix_is_address(&record->dom0[!family]) ? ", "
										   : "  gateway: ",
			       prefix_print(text, &record->dom0[family]));
	if (prefix_is_address(&record->dom0[IPV4]) || prefix_is_address(&record->dom0[IPV6]))
		putchar('\n');
}

static bool print_guest_status(struct view *view, struct err *err)
{
	struct report report = { 0 };
	bool bridged = false, is_missing = false, ok;

	view->store = store_open(false, err);
	if (!view->store && view->snapshot.with_guests)
		return err_prefix(err, "guests were online, with rules, but now ");
	if (!view->store) {
		puts("No xenstore here, so no guests.");
		return true;
	}
	ok = xl_read_online(&view->online, view->store, &view->snapshot.policy, &report, err) &&
	     judge_online(&view->snapshot.policy, &view->online, &report, err) &&
	     read_drop_counters(view, err);
	firewall_print_report(&report);
	if (ok)
		printf("%zu guest interface%s online.\n", view->online.count,
		       view->online.count == 1 ? "" : "s");
	for (size_t i = 0; ok && i < view->online.count; i++) {
		print_vif_status(view, &view->online.records[i].vif);
		print_told_gateways(&view->online.records[i]);
		bridged |= view->online.records[i].vif.bridge_index;
		ok = print_missing(view, &view->online.records[i], &is_missing, err);
	}
	if (is_missing)
		puts("What is missing was taken from guests: `firewall reload` sets it again.");
	if (ok && bridged && !view->snapshot.tracks_bridges)
		printf("Beware: %s.\n", LOAD_UNTRACKED);
	if (ok && bridged && load_loses_hairpins(&view->snapshot.policy))
		printf("Beware: %s.\n", LOAD_HAIRPINS);
	if (ok && view->online.stale_count)
		printf("%zu left over from guests that are gone: `firewall reload` removes them.\n",
		       view->online.stale_count);
	report_done(&report);
	return ok;
}

static bool is_set(const struct policy_route *route, const struct netconf_op *there, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (there[i].metric == route->metric &&
		    !prefix_compare(&there[i].prefix, &route->destination))
			return true;
	return false;
}

/* Those of routing.cfg, and why one of them is not there. */
static bool print_route_status(const struct view *view, struct err *err)
{
	const struct policy *policy = &view->snapshot.policy;
	auto_free struct netconf_op *there = NULL;
	size_t count = 0;

	if (policy->route_count && !kernel_link_read_routes(&there, &count, view->link, err))
		return false;
	for (uint32_t i = 0; i < policy->route_count; i++) {
		const struct policy_route *route = &policy->routes[i];
		char destination[PREFIX_TEXT], via[PREFIX_TEXT];

		printf("%s via %s (%s): ", prefix_print(destination, &route->destination),
		       prefix_print(via, &route->via), route->name);
		if (is_set(route, there, count))
			puts("set");
		else if (static_route_is_pending(policy, &view->online, route))
			puts("not set, the guest is not online");
		else
			puts("not set; `firewall reload` tries again, and says what is wrong");
	}
	return true;
}

static void print_loaded(const struct view *view, const struct call *call)
{
	struct timespec changed = conf_changed(call->config);
	const struct timespec *known = &view->snapshot.policy.changed;
	char when[32] = "";
	struct tm local;

	if (localtime_r(&view->snapshot.loaded.tv_sec, &local))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
	printf("The firewall is running: %s, %u host files, loaded %s.\n",
	       backend_names[view->snapshot.policy.settings.backend],
	       view->snapshot.policy.host_count, when);
	if (changed.tv_sec != known->tv_sec || changed.tv_nsec != known->tv_nsec)
		printf("%s was changed since: `firewall reload` puts it in force.\n", call->config);
}

/* Before a load it is time to say who would have no network by it. */
static void print_left_out(const struct call *call)
{
	struct report report = { 0 }, ignored = { 0 };
	struct policy policy = { 0 };
	struct online online = { 0 };
	struct err err;
	struct store *store = store_open(false, &err);
	bool is_read = conf_load(&policy, call->config, &ignored);

	if (store && (!is_read || policy.settings.xen != XEN_NO) &&
	    xl_read_online(&online, store, is_read ? &policy : NULL, &report, &err) && is_read &&
	    !judge_online(&policy, &online, &report, &err))
		report_warning(&report, "%s", err.text);
	if (report.count)
		puts("What `firewall start` would make of the guests that run:");
	for (size_t i = 0; i < report.count; i++)
		printf("  %s\n", report.findings[i].text);
	report_done(&report);
	report_done(&ignored);
	online_done(&online);
	policy_done(&policy);
	store_close(store);
}

static enum status print_status(struct view *view, const struct run *run, const struct call *call,
				struct err *err)
{
	const struct snapshot *snapshot = &view->snapshot;
	bool found, loaded;

	if (!run_read_snapshot(&view->snapshot, &found, run, err) ||
	    !backend_of(&snapshot->policy.settings)->read_loaded(&loaded, snapshot, err)) {
		log_error("status failed: %s", err->text);
		return STATUS_FAILED;
	}
	if (run_is_stopped(run)) {
		puts("The firewall was stopped by hand: everything passes.");
		print_left_out(call);
		return STATUS_NOT_RUNNING;
	}
	if (!found) {
		puts("The firewall was not started since boot.");
		print_left_out(call);
		return STATUS_NOT_RUNNING;
	}
	if (!loaded) {
		puts("The rules are missing: another program removed them. `firewall reload` "
		     "brings them back.");
		return STATUS_NOT_RUNNING;
	}
	print_loaded(view, call);
	view->link = kernel_link_open(err);
	if (view->link &&
	    (view->snapshot.policy.settings.xen == XEN_NO || print_guest_status(view, err)) &&
	    print_route_status(view, err))
		return STATUS_DONE;
	log_error("status failed: %s", err->text);
	return STATUS_FAILED;
}

enum status firewall_status(const struct call *call)
{
	struct run run = { .directory = -1, .lock = -1 };
	struct view view = { .store = NULL };
	enum status status = STATUS_FAILED;
	struct err err;

	if (run_open(&run, &err))
		status = print_status(&view, &run, call, &err);
	else
		log_error("status failed: %s", err.text);
	for (size_t i = 0; i < DROP_REASON_COUNT; i++)
		free(view.counters[i].counters);
	online_done(&view.online);
	kernel_link_close(view.link);
	store_close(view.store);
	snapshot_done(&view.snapshot);
	run_close(&run);
	return status;
}
