/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A topology in words, packets to ask the evaluator about, and what it should say of them. */
#ifndef VERDICT_H
#define VERDICT_H

#include "evaluate/evaluate.h"
#include "folder.h"
#include <netinet/in.h>

static struct policy policy;
static struct vif vifs[8];
static struct prefix own[8];
static struct topology topology;

static struct prefix address(const char *text)
{
	struct prefix prefix = { 0 };
	struct err err;

	if (!prefix_parse(&prefix, text, &err))
		ok(false, "%s: %s", text, err.text);
	return prefix;
}

static struct ifname name(const char *text)
{
	struct ifname name = { "" };

	snprintf(name.text, sizeof(name.text), "%s", text);
	return name;
}

/* Begin with this machine alone: 198.51.100.2, and an uplink, eth0. */
static inline void begin_topology(void)
{
	memset(vifs, 0, sizeof(vifs));
	own[0] = address("198.51.100.2");
	own[1] = address("2001:db8:a::2");
	topology = (struct topology){ .policy = &policy,
				      .vifs = vifs,
				      .own = own,
				      .own_count = 2,
				      .uplink = name("eth0"),
				      .tracks_bridges = true };
}

/* A guest's vif, "vifN.0", with these addresses and prefixes. */
static inline void online(const char *bridge, const char *ip)
{
	struct vif *vif = &vifs[topology.vif_count++];
	struct err err;

	snprintf(vif->name.text, sizeof(vif->name.text), "vif%zu.0", topology.vif_count);
	vif->id.domid = (uint32_t)topology.vif_count;
	vif->mac = (struct mac){ { 0x00, 0x16, 0x3e, 0, 0, (uint8_t)topology.vif_count } };
	vif->bridge = name(bridge);
	if (!vif_parse_ip(vif, ip, &err))
		ok(*ip == '\0', "%s: %s", ip, err.text);
}

struct ask {
	const char *from, *to;
	uint8_t protocol;
	uint16_t port; /* of ICMP: the type */
	const char *in;
	const char *should; /* "accept rule ipv4.d/a.conf:4: [settings] PUBLIC_PORTS" */
};

static inline struct packet packet_of(const struct ask *ask)
{
	struct packet packet = { .source = address(ask->from),
				 .destination = address(ask->to),
				 .protocol = ask->protocol,
				 .source_port = 40000 };
	struct ifname in = name(ask->in ? ask->in : "");

	if (protocol_has_ports(ask->protocol))
		packet.port = ask->port;
	else
		packet.type = (uint8_t)ask->port;
	if (ask->in)
		packet.from = topology_at(&topology, &in);
	return packet;
}

static inline void is_verdict(const struct packet *packet, const char *should, const char *what)
{
	char place[TRACE_LOCATION_SIZE], is[TRACE_LOCATION_SIZE + 64];
	struct evaluation evaluation;

	evaluate(&evaluation, &topology, packet);
	trace_location(place, &policy, evaluation.decision, packet->source.family);
	snprintf(is, sizeof(is), "%s %s%s%s", evaluation.is_accepted ? "accept" : "drop",
		 reason_names[evaluation.decision->reason], *place ? " " : "", place);
	is_text(is, should, what);
}

static inline void are_verdicts(const struct ask *asks, size_t count)
{
	char what[160];

	for (size_t i = 0; i < count; i++) {
		struct packet packet = packet_of(&asks[i]);

		snprintf(what, sizeof(what), "%s to %s, protocol %u, %u%s%s", asks[i].from,
			 asks[i].to, asks[i].protocol, asks[i].port, asks[i].in ? ", from " : "",
			 asks[i].in ? asks[i].in : "");
		is_verdict(&packet, asks[i].should, what);
	}
}

#define ARE_VERDICTS(asks) are_verdicts(asks, COUNT(asks))

static inline void load_policy(const char *warnings)
{
	policy_done(&policy);
	policy = load(warnings, "the configuration loads");
}

#endif
