/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy and online vifs → elements → text → kernel and snapshot. */
#include "operation/load.h"
#include "kernel/kernel_rules.h"
#include "operation/adopt.h"
#include "operation/backend.h"
#include "operation/card.h"
#include "operation/judge.h"
#include "operation/machine.h"
#include "policy/policy_vif.h"
#include "ruleset/ruleset_bridge.h"
#include "ruleset/ruleset_card.h"
#include "ruleset/ruleset_routing.h"
#include "ruleset/ruleset_share.h"

/* The elements of one vif, whatever was done when it came. */
static bool make_vif(struct elements *elements, const struct policy *policy, const struct vif *vif,
		     bool tracks_bridges, struct err *err)
{
	struct vif_routes routes;
	struct prefix owned[OWNED_MAX];
	unsigned count = record_owned(owned, vif);

	if (!netconf_find_routes(&routes, policy, vif, err) ||
	    !machine_add(elements, policy, vif, &routes, err))
		return false;
	ruleset_add_vif(elements, policy, vif);
	ruleset_share_add(elements, policy, vif, tracks_bridges);
	ruleset_routing_add(elements, policy, vif, &routes);
	for (unsigned i = 0; i < count; i++)
		ruleset_add_address(elements, policy, &owned[i], vif);
	return true;
}

static bool make_elements(struct elements *elements, struct sets *sets, const struct policy *policy,
			  const struct online *online, bool tracks_bridges, struct err *err)
{
	ruleset_add_hosts(elements, policy);
	for (size_t i = 0; i < online->count; i++)
		if (!make_vif(elements, policy, &online->records[i].vif, tracks_bridges, err))
			return false;
	return card_add_online(elements, policy, online, err) && elements_finish(elements, err) &&
	       ruleset_sets(sets, policy, elements, err);
}

bool load_tracks_bridges(const struct policy *policy)
{
	return !policy_has_bridges(policy) || policy->settings.backend != BACKEND_NFT ||
	       kernel_bridge_tracks();
}

/*
 * It is the ports of a bridge that are isolated. What is above one, such as the interface of a
 * VLAN, has none.
 */
static void check_isolated(const struct network *network, struct kernel_link *link,
			   struct report *report)
{
	auto_free struct bridge *bridges = NULL;
	size_t count = 0;
	uint32_t index;
	struct err ignored;

	if (kernel_link_read_index(&index, &network->interface, &ignored) &&
	    kernel_bridges_read(&bridges, &count, link, &network->interface, &ignored) && !count)
		report_warning(report,
			       "%s.conf:%u: [network %s] ISOLATE: %s is no bridge, so on the "
			       "bridge below it guests see each other all the same",
			       family_names[network->subnet.family], network->line, network->name,
			       network->interface.text);
}

void load_check_interfaces(const struct policy *policy, struct report *report)
{
	struct kernel_link *link = NULL;
	struct err ignored;

	for (uint32_t i = 0; i < policy->network_count; i++) {
		if (!policy->networks[i].isolated)
			continue;
		link = link ? link : kernel_link_open(&ignored);
		if (link)
			check_isolated(&policy->networks[i], link, report);
	}
	kernel_link_close(link);
}

bool load_loses_hairpins(const struct policy *policy)
{
	static const char *const keys[] = { "net/bridge/bridge-nf-call-iptables",
					    "net/bridge/bridge-nf-call-ip6tables" };
	struct err ignored;
	long value = 0;

	for (size_t i = 0; i < COUNT(keys) && !value; i++)
		if (!kernel_sysctl_read(&value, keys[i], &ignored))
			value = 0; /* the module is not there */
	return policy->forward_count && value;
}

uint32_t load_read_places(void)
{
	struct err ignored;
	long places = 0;

	if (!kernel_sysctl_read(&places, "net/netfilter/nf_conntrack_max", &ignored))
		places = 0; /* the module is not there yet */
	return places > 0 && places <= UINT32_MAX ? (uint32_t)places : 0;
}

/* The arrays stay the policy's own. */
static bool ruleset_make(struct ruleset *ruleset, const struct policy *policy,
			 const struct online *online, struct err *err)
{
	*ruleset = (struct ruleset){ .online = online };
	ruleset->snapshot.policy = *policy;
	ruleset->snapshot.tracks_bridges = load_tracks_bridges(policy);
	ruleset->snapshot.policy.settings.places = load_read_places();
	policy = &ruleset->snapshot.policy;
	return make_elements(&ruleset->elements, &ruleset->snapshot.sets, policy, online,
			     ruleset->snapshot.tracks_bridges, err) &&
	       backend_of(&policy->settings)->check(policy, &ruleset->snapshot.sets, err);
}

static void ruleset_done(struct ruleset *ruleset)
{
	elements_done(&ruleset->elements);
	sets_done(&ruleset->snapshot.sets);
}

bool load_check(const struct policy *policy, struct err *err)
{
	static const struct online nobody;
	struct elements elements = { 0 };
	struct sets sets = { 0 };
	bool ok = make_elements(&elements, &sets, policy, &nobody, false, err) &&
		  backend_of(&policy->settings)->check(policy, &sets, err) &&
		  backend_of(&policy->settings)->check_tools(&policy->settings, err);

	elements_done(&elements);
	sets_done(&sets);
	return ok;
}

