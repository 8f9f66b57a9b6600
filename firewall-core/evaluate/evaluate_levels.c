/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps outgoing, incoming and policy: what the host files of a packet's two ends say. */
#include "evaluate/trace.h"
#include "policy/policy_vif.h"
#include <string.h>

static bool names_service(const struct service *service, const struct packet *packet)
{
	if (service->kind == SERVICE_ALL)
		return true;
	if (service->protocol != packet->protocol)
		return false;
	return service->kind == SERVICE_PROTOCOL ||
	       (service->first <= packet->port && packet->port <= service->last);
}

/* The host's first rule that names the packet: of the lowest level, and there of the first line. */
static const struct rule *find_rule(const struct trace *trace, const struct host *host,
				    bool outgoing)
{
	const struct packet *packet = &trace->packet;
	const struct prefix *peer = outgoing ? &packet->destination : &packet->source;
	const struct rule *found = NULL;

	for (uint32_t i = 0; i < host->rule_count; i++) {
		const struct rule *rule = &trace->policy->rules[host->first_rule + i];

		if (rule->outgoing == outgoing &&
		    (!rule->has_peer || prefix_contains(&rule->peer, peer)) &&
		    names_service(&rule->service, packet) && (!found || rule->level < found->level))
			found = rule;
	}
	return found;
}

static struct trace_entry *note_host(struct trace *trace, enum step step, enum reason reason,
				     enum outcome outcome, const struct host *host)
{
	struct trace_entry *entry = evaluate_note(trace, step, reason, outcome);

	entry->host = host;
	return entry;
}

static enum outcome look_at_policy(struct trace *trace, enum chain chain)
{
	enum target target = trace->policy->family[trace->packet.source.family].chain[chain].policy;
	enum outcome outcome = target == TARGET_ACCEPT ? OUTCOME_ACCEPTED : OUTCOME_DROPPED;
	struct trace_entry *entry = evaluate_note(trace, STEP_POLICY, REASON_POLICY, outcome);

	entry->target = (uint8_t)target;
	entry->chain = (uint8_t)chain;
	return outcome;
}

/*
 * The host's levels, and where they leave it open what follows for a packet that they do not
 * decide: OUTCOME_NEXT. accepted is what ACCEPT means here.
 */
static enum outcome look_at_levels(struct trace *trace, enum step step, const struct host *host,
				   enum outcome accepted)
{
	bool outgoing = step == STEP_OUTGOING;
	enum chain chain = host_chain(host, outgoing);
	const struct rule *rule = host->filtered ? find_rule(trace, host, outgoing) : NULL;
	enum outcome outcome = OUTCOME_NEXT;
	struct trace_entry *entry;
	enum target target;

	if (!host->filtered) {
		note_host(trace, step, REASON_UNFILTERED, accepted, host);
		return accepted;
	}
	if (!rule && outgoing && host->limited) {
		note_host(trace, step, REASON_LIMITED, OUTCOME_DROPPED, host);
		return OUTCOME_DROPPED;
	}
	if (!rule) {
		note_host(trace, step, outgoing ? REASON_UNLIMITED : REASON_UNNAMED, OUTCOME_NEXT,
			  host);
		return OUTCOME_NEXT;
	}
	target = policy_rule_target(trace->policy, host, rule);
	if (target == TARGET_ACCEPT)
		outcome = accepted;
	else if (target == TARGET_DROP)
		outcome = OUTCOME_DROPPED;
	entry = note_host(trace, step, REASON_RULE, outcome, host);
	entry->rule = rule;
	entry->target = (uint8_t)target;
	entry->chain = (uint8_t)chain;
	return outcome;
}

/*
 * The file whose outgoing settings hold for a link-local address. To this machine, which hears of
 * no ports of a bridge, one of MACS has those of the file that names it.
 */
