/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where addresses are, and whose: what the evaluator knows beside the policy. Pure. */
#ifndef TOPOLOGY_H
#define TOPOLOGY_H

#include "policy/policy.h"
#include "value/vif.h"

/* A network on a link of this machine, as the kernel's routes have it. */
struct topology_link {
	struct prefix prefix;
	struct ifname interface;
};

/* A next hop of this machine's default routes that is reached through a bridge. */
struct topology_gateway {
	struct prefix address;
	struct ifname bridge;
};

struct topology {
	const struct policy *policy;
	const struct vif *vifs; /* online; of two with one address, the later one is reached */
	size_t vif_count;
	const struct prefix *own; /* this machine's addresses */
	size_t own_count;
	const struct topology_link *links; /* beside what the configuration tells; may be none */
	size_t link_count;
	const struct topology_gateway *gateways; /* no guest's, but for one with a host file */
	size_t gateway_count;
	struct ifname uplink;	     /* "" is a name as any other: it is not known */
	struct ifname uplink_bridge; /* whose port it is, or it itself where it is one; or "" */
	bool tracks_bridges;	     /* the kernel tracks connections there */
};

enum place_kind {
	PLACE_UNKNOWN, /* the evaluator finds it */
	PLACE_MACHINE, /* this machine itself */
	PLACE_VIF,     /* behind a vif */
	PLACE_LINK,    /* behind any other interface */
};

struct place {
	uint8_t kind;		 /* enum place_kind */
	const struct vif *vif;	 /* PLACE_VIF; NULL: it is not online, and has no rules */
	struct ifname interface; /* of the vif or link; of a bridge's port that port, where known */
	struct ifname bridge;	 /* whose port that is, or which is the interface itself; or "" */
};

/* The place at an interface, by its name. */
struct place topology_at(const struct topology *topology, const struct ifname *name);

/*
 * Where an address is, as routes would have it: of a guest (a link-local one is of a vif that has
 * its MAC), this machine, a network behind a guest
 * (routing.cfg), a [network], a network's host file with INTERFACE; else at the uplink.
 */
struct place topology_find(const struct topology *topology, const struct prefix *address);

/*
 * The vif that a route of routing.cfg leads through to a part of the prefix of this length, of
 * those online, and not to a narrower one through this vif; or NULL.
 */
const struct vif *topology_other_router(const struct topology *topology, const struct vif *vif,
					const struct prefix *address, uint8_t length);

/* Does anything but the default route say where the address is? */
bool topology_is_known(const struct topology *topology, const struct prefix *address);

/* The interface that routing sees: the bridge, where it is the port of one. */
const struct ifname *place_interface(const struct place *place);

/* The vif with the narrowest prefix that holds the address (stored in *prefix), or NULL. */
const struct vif *topology_owner(struct prefix *prefix, const struct topology *topology,
				 const struct prefix *address);

/* The vif whose MAC, or one of whose MACS, gives the link-local address, or NULL. */
const struct vif *topology_by_mac(const struct topology *topology, const struct prefix *link_local);

/* Is it this machine's, or of its loopback? */
bool topology_is_own(const struct topology *topology, const struct prefix *address);

/* Is it one of this machine's gateways through this bridge? */
bool topology_is_gateway(const struct topology *topology, const struct ifname *bridge,
			 const struct prefix *address);

/* The [network] of the address, or NULL. */
const struct network *topology_network(const struct topology *topology,
				       const struct prefix *address);

/* The [unmanaged] network of the address, or NULL. */
const struct prefix *topology_unmanaged(const struct topology *topology,
					const struct prefix *address);

/* The route of routing.cfg through the vif whose destination holds the address, or NULL. */
const struct policy_route *topology_route(const struct topology *topology, const struct vif *vif,
					  const struct prefix *address);

/*
 * The vif that the narrowest route of routing.cfg to the address leads through, of those online, or
 * NULL. *length is the route's, or 0.
 */
const struct vif *topology_router(uint8_t *length, const struct topology *topology,
				  const struct prefix *address);

/* Which host file applies to an address. */
struct match {
	bool is_ours;		 /* an online guest's address, or that of a TYPE = network */
	const struct host *host; /* whose file counts; NULL: none does */
	const struct vif *vif;	 /* of a guest */
};

/*
 * Of guests and networks: the narrowest file that is for the address. interface is that of the
 * packet on the side of the address; NULL: whichever.
 */
struct match topology_match(const struct topology *topology, const struct prefix *address,
			    const struct ifname *interface);

/* The same among the files with TYPE = local; NULL: none. */
const struct host *topology_local_match(const struct topology *topology,
					const struct prefix *address,
					const struct ifname *interface);

#endif
