/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and names of interfaces → places, and the host files that apply to them. */
#include "evaluate/topology.h"
#include "policy/policy_vif.h"
#include <string.h>

static bool is_same_interface(const struct ifname *name, const struct ifname *other)
{
	return strcmp(name->text, other->text) == 0;
}

const struct vif *topology_owner(struct prefix *prefix, const struct topology *topology,
				 const struct prefix *address)
{
	const struct vif *owner = NULL;

	for (size_t i = 0; i < topology->vif_count; i++)
		for (unsigned j = 0; j < topology->vifs[i].prefix_count; j++) {
			const struct prefix *held = &topology->vifs[i].prefixes[j];

			if (!prefix_contains(held, address) ||
			    (owner && held->length < prefix->length))
				continue;
			owner = &topology->vifs[i];
			*prefix = *held;
		}
	return owner;
}

const struct vif *topology_by_mac(const struct topology *topology, const struct prefix *link_local)
{
	struct mac mac;

	if (!mac_from_link_local(&mac, link_local))
		return NULL;
	for (size_t i = topology->vif_count; i-- > 0;)
		if (policy_vif_has_mac(topology->policy, &topology->vifs[i], &mac))
			return &topology->vifs[i];
	return NULL;
}

bool topology_is_own(const struct topology *topology, const struct prefix *address)
{
	static const struct prefix loopbacks[] = {
		{ { 127 }, IPV4, 8 },
		{ { [15] = 1 }, IPV6, 128 },
	};

	for (size_t i = 0; i < COUNT(loopbacks); i++)
		if (prefix_contains(&loopbacks[i], address))
			return true;
	return prefix_is_among(topology->own, topology->own_count, address);
}

bool topology_is_gateway(const struct topology *topology, const struct ifname *bridge,
			 const struct prefix *address)
{
	for (size_t i = 0; i < topology->gateway_count; i++)
		if (!prefix_compare(&topology->gateways[i].address, address) &&
		    is_same_interface(&topology->gateways[i].bridge, bridge))
			return !policy_is_guests(topology->policy, address);
	return false;
}

const struct network *topology_network(const struct topology *topology,
				       const struct prefix *address)
{
	for (uint32_t i = 0; i < topology->policy->network_count; i++)
		if (prefix_contains(&topology->policy->networks[i].subnet, address))
			return &topology->policy->networks[i];
	return NULL;
}

const struct prefix *topology_unmanaged(const struct topology *topology,
					const struct prefix *address)
{
	for (uint32_t i = 0; i < topology->policy->unmanaged_count; i++)
		if (prefix_contains(&topology->policy->unmanaged[i], address))
			return &topology->policy->unmanaged[i];
	return NULL;
}

const struct policy_route *topology_route(const struct topology *topology, const struct vif *vif,
					  const struct prefix *address)
{
	const struct policy_route *found = NULL;

	for (uint32_t i = 0; i < topology->policy->route_count; i++) {
		const struct policy_route *route = &topology->policy->routes[i];

		if (prefix_contains(&route->destination, address) && vif_holds(vif, &route->via) &&
		    (!found || route->destination.length > found->destination.length))
			found = route;
	}
	return found;
}

/* ---- places ---- */

static struct place at_vif(const struct vif *vif)
{
	return (struct place){ PLACE_VIF, vif, vif->name, vif->bridge };
}

/* A bridge is known by a guest that is its port, or by its [network]. */
static bool is_bridge(const struct topology *topology, const struct ifname *name)
{
	for (size_t i = 0; i < topology->vif_count; i++)
		if (*name->text && is_same_interface(&topology->vifs[i].bridge, name))
			return true;
	for (uint32_t i = 0; i < topology->policy->network_count; i++)
		if (is_same_interface(&topology->policy->networks[i].interface, name))
			return true;
	return false;
}

static struct place at_uplink(const struct topology *topology)
{
	return (struct place){ PLACE_LINK, NULL, topology->uplink, topology->uplink_bridge };
}

struct place topology_at(const struct topology *topology, const struct ifname *name)
{
	struct place place = { .kind = PLACE_LINK, .interface = *name };

	for (size_t i = 0; i < topology->vif_count; i++)
		if (is_same_interface(&topology->vifs[i].name, name))
			return at_vif(&topology->vifs[i]);
	if (is_same_interface(&topology->uplink, name))
		return at_uplink(topology);
	if (strncmp(name->text, "vif", strlen("vif")) == 0)
		place.kind = PLACE_VIF;
	else if (strcmp(name->text, "lo") == 0)
		place.kind = PLACE_MACHINE;
	else if (is_bridge(topology, name))
		place.bridge = *name;
	return place;
}

const struct vif *topology_router(uint8_t *length, const struct topology *topology,
				  const struct prefix *address)
{
	const struct vif *router = NULL;

	*length = 0;
	for (size_t i = 0; i < topology->vif_count; i++) {
		const struct policy_route *route =
			topology_route(topology, &topology->vifs[i], address);

		if (!route || (router && route->destination.length < *length))
			continue;
		router = &topology->vifs[i];
		*length = route->destination.length;
	}
	return router;
}

/*
 * The link that the address is on, where that is known; else the INTERFACE of the narrowest file
 * with TYPE = network for it, if it has one.
 */
static const struct ifname *find_interface(const struct topology *topology,
					   const struct prefix *address)
{
	const struct host *host = topology_match(topology, address, NULL).host;

	for (size_t i = 0; i < topology->link_count; i++)
		if (prefix_contains(&topology->links[i].prefix, address))
			return &topology->links[i].interface;

	return host && *host->interface.text ? &host->interface : NULL;
}

