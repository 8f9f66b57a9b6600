/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One vif and xenstore → the others that have something in common with it, all read at once. */
#include "state/online.h"

struct reading {
	struct online *others;
	struct store *store;
	const struct online_question *question;
	struct vif_id *ids; /* whose records are to be read */
	size_t count;
};

static bool want_vif(struct reading *reading, const struct vif_id *id, struct err *err)
{
	return vif_id_equal(id, &reading->question->vif->id) ||
	       vif_id_is_among(reading->ids, reading->count, id) ||
	       vif_id_add(&reading->ids, &reading->count, id, err);
}

/* Each owner as if it had nothing but its claim: whoever has a record has more. */
static bool read_owners(struct reading *reading, struct err *err)
{
	const struct online_question *question = reading->question;

	for (size_t i = 0; i < question->prefix_count; i++) {
		struct record claim = { .is_claim = true,
					.vif = { .prefix_count = 1,
						 .prefixes = { question->prefixes[i] } } };
		struct owners owners;

		if (!record_read_owners(&owners, reading->store, &question->prefixes[i],
					&question->vif->id, err))
			return false;
		for (unsigned j = 0; j < owners.count; j++) {
			claim.vif.id = owners.owner[j].id;
			if (!want_vif(reading, &claim.vif.id, err) ||
			    !online_add_stale(reading->others, &claim, err))
				return false;
		}
	}
	return true;
}

static bool list_members(struct reading *reading, struct err *err)
{
	const struct online_question *question = reading->question;
	struct subnet_member own = subnet_member_of_vif(question->vif, 0);
	struct prefix networks[VIF_PREFIXES_MAX];
	unsigned count = subnet_member_networks(networks, &own);

	for (unsigned i = 0; i < count; i++) {
		size_t before = reading->count;

		if (!record_add_members(&reading->ids, &reading->count, reading->store,
					&networks[i], !own.is_bridged, err) ||
		    (reading->count > before && question->with_own_kind &&
		     !record_add_members(&reading->ids, &reading->count, reading->store,
					 &networks[i], own.is_bridged, err)))
			return false;
	}
	return true;
}

static void drop_claims(struct online *others, const struct vif_id *id)
{
	size_t kept = 0;

	for (size_t i = 0; i < others->stale_count; i++)
		if (!others->stale[i].is_claim || !vif_id_equal(&others->stale[i].vif.id, id))
			others->stale[kept++] = others->stale[i];
	others->stale_count = kept;
}

static bool read_records(struct reading *reading, struct err *err)
{
	const struct vif_id *own = &reading->question->vif->id;
	struct report ignored = { 0 }; /* `firewall status` tells of it */
	bool ok = true, is_known;

	for (size_t i = 0; ok && i < reading->count; i++) {
		const struct vif_id *id = &reading->ids[i];

		if (vif_id_equal(id, own))
			continue;
		ok = online_read_vif(reading->others, &is_known, reading->store, id, &ignored, err);
		if (ok && is_known)
			drop_claims(reading->others, id);
	}
	report_done(&ignored);
	return ok;
}

bool online_read_others(struct online *others, struct store *store,
			const struct online_question *question, struct err *err)
{
	struct online read = { 0 };
	struct reading reading = { .others = &read, .store = store, .question = question };
	bool ok = read_owners(&reading, err) &&
		  (!question->with_cards || record_add_domain(&reading.ids, &reading.count, store,
							      question->vif->id.domid, err)) &&
		  list_members(&reading, err) && read_records(&reading, err);

	free(reading.ids);
	if (ok)
		*others = read;
	else
		online_done(&read);
	return ok;
}

static bool owns(const struct vif *vif, const struct prefix *prefix)
{
	struct prefix link_local = mac_link_local(&vif->mac);

	return vif_has(vif, prefix) || (vif->bridge_index && !prefix_compare(&link_local, prefix));
}

const struct record *online_find_owner(const struct online *online, const struct prefix *prefix)
{
	const struct record *found = NULL;
	uint32_t lowest = UINT32_MAX; /* metric: that of who came last */

	for (size_t i = 0; i < online->count; i++) {
		const struct record *record = &online->records[i];

		if (record->vif.is_foreign || record->metric >= lowest ||
		    !owns(&record->vif, prefix))
			continue;
		found = record;
		lowest = record->metric;
	}
	return found;
}

bool online_is_duplicate(const struct record *record, const struct vif *vif)
{
	return !record->vif.is_foreign && !record->is_lost && !record->is_switched &&
	       vif_is_duplicate(&record->vif, vif);
}

bool online_covers(const struct online *online, const struct prefix *prefix)
{
	for (size_t i = 0; i < online->count; i++) {
		const struct vif *vif = &online->records[i].vif;

		for (unsigned j = 0; j < vif->prefix_count; j++)
			if (vif->prefixes[j].length < prefix->length &&
			    prefix_contains(&vif->prefixes[j], prefix))
				return true;
	}
	return false;
}
