/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet on its way through the steps: what evaluate.c and evaluate_*.c share. */
#ifndef TRACE_H
#define TRACE_H

#include "evaluate/packet.h"

struct trace {
	const struct topology *topology;
	const struct policy *policy;
	struct packet packet; /* as it is by now: PAT changes where it goes */
	struct place from, to;
	struct ifname in, out; /* as rules see them; "" is this machine itself */
	bool is_bridged;
	bool is_translated; /* PAT did change where it goes */
	struct evaluation *evaluation;
};

/* Note what was found; further fields are the caller's to fill in. */
struct trace_entry *evaluate_note(struct trace *trace, enum step step, enum reason reason,
				  enum outcome outcome);

/* Is it of this protocol, and with ports both of them these? */
bool evaluate_is_ports(const struct trace *trace, uint8_t protocol, uint16_t source_port,
		       uint16_t port);

/* Is it ICMPv6 of one of these types? The list ends with 0, which is none. */
bool evaluate_is_icmpv6(const struct trace *trace, const uint8_t *types);

/* Is it IGMP of one of these types? The list ends with 0, likewise. */
bool evaluate_is_igmp(const struct trace *trace, const uint8_t *types);

/* Is it for a group, or a broadcast of IPv4? To neither there is an answer. */
bool evaluate_is_for_many(const struct trace *trace);

/* interface, source */
enum outcome evaluate_source(struct trace *trace);

/* PAT, and what becomes of the source. */
void evaluate_dnat(struct trace *trace);
void evaluate_snat(struct trace *trace);

/*
 * The same of what begins a connection: is the source where the packet comes from? Its answers
 * would go there, and a right that it gives is theirs.
 */
bool evaluate_is_from_there(const struct trace *trace);
enum outcome evaluate_claim(struct trace *trace);

/*
 * Is the source a part of a prefix of this length, which a host file with TYPE = network
 * applies to, and does that come from elsewhere? Then it is dropped.
 */
bool evaluate_claimed_part(struct trace *trace, uint8_t length);

/*
 * The guest that the source's network is behind, or NULL; a default route says that of no network.
 * And the same where that is elsewhere than on the bridge that the packet comes from.
 */
const struct vif *evaluate_router(const struct trace *trace);
const struct vif *evaluate_router_elsewhere(const struct trace *trace);

/* ISOLATE by way of this machine; a forwarded port is for everybody. Notes it. */
bool evaluate_is_isolated(struct trace *trace);

/*
 * The [network] on the bridge, of either family, whose guests do not see each other, or NULL: there
 * is none, or one of the packet's two guests is a router, and does not send it on for another.
 */
const struct network *evaluate_find_isolation(const struct trace *trace);

/* offline, unmanaged, icmp */
enum outcome evaluate_always(struct trace *trace);

/*
 * Is it what this machine must hear and say to keep its addresses and neighbours (RFC 4890, 4.4.1),
 * or what passes between the ports of a bridge so that guests do? A guest is no router.
 */
bool evaluate_is_link_need(const struct trace *trace);

/* What was found of a frame between ports of a bridge; isolation is of REASON_ISOLATED. */
void evaluate_note_bridge(struct trace *trace, enum reason reason, enum outcome outcome,
			  const struct network *isolation);

/* bridge, of a frame that is neither IP nor ARP */
enum outcome evaluate_frame(struct trace *trace);

/* Whose file counts for an address: on bridges, none of a guest that is routed. */
struct match evaluate_match(const struct trace *trace, const struct prefix *address,
			    const struct ifname *interface);

/* outgoing, incoming, policy */
enum outcome evaluate_levels(struct trace *trace);

#endif
