/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an attach did → taken back, keyed by the vif. */
#include "operation/detach.h"
#include "kernel/kernel.h"
#include "operation/backend.h"
#include "operation/card.h"
#include "operation/judge.h"
#include "operation/load.h"
#include "operation/proxy.h"
#include "policy/policy_vif.h"
#include "ruleset/ruleset.h"
#include "ruleset/ruleset_routing.h"
#include "ruleset/ruleset_share.h"
#include <errno.h>

/* Rules without a snapshot: another version of this program loaded them. */
static const struct snapshot unknown;

/* All that a detach goes by, once everything is read. */
struct detach {
	struct store *store;
	const struct run *run;
	const struct snapshot *loaded;
	const struct record *record;
	const struct online *others;
	struct prefix released[OWNED_MAX]; /* no other vif has them */
	unsigned released_count;
};

/* ---- reading ---- */

struct question {
	struct prefix *prefixes;
	size_t count;
};

static bool ask_for(struct question *question, const struct prefix *prefix, struct err *err)
{
	return prefix_is_among(question->prefixes, question->count, prefix) ||
	       prefix_add(&question->prefixes, &question->count, prefix) || err_memory(err);
}

/* Does a host file apply to exactly this part? */
static bool is_claimed(const struct detach *detach, const struct prefix *part)
{
	const struct claim *claim = policy_claim_for(&detach->loaded->policy, part);

	return claim && !prefix_compare(&claim->prefix, part);
}

/* Whoever has a wider prefix, of a length that guests have, needs what a host file says, too. */
static bool ask_for_wider(struct question *question, const struct detach *detach,
			  const struct prefix *part, struct err *err)
{
	const struct sets *sets = &detach->loaded->sets;

	for (uint32_t i = 0; i < sets->count; i++) {
		const struct set *set = &sets->sets[i];
		struct prefix wider;

		if (set->table != TABLE_INET || set->kind != SET_OWNED ||
		    set->family != part->family || set->length >= part->length)
			continue;
		wider = prefix_cut(part, set->length);
		if (!ask_for(question, &wider, err))
			return false;
	}
	return true;
}

static bool make_question(struct question *question, const struct detach *detach, struct err *err)
{
	struct prefix owned[OWNED_MAX];
	unsigned count = record_owned(owned, &detach->record->vif);

	for (unsigned i = 0; i < count; i++) {
		const struct prefix *part;
		uint32_t at = 0;

		if (!ask_for(question, &owned[i], err))
			return false;
		while ((part = policy_next_part(&at, &detach->loaded->policy, &owned[i])))
			if (!ask_for(question, part, err) ||
			    (is_claimed(detach, part) &&
			     !ask_for_wider(question, detach, part, err)))
				return false;
	}
	return true;
}

static bool read_others(struct online *others, const struct detach *detach, struct err *err)
{
	const struct vif *vif = &detach->record->vif;
	struct question question = { 0 };
	struct online_question asked = {
		.vif = vif,
		.with_cards = policy_vif_shares_cards(&detach->loaded->policy, vif),
		.with_own_kind = vif->bridge_index != 0,
	};
	bool ok = make_question(&question, detach, err);

	asked.prefixes = question.prefixes;
	asked.prefix_count = question.count;
	ok = ok && online_read_others(others, detach->store, &asked, err);
	free(question.prefixes);
	return ok;
}

static void find_released(struct detach *detach)
{
	struct prefix owned[OWNED_MAX];
	unsigned count = record_owned(owned, &detach->record->vif);

	for (unsigned i = 0; i < count; i++)
		if (!online_find_owner(detach->others, &owned[i]))
			detach->released[detach->released_count++] = owned[i];
}

static bool is_released(const struct detach *detach, const struct prefix *prefix)
{
	return prefix_is_among(detach->released, detach->released_count, prefix);
}

/* ---- links ---- */

/* Is the vif, with this prefix of it, a next hop of routing.cfg? */
static bool is_next_hop(const struct record *record, const struct prefix *prefix)
{
	for (unsigned i = 0; i < record->routes.count; i++)
		if (prefix_contains(prefix, &record->routes.route[i].via))
			return true;
	return false;
}

/* The routes that this vif took over from an older duplicate, which stays, lead there again. */
static bool restore_routes(const struct detach *detach, struct kernel_link *link, struct err *err)
{
	const struct vif *vif = &detach->record->vif;
	struct netconf changes;

	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct record *last;

		if (!is_next_hop(detach->record, &vif->prefixes[i]))
			continue;
		last = online_find_owner(detach->others, &vif->prefixes[i]);
		if (!last || last->metric < detach->record->metric)
			continue;
		netconf_routes(&changes, &last->routes, &last->vif, last->dom0);
		if (!kernel_link_apply(link, changes.change, changes.count, err))
			return false;
	}
	return true;
}

