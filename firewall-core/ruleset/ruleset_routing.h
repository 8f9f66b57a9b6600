/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes of routing.cfg through vifs → the elements that tell who sends from behind whom. Pure. */
#ifndef RULESET_ROUTING_H
#define RULESET_ROUTING_H

#include "network/netconf.h"
#include "ruleset/element.h"

/* The vif's own: that it sends from the networks that it is a next hop for. */
void ruleset_routing_add_vif(struct elements *elements, const struct vif *vif,
			     const struct vif_routes *routes);

/*
 * That nobody else sends from a network: as long as any vif is its next hop. What leads everywhere
 * tells nobody's address, and gives none.
 */
void ruleset_routing_add_network(struct elements *elements, const struct policy *policy,
				 const struct prefix *network);

/* Both. */
void ruleset_routing_add(struct elements *elements, const struct policy *policy,
			 const struct vif *vif, const struct vif_routes *routes);

#endif
