/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an attach did → taken back, keyed by the vif. */
#include "detach.h"
#include "kernel.h"
#include "kernel_rules.h"
#include "ruleset.h"
#include "ruleset_bridge.h"
#include <errno.h>

struct detach {
	struct store *store;
	const struct policy *policy;
	const struct record *record;
	struct prefix released[OWNED_MAX]; /* no other vif has them */
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
	struct prefix owned[OWNED_MAX];
	unsigned count = record_owned(owned, vif);

	for (unsigned i = 0; i < count; i++) {
		struct owners others;

		if (!record_read_owners(&others, detach->store, &owned[i], &vif->id, err))
			return false;
		if (!others.count)
			detach->released[detach->released_count++] = owned[i];
	}
	return true;
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
	ok = kernel_link_undo_apply(link, undone.change, undone.count, err) && ok;
	if (is_there && record->vif.bridge_index)
		ok = kernel_port_undo_apply(link, record->vif.index, err) && ok;
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

		ruleset_add_part(elements, detach->policy, &detach->released[i], vif);
		within = policy_claims_within(detach->policy, &detach->released[i], &count);
		for (uint32_t j = 0; j < count; j++) {
			struct owners others;

			if (!record_read_owners(&others, detach->store, &within[j].prefix, &vif->id,
						err))
				return false;
			if (!others.count)
				ruleset_add_part(elements, detach->policy, &within[j].prefix, vif);
		}
	}
	return true;
}

/* Is one of these a port of the same bridge? */
static bool share_bridge(bool *shared, const struct detach *detach, const struct owners *others,
			 struct err *err)
{
	*shared = false;
	for (unsigned i = 0; i < others->count && !*shared; i++) {
		struct record other;
		bool found;

		if (!record_read(&other, &found, detach->store, &others->owner[i].id, err))
			return false;
		*shared = found && other.vif.bridge_index == detach->record->vif.bridge_index;
	}
	return true;
}

/* A twin elsewhere keeps the address, and still nobody has it on this bridge any more. */
static bool add_left_bridge(struct elements *elements, const struct detach *detach, struct err *err)
{
	const struct vif *vif = &detach->record->vif;
	unsigned count = vif->bridge_index ? vif->prefix_count : 0;

	for (unsigned i = 0; i < count; i++) {
		const struct prefix *prefix = &vif->prefixes[i];
		struct owners others;
		bool shared;

		if (is_released(detach, prefix))
			continue;
		if (!record_read_owners(&others, detach->store, prefix, &vif->id, err) ||
		    !share_bridge(&shared, detach, &others, err))
			return false;
		if (!shared)
			ruleset_bridge_add_source(elements, prefix, vif);
	}
	return true;
}

static bool undo_rules(const struct detach *detach, struct err *err)
{
	struct elements removed = { 0 }, none = { 0 };
	bool missing = false, ok;

	if (!detach->policy)
		return true;
	ruleset_add_vif(&removed, &detach->record->vif);
	ok = add_released(&removed, detach, err) && add_left_bridge(&removed, detach, err) &&
	     elements_finish(&removed, err) &&
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
