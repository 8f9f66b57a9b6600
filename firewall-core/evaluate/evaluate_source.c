/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps interface and source: has it rules, and may the packet's source come from there? */
#include "evaluate/trace.h"
#include "policy/policy_vif.h"
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

static const struct prefix dhcp_source = { { 0 }, IPV4, 32 };
static const struct prefix broadcast = { { 255, 255, 255, 255 }, IPV4, 32 };
static const struct prefix nobody6 = { { 0 }, IPV6, 128 };
static const struct prefix link_multicast = { { 0xff, 0x02 }, IPV6, 16 };

#define MLD2_REPORT 143 /* RFC 3810 */

static struct trace_entry *note_source(struct trace *trace, enum reason reason,
				       enum outcome outcome)
{
	enum step step = reason == REASON_NO_RULES ? STEP_INTERFACE : STEP_SOURCE;

	return evaluate_note(trace, step, reason, outcome);
}

/* Whose the source is, when that one is not where the packet comes from. */
static enum outcome drop_others(struct trace *trace, const struct vif *owner)
{
	note_source(trace, REASON_OTHERS_SOURCE, OUTCOME_DROPPED)->vif = owner;
	return OUTCOME_DROPPED;
}

static enum outcome drop_from_vif(struct trace *trace, enum reason reason)
{
	note_source(trace, reason, OUTCOME_DROPPED)->vif = trace->from.vif;
	return OUTCOME_DROPPED;
}

static enum outcome go_on(struct trace *trace, enum reason reason)
{
	note_source(trace, reason, OUTCOME_NEXT)->vif = trace->from.vif;
	return OUTCOME_NEXT;
}

static bool is_dhcp_request(const struct trace *trace)
{
	return !prefix_compare(&trace->packet.source, &dhcp_source) &&
	       !prefix_compare(&trace->packet.destination, &broadcast) &&
	       evaluate_is_ports(trace, IPPROTO_UDP, 68, 67);
}

/* Without an address of its own yet: RFC 4862, 5.4. */
static bool is_detection(const struct trace *trace)
{
	static const uint8_t types[] = { ND_NEIGHBOR_SOLICIT, ND_ROUTER_SOLICIT,
					 MLD_LISTENER_REPORT, MLD2_REPORT, 0 };

	return !prefix_compare(&trace->packet.source, &nobody6) && evaluate_is_icmpv6(trace, types);
}

/* What a guest says on its link from a link-local address. */
static bool is_link_talk(const struct trace *trace)
{
	static const uint8_t types[] = { ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT, 0 };
	const struct prefix *destination = &trace->packet.destination;

	return prefix_is_link_local(&trace->packet.source) &&
	       (prefix_is_link_local(destination) ||
		prefix_contains(&link_multicast, destination) || evaluate_is_icmpv6(trace, types));
}

static bool is_on_bridge(const struct place *place)
{
	return *place->bridge.text;
}

static bool is_mac(const struct mac *mac, const struct mac *other)
{
	return memcmp(mac, other, sizeof(*mac)) == 0;
}

/* MACS is a right on bridges. */
static bool is_wrong_mac(const struct trace *trace)
{
	const struct vif *vif = trace->from.vif;
	const struct mac *mac = &trace->packet.mac;

	if (!trace->packet.has_mac)
		return false;
	return is_on_bridge(&trace->from) ? !policy_vif_has_mac(trace->policy, vif, mac)
					  : !is_mac(mac, &vif->mac);
}

/* A network that the guest is the next hop of, without what is this machine's and its LANs'. */
static enum outcome source_behind(struct trace *trace, const struct policy_route *route)
{
	const struct prefix *source = &trace->packet.source;
	const struct network *network = topology_network(trace->topology, source);
	const struct vif *router;