static const struct host *find_link_limit(const struct trace *trace)
{
	const struct policy *policy = trace->policy;
	const struct vif *vif = trace->from.vif;
	const struct host *limit = NULL;
	struct mac mac;

	if (!prefix_is_link_local(&trace->packet.source))
		return NULL;
	if (vif && (trace->is_bridged || !*vif->bridge.text))
		limit = policy_vif_limiting_host(policy, vif);
	if (limit || (vif && trace->is_bridged))
		return limit;
	if (!mac_from_link_local(&mac, &trace->packet.source))
		return NULL;
	for (uint32_t i = 0; i < policy->host_count; i++)
		if (policy_host_names_mac(&policy->hosts[i], &mac) &&
		    policy_host_is_limited(policy, &policy->hosts[i]))
			return &policy->hosts[i];
	for (size_t i = 0; i < trace->topology->vif_count && !limit; i++)
		if (*trace->topology->vifs[i].bridge.text &&
		    !memcmp(&trace->topology->vifs[i].mac, &mac, sizeof(mac)))
			limit = policy_vif_limiting_host(policy, &trace->topology->vifs[i]);
	return limit;
}

/*
 * The host file of a guest on a bridge that decides about what is said on its link: one that is not
 * filtered, else the one whose level comes first; NULL: it has none in this IP version.
 */
static const struct host *find_link_host(const struct trace *trace, const struct vif *vif,
					 bool outgoing)
{
	const struct host *found = NULL, *host;
	const struct rule *first = NULL, *rule;
	unsigned at = 0;

	while ((host = policy_vif_next_host(&at, trace->policy, vif))) {
		if (host->family != trace->packet.source.family)
			continue;
		if (!host->filtered && !outgoing)
			return host;
		rule = host->filtered ? find_rule(trace, host, outgoing) : NULL;
		if (!found || (rule && (!first || rule->level < first->level))) {
			found = host;
			first = rule;
		}
	}
	return outgoing && !first ? NULL : found;
}

/* From a link-local address. */
static enum outcome trace_from_link(struct trace *trace, const struct host *limit)
{
	const struct vif *vif = trace->is_bridged ? trace->from.vif : NULL;
	const struct host *host = vif ? find_link_host(trace, vif, true) : NULL;

	if (host)
		return look_at_levels(trace, STEP_OUTGOING, host, OUTCOME_NEXT);
	note_host(trace, STEP_OUTGOING, REASON_LIMITED, OUTCOME_DROPPED, limit);
	return OUTCOME_DROPPED;
}

struct match evaluate_match(const struct trace *trace, const struct prefix *address,
			    const struct ifname *interface)
{
	struct match match = topology_match(trace->topology, address, interface);

	if (trace->is_bridged && match.host && match.host->type == HOST_DOMU &&
	    !*match.vif->bridge.text)
		match.host = NULL;
	return match;
}

/*
 * The levels of a router on a bridge, for what it sends from an address that is neither anybody's
 * here nor behind a guest. False: nothing in them tells.
 */
static bool trace_from_router(enum outcome *outcome, struct trace *trace)
{
	const struct vif *vif = trace->is_bridged ? trace->from.vif : NULL;
	const struct host *router =
		vif ? policy_vif_router(trace->policy, vif, trace->packet.source.family) : NULL;
	const struct host *host;

	if (!router || evaluate_router(trace))
		return false;
	host = find_link_host(trace, vif, true);
	if (!host && !router->limited)
		return false;
	if (host) {
		*outcome = look_at_levels(trace, STEP_OUTGOING, host, OUTCOME_NEXT);
		return true;
	}
	note_host(trace, STEP_OUTGOING, REASON_LIMITED, OUTCOME_DROPPED, router);
	*outcome = OUTCOME_DROPPED;
	return true;
}
/* What a guest or a network sends, whoever it is for. */
static enum outcome trace_outgoing(struct trace *trace)
{
	struct match match = evaluate_match(trace, &trace->packet.source, &trace->in);
	const struct host *limit = find_link_limit(trace);
	enum outcome outcome;

	if (limit)
		return trace_from_link(trace, limit);
	if (match.host)
		return look_at_levels(trace, STEP_OUTGOING, match.host, OUTCOME_NEXT);
	if (!match.is_ours && trace_from_router(&outcome, trace))
		return outcome;
	evaluate_note(trace, STEP_OUTGOING, match.is_ours ? REASON_NO_FILE : REASON_STRANGER,
		      OUTCOME_NEXT)
		->vif = match.vif;
	return OUTCOME_NEXT;
}

/* Of a guest that shares the address with who is none of ours, and from elsewhere than a guest. */
static bool is_shared_elsewhere(const struct trace *trace)
{
	struct match match = evaluate_match(trace, &trace->packet.source, NULL);
	bool from_routed = trace->from.kind == PLACE_VIF && !*trace->from.bridge.text;

	return match.host && match.host->shared && !from_routed && !evaluate_is_from_there(trace);
}

