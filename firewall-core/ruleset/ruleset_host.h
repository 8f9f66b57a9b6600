/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vif and its prefixes → the host files that speak for them. */
#ifndef RULESET_HOST_H
#define RULESET_HOST_H

#include "policy/policy.h"
#include "value/vif.h"

/* The host file that speaks for an address behind the vif of this name, or NULL. */
const struct host *ruleset_host(const struct policy *policy, const struct prefix *prefix,
				const struct ifname *name);

/*
 * The host files that speak for the prefixes of a vif, one after the other: *prefix, which begins
 * with 0, is how many of them were asked. NULL behind the last. One may come several times. What a
 * file says of a part of a prefix is the right of whoever has this part.
 */
const struct host *ruleset_host_next(unsigned *prefix, const struct policy *policy,
				     const struct vif *vif);

/* May the vif say in this family what only routers say (ROLE = router)? */
bool ruleset_host_routes(const struct policy *policy, const struct vif *vif, enum family family);

/*
 * Does the vif agree with others, by VRRP (RFC 5798), who has an address now: has it a shared one,
 * or is it a router?
 */
bool ruleset_host_elects(const struct policy *policy, const struct vif *vif);

/*
 * May it send from an address that the kernel routes to another vif: one that others have, too
 * (SHARED), or that another card of its guest has (ANY_CARD)?
 */
bool ruleset_host_strays(const struct policy *policy, const struct vif *vif);

/* Is it one of the file's MACS? */
bool ruleset_host_names_mac(const struct host *host, const struct mac *mac);

/* Has it the MAC, or one of MACS? */
bool ruleset_host_has_mac(const struct policy *policy, const struct vif *vif,
			  const struct mac *mac);

/* Has the host's file outgoing settings, or that of the same NAME in the other family? */
bool ruleset_host_is_limited(const struct policy *policy, const struct host *host);

/*
 * The host file that speaks for the vif, or for a part of it, and has outgoing settings, in
 * whatever level; or NULL.
 */
const struct host *ruleset_host_limit(const struct policy *policy, const struct vif *vif);

#endif
