/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes that changed hands → no connection of whoever had them is left. To find those costs a
 * walk over all connections, so it is done when the lock is given back.
 */
#ifndef RELEASE_H
#define RELEASE_H

#include "ruleset/ruleset.h"
#include "state/record.h"

/* Zeroed is empty. */
struct release {
	struct prefix *prefixes;
	size_t count;
	bool has_length[FAMILY_COUNT][129]; /* that others may have in a prefix */
};

/*
 * Remember a prefix. Where there is no memory for it, its connections are forgotten at once, and it
 * fails as that does.
 * sets  of the ruleset: these tell which lengths vifs have
 */
bool release_add(struct release *release, const struct prefix *prefix, const struct sets *sets,
		 struct err *err) MUST_USE;

/*
 * Forget the connections of all of them, and then the prefixes. What others have in a prefix, or
 * this machine, is not its guest's: xenstore and the kernel are asked about those addresses in it
 * that have connections. Call it without the lock.
 */
bool release_apply(struct release *release, struct store *store, struct err *err) MUST_USE;

#endif
