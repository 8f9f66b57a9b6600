/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet, the policy and who is online → the steps that it takes, up to the one that decides. */
#include "evaluate/evaluate.h"
#include "evaluate/walk.h"
#include "policy/policy_vif.h"
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#define VRRP 112 /* RFC 5798 */

struct remark *walk_remark(struct walk *walk, enum step step, enum found finding,
			   enum outcome outcome)
{
	struct evaluation *evaluation = walk->evaluation;
	/* No way has as many steps; were there one, its last remark would be lost, no other. */
	unsigned at = evaluation->count < REMARKS_MAX ? evaluation->count++ : REMARKS_MAX - 1;
	struct remark *remark = &evaluation->remarks[at];

	*remark = (struct remark){ .step = (uint8_t)step,
				   .finding = (uint8_t)finding,
				   .outcome = (uint8_t)outcome };
	if (outcome != OUTCOME_NEXT)
		evaluation->decision = remark;
	return remark;
}

bool walk_is_ports(const struct walk *walk, uint8_t protocol, uint16_t source_port, uint16_t port)
{
	const struct packet *packet = &walk->packet;

	return packet->protocol == protocol && packet->source_port == source_port &&
	       packet->port == port;
}

bool walk_is_icmpv6(const struct walk *walk, const uint8_t *types)
{
	return walk->packet.source.family == IPV6 && walk->packet.protocol == IPPROTO_ICMPV6 &&
	       walk->packet.type != 0 && strchr((const char *)types, walk->packet.type);
}

static enum outcome drop_disabled(struct walk *walk)
{
	walk_remark(walk, STEP_CONNECTION, FOUND_FAMILY_OFF, OUTCOME_DROPPED);
	return OUTCOME_DROPPED;
}

/* Of a family that is off, nothing passes but what belongs to an old connection. */
static enum outcome look_at_connection(struct walk *walk)
{
	static const enum found findings[CONNECTION_COUNT] = {
		[CONNECTION_ESTABLISHED] = FOUND_ANSWER,
		[CONNECTION_INVALID] = FOUND_INVALID,
	};
	bool can_tell = !walk->is_bridged || walk->site->tracks_bridges;
	bool is_tracked =
		can_tell && !(walk->is_bridged && prefix_is_group(&walk->packet.destination));
	enum connection connection = can_tell ? walk->packet.connection : CONNECTION_NEW;
	enum outcome outcome = OUTCOME_ACCEPTED;

	if (connection == CONNECTION_NEW && is_tracked && !packet_can_begin(&walk->packet))
		connection = CONNECTION_INVALID;
	if (connection == CONNECTION_INVALID)
		outcome = OUTCOME_DROPPED;
	if (connection != CONNECTION_NEW) {
		walk_remark(walk, STEP_CONNECTION, findings[connection], outcome);
		return outcome;
	}
	if (walk->policy->family[walk->packet.source.family].enabled)
		return OUTCOME_NEXT;
	return drop_disabled(walk);
}

/*
 * Without tracking, what needs no answer passes, and hosts that filter themselves, with each other
 * and with those that are none of ours.
 */
static enum outcome look_without_tracking(struct walk *walk)
{
	const struct prefix *ends[] = { &walk->packet.source, &walk->packet.destination };
	const struct host *unfiltered = NULL;
	enum step step = STEP_BRIDGE;

	if (site_unmanaged(walk->site, ends[0]) || site_unmanaged(walk->site, ends[1]))
		return walk_anyway(walk);
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct speaker speaker = site_speaker(walk->site, ends[i], NULL);

		if (!speaker.host || speaker.host->filtered) /* is it for this interface? */
			speaker = site_speaker(walk->site, ends[i], i ? &walk->out : &walk->in);
		if (speaker.host && !speaker.host->filtered) {
			unfiltered = speaker.host;
			step = i ? STEP_INCOMING : STEP_OUTGOING;
		} else if (speaker.is_ours) {
			unfiltered = NULL;
			break;
		}
	}
	if (!unfiltered) {
		walk_remark(walk, STEP_BRIDGE, FOUND_UNTRACKED, OUTCOME_DROPPED);
		return OUTCOME_DROPPED;
	}
	walk_remark(walk, step, FOUND_UNFILTERED, OUTCOME_ACCEPTED)->host = unfiltered;
	return OUTCOME_ACCEPTED;
}

static enum outcome walk_policy(struct walk *walk)
{
	enum outcome outcome = look_at_connection(walk);

	if (outcome == OUTCOME_NEXT && walk->is_bridged && !walk->site->tracks_bridges &&
	    !prefix_is_group(&walk->packet.destination))
		return look_without_tracking(walk);
	if (outcome == OUTCOME_NEXT)
		outcome = walk_claimed_source(walk);
	if (outcome == OUTCOME_NEXT)
		outcome = walk_anyway(walk);
	return outcome == OUTCOME_NEXT ? walk_levels(walk) : outcome;
}

