/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenstore and the kernel → the vifs that are online now. */
#ifndef ONLINE_H
#define ONLINE_H

#include "state/record.h"
#include "xen/domains.h"

struct online {
	struct record *records; /* of a vif of another script: nothing but the vif */
	size_t count;
	struct record *stale; /* records whose interface is gone: nobody took them back */
	size_t stale_count;
	uint32_t *foreign; /* interfaces of other scripts' vifs that are on no bridge, or left out:
			      the rules shall know them whatever they are called */
	size_t foreign_count;
};

/*
 * Read which vifs are online: those that an attach of ours recorded, and those of connected guests
 * that were started with another script, which have ip= or are on a bridge of the kernel's: from a
 * whole load on they are protected too.
 *
 * report  gets a warning for each vif that is left out, and why: all its traffic is dropped, or
 *         meets no rules (vif_judge())
 */
bool online_read(struct online *online, struct store *store, struct report *report, struct err *err)
	MUST_USE;
void online_done(struct online *online);

/*
 * Leave out the vifs of domains that do not run: a record of ours becomes a stale one. report gets
 * a warning for each vif.
 */
bool online_leave_out(struct online *online, const struct domains *running, struct report *report,
		      struct err *err) MUST_USE;

/*
 * Read the record of one vif: it is online, or stale. *is_known is false where it has none, or one
 * that can't be read, of which report gets a warning.
 */
bool online_read_vif(struct online *online, bool *is_known, struct store *store,
		     const struct vif_id *id, struct report *report, struct err *err) MUST_USE;

/* Put a record among those online, or the stale ones. */
bool online_add(struct online *online, const struct record *record, struct err *err) MUST_USE;
bool online_add_stale(struct online *online, const struct record *record, struct err *err) MUST_USE;

/* Leave out the vif, as if it were not there; it being none of them is no error. */
void online_forget(struct online *online, const struct vif_id *id);

/* Leave out one of another script's, by its place in records: what it sends is dropped. */
bool online_close(struct online *online, size_t i, struct err *err) MUST_USE;

/*
 * What is to be read of the others for an attach or a detach of one vif: who has one of these
 * prefixes, and who is in its subnets, routed where it is bridged or the other way
 * (subnet_member.h).
 */
struct online_question {
	const struct vif *vif;
	const struct prefix *prefixes;
	size_t prefix_count;
	bool with_cards;    /* and the other vifs of its domain */
	bool with_own_kind; /* where there are such, also who is in its subnets as it is */
};

/*
 * Read the others that the question is about, those that an attach of ours recorded. Those whose
 * offline never came are stale, and so is who has no record, or none that can be read, and still
 * counts as the owner of a prefix: nothing but that is known of it then (is_claim).
 */
bool online_read_others(struct online *others, struct store *store,
			const struct online_question *question, struct err *err) MUST_USE;

/* Who has exactly this prefix, of several the one that came last, or NULL. See record_owned(). */
const struct record *online_find_owner(const struct online *online, const struct prefix *prefix);

/* Was it attached with the same MAC as the vif, and is it a port of the same bridge now? */
bool online_is_duplicate(const struct record *record, const struct vif *vif);

/* Has one of them a wider one? */
bool online_covers(const struct online *online, const struct prefix *prefix);

#endif
