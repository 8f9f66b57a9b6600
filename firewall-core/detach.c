/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an attach did → taken back, keyed by the vif. */
#include "detach.h"
#include "kernel.h"
#include "kernel_rules.h"
#include "ruleset.h"
#include <errno.h>

struct detach {
	struct store *store;
	const struct policy *policy;
	const struct record *record;
	struct prefix released[VIF_PREFIXES_MAX]; /* no other vif has them */
	unsigned released_count;
};

static bool is_released(const struct detach *detach, const struct prefix *prefix)
{
	for (unsigned i = 0; i < detach->released_count; i++)
		if (!prefix_compare(&detach->released[i], prefix))
			return true;
	return false;
}

static bool read_released(struct detach *detach, struct err *err)
{
	const struct vif *vif = &detach->record->vif;

	for (unsigned i = 0; i < vif->prefix_count; i++) {
		struct owners others;

		if (!record_read_owners(&others, detach->store, &vif->prefixes[i], &vif->id, err))
			return false;
		if (!others.count)
			detach->released[detach->released_count++] = vif->prefixes[i];
	}
	return true;
}

/* Is the vif, with this prefix of it, a next hop of routing.cfg? */
static bool is_next_hop(const struct record *record, const struct prefix *prefix)
{
	for (unsigned i = 0; i < record->routes.count; i++)
		if (prefix_contains(prefix, &record->routes.route[i].via))
			return true;
	return false;
}

/* The routes that this vif took over from an older twin, which stays, lead there again. */
static bool restore_routes(const struct detach *detach, struct kernel_link *link, struct err *err)
{
	const struct vif *vif = &detach->record->vif;
	struct changes changes;
	struct owners others;
	struct record twin;
	bool found;

	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct owner *last;

		if (!is_next_hop(detach->record, &vif->prefixes[i]))
			continue;
		if (!record_read_owners(&others, detach->store, &vif->prefixes[i], &vif->id, err))
			return false;
		if (!others.count)
			continue;
		last = &others.owner[others.count - 1];
		if (last->metric < detach->record->metric)
			continue;
		if (!record_read(&twin, &found, detach->store, &last->id, err))
			return false;
		if (!found)
			continue;
		change_routes(&changes, &twin.routes, &twin.vif, twin.dom0);
		if (!kernel_link_apply(link, changes.change, changes.count, err))
			return false;
	}
	return true;
}

static bool undo_routes(const struct detach *detach, struct kernel_link *link, bool is_there,
			struct err *err)
{
	const struct record *record = detach->record;
	struct changes changes;

	change_routes(&changes, &record->routes, &record->vif, record->dom0);
	return (!is_there || kernel_link_undo_apply(link, changes.change, changes.count, err)) &&
	       restore_routes(detach, link, err);
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
	struct changes changes, undone = { .count = 0 };
	struct ifname name;
	struct err gone;
	bool is_there = kernel_link_read_name(&name, record->vif.index, &gone), ok;

	if (!record_changes(&changes, record, err))
		return false;
	for (unsigned i = 0; i < changes.count; i++) {
		const struct change *change = &changes.change[i];

		if (change->kind == CHANGE_PROXY ? is_released(detach, &change->prefix) : is_there)
			undone.change[undone.count++] = *change;
	}
	link = kernel_link_open(err);
	if (!link)
		return false;
	ok = !is_there || kernel_link_set_apply(link, record->vif.index, &down, err) ||
	     !kernel_link_read_name(&name, record->vif.index, &gone);
	ok = undo_routes(detach, link, is_there, ok ? err : &gone) && ok;
	ok = kernel_link_undo_apply(link, undone.change, undone.count, ok ? err : &gone) && ok;
	kernel_link_close(link);
	return ok;
}

/* A narrower claim inside the prefix may be another vif's own address by now. */
static bool add_released(struct elements *elements, const struct detach *detach, struct err *err)
{
	const struct vif *vif = &detach->record->vif;

	for (unsigned i = 0; i < detach->released_count; i++) {
		const struct claim *within;
		uint32_t count = 0;

		ruleset_add_part(elements, detach->policy, &detach->released[i], &vif->name);
		within = policy_claims_within(detach->policy, &detach->released[i], &count);
		for (uint32_t j = 0; j < count; j++) {
			struct owners others;

			if (!record_read_owners(&others, detach->store, &within[j].prefix, &vif->id,
						err))
				return false;
			if (!others.count)
				ruleset_add_part(elements, detach->policy, &within[j].prefix,
						 &vif->name);
		}
	}
	return true;
}

static bool undo_rules(const struct detach *detach, struct err *err)
{
	struct elements removed = { 0 }, none = { 0 };
	bool missing = false, ok;
	struct vif_routes routes; /* as the ruleset was made, whatever the record says */

	if (!detach->policy)
		return true;
	if (!change_find_routes(&routes, detach->policy, &detach->record->vif, err))
		return false;
	ruleset_add_vif(&removed, &detach->record->vif);
	ruleset_add_routes(&removed, &detach->record->vif, &routes);
	ok = add_released(&removed, detach, err) && elements_finish(&removed, err) &&
	     (kernel_elements_apply(&none, &removed, &missing, err) || missing);
	elements_done(&removed);
	return ok;
}

static bool undo_record(const struct detach *detach, struct err *err)
{
	bool again = false;

	do {
		if (!store_begin(detach->store, err))
			return false;
		if (!record_remove(detach->store, detach->record, err)) {
			store_abort(detach->store);
			return false;
		}
		if (!store_commit(detach->store, &again, err))
			return false;
	} while (again);
	return true;
}

bool detach_apply(struct store *store, const struct policy *policy, const struct record *record,
		  struct err *err)
{
	struct detach detach = { .store = store, .policy = policy, .record = record };
	struct err further;
	bool ok;

	if (!read_released(&detach, err))
		return false;
	ok = undo_links(&detach, err);
	ok = undo_rules(&detach, ok ? err : &further) && ok;
	ok = kernel_conntrack_purge_apply(detach.released, detach.released_count,
					  ok ? err : &further) &&
	     ok;
	return undo_record(&detach, ok ? err : &further) && ok;
}
