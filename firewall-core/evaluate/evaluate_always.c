/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps offline, unmanaged and icmp: what is decided before any host file is asked. */
#include "evaluate/trace.h"
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

static enum outcome accept_icmp(struct trace *trace, enum reason reason)
{
	evaluate_note(trace, STEP_ICMP, reason, OUTCOME_ACCEPTED);
	return OUTCOME_ACCEPTED;
}

/* The friends of a network reach all of it. */
static const struct network *find_friend(const struct trace *trace, struct prefix *friend)
{
	const struct network *network =
		topology_network(trace->topology, &trace->packet.destination);

	for (uint32_t i = 0; network && i < network->friend_count; i++) {
		*friend = trace->policy->friends[network->first_friend + i];
		if (prefix_contains(friend, &trace->packet.source))
			return network;
	}
	return NULL;
}

/* What both ends of a connection must hear, or it hangs; and in IPv6 ping (RFC 4890, 4.3.1). */
static bool is_needed_icmp(const struct trace *trace)
{
	static const uint8_t types[] = { ICMP_DEST_UNREACH, ICMP_TIME_EXCEEDED, ICMP_PARAMETERPROB,
					 0 };
	static const uint8_t types6[] = { ICMP6_DST_UNREACH,
					  ICMP6_PACKET_TOO_BIG,
					  ICMP6_TIME_EXCEEDED,
					  ICMP6_PARAM_PROB,
					  ICMP6_ECHO_REQUEST,
					  ICMP6_ECHO_REPLY,
					  0 };
	const struct packet *packet = &trace->packet;

	if (packet->source.family == IPV6)
		return evaluate_is_icmpv6(trace, types6);
	return packet->protocol == IPPROTO_ICMP && packet->type != 0 &&
	       strchr((const char *)types, packet->type);
}

static bool is_accepted_icmp(const struct trace *trace)
{
	const struct packet *packet = &trace->packet;
	bool is_ipv6 = packet->source.family == IPV6;
	const struct family_policy *policy = &trace->policy->family[packet->source.family];

	return packet->protocol == (is_ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) &&
	       memchr(policy->icmp, packet->type, policy->icmp_count);
}

static bool is_dhcp(const struct trace *trace, bool is_answer)
{
	bool is_ipv6 = trace->packet.source.family == IPV6;
	uint16_t client = is_ipv6 ? 546 : 68, server = is_ipv6 ? 547 : 67;

	return evaluate_is_ports(trace, IPPROTO_UDP, is_answer ? server : client,
				 is_answer ? client : server);
}

static bool is_broadcast(const struct trace *trace)
{
	static const struct prefix everybody = { { 255, 255, 255, 255 }, IPV4, 32 };

	return prefix_compare(&trace->packet.destination, &everybody) == 0;
}

/* Queries, reports of each version, leaves; no further than a link: RFC 2236, RFC 3376. */
static bool is_igmp(const struct trace *trace)
{
	static const uint8_t types[] = { 0x11, 0x12, 0x16, 0x17, 0x22, 0 };

	return evaluate_is_igmp(trace, types) && prefix_is_group(&trace->packet.destination);
}

bool evaluate_is_link_need(const struct trace *trace)
{
	static const uint8_t mld[] = { MLD_LISTENER_QUERY, MLD_LISTENER_REPORT,
				       MLD_LISTENER_REDUCTION, 143, 0 };
	static const uint8_t discovery[] = { ND_ROUTER_SOLICIT, ND_NEIGHBOR_SOLICIT,
					     ND_NEIGHBOR_ADVERT, 0 };
	static const uint8_t advertisement[] = { ND_ROUTER_ADVERT, 0 };
	static const uint8_t routers[] = { 141, 142, 148, 149, 151, 152, 153, 0 };
	bool is_ipv6 = trace->packet.source.family == IPV6;
	bool is_near = !is_ipv6 || prefix_is_link_local(&trace->packet.source);
	bool from_guest = trace->from.kind == PLACE_VIF && !*trace->from.bridge.text;

	if (evaluate_is_icmpv6(trace, discovery))
		return true;
	if (evaluate_is_icmpv6(trace, mld))
		return !trace->is_bridged || prefix_is_group(&trace->packet.destination);
	if (trace->is_bridged)
		return (is_near && is_dhcp(trace, false) && (is_ipv6 || is_broadcast(trace))) ||
		       (is_near && is_dhcp(trace, true)) ||
		       evaluate_is_icmpv6(trace, advertisement) || is_igmp(trace);
	if (trace->from.kind == PLACE_MACHINE)
		return is_dhcp(trace, false) || evaluate_is_icmpv6(trace, advertisement);
	return is_ipv6 && !from_guest &&
	       ((is_near && is_dhcp(trace, true)) || evaluate_is_icmpv6(trace, advertisement) ||
		evaluate_is_icmpv6(trace, routers));
}

/*
 * The guest is off, and who asks for it is none of ours: no way leads there but the one that the
 * packet came. Only nft can tell.
 */
static bool is_off(struct trace *trace)
{
	const struct prefix *source = &trace->packet.source;
	const struct network *network = topology_network(trace->topology, source);
	const struct claim *claim = policy_claim_for(trace->policy, &trace->packet.destination);
	const struct host *host = claim ? &trace->policy->hosts[claim->host] : NULL;

	if (trace->is_bridged || trace->policy->settings.backend != BACKEND_NFT || !host ||
	    host->type != HOST_DOMU || trace->to.kind != PLACE_LINK ||
	    strcmp(trace->in.text, trace->out.text) != 0)
		return false;
	if (topology_match(trace->topology, &trace->packet.destination, NULL).is_ours ||
	    topology_match(trace->topology, source, NULL).is_ours ||
	    (network && !strcmp(network->interface.text, trace->in.text)))
		return false;
	evaluate_note(trace, STEP_OFFLINE, REASON_OFF, OUTCOME_DROPPED);
	return true;
}

enum outcome evaluate_always(struct trace *trace)
{
	const struct prefix *unmanaged = topology_unmanaged(trace->topology, &trace->packet.source);
	bool is_forward = trace->from.kind != PLACE_MACHINE && trace->to.kind != PLACE_MACHINE;
	const struct network *network;
	struct prefix friend;

	if (is_forward && (evaluate_is_isolated(trace) || is_off(trace)))
		return OUTCOME_DROPPED;
	if (!unmanaged || !evaluate_is_from_there(trace))
		unmanaged = topology_unmanaged(trace->topology, &trace->packet.destination);
	if (unmanaged) {
		evaluate_note(trace, STEP_UNMANAGED, REASON_UNMANAGED, OUTCOME_ACCEPTED)->prefix =
			*unmanaged;
		return OUTCOME_ACCEPTED;
	}
	network = is_forward ? find_friend(trace, &friend) : NULL;
	if (network && evaluate_is_from_there(trace)) {
		struct trace_entry *entry =
			evaluate_note(trace, STEP_UNMANAGED, REASON_FRIEND, OUTCOME_ACCEPTED);

		entry->network = network;
		entry->prefix = friend;
		return OUTCOME_ACCEPTED;
	}
	if (is_needed_icmp(trace))
		return accept_icmp(trace, REASON_ICMP);
	if (is_accepted_icmp(trace))
		return accept_icmp(trace, REASON_ICMP_ACCEPTED);
	return !is_forward && evaluate_is_link_need(trace) ? accept_icmp(trace, REASON_LINK)
							   : OUTCOME_NEXT;
}
