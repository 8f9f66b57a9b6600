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

/* Leave out the vif, as if it were not there; it being none of them is no error. */
void online_forget(struct online *online, const struct vif_id *id);

/* Leave out one of another script's, by its place in records: what it sends is dropped. */
bool online_close(struct online *online, size_t i, struct err *err) MUST_USE;

/*
 * Read who else than the vif has exactly this prefix: those whose interface is still there, and
 * those whose is gone, as their offline never came.
 */
bool online_read_owners(struct owners *there, struct owners *gone, struct store *store,
			const struct prefix *prefix, const struct vif_id *except, struct err *err)
	MUST_USE;

#endif
