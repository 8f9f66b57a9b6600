/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps interface and source: has it rules, and may the packet's source come from there? */
#include "evaluate/walk.h"
#include "policy/policy_vif.h"
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

static const struct prefix dhcp_source = { { 0 }, IPV4, 32 };
static const struct prefix broadcast = { { 255, 255, 255, 255 }, IPV4, 32 };
static const struct prefix nobody6 = { { 0 }, IPV6, 128 };
static const struct prefix link_multicast = { { 0xff, 0x02 }, IPV6, 16 };

#define MLD2_REPORT 143 /* RFC 3810 */

static struct remark *found(struct walk *walk, enum found finding, enum outcome outcome)
{
	enum step step = finding == FOUND_NO_RULES ? STEP_INTERFACE : STEP_SOURCE;

	return walk_remark(walk, step, finding, outcome);
}

/* Whose the source is, when that one is not where the packet comes from. */
static enum outcome drop_others(struct walk *walk, const struct vif *owner)
{
	found(walk, FOUND_OTHERS_SOURCE, OUTCOME_DROPPED)->vif = owner;
	return OUTCOME_DROPPED;
}

static enum outcome drop(struct walk *walk, enum found finding)
{
	found(walk, finding, OUTCOME_DROPPED)->vif = walk->from.vif;
	return OUTCOME_DROPPED;
}

static enum outcome go_on(struct walk *walk, enum found finding)
{
	found(walk, finding, OUTCOME_NEXT)->vif = walk->from.vif;
	return OUTCOME_NEXT;
}

static bool is_dhcp_request(const struct walk *walk)
{
	return !prefix_compare(&walk->packet.source, &dhcp_source) &&
	       !prefix_compare(&walk->packet.destination, &broadcast) &&
	       walk_is_ports(walk, IPPROTO_UDP, 68, 67);
}

/* Without an address of its own yet: RFC 4862, 5.4. */
static bool is_detection(const struct walk *walk)
{
	static const uint8_t types[] = { ND_NEIGHBOR_SOLICIT, ND_ROUTER_SOLICIT,
					 MLD_LISTENER_REPORT, MLD2_REPORT, 0 };

	return !prefix_compare(&walk->packet.source, &nobody6) && walk_is_icmpv6(walk, types);
}

/* What a guest says on its link from a link-local address. */
static bool is_link_talk(const struct walk *walk)
{
	static const uint8_t types[] = { ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT, 0 };
	const struct prefix *destination = &walk->packet.destination;

	return prefix_is_link_local(&walk->packet.source) &&
	       (prefix_is_link_local(destination) ||
		prefix_contains(&link_multicast, destination) || walk_is_icmpv6(walk, types));
}

static bool is_wrong_mac(const struct walk *walk)
{
	return walk->packet.has_mac &&
	       !policy_vif_has_mac(walk->policy, walk->from.vif, &walk->packet.mac);
}

static bool is_on_bridge(const struct place *place)
{
	return *place->bridge.text;
}

/* A network that the guest is the next hop of, without what is this machine's and its LANs'. */
static enum outcome source_behind(struct walk *walk, const struct policy_route *route)
{
	const struct prefix *source = &walk->packet.source;
	const struct network *network = site_network(walk->site, source);

	if (site_is_own(walk->site, source))
		return drop(walk, FOUND_MACHINE_SOURCE);
	if (site_is_gateway(walk->site, &walk->from.bridge, source))
		return drop(walk, FOUND_GATEWAY_SOURCE);
	if (!is_on_bridge(&walk->from) && network) {
		found(walk, FOUND_STRAY_SOURCE, OUTCOME_DROPPED)->network = network;
		return OUTCOME_DROPPED;
	}
	found(walk, FOUND_BEHIND_SOURCE, OUTCOME_NEXT)->route = route;
	return OUTCOME_NEXT;
}

/* Whose the prefix is, for the vif: its own, another card's of its guest, or another guest's. */
static enum found find_right(const struct walk *walk, const struct prefix *prefix)
{
	const struct site *site = walk->site;
	const struct vif *vif = walk->from.vif;

	if (vif_has(vif, prefix))
		return FOUND_OWN_SOURCE;
	return policy_vif_may_send(walk->policy, vif, site->vifs, site->vif_count, NULL, prefix)
		       ? FOUND_CARD_SOURCE
		       : FOUND_OTHERS_SOURCE;
}

static enum outcome source_of_routed_vif(struct walk *walk)
{
	const struct vif *vif = walk->from.vif;
	const struct policy_route *route = site_route(walk->site, vif, &walk->packet.source);
	struct prefix prefix;
	const struct vif *owner = site_owner(&prefix, walk->site, &walk->packet.source);

	enum found right = owner ? find_right(walk, &prefix) : FOUND_OTHERS_SOURCE;

