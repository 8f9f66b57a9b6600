/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clauses of each path, in order, and their numbers. */
#include "ruleset/path.h"
#include "base/cleanup.h"

static const enum hook_clause input[] = { HOOK_LOOPBACK,  HOOK_BEGUN,	HOOK_RELATED,
					  HOOK_GROUP_MAC, HOOK_LOG_NEW, HOOK_FAMILY };
static const enum clause input_family[] = {
	CLAUSE_SOURCE,	      CLAUSE_UNMANAGED,		CLAUSE_ICMP_ERRORS, CLAUSE_ICMP_PINGS,
	CLAUSE_ICMP_ACCEPTED, CLAUSE_NEIGHBOURS,	CLAUSE_LISTENERS,   CLAUSE_GUESTS,
	CLAUSE_ROUTERS,	      CLAUSE_MULTICAST_ROUTERS, CLAUSE_DHCP,	    CLAUSE_OUTGOING,
	CLAUSE_INCOMING,
};

static const enum hook_clause forward[] = {
	HOOK_BRIDGED, HOOK_ISOLATED_PORT, HOOK_BEGUN,	HOOK_LINK_LOCAL,
	HOOK_RELATED, HOOK_ATTACHED,	  HOOK_LOG_NEW, HOOK_FAMILY,
};
static const enum clause forward_family[] = {
	CLAUSE_LINK_TYPES, CLAUSE_SOURCE,      CLAUSE_ISOLATED,	  CLAUSE_UNMANAGED,
	CLAUSE_FRIENDS,	   CLAUSE_ICMP_ERRORS, CLAUSE_ICMP_PINGS, CLAUSE_ICMP_ACCEPTED,
	CLAUSE_OUTGOING,   CLAUSE_INCOMING,
};

/* What this machine sends has the levels of its own address, and these alone. */
static const enum hook_clause output[] = { HOOK_LOOPBACK, HOOK_BEGUN,	HOOK_RELATED,
					   HOOK_ATTACHED, HOOK_LOG_NEW, HOOK_FAMILY };
static const enum clause output_family[] = {
	CLAUSE_UNMANAGED,  CLAUSE_ICMP_ERRORS, CLAUSE_ICMP_PINGS, CLAUSE_ICMP_ACCEPTED,
	CLAUSE_NEIGHBOURS, CLAUSE_DHCP,	       CLAUSE_OUTGOING,
};

/* ARP is of no connection, and so comes before what is of none that there can be. */
static const enum hook_clause bridge[] = { HOOK_BEGUN,	 HOOK_DISABLED, HOOK_LINK,
					   HOOK_RELATED, HOOK_LOG_NEW,	HOOK_FAMILY };
static const enum clause bridge_family[] = {
	CLAUSE_SOURCE,	    CLAUSE_UNMANAGED,	CLAUSE_FRIENDS,
	CLAUSE_ICMP_ERRORS, CLAUSE_ICMP_PINGS,	CLAUSE_ICMP_ACCEPTED,
	CLAUSE_OUTGOING,    CLAUSE_LINK_LEVELS, CLAUSE_INCOMING,
};

#define CLAUSES(chain, hook, family) { chain, hook, COUNT(hook), family, COUNT(family) }

const struct path_clauses path_clauses[PATH_COUNT] = {
	[PATH_INPUT] = CLAUSES(CHAIN_INPUT, input, input_family),
	[PATH_FORWARD] = CLAUSES(CHAIN_FORWARD, forward, forward_family),
	[PATH_OUTPUT] = CLAUSES(CHAIN_OUTPUT, output, output_family),
	[PATH_BRIDGE] = CLAUSES(CHAIN_FORWARD, bridge, bridge_family),
};

/*
 * MLD and neighbour discovery: nobody routes them (RFC 4861, 3.1; RFC 3810, 5), and as the kernel
 * does not track them (nf_conntrack_proto_icmpv6.c), they would have no share and no translation.
 * Errors: RFC 792, and RFC 4890, 4.3.1; what this machine must hear: RFC 4890, 4.4.1.
 */
static const struct {
	enum clause clause;
	enum family family;
	bool is_said; /* by this machine, to its neighbours */
	struct icmp_types types;
} clause_types[] = {
	{ CLAUSE_LINK_TYPES,
	  IPV6,
	  false,
	  { { 130, 131, 132, 133, 134, 135, 136, 143 }, 8, false } },
	{ CLAUSE_ICMP_ERRORS, IPV4, false, { { 3, 11, 12 }, 3, false } },
	{ CLAUSE_ICMP_ERRORS, IPV6, false, { { 1, 2, 3, 4 }, 4, false } },
	{ CLAUSE_ICMP_PINGS, IPV6, false, { { 128, 129 }, 2, false } },
	{ CLAUSE_NEIGHBOURS, IPV6, false, { { 135, 136, 133 }, 3, true } },
	{ CLAUSE_NEIGHBOURS, IPV6, true, { { 135, 136, 133, 134, 130, 131, 132, 143 }, 8, false } },
	{ CLAUSE_LISTENERS, IPV6, false, { { 130, 131, 132, 143 }, 4, false } },
	{ CLAUSE_ROUTERS, IPV6, false, { { 134, 141, 142, 148, 149 }, 5, true } },
	{ CLAUSE_MULTICAST_ROUTERS, IPV6, false, { { 151, 152, 153 }, 3, false } },
};

struct icmp_types path_icmp_types(enum path path, enum clause clause, enum family family)
{
	bool is_said = clause == CLAUSE_NEIGHBOURS && path == PATH_OUTPUT;

	for (size_t i = 0; i < COUNT(clause_types); i++)
		if (clause_types[i].clause == clause && clause_types[i].family == family &&
		    clause_types[i].is_said == is_said)
			return clause_types[i].types;
	return (struct icmp_types){ .count = 0 };
}

const struct icmp_types path_router_types[FAMILY_COUNT] = {
	[IPV4] = { { 5, 9 }, 2, false },
	[IPV6] = { { 130, 134, 137, 151, 153 }, 5, false },
};
const uint8_t path_router_igmp[PATH_ROUTER_IGMP_COUNT] = { 0x11, 0x30, 0x32 };

const struct icmp_types path_discovery_types = { { 133, 135, 136 }, 3, false };
const struct icmp_types path_unspecified_types = { { 133, 135, 131, 143 }, 4, false };

/* MLD, and neighbour discovery (RFC 6980). */
const struct icmp_types path_unfragmented_types = { { 130, 131, 132, 133, 134, 135, 136, 137, 143 },
						    9,
						    false };

const struct dhcp_ports path_dhcp[FAMILY_COUNT] = { [IPV4] = { 68, 67 }, [IPV6] = { 546, 547 } };

const uint8_t path_portless[PATH_PORTLESS_COUNT] = { 33, 132, 136 };
