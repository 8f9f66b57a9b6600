/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an explanation is about, beside the policy. */
#ifndef FIREWALL_SCENE_H
#define FIREWALL_SCENE_H

#include "evaluate/topology.h"
#include "firewall/firewall.h"

struct scene {
	struct topology topology;
	struct vif *vifs;
	struct prefix *own;
	struct topology_gateway *gateways;
	const char *guests; /* who is taken to be online, for people */
};

/*
 * Find out who is online (--online; or those that run, where xenstore answers; or all that have a
 * host file), and which addresses and which uplink this machine has, as far as the kernel and the
 * configuration tell. scene is zeroed; it points into policy. Fails when --online names nobody.
 */
bool scene_read(struct scene *scene, const struct policy *policy, const struct call *call,
		struct err *err) MUST_USE;
void scene_done(struct scene *scene);

#endif
