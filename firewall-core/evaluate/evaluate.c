/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet, the policy and who is online → the steps that it takes, up to the one that decides. */
#include "evaluate/evaluate.h"
#include "evaluate/trace.h"
#include "policy/policy_vif.h"
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#define VRRP 112 /* RFC 5798 */

struct trace_entry *evaluate_note(struct trace *trace, enum step step, enum reason reason,
				  enum outcome outcome)
{
	struct evaluation *evaluation = trace->evaluation;
	/* No way has as many steps; were there one, its last entry would be lost, no other. */
	unsigned at =
		evaluation->count < TRACE_ENTRIES_MAX ? evaluation->count++ : TRACE_ENTRIES_MAX - 1;
	struct trace_entry *entry = &evaluation->entries[at];

	*entry = (struct trace_entry){ .step = (uint8_t)step,
				       .reason = (uint8_t)reason,
				       .outcome = (uint8_t)outcome };
	if (outcome != OUTCOME_NEXT)
		evaluation->decision = entry;
	return entry;
}

bool evaluate_is_ports(const struct trace *trace, uint8_t protocol, uint16_t source_port,
		       uint16_t port)
{
	const struct packet *packet = &trace->packet;

	return packet->protocol == protocol && packet->source_port == source_port &&
	       packet->port == port;
}

bool evaluate_is_icmpv6(const struct trace *trace, const uint8_t *types)
{
	return trace->packet.source.family == IPV6 && trace->packet.protocol == IPPROTO_ICMPV6 &&
	       trace->packet.type != 0 && strchr((const char *)types, trace->packet.type);
}

bool evaluate_is_igmp(const struct trace *trace, const uint8_t *types)
{
	return trace->packet.source.family == IPV4 && trace->packet.protocol == IPPROTO_IGMP &&
	       trace->packet.type != 0 && strchr((const char *)types, trace->packet.type);
}

static enum outcome drop_disabled(struct trace *trace)
{
	evaluate_note(trace, STEP_CONNECTION, REASON_FAMILY_OFF, OUTCOME_DROPPED);
	return OUTCOME_DROPPED;
}

/* What IPv6 says on a link alone: of no connection, and through no router. */
static bool is_link_type(const struct trace *trace)
{
	static const uint8_t types[] = { MLD_LISTENER_QUERY,
					 MLD_LISTENER_REPORT,
					 MLD_LISTENER_REDUCTION,
					 ND_ROUTER_SOLICIT,
					 ND_ROUTER_ADVERT,
					 ND_NEIGHBOR_SOLICIT,
					 ND_NEIGHBOR_ADVERT,
					 143,
					 0 };

	return evaluate_is_icmpv6(trace, types) && !prefix_is_group(&trace->packet.destination);
}

/* What is said on a link alone, and would be routed. */
static bool find_link_reason(enum reason *reason, const struct trace *trace)
{
	if (trace->is_bridged || trace->from.kind == PLACE_MACHINE ||
	    trace->to.kind == PLACE_MACHINE)
		return false;
	*reason = REASON_LINK_LOCAL;
	if (prefix_is_link_local(&trace->packet.source) ||
	    prefix_is_link_local(&trace->packet.destination))
		return true;
	*reason = REASON_LINK_TYPE;
	return is_link_type(trace);
}

/* Of a family that is off, nothing passes but what belongs to an old connection. */
static enum outcome look_at_connection(struct trace *trace)
{
	static const enum reason findings[CONNECTION_COUNT] = {
		[CONNECTION_ESTABLISHED] = REASON_ANSWER,
		[CONNECTION_INVALID] = REASON_INVALID,
	};
	bool can_tell = !trace->is_bridged || trace->topology->tracks_bridges;
	bool is_tracked =
		can_tell && !(trace->is_bridged && prefix_is_group(&trace->packet.destination));
	enum connection connection = can_tell ? trace->packet.connection : CONNECTION_NEW;
	enum outcome outcome = OUTCOME_ACCEPTED;
	enum reason reason;

	if (connection == CONNECTION_NEW && is_tracked && !packet_can_begin(&trace->packet))
		connection = CONNECTION_INVALID;
	if (connection == CONNECTION_INVALID)
		outcome = OUTCOME_DROPPED;
	if (connection != CONNECTION_NEW) {
		evaluate_note(trace, STEP_CONNECTION, findings[connection], outcome);
		return outcome;
	}
	if (!trace->policy->family[trace->packet.source.family].enabled)
		return drop_disabled(trace);
	if (!find_link_reason(&reason, trace))
		return OUTCOME_NEXT;
	evaluate_note(trace, STEP_CONNECTION, reason, OUTCOME_DROPPED);
	return OUTCOME_DROPPED;
}

