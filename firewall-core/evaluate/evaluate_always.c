/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps offline, unmanaged and icmp: what is decided before any host file is asked. */
#include "evaluate/walk.h"
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

static enum outcome pass(struct walk *walk, enum found finding)
{
	walk_remark(walk, STEP_ICMP, finding, OUTCOME_ACCEPTED);
	return OUTCOME_ACCEPTED;
}

/* The friends of a network reach all of it. */
static const struct network *find_friend(const struct walk *walk, struct prefix *friend)
{
	const struct network *network = site_network(walk->site, &walk->packet.destination);

	for (uint32_t i = 0; network && i < network->friend_count; i++) {
		*friend = walk->policy->friends[network->first_friend + i];
		if (prefix_contains(friend, &walk->packet.source))
			return network;
	}
	return NULL;
}

/* What both ends of a connection must hear, or it hangs; and in IPv6 ping (RFC 4890, 4.3.1). */
static bool is_needed_icmp(const struct walk *walk)
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
	const struct packet *packet = &walk->packet;

	if (packet->source.family == IPV6)
		return walk_is_icmpv6(walk, types6);
	return packet->protocol == IPPROTO_ICMP && packet->type != 0 &&
	       strchr((const char *)types, packet->type);
}

static bool is_accepted_icmp(const struct walk *walk)
{
	const struct packet *packet = &walk->packet;
	bool is_ipv6 = packet->source.family == IPV6;
	const struct family_policy *policy = &walk->policy->family[packet->source.family];

	return packet->protocol == (is_ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) &&
	       memchr(policy->icmp, packet->type, policy->icmp_count);
}

static bool is_dhcp(const struct walk *walk, bool is_answer)
{
	const struct prefix *source = &walk->packet.source;
	bool is_ipv6 = source->family == IPV6;
	uint16_t client = is_ipv6 ? 546 : 68, server = is_ipv6 ? 547 : 67;

	return walk_is_ports(walk, IPPROTO_UDP, is_answer ? server : client,
			     is_answer ? client : server) &&
	       (!is_ipv6 || prefix_is_link_local(source));
}

static bool is_broadcast(const struct walk *walk)
{
	static const struct prefix everybody = { { 255, 255, 255, 255 }, IPV4, 32 };

	return prefix_compare(&walk->packet.destination, &everybody) == 0;
}

bool walk_is_link_need(const struct walk *walk)
{
	static const uint8_t mld[] = { MLD_LISTENER_QUERY, MLD_LISTENER_REPORT,
				       MLD_LISTENER_REDUCTION, 143, 0 };
	static const uint8_t discovery[] = { ND_ROUTER_SOLICIT, ND_NEIGHBOR_SOLICIT,
					     ND_NEIGHBOR_ADVERT, 0 };
	static const uint8_t advertisement[] = { ND_ROUTER_ADVERT, 0 };
	static const uint8_t routers[] = { 141, 142, 148, 149, 151, 152, 153, 0 };
	bool is_ipv6 = walk->packet.source.family == IPV6;
	bool from_guest = walk->from.kind == PLACE_VIF && !*walk->from.bridge.text;

	if (walk_is_icmpv6(walk, discovery))
		return true;
	if (walk_is_icmpv6(walk, mld))
		return !walk->is_bridged || prefix_is_group(&walk->packet.destination);
	if (walk->is_bridged)
		return (is_dhcp(walk, false) && (is_ipv6 || is_broadcast(walk))) ||
		       is_dhcp(walk, true) || walk_is_icmpv6(walk, advertisement) ||
		       (!is_ipv6 && walk->packet.protocol == IPPROTO_IGMP &&
			prefix_is_group(&walk->packet.destination));
	if (walk->from.kind == PLACE_MACHINE)
		return is_dhcp(walk, false) || walk_is_icmpv6(walk, advertisement);
	return is_ipv6 && !from_guest &&
	       (is_dhcp(walk, true) || walk_is_icmpv6(walk, advertisement) ||
		walk_is_icmpv6(walk, routers));
}

/*
 * The guest is off, and who asks for it is none of ours: no way leads there but the one that the
 * packet came. Only nft can tell.
 */
static bool is_off(struct walk *walk)
{
	const struct prefix *source = &walk->packet.source;
	const struct network *network = site_network(walk->site, source);
	const struct claim *claim = policy_claim_for(walk->policy, &walk->packet.destination);
	const struct host *host = claim ? &walk->policy->hosts[claim->host] : NULL;

	if (walk->is_bridged || walk->policy->settings.backend != BACKEND_NFT || !host ||
	    host->type != HOST_DOMU || walk->to.kind != PLACE_LINK ||
	    strcmp(walk->in.text, walk->out.text) != 0)
		return false;
	if (site_speaker(walk->site, &walk->packet.destination, NULL).is_ours ||
	    site_speaker(walk->site, source, NULL).is_ours ||
	    (network && !strcmp(network->interface.text, walk->in.text)))
		return false;
	walk_remark(walk, STEP_OFFLINE, FOUND_OFF, OUTCOME_DROPPED);
	return true;
}

enum outcome walk_anyway(struct walk *walk)
{
	const struct prefix *unmanaged = site_unmanaged(walk->site, &walk->packet.source);
	bool is_forward = walk->from.kind != PLACE_MACHINE && walk->to.kind != PLACE_MACHINE;
	const struct network *network;
	struct prefix friend;

	if (is_forward && (walk_is_isolated(walk) || is_off(walk)))
		return OUTCOME_DROPPED;
	if (!unmanaged || !walk_is_from_there(walk))
		unmanaged = site_unmanaged(walk->site, &walk->packet.destination);
	if (unmanaged) {
		walk_remark(walk, STEP_UNMANAGED, FOUND_UNMANAGED, OUTCOME_ACCEPTED)->prefix =
			*unmanaged;
		return OUTCOME_ACCEPTED;
	}
	network = is_forward ? find_friend(walk, &friend) : NULL;
	if (network && walk_is_from_there(walk)) {
		struct remark *remark =
			walk_remark(walk, STEP_UNMANAGED, FOUND_FRIEND, OUTCOME_ACCEPTED);

		remark->network = network;
		remark->prefix = friend;
		return OUTCOME_ACCEPTED;
	}
	if (is_needed_icmp(walk))
		return pass(walk, FOUND_ICMP);
	if (is_accepted_icmp(walk))
		return pass(walk, FOUND_ICMP_ACCEPTED);
	return !is_forward && walk_is_link_need(walk) ? pass(walk, FOUND_LINK) : OUTCOME_NEXT;
}
