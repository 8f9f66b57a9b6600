/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes of routing.cfg through vifs → the elements that tell who sends from behind whom. */
#include "ruleset/ruleset_routing.h"

static struct element *add_route_element(struct elements *elements, enum table table,
					 enum set_kind kind, const struct prefix *network)
{
	struct set set = { .table = (uint8_t)table,
			   .kind = (uint8_t)kind,
			   .family = network->family,
			   .length = network->length };

	return elements_add(elements, &set);
}

static void add_behind(struct elements *elements, enum table table, const struct vif *vif,
		       const struct prefix *network)
{
	struct element *element = add_route_element(elements, table, SET_ROUTED_SOURCE, network);

	element_add_index(element, vif->index);
	element_add_mac(element, &vif->mac);
	element_add_address(element, network);
	if (table != TABLE_BRIDGE)
		return;
	element = add_route_element(elements, table, SET_QUOTED, network);
	element_add_index(element, vif->index);
	element_add_address(element, network);
}

void ruleset_routing_add_vif(struct elements *elements, const struct vif *vif,
			     const struct vif_routes *routes)
{
	for (unsigned i = 0; i < routes->count; i++) {
		const struct prefix *destination = &routes->route[i].destination;

		add_behind(elements, vif->bridge_index ? TABLE_BRIDGE : TABLE_INET, vif,
			   destination);
		if (!vif->bridge_index && destination->family == IPV4)
			add_behind(elements, TABLE_ARP, vif, destination);
	}
}

void ruleset_routing_add_network(struct elements *elements, const struct policy *policy,
				 const struct prefix *network)
{
	if (!network->length)
		return;
	element_add_address(add_route_element(elements, TABLE_INET, SET_ROUTED, network), network);
	if (policy_has_bridges(policy))
		element_add_address(add_route_element(elements, TABLE_BRIDGE, SET_ROUTED, network),
				    network);
}

void ruleset_routing_add(struct elements *elements, const struct policy *policy,
			 const struct vif *vif, const struct vif_routes *routes)
{
	ruleset_routing_add_vif(elements, vif, routes);
	for (unsigned i = 0; i < routes->count; i++)
		ruleset_routing_add_network(elements, policy, &routes->route[i].destination);
}
