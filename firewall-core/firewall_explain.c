/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall explain`: a packet in words, and who is online → whether it would pass, and why. */
#include "firewall_answer.h"
#include "icmp.h"
#include "log.h"
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#define CLIENT_PORT 40000 /* as good as any other from which a client may ask */

/* ---- addresses ---- */

/* One of this machine's own addresses that lies in the prefix. */
static bool find_own(struct prefix *address, const struct site *site, const struct prefix *prefix)
{
	struct err ignored;

	for (size_t i = 0; i < site->own_count; i++) {
		if (!prefix_contains(prefix, &site->own[i]) ||
		    !prefix_check_unicast(&site->own[i], &ignored))
			continue;
		*address = site->own[i];
		return true;
	}
	return false;
}

/* The address that a word means in the family, if it means one there. */
static bool find_address(struct prefix *address, const struct site *site, const char *word,
			 enum family family)
{
	struct err ignored;

	if (prefix_parse(address, word, &ignored))
		return prefix_is_address(address) && address->family == family;
	for (uint32_t i = 0; i < site->policy->host_count; i++) {
		const struct host *host = &site->policy->hosts[i];

		if (host->family != family || strcmp(host->name, word) != 0)
			continue;
		*address = host->address;
		if (prefix_is_address(address))
			return true;
		if (host->type == HOST_LOCAL)
			return find_own(address, site, &host->address);
		address->length = family_bits(family); /* any of its prefix will do */
		address->bytes[family_bytes(family) - 1] |= 1;
		return true;
	}
	return false;
}

/* Both ends, in the first family in which both have an address. */
static bool find_ends(struct packet *packet, const struct site *site, const struct call *call,
		      struct err *err)
{
	const char *const words[] = { call->ask[ASK_FROM], call->ask[ASK_TO] };
	char shown_from[SHOWN_SIZE], shown_to[SHOWN_SIZE];
	struct prefix address;

	if (!words[0] || !words[1])
		return err_set(err, "explain needs --from and --to");
	for (enum family family = IPV4; family < FAMILY_COUNT; family++)
		if (find_address(&packet->source, site, words[0], family) &&
		    find_address(&packet->destination, site, words[1], family))
			return true;
	for (size_t i = 0; i < COUNT(words); i++)
		if (!find_address(&address, site, words[i], IPV4) &&
		    !find_address(&address, site, words[i], IPV6))
			return err_set(err,
				       "\"%s\" is neither an address nor a host file's name that "
				       "stands for one",
				       shown(shown_to, words[i]));
	return err_set(err, "%s and %s have no addresses of one IP version",
		       shown(shown_from, words[0]), shown(shown_to, words[1]));
}

/* ---- services ---- */

/* "443", "53/udp", or with --proto: one port of one protocol. */
static bool find_port(struct packet *packet, const struct call *call, struct err *err)
{
	const char *port = call->ask[ASK_PORT], *protocol = call->ask[ASK_PROTO];
	struct services services;
	const struct service *service = &services.service[0];
	char shown_port[SHOWN_SIZE];

	if (protocol && strchr(port, '/'))
		return err_set(err, "--port: \"%s\" names its own protocol",
			       shown(shown_port, port));
	if (!service_parse(&services, port, protocol, err))
		return err_prefix(err, "--port: ");
	if (services.count != 1 || service->kind != SERVICE_PORTS ||
	    service->first != service->last)
		return err_set(err, "--port: \"%s\" is not one port of one protocol",
			       shown(shown_port, port));
	packet->protocol = service->protocol;
	packet->port = service->first;
	return true;
}

static bool find_protocol(struct packet *packet, const char *protocol, struct err *err)
{
	struct services services;
	char shown_protocol[SHOWN_SIZE];

	if (!service_parse(&services, "*", protocol, err))
		return err_prefix(err, "--proto: ");
	if (services.count != 1)
		return err_set(err, "--proto: \"%s\" is not one protocol",
			       shown(shown_protocol, protocol));
	packet->protocol = services.service[0].protocol;
	return !protocol_has_ports(packet->protocol) ||
	       err_set(err, "--proto: %s has ports: --port is needed too", protocol);
}

static bool find_source_port(struct packet *packet, const struct call *call, struct err *err)
{
	const char *port = call->ask[ASK_SPORT];
	struct services services;
	const struct service *service = &services.service[0];

	packet->source_port = CLIENT_PORT;
	if (!port)
		return true;
	if (!protocol_has_ports(packet->protocol))
		return err_set(err, "--sport: this protocol has no ports");
	if (!service_parse(&services, port, NULL, err))
		return err_prefix(err, "--sport: ");
	packet->source_port = service->first;
	return (service->kind == SERVICE_PORTS && service->first == service->last) ||
	       err_set(err, "--sport: it is not one port");
}

/* Each IP version has its own ICMP, and people call both of them so. Without a word: a ping. */
static bool find_icmp(struct packet *packet, const struct call *call, struct err *err)
{
	enum family family = packet->source.family;
	bool is_icmp = packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6;

	if (!is_icmp)
		return !call->ask[ASK_ICMP] || err_set(err, "--icmp: this protocol is not ICMP");
	packet->protocol = family == IPV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	packet->type = family == IPV6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	return !call->ask[ASK_ICMP] || icmp_find(&packet->type, call->ask[ASK_ICMP], family, err) ||
	       err_prefix(err, "--icmp: ");
}

static bool find_service(struct packet *packet, const struct call *call, struct err *err)
{
	bool ok = true;

	packet->protocol = IPPROTO_ICMP;
	if (call->ask[ASK_PORT])
		ok = find_port(packet, call, err);
	else if (call->ask[ASK_PROTO])
		ok = find_protocol(packet, call->ask[ASK_PROTO], err);
	return ok && find_icmp(packet, call, err) && find_source_port(packet, call, err);
}

/* ---- interfaces ---- */

/* By its name, or by that of the guest behind it. */
static bool find_place(struct place *place, const struct site *site, const char *word,
		       const char *option, struct err *err)
{
	struct ifname name = { "lo" }; /* which ifname_parse() refuses, and people may ask about */

	for (size_t i = 0; word && i < site->vif_count; i++) {
		const struct vif *vif = &site->vifs[i];
		const struct host *host =
			vif->prefix_count ? site_speaker(site, &vif->prefixes[0], NULL).host : NULL;

		if (!host || strcmp(host->name, word) != 0)
			continue;
		*place = (struct place){ PLACE_VIF, vif, vif->name, vif->bridge };
		return true;
	}
	if (word && strcmp(word, name.text) != 0 && !ifname_parse(&name, word, err))
		return err_prefix(err, "%s: ", option);
	if (word)
		*place = site_at(site, &name);
	return true;
}

static bool find_packet(struct packet *packet, const struct site *site, const struct call *call,
			struct err *err)
{
	return find_ends(packet, site, call, err) && find_service(packet, call, err) &&
	       find_place(&packet->from, site, call->ask[ASK_IN], "--in", err) &&
	       find_place(&packet->to, site, call->ask[ASK_OUT], "--out", err);
}

enum status firewall_explain(const struct call *call)
{
	struct scene scene = { .guests = NULL };
	struct packet packet = { .protocol = 0 };
	struct evaluation evaluation;
	struct policy policy = { 0 };
	enum status status = STATUS_WRONG_CALL;
	struct err err;

	if (!firewall_load_conf(&policy, call))
		return STATUS_WRONG_CALL;
	if (!scene_read(&scene, &policy, call, &err) ||
	    !find_packet(&packet, &scene.site, call, &err)) {
		log_error("%s", err.text);
	} else {
		evaluate(&evaluation, &scene.site, &packet);
		answer_print(&scene, &packet, &evaluation);
		status = evaluation.is_accepted ? STATUS_DONE : STATUS_FAILED;
	}
	scene_done(&scene);
	policy_done(&policy);
	return status;
}
