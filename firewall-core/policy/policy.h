/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy: all that the configuration says, as plain values. It holds no pointer but to its own
 * arrays, so that a snapshot of it is the arrays themselves (run.h).
 */
#ifndef POLICY_H
#define POLICY_H

#include "value/address.h"
#include "value/service.h"
#include <stdint.h>
#include <time.h>

enum backend { BACKEND_NFT, BACKEND_IPTABLES_RESTORE, BACKEND_IPTABLES, BACKEND_COUNT };
enum xen_mode { XEN_AUTO, XEN_YES, XEN_NO, XEN_MODE_COUNT };
enum log_mode { LOGGED_NONE, LOGGED_DROP, LOGGED_SPOOF, LOGGED_ALL, LOG_MODE_COUNT };
enum proxy_arp { PROXY_ARP_NO, PROXY_ARP_YES, PROXY_ARP_STRICT, PROXY_ARP_COUNT };
enum chain { CHAIN_INPUT, CHAIN_OUTPUT, CHAIN_FORWARD, CHAIN_COUNT };
enum target { TARGET_NONE, TARGET_ACCEPT, TARGET_DROP, TARGET_RETURN, TARGET_COUNT };
enum host_type { HOST_DOMU, HOST_LOCAL, HOST_NETWORK, HOST_TYPE_COUNT };
enum host_role { ROLE_HOST, ROLE_ROUTER, HOST_ROLE_COUNT };
enum program {
	PROGRAM_IPTABLES,
	PROGRAM_IP6TABLES,
	PROGRAM_EBTABLES,
	PROGRAM_IPTABLES_RESTORE,
	PROGRAM_IP6TABLES_RESTORE,
	PROGRAM_EBTABLES_RESTORE,
	PROGRAM_COUNT
};
enum nat { NAT_NONE, NAT_ADDRESS, NAT_MASQUERADE };

/* How many connections a guest may have at a time: CONNECTIONS. */
enum share_kind { SHARE_DEFAULT, SHARE_COUNT, SHARE_UNLIMITED };
struct share {
	uint8_t kind;	/* enum share_kind */
	uint32_t count; /* SHARE_COUNT */
};
#define SHARE_MAX 1000000

extern const char *const backend_names[BACKEND_COUNT];	   /* as in BACKEND = */
extern const char *const program_names[PROGRAM_COUNT];	   /* "iptables-restore" */
extern const char *const xen_mode_names[XEN_MODE_COUNT];   /* as in XEN = */
extern const char *const log_mode_names[LOG_MODE_COUNT];   /* as in LOG = */
extern const char *const proxy_arp_names[PROXY_ARP_COUNT]; /* as in PROXY_ARP = */
extern const char *const chain_names[CHAIN_COUNT];	   /* "input", "output", "forward" */
extern const char *const target_names[TARGET_COUNT];	   /* "ACCEPT", "DROP", "RETURN" */
extern const char *const host_type_names[HOST_TYPE_COUNT]; /* as in TYPE = */
extern const char *const host_role_names[HOST_ROLE_COUNT]; /* as in ROLE = */

#define LEVEL_MAX 99
#define LEVEL_DEFAULT 50
#define DOM0_ADDRESSES_MAX 32
#define ICMP_TYPES_MAX 64
#define HOST_MACS_MAX 16
#define HOST_ETHERTYPES_MAX 8
#define ROUTE_METRIC_DEFAULT 2048 /* behind what guests have themselves: ROUTE_METRIC, netconf.h */
#define NAME_SIZE 64
#define PATH_SIZE 256

/* taofirewall.conf */
struct settings {
	uint8_t backend, xen, log; /* enum backend, xen_mode, log_mode */
	uint8_t proxy_arp;	   /* enum proxy_arp */
	bool proxy_ndp, antispoof;
	uint32_t packet_marks;	   /* the two of a packet's: from a guest's port, from a bridge */
	uint32_t connection_marks; /* the two of a connection's: let begin, routed or bridged */
	struct share connections;  /* of guests whose host files say nothing of it */
	uint32_t places;	   /* that the kernel's table of connections has; 0: not asked */
	struct ifname uplink;	   /* "" means auto: where the default route goes */
	/*
	 * Dom0's addresses on routed vifs, by family; none means auto: the uplink's oldest global
	 * one.
	 */
	struct prefix dom0[FAMILY_COUNT][DOM0_ADDRESSES_MAX];
	uint8_t dom0_count[FAMILY_COUNT];
	char hooks[PATH_SIZE];			 /* folder of the *.hook programs */
	char programs[PROGRAM_COUNT][PATH_SIZE]; /* what the iptables backends run */
	uint32_t connections_line;
	uint32_t antispoof_line; /* as all lines: of the key in its file; 0: it is not there */
};