bool load_print(FILE *out, const struct policy *policy, const struct online *online,
		struct err *err)
{
	struct ruleset ruleset;
	bool ok = ruleset_make(&ruleset, policy, online, err);

	ruleset.snapshot.generation = 'a';
	ok = ok && backend_of(&policy->settings)->print(out, &ruleset, err);
	ruleset_done(&ruleset);
	return ok;
}

/* Where there may be rules of ours: what is in force, and what a load that was cut off left. */
struct place {
	struct settings settings; /* nft, where there is nothing */
	char generation;
};
enum { PLACE_OLD, PLACE_UNKEPT, PLACE_COUNT };

static bool read_places(struct place places[static PLACE_COUNT], const struct run *run,
			struct err *err)
{
	bool (*const reads[PLACE_COUNT])(struct snapshot *snapshot, bool *found,
					 const struct run *run, struct err *err) = {
		[PLACE_OLD] = run_read_snapshot,
		[PLACE_UNKEPT] = run_read_pending,
	};

	for (int i = 0; i < PLACE_COUNT; i++) {
		struct snapshot snapshot = { 0 };
		bool found;

		if (!reads[i](&snapshot, &found, run, err))
			return false;
		places[i] = (struct place){ snapshot.policy.settings, snapshot.generation };
		snapshot_done(&snapshot);
	}
	return true;
}

/* Does a load with one's settings replace the other's rules? Without Xen bridges have none. */
static bool is_same_place(const struct settings *one, const struct settings *other)
{
	return backend_of(one) == backend_of(other) &&
	       (backend_of(one) == &backend_nft ||
		((one->xen == XEN_NO) == (other->xen == XEN_NO) &&
		 !memcmp(one->programs, other->programs, sizeof(one->programs))));
}

/* Other programs may be the same by another name, so the new generation stays there, too. */
static bool remove_elsewhere(const struct place *places, const struct snapshot *loaded,
			     struct err *err)
{
	const struct settings *settings = &loaded->policy.settings;

	bool ok =
		backend_of(settings) == &backend_nft || backend_nft.remove_apply(settings, 0, err);

	for (int i = 0; ok && i < PLACE_COUNT; i++)
		if (!is_same_place(&places[i].settings, settings))
			ok = backend_of(&places[i].settings)
				     ->remove_apply(&places[i].settings, loaded->generation, err);
	return ok || err_prefix(err, "the new rules are there, and what another backend loaded "
				     "can't be removed, so both hold: ");
}

static bool replace_loaded(const struct run *run, struct ruleset *ruleset, struct err *err)
{
	const struct backend_calls *backend = backend_of(&ruleset->snapshot.policy.settings);
	struct place places[PLACE_COUNT];
	char taken[PLACE_COUNT + 1] = "";
	uint64_t print = 0;

	if (!read_places(places, run, err))
		return false;
	for (int i = 0; i < PLACE_COUNT; i++)
		if (places[i].generation)
			taken[strlen(taken)] = places[i].generation;
	return backend->check_tools(&ruleset->snapshot.policy.settings, err) &&
	       backend->prepare(ruleset, taken, err) &&
	       run_write_snapshot(run, &ruleset->snapshot, err) &&
	       backend->load_apply(ruleset, err) &&
	       remove_elsewhere(places, &ruleset->snapshot, err) &&
	       backend->read_print(&print, &ruleset->snapshot.policy, err) &&
	       run_commit_snapshot(run, print, err);
}

bool load_apply(const struct run *run, const struct policy *policy, const struct online *online,
		bool with_guests, struct err *err)
{
	struct ruleset ruleset;
	bool ok = ruleset_make(&ruleset, policy, online, err);

	ruleset.snapshot.with_guests = with_guests;
	ok = ok && replace_loaded(run, &ruleset, err);
	ruleset_done(&ruleset);
	return ok;
}

bool load_online_apply(const struct run *run, const struct policy *policy, struct store *store,
		       const struct vif_id *except, struct err *err)
{
	struct report ignored = { 0 }; /* status tells of it */
	struct online online = { 0 };
	struct err unused;
	bool ok = online_read(&online, store, &ignored, err) &&
		  judge_foreign(&online, policy, &ignored, err);

	if (ok && except)
		online_forget(&online, except);
	ok = ok && load_apply(run, policy, &online, true, err);
	if (ok) /* whose connection is not let on begins a new one: no reason to fail */
		(void)!adopt_apply(policy, &online, &unused);
	online_done(&online);
	report_done(&ignored);
	return ok;
}

bool load_remove_apply(const struct run *run, const struct policy *policy, struct err *err)
{
	struct place places[PLACE_COUNT];

	if (!read_places(places, run, err) || !backend_nft.remove_apply(NULL, 0, err))
		return false;
	for (int i = 0; i < PLACE_COUNT; i++)
		if (!backend_of(&places[i].settings)->remove_apply(&places[i].settings, 0, err))
			return false;
	return !policy || backend_of(&policy->settings)->remove_apply(&policy->settings, 0, err);
}
