/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet, and what the evaluator found on its way → sentences. */
#include "firewall/firewall_answer.h"
#include "firewall/firewall_advice.h"
#include "value/icmp.h"
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define LINK_TEXT 96

/* "vif1.0", "the vif of web1", "eth0", "this machine". Returns out. */
static const char *link_text(char out[static LINK_TEXT], const struct topology *topology,
			     const struct place *place)
{
	const struct vif *vif = place->vif;
	const struct host *host = vif && vif->prefix_count
					  ? topology_match(topology, &vif->prefixes[0], NULL).host
					  : NULL;

	if (place->kind == PLACE_MACHINE)
		snprintf(out, LINK_TEXT, "this machine");
	else if (*place->interface.text)
		snprintf(out, LINK_TEXT, "%s", place->interface.text);
	else if (host)
		snprintf(out, LINK_TEXT, "the vif of %s", host->name);
	else
		snprintf(out, LINK_TEXT, place->kind == PLACE_VIF ? "its vif" : "the uplink");
	return out;
}

static const char *vif_text(char out[static LINK_TEXT], const struct topology *topology,
			    const struct vif *vif)
{
	struct place place = { .kind = PLACE_VIF, .vif = vif };

	if (vif)
		place.interface = vif->name;
	return link_text(out, topology, &place);
}

/* ---- what was found, a sentence each ---- */

/* What the sentences are about. */
struct answer {
	const struct topology *topology;
	const struct evaluation *evaluation;
	char source[PREFIX_TEXT], destination[PREFIX_TEXT]; /* as they are told */
	char from[LINK_TEXT];
};

static void say_spoofed(const struct answer *answer, const struct trace_entry *entry,
			const char *vif)
{
	switch (entry->reason) {
	case REASON_OTHERS_SOURCE:
		printf("spoofed: %s belongs to %s, and it comes from %s", answer->source, vif,
		       answer->from);
		break;
	case REASON_MACHINE_SOURCE:
		printf("spoofed: %s is this machine's, and it comes from %s", answer->source,
		       answer->from);
		break;
	case REASON_GATEWAY_SOURCE:
		printf("spoofed: %s is the gateway of this machine, and it comes from %s",
		       answer->source, answer->from);
		break;
	case REASON_STRAY_SOURCE:
		printf("spoofed: %s is in [network %s] behind %s, and it comes from %s",
		       answer->source, entry->network->name, entry->network->interface.text,
		       answer->from);
		break;
	case REASON_CLAIMED_SOURCE:
		printf("spoofed: %s is behind %s, and it comes from %s", answer->source,
		       *entry->interface.text ? entry->interface.text : "the uplink", answer->from);
		break;
	case REASON_UNKNOWN_SOURCE:
		printf("spoofed: %s has not the address %s", vif, answer->source);
		break;
	case REASON_WRONG_MAC:
		printf("spoofed: it has not the MAC of %s", vif);
		break;
	case REASON_NO_GUESTS:
		printf("routers and DHCP servers send this, and %s is neither", vif);
		break;
	}
}

static void say_source(const struct answer *answer, const struct trace_entry *entry)
{
	char vif[LINK_TEXT];

	vif_text(vif, answer->topology, entry->vif);
	switch (entry->reason) {
	case REASON_NO_RULES:
		printf("%s is the vif of no guest that is online: all that comes from it is "
		       "dropped",
		       answer->from);
		break;
	case REASON_LOCAL:
		printf("this machine itself sends it");
		break;
	case REASON_UNPROTECTED:
		printf("ANTISPOOF = no: whose %s is does not matter", answer->source);
		break;
	case REASON_OWN_SOURCE:
		printf("%s belongs to %s, from where it comes", answer->source, vif);
		break;
	case REASON_CARD_SOURCE:
		printf("%s belongs to another card of %s (ANY_CARD), from where it comes",
		       answer->source, vif);
		break;
	case REASON_BEHIND_SOURCE:
		printf("%s is behind %s, from where it comes", answer->source, answer->from);
		break;
	case REASON_STARTING:
		printf("a guest sends this before it has an address, or to its own link");
		break;
	case REASON_OPEN_SOURCE:
		printf("%s has no ip=, and %s is no other host's", vif, answer->source);
		break;
	case REASON_ROUTED_SOURCE:
		printf("%s is a router (ROLE), and %s is no other host's", vif, answer->source);
		break;
	case REASON_LAN_SOURCE:
		printf("%s is in [network %s], and comes from there, %s", answer->source,
		       entry->network->name, answer->from);
		break;
	case REASON_SHARED_SOURCE:
		printf("%s is shared (SHARED), so it may come from %s", answer->source,
		       answer->from);
		break;
	case REASON_FOREIGN_SOURCE:
		printf("it comes from %s, and %s is no guest's", answer->from, answer->source);
		break;
	default:
		say_spoofed(answer, entry, vif);
	}
}