/* Has no other vif this next hop? */
static bool is_free(const struct detach *detach, const struct prefix *via)
{
	for (unsigned i = 0; i < detach->released_count; i++)
		if (prefix_contains(&detach->released[i], via))
			return true;
	return false;
}

static bool undo_routes(const struct detach *detach, struct kernel_link *link, bool is_there,
			struct err *err)
{
	const struct record *record = detach->record;
	struct vif_routes routes = { .count = 0 };
	struct netconf changes;

	/*
	 * Through a bridge they lead to a duplicate there as well, and do not go with the
	 * interface.
	 */
	for (unsigned i = 0; i < record->routes.count; i++)
		if (!record->vif.bridge_index || is_free(detach, &record->routes.route[i].via))
			routes.route[routes.count++] = record->routes.route[i];
	is_there |= record->vif.bridge_index != 0;
	netconf_routes(&changes, &routes, &record->vif, record->dom0);
	return (!is_there || kernel_link_undo_apply(link, changes.change, changes.count, err)) &&
	       restore_routes(detach, link, err);
}

/* Rules of another version say nothing of isolation: that stays as it is. */
static struct port_settings single_port(const struct detach *detach, struct kernel_link *link,
					const struct vif *vif)
{
	struct port_settings port = { .bridge = vif->bridge_index, .mac = vif->mac };
	struct port now;
	struct err unheard;

	if (detach->loaded != &unknown)
		judge_port(&port, &detach->loaded->policy, vif);
	else if (kernel_port_read(&now, link, vif->index, &unheard))
		port.isolated = now.isolated;
	return port;
}

/* Of those with its MAC the last one on its bridge is a single station again. */
static bool settle_duplicate(const struct detach *detach, struct kernel_link *link, struct err *err)
{
	const struct vif *vif = &detach->record->vif, *last = NULL;
	struct port_settings port;
	unsigned count = 0;

	for (size_t i = 0; vif->bridge_index && i < detach->others->count; i++) {
		const struct record *record = &detach->others->records[i];

		if (!online_is_duplicate(record, vif))
			continue;
		last = &record->vif;
		count++;
	}
	if (count != 1)
		return true;
	port = single_port(detach, link, last);
	return kernel_port_renew_apply(link, last->index, &port, err);
}

/*
 * Routes and neighbours go with the interface; proxy entries on the uplink do not, and belong to
 * whoever has the address.
 */
static bool undo_links(const struct detach *detach, struct err *err)
{
	const struct record *record = detach->record;
	struct link_settings down = { .has_up = true };
	struct kernel_link *link;
	struct netconf changes, undone = { .count = 0 };
	struct ifname name;
	struct err gone;
	bool is_there = kernel_link_read_name(&name, record->vif.index, &gone), ok;

	link = kernel_link_open(err);
	if (!link)
		return false;
	ok = !is_there || kernel_link_set_apply(link, record->vif.index, &down, err) ||
	     !kernel_link_read_name(&name, record->vif.index, &gone);
	if (!record_changes(&changes, record, ok ? err : &gone))
		changes.count = ok = false;
	for (unsigned i = 0; i < changes.count; i++) {
		const struct netconf_op *change = &changes.change[i];

		if (change->kind == NETCONF_PROXY ? is_released(detach, &change->prefix) : is_there)
			undone.change[undone.count++] = *change;
	}
	ok = undo_routes(detach, link, is_there, ok ? err : &gone) && ok;
	ok = proxy_detach_apply(link, record, detach->others, detach->released,
				detach->released_count, ok ? err : &gone) &&
	     ok;
	ok = kernel_link_undo_apply(link, undone.change, undone.count, ok ? err : &gone) && ok;
	if (is_there && record->vif.bridge_index)
		ok = kernel_port_undo_apply(link, record->vif.index, ok ? err : &gone) && ok;
	ok = settle_duplicate(detach, link, ok ? err : &gone) && ok;
	kernel_link_close(link);
	return ok;
}

/* ---- rules ---- */

/*
 * Does another vif need the elements of this prefix? One that has the prefix itself, or one that
 * has a wider one, if a host file applies to exactly this part of it.
 */
