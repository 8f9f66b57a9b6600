/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet, and what can be found on its way. */
#ifndef PACKET_H
#define PACKET_H

#include "evaluate/topology.h"
#include "value/step.h"

/* What connection tracking calls the packet. */
enum connection { CONNECTION_NEW, CONNECTION_ESTABLISHED, CONNECTION_INVALID, CONNECTION_COUNT };

extern const char *const connection_names[CONNECTION_COUNT]; /* "new", "established", "invalid" */

struct packet {
	struct prefix source, destination; /* addresses of one family */
	uint8_t protocol;		   /* IANA number */
	uint8_t type;			   /* of ICMP, ICMPv6 or IGMP */
	uint8_t connection;		   /* enum connection */
	uint16_t source_port, port;	   /* where the protocol has ports; host byte order */
	uint16_t ether_type;		   /* of a frame that is neither IP nor ARP; else 0 */
	bool has_mac;			   /* of a vif: else one of the guest's own that fits */
	struct mac mac;
	struct place from, to; /* PLACE_UNKNOWN: where topology_find() finds them */
};

enum reason {
	REASON_NO_RULES,       /* the vif has none */
	REASON_LOCAL,	       /* this machine sends it itself */
	REASON_UNPROTECTED,    /* ANTISPOOF = no */
	REASON_OWN_SOURCE,     /* the guest's own address */
	REASON_CARD_SOURCE,    /* that of another card of the guest (ANY_CARD) */
	REASON_BEHIND_SOURCE,  /* of a network that the guest is the next hop of */
	REASON_STARTING,       /* what DHCP, neighbour discovery and the like need */
	REASON_OPEN_SOURCE,    /* of a vif without ip=, and nobody else's */
	REASON_ROUTED_SOURCE,  /* of a router, likewise */
	REASON_LAN_SOURCE,     /* from the interface of its [network] */
	REASON_SHARED_SOURCE,  /* a guest's that others have, too */
	REASON_FOREIGN_SOURCE, /* nobody's here */
	REASON_OTHERS_SOURCE,  /* another guest's */
	REASON_MACHINE_SOURCE, /* this machine's */
	REASON_GATEWAY_SOURCE, /* its gateway's */
	REASON_STRAY_SOURCE,   /* of a [network], from elsewhere */
	REASON_CLAIMED_SOURCE, /* of a TYPE = network host, likewise */
	REASON_UNKNOWN_SOURCE, /* not in the vif's ip= */
	REASON_WRONG_MAC,
	REASON_NO_GUESTS, /* what only routers and DHCP servers send */
	REASON_ETHERTYPE, /* neither IP nor ARP */
	REASON_FORWARDED,
	REASON_SWITCHED,    /* between guests of one bridge */
	REASON_ISOLATED,    /* likewise, with ISOLATE */
	REASON_NO_IPV6,	    /* a router's, for a guest with IPv4 alone */
	REASON_OTHER_PORTS, /* between ports that are no guests' */
	REASON_UNTRACKED,   /* the kernel can't tell an answer from a question there */
	REASON_BRIDGED,	    /* between a guest and another port: as if it were routed */
	REASON_LOOPBACK,
	REASON_ANSWER,
	REASON_INVALID,
	REASON_FAMILY_OFF,
	REASON_OFF,	   /* the guest is, and the packet would go back to where it came from */
	REASON_LINK_LOCAL, /* from or to a link-local address: likewise */
	REASON_LINK_TYPE,  /* said on a link alone: nobody routes it */
	REASON_UNMANAGED,
	REASON_FRIEND,
	REASON_ICMP,	      /* that always passes */
	REASON_ICMP_ACCEPTED, /* by [icmp] */
	REASON_LINK,	      /* what a link needs: neighbours, DHCP */
	REASON_UNFILTERED,    /* FIREWALL = no */
	REASON_RULE,	      /* a setting names it */
	REASON_LIMITED,	      /* none does, and there are others that do */
	REASON_UNLIMITED,     /* none does, and nothing is limited */
	REASON_UNNAMED,	      /* none does */
	REASON_NO_FILE,	      /* ours, and no host file applies to it */
	REASON_STRANGER,      /* none of ours */
	REASON_TO_WORLD,      /* our own may go there */
	REASON_INTO_LAN,      /* of a [network], and no host file applies to it */
	REASON_BEHIND,	      /* behind a guest */
	REASON_POLICY,
	REASON_LEAVES,
	REASON_COUNT
};

extern const char *const reason_names[REASON_COUNT]; /* "wrong-mac": for programs */

enum outcome { OUTCOME_NEXT, OUTCOME_ACCEPTED, OUTCOME_DROPPED };

/* One look at the packet. Which of the fields behind the third count depends on what was found. */
struct trace_entry {
	uint8_t step, reason, outcome; /* enum step, found, outcome: what follows from it */
	uint8_t target, chain;	       /* of a level or a POLICY: enum target, chain */
	const struct vif *vif;
	const struct host *host;
	const struct rule *rule;
	const struct port_forward *forward;
	const struct network *network;
	const struct policy_route *route;
	struct prefix prefix;
	struct ifname interface;
};

#define TRACE_ENTRIES_MAX 12

struct evaluation {
	bool is_accepted;
	struct trace_entry entries[TRACE_ENTRIES_MAX];
	unsigned count;
	const struct trace_entry *decision; /* the one that accepted or dropped it */
	struct place from, to;
	bool is_bridged;

	/* How it arrives, if it does. */
	struct prefix destination;
	uint16_t port;
	bool is_translated;	   /* its source is ... */
	struct prefix source;	   /* ... or zeroed, and it is that of the interface */
	struct ifname source_link; /* that it leaves through */
};

/* Has the protocol ports? */
bool protocol_has_ports(uint8_t protocol);

/*
 * Does connection tracking take such a packet for the first one of a connection, or not track it at
 * all? Of ICMP that is only what asks; what answers or reports without being about a connection is
 * invalid. Source: the kernel's nf_conntrack_proto_icmp.c and nf_conntrack_proto_icmpv6.c
 */
bool packet_can_begin(const struct packet *packet);

/*
 * The line of the configuration behind a entry: "ipv4.d/web1.conf:6: [settings] USERS"; a rule of
 * the house has none, and gives "". Returns out.
 */
#define TRACE_LOCATION_SIZE 160
const char *trace_location(char out[static TRACE_LOCATION_SIZE], const struct policy *policy,
			   const struct trace_entry *entry, enum family family);

#endif
