/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes that changed hands → no connection of whoever had them is left. To find those costs a
 * walk over all connections, so it is done when the lock is given back.
 */
#ifndef RELEASE_H
#define RELEASE_H

#include "value/address.h"

/* Zeroed is empty. */
struct release {
	struct prefix *prefixes;
	size_t count;
};

/*
 * Remember a prefix. Where there is no memory for it, its connections are forgotten at once, and it
 * fails as that does.
 */
bool release_add(struct release *release, const struct prefix *prefix, struct err *err) MUST_USE;

/* Forget the connections of all of them, and then the prefixes. Call it without the lock. */
bool release_apply(struct release *release, struct err *err) MUST_USE;

#endif