/* One chain of ipv4.conf or ipv6.conf. */
struct chain_policy {
	uint8_t policy;		      /* TARGET_ACCEPT or TARGET_DROP */
	uint8_t level[LEVEL_MAX + 1]; /* enum target; TARGET_NONE: not declared */
	uint32_t policy_line;
	uint32_t level_line[LEVEL_MAX + 1];
};

/* ipv4.conf or ipv6.conf */
struct family_policy {
	bool enabled;
	struct chain_policy chain[CHAIN_COUNT];
	uint8_t icmp_count;
	uint8_t icmp[ICMP_TYPES_MAX]; /* further types that pass, of ICMP or ICMPv6 */
	uint32_t enabled_line;	      /* in taofirewall.conf */
	uint32_t icmp_line, unmanaged_line;
};

/* The settings of one machine in one family. */
struct host {
	char name[NAME_SIZE];
	char file[NAME_SIZE];	 /* "web1.conf", in ipv4.d or ipv6.d */
	struct ifname interface; /* "" means any */
	uint8_t family, type;	 /* enum family, host_type */
	uint8_t role;		 /* enum host_role: ROLE_ROUTER may say what only routers say */
	bool filtered;		 /* FIREWALL = yes */
	bool shared;		 /* its addresses are also used by others, here and elsewhere */
	bool any_card;		 /* and by other vifs of the same guest */
	bool limited;		 /* has outgoing settings in a level whose target is ACCEPT */
	uint8_t nat;		 /* enum nat: the source of what it sends out of here */
	struct share connections;
	struct prefix nat_address; /* NAT_ADDRESS */
	struct ifname
		nat_device; /* translated only there; "" means on the way to no network of ours */
	struct prefix address; /* its first one, where forwarded ports lead to */
	uint8_t mac_count, ethertype_count;
	struct mac macs[HOST_MACS_MAX];		  /* what it may send from beside its own */
	uint16_t ethertypes[HOST_ETHERTYPES_MAX]; /* and what it may send beside IP and ARP */
	uint32_t first_rule, rule_count;
	uint32_t first_forward, forward_count;
	uint32_t ip_line, filtered_line, nat_line, connections_line;
};

/* This host file applies to these addresses, unless a narrower claim does. */
struct claim {
	struct prefix prefix;
	uint32_t host;
};

/* One service that a host file names. */
struct rule {
	struct service service;
	struct prefix peer; /* from or to whom; used with has_peer only */
	bool has_peer;
	bool outgoing;
	uint8_t level;
	uint32_t line; /* in the host's file, for explanations */
};

/* PAT: what comes for a port of the NAT address goes to a port of the host. */
struct port_forward {
	uint16_t public_port, private_port; /* host byte order */
	uint8_t protocol;
	uint32_t line; /* in the host's file */
};

/* [network NAME]: a virtual LAN behind an interface of this machine. */
struct network {
	char name[NAME_SIZE];
	uint8_t family;
	bool isolated; /* its guests do not see each other */
	struct prefix subnet;
	struct ifname interface; /* a bridge */
	struct ifname
		masquerade; /* what leaves there has that interface's address; "": it does not */
	uint32_t first_friend, friend_count; /* who reaches all of it */
	uint32_t line;			     /* in ipv4.conf or ipv6.conf: the section's own */
	uint32_t friends_line, masquerade_line, isolated_line;
};

/* One destination of a section of routing.cfg. */
struct policy_route {
	char name[NAME_SIZE];
	struct prefix destination, via;
	uint32_t metric;
	uint32_t line; /* in routing.cfg */
};

/* An address of an interface that a host file names as NAT_DEVICE, as the kernel had it. */
struct device_address {
	struct ifname device;
	struct prefix address;
};

