/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vif that comes online: read, compute, then change the kernel in an order in which no step
 * leaves a window open.
 */
#include "attach.h"
#include "config/conf.h"
#include "operation/backend.h"
#include "operation/card.h"
#include "operation/detach.h"
#include "operation/judge.h"
#include "operation/load.h"
#include "operation/machine.h"
#include "operation/proxy.h"
#include "operation/static_route.h"
#include "policy/policy_vif.h"
#include "ruleset/ruleset_routing.h"
#include "ruleset/ruleset_share.h"
#include "xen/device.h"

/* ---- the policy ---- */

/* What is wrong is for `firewall check` to tell, not for the guest, who can read hotplug-error. */
bool attach_load_conf(struct policy *policy, struct err *err)
{
	struct report report = { 0 };
	bool ok = conf_load(policy, run_config_directory(), &report);

	if (!ok)
		err_set(err,
			"the configuration has %u error%s, no rules are loaded: `firewall check` "
			"tells",
			report.errors, report.errors == 1 ? "" : "s");
	report_done(&report);
	return ok;
}

/* The routes that need no guest, as far as they can be set; `firewall status` tells of the rest. */
static void set_routes(struct store *store, const struct policy *policy)
{
	struct report ignored = { 0 };
	struct online online = { 0 };
	unsigned set = 0;
	struct err unheard;

	if (policy->route_count && online_read(&online, store, &ignored, &unheard))
		(void)!static_routes_apply(store, policy, &online, &ignored, &set, &unheard);
	online_done(&online);
	report_done(&ignored);
}

bool attach_read_policy(struct snapshot *snapshot, struct store *store, const struct run *run,
			struct err *err)
{
	struct policy policy = { 0 };
	bool found, ok;

	if (!run_read_snapshot(snapshot, &found, run, err))
		return false;
	if (found)
		return true;
	if (run_is_stopped(run))
		return attach_load_conf(&snapshot->policy, err);
	ok = attach_load_conf(&policy, err) && load_online_apply(run, &policy, store, NULL, err) &&
	     run_read_snapshot(snapshot, &found, run, err) &&
	     (found || err_set(err, "the snapshot of the rules vanished"));
	if (ok)
		set_routes(store, &policy);
	policy_done(&policy);
	return ok;
}

/* ---- what was left ---- */

/* Of an earlier attach of the same vif. */
static bool replace_older(struct attach *attach, uint32_t *recorded, struct err *err)
{
	struct record older;
	struct err ignored;
	bool found;

	*recorded = 0;
	if (!record_read(&older, &found, attach->store, &attach->record.vif.id, &ignored) || !found)
		return true;
	*recorded = older.vif.index;
	return detach_apply(attach->store, attach->run, &attach->snapshot, &older, NULL,
			    attach->release, err) ||
	       err_prefix(err, "what was left of an earlier attach can't be removed: ");
}

/* ---- reading ---- */

/*
 * Open vSwitch takes what its database names as soon as it is there, be it of a guest that is long
 * gone. A bridge of the kernel's is no matter: there are rules for its ports.
 */
static bool check_master(const struct ifname *name, struct err *err)
{
	struct ifname master;
	uint32_t bridge;

	return !device_read_master(&master, &bridge, name) || bridge ||
	       err_set(err,
		       "%s is a port of %s already, where no rules would hold for it (if that is "
		       "Open vSwitch's: ovs-vsctl del-port %s)",
		       name->text, master.text, name->text);
}

/*
 * The interface, and the name that it shall have: a name that another one has is refused before
 * anything is done.
 */
static bool read_vif_device(struct attach *attach, uint32_t recorded, struct err *err)
{
	struct vif *vif = &attach->record.vif;
	const struct ifname *wanted = &attach->backend->vifname;
	struct ifname kernel_name = vif_id_name(&vif->id);
	bool found;

	if (!device_read(&vif->name, &vif->index, &found, &vif->id, recorded, err))
		return false;
	if (!found)
		return err_set(err, "there is no interface %s: is xen-netback loaded?",
			       kernel_name.text);
	if (!check_master(&vif->name, err))
		return false;
	attach->old_name = vif->name;
	if (!wanted->text[0] || !strcmp(wanted->text, vif->name.text))
		return true;
	if (if_nametoindex(wanted->text))
		return err_set(err, "vifname=%s: another interface has this name, it is left alone",
			       wanted->text);
	if (!vif_check_name(wanted, &kernel_name, err))
		return err_prefix(err, "vifname=: ");
	vif->name = *wanted;
	return true;
}

