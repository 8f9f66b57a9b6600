/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ISOLATE: guests of a network that do not see each other, whatever else would let them. */
#include "evaluate/trace.h"
#include <string.h>

/* From a port of its bridge back to it, by way of this machine, whatever the source says. */
static bool comes_back(const struct trace *trace, const struct network *to)
{
	return to && to->isolated && trace->from.kind == PLACE_VIF &&
	       !strcmp(trace->from.bridge.text, to->interface.text);
}

bool evaluate_is_isolated(struct trace *trace)
{
	const struct network *from = topology_network(trace->topology, &trace->packet.source);
	const struct network *to = topology_network(trace->topology, &trace->packet.destination);

	if (trace->is_bridged || trace->is_translated ||
	    !(comes_back(trace, to) || (from && from == to && from->isolated)))
		return false;
	evaluate_note(trace, STEP_BRIDGE, REASON_ISOLATED, OUTCOME_DROPPED)->network = to;
	return true;
}

const struct network *evaluate_find_isolation(const struct trace *trace)
{
	for (uint32_t i = 0; i < trace->policy->network_count; i++) {
		const struct network *network = &trace->policy->networks[i];

		if (network->isolated && !strcmp(network->interface.text, trace->from.bridge.text))
			return network;
	}
	return NULL;
}
