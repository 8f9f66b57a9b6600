/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PAT, NAT and MASQUERADE of a packet that opens a connection. */
#include "evaluate/walk.h"
#include <netinet/in.h>
#include <string.h>

/* Where the public ports of a host are. */
enum public_side { PUBLIC_ADDRESS, PUBLIC_DEVICE, PUBLIC_ANYWHERE, PUBLIC_COUNT };

struct forward {
	const struct host *host;
	const struct port_forward *port;
};

/* Do packets come to the host now? Those of a guest do while it is online. */
static bool is_reached(const struct walk *walk, const struct host *host)
{
	return host->type == HOST_NETWORK ||
	       site_speaker(walk->site, &host->address, NULL).host == host;
}

static const struct port_forward *find_port(const struct walk *walk, const struct host *host)
{
	for (uint32_t i = 0; i < host->forward_count; i++) {
		const struct port_forward *port = &walk->policy->forwards[host->first_forward + i];

		if (port->protocol == walk->packet.protocol &&
		    port->public_port == walk->packet.port)
			return port;
	}
	return NULL;
}

/*
 * Is it an address of the interface? Where none is known, as of another machine's, what comes
 * through it for this machine is for it.
 */
static bool is_of_device(const struct walk *walk, const struct ifname *device)
{
	bool is_known = false;

	for (uint32_t i = 0; i < walk->policy->device_count; i++) {
		const struct device_address *at = &walk->policy->devices[i];

		if (strcmp(at->device.text, device->text) != 0)
			continue;
		if (!prefix_compare(&at->address, &walk->packet.destination))
			return true;
		is_known = is_known || at->address.family == walk->packet.destination.family;
	}
	return !is_known && !strcmp(device->text, walk->in.text);
}

static bool has_public_side(const struct walk *walk, const struct host *host, enum public_side side)
{
	bool has_device = *host->nat_device.text;

	switch (side) {
	case PUBLIC_ADDRESS:
		return host->nat == NAT_ADDRESS &&
		       !prefix_compare(&host->nat_address, &walk->packet.destination);
	case PUBLIC_DEVICE:
		return host->nat == NAT_MASQUERADE && has_device &&
		       is_of_device(walk, &host->nat_device);
	case PUBLIC_ANYWHERE:
		return host->nat == NAT_MASQUERADE && !has_device;
	case PUBLIC_COUNT:
		break;
	}
	return false;
}

/* Of two hosts with the port, at devices with one address, it is at the first, or at neither. */
static struct forward find_forward(const struct walk *walk, enum public_side side)
{
	for (uint32_t i = 0; i < walk->policy->host_count; i++) {
		const struct host *host = &walk->policy->hosts[i];
		const struct port_forward *port;

		if (host->family != walk->packet.destination.family ||
		    !has_public_side(walk, host, side))
			continue;
		port = find_port(walk, host);
		if (port && is_reached(walk, host))
			return (struct forward){ host, port };
		if (port && side == PUBLIC_DEVICE)
			break;
	}
	return (struct forward){ NULL, NULL };
}

/* 127.0.0.1 and ::1 are nobody else's, and addresses in a [network] are not public. */
static bool is_public(const struct walk *walk)
{
	const struct prefix *destination = &walk->packet.destination;
	bool is_loopback = destination->family == IPV4 ? destination->bytes[0] == 127
						       : destination->bytes[0] == 0;

	return site_is_own(walk->site, destination) && !site_network(walk->site, destination) &&
	       !(walk->from.kind == PLACE_MACHINE && is_loopback);
}

