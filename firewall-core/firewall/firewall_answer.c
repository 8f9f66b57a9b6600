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
static const char *link_text(char out[static LINK_TEXT], const struct site *site,
			     const struct place *place)
{
	const struct vif *vif = place->vif;
	const struct host *host =
		vif && vif->prefix_count ? site_speaker(site, &vif->prefixes[0], NULL).host : NULL;

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

static const char *vif_text(char out[static LINK_TEXT], const struct site *site,
			    const struct vif *vif)
{
	struct place place = { .kind = PLACE_VIF, .vif = vif };

	if (vif)
		place.interface = vif->name;
	return link_text(out, site, &place);
}

/* ---- what was found, a sentence each ---- */

/* What the sentences are about. */
struct answer {
	const struct site *site;
	const struct evaluation *evaluation;
	char source[PREFIX_TEXT], destination[PREFIX_TEXT]; /* as they are told */
	char from[LINK_TEXT];
};

static void say_spoofed(const struct answer *answer, const struct remark *remark, const char *vif)
{
	switch (remark->finding) {
	case FOUND_OTHERS_SOURCE:
		printf("spoofed: %s belongs to %s, and it comes from %s", answer->source, vif,
		       answer->from);
		break;
	case FOUND_MACHINE_SOURCE:
		printf("spoofed: %s is this machine's, and it comes from %s", answer->source,
		       answer->from);
		break;
	case FOUND_GATEWAY_SOURCE:
		printf("spoofed: %s is the gateway of this machine, and it comes from %s",
		       answer->source, answer->from);
		break;
	case FOUND_STRAY_SOURCE:
		printf("spoofed: %s is in [network %s] behind %s, and it comes from %s",
		       answer->source, remark->network->name, remark->network->interface.text,
		       answer->from);
		break;
	case FOUND_CLAIMED_SOURCE:
		printf("spoofed: %s is behind %s, and it comes from %s", answer->source,
		       *remark->interface.text ? remark->interface.text : "the uplink",
		       answer->from);
		break;
	case FOUND_UNKNOWN_SOURCE:
		printf("spoofed: %s has not the address %s", vif, answer->source);
		break;
	case FOUND_WRONG_MAC:
		printf("spoofed: it has not the MAC of %s", vif);
		break;
	case FOUND_NO_GUESTS:
		printf("routers and DHCP servers send this, and %s is neither", vif);
		break;
	}
}

static void say_source(const struct answer *answer, const struct remark *remark)
{
	char vif[LINK_TEXT];

	vif_text(vif, answer->site, remark->vif);
	switch (remark->finding) {
	case FOUND_NO_RULES:
		printf("%s is the vif of no guest that is online: all that comes from it is "
		       "dropped",
		       answer->from);
		break;
	case FOUND_LOCAL:
		printf("this machine itself sends it");
		break;
	case FOUND_UNPROTECTED:
		printf("nobody asks whose %s is", answer->source);
		break;
	case FOUND_OWN_SOURCE:
		printf("%s belongs to %s, from where it comes", answer->source, vif);
		break;
	case FOUND_CARD_SOURCE:
		printf("%s belongs to another card of %s (ANY_CARD), from where it comes",
		       answer->source, vif);
		break;
	case FOUND_BEHIND_SOURCE:
		printf("%s is behind %s, from where it comes", answer->source, answer->from);
		break;
	case FOUND_STARTING:
		printf("a guest sends this before it has an address, or to its own link");
		break;
	case FOUND_OPEN_SOURCE:
		printf("%s has no ip=, and %s is nobody else's", vif, answer->source);
		break;
	case FOUND_ROUTED_SOURCE:
		printf("%s is a router (ROLE), and %s is nobody else's", vif, answer->source);
		break;
	case FOUND_LAN_SOURCE:
		printf("%s is in [network %s], and comes from there, %s", answer->source,
		       remark->network->name, answer->from);
		break;
	case FOUND_SHARED_SOURCE:
		printf("%s is shared (SHARED), so it may come from %s", answer->source,
		       answer->from);
		break;
	case FOUND_FOREIGN_SOURCE:
		printf("it comes from %s, and %s is no guest's", answer->from, answer->source);
		break;
	default:
		say_spoofed(answer, remark, vif);
	}
}

static void say_bridge(const struct answer *answer, const struct remark *remark)
{
	const char *bridge = answer->evaluation->from.bridge.text;

	switch (remark->finding) {
	case FOUND_SWITCHED:
		printf("guests of one bridge, here %s, reach each other", bridge);
		break;
	case FOUND_ISOLATED:
		printf("the guests of %s do not see each other", bridge);
		break;
	case FOUND_NO_IPV6:
		printf("it is a router's, for all, and the guest has IPv4 addresses alone");
		break;
	case FOUND_OTHER_PORTS:
		printf("%s switches it, and neither end is a guest", bridge);
		break;
	case FOUND_UNTRACKED:
		printf("this kernel tracks no connections on bridges, so what would be answered "
		       "does not pass");
		break;
	case FOUND_BRIDGED:
		printf("%s switches it; the rules are those for what is routed", bridge);
		break;
	}
}

/* What no host file is asked about. */
static void say_passing(const struct answer *answer, const struct remark *remark)
{
	char text[PREFIX_TEXT];

	switch (remark->finding) {
	case FOUND_LOOPBACK:
		printf("this machine speaks to itself");
		break;
	case FOUND_ANSWER:
		printf("it belongs to a connection that was let begin");
		break;
	case FOUND_INVALID:
		printf("it belongs to no connection, and opens none");
		break;
	case FOUND_FAMILY_OFF:
		printf("%s is off", family_titles[answer->evaluation->destination.family]);
		break;
	case FOUND_OFF:
		printf("%s is a guest's that is not online, and it would go back to where it came "
		       "from",
		       answer->destination);
		break;
	case FOUND_UNMANAGED:
		printf("%s is left alone", prefix_print(text, &remark->prefix));
		break;
	case FOUND_FRIEND:
		printf("%s is a friend of [network %s]", prefix_print(text, &remark->prefix),
		       remark->network->name);
		break;
	case FOUND_ISOLATED:
		printf("guests of [network %s] do not see each other", remark->network->name);
		break;
	case FOUND_ICMP:
		printf("without this message IP does not work: it always passes");
		break;
	case FOUND_ICMP_ACCEPTED:
		printf("this message is let in everywhere");
		break;
	case FOUND_LINK:
		printf("without this no link works: it always passes");
		break;
	}
}

static void say_rule(const struct remark *remark)
{
	char service[SERVICE_TEXT], peer[PREFIX_TEXT] = "";
	const struct rule *rule = remark->rule;

	if (rule->has_peer)
		prefix_print(peer, &rule->peer);
	printf("%s names it: %s%s%s; LEVEL_%u is %s", remark->host->name,
	       service_print(service, &rule->service), *peer ? "@" : "", peer, rule->level,
	       target_names[remark->target]);
}

/* outgoing, incoming */
static void say_level(const struct answer *answer, const struct remark *remark)
{
	bool is_outgoing = remark->step == STEP_OUTGOING;
	const char *address = is_outgoing ? answer->source : answer->destination;
	const char *name = remark->host ? remark->host->name : "";
	char vif[LINK_TEXT];

	switch (remark->finding) {
	case FOUND_UNFILTERED:
		printf("%s filters for itself", name);
		break;
	case FOUND_RULE:
		say_rule(remark);
		break;
	case FOUND_LIMITED:
		printf("%s has outgoing settings, and none of them names it", name);
		break;
	case FOUND_UNLIMITED:
		printf("%s is not kept from sending it", name);
		break;
	case FOUND_UNNAMED:
		printf("no setting of %s names it", name);
		break;
	case FOUND_NO_FILE:
		printf("no host file speaks for %s", address);
		break;
	case FOUND_STRANGER:
		printf("%s is none of ours%s", address,
		       is_outgoing ? ", and not limited here" : ", and the source neither");
		break;
	case FOUND_TO_WORLD:
		printf("%s is none of ours, and our own may open anything there", address);
		break;
	case FOUND_INTO_LAN:
		printf("%s is in [network %s], and no host file speaks for it", address,
		       remark->network->name);
		break;
	case FOUND_BEHIND:
		printf("%s is behind %s, and no host file speaks for it", address,
		       vif_text(vif, answer->site, remark->vif));
		break;
	}
}

static void say_translated(const struct answer *answer, const struct remark *remark)
{
	char text[PREFIX_TEXT], out[LINK_TEXT];

	if (remark->finding == FOUND_FORWARDED) {
		printf("port %u of %s leads to port %u of %s (%s)", remark->forward->public_port,
		       answer->destination, remark->forward->private_port,
		       prefix_print(text, &remark->host->address), remark->host->name);
		return;
	}
	link_text(out, answer->site, &answer->evaluation->to);
	if (remark->prefix.length)
		printf("through %s, with the source %s", out, prefix_print(text, &remark->prefix));
	else
		printf("through %s, with this machine's address there as its source", out);
}

static void say(const struct answer *answer, const struct remark *remark)
{
	switch ((enum step)remark->step) {
	case STEP_INTERFACE:
	case STEP_SOURCE:
		say_source(answer, remark);
		return;
	case STEP_DNAT:
	case STEP_SNAT:
		say_translated(answer, remark);
		return;
	case STEP_BRIDGE:
		say_bridge(answer, remark);
		return;
	case STEP_CONNECTION:
	case STEP_OFFLINE:
	case STEP_UNMANAGED:
	case STEP_ICMP:
		say_passing(answer, remark);
		return;
	case STEP_OUTGOING:
	case STEP_INCOMING:
		say_level(answer, remark);
		return;
	case STEP_POLICY:
		printf("POLICY of [%s] is %s", chain_names[remark->chain],
		       target_names[remark->target]);
		return;
	case STEP_END:
		return;
	}
}

/* ---- the answer ---- */

/* " (web1)": the host file of an end, as it is known. */
static void print_name(const struct site *site, const struct prefix *address)
{
	const struct host *host = site_speaker(site, address, NULL).host;

	if (!host && site_is_own(site, address))
		host = site_local_speaker(site, address, NULL);
	if (host)
		printf(" (%s)", host->name);
	else if (site_is_own(site, address))
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
	print_name(answer->site, &packet->source);
	printf(" to %s", answer->destination);
	print_name(answer->site, &packet->destination);
	puts("");
}

void answer_print(const struct scene *scene, const struct packet *packet,
		  const struct evaluation *evaluation)
{
	const struct policy *policy = scene->site.policy;
	enum family family = packet->source.family;
	struct answer answer = { .site = &scene->site, .evaluation = evaluation };
	char place[REMARK_PLACE_SIZE];

	prefix_print(answer.source, &packet->source);
	prefix_print(answer.destination, &packet->destination);
	link_text(answer.from, &scene->site, &evaluation->from);
	print_packet(&answer, packet);
	printf("guests online: %s\n\n", scene->guests);
	for (unsigned i = 0; i < evaluation->count; i++) {
		const struct remark *remark = &evaluation->remarks[i];

		printf("  %2u  %-12s", remark->step, step_names[remark->step]);
		say(&answer, remark);
		if (*remark_place(place, policy, remark, family))
			printf(" (%s)", place);
		puts("");
		if (remark->finding == FOUND_FORWARDED)
			prefix_print(answer.destination, &evaluation->destination);
	}
	printf("\n%s", evaluation->is_accepted ? "accepted" : "dropped");
	if (*remark_place(place, policy, evaluation->decision, family))
		printf(" by %s", place);
	else if (!evaluation->is_accepted && evaluation->decision->step <= STEP_SOURCE)
		printf(" before any host file is asked");
	puts("");
	advice_print(&scene->site, packet, evaluation);
}
