/* SPDX-License-Identifier: GPL-2.0-or-later */
/* routing.cfg and the vifs that are online → the kernel's routes of ours. */
#ifndef STATIC_ROUTE_H
#define STATIC_ROUTE_H

#include "state/online.h"

/*
 * Set the routes of the policy: those whose next hop is a vif's through that vif, and all others
 * where the kernel can reach the next hop, but for those of guests that are not online. Remove the
 * routes of ours that are none of these any more. The records of vifs say then what leads through
 * them. Call it with the lock held.
 *
 * store   NULL: nobody can say which guests run; then routes through vifs stay as they are
 * report  gets a warning for each route that can't be set, and why
 * set     counts those that were not there, and are now
 */
bool static_routes_apply(struct store *store, const struct policy *policy, struct online *online,
			 struct report *report, unsigned *set, struct err *err) MUST_USE;

/* Is the next hop of the route a guest's that is not online? */
bool static_route_is_pending(const struct policy *policy, const struct online *online,
			     const struct policy_route *route);

#endif