/* To all of VRRP, from or to a guest that is one of them. */
static bool is_election(const struct walk *walk)
{
	static const struct prefix groups[FAMILY_COUNT] = {
		[IPV4] = { { 224, 0, 0, 18 }, IPV4, 32 },
		[IPV6] = { { 0xff, 0x02, [15] = 0x12 }, IPV6, 128 },
	};
	const struct packet *packet = &walk->packet;

	return packet->protocol == VRRP &&
	       !prefix_compare(&packet->destination, &groups[packet->source.family]) &&
	       ((walk->from.vif && policy_vif_elects(walk->policy, walk->from.vif)) ||
		(walk->to.vif && policy_vif_elects(walk->policy, walk->to.vif)));
}

/* What would make a guest that has IPv4 addresses alone give itself one of IPv6. */
static bool is_unheard(const struct walk *walk)
{
	static const uint8_t types[] = { ND_ROUTER_ADVERT, 0 };
	const struct vif *vif = walk->to.vif;

	return walk->policy->settings.antispoof && vif && vif->prefix_count &&
	       !vif_has_family(vif, IPV6) && walk_is_icmpv6(walk, types);
}

/* Frames from one port of a bridge to another. */
static enum outcome walk_bridge(struct walk *walk)
{
	bool from_guest = walk->from.kind == PLACE_VIF, to_guest = walk->to.kind == PLACE_VIF;
	const struct network *isolation = walk_find_isolation(walk);
	enum found finding = FOUND_BRIDGED;
	enum outcome outcome = OUTCOME_NEXT;
	bool is_on = walk->policy->family[walk->packet.source.family].enabled;
	struct remark *remark;

	if (!from_guest && !to_guest)
		finding = FOUND_OTHER_PORTS;
	else if (is_unheard(walk))
		finding = FOUND_NO_IPV6;
	else if (from_guest && to_guest)
		finding = isolation ? FOUND_ISOLATED : FOUND_SWITCHED;
	if (finding == FOUND_SWITCHED && !is_on)
		return drop_disabled(walk);
	if (finding != FOUND_BRIDGED)
		outcome = finding == FOUND_ISOLATED || finding == FOUND_NO_IPV6 ? OUTCOME_DROPPED
										: OUTCOME_ACCEPTED;
	remark = walk_remark(walk, STEP_BRIDGE, finding, outcome);
	remark->interface = walk->from.bridge;
	remark->network = finding == FOUND_ISOLATED ? isolation : NULL;
	if (outcome == OUTCOME_NEXT && is_on && (walk_is_link_need(walk) || is_election(walk))) {
		walk_remark(walk, STEP_ICMP, FOUND_LINK, OUTCOME_ACCEPTED);
		return OUTCOME_ACCEPTED;
	}
	return outcome == OUTCOME_NEXT ? walk_policy(walk) : outcome;
}

static enum outcome walk_route(struct walk *walk)
{
	enum outcome outcome;

	walk_translate(walk);
	if (walk->from.kind == PLACE_MACHINE && walk->to.kind == PLACE_MACHINE) {
		walk_remark(walk, STEP_CONNECTION, FOUND_LOOPBACK, OUTCOME_ACCEPTED);
		return OUTCOME_ACCEPTED;
	}
	outcome = walk_policy(walk);
	if (outcome == OUTCOME_ACCEPTED && walk->to.kind != PLACE_MACHINE)
		walk_leave(walk);
	return outcome;
}

/* What is for a link stays there: nobody routes it. */
static bool is_for_link(const struct prefix *address)
{
	struct err ignored;

	return !prefix_check_unicast(address, &ignored);
}

static struct place find_destination(const struct site *site, const struct packet *packet,
				     const struct place *from)
{
	const struct vif *station;

	if (packet->to.kind != PLACE_UNKNOWN)
		return packet->to;
	station = site_station(site, &packet->destination);
	if (station && *from->bridge.text && !strcmp(station->bridge.text, from->bridge.text))
		return site_at(site, &station->name);
	if (!is_for_link(&packet->destination))
		return site_find(site, &packet->destination);
	if (from->kind == PLACE_MACHINE && !site_is_own(site, &packet->destination))
		return site_at(site, &site->uplink);
	return (struct place){ .kind = PLACE_MACHINE };
}

void evaluate(struct evaluation *evaluation, const struct site *site, const struct packet *packet)
{
	struct walk walk = { .site = site, .policy = site->policy, .packet = *packet };
	enum outcome outcome;

	*evaluation = (struct evaluation){ .count = 0 };
	walk.evaluation = evaluation;
	walk.from = packet->from.kind == PLACE_UNKNOWN ? site_find(site, &packet->source)
						       : packet->from;
	walk.to = find_destination(site, packet, &walk.from);
	walk.is_bridged =
		*walk.from.bridge.text && !strcmp(walk.from.bridge.text, walk.to.bridge.text);
	walk.in = walk.is_bridged ? walk.from.interface : *place_interface(&walk.from);
	walk.out = walk.is_bridged ? walk.to.interface : *place_interface(&walk.to);

	outcome = walk_source(&walk);
	if (outcome == OUTCOME_NEXT)
		outcome = walk.is_bridged ? walk_bridge(&walk) : walk_route(&walk);
	evaluation->is_accepted = outcome == OUTCOME_ACCEPTED;
	evaluation->from = walk.from;
	evaluation->to = walk.to;
	evaluation->is_bridged = walk.is_bridged;
	evaluation->destination = walk.packet.destination;
	evaluation->port = walk.packet.port;
}