static bool is_wanted(const struct detach *detach, const struct prefix *part)
{
	return online_find_owner(detach->others, part) ||
	       (is_claimed(detach, part) && online_covers(detach->others, part));
}

static void add_released(struct elements *elements, const struct detach *detach)
{
	const struct policy *policy = &detach->loaded->policy;

	for (unsigned i = 0; i < detach->released_count; i++) {
		const struct prefix *prefix = &detach->released[i];
		const struct prefix *part;
		uint32_t at = 0;

		ruleset_add_owned(elements, policy, prefix);
		while ((part = policy_next_part(&at, policy, prefix)))
			if (!is_wanted(detach, part))
				ruleset_add_claim(elements, policy, part, &detach->record->vif);
	}
}

/* Networks that lead through nobody any more. One with a second route waits for a reload. */
static void add_left_networks(struct elements *elements, const struct detach *detach,
			      const struct vif_routes *routes)
{
	const struct policy *policy = &detach->loaded->policy;

	for (unsigned i = 0; i < routes->count; i++) {
		const struct vif_route *route = &routes->route[i];
		unsigned same = 0;

		for (uint32_t j = 0; j < policy->route_count; j++)
			same += !prefix_compare(&policy->routes[j].destination,
						&route->destination);
		if (same == 1 && is_free(detach, &route->via))
			ruleset_routing_add_network(elements, policy, &route->destination);
	}
}

/*
 * The vif's rules alone; where the ruleset is not what it should be, all but the vif's are loaded.
 */
static bool remove_rules(const struct detach *detach, const struct elements *removed,
			 struct err *err)
{
	const struct snapshot *loaded = detach->loaded;
	const struct vif *vif = &detach->record->vif;
	const struct vif_rules rules = { loaded, vif, removed };
	bool needs_full_load;

	if (backend_of(&loaded->policy.settings)->detach_apply(&rules, &needs_full_load, err))
		return true;
	if (!needs_full_load)
		return false;
	return detach->loaded == &unknown || run_is_stopped(detach->run) ||
	       load_online_apply(detach->run, &loaded->policy, detach->store, &vif->id, err);
}

static bool undo_rules(const struct detach *detach, struct err *err)
{
	struct elements removed = { 0 };
	bool ok;
	struct vif_routes routes; /* as the ruleset was made, whatever the record says */

	if (!netconf_find_routes(&routes, &detach->loaded->policy, &detach->record->vif, err))
		return false;
	ruleset_add_vif(&removed, &detach->loaded->policy, &detach->record->vif);
	if (detach->loaded != &unknown) /* else nobody knows which share it has; that only counts */
		ruleset_share_add(&removed, &detach->loaded->policy, &detach->record->vif,
				  detach->loaded->tracks_bridges);
	ruleset_routing_add_vif(&removed, &detach->record->vif, &routes);
	add_left_networks(&removed, detach, &routes);
	add_released(&removed, detach);
	ok = card_add(&removed, &detach->loaded->policy, detach->others, &detach->record->vif,
		      err) &&
	     elements_finish(&removed, err) && remove_rules(detach, &removed, err);
	elements_done(&removed);
	return ok;
}

bool detach_apply(struct store *store, const struct run *run, const struct snapshot *loaded,
		  const struct record *record, const struct online *others, struct release *release,
		  struct err *err)
{
	struct online read = { 0 };
	struct detach detach = {
		.store = store, .run = run, .loaded = loaded ? loaded : &unknown, .record = record
	};
	struct err further;
	bool ok = others || read_others(&read, &detach, err);

	detach.others = others ? others : &read;
	if (ok) /* else nobody knows who has what */
		find_released(&detach);
	ok = undo_links(&detach, ok ? err : &further) && ok;
	ok = undo_rules(&detach, ok ? err : &further) && ok;
	for (unsigned i = 0; i < detach.released_count; i++)
		ok = release_add(release, &detach.released[i], &detach.loaded->sets,
				 ok ? err : &further) &&
		     ok;
	online_done(&read);
	/* What is not done is not forgotten: a later detach or reload has to know of it. */
	return ok && record_remove(store, record, err);
}

bool detach_stale_apply(const struct online *others, struct store *store, const struct run *run,
			const struct snapshot *loaded, struct release *release, struct err *err)
{
	for (size_t i = 0; i < others->stale_count; i++) {
		const struct record *record = &others->stale[i];

		if (record->is_claim
			    ? !record_remove(store, record, err)
			    : !detach_apply(store, run, loaded, record, NULL, release, err))
			return err_prefix(err, "what a guest left that is gone can't be removed: ");
	}
	return true;
}
