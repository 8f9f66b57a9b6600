/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vif and its prefixes → the host files that speak for them. */
#ifndef RULESET_HOST_H
#define RULESET_HOST_H

#include "policy.h"
#include "vif.h"

/* The host file that speaks for an address behind the vif of this name, or NULL. */
const struct host *ruleset_host(const struct policy *policy, const struct prefix *prefix,
				const struct ifname *name);

/*
 * The host file that speaks for the vif, or for a part of it, and has outgoing settings, in
 * whatever level; or NULL.
 */
const struct host *ruleset_host_limit(const struct policy *policy, const struct vif *vif);

#endif