struct policy {
	struct timespec changed; /* the configuration as it was read: conf_changed() */
	struct settings settings;
	struct family_policy family[FAMILY_COUNT];
	struct host *hosts;
	struct claim *claims;	       /* sorted by prefix_compare(), no prefix twice */
	struct rule *rules;	       /* those of one host stand together */
	struct port_forward *forwards; /* likewise */
	struct network *networks;
	struct prefix *friends;	  /* those of one network stand together */
	struct prefix *unmanaged; /* whose traffic is none of our business; sorted */
	struct policy_route *routes;
	struct device_address *devices; /* read from the kernel: nat_device.h */
	uint32_t host_count, claim_count, rule_count, forward_count;
	uint32_t network_count, friend_count, unmanaged_count, route_count, device_count;
	void *mapping; /* the snapshot that the arrays lie in, or NULL: they are the policy's own */
	size_t mapping_size;
};

/* Frees the contents; safe on a zeroed policy and twice. */
void policy_done(struct policy *policy);

/* Append a zeroed one and return it, NULL when there is no memory. It may move what was there. */
struct host *policy_add_host(struct policy *policy);
struct claim *policy_add_claim(struct policy *policy);
struct rule *policy_add_rule(struct policy *policy);
struct port_forward *policy_add_forward(struct policy *policy);
struct network *policy_add_network(struct policy *policy);
struct prefix *policy_add_friend(struct policy *policy);
struct prefix *policy_add_unmanaged(struct policy *policy);
struct policy_route *policy_add_route(struct policy *policy);
struct device_address *policy_add_device(struct policy *policy);

/*
 * Put claims, friends and unmanaged networks in order and check what one file alone can't tell: an
 * address claimed by two files, a name given twice, a level that its chain does not declare,
 * networks that overlap, a port forwarded twice, a route given twice. Warns of what loads but can't
 * be meant. Sets `limited`. Call it once, after the last policy_add_*().
 */
void policy_finish(struct policy *policy, struct report *report);

/* The narrowest claim that holds all of prefix, or NULL. */
const struct claim *policy_claim_for(const struct policy *policy, const struct prefix *prefix);

/* Does a file with TYPE = domu apply to exactly this address? */
bool policy_is_guests(const struct policy *policy, const struct prefix *address);

/*
 * The parts of a vif's prefix: the prefix itself, and then each claim inside it that is narrower,
 * which has a host file of its own. *at, which begins with 0, is how many were told. NULL behind
 * the last.
 */
const struct prefix *policy_next_part(uint32_t *at, const struct policy *policy,
				      const struct prefix *prefix);

/*
 * The TYPE = network file of exactly this prefix, or NULL: what it says of that holds whoever has
 * the prefix, and stays when the vif goes.
 */
const struct host *policy_network_host(const struct policy *policy, const struct prefix *prefix);

/* Has a host of the family a public port that leads to it (PAT)? */
bool policy_has_forwards(const struct policy *policy, enum family family);

/* Can there be guests on bridges, and rules for them? Not on a machine without Xen. */
bool policy_has_bridges(const struct policy *policy);

/* The bit of connection_marks for what is routed, or for what passes a bridge. */
uint32_t policy_connection_mark(const struct settings *settings, bool bridged);

/* The bit of packet_marks for what came through a bridge, or through a guest's port there. */
uint32_t policy_bridged_mark(const struct settings *settings);
uint32_t policy_guests_mark(const struct settings *settings);

/* Does a [network] on this bridge say, in either family, that its guests do not see each other? */
bool policy_isolates(const struct policy *policy, const struct ifname *bridge);

/* Is there any such network? */
bool policy_isolates_any(const struct policy *policy);

/* The file that a host came from: "ipv4.d/web1.conf". Returns out. */
#define HOST_PATH_SIZE (NAME_SIZE + 8)
const char *host_path(char out[static HOST_PATH_SIZE], const struct host *host);

/* The target of the level in which the host has this rule. */
enum target policy_rule_target(const struct policy *policy, const struct host *host,
			       const struct rule *rule);

/* The chain whose levels hold for what goes into (or with outgoing, comes from) the host. */
enum chain host_chain(const struct host *host, bool outgoing);

#endif