/*
 * To no host of ours. Into a virtual LAN nobody comes unasked; into the world our own may go, those
 * of a virtual LAN too.
 */
static enum outcome trace_to_stranger(struct trace *trace)
{
	const struct network *lan = topology_network(trace->topology, &trace->packet.destination);
	const struct network *own = topology_network(trace->topology, &trace->packet.source);
	bool to_vif = trace->to.kind == PLACE_VIF && (trace->is_bridged || !*trace->to.bridge.text);
	bool is_ours;

	if (to_vif) {
		evaluate_note(trace, STEP_INCOMING, REASON_BEHIND, OUTCOME_NEXT)->vif =
			trace->to.vif;
		return look_at_policy(trace, CHAIN_FORWARD);
	}
	if (lan && !trace->is_bridged) {
		evaluate_note(trace, STEP_INCOMING, REASON_INTO_LAN, OUTCOME_NEXT)->network = lan;
		return look_at_policy(trace, CHAIN_FORWARD);
	}
	is_ours = (evaluate_match(trace, &trace->packet.source, &trace->in).is_ours &&
		   !is_shared_elsewhere(trace)) ||
		  (trace->is_bridged ? trace->from.kind == PLACE_VIF
				     : own && !strcmp(own->interface.text, trace->in.text));
	if (is_ours) {
		evaluate_note(trace, STEP_INCOMING, REASON_TO_WORLD, OUTCOME_ACCEPTED);
		return OUTCOME_ACCEPTED;
	}
	evaluate_note(trace, STEP_INCOMING, REASON_STRANGER, OUTCOME_NEXT);
	return look_at_policy(trace, CHAIN_FORWARD);
}

/* For a group, for all or for a link-local address: does it leave through the port of a guest? */
static bool leaves_on_link(const struct trace *trace)
{
	return trace->is_bridged && trace->to.vif &&
	       (evaluate_is_for_many(trace) || prefix_is_link_local(&trace->packet.destination));
}

static enum outcome trace_forward(struct trace *trace)
{
	struct match match = evaluate_match(trace, &trace->packet.destination, &trace->out);
	const struct host *link = NULL;
	enum outcome outcome = trace_outgoing(trace);

	if (outcome != OUTCOME_NEXT)
		return outcome;
	if (leaves_on_link(trace))
		link = find_link_host(trace, trace->to.vif, false);
	if (link)
		match = (struct match){ true, link, trace->to.vif };
	if (!match.is_ours)
		return trace_to_stranger(trace);
	if (match.host)
		outcome = look_at_levels(trace, STEP_INCOMING, match.host, OUTCOME_ACCEPTED);
	else
		evaluate_note(trace, STEP_INCOMING, REASON_NO_FILE, OUTCOME_NEXT)->vif = match.vif;
	return outcome == OUTCOME_NEXT ? look_at_policy(trace, CHAIN_FORWARD) : outcome;
}

/* This machine's own end. */
static enum outcome trace_local(struct trace *trace, enum step step, const struct prefix *address,
				const struct ifname *interface)
{
	const struct host *host = topology_local_match(trace->topology, address, interface);
	enum outcome outcome = OUTCOME_NEXT;

	if (host)
		outcome = look_at_levels(trace, step, host, OUTCOME_ACCEPTED);
	else
		evaluate_note(trace, step, REASON_NO_FILE, OUTCOME_NEXT);
	return outcome == OUTCOME_NEXT
		       ? look_at_policy(trace, step == STEP_OUTGOING ? CHAIN_OUTPUT : CHAIN_INPUT)
		       : outcome;
}

enum outcome evaluate_levels(struct trace *trace)
{
	enum outcome outcome;

	if (trace->from.kind == PLACE_MACHINE)
		return trace_local(trace, STEP_OUTGOING, &trace->packet.source, &trace->out);
	if (trace->to.kind != PLACE_MACHINE)
		return trace_forward(trace);
	outcome = trace_outgoing(trace);
	return outcome == OUTCOME_NEXT
		       ? trace_local(trace, STEP_INCOMING, &trace->packet.destination, &trace->in)
		       : outcome;
}
