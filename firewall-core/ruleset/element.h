/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The moving data of the ruleset: sets, which the configuration fixes, and elements, which come and
 * go with the guests. An element is the bytes of the kernel's key, so that text and netlink are two
 * ways to say the same.
 */
#ifndef ELEMENT_H
#define ELEMENT_H

#include "policy/policy.h"
#include <stdio.h>

/* The steps of a packet's way at which levels are looked at. */
enum stage {
	STAGE_FORWARD_OUT, /* from a guest or network: keyed by source */
	STAGE_FORWARD_IN,  /* to a guest or network: keyed by destination */
	STAGE_INPUT,	   /* to a local host: keyed by destination */
	STAGE_OUTPUT,	   /* from a local host: keyed by source */
	STAGE_LINK_OUT,	   /* from a link-local address of a guest on a bridge: keyed by its vif */
	STAGE_LINK_IN,	   /* to groups and link-local addresses there: keyed by the vif */
	STAGE_COUNT
};

extern const char *const stage_names[STAGE_COUNT];

/* The tables are of three families, and none can look into another's sets. */
enum table { TABLE_INET, TABLE_ARP, TABLE_BRIDGE, TABLE_COUNT };

enum set_kind {
	/* Interface */
	SET_SPOOFED, /* counts what spoofing protection dropped */
	SET_REFUSED, /* counts what the policy dropped */
	/* What else was dropped, by reason: elements that packets themselves put in. */
	SET_OVER_CONNECTIONS,
	SET_OVER_FRAGMENTS,
	SET_OVER_NEIGHBOURS,
	SET_OVER_GROUPS,
	SET_OVER_DESTINATIONS,
	SET_SHARE_FROM,		/* leads to the chain that counts what such a vif begins */
	SET_SHARE_TO,		/* and to the one that counts what others open to it */
	SET_EGRESS_LIMITED_VIF, /* of a guest that may not open anything it likes */
	SET_PORT,		/* of an attached vif that is a port of a bridge */
	SET_NO_IPV6,		/* of one whose ip= names IPv4 alone: it hears no routers */
	SET_ROUTER4,		/* of one that may say what only routers say, in IPv4 */
	SET_ROUTER6,		/* and in IPv6 */
	SET_LIMITED_ROUTER4,	/* of such a one that may not open what it likes, in IPv4 */
	SET_LIMITED_ROUTER6,	/* and in IPv6 */
	SET_VRRP,		/* of one that agrees with others who is the router (RFC 5798) */
	SET_UNFILTERED4,	/* of one whose host file says FIREWALL = no, in IPv4 */
	SET_UNFILTERED6,	/* and in IPv6 */
	SET_ETHERTYPE,		/* . ether type, which the vif may have in its frames */

	SET_GUEST_MAC, /* MAC of a guest on a bridge */

	/* Interface . MAC */
	SET_VIF_MAC,	/* of an attached vif */
	SET_ANY_SOURCE, /* of one without addresses: it may send from any that is nobody else's */
	SET_ND_LLADDR,	/* of one on a bridge, as it stands in options of neighbour discovery */

	/* Interface [. MAC] . address */
	SET_ROUTED_SOURCE,   /* of a network that a vif is the next hop for */
	SET_SOURCE,	     /* what a vif may send from */
	SET_TARGET,	     /* what a vif on a bridge may advertise to neighbours */
	SET_ISOLATED_SOURCE, /* of a [network] with ISOLATE on the bridge of a router */
	SET_QUOTED, /* whom a packet was for that a vif on a bridge may send an error about */

	SET_OWNED,	    /* address that a vif has, not one within that a host file applies to */
	SET_OWNED_TARGET,   /* the same, as it stands in errors and neighbour advertisements */
	SET_ROUTED,	    /* address of a network behind an online guest */
	SET_GUEST,	    /* address of an online guest */
	SET_GUEST_TARGET,   /* likewise */
	SET_SHARED,	    /* address of a guest that others have too, here and elsewhere */
	SET_SHARED_TARGET,  /* likewise */
	SET_MACHINE,	    /* address of this machine itself */
	SET_MACHINE_TARGET, /* likewise */
	SET_NETWORK,	    /* address of a TYPE = network host */
	SET_CLAIMED,	    /* the same, whatever its INTERFACE */
	SET_DOMU,	    /* address of a TYPE = domu host, be it online or not */
	SET_LOCAL,	    /* address of a TYPE = local host */
	SET_UNFILTERED,	    /* address whose host file says FIREWALL = no */
	SET_EGRESS_LIMITED, /* address that may open only what its outgoing settings name */
	SET_EGRESS_LIMITED_LINK, /* link-local address of such a vif on a bridge */
	SET_SERVICE,		 /* address [. peer] [. protocol [. port]] */

	SET_UNMANAGED, /* address of an [unmanaged] network */
	SET_LAN,       /* address of a [network] */
	SET_LAN_FROM,  /* interface's name . address of a [network]: where its sources come from */
	SET_LAN_PAIR,  /* address of a [network] . of one with the same INTERFACE */
	SET_FRIEND,    /* address of a [network] [. peer]: who reaches all of it */

