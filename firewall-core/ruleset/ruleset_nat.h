/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT and PAT of a host file → the elements that translate. Pure. */
#ifndef RULESET_NAT_H
#define RULESET_NAT_H

#include "ruleset/element.h"

/*
 * Those of one address (or prefix) that the host's file applies to. Forwarded ports lead to its
 * first address, and come and go with that one.
 */
void ruleset_nat_add(struct elements *elements, const struct policy *policy,
		     const struct host *host, const struct prefix *address);

/*
 * Does what comes for this address of the host's NAT_DEVICE get to the host? Where two devices have
 * it, the first host with the port at one of them does.
 */
bool ruleset_nat_is_at(const struct policy *policy, const struct host *host,
		       const struct port_forward *forward, const struct device_address *at);

#endif
