/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and names of interfaces → places, and the host files that speak for them. */
#include "evaluate/site.h"
#include "policy/policy_vif.h"
#include <string.h>

static bool is_name(const struct ifname *name, const struct ifname *other)
{
	return strcmp(name->text, other->text) == 0;
}

const struct vif *site_owner(struct prefix *prefix, const struct site *site,
			     const struct prefix *address)
{
	const struct vif *owner = NULL;

	for (size_t i = 0; i < site->vif_count; i++)
		for (unsigned j = 0; j < site->vifs[i].prefix_count; j++) {
			const struct prefix *held = &site->vifs[i].prefixes[j];

			if (!prefix_contains(held, address) ||
			    (owner && held->length < prefix->length))
				continue;
			owner = &site->vifs[i];
			*prefix = *held;
		}
	return owner;
}

const struct vif *site_station(const struct site *site, const struct prefix *link_local)
{
	struct mac mac;

	if (!mac_from_link_local(&mac, link_local))
		return NULL;
	for (size_t i = site->vif_count; i-- > 0;)
		if (policy_vif_has_mac(site->policy, &site->vifs[i], &mac))
			return &site->vifs[i];
	return NULL;
}

bool site_is_own(const struct site *site, const struct prefix *address)
{
	static const struct prefix loopbacks[] = {
		{ { 127 }, IPV4, 8 },
		{ { [15] = 1 }, IPV6, 128 },
	};

	for (size_t i = 0; i < COUNT(loopbacks); i++)
		if (prefix_contains(&loopbacks[i], address))
			return true;
	return prefix_is_among(site->own, site->own_count, address);
}

bool site_is_gateway(const struct site *site, const struct ifname *bridge,
		     const struct prefix *address)
{
	for (size_t i = 0; i < site->gateway_count; i++)
		if (!prefix_compare(&site->gateways[i].address, address) &&
		    is_name(&site->gateways[i].bridge, bridge))
			return !policy_is_guests(site->policy, address);
	return false;
}

const struct network *site_network(const struct site *site, const struct prefix *address)
{
	for (uint32_t i = 0; i < site->policy->network_count; i++)
		if (prefix_contains(&site->policy->networks[i].subnet, address))
			return &site->policy->networks[i];
	return NULL;
}

const struct prefix *site_unmanaged(const struct site *site, const struct prefix *address)
{
	for (uint32_t i = 0; i < site->policy->unmanaged_count; i++)
		if (prefix_contains(&site->policy->unmanaged[i], address))
			return &site->policy->unmanaged[i];
	return NULL;
}