static void say_bridge(const struct answer *answer, const struct trace_entry *entry)
{
	const char *bridge = answer->evaluation->from.bridge.text;

	switch (entry->reason) {
	case REASON_SWITCHED:
		printf("guests of one bridge, here %s, reach each other", bridge);
		break;
	case REASON_ISOLATED:
		printf("guests of [network %s] do not see each other", entry->network->name);
		break;
	case REASON_NO_IPV6:
		printf("it is a router's, for all, and the guest has IPv4 addresses alone");
		break;
	case REASON_OTHER_PORTS:
		printf("%s switches it, and neither end is a guest", bridge);
		break;
	case REASON_UNTRACKED:
		printf("this kernel tracks no connections on bridges, so what would be answered "
		       "does not pass");
		break;
	case REASON_BRIDGED:
		printf("%s switches it; the rules are those for what is routed", bridge);
		break;
	}
}

/* What no host file is asked about. */
static void say_passing(const struct answer *answer, const struct trace_entry *entry)
{
	char text[PREFIX_TEXT];

	switch (entry->reason) {
	case REASON_LOOPBACK:
		printf("this machine speaks to itself");
		break;
	case REASON_ANSWER:
		printf("it belongs to a connection that was let begin");
		break;
	case REASON_INVALID:
		printf("it belongs to no connection, and opens none");
		break;
	case REASON_LINK_LOCAL:
		printf("a link-local address is one on its own link, and nobody routes it");
		break;
	case REASON_LINK_TYPE:
		printf("neighbours on one link say this, and nobody routes it");
		break;
	case REASON_FAMILY_OFF:
		printf("%s is off", family_titles[answer->evaluation->destination.family]);
		break;
	case REASON_OFF:
		printf("%s is a guest's that is not online, and it would go back to where it came "
		       "from",
		       answer->destination);
		break;
	case REASON_UNMANAGED:
		printf("%s is left alone", prefix_print(text, &entry->prefix));
		break;
	case REASON_FRIEND:
		printf("%s is a friend of [network %s]", prefix_print(text, &entry->prefix),
		       entry->network->name);
		break;
	case REASON_ICMP:
		printf("without this message IP does not work: it always passes");
		break;
	case REASON_ICMP_ACCEPTED:
		printf("this message is let in everywhere");
		break;
	case REASON_LINK:
		printf("without this no link works: it always passes");
		break;
	}
}

static void say_rule(const struct trace_entry *entry)
{
	char service[SERVICE_TEXT], peer[PREFIX_TEXT] = "";
	const struct rule *rule = entry->rule;

	if (rule->has_peer)
		prefix_print(peer, &rule->peer);
	printf("%s names it: %s%s%s; LEVEL_%u is %s", entry->host->name,
	       service_print(service, &rule->service), *peer ? "@" : "", peer, rule->level,
	       target_names[entry->target]);
}

/* outgoing, incoming */
static void say_level(const struct answer *answer, const struct trace_entry *entry)
{
	bool is_outgoing = entry->step == STEP_OUTGOING;
	const char *address = is_outgoing ? answer->source : answer->destination;
	const char *name = entry->host ? entry->host->name : "";
	char vif[LINK_TEXT];

	switch (entry->reason) {
	case REASON_UNFILTERED:
		printf("%s filters for itself", name);
		break;
	case REASON_RULE:
		say_rule(entry);
		break;
	case REASON_LIMITED:
		printf("%s has outgoing settings, and none of them names it", name);
		break;
	case REASON_UNLIMITED:
		printf("%s is not kept from sending it", name);
		break;
	case REASON_UNNAMED:
		printf("no setting of %s names it", name);
		break;
	case REASON_NO_FILE:
		printf("no host file applies to %s", address);
		break;
	case REASON_STRANGER:
		printf("%s is no host of ours%s", address,
		       is_outgoing ? ", and not limited here" : ", and the source neither");
		break;
	case REASON_TO_WORLD:
		printf("%s is no host of ours, and our own may open anything there", address);
		break;
	case REASON_INTO_LAN:
		printf("%s is in [network %s], and no host file applies to it", address,
		       entry->network->name);
		break;
	case REASON_BEHIND:
		printf("%s is behind %s, and no host file applies to it", address,
		       vif_text(vif, answer->topology, entry->vif));
		break;
	}
}

