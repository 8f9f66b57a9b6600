/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests of one network, some routed and some on bridges: what the kernel has to answer for on one
 * side, so that those there find those of the other. Pure.
 */
#ifndef SIDE_H
#define SIDE_H

#include "network/netconf.h"

/* A vif as those on the other side know it. */
struct side {
	bool is_bridged;
	uint32_t index;	 /* where its guest is met: the vif's, or its bridge's */
	uint32_t uplink; /* of a routed one: it has its own proxy entries there */
	unsigned count;
	struct prefix addresses[VIF_PREFIXES_MAX]; /* no wider prefixes: these are routers' */
};

/* uplink  of a routed vif; of a bridged one it is of no matter */
struct side side_of_vif(const struct vif *vif, uint32_t uplink);

/*
 * The networks that it has addresses in, each once: a guest takes who is in its /64, or of IPv4 its
 * /24, for a neighbour. Returns how many.
 */
unsigned side_networks(struct prefix networks[static VIF_PREFIXES_MAX], const struct side *side);

/*
 * The proxy entries by which two vifs, one of each side, find each other in a network: on the
 * bridge for the routed one, and on its vif for the bridged one. Where PROXY_ARP or PROXY_NDP is
 * "no" there are none, and none for IPv4 on a vif where PROXY_ARP = yes answers for everybody.
 */
void side_proxies(struct netconf *changes, const struct settings *settings,
		  const struct prefix *network, const struct side *one, const struct side *other);

#endif
