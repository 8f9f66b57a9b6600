/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the table of family bridge knows of vifs, and what of it the table of family inet must know
 * too.
 */
#ifndef RULESET_BRIDGE_H
#define RULESET_BRIDGE_H

#include "policy/policy.h"
#include "ruleset/element.h"
#include "value/vif.h"

/* The elements of a bridged vif that are keyed by its interface index. */
void ruleset_bridge_add_vif(struct elements *elements, const struct policy *policy,
			    const struct vif *vif);

/* Those that let it send from the prefix: with its MAC, and with each of MACS. */
void ruleset_bridge_add_source(struct elements *elements, const struct policy *policy,
			       const struct vif *vif, const struct prefix *prefix);

/* That it filters for itself, in this family. */
void ruleset_bridge_add_free(struct elements *elements, const struct vif *vif, enum family family);

/*
 * What host files tell whoever is online: which link-local addresses go with MACS of a guest whose
 * outgoing settings limit it.
 */
void ruleset_bridge_add_hosts(struct elements *elements, const struct policy *policy);

/* That a vif has the prefix: ruleset_add_owned(). */
void ruleset_bridge_add_owned(struct elements *elements, const struct prefix *prefix);

/* The elements of one prefix of a vif, bridged or routed, by which it is known to be a guest's. */
void ruleset_bridge_add_guest(struct elements *elements, const struct prefix *prefix);

/* That others may have the prefix, too (SHARED). */
void ruleset_bridge_add_shared(struct elements *elements, const struct prefix *prefix);

/* What a bridged vif is known by as long as one has its MAC, and with it its link-local address. */
void ruleset_bridge_add_link(struct elements *elements, const struct policy *policy,
			     const struct prefix *link_local, const struct vif *vif);

/* An address of this machine itself, which no vif may send from. */
void ruleset_bridge_add_machine(struct elements *elements, const struct prefix *address);

/*
 * Bridged frames meet the same policy as routed packets: of the elements from first on, add those
 * that the policy is made of to the table of family bridge, too.
 */
void ruleset_bridge_double(struct elements *elements, size_t first);
bool ruleset_bridge_is_doubled(const struct set *set);

#endif
