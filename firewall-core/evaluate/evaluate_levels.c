/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps outgoing, incoming and policy: what the host files of a packet's two ends say. */
#include "evaluate/walk.h"
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
static const struct rule *find_rule(const struct walk *walk, const struct host *host, bool outgoing)
{
	const struct packet *packet = &walk->packet;
	const struct prefix *peer = outgoing ? &packet->destination : &packet->source;
	const struct rule *found = NULL;

	for (uint32_t i = 0; i < host->rule_count; i++) {
		const struct rule *rule = &walk->policy->rules[host->first_rule + i];

		if (rule->outgoing == outgoing &&
		    (!rule->has_peer || prefix_contains(&rule->peer, peer)) &&
		    names_service(&rule->service, packet) && (!found || rule->level < found->level))
			found = rule;
	}
	return found;
}

static struct remark *note(struct walk *walk, enum step step, enum found finding,
			   enum outcome outcome, const struct host *host)
{
	struct remark *remark = walk_remark(walk, step, finding, outcome);

	remark->host = host;
	return remark;
}

static enum outcome look_at_policy(struct walk *walk, enum chain chain)
{
	enum target target = walk->policy->family[walk->packet.source.family].chain[chain].policy;
	enum outcome outcome = target == TARGET_ACCEPT ? OUTCOME_ACCEPTED : OUTCOME_DROPPED;
	struct remark *remark = walk_remark(walk, STEP_POLICY, FOUND_POLICY, outcome);

	remark->target = (uint8_t)target;
	remark->chain = (uint8_t)chain;
	return outcome;
}

/*
 * The host's levels, and where they leave it open what follows for a packet that they do not
 * decide: OUTCOME_NEXT. accepted is what ACCEPT means here.
 */
static enum outcome look_at_levels(struct walk *walk, enum step step, const struct host *host,
				   enum outcome accepted)
{
	bool outgoing = step == STEP_OUTGOING;
	enum chain chain = host_chain(host, outgoing);
	const struct rule *rule = host->filtered ? find_rule(walk, host, outgoing) : NULL;
	enum outcome outcome = OUTCOME_NEXT;
	struct remark *remark;
	enum target target;

	if (!host->filtered) {
		note(walk, step, FOUND_UNFILTERED, accepted, host);
		return accepted;
	}
	if (!rule && outgoing && host->limited) {
		note(walk, step, FOUND_LIMITED, OUTCOME_DROPPED, host);
		return OUTCOME_DROPPED;
	}
	if (!rule) {
		note(walk, step, outgoing ? FOUND_UNLIMITED : FOUND_UNNAMED, OUTCOME_NEXT, host);
		return OUTCOME_NEXT;
	}
	target = policy_rule_target(walk->policy, host, rule);
	if (target == TARGET_ACCEPT)
		outcome = accepted;
	else if (target == TARGET_DROP)
		outcome = OUTCOME_DROPPED;
	remark = note(walk, step, FOUND_RULE, outcome, host);
	remark->rule = rule;
	remark->target = (uint8_t)target;
	remark->chain = (uint8_t)chain;
	return outcome;
}

/*
 * The file whose outgoing settings hold for a link-local address. To this machine, which hears of
 * no ports of a bridge, one of MACS has those of the file that names it.
 */
static const struct host *find_link_limit(const struct walk *walk)
{
	const struct policy *policy = walk->policy;
	const struct vif *vif = walk->from.vif;
	bool is_by_vif = vif && (walk->is_bridged || !*vif->bridge.text);
	struct mac mac;

	if (!prefix_is_link_local(&walk->packet.source))
		return NULL;
	if (is_by_vif)
		return policy_vif_limiting_host(policy, vif);
	if (!mac_from_link_local(&mac, &walk->packet.source))
		return NULL;
	for (uint32_t i = 0; i < policy->host_count; i++)
		if (policy_host_names_mac(&policy->hosts[i], &mac) &&
		    policy_host_is_limited(policy, &policy->hosts[i]))
			return &policy->hosts[i];
	return vif && !memcmp(&vif->mac, &mac, sizeof(mac)) ? policy_vif_limiting_host(policy, vif)
							    : NULL;
}

/*
 * The host file of a guest on a bridge that decides about what is said on its link: one that is not
 * filtered, else the one whose level comes first; NULL: it has none in this IP version.
 */
static const struct host *find_link_host(const struct walk *walk, const struct vif *vif,
					 bool outgoing)
{
	const struct host *found = NULL, *host;
	const struct rule *first = NULL, *rule;
	unsigned at = 0;

	while ((host = policy_vif_next_host(&at, walk->policy, vif))) {
		if (host->family != walk->packet.source.family)
			continue;
		if (!host->filtered && !outgoing)
			return host;
		rule = host->filtered ? find_rule(walk, host, outgoing) : NULL;
		if (!found || (rule && (!first || rule->level < first->level))) {
			found = host;
			first = rule;
		}
	}
	return outgoing && !first ? NULL : found;
}

/* From a link-local address. */
static enum outcome walk_from_link(struct walk *walk, const struct host *limit)
{
	const struct vif *vif = walk->is_bridged ? walk->from.vif : NULL;
	const struct host *host = vif ? find_link_host(walk, vif, true) : NULL;