/* For all of a link: its network's last address, or that of each, but of ICMP, which has errors. */
static bool is_broadcast(const struct trace *trace)
{
	static const struct prefix everybody = { { 255, 255, 255, 255 }, IPV4, 32 };
	const struct prefix *to = &trace->packet.destination;
	const struct network *network = topology_network(trace->topology, to);
	bool found = !prefix_compare(to, &everybody) ||
		     (network && prefix_is_last(&network->subnet, to));
	struct prefix owned;

	for (size_t i = 0; i < trace->topology->link_count && !found; i++)
		found = prefix_is_last(&trace->topology->links[i].prefix, to);
	return found && to->family == IPV4 && trace->packet.protocol != IPPROTO_ICMP &&
	       !topology_owner(&owned, trace->topology, to);
}

bool evaluate_is_for_many(const struct trace *trace)
{
	return prefix_is_group(&trace->packet.destination) || is_broadcast(trace);
}

/*
 * Whose a link-local address is, the port of the guest tells, and what its own files say of it.
 * False: nothing here tells.
 */
static bool find_link_end(struct match *match, const struct trace *trace, const struct vif *vif,
			  bool is_source)
{
	const struct prefix *address =
		is_source ? &trace->packet.source : &trace->packet.destination;
	bool is_limited = is_source && vif && policy_vif_limiting_host(trace->policy, vif);
	unsigned at = 0;
	const struct host *host;

	if (!vif || !prefix_is_link_local(address))
		return false;
	*match = (struct match){ .is_ours = !is_source || is_limited };
	while (!is_limited && (host = policy_vif_next_host(&at, trace->policy, vif)))
		if (host->family == IPV6 && !host->filtered)
			*match = (struct match){ true, host, vif };
	return true;
}

/*
 * Without tracking, what needs no answer passes, and hosts that filter themselves, with each other
 * and with those that are none of ours.
 */
static enum outcome look_without_tracking(struct trace *trace)
{
	const struct prefix *ends[] = { &trace->packet.source, &trace->packet.destination };
	const struct host *unfiltered = NULL;
	enum step step = STEP_BRIDGE;

	if (topology_unmanaged(trace->topology, ends[0]) ||
	    topology_unmanaged(trace->topology, ends[1]))
		return evaluate_always(trace);
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct match match = evaluate_match(trace, ends[i], NULL);
		const struct vif *vif = i ? trace->to.vif : trace->from.vif;

		if (!find_link_end(&match, trace, vif, i == 0) &&
		    (!match.host || match.host->filtered)) /* is it for this interface? */
			match = evaluate_match(trace, ends[i], i ? &trace->out : &trace->in);
		if (match.host && !match.host->filtered) {
			unfiltered = match.host;
			step = i ? STEP_INCOMING : STEP_OUTGOING;
		} else if (match.is_ours) {
			unfiltered = NULL;
			break;
		}
	}
	if (!unfiltered) {
		evaluate_note(trace, STEP_BRIDGE, REASON_UNTRACKED, OUTCOME_DROPPED);
		return OUTCOME_DROPPED;
	}
	evaluate_note(trace, step, REASON_UNFILTERED, OUTCOME_ACCEPTED)->host = unfiltered;
	return OUTCOME_ACCEPTED;
}

static enum outcome trace_policy(struct trace *trace)
{
	enum outcome outcome = look_at_connection(trace);

	if (outcome == OUTCOME_NEXT && trace->is_bridged && !trace->topology->tracks_bridges &&
	    !evaluate_is_for_many(trace))
		return look_without_tracking(trace);
	if (outcome == OUTCOME_NEXT)
		outcome = evaluate_claim(trace);
	if (outcome == OUTCOME_NEXT)
		outcome = evaluate_always(trace);
	return outcome == OUTCOME_NEXT ? evaluate_levels(trace) : outcome;
}

/* To all of VRRP, from or to a guest that is one of them. */
static bool is_election(const struct trace *trace)
{
	static const struct prefix groups[FAMILY_COUNT] = {
		[IPV4] = { { 224, 0, 0, 18 }, IPV4, 32 },
		[IPV6] = { { 0xff, 0x02, [15] = 0x12 }, IPV6, 128 },
	};
	const struct packet *packet = &trace->packet;

	return packet->protocol == VRRP &&
	       !prefix_compare(&packet->destination, &groups[packet->source.family]) &&
	       ((trace->from.vif && policy_vif_elects(trace->policy, trace->from.vif)) ||
		(trace->to.vif && policy_vif_elects(trace->policy, trace->to.vif)));
}

/* What would make a guest that has IPv4 addresses alone give itself one of IPv6. */
static bool is_unwanted_advert(const struct trace *trace)
{
	static const uint8_t types[] = { ND_ROUTER_ADVERT, 0 };
	const struct vif *vif = trace->to.vif;

	return trace->policy->settings.antispoof && vif && vif->prefix_count &&
	       !vif_has_family(vif, IPV6) && evaluate_is_icmpv6(trace, types);
}

