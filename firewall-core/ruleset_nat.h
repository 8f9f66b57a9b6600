/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT and PAT of a host file → the elements that translate. Pure. */
#ifndef RULESET_NAT_H
#define RULESET_NAT_H

#include "element.h"

/*
 * Those of one address (or prefix) that the host's file speaks for. Forwarded ports lead to its
 * first address, and come and go with that one.
 */
void ruleset_nat_add(struct elements *elements, const struct policy *policy,
		     const struct host *host, const struct prefix *address);

/*
 * Is it this forwarded port that our own reach when they call an address of this machine? Of hosts
 * with this port, each at another device, it is one alone.
 */
bool ruleset_nat_is_inside(const struct policy *policy, const struct host *host,
			   const struct port_forward *forward);

#endif