	if (right != FOUND_OTHERS_SOURCE)
		return go_on(walk, right);
	if (owner)
		return drop_others(walk, owner);
	if (route)
		return source_behind(walk, route);
	if (is_dhcp_request(walk) || is_detection(walk) || is_link_talk(walk))
		return go_on(walk, FOUND_STARTING);
	return drop(walk, FOUND_UNKNOWN_SOURCE);
}

/* Is there a narrower route to the source, and no guest's: back to where it comes from? */
static bool is_routed_back(const struct walk *walk, uint8_t length)
{
	const struct policy *policy = walk->policy;
	const struct policy_route *narrowest = NULL;
	struct prefix owned;
	struct place there;

	for (uint32_t i = 0; i < policy->route_count; i++) {
		const struct policy_route *route = &policy->routes[i];

		if (route->destination.length <= length ||
		    !prefix_contains(&route->destination, &walk->packet.source) ||
		    policy_is_guests(policy, &route->via) ||
		    site_owner(&owned, walk->site, &route->via))
			continue;
		length = route->destination.length;
		narrowest = route;
	}
	if (!narrowest)
		return false;
	there = site_find(walk->site, &narrowest->via);
	return !strcmp(place_interface(&there)->text, walk->in.text);
}

/* The guest that the source's network is behind; a default route says that of no network. */
static const struct vif *find_router(const struct walk *walk)
{
	uint8_t length;
	const struct vif *router = site_router(&length, walk->site, &walk->packet.source);

	return length ? router : NULL;
}

/* The same, when that is elsewhere than on the bridge that the packet comes from. */
static const struct vif *find_router_elsewhere(const struct walk *walk)
{
	uint8_t length;
	const struct vif *router = site_router(&length, walk->site, &walk->packet.source);
	bool is_back = router && *router->bridge.text &&
		       !strcmp(router->bridge.text, walk->from.bridge.text);

	return !length || is_back || is_routed_back(walk, length) ? NULL : router;
}

/* ---- bridges ---- */

/* A guest is no DHCP server and no router, whatever its address: RFC 6105, RFC 7610, RFC 4286. */
static bool is_no_guests(const struct walk *walk)
{
	static const uint8_t types6[] = {
		MLD_LISTENER_QUERY, ND_ROUTER_ADVERT, ND_REDIRECT, 151, 153, 0
	};
	const struct packet *packet = &walk->packet;
	bool is_ipv6 = packet->source.family == IPV6;

	if (packet->protocol == IPPROTO_PIM || walk_is_icmpv6(walk, types6))
		return true;
	if (packet->protocol == IPPROTO_UDP)
		return packet->port == (is_ipv6 ? 546 : 68) ||
		       packet->source_port == (is_ipv6 ? 547 : 67);
	return !is_ipv6 && packet->protocol == IPPROTO_ICMP &&
	       (packet->type == 5 || packet->type == 9);
}

static bool is_router(const struct walk *walk)
{
	return policy_vif_is_router(walk->policy, walk->from.vif, walk->packet.source.family);
}

static enum outcome content_of_vif(struct walk *walk, enum found finding)
{
	return is_no_guests(walk) && !is_router(walk) ? drop(walk, FOUND_NO_GUESTS)
						      : go_on(walk, finding);
}

static bool is_mac(const struct mac *mac, const struct mac *other)
{
	return memcmp(mac, other, sizeof(*mac)) == 0;
}

/* Each goes with its own MAC alone, where that is known. */
static bool is_own_link_local(const struct walk *walk)
{
	const struct packet *packet = &walk->packet;
	struct mac mac;

	return mac_from_link_local(&mac, &packet->source) &&
	       (packet->has_mac ? is_mac(&mac, &packet->mac)
				: policy_vif_has_mac(walk->policy, walk->from.vif, &mac));
}

/* Who has the address on a bridge, where link-local ones are told apart too. */
static const struct vif *find_bridged_owner(struct prefix *prefix, const struct walk *walk)
{
	const struct site *site = walk->site;
	struct mac mac;
	bool is_link_local = mac_from_link_local(&mac, &walk->packet.source);

	for (size_t i = 0; is_link_local && i < site->vif_count; i++)
		if (*site->vifs[i].bridge.text && is_mac(&site->vifs[i].mac, &mac)) {
			*prefix = walk->packet.source;
			return &site->vifs[i];
		}
	return site_owner(prefix, site, &walk->packet.source);
}

/* Of a prefix that it may send from, without what this machine has of that. */
static enum outcome source_within(struct walk *walk, const struct prefix *prefix, enum found right)
{
	if (prefix_is_address(prefix))
		return content_of_vif(walk, right);
	if (site_is_own(walk->site, &walk->packet.source))
		return drop(walk, FOUND_MACHINE_SOURCE);
	if (site_is_gateway(walk->site, &walk->from.bridge, &walk->packet.source))
		return drop(walk, FOUND_GATEWAY_SOURCE);
	return content_of_vif(walk, right);
}