void walk_translate(struct walk *walk)
{
	struct forward forward = { NULL, NULL };
	struct remark *remark;

	if (walk->packet.connection != CONNECTION_NEW)
		return;
	for (int side = 0; side < PUBLIC_COUNT && !forward.host; side++) {
		if (side != PUBLIC_ADDRESS && !is_public(walk))
			break;
		forward = find_forward(walk, side);
	}
	if (!forward.host)
		return;
	walk->packet.destination = forward.host->address;
	walk->packet.port = forward.port->private_port;
	walk->to = site_find(walk->site, &walk->packet.destination);
	walk->out = *place_interface(&walk->to);
	walk->is_translated = true;
	remark = walk_remark(walk, STEP_DNAT, FOUND_FORWARDED, OUTCOME_NEXT);
	remark->host = forward.host;
	remark->forward = forward.port;
}

/* ---- the source ---- */

static bool has_forwards(const struct walk *walk)
{
	for (uint32_t i = 0; i < walk->policy->host_count; i++)
		if (walk->policy->hosts[i].family == walk->packet.source.family &&
		    walk->policy->hosts[i].forward_count)
			return true;
	return false;
}

/* One that called a public port, and would get its answer from an address that it never asked. */
static bool is_hairpin(const struct walk *walk)
{
	const struct network *network = site_network(walk->site, &walk->packet.source);

	return walk->is_translated &&
	       (!prefix_compare(&walk->packet.source, &walk->packet.destination) ||
		(network && has_forwards(walk) &&
		 prefix_contains(&network->subnet, &walk->packet.destination)));
}

/* Does NAT of this host count where the packet goes? */
static bool is_translated_there(const struct walk *walk, const struct host *host)
{
	const struct prefix *destination = &walk->packet.destination;

	if (host->nat == NAT_NONE)
		return false;
	if (*host->nat_device.text)
		return !strcmp(host->nat_device.text, walk->out.text);
	return !(walk->to.kind == PLACE_VIF && !*walk->to.bridge.text) &&
	       !site_speaker(walk->site, destination, &walk->out).is_ours &&
	       !site_network(walk->site, destination);
}

static void leave_as(struct walk *walk, const struct prefix *source, const struct host *host,
		     const struct network *network)
{
	struct remark *remark = walk_remark(walk, STEP_SNAT, FOUND_LEAVES, OUTCOME_NEXT);
	struct evaluation *evaluation = walk->evaluation;

	evaluation->is_translated = true;
	evaluation->source = source ? *source : (struct prefix){ .length = 0 };
	evaluation->source_link = walk->out;
	remark->host = host;
	remark->network = network;
	remark->prefix = evaluation->source;
	remark->interface = walk->out;
}

/* A protocol without ports that a file with TYPE = local opens is nobody else's. */
static bool is_own_protocol(const struct walk *walk)
{
	uint8_t protocol = walk->packet.protocol;

	if (protocol_has_ports(protocol) || protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
		return false;
	for (uint32_t i = 0; i < walk->policy->host_count; i++) {
		const struct host *host = &walk->policy->hosts[i];
		const struct rule *rules = &walk->policy->rules[host->first_rule];

		if (host->type != HOST_LOCAL || host->family != walk->packet.source.family)
			continue;
		for (uint32_t j = 0; j < host->rule_count; j++)
			if (!rules[j].outgoing && rules[j].service.kind == SERVICE_PROTOCOL &&
			    rules[j].service.protocol == protocol)
				return true;
	}
	return false;
}

void walk_leave(struct walk *walk)
{
	const struct host *host = site_speaker(walk->site, &walk->packet.source, &walk->in).host;
	const struct network *network = site_network(walk->site, &walk->packet.source);

	if (walk->packet.connection != CONNECTION_NEW || is_own_protocol(walk) ||
	    site_unmanaged(walk->site, &walk->packet.source) ||
	    site_unmanaged(walk->site, &walk->packet.destination))
		return;
	if (is_hairpin(walk))
		leave_as(walk, NULL, NULL, NULL);
	else if (host && is_translated_there(walk, host))
		leave_as(walk, host->nat == NAT_ADDRESS ? &host->nat_address : NULL, host, NULL);
	else if (network && *network->masquerade.text &&
		 !strcmp(network->masquerade.text, walk->out.text))
		leave_as(walk, NULL, NULL, network);
}
