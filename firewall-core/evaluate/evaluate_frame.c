/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame that is neither IP nor ARP, from one port of a bridge to another → does it pass? */
#include "evaluate/trace.h"
#include "policy/policy_vif.h"

static bool has_ethertype(const struct trace *trace, const struct place *place)
{
	return place->vif &&
	       policy_vif_has_ethertype(trace->policy, place->vif, trace->packet.ether_type);
}

/* Nobody looks at what is inside. Elsewhere than on bridges no such frame goes on. */
enum outcome evaluate_frame(struct trace *trace)
{
	bool from_guest = trace->from.kind == PLACE_VIF, to_guest = trace->to.kind == PLACE_VIF;
	const struct network *isolation = evaluate_find_isolation(trace);
	enum reason reason = REASON_ETHERTYPE;
	bool passes = has_ethertype(trace, &trace->from) || has_ethertype(trace, &trace->to);
	enum outcome outcome;

	if (!trace->is_bridged) {
		passes = false;
	} else if (from_guest && to_guest) {
		passes = !isolation;
		reason = isolation ? REASON_ISOLATED : REASON_SWITCHED;
	} else if (!from_guest && !to_guest) {
		passes = true;
		reason = REASON_OTHER_PORTS;
	}
	outcome = passes ? OUTCOME_ACCEPTED : OUTCOME_DROPPED;
	evaluate_note_bridge(trace, reason, outcome, isolation);
	return outcome;
}
