/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet's way through the filter: what is asked of it at each hook, in order, and the types,
 * ports and rates that belong to that. Each backend prints a clause in a switch without a default,
 * so that the compiler names the backend that forgot one.
 *
 * The evaluator knows nothing of this: `make agree` holds what it says of packets against what
 * becomes of them here.
 */
#ifndef PATH_H
#define PATH_H

#include "policy/policy.h"

/* One for each hook of a machine without bridges, and one more. */
enum path {
	PATH_INPUT,
	PATH_OUTPUT,
	PATH_FORWARD,
	PATH_BRIDGE, /* the last: frames between a guest's port and one that is no guest's */
	PATH_COUNT
};

/* What is asked of any packet. The steps that it belongs to are those of value/step.h. */
enum hook_clause {
	HOOK_BRIDGED,	    /* it passes between ports of a bridge, and has no way here */
	HOOK_ISOLATED_PORT, /* bridge: a guest of an isolated network sends it, by its port */
	HOOK_LOOPBACK,	    /* this machine speaks to itself */
	HOOK_BEGUN,	    /* connection: it is of one that the policy let begin */
	HOOK_LINK_LOCAL,    /* connection: one end is on its link alone, and it would be routed */
	HOOK_RELATED,	    /* connection: it speaks of one, or is of none that there can be */
	HOOK_GROUP_MAC,	    /* connection: for this machine's own address by a group's MAC */
	HOOK_ATTACHED,	    /* interface: it leaves through a vif that has rules */
	HOOK_DISABLED,	    /* it is of a family that is off */
	HOOK_LINK,	    /* icmp: without it nobody on a bridge has addresses and neighbours */
	HOOK_LOG_NEW,	    /* LOG = all */
	HOOK_FAMILY,	    /* the last of these: goes on in its family, if that is on */
};

/* What is asked of one of a family, behind HOOK_FAMILY. */
enum clause {
	CLAUSE_LINK_TYPES,	  /* connection: what is said on a link alone, and is not tracked */
	CLAUSE_SOURCE,		  /* source: where what begins a connection comes from */
	CLAUSE_ISOLATED,	  /* bridge: one guest of an isolated network to another */
	CLAUSE_UNMANAGED,	  /* unmanaged: either end is in [unmanaged] */
	CLAUSE_FRIENDS,		  /* unmanaged: FRIENDS of the network it is for */
	CLAUSE_ICMP_ERRORS,	  /* icmp: what tells of errors */
	CLAUSE_ICMP_PINGS,	  /* icmp: what always passes, and begins a connection */
	CLAUSE_ICMP_ACCEPTED,	  /* icmp: ICMP and ICMPV6 of the configuration */
	CLAUSE_NEIGHBOURS,	  /* icmp: for this machine's addresses and neighbours */
	CLAUSE_LISTENERS,	  /* icmp: who listens to which group */
	CLAUSE_GUESTS,		  /* icmp: a guest says no more of these, for it is no router */
	CLAUSE_ROUTERS,		  /* icmp: what routers say, and inverse discovery, RFC 3122 */
	CLAUSE_MULTICAST_ROUTERS, /* icmp: routers of groups, RFC 4286 */
	CLAUSE_DHCP,		  /* icmp: this machine's own client */
	CLAUSE_OUTGOING,	  /* outgoing, and of this machine's own packets policy */
	CLAUSE_LINK_LEVELS,	  /* incoming: to a group, or to a link-local address on a bridge */
	CLAUSE_INCOMING,	  /* incoming, policy: the last of these */
};

/* The clauses of each path, in order, and whose targets and policy hold in it. */
struct path_clauses {
	enum chain chain;
	const enum hook_clause *hook;
	size_t hook_count;
	const enum clause *family;
	size_t family_count;
};
extern const struct path_clauses path_clauses[PATH_COUNT];

