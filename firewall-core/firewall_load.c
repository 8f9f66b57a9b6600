/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall start`, `reload` and `stop`: the whole ruleset, in or out. */
#include "detach.h"
#include "firewall.h"
#include "kernel.h"
#include "kernel_rules.h"
#include "load.h"
#include "log.h"

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
	if (loading->was_loaded && loading->old.with_guests)
		return err_set(err,
			       "%s, the running guests would lose their rules: nothing was changed",
			       why.text);
	if (mode == XEN_YES)
		log_notice("%s: run `firewall reload` when it does, for the guests' rules",
			   why.text);
	return true;
}

/* Records whose interface is gone: their offline never came. */
static void collect_stale(const struct loading *loading)
{
	struct err err;

	for (size_t i = 0; i < loading->online.stale_count; i++) {
		const struct record *record = &loading->online.stale[i];

		if (!detach_apply(loading->store, loading->was_loaded ? &loading->old.policy : NULL,
				  record, &err))
			log_error("%s is gone, and not all of it could be removed: %s",
				  record->vif.name.text, err.text);
	}
}

static int compare(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

/* All addresses and prefixes of the vifs, in order; NULL without memory. */
static struct prefix *sort_prefixes(const struct online *online, size_t *count)
{
	struct prefix *prefixes = calloc(online->count + 1, sizeof(online->vifs->prefixes));

	*count = 0;
	for (size_t i = 0; prefixes && i < online->count; i++)
		for (unsigned j = 0; j < online->vifs[i].prefix_count; j++)
			prefixes[(*count)++] = online->vifs[i].prefixes[j];
	if (prefixes)
		qsort(prefixes, *count, sizeof(*prefixes), compare);
	return prefixes;
}

/* Proxy entries for addresses that no vif has: nothing else of a lost record outlives its vif. */
static bool collect_proxies(const struct loading *loading, struct err *err)
{
	struct kernel_link *link = kernel_link_open(err);
	size_t count = 0, kept_count;
	auto_free struct change *proxies = NULL;
	auto_free struct prefix *kept = sort_prefixes(&loading->online, &kept_count);
	bool ok = link && (kept || err_memory(err)) &&
		  kernel_link_read_proxies(&proxies, &count, link, err);

	for (size_t i = 0; ok && i < count; i++)
		if (kept && !bsearch(&proxies[i].prefix, kept, kept_count, sizeof(*kept), compare))
			ok = kernel_link_undo_apply(link, &proxies[i], 1, err);
	kernel_link_close(link);
	return ok;
}

static void collect(const struct loading *loading)
{
	struct err err;

	collect_stale(loading);
	if (loading->store && !collect_proxies(loading, &err))
		log_error("proxy entries of guests that are gone may be left: %s", err.text);
}

static bool read_online(struct loading *loading, struct err *err)
{
	struct report report = { 0 };
	bool ok = !loading->store || online_read(&loading->online, loading->store, &report, err);

	firewall_print_report(&report);
	report_done(&report);
	return ok;
}

/* With the lock held and the configuration read. */
static bool load(struct loading *loading, struct err *err)
{
	if (!run_read_snapshot(&loading->old, &loading->was_loaded, &loading->run, err) ||
	    !open_store(loading, err) || !read_online(loading, err))
		return false;
	collect(loading);
	return load_apply(&loading->run, &loading->policy, &loading->online, loading->store != NULL,
			  err) &&
	       run_set_stopped(&loading->run, false, err);
}

static enum status replace(const struct call *call, bool also_when_stopped)
{
	struct loading loading = { .run = { .directory = -1, .lock = -1 } };
	struct err err;
	bool ok = firewall_load_conf(&loading.policy, call);

	if (!ok)
		return STATUS_FAILED;
	ok = run_open(&loading.run, &err) && run_lock(&loading.run, LOCK_TIMEOUT_MS, &err);
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

enum status firewall_stop(const struct call *call)
{
	struct run run = { .directory = -1, .lock = -1 };
	struct err err;
	bool ok = run_open(&run, &err) && run_lock(&run, LOCK_TIMEOUT_MS, &err) &&
		  load_remove_apply(&err) && run_set_stopped(&run, true, &err);

	if (!ok)
		log_error("%s failed: %s", call->command, err.text);
	run_close(&run);
	return ok ? STATUS_DONE : STATUS_FAILED;
}