static enum outcome source_of_bridged_vif(struct walk *walk)
{
	const struct vif *vif = walk->from.vif;
	const struct prefix *source = &walk->packet.source;
	const struct policy_route *route = site_route(walk->site, vif, source);
	struct prefix prefix;
	const struct vif *owner = find_bridged_owner(&prefix, walk);
	enum found right;

	if (is_dhcp_request(walk) || is_detection(walk))
		return go_on(walk, FOUND_STARTING);
	if (!prefix_compare(source, &nobody6))
		return drop(walk, FOUND_UNKNOWN_SOURCE);
	if (is_own_link_local(walk))
		return content_of_vif(walk, FOUND_OWN_SOURCE);
	right = owner ? find_right(walk, &prefix) : FOUND_OTHERS_SOURCE;
	if (right != FOUND_OTHERS_SOURCE)
		return source_within(walk, &prefix, right);
	if (owner)
		return drop_others(walk, owner);
	if (route)
		return is_no_guests(walk) && !is_router(walk) ? drop(walk, FOUND_NO_GUESTS)
							      : source_behind(walk, route);
	if (vif->prefix_count && !is_router(walk))
		return drop(walk, FOUND_UNKNOWN_SOURCE);
	if (site_is_own(walk->site, source))
		return drop(walk, FOUND_MACHINE_SOURCE);
	if (site_is_gateway(walk->site, &walk->from.bridge, source))
		return drop(walk, FOUND_GATEWAY_SOURCE);
	owner = find_router(walk);
	if (owner)
		return drop_others(walk, owner);
	return content_of_vif(walk, vif->prefix_count ? FOUND_ROUTED_SOURCE : FOUND_OPEN_SOURCE);
}

/* ---- what is no vif, or comes from a bridge ---- */

/* Of a guest, and others have it, too. */
static bool is_shared(const struct walk *walk)
{
	const struct host *host = site_speaker(walk->site, &walk->packet.source, NULL).host;

	return host && host->shared;
}

static enum outcome source_of_interface(struct walk *walk)
{
	const struct network *network = site_network(walk->site, &walk->packet.source);
	bool is_told = walk->from.kind == PLACE_VIF; /* that the source is right for its vif */
	struct prefix prefix;
	const struct vif *owner = site_owner(&prefix, walk->site, &walk->packet.source);

	if (owner && is_on_bridge(&walk->from)) /* where all others were dropped already */
		return OUTCOME_NEXT;
	if (!owner && !network)
		owner = find_router_elsewhere(walk);
	if (owner)
		return is_shared(walk) ? go_on(walk, FOUND_SHARED_SOURCE)
				       : drop_others(walk, owner);
	if (!network)
		return is_told ? OUTCOME_NEXT : go_on(walk, FOUND_FOREIGN_SOURCE);
	if (strcmp(network->interface.text, walk->in.text) != 0) {
		found(walk, FOUND_STRAY_SOURCE, OUTCOME_DROPPED)->network = network;
		return OUTCOME_DROPPED;
	}
	if (!is_told)
		found(walk, FOUND_LAN_SOURCE, OUTCOME_NEXT)->network = network;
	return OUTCOME_NEXT;
}

static enum outcome source_of_port(struct walk *walk)
{
	struct prefix prefix;
	const struct vif *owner = find_bridged_owner(&prefix, walk);

	if (owner && !is_shared(walk))
		return drop_others(walk, owner);
	if (owner && walk->is_bridged)
		return go_on(walk, FOUND_SHARED_SOURCE);
	return walk->is_bridged ? go_on(walk, FOUND_FOREIGN_SOURCE) : OUTCOME_NEXT;
}

enum outcome walk_source(struct walk *walk)
{
	bool is_on_a_bridge = is_on_bridge(&walk->from);
	bool is_vif = walk->from.kind == PLACE_VIF;
	enum outcome outcome = OUTCOME_NEXT;

	if (walk->from.kind == PLACE_MACHINE)
		return go_on(walk, FOUND_LOCAL);
	if (is_vif && !walk->from.vif) {
		found(walk, FOUND_NO_RULES, OUTCOME_DROPPED)->interface = walk->from.interface;
		return OUTCOME_DROPPED;
	}
	if (!walk->policy->settings.antispoof)
		return go_on(walk, FOUND_UNPROTECTED);
	if (is_vif && is_wrong_mac(walk))
		return drop(walk, FOUND_WRONG_MAC);
	if (is_vif && !is_on_a_bridge)
		return source_of_routed_vif(walk);
	if (is_on_a_bridge)
		outcome = is_vif ? source_of_bridged_vif(walk) : source_of_port(walk);
	if (outcome != OUTCOME_NEXT || walk->is_bridged)
		return outcome;
	return source_of_interface(walk);
}