static void say_translated(const struct answer *answer, const struct trace_entry *entry)
{
	char text[PREFIX_TEXT], out[LINK_TEXT];

	if (entry->reason == REASON_FORWARDED) {
		printf("port %u of %s leads to port %u of %s (%s)", entry->forward->public_port,
		       answer->destination, entry->forward->private_port,
		       prefix_print(text, &entry->host->address), entry->host->name);
		return;
	}
	link_text(out, answer->topology, &answer->evaluation->to);
	if (entry->prefix.length)
		printf("through %s, with the source %s", out, prefix_print(text, &entry->prefix));
	else
		printf("through %s, with this machine's address there as its source", out);
}

static void say_step(const struct answer *answer, const struct trace_entry *entry)
{
	switch ((enum step)entry->step) {
	case STEP_INTERFACE:
	case STEP_SOURCE:
		say_source(answer, entry);
		return;
	case STEP_DNAT:
	case STEP_SNAT:
		say_translated(answer, entry);
		return;
	case STEP_BRIDGE:
		say_bridge(answer, entry);
		return;
	case STEP_CONNECTION:
	case STEP_OFFLINE:
	case STEP_UNMANAGED:
	case STEP_ICMP:
		say_passing(answer, entry);
		return;
	case STEP_OUTGOING:
	case STEP_INCOMING:
		say_level(answer, entry);
		return;
	case STEP_POLICY:
		printf("POLICY of [%s] is %s", chain_names[entry->chain],
		       target_names[entry->target]);
		return;
	case STEP_END:
		return;
	}
}

/* ---- the answer ---- */

/* " (web1)": the host file of an end, as it is known. */
static void print_host_name(const struct topology *topology, const struct prefix *address)
{
	const struct host *host = topology_match(topology, address, NULL).host;

	if (!host && topology_is_own(topology, address))
		host = topology_local_match(topology, address, NULL);
	if (host)
		printf(" (%s)", host->name);
	else if (topology_is_own(topology, address))
		printf(" (this machine)");
}

static void print_packet(const struct answer *answer, const struct packet *packet)
{
	enum family family = packet->source.family;
	struct service service = { packet->port, packet->port, SERVICE_PORTS, packet->protocol };
	const char *type = icmp_name(packet->type, family);
	char text[SERVICE_TEXT];

	if (!protocol_has_ports(packet->protocol))
		service =
			(struct service){ .kind = SERVICE_PROTOCOL, .protocol = packet->protocol };
	service_print(text, &service);
	printf("%s", service.kind == SERVICE_PORTS ? text : text + strlen("*/"));
	if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6)
		printf(" type %u%s%s%s", packet->type, type ? " (" : "", type ? type : "",
		       type ? ")" : "");
	printf(" from %s", answer->source);
	print_host_name(answer->topology, &packet->source);
	printf(" to %s", answer->destination);
	print_host_name(answer->topology, &packet->destination);
	puts("");
}

void answer_print(const struct scene *scene, const struct packet *packet,
		  const struct evaluation *evaluation)
{
	const struct policy *policy = scene->topology.policy;
	enum family family = packet->source.family;
	struct answer answer = { .topology = &scene->topology, .evaluation = evaluation };
	char place[TRACE_LOCATION_SIZE];

	prefix_print(answer.source, &packet->source);
	prefix_print(answer.destination, &packet->destination);
	link_text(answer.from, &scene->topology, &evaluation->from);
	print_packet(&answer, packet);
	printf("guests online: %s\n\n", scene->guests);
	for (unsigned i = 0; i < evaluation->count; i++) {
		const struct trace_entry *entry = &evaluation->entries[i];

		printf("  %2u  %-12s", entry->step, step_names[entry->step]);
		say_step(&answer, entry);
		if (*trace_location(place, policy, entry, family))
			printf(" (%s)", place);
		puts("");
		if (entry->reason == REASON_FORWARDED)
			prefix_print(answer.destination, &evaluation->destination);
	}
	printf("\n%s", evaluation->is_accepted ? "accepted" : "dropped");
	if (*trace_location(place, policy, evaluation->decision, family))
		printf(" by %s", place);
	else if (!evaluation->is_accepted && evaluation->decision->step <= STEP_SOURCE)
		printf(" before any host file is asked");
	puts("");
	advice_print(&scene->topology, packet, evaluation);
}
