/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The step source of what begins a connection: does it come from where it belongs? */
#include "evaluate/walk.h"
#include <string.h>

static struct remark *drop(struct walk *walk, enum found finding)
{
	return walk_remark(walk, STEP_SOURCE, finding, OUTCOME_DROPPED);
}

bool walk_is_from_there(const struct walk *walk)
{
	struct place there = site_find(walk->site, &walk->packet.source);

	return walk->is_bridged || walk->from.kind == PLACE_MACHINE ||
	       !site_is_known(walk->site, &walk->packet.source) ||
	       !strcmp(place_interface(&there)->text, walk->in.text);
}

/* Does a host file with TYPE = network hold the address, wherever its INTERFACE is? */
static bool is_claimed(const struct policy *policy, const struct prefix *address)
{
	for (uint32_t i = 0; i < policy->claim_count; i++)
		if (policy->hosts[policy->claims[i].host].type == HOST_NETWORK &&
		    prefix_contains(&policy->claims[i].prefix, address))
			return true;
	return false;
}

/*
 * On a bridge: of a [network], and to one behind another interface, without being routed. What a
 * guest has of its own is right.
 */
static const struct network *find_stray(const struct walk *walk)
{
	const struct network *from = site_network(walk->site, &walk->packet.source);
	const struct network *to = site_network(walk->site, &walk->packet.destination);
	struct prefix prefix;

	return walk->is_bridged && from && to &&
			       strcmp(from->interface.text, to->interface.text) != 0 &&
			       !site_owner(&prefix, walk->site, &walk->packet.source)
		       ? from
		       : NULL;
}

/* Of a routed vif, all was found out before. */
enum outcome walk_claimed_source(struct walk *walk)
{
	const struct network *stray = find_stray(walk);
	const struct prefix *source = &walk->packet.source;
	bool is_routed_vif = walk->from.kind == PLACE_VIF && !*walk->from.bridge.text;
	struct err ignored;
	struct place there;

	if (stray) {
		drop(walk, FOUND_STRAY_SOURCE)->network = stray;
		return OUTCOME_DROPPED;
	}
	if (is_routed_vif || walk_is_from_there(walk) || !prefix_check_unicast(source, &ignored))
		return OUTCOME_NEXT;
	if (site_is_own(walk->site, source)) {
		if (prefix_is_link_local(source) ||
		    !prefix_check_unicast(&walk->packet.destination, &ignored))
			return OUTCOME_NEXT;
		drop(walk, FOUND_MACHINE_SOURCE)->vif = walk->from.vif;
		return OUTCOME_DROPPED;
	}
	if (!is_claimed(walk->policy, source))
		return OUTCOME_NEXT;
	there = site_find(walk->site, source);
	drop(walk, FOUND_CLAIMED_SOURCE)->interface = *place_interface(&there);
	return OUTCOME_DROPPED;
}