	/* Translated sources. */
	SET_HAIRPIN, /* source . destination that know a way which does not come through here */
	SET_SNAT,    /* [interface's name .] address : what leaves (there) has this address */
	SET_MASQ,    /* [interface's name .] address: what leaves (there) has the interface's one */
	SET_LAN_MASQUERADED, /* interface's name . address of a [network] with MASQUERADE */

	/* Translated destinations: ... protocol . port : address . port */
	SET_PAT_ADDRESS,  /* address . */
	SET_PAT_OWN,	  /* address of an interface . : where this machine still has it */
	SET_PAT_DEVICE,	  /* interface's name . : at its addresses, for what comes through it */
	SET_PAT_ANYWHERE, /* at any address of this machine, through whichever interface */
	SET_KIND_COUNT
};

/*
 * Which set. All fields take part in the order (element.c), so one that a kind has no use for is
 * zero. A prefix is looked up by its masked address, hence one set for each length in use.
 */
struct set {
	uint8_t table;	     /* enum table */
	uint8_t kind;	     /* enum set_kind */
	uint8_t stage;	     /* enum stage: SET_EGRESS_LIMITED, SET_SERVICE */
	uint8_t family;	     /* enum family; 0 for kinds up to SET_ND_LLADDR */
	uint8_t level;	     /* SET_SERVICE */
	uint8_t length;	     /* of the address, in bits; all of them for SET_PAT_* */
	uint8_t has_name;    /* an interface's name stands first */
	uint8_t has_peer;    /* SET_SERVICE, SET_LAN_PAIR, SET_FRIEND, SET_HAIRPIN */
	uint8_t peer_length; /* of these, in bits */
	uint8_t service;     /* SET_SERVICE: enum service_kind */
	uint8_t port_length; /* SERVICE_PORTS: bits of the port that count, 1 to 16 */
};

int set_compare(const struct set *a, const struct set *b);

/* "forward_in4_50_32_port16": its name in the kernel. Returns out. */
#define SET_NAME_SIZE 64
const char *set_name(char out[static SET_NAME_SIZE], const struct set *set);

/* Does it map its keys to a chain to go to? */
bool set_has_verdict(const struct set *set);

/* Is it of services of which a guest is known by its vif, and not by an address? */
bool set_is_link(const struct set *set);

enum field {
	FIELD_INDEX,
	FIELD_NAME,
	FIELD_MAC,
	FIELD_IPV4,
	FIELD_IPV6,
	FIELD_MAC_NUMBER,  /* in an option of neighbour discovery: nft has no name for it */
	FIELD_IPV4_NUMBER, /* the destination that an error of ICMP quotes: nor for this */
	FIELD_IPV6_NUMBER, /* the target of neighbour discovery: nor for this, before 1.0.7 */
	FIELD_ETHERTYPE,
	FIELD_PROTOCOL,
	FIELD_PORT,
	FIELD_COUNT
};

/* The fields of the set's key, in order. Returns how many. */
#define FIELDS_MAX 4
unsigned set_fields(enum field fields[static FIELDS_MAX], const struct set *set);

/* The fields of what it maps its keys to. Returns how many; 0: it is a set, not a map. */
unsigned set_data_fields(enum field fields[static FIELDS_MAX], const struct set *set);

/*
 * 16 (name or IPv6) + 16 (IPv6) + 4 + 4: each field is padded to four bytes, as nft_set
 * concatenations are.
 */
#define KEY_SIZE 40
#define DATA_SIZE 20 /* 16 (IPv6) + 4, likewise */

struct element {
	struct set set;
	uint8_t size; /* bytes of key */
	uint8_t key[KEY_SIZE];
	uint32_t share;	   /* of set_has_verdict(): how many connections its vif may have */
	uint8_t data_size; /* of a map: bytes of data */
	uint8_t data[DATA_SIZE];
};

/* The chain that an element of set_has_verdict() leads to. Returns out. Is a chain one of those? */
#define CHAIN_NAME_SIZE 32
const char *element_chain(char out[static CHAIN_NAME_SIZE], const struct element *element);
bool chain_has_elements(const char *name);

struct elements {
	struct element *elements;
	size_t count, room;
	bool failed; /* there was no memory for one: elements_check() */
};

/*
 * Start an element of the set; then append its fields in the order of set_fields(). Never NULL: out
 * of memory shows in elements_check().
 */
struct element *elements_add(struct elements *elements, const struct set *set);
void element_add_index(struct element *element, uint32_t index);
void element_add_name(struct element *element, const struct ifname *name);
void element_add_mac(struct element *element, const struct mac *mac);
void element_add_address(struct element *element, const struct prefix *prefix);
void element_add_protocol(struct element *element, uint8_t protocol);
void element_add_port(struct element *element, uint16_t port);
void element_add_ethertype(struct element *element, uint16_t ethertype);

/* Append to what the key is mapped to, in the order of set_data_fields(). */
void element_map_address(struct element *element, const struct prefix *address);
void element_map_port(struct element *element, uint16_t port);

/* Sort by set, then key, and drop repetitions. Fails when an element was lost to lack of memory. */
bool elements_finish(struct elements *elements, struct err *err) MUST_USE;
void elements_done(struct elements *elements);

/* Print it as nft reads it: "192.0.2.10 . 6 . 80", of a map "192.0.2.10 : 203.0.113.5". */
void element_print(FILE *out, const struct element *element);

#endif