void evaluate_note_bridge(struct trace *trace, enum reason reason, enum outcome outcome,
			  const struct network *isolation)
{
	struct trace_entry *entry = evaluate_note(trace, STEP_BRIDGE, reason, outcome);

	entry->interface = trace->from.bridge;
	entry->network = reason == REASON_ISOLATED ? isolation : NULL;
}

/* Frames from one port of a bridge to another. */
static enum outcome trace_bridge(struct trace *trace)
{
	bool from_guest = trace->from.kind == PLACE_VIF, to_guest = trace->to.kind == PLACE_VIF;
	const struct network *isolation = evaluate_find_isolation(trace);
	enum reason reason = REASON_BRIDGED;
	enum outcome outcome = OUTCOME_NEXT;
	bool is_on = trace->policy->family[trace->packet.source.family].enabled;

	if (!from_guest && !to_guest)
		reason = REASON_OTHER_PORTS;
	else if (is_unwanted_advert(trace))
		reason = REASON_NO_IPV6;
	else if (from_guest && to_guest)
		reason = isolation ? REASON_ISOLATED : REASON_SWITCHED;
	if (reason == REASON_SWITCHED && !is_on)
		return drop_disabled(trace);
	if (reason != REASON_BRIDGED)
		outcome = reason == REASON_ISOLATED || reason == REASON_NO_IPV6 ? OUTCOME_DROPPED
										: OUTCOME_ACCEPTED;
	evaluate_note_bridge(trace, reason, outcome, isolation);
	if (outcome == OUTCOME_NEXT && is_on &&
	    (evaluate_is_link_need(trace) || is_election(trace))) {
		evaluate_note(trace, STEP_ICMP, REASON_LINK, OUTCOME_ACCEPTED);
		return OUTCOME_ACCEPTED;
	}
	return outcome == OUTCOME_NEXT ? trace_policy(trace) : outcome;
}

static enum outcome trace_route(struct trace *trace)
{
	enum outcome outcome;

	evaluate_dnat(trace);
	if (trace->from.kind == PLACE_MACHINE && trace->to.kind == PLACE_MACHINE) {
		evaluate_note(trace, STEP_CONNECTION, REASON_LOOPBACK, OUTCOME_ACCEPTED);
		return OUTCOME_ACCEPTED;
	}
	outcome = trace_policy(trace);
	if (outcome == OUTCOME_ACCEPTED && trace->to.kind != PLACE_MACHINE)
		evaluate_snat(trace);
	return outcome;
}

/* What is for a link stays there: nobody routes it. */
static bool is_for_link(const struct prefix *address)
{
	struct err ignored;

	return !prefix_check_unicast(address, &ignored);
}

static struct place find_destination(const struct topology *topology, const struct packet *packet,
				     const struct place *from)
{
	const struct vif *station;

	if (packet->to.kind != PLACE_UNKNOWN)
		return packet->to;
	station = topology_by_mac(topology, &packet->destination);
	if (station && *from->bridge.text && !strcmp(station->bridge.text, from->bridge.text))
		return topology_at(topology, &station->name);
	if (!is_for_link(&packet->destination))
		return topology_find(topology, &packet->destination);
	if (from->kind == PLACE_MACHINE && !topology_is_own(topology, &packet->destination))
		return topology_at(topology, &topology->uplink);
	return (struct place){ .kind = PLACE_MACHINE };
}

void evaluate(struct evaluation *evaluation, const struct topology *topology,
	      const struct packet *packet)
{
	struct trace trace = { .topology = topology,
			       .policy = topology->policy,
			       .packet = *packet };
	enum outcome outcome;

	*evaluation = (struct evaluation){ .count = 0 };
	trace.evaluation = evaluation;
	trace.from = packet->from.kind == PLACE_UNKNOWN ? topology_find(topology, &packet->source)
							: packet->from;
	trace.to = find_destination(topology, packet, &trace.from);
	trace.is_bridged =
		*trace.from.bridge.text && !strcmp(trace.from.bridge.text, trace.to.bridge.text);
	trace.in = trace.is_bridged ? trace.from.interface : *place_interface(&trace.from);
	trace.out = trace.is_bridged ? trace.to.interface : *place_interface(&trace.to);

	outcome = evaluate_source(&trace);
	if (outcome == OUTCOME_NEXT && packet->ether_type)
		outcome = evaluate_frame(&trace);
	else if (outcome == OUTCOME_NEXT)
		outcome = trace.is_bridged ? trace_bridge(&trace) : trace_route(&trace);
	evaluation->is_accepted = outcome == OUTCOME_ACCEPTED;
	evaluation->from = trace.from;
	evaluation->to = trace.to;
	evaluation->is_bridged = trace.is_bridged;
	evaluation->destination = trace.packet.destination;
	evaluation->port = trace.packet.port;
}