const struct policy_route *site_route(const struct site *site, const struct vif *vif,
				      const struct prefix *address)
{
	const struct policy_route *found = NULL;

	for (uint32_t i = 0; i < site->policy->route_count; i++) {
		const struct policy_route *route = &site->policy->routes[i];

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
static bool is_bridge(const struct site *site, const struct ifname *name)
{
	for (size_t i = 0; i < site->vif_count; i++)
		if (*name->text && is_name(&site->vifs[i].bridge, name))
			return true;
	for (uint32_t i = 0; i < site->policy->network_count; i++)
		if (is_name(&site->policy->networks[i].interface, name))
			return true;
	return false;
}

static struct place at_uplink(const struct site *site)
{
	return (struct place){ PLACE_LINK, NULL, site->uplink, site->uplink_bridge };
}

struct place site_at(const struct site *site, const struct ifname *name)
{
	struct place place = { .kind = PLACE_LINK, .interface = *name };

	for (size_t i = 0; i < site->vif_count; i++)
		if (is_name(&site->vifs[i].name, name))
			return at_vif(&site->vifs[i]);
	if (is_name(&site->uplink, name))
		return at_uplink(site);
	if (strncmp(name->text, "vif", strlen("vif")) == 0)
		place.kind = PLACE_VIF;
	else if (strcmp(name->text, "lo") == 0)
		place.kind = PLACE_MACHINE;
	else if (is_bridge(site, name))
		place.bridge = *name;
	return place;
}

const struct vif *site_router(uint8_t *length, const struct site *site,
			      const struct prefix *address)
{
	const struct vif *router = NULL;

	*length = 0;
	for (size_t i = 0; i < site->vif_count; i++) {
		const struct policy_route *route = site_route(site, &site->vifs[i], address);

		if (!route || (router && route->destination.length < *length))
			continue;
		router = &site->vifs[i];
		*length = route->destination.length;
	}
	return router;
}

/*
 * The link that the address is on, where that is known; else the INTERFACE of the narrowest file
 * with TYPE = network for it, if it has one.
 */
static const struct ifname *find_interface(const struct site *site, const struct prefix *address)
{
	const struct host *host = site_speaker(site, address, NULL).host;

	for (size_t i = 0; i < site->link_count; i++)
		if (prefix_contains(&site->links[i].prefix, address))
			return &site->links[i].interface;

	return host && *host->interface.text ? &host->interface : NULL;
}

struct place site_find(const struct site *site, const struct prefix *address)
{
	const struct ifname *interface = find_interface(site, address);
	struct place place = interface ? site_at(site, interface) : at_uplink(site);
	const struct network *network = site_network(site, address);
	const struct vif *vif, *router;
	struct prefix prefix;
	uint8_t length;

	vif = site_owner(&prefix, site, address);
	if (!vif)
		vif = site_station(site, address);
	if (vif)
		return at_vif(vif);
	if (site_is_own(site, address))
		return (struct place){ .kind = PLACE_MACHINE };
	router = site_router(&length, site, address);
	if (router && (!network || length > network->subnet.length))
		return at_vif(router);
	if (network)
		return (struct place){ PLACE_LINK, NULL, network->interface, network->interface };
	return place;
}

bool site_is_known(const struct site *site, const struct prefix *address)
{
	struct prefix prefix;
	uint8_t length;

	return site_owner(&prefix, site, address) || site_is_own(site, address) ||
	       site_router(&length, site, address) || site_network(site, address) ||
	       find_interface(site, address);
}

const struct ifname *place_interface(const struct place *place)
{
	static const struct ifname none = { "" };

	if (place->kind == PLACE_MACHINE)
		return &none;
	return *place->bridge.text ? &place->bridge : &place->interface;
}

/* ---- who speaks ---- */

/* The next wider claim that holds this one, or NULL. */
static const struct claim *wider_claim(const struct policy *policy, const struct claim *claim)
{
	struct prefix cut;

	if (claim->prefix.length == 0)
		return NULL;
	cut = prefix_cut(&claim->prefix, claim->prefix.length - 1);
	return policy_claim_for(policy, &cut);
}

static bool fits(const struct host *host, const struct ifname *interface)
{
	return !interface || !*host->interface.text || is_name(&host->interface, interface);
}

struct speaker site_speaker(const struct site *site, const struct prefix *address,
			    const struct ifname *interface)
{
	const struct policy *policy = site->policy;
	struct prefix owned;
	const struct vif *vif = site_owner(&owned, site, address);
	struct speaker speaker = { .is_ours = vif, .vif = vif };

	for (const struct claim *claim = policy_claim_for(policy, address); claim;
	     claim = wider_claim(policy, claim)) {
		const struct host *host = &policy->hosts[claim->host];

		if (host->type == HOST_NETWORK &&
		    (vif ? prefix_contains(&owned, &claim->prefix) : fits(host, interface)))
			return (struct speaker){ true, host, vif };
		if (!vif) /* a guest's that is not online, this machine's, or for elsewhere */
			continue;
		if (host->type != HOST_LOCAL && fits(host, &vif->name))
			speaker.host = host;
		break;
	}
	return speaker;
}

const struct host *site_local_speaker(const struct site *site, const struct prefix *address,
				      const struct ifname *interface)
{
	const struct policy *policy = site->policy;

	for (const struct claim *claim = policy_claim_for(policy, address); claim;
	     claim = wider_claim(policy, claim)) {
		const struct host *host = &policy->hosts[claim->host];

		if (host->type == HOST_LOCAL && fits(host, interface))
			return host;
	}
	return NULL;
}
