/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet on its way through the steps: what evaluate.c and evaluate_*.c share. */
#ifndef WALK_H
#define WALK_H

#include "evaluate/packet.h"

struct walk {
	const struct site *site;
	const struct policy *policy;
	struct packet packet; /* as it is by now: PAT changes where it goes */
	struct place from, to;
	struct ifname in, out; /* as rules see them; "" is this machine itself */
	bool is_bridged;
	bool is_translated; /* PAT did change where it goes */
	struct evaluation *evaluation;
};

/* Note what was found; further fields are the caller's to fill in. */
struct remark *walk_remark(struct walk *walk, enum step step, enum found finding,
			   enum outcome outcome);

/* Is it of this protocol, and with ports both of them these? */
bool walk_is_ports(const struct walk *walk, uint8_t protocol, uint16_t source_port, uint16_t port);

/* Is it ICMPv6 of one of these types? The list ends with 0, which is none. */
bool walk_is_icmpv6(const struct walk *walk, const uint8_t *types);

/* interface, source */
enum outcome walk_source(struct walk *walk);

/* PAT, and what becomes of the source. */
void walk_translate(struct walk *walk);
void walk_leave(struct walk *walk);

/*
 * The same of what begins a connection: is the source where the packet comes from? Its answers
 * would go there, and a right that it gives is theirs.
 */
bool walk_is_from_there(const struct walk *walk);
enum outcome walk_claimed_source(struct walk *walk);

/* ISOLATE by way of this machine; a forwarded port is for everybody. Notes it. */
bool walk_is_isolated(struct walk *walk);

/* The [network] on the bridge, of either family, whose guests do not see each other, or NULL. */
const struct network *walk_find_isolation(const struct walk *walk);

/* offline, unmanaged, icmp */
enum outcome walk_anyway(struct walk *walk);

/*
 * Is it what this machine must hear and say to keep its addresses and neighbours (RFC 4890, 4.4.1),
 * or what passes between the ports of a bridge so that guests do? A guest is no router.
 */
bool walk_is_link_need(const struct walk *walk);

/* outgoing, incoming, policy */
enum outcome walk_levels(struct walk *walk);

#endif
