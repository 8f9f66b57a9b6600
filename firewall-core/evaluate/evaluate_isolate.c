/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ISOLATE: guests of a network that do not see each other, whatever else would let them. */
#include "evaluate/walk.h"
#include <string.h>

/* From a port of its bridge back to it, by way of this machine, whatever the source says. */
static bool comes_back(const struct walk *walk, const struct network *to)
{
	return to && to->isolated && walk->from.kind == PLACE_VIF &&
	       !strcmp(walk->from.bridge.text, to->interface.text);
}

bool walk_is_isolated(struct walk *walk)
{
	const struct network *from = site_network(walk->site, &walk->packet.source);
	const struct network *to = site_network(walk->site, &walk->packet.destination);

	if (walk->is_bridged || walk->is_translated ||
	    !(comes_back(walk, to) || (from && from == to && from->isolated)))
		return false;
	walk_remark(walk, STEP_BRIDGE, FOUND_ISOLATED, OUTCOME_DROPPED)->network = to;
	return true;
}

const struct network *walk_find_isolation(const struct walk *walk)
{
	for (uint32_t i = 0; i < walk->policy->network_count; i++) {
		const struct network *network = &walk->policy->networks[i];

		if (network->isolated && !strcmp(network->interface.text, walk->from.bridge.text))
			return network;
	}
	return NULL;
}