	/* MACS go with the vif's own addresses. */
	if (trace->packet.has_mac && !is_mac(&trace->packet.mac, &trace->from.vif->mac))
		return drop_from_vif(trace, REASON_WRONG_MAC);
	if (topology_is_own(trace->topology, source))
		return drop_from_vif(trace, REASON_MACHINE_SOURCE);
	if (topology_is_gateway(trace->topology, &trace->from.bridge, source))
		return drop_from_vif(trace, REASON_GATEWAY_SOURCE);
	if (network &&
	    (!is_on_bridge(&trace->from) || network->subnet.length > route->destination.length)) {
		note_source(trace, REASON_STRAY_SOURCE, OUTCOME_DROPPED)->network = network;
		return OUTCOME_DROPPED;
	}
	if (!is_on_bridge(&trace->from) && evaluate_claimed_part(trace, route->destination.length))
		return OUTCOME_DROPPED;
	router = topology_other_router(trace->topology, trace->from.vif, source,
				       route->destination.length);
	if (router)
		return drop_others(trace, router);
	note_source(trace, REASON_BEHIND_SOURCE, OUTCOME_NEXT)->route = route;
	return OUTCOME_NEXT;
}

/* Whose the prefix is, for the vif: its own, another card's of its guest, or another guest's. */
static enum reason find_right(const struct trace *trace, const struct prefix *prefix)
{
	const struct topology *topology = trace->topology;
	const struct vif *vif = trace->from.vif;

	if (vif_has(vif, prefix))
		return REASON_OWN_SOURCE;
	return policy_vif_may_send(trace->policy, vif, topology->vifs, topology->vif_count, NULL,
				   prefix)
		       ? REASON_CARD_SOURCE
		       : REASON_OTHERS_SOURCE;
}

/* What is in a prefix of the vif's, and behind another guest. */
static const struct vif *find_other_router(const struct trace *trace, const struct prefix *prefix)
{
	return topology_other_router(trace->topology, trace->from.vif, &trace->packet.source,
				     prefix->length);
}

/* Of a prefix that it may send from, without what is this machine's in it, or elsewhere. */
static enum outcome source_within_routed(struct trace *trace, const struct prefix *prefix,
					 enum reason right)
{
	const struct vif *router;

	if (prefix_is_address(prefix))
		return go_on(trace, right);
	if (topology_is_own(trace->topology, &trace->packet.source))
		return drop_from_vif(trace, REASON_MACHINE_SOURCE);
	router = find_other_router(trace, prefix);
	if (router)
		return drop_others(trace, router);
	return evaluate_claimed_part(trace, prefix->length) ? OUTCOME_DROPPED : go_on(trace, right);
}

static enum outcome source_of_routed_vif(struct trace *trace)
{
	const struct vif *vif = trace->from.vif;
	const struct policy_route *route =
		topology_route(trace->topology, vif, &trace->packet.source);
	struct prefix prefix;
	const struct vif *owner = topology_owner(&prefix, trace->topology, &trace->packet.source);

	enum reason right = owner ? find_right(trace, &prefix) : REASON_OTHERS_SOURCE;

	if (right != REASON_OTHERS_SOURCE)
		return source_within_routed(trace, &prefix, right);
	if (owner)
		return drop_others(trace, owner);
	if (route)
		return source_behind(trace, route);
	if (is_dhcp_request(trace) || is_detection(trace) || is_link_talk(trace))
		return go_on(trace, REASON_STARTING);
	return drop_from_vif(trace, REASON_UNKNOWN_SOURCE);
}

/* ---- bridges ---- */

/* A guest is no DHCP server and no router, whatever its address: RFC 6105, RFC 7610, RFC 4286. */
static bool is_no_guests(const struct trace *trace)
{
	static const uint8_t types6[] = {
		MLD_LISTENER_QUERY, ND_ROUTER_ADVERT, ND_REDIRECT, 151, 153, 0
	};
	static const uint8_t igmp[] = { 0x11, 0x30, 0x32, 0 };
	const struct packet *packet = &trace->packet;
	bool is_ipv6 = packet->source.family == IPV6;

	if (packet->protocol == IPPROTO_PIM || evaluate_is_icmpv6(trace, types6))
		return true;
	if (packet->protocol == IPPROTO_UDP)
		return packet->port == (is_ipv6 ? 546 : 68) ||
		       packet->source_port == (is_ipv6 ? 547 : 67);
	return evaluate_is_igmp(trace, igmp) || (!is_ipv6 && packet->protocol == IPPROTO_ICMP &&
						 (packet->type == 5 || packet->type == 9));
}

