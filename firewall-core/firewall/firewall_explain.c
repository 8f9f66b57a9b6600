/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall explain`: a packet in words, and who is online → whether it would pass, and why. */
#include "firewall/firewall_answer.h"
#include "kernel/kernel.h"
#include "program/log.h"
#include "value/icmp.h"
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#define CLIENT_PORT 40000 /* as good as any other from which a client may ask */
#define IGMP_REPORT 0x16  /* RFC 2236; what a guest says in IGMP */

/* ---- addresses ---- */

/* One of this machine's own addresses that lies in the prefix. */
static bool find_own(struct prefix *address, const struct topology *topology,
		     const struct prefix *prefix)
{
	struct err ignored;

	for (size_t i = 0; i < topology->own_count; i++) {
		if (!prefix_contains(prefix, &topology->own[i]) ||
		    !prefix_check_unicast(&topology->own[i], &ignored))
			continue;
		*address = topology->own[i];
		return true;
	}
	return false;
}

/* The address that a word means in the family, if it means one there. */
static bool find_word_address(struct prefix *address, const struct topology *topology,
			      const char *word, enum family family)
{
	struct err ignored;

	if (prefix_parse(address, word, &ignored))
		return prefix_is_address(address) && address->family == family;
	for (uint32_t i = 0; i < topology->policy->host_count; i++) {
		const struct host *host = &topology->policy->hosts[i];

		if (host->family != family || strcmp(host->name, word) != 0)
			continue;
		*address = host->address;
		if (prefix_is_address(address))
			return true;
		if (host->type == HOST_LOCAL)
			return find_own(address, topology, &host->address);
		address->length = family_bits(family); /* any of its prefix will do */
		address->bytes[family_bytes(family) - 1] |= 1;
		return true;
	}
	return false;
}

/* Why a name may mean nothing: one of the two families may be off. */
static const char *told_of_family(const struct policy *policy)
{
	if (!policy->family[IPV4].enabled)
		return "; IPV4 is no, so that no file of ipv4.d counts";
	return policy->family[IPV6].enabled ? "" : "; IPV6 is no, so that no file of ipv6.d counts";
}

/* Both ends, in the first family in which both have an address. */
static bool find_ends(struct packet *packet, const struct topology *topology,
		      const struct call *call, struct err *err)
{
	const char *const words[] = { call->ask[ASK_FROM], call->ask[ASK_TO] };
	char shown_from[SHOWN_SIZE], shown_to[SHOWN_SIZE];
	struct prefix address;

	if (!words[0] || !words[1])
		return err_set(err, "explain needs --from and --to");
	for (enum family family = IPV4; family < FAMILY_COUNT; family++)
		if (find_word_address(&packet->source, topology, words[0], family) &&
		    find_word_address(&packet->destination, topology, words[1], family))
			return true;
	for (size_t i = 0; i < COUNT(words); i++)
		if (!find_word_address(&address, topology, words[i], IPV4) &&
		    !find_word_address(&address, topology, words[i], IPV6))
			return err_set(err,
				       "\"%s\" is neither an address nor a host file's name that "
				       "stands for one%s",
				       shown(shown_to, words[i]), told_of_family(topology->policy));
	return err_set(err, "%s and %s have no addresses of one IP version%s",
		       shown(shown_from, words[0]), shown(shown_to, words[1]),
		       told_of_family(topology->policy));
}

/* ---- services ---- */

/* "443", "53/udp", or with --proto: one port of one protocol. */
static bool find_asked_port(struct packet *packet, const struct call *call, struct err *err)
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

	packet->type = packet->protocol == IPPROTO_IGMP ? IGMP_REPORT : 0;
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
		ok = find_asked_port(packet, call, err);
	else if (call->ask[ASK_PROTO])
		ok = find_protocol(packet, call->ask[ASK_PROTO], err);
	return ok && find_icmp(packet, call, err) && find_source_port(packet, call, err);
}

/* ---- interfaces ---- */

static bool is_guest_named(const struct topology *topology, const struct vif *vif, const char *word)
{
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct host *host = topology_match(topology, &vif->prefixes[i], NULL).host;

		if (host && !strcmp(host->name, word))
			return true;
	}
	return false;
}

/* The vif of the guest; of several the one with the packet's address there, else the first. */
static const struct vif *find_guest_vif(const struct topology *topology, const char *word,
					const struct prefix *address)
{
	const struct vif *found = NULL;

	for (size_t i = 0; i < topology->vif_count; i++) {
		const struct vif *vif = &topology->vifs[i];

		if (is_guest_named(topology, vif, word) && (!found || vif_holds(vif, address)))
			found = vif;
	}
	return found;
}

/* Does the configuration name the interface? It may be that of another machine. */
static bool is_configured(const struct policy *policy, const char *name)
{
	for (uint32_t i = 0; i < policy->host_count; i++)
		if (!strcmp(policy->hosts[i].interface.text, name) ||
		    !strcmp(policy->hosts[i].nat_device.text, name))
			return true;
	for (uint32_t i = 0; i < policy->network_count; i++)
		if (!strcmp(policy->networks[i].interface.text, name) ||
		    !strcmp(policy->networks[i].masquerade.text, name))
			return true;
	return !strcmp(policy->settings.uplink.text, name);
}

/* Is there such an interface, or could it be a guest's? */
static bool is_interface(const struct topology *topology, const struct ifname *name)
{
	struct place place = topology_at(topology, name);
	struct err ignored;
	uint32_t index;

	return place.kind != PLACE_LINK || *place.bridge.text ||
	       is_configured(topology->policy, name->text) ||
	       kernel_link_read_index(&index, name, &ignored);
}

/* By its name, or by that of the guest behind it. address  the packet's on that side */
static bool find_place(struct place *place, const struct topology *topology,
		       const struct call *call, enum ask ask, const struct prefix *address,
		       struct err *err)
{
	const char *option = ask == ASK_IN ? "--in" : "--out", *word = call->ask[ask];
	const struct vif *vif = word ? find_guest_vif(topology, word, address) : NULL;
	struct ifname name = { "lo" }; /* which ifname_parse() refuses, and people may ask about */
	char shown_word[SHOWN_SIZE];

	if (!word)
		return true;
	if (vif) {
		*place = (struct place){ PLACE_VIF, vif, vif->name, vif->bridge };
		return true;
	}
	if (strcmp(word, name.text) != 0 && !ifname_parse(&name, word, err))
		return err_prefix(err, "%s: ", option);
	if (!is_interface(topology, &name))
		return err_set(err,
			       "%s: \"%s\" is neither a guest that is online nor an interface of "
			       "this machine or of the configuration",
			       option, shown(shown_word, word));
	*place = topology_at(topology, &name);
	return true;
}

static bool find_packet(struct packet *packet, const struct topology *topology,
			const struct call *call, struct err *err)
{
	return find_ends(packet, topology, call, err) && find_service(packet, call, err) &&
	       find_place(&packet->from, topology, call, ASK_IN, &packet->source, err) &&
	       find_place(&packet->to, topology, call, ASK_OUT, &packet->destination, err);
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
	    !find_packet(&packet, &scene.topology, call, &err)) {
		log_error("%s", err.text);
	} else {
		evaluate(&evaluation, &scene.topology, &packet);
		answer_print(&scene, &packet, &evaluation);
		status = evaluation.is_accepted ? STATUS_DONE : STATUS_FAILED;
	}
	scene_done(&scene);
	policy_done(&policy);
	return status;
}