/* Those that are gone are taken back, and the others stay as they were read. */
static bool read_others(struct attach *attach, struct err *err)
{
	const struct vif *vif = &attach->record.vif;
	const struct policy *policy = &attach->snapshot.policy;
	struct prefix owned[OWNED_MAX];
	const struct online_question question = {
		.vif = vif,
		.prefixes = owned,
		.prefix_count = record_owned(owned, vif),
		.with_cards = policy_vif_shares_cards(policy, vif),
	};

	return online_read_others(&attach->others, attach->store, &question, err) &&
	       detach_stale_apply(&attach->others, attach->store, attach->run, &attach->snapshot,
				  attach->release, err);
}

/* ---- computing ---- */

static bool compute_vif(struct attach *attach, const struct attach_kind *kind, struct err *err)
{
	struct vif *vif = &attach->record.vif;

	vif->mac = attach->backend->mac;
	if (vif_judge(vif, kind->place, attach->backend->ip, err) != VIF_HELD)
		return false;
	for (unsigned i = 0; i < vif->prefix_count; i++)
		attach->has[vif->prefixes[i].family] = true;
	return !attach->backend->mtu || vif_check_mtu(vif, attach->backend->mtu, err) ||
	       err_prefix(err, "mtu=: ");
}

/* Its routes go before an older duplicate's. What nobody else has is its own from now on. */
static bool compute_metric(struct attach *attach, struct err *err)
{
	struct record *record = &attach->record;
	struct prefix owned[OWNED_MAX];
	unsigned count = record_owned(owned, &record->vif);

	record->metric = ROUTE_METRIC;
	for (unsigned i = 0; i < count; i++) {
		const struct record *last = online_find_owner(&attach->others, &owned[i]);

		if (last && last->metric <= record->metric)
			record->metric = last->metric - 1;
		if (!record->metric)
			return err_set(err, "too many vifs have had an address of this one without "
					    "a pause: it has no metric left for its routes");
		if (!last && !release_add(attach->release, &owned[i], &attach->snapshot.sets, err))
			return false;
	}
	return true;
}

static bool compute_elements(struct attach *attach, struct err *err)
{
	const struct vif *vif = &attach->record.vif;
	struct prefix owned[OWNED_MAX];
	unsigned count = record_owned(owned, vif);

	if (!machine_add(&attach->elements, &attach->snapshot.policy, vif, &attach->record.routes,
			 err))
		return false;
	ruleset_add_vif(&attach->elements, &attach->snapshot.policy, vif);
	ruleset_share_add(&attach->elements, &attach->snapshot.policy, vif,
			  attach->snapshot.tracks_bridges);
	ruleset_routing_add(&attach->elements, &attach->snapshot.policy, vif,
			    &attach->record.routes);
	for (unsigned i = 0; i < count; i++)
		ruleset_add_address(&attach->elements, &attach->snapshot.policy, &owned[i], vif);
	return card_add(&attach->elements, &attach->snapshot.policy, &attach->others, vif, err) &&
	       elements_finish(&attach->elements, err);
}

/* ---- changing ---- */

/*
 * The vif's rules alone where the kernel has all that they need; else the whole ruleset: somebody
 * flushed it, a load was cut off, or the vif brings a prefix of a length that was not there before.
 */
static bool apply_rules(struct attach *attach, struct err *err)
{
	const struct policy *policy = &attach->snapshot.policy;
	const struct vif_rules rules = { &attach->snapshot, &attach->record.vif,
					 &attach->elements };
	bool needs_full_load;

	if (attach->is_stopped)
		return true;
	needs_full_load = run_has_pending(attach->run) ||
			  !sets_hold(&attach->snapshot.sets, &attach->elements);
	if (!needs_full_load &&
	    backend_of(&policy->settings)->attach_apply(&rules, &needs_full_load, err))
		return true;
	return needs_full_load && load_online_apply(attach->run, policy, attach->store, NULL, err);
}

