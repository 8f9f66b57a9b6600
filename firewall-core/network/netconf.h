/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A routed vif → the changes to links, addresses, neighbours and routes that give it its network.
 * Pure.
 */
#ifndef NETCONF_H
#define NETCONF_H

#include "policy/policy.h"
#include "value/vif.h"

/*
 * Ours: only what bears it is ever removed. Nobody has it in linux/rtnetlink.h (OVN is 84), in
 * iproute2's rt_protos, in BIRD, FRR (186 to 198), keepalived, olsrd (100) or Calico (80).
 * conf/taofirewall.rt_protos names it for ip(8).
 */
#define ROUTE_PROTOCOL 116
#define ROUTE_METRIC                                                                               \
	1024 /* of a vif that is alone with its addresses; a newer duplicate has one less */
#define LINK_GROUP 29793 /* of every vif that we attached: the rules know a renamed vif by it */

enum netconf_kind {
	NETCONF_ADDRESS,   /* prefix on index */
	NETCONF_NEIGHBOUR, /* prefix, an address, has mac on index, for ever */
	NETCONF_ROUTE,	   /* prefix goes out through index */
	NETCONF_PROXY,	   /* index answers ARP or NDP for prefix */
};

struct netconf_op {
	uint8_t kind;
	struct prefix prefix;
	uint32_t index;	       /* interface; 0: of a route, the one that leads to its gateway */
	struct mac mac;	       /* NETCONF_NEIGHBOUR */
	struct prefix source;  /* NETCONF_ROUTE: Dom0's address, the preferred source */
	struct prefix gateway; /* NETCONF_ROUTE: next hop, onlink; zeroed: none */
	struct prefix via;     /* NETCONF_ROUTE of routing.cfg: its VIA; zeroed: it is none */
	uint32_t metric;       /* NETCONF_ROUTE */
};

/*
 * Room for all that one vif needs: Dom0's two addresses, and three changes for each of its
 * prefixes.
 */
#define NETCONF_MAX (2 + 3 * VIF_PREFIXES_MAX)

struct netconf {
	struct netconf_op change[NETCONF_MAX];
	unsigned count;
};

/* Where a vif is routed to. */
struct uplink {
	struct ifname name;
	uint32_t index;
	struct mac mac;
	struct prefix address[FAMILY_COUNT]; /* a global one that stays; zeroed: it has none */
	unsigned candidates[FAMILY_COUNT];   /* how many global addresses that one is of */
	struct prefix link_local;	     /* IPv6; zeroed: it has none */
};

/*
 * Which address Dom0 has on the vif, in one family: DOM0_IP or DOM0_IP6 where set (of a list the
 * first in the same /64, IPv4: /24, as one of the vif's own addresses, else the first), else the
 * uplink's. Fails when there is none; the error names the remedy.
 */
bool netconf_dom0_address(struct prefix *address, const struct settings *settings,
			  const struct uplink *uplink, const struct vif *vif, enum family family,
			  struct err *err) MUST_USE;

/*
 * All changes for the vif, in the order in which they are to be made, its link being up: Dom0's
 * address of each family the vif has, then for each of its prefixes a permanent neighbour, a route,
 * and for an address the proxy entry on the uplink (unless PROXY_ARP or PROXY_NDP is "no").
 *
 * metric  of its routes
 *
 * A prefix that is no single address is routed through a next hop which has the neighbour entry: so
 * it needs no resolution, whoever scans it, and whether the guest has the addresses itself or
 * routes them on. For IPv4 this is its own first address, for IPv6 the link-local one that the
 * guest's MAC gives.
 *
 * Fails when there is no address for Dom0, or the vif has the same one.
 */
bool netconf_vif(struct netconf *changes, const struct settings *settings,
		 const struct uplink *uplink, const struct vif *vif, uint32_t metric,
		 struct err *err) MUST_USE;

/* The routes of routing.cfg that lead through one vif. */
struct vif_routes {
	struct vif_route {
		struct prefix destination, via;
		uint32_t metric;
	} route[VIF_ROUTES_MAX];
	unsigned count;
};

/*
 * Find the routes whose VIA is the vif's, or lies in a prefix of it. Fails when there are more than
 * fit.
 */
bool netconf_find_routes(struct vif_routes *routes, const struct policy *policy,
			 const struct vif *vif, struct err *err) MUST_USE;

/*
 * The changes of these routes, in the order in which they are to be made: for each a permanent
 * neighbour and the route. For IPv6 the neighbour is the guest's link-local address, as in
 * netconf_vif(). Of a bridged vif it is the route alone, through the bridge: the guest is found
 * there as everybody is.
 * dom0  this machine's addresses on the vif, which it speaks from
 */
void netconf_routes(struct netconf *changes, const struct vif_routes *routes, const struct vif *vif,
		    const struct prefix dom0[static FAMILY_COUNT]);

/* The same of a route whose next hop is none of our guests: the kernel knows where that one is. */
struct netconf_op netconf_plain_route(const struct policy_route *route);

/* "route 192.0.2.10 dev 7", "route 10.8.0.0/24 via 192.0.2.12": for messages. Returns out. */
#define NETCONF_OP_TEXT 128
const char *netconf_op_print(char out[static NETCONF_OP_TEXT], const struct netconf_op *change);

#endif