/* What a router, too, says of neighbours, routes and routers from its own addresses alone. */
static bool is_own_word(const struct trace *trace)
{
	static const uint8_t types6[] = { ND_ROUTER_SOLICIT,  ND_ROUTER_ADVERT, ND_NEIGHBOR_SOLICIT,
					  ND_NEIGHBOR_ADVERT, ND_REDIRECT,	0 };
	const struct packet *packet = &trace->packet;

	return evaluate_is_icmpv6(trace, types6) ||
	       (packet->source.family == IPV4 && packet->protocol == IPPROTO_ICMP &&
		(packet->type == 5 || packet->type == 9));
}

static bool is_router(const struct trace *trace)
{
	return policy_vif_router(trace->policy, trace->from.vif, trace->packet.source.family);
}

static enum outcome content_of_vif(struct trace *trace, enum reason reason)
{
	return is_no_guests(trace) && !is_router(trace) ? drop_from_vif(trace, REASON_NO_GUESTS)
							: go_on(trace, reason);
}

/* Each goes with its own MAC alone, where that is known. */
static bool is_own_link_local(const struct trace *trace)
{
	const struct packet *packet = &trace->packet;
	struct mac mac;

	return mac_from_link_local(&mac, &packet->source) &&
	       (packet->has_mac ? is_mac(&mac, &packet->mac)
				: policy_vif_has_mac(trace->policy, trace->from.vif, &mac));
}

/* Who has the address on a bridge, where link-local ones are told apart too. */
static const struct vif *find_bridged_owner(struct prefix *prefix, const struct trace *trace)
{
	const struct topology *topology = trace->topology;
	struct mac mac;
	bool is_link_local = mac_from_link_local(&mac, &trace->packet.source);

	for (size_t i = 0; is_link_local && i < topology->vif_count; i++)
		if (*topology->vifs[i].bridge.text && is_mac(&topology->vifs[i].mac, &mac)) {
			*prefix = trace->packet.source;
			return &topology->vifs[i];
		}
	return topology_owner(prefix, topology, &trace->packet.source);
}

/* Of a prefix that it may send from, without what this machine has of that. */
static enum outcome source_within(struct trace *trace, const struct prefix *prefix,
				  enum reason right)
{
	const struct vif *router;

	if (prefix_is_address(prefix))
		return content_of_vif(trace, right);
	if (topology_is_own(trace->topology, &trace->packet.source))
		return drop_from_vif(trace, REASON_MACHINE_SOURCE);
	if (topology_is_gateway(trace->topology, &trace->from.bridge, &trace->packet.source))
		return drop_from_vif(trace, REASON_GATEWAY_SOURCE);
	router = find_other_router(trace, prefix);
	return router ? drop_others(trace, router) : content_of_vif(trace, right);
}

static enum outcome source_of_bridged_vif(struct trace *trace)
{
	const struct vif *vif = trace->from.vif;
	const struct prefix *source = &trace->packet.source;
	const struct policy_route *route = topology_route(trace->topology, vif, source);
	struct prefix prefix;
	const struct vif *owner = find_bridged_owner(&prefix, trace);
	enum reason right;

	if (is_dhcp_request(trace) || is_detection(trace))
		return go_on(trace, REASON_STARTING);
	if (!prefix_compare(source, &nobody6))
		return drop_from_vif(trace, REASON_UNKNOWN_SOURCE);
	if (is_own_link_local(trace))
		return content_of_vif(trace, REASON_OWN_SOURCE);
	right = owner ? find_right(trace, &prefix) : REASON_OTHERS_SOURCE;
	if (right != REASON_OTHERS_SOURCE)
		return source_within(trace, &prefix, right);
	if (owner)
		return drop_others(trace, owner);
	if (route)
		return is_no_guests(trace) && !is_router(trace)
			       ? drop_from_vif(trace, REASON_NO_GUESTS)
			       : source_behind(trace, route);
	if (vif->prefix_count && (!is_router(trace) || is_own_word(trace)))
		return drop_from_vif(trace, REASON_UNKNOWN_SOURCE);
	if (topology_is_own(trace->topology, source))
		return drop_from_vif(trace, REASON_MACHINE_SOURCE);
	if (topology_is_gateway(trace->topology, &trace->from.bridge, source))
		return drop_from_vif(trace, REASON_GATEWAY_SOURCE);
	owner = evaluate_router(trace);
	if (owner)
		return drop_others(trace, owner);
	return content_of_vif(trace, vif->prefix_count ? REASON_ROUTED_SOURCE : REASON_OPEN_SOURCE);
}