/* In the order in which they are asked: of what comes in, before connection tracking. */
enum arriving_clause {
	ARRIVING_RIGHTS,   /* a source that gives a right, from elsewhere than it is, gives none */
	ARRIVING_VIF,	   /* interface: from a guest; it goes on to the clauses of a vif */
	ARRIVING_CLAIMED,  /* a network's host file applies to the source, from elsewhere */
	ARRIVING_ROUTED,   /* a network behind a guest, likewise */
	ARRIVING_BRIDGED,  /* through a bridge: the rest with what was seen to there */
	ARRIVING_GUESTS,   /* a guest's address */
	ARRIVING_LOOPBACK, /* what this machine says to itself */
	ARRIVING_LANS,	   /* the last: an address of a [network], from elsewhere */
};
#define PATH_ARRIVING_COUNT (ARRIVING_LANS + 1)

/* Of one that comes from a vif; what none of these lets pass is spoofed. */
enum vif_clause {
	VIF_FRAGMENTS,	 /* its share of incomplete datagrams */
	VIF_OWN,	 /* what it has; of a prefix without what is somebody else's in it */
	VIF_BEHIND,	 /* the networks that it is a next hop for */
	VIF_UNADDRESSED, /* what is said without an address, or from a link-local one */
	VIF_LOOPED,	 /* the last: what this machine says to a group, which comes back */
};
#define PATH_VIF_COUNT (VIF_LOOPED + 1)

/* The step dnat, of what comes in or what this machine begins: whose public port it is for. */
enum dnat_clause {
	DNAT_ADDRESS,  /* at the address of NAT */
	DNAT_LOOPBACK, /* this machine to itself, at the loopback: nobody's */
	DNAT_OWN_ONLY, /* elsewhere than at this machine: nobody's */
	DNAT_DEVICE,   /* through NAT_DEVICE, at an address of that */
	DNAT_OWN,      /* at an address that NAT_DEVICE had when the rules were made */
	DNAT_ANYWHERE, /* the last: at any address of this machine */
};
#define PATH_DNAT_COUNT (DNAT_ANYWHERE + 1)

/* The step snat: from which address a connection leaves. */
enum snat_clause {
	SNAT_BRIDGED,	/* passes between ports of a bridge: from its own */
	SNAT_UNMANAGED, /* likewise */
	SNAT_HAIRPIN,	/* to a neighbour, by that one's public port */
	SNAT_HOSTS,	/* NAT of the host file */
	SNAT_LANS,	/* the last: MASQUERADE of the [network] */
};
#define PATH_SNAT_COUNT (SNAT_LANS + 1)

/* Types of ICMP or ICMPv6. */
struct icmp_types {
	uint8_t type[9];
	uint8_t count;
	bool nearby; /* with the hop limit 255: from no further than the link */
};

/* The types that a clause is about; of CLAUSE_ICMP_ACCEPTED the policy has them. May be none. */
struct icmp_types path_icmp_types(enum path path, enum clause clause, enum family family);

/* What only routers say, so that no guest's is taken for it. IGMP: RFC 3376, RFC 4286. */
extern const struct icmp_types path_router_types[FAMILY_COUNT];
#define PATH_ROUTER_IGMP_COUNT 3
extern const uint8_t path_router_igmp[PATH_ROUTER_IGMP_COUNT];
#define PATH_ROUTER_PROTOCOL 103u /* PIM: RFC 7761 */

/* ICMPv6 by which who sends it becomes a neighbour, and what is said before there is a source. */
extern const struct icmp_types path_discovery_types;
extern const struct icmp_types path_unspecified_types;

/* ICMPv6 that is never in fragments. */
extern const struct icmp_types path_unfragmented_types;

/* The ports of DHCP (RFC 2131, RFC 8415). */
struct dhcp_ports {
	uint16_t client, server;
};
extern const struct dhcp_ports path_dhcp[FAMILY_COUNT];

/* Protocols that some kernels track without ports: DCCP, SCTP, UDP-Lite. */
#define PATH_PORTLESS_COUNT 3
extern const uint8_t path_portless[PATH_PORTLESS_COUNT];

/* In the log, of each interface. */
#define PATH_LOG_PER_SECOND 5u
#define PATH_LOG_BURST 10u

/* New neighbours that a vif makes, and how long one of them stays known. */
#define PATH_NEIGHBOURS_PER_SECOND 1u
#define PATH_NEIGHBOURS_BURST 8u
#define PATH_NEIGHBOUR_MINUTES 5u

#endif
