/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of an attach → all that it did is taken back. */
#ifndef DETACH_H
#define DETACH_H

#include "operation/release.h"
#include "state/online.h"
#include "state/run.h"

/*
 * Take back what the record says that an attach did: link down, routes, proxy entries, rules, and
 * the record itself. The caller forgets the connections of what is released then, when it has given
 * back the lock. What is gone already is no error. What another vif
 * has too (localhost migration) stays. Everything is tried; the error is the first. Call it with
 * the lock held. The link goes down and the vif's own rules go also where xenstore does not answer;
 * on failure the record stays.
 *
 * loaded  what the kernel's ruleset was made of, NULL: it was never loaded
 * others  who else is online, NULL: xenstore is asked
 */
bool detach_apply(struct store *store, const struct run *run, const struct snapshot *loaded,
		  const struct record *record, const struct online *others, struct release *release,
		  struct err *err) MUST_USE;

/*
 * Take back the attaches of those others that are gone without an offline: what they left must not
 * count as another guest's.
 */
bool detach_stale_apply(const struct online *others, struct store *store, const struct run *run,
			const struct snapshot *loaded, struct release *release, struct err *err)
	MUST_USE;

#endif