/* Neither IP nor ARP: no more can be known of it than who sends it. */
static enum outcome source_of_frame(struct trace *trace, bool is_vif)
{
	if (is_vif &&
	    !policy_vif_has_ethertype(trace->policy, trace->from.vif, trace->packet.ether_type))
		return drop_from_vif(trace, REASON_ETHERTYPE);
	return go_on(trace, REASON_ETHERTYPE);
}

/* ---- what is no vif, or comes from a bridge ---- */

/* Of a guest, and others have it, too. */
static bool is_shared_source(const struct trace *trace)
{
	const struct host *host = topology_match(trace->topology, &trace->packet.source, NULL).host;

	return host && host->shared;
}

static enum outcome source_of_interface(struct trace *trace)
{
	const struct network *network = topology_network(trace->topology, &trace->packet.source);
	bool is_told = trace->from.kind == PLACE_VIF; /* that the source is right for its vif */
	struct prefix prefix;
	const struct vif *owner = topology_owner(&prefix, trace->topology, &trace->packet.source);

	if (owner && is_on_bridge(&trace->from)) /* where all others were dropped already */
		return OUTCOME_NEXT;
	if (!owner && !network)
		owner = evaluate_router_elsewhere(trace);
	if (owner)
		return is_shared_source(trace) ? go_on(trace, REASON_SHARED_SOURCE)
					       : drop_others(trace, owner);
	if (!network)
		return is_told ? OUTCOME_NEXT : go_on(trace, REASON_FOREIGN_SOURCE);
	if (strcmp(network->interface.text, trace->in.text) != 0) {
		note_source(trace, REASON_STRAY_SOURCE, OUTCOME_DROPPED)->network = network;
		return OUTCOME_DROPPED;
	}
	if (!is_told)
		note_source(trace, REASON_LAN_SOURCE, OUTCOME_NEXT)->network = network;
	return OUTCOME_NEXT;
}

static enum outcome source_of_port(struct trace *trace)
{
	struct prefix prefix;
	const struct vif *owner = find_bridged_owner(&prefix, trace);

	if (owner && !is_shared_source(trace))
		return drop_others(trace, owner);
	if (owner && trace->is_bridged)
		return go_on(trace, REASON_SHARED_SOURCE);
	return trace->is_bridged ? go_on(trace, REASON_FOREIGN_SOURCE) : OUTCOME_NEXT;
}

enum outcome evaluate_source(struct trace *trace)
{
	bool is_on_a_bridge = is_on_bridge(&trace->from);
	bool is_vif = trace->from.kind == PLACE_VIF;
	enum outcome outcome = OUTCOME_NEXT;

	if (trace->from.kind == PLACE_MACHINE)
		return go_on(trace, REASON_LOCAL);
	if (is_vif && !trace->from.vif) {
		note_source(trace, REASON_NO_RULES, OUTCOME_DROPPED)->interface =
			trace->from.interface;
		return OUTCOME_DROPPED;
	}
	if (!trace->policy->settings.antispoof)
		return go_on(trace, REASON_UNPROTECTED);
	if (is_vif && is_wrong_mac(trace))
		return drop_from_vif(trace, REASON_WRONG_MAC);
	if (trace->packet.ether_type)
		return source_of_frame(trace, is_vif);
	if (is_vif && !is_on_a_bridge)
		return source_of_routed_vif(trace);
	if (is_on_a_bridge)
		outcome = is_vif ? source_of_bridged_vif(trace) : source_of_port(trace);
	if (outcome != OUTCOME_NEXT || trace->is_bridged)
		return outcome;
	return source_of_interface(trace);
}
