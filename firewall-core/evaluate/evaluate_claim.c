/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The step source of what begins a connection: does it come from where it belongs? */
#include "evaluate/trace.h"
#include <string.h>

static struct trace_entry *drop_at_source(struct trace *trace, enum reason reason)
{
	return evaluate_note(trace, STEP_SOURCE, reason, OUTCOME_DROPPED);
}

bool evaluate_is_from_there(const struct trace *trace)
{
	struct place there = topology_find(trace->topology, &trace->packet.source);

	return trace->is_bridged || trace->from.kind == PLACE_MACHINE ||
	       !topology_is_known(trace->topology, &trace->packet.source) ||
	       !strcmp(place_interface(&there)->text, trace->in.text);
}

/* Is there a narrower route to the source, and no guest's: back to where it comes from? */
static bool is_routed_back(const struct trace *trace, uint8_t length)
{
	const struct policy *policy = trace->policy;
	const struct policy_route *narrowest = NULL;
	struct prefix owned;
	struct place there;

	for (uint32_t i = 0; i < policy->route_count; i++) {
		const struct policy_route *route = &policy->routes[i];

		if (route->destination.length <= length ||
		    !prefix_contains(&route->destination, &trace->packet.source) ||
		    policy_is_guests(policy, &route->via) ||
		    topology_owner(&owned, trace->topology, &route->via))
			continue;
		length = route->destination.length;
		narrowest = route;
	}
	if (!narrowest)
		return false;
	there = topology_find(trace->topology, &narrowest->via);
	return !strcmp(place_interface(&there)->text, trace->in.text);
}

const struct vif *evaluate_router(const struct trace *trace)
{
	uint8_t length;
	const struct vif *router = topology_router(&length, trace->topology, &trace->packet.source);

	return length ? router : NULL;
}

const struct vif *evaluate_router_elsewhere(const struct trace *trace)
{
	uint8_t length;
	const struct vif *router = topology_router(&length, trace->topology, &trace->packet.source);
	bool is_back = router && *router->bridge.text &&
		       !strcmp(router->bridge.text, trace->from.bridge.text);

	return !length || is_back || is_routed_back(trace, length) ? NULL : router;
}

/*
 * Does a host file with TYPE = network hold the address, wherever its INTERFACE is, by a prefix
 * that is longer than length?
 */
static bool is_claimed(const struct policy *policy, const struct prefix *address, int length)
{
	for (uint32_t i = 0; i < policy->claim_count; i++)
		if (policy->hosts[policy->claims[i].host].type == HOST_NETWORK &&
		    policy->claims[i].prefix.length > length &&
		    prefix_contains(&policy->claims[i].prefix, address))
			return true;
	return false;
}

static void drop_claimed(struct trace *trace)
{
	struct place there = topology_find(trace->topology, &trace->packet.source);

	drop_at_source(trace, REASON_CLAIMED_SOURCE)->interface = *place_interface(&there);
}

bool evaluate_claimed_part(struct trace *trace, uint8_t length)
{
	if (!is_claimed(trace->policy, &trace->packet.source, length) ||
	    evaluate_is_from_there(trace))
		return false;
	drop_claimed(trace);
	return true;
}

/*
 * On a bridge: of a [network], and to one behind another interface, without being routed. What a
 * guest has of its own is right.
 */
static const struct network *find_stray(const struct trace *trace)
{
	const struct network *from = topology_network(trace->topology, &trace->packet.source);
	const struct network *to = topology_network(trace->topology, &trace->packet.destination);
	struct prefix prefix;

	return trace->is_bridged && from && to &&
			       strcmp(from->interface.text, to->interface.text) != 0 &&
			       !topology_owner(&prefix, trace->topology, &trace->packet.source)
		       ? from
		       : NULL;
}

/* Of a routed vif, all was found out before. */
enum outcome evaluate_claim(struct trace *trace)
{
	const struct network *stray = find_stray(trace);
	const struct prefix *source = &trace->packet.source;
	bool is_routed_vif = trace->from.kind == PLACE_VIF && !*trace->from.bridge.text;
	struct err ignored;

	if (stray) {
		drop_at_source(trace, REASON_STRAY_SOURCE)->network = stray;
		return OUTCOME_DROPPED;
	}
	if (is_routed_vif || evaluate_is_from_there(trace) ||
	    !prefix_check_unicast(source, &ignored))
		return OUTCOME_NEXT;
	if (topology_is_own(trace->topology, source)) {
		if (prefix_is_link_local(source) ||
		    !prefix_check_unicast(&trace->packet.destination, &ignored))
			return OUTCOME_NEXT;
		drop_at_source(trace, REASON_MACHINE_SOURCE)->vif = trace->from.vif;
		return OUTCOME_DROPPED;
	}
	if (!is_claimed(trace->policy, source, -1))
		return OUTCOME_NEXT;
	drop_claimed(trace);
	return OUTCOME_DROPPED;
}