static bool record_and_apply(struct attach *attach, const struct attach_kind *kind, struct err *err)
{
	const struct link_settings renamed = { .has_name = true, .name = attach->old_name };
	struct err undo, ignored;

	if (!record_write(attach->store, &attach->record, err))
		return false;
	if (apply_rules(attach, err) && kind->apply_link(attach, err))
		return true;
	if (!detach_apply(attach->store, attach->run, &attach->snapshot, &attach->record,
			  &attach->others, attach->release, &undo))
		err_prefix(err, "(undoing it failed too: %s) ", undo.text);
	/* Whoever tries again looks for it by the name that it had. */
	(void)!kernel_link_set_apply(attach->link, attach->record.vif.index, &renamed, &ignored);
	return false;
}

static bool read_attach(struct attach *attach, const struct attach_kind *kind,
			const struct hotplug_args *args, struct err *err)
{
	uint32_t recorded;

	attach->link = kernel_link_open(err);
	attach->is_stopped = run_is_stopped(attach->run);
	return attach->link && compute_vif(attach, kind, err) &&
	       attach_read_policy(&attach->snapshot, attach->store, attach->run, err) &&
	       judge_addresses(&attach->snapshot.policy, attach->link, &attach->record.vif,
			       kind->place, err) &&
	       replace_older(attach, &recorded, err) && read_vif_device(attach, recorded, err) &&
	       kind->read(attach, args, err) && read_others(attach, err);
}

static bool compute_attach(struct attach *attach, const struct attach_kind *kind, struct err *err)
{
	struct record *record = &attach->record;

	return netconf_find_routes(&record->routes, &attach->snapshot.policy, &record->vif, err) &&
	       kind->compute(attach, err) && compute_metric(attach, err) &&
	       record_changes(&attach->changes, record, err) && compute_elements(attach, err);
}

/*
 * The routes of routing.cfg come last: a guest that is a next hop is of use without them, too, so
 * that one which somebody else has set already keeps no guest from starting.
 */
static void apply_routes(struct attached *attached, const struct attach *attach)
{
	const struct record *record = &attach->record;
	struct netconf routes;

	netconf_routes(&routes, &record->routes, &record->vif, record->dom0);
	attached->has_routes =
		kernel_link_apply(attach->link, routes.change, routes.count, &attached->routes);
}

/* Nor do neighbours that do not find the guest. */
static void apply_proxies(struct attached *attached, const struct attach *attach)
{
	attached->has_proxies =
		proxy_attach_apply(attach->link, &attach->snapshot.policy.settings, &attach->record,
				   &attach->others, &attached->proxies);
}

static void report_attached(struct attached *attached, const struct attach *attach)
{
	*attached = (struct attached){
		.record = attach->record,
		.old_name = attach->old_name,
		.has_rules = !attach->is_stopped,
		.mtu = attach->mtu,
		.is_cut_off = attach->record.vif.bridge_index && !attach->is_stopped &&
			      !attach->snapshot.tracks_bridges,
	};
	memcpy(attached->hooks, attach->snapshot.policy.settings.hooks, sizeof(attached->hooks));
	for (unsigned i = 0; i < attach->changes.count; i++)
		if (attach->changes.change[i].kind == NETCONF_PROXY)
			attached->announced[attached->announced_count++] =
				attach->changes.change[i].prefix;
}

bool attach_apply(struct attached *attached, const struct attach_kind *kind, struct store *store,
		  const struct run *run, const struct hotplug_args *args,
		  const struct xenbus_vif *backend, struct release *release, struct err *err)
{
	struct attach attach = {
		.store = store, .run = run, .backend = backend, .release = release
	};
	bool ok;

	attach.record.vif.id = args->id;
	ok = read_attach(&attach, kind, args, err) && compute_attach(&attach, kind, err) &&
	     record_and_apply(&attach, kind, err);
	if (ok) {
		report_attached(attached, &attach);
		apply_routes(attached, &attach);
		apply_proxies(attached, &attach);
	}
	elements_done(&attach.elements);
	online_done(&attach.others);
	kernel_link_close(attach.link);
	snapshot_done(&attach.snapshot);
	return ok;
}
