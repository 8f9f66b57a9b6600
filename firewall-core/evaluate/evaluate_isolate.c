/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ISOLATE: guests of a network that do not see each other, whatever else would let them. */
#include "evaluate/trace.h"
#include "policy/policy_vif.h"
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

static bool is_router(const struct trace *trace, const struct vif *vif, enum family family)
{
	return vif && policy_vif_router(trace->policy, vif, family);
}

static bool is_any_router(const struct trace *trace, const struct vif *vif)
{
	return is_router(trace, vif, IPV4) || is_router(trace, vif, IPV6);
}

/* From a guest of the network, as its source tells, through a router to one that is none. */
static bool is_sent_on(const struct trace *trace, const struct network *network)
{
	const struct prefix *source = &trace->packet.source;
	enum family family = source->family;
	struct prefix own;

	return !trace->packet.ether_type && trace->policy->settings.antispoof &&
	       prefix_contains(&network->subnet, source) &&
	       is_router(trace, trace->from.vif, family) &&
	       !is_router(trace, trace->to.vif, family) &&
	       !topology_owner(&own, trace->topology, source);
}

const struct network *evaluate_find_isolation(const struct trace *trace)
{
	bool is_open = is_any_router(trace, trace->from.vif) || is_any_router(trace, trace->to.vif);

	for (uint32_t i = 0; i < trace->policy->network_count; i++) {
		const struct network *network = &trace->policy->networks[i];

		if (network->isolated &&
		    !strcmp(network->interface.text, trace->from.bridge.text) &&
		    (!is_open || is_sent_on(trace, network)))
			return network;
	}
	return NULL;
}
