/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests of one on-link subnet, some routed and some on bridges: what the kernel has to answer for
 * among the ones, so that they find the others. Pure.
 */
#ifndef SUBNET_MEMBER_H
#define SUBNET_MEMBER_H

#include "network/netconf.h"

/* A vif as the others in its subnets know it. */
struct subnet_member {
	bool is_bridged;
	uint32_t index;	 /* where its guest is met: the vif's, or its bridge's */
	uint32_t uplink; /* of a routed one: it has its own proxy entries there */
	unsigned count;
	struct prefix addresses[VIF_PREFIXES_MAX]; /* no wider prefixes: these are routers' */
};

/* uplink  of a routed vif; of a bridged one it is of no matter */
struct subnet_member subnet_member_of_vif(const struct vif *vif, uint32_t uplink);

/*
 * The networks that it has addresses in, each once: a guest takes who is in its /64, or of IPv4 its
 * /24, for a neighbour. Returns how many.
 */
unsigned subnet_member_networks(struct prefix networks[static VIF_PREFIXES_MAX],
				const struct subnet_member *member);

/*
 * The proxy entries by which two vifs, a routed and a bridged one, find each other in a subnet: on
 * the bridge for the routed one, and on its vif for the bridged one. Where PROXY_ARP or PROXY_NDP
 * is "no" there are none, and none for IPv4 on a vif where PROXY_ARP = yes answers for everybody.
 */
void subnet_member_proxies(struct netconf *changes, const struct settings *settings,
			   const struct prefix *network, const struct subnet_member *one,
			   const struct subnet_member *other);

#endif