	if (host)
		return look_at_levels(walk, STEP_OUTGOING, host, OUTCOME_NEXT);
	note(walk, STEP_OUTGOING, FOUND_LIMITED, OUTCOME_DROPPED, limit);
	return OUTCOME_DROPPED;
}

/* What a guest or a network sends, whoever it is for. */
static enum outcome walk_outgoing(struct walk *walk)
{
	struct speaker speaker = site_speaker(walk->site, &walk->packet.source, &walk->in);
	const struct host *limit = find_link_limit(walk);

	if (limit)
		return walk_from_link(walk, limit);
	if (speaker.host)
		return look_at_levels(walk, STEP_OUTGOING, speaker.host, OUTCOME_NEXT);
	walk_remark(walk, STEP_OUTGOING, speaker.is_ours ? FOUND_NO_FILE : FOUND_STRANGER,
		    OUTCOME_NEXT)
		->vif = speaker.vif;
	return OUTCOME_NEXT;
}

/*
 * To no host of ours. Into a virtual LAN nobody comes unasked; into the world our own may go, those
 * of a virtual LAN too.
 */
static enum outcome walk_to_stranger(struct walk *walk)
{
	const struct network *lan = site_network(walk->site, &walk->packet.destination);
	const struct network *own = site_network(walk->site, &walk->packet.source);
	bool to_vif = walk->to.kind == PLACE_VIF && (walk->is_bridged || !*walk->to.bridge.text);
	bool is_ours;

	if (to_vif) {
		walk_remark(walk, STEP_INCOMING, FOUND_BEHIND, OUTCOME_NEXT)->vif = walk->to.vif;
		return look_at_policy(walk, CHAIN_FORWARD);
	}
	if (lan && !walk->is_bridged) {
		walk_remark(walk, STEP_INCOMING, FOUND_INTO_LAN, OUTCOME_NEXT)->network = lan;
		return look_at_policy(walk, CHAIN_FORWARD);
	}
	is_ours = site_speaker(walk->site, &walk->packet.source, &walk->in).is_ours ||
		  (walk->is_bridged ? walk->from.kind == PLACE_VIF
				    : own && !strcmp(own->interface.text, walk->in.text));
	if (is_ours) {
		walk_remark(walk, STEP_INCOMING, FOUND_TO_WORLD, OUTCOME_ACCEPTED);
		return OUTCOME_ACCEPTED;
	}
	walk_remark(walk, STEP_INCOMING, FOUND_STRANGER, OUTCOME_NEXT);
	return look_at_policy(walk, CHAIN_FORWARD);
}

/* Is it for a group or a link-local address, and leaves through the port of a guest? */
static bool leaves_on_link(const struct walk *walk)
{
	return walk->is_bridged && walk->to.vif &&
	       (prefix_is_group(&walk->packet.destination) ||
		prefix_is_link_local(&walk->packet.destination));
}

static enum outcome walk_forward(struct walk *walk)
{
	struct speaker speaker = site_speaker(walk->site, &walk->packet.destination, &walk->out);
	const struct host *link = NULL;
	enum outcome outcome = walk_outgoing(walk);

	if (outcome != OUTCOME_NEXT)
		return outcome;
	if (leaves_on_link(walk))
		link = find_link_host(walk, walk->to.vif, false);
	if (link)
		speaker = (struct speaker){ true, link, walk->to.vif };
	if (!speaker.is_ours)
		return walk_to_stranger(walk);
	if (speaker.host)
		outcome = look_at_levels(walk, STEP_INCOMING, speaker.host, OUTCOME_ACCEPTED);
	else
		walk_remark(walk, STEP_INCOMING, FOUND_NO_FILE, OUTCOME_NEXT)->vif = speaker.vif;
	return outcome == OUTCOME_NEXT ? look_at_policy(walk, CHAIN_FORWARD) : outcome;
}

/* This machine's own end. */
static enum outcome walk_local(struct walk *walk, enum step step, const struct prefix *address,
			       const struct ifname *interface)
{
	const struct host *host = site_local_speaker(walk->site, address, interface);
	enum outcome outcome = OUTCOME_NEXT;

	if (host)
		outcome = look_at_levels(walk, step, host, OUTCOME_ACCEPTED);
	else
		walk_remark(walk, step, FOUND_NO_FILE, OUTCOME_NEXT);
	return outcome == OUTCOME_NEXT
		       ? look_at_policy(walk, step == STEP_OUTGOING ? CHAIN_OUTPUT : CHAIN_INPUT)
		       : outcome;
}

enum outcome walk_levels(struct walk *walk)
{
	enum outcome outcome;

	if (walk->from.kind == PLACE_MACHINE)
		return walk_local(walk, STEP_OUTGOING, &walk->packet.source, &walk->out);
	if (walk->to.kind != PLACE_MACHINE)
		return walk_forward(walk);
	outcome = walk_outgoing(walk);
	return outcome == OUTCOME_NEXT
		       ? walk_local(walk, STEP_INCOMING, &walk->packet.destination, &walk->in)
		       : outcome;
}
