/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenstore and the kernel → the vifs that are online now. */
#ifndef ONLINE_H
#define ONLINE_H

#include "record.h"

struct online {
	struct vif *vifs;
	size_t count;
	struct record *stale; /* records whose interface is gone: nobody took them back */
	size_t stale_count;
};

/*
 * Read which vifs are online: those that an attach of ours recorded, and those of connected guests
 * that were started with another script, which have ip= or are on a bridge of the kernel's: from a
 * whole load on they are protected too.
 *
 * report  gets a warning for each vif that is left out, and why: all its traffic is dropped
 */
bool online_read(struct online *online, struct store *store, struct report *report, struct err *err)
	MUST_USE;
void online_done(struct online *online);

#endif
