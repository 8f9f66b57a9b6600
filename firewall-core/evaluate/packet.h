/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet, and what can be found on its way. */
#ifndef PACKET_H
#define PACKET_H

#include "evaluate/site.h"
#include "value/step.h"

/* What connection tracking calls the packet. */
enum connection { CONNECTION_NEW, CONNECTION_ESTABLISHED, CONNECTION_INVALID, CONNECTION_COUNT };

extern const char *const connection_names[CONNECTION_COUNT]; /* "new", "established", "invalid" */

struct packet {
	struct prefix source, destination; /* addresses of one family */
	uint8_t protocol;		   /* IANA number */
	uint8_t type;			   /* of ICMP or ICMPv6 */
	uint8_t connection;		   /* enum connection */
	uint16_t source_port, port;	   /* where the protocol has ports; host byte order */
	bool has_mac;			   /* of a vif: else one of the guest's own that fits */
	struct mac mac;
	struct place from, to; /* PLACE_UNKNOWN: where site_find() finds them */
};

enum found {
	FOUND_NO_RULES,	      /* the vif has none */
	FOUND_LOCAL,	      /* this machine sends it itself */
	FOUND_UNPROTECTED,    /* ANTISPOOF = no */
	FOUND_OWN_SOURCE,     /* the guest's own address */
	FOUND_CARD_SOURCE,    /* that of another card of the guest (ANY_CARD) */
	FOUND_BEHIND_SOURCE,  /* of a network that the guest is the next hop of */
	FOUND_STARTING,	      /* what DHCP, neighbour discovery and the like need */
	FOUND_OPEN_SOURCE,    /* of a vif without ip=, and nobody else's */
	FOUND_ROUTED_SOURCE,  /* of a router, likewise */
	FOUND_LAN_SOURCE,     /* from the interface of its [network] */
	FOUND_SHARED_SOURCE,  /* a guest's that others have, too */
	FOUND_FOREIGN_SOURCE, /* nobody's here */
	FOUND_OTHERS_SOURCE,  /* another guest's */
	FOUND_MACHINE_SOURCE, /* this machine's */
	FOUND_GATEWAY_SOURCE, /* its gateway's */
	FOUND_STRAY_SOURCE,   /* of a [network], from elsewhere */
	FOUND_CLAIMED_SOURCE, /* of a TYPE = network host, likewise */
	FOUND_UNKNOWN_SOURCE, /* not in the vif's ip= */
	FOUND_WRONG_MAC,
	FOUND_NO_GUESTS, /* what only routers and DHCP servers send */
	FOUND_FORWARDED,
	FOUND_SWITCHED,	   /* between guests of one bridge */
	FOUND_ISOLATED,	   /* likewise, with ISOLATE */
	FOUND_NO_IPV6,	   /* a router's, for a guest with IPv4 alone */
	FOUND_OTHER_PORTS, /* between ports that are no guests' */
	FOUND_UNTRACKED,   /* the kernel can't tell an answer from a question there */
	FOUND_BRIDGED,	   /* between a guest and another port: as if it were routed */
	FOUND_LOOPBACK,
	FOUND_ANSWER,
	FOUND_INVALID,
	FOUND_FAMILY_OFF,
	FOUND_OFF, /* the guest is, and the packet would go back to where it came from */
	FOUND_UNMANAGED,
	FOUND_FRIEND,
	FOUND_ICMP,	     /* that always passes */
	FOUND_ICMP_ACCEPTED, /* by [icmp] */
	FOUND_LINK,	     /* what a link needs: neighbours, DHCP */
	FOUND_UNFILTERED,    /* FIREWALL = no */
	FOUND_RULE,	     /* a setting names it */
	FOUND_LIMITED,	     /* none does, and there are others that do */
	FOUND_UNLIMITED,     /* none does, and nothing is limited */
	FOUND_UNNAMED,	     /* none does */
	FOUND_NO_FILE,	     /* ours, and no host file speaks for it */
	FOUND_STRANGER,	     /* none of ours */
	FOUND_TO_WORLD,	     /* our own may go there */
	FOUND_INTO_LAN,	     /* of a [network], and no host file speaks for it */
	FOUND_BEHIND,	     /* behind a guest */
	FOUND_POLICY,
	FOUND_LEAVES,
	FOUND_COUNT
};

extern const char *const found_names[FOUND_COUNT]; /* "wrong-mac": for programs */

enum outcome { OUTCOME_NEXT, OUTCOME_ACCEPTED, OUTCOME_DROPPED };

/* One look at the packet. Which of the fields behind the third count depends on what was found. */
struct remark {
	uint8_t step, finding, outcome; /* enum step, found, outcome: what follows from it */
	uint8_t target, chain;		/* of a level or a POLICY: enum target, chain */
	const struct vif *vif;
	const struct host *host;
	const struct rule *rule;
	const struct port_forward *forward;
	const struct network *network;
	const struct policy_route *route;
	struct prefix prefix;
	struct ifname interface;
};

#define REMARKS_MAX 12

struct evaluation {
	bool is_accepted;
	struct remark remarks[REMARKS_MAX];
	unsigned count;
	const struct remark *decision; /* the one that accepted or dropped it */
	struct place from, to;
	bool is_bridged;

	/* How it arrives, if it does. */
	struct prefix destination;
	uint16_t port;
	bool is_translated;	   /* its source is ... */
	struct prefix source;	   /* ... or with length 0 it is the address of the interface */
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
 * The line of the configuration behind a remark: "ipv4.d/web1.conf:6: [settings] USERS"; a rule of
 * the house has none, and gives "". Returns out.
 */
#define REMARK_PLACE_SIZE 160
const char *remark_place(char out[static REMARK_PLACE_SIZE], const struct policy *policy,
			 const struct remark *remark, enum family family);

#endif