const struct vif *topology_other_router(const struct topology *topology, const struct vif *vif,
					const struct prefix *address, uint8_t length)
{
	const struct policy_route *own = topology_route(topology, vif, address);

	if (own && own->destination.length > length)
		length = own->destination.length;
	for (uint32_t i = 0; i < topology->policy->route_count; i++) {
		const struct policy_route *route = &topology->policy->routes[i];
		struct prefix held;
		const struct vif *router;

		if (route->destination.length <= length ||
		    !prefix_contains(&route->destination, address) || vif_holds(vif, &route->via))
			continue;
		router = topology_owner(&held, topology, &route->via);
		if (router)
			return router;
	}
	return NULL;
}

/* The next wider claim that holds this one, or NULL. */
static const struct claim *wider_claim(const struct policy *policy, const struct claim *claim)
{
	struct prefix cut;

	if (claim->prefix.length == 0)
		return NULL;
	cut = prefix_cut(&claim->prefix, claim->prefix.length - 1);
	return policy_claim_for(policy, &cut);
}

/* The link of a network that is a part of a guest's prefix of this length, and is elsewhere. */
static const struct ifname *find_part(const struct topology *topology, const struct prefix *address,
				      uint8_t length)
{
	const struct policy *policy = topology->policy;

	for (size_t i = 0; i < topology->link_count; i++)
		if (topology->links[i].prefix.length > length &&
		    prefix_contains(&topology->links[i].prefix, address))
			return &topology->links[i].interface;
	for (const struct claim *claim = policy_claim_for(policy, address);
	     claim && claim->prefix.length > length; claim = wider_claim(policy, claim)) {
		const struct host *host = &policy->hosts[claim->host];

		if (host->type == HOST_NETWORK && *host->interface.text)
			return &host->interface;
	}
	return NULL;
}

/* Where a part of a guest's prefix is: the narrowest route counts. */
static struct place find_within(const struct topology *topology, const struct prefix *address,
				const struct vif *vif, uint8_t length)
{
	const struct ifname *part = find_part(topology, address, length);
	uint8_t routed;
	const struct vif *router = topology_router(&routed, topology, address);

	if (topology_is_own(topology, address))
		return (struct place){ .kind = PLACE_MACHINE };
	if (router && routed > length)
		return at_vif(router);
	return part ? topology_at(topology, part) : at_vif(vif);
}

struct place topology_find(const struct topology *topology, const struct prefix *address)
{
	const struct ifname *interface = find_interface(topology, address);
	struct place place = interface ? topology_at(topology, interface) : at_uplink(topology);
	const struct network *network = topology_network(topology, address);
	const struct vif *vif, *router;
	struct prefix prefix;
	uint8_t length;

	vif = topology_owner(&prefix, topology, address);
	if (vif && !prefix_is_address(&prefix))
		return find_within(topology, address, vif, prefix.length);
	if (!vif)
		vif = topology_by_mac(topology, address);
	if (vif)
		return at_vif(vif);
	if (topology_is_own(topology, address))
		return (struct place){ .kind = PLACE_MACHINE };
	router = topology_router(&length, topology, address);
	if (router && (!network || length > network->subnet.length))
		return at_vif(router);
	if (network)
		return (struct place){ PLACE_LINK, NULL, network->interface, network->interface };
	return place;
}

bool topology_is_known(const struct topology *topology, const struct prefix *address)
{
	struct prefix prefix;
	uint8_t length;

	return topology_owner(&prefix, topology, address) || topology_is_own(topology, address) ||
	       topology_router(&length, topology, address) || topology_network(topology, address) ||
	       find_interface(topology, address);
}

const struct ifname *place_interface(const struct place *place)
{
	static const struct ifname none = { "" };

	if (place->kind == PLACE_MACHINE)
		return &none;
	return *place->bridge.text ? &place->bridge : &place->interface;
}

/* ---- which file applies ---- */

static bool matches_interface(const struct host *host, const struct ifname *interface)
{
	return !interface || !*host->interface.text ||
	       is_same_interface(&host->interface, interface);
}

struct match topology_match(const struct topology *topology, const struct prefix *address,
			    const struct ifname *interface)
{
	const struct policy *policy = topology->policy;
	struct prefix owned;
	const struct vif *vif = topology_owner(&owned, topology, address);
	struct match match = { .is_ours = vif, .vif = vif };

	for (const struct claim *claim = policy_claim_for(policy, address); claim;
	     claim = wider_claim(policy, claim)) {
		const struct host *host = &policy->hosts[claim->host];

		if (host->type == HOST_NETWORK && (vif ? prefix_contains(&owned, &claim->prefix)
						       : matches_interface(host, interface)))
			return (struct match){ true, host, vif };
		if (!vif) /* a guest's that is not online, this machine's, or for elsewhere */
			continue;
		if (host->type != HOST_LOCAL && matches_interface(host, &vif->name))
			match.host = host;
		break;
	}
	return match;
}

const struct host *topology_local_match(const struct topology *topology,
					const struct prefix *address,
					const struct ifname *interface)
{
	const struct policy *policy = topology->policy;

	for (const struct claim *claim = policy_claim_for(policy, address); claim;
	     claim = wider_claim(policy, claim)) {
		const struct host *host = &policy->hosts[claim->host];

		if (host->type == HOST_LOCAL && matches_interface(host, interface))
			return host;
	}
	return NULL;
}
