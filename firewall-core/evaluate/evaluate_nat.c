/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PAT, NAT and MASQUERADE of a packet that opens a connection. */
#include "evaluate/trace.h"
#include <netinet/in.h>
#include <string.h>

/* Where the public ports of a host are. */
enum public_side { PUBLIC_ADDRESS, PUBLIC_DEVICE, PUBLIC_ANYWHERE, PUBLIC_COUNT };

struct forward {
	const struct host *host;
	const struct port_forward *port;
};

/* Do packets come to the host now? Those of a guest do while it is online. */
static bool is_reached(const struct trace *trace, const struct host *host)
{
	return host->type == HOST_NETWORK ||
	       topology_match(trace->topology, &host->address, NULL).host == host;
}

static const struct port_forward *find_port_forward(const struct trace *trace,
						    const struct host *host)
{
	for (uint32_t i = 0; i < host->forward_count; i++) {
		const struct port_forward *port = &trace->policy->forwards[host->first_forward + i];

		if (port->protocol == trace->packet.protocol &&
		    port->public_port == trace->packet.port)
			return port;
	}
	return NULL;
}

/*
 * Is it an address of the interface? Where none is known, as of another machine's, what comes
 * through it for this machine is for it.
 */
static bool is_of_device(const struct trace *trace, const struct ifname *device)
{
	bool is_known = false;

	for (uint32_t i = 0; i < trace->policy->device_count; i++) {
		const struct device_address *at = &trace->policy->devices[i];

		if (strcmp(at->device.text, device->text) != 0)
			continue;
		if (!prefix_compare(&at->address, &trace->packet.destination))
			return true;
		is_known = is_known || at->address.family == trace->packet.destination.family;
	}
	return !is_known && !strcmp(device->text, trace->in.text);
}

static bool has_public_side(const struct trace *trace, const struct host *host,
			    enum public_side side)
{
	bool has_device = *host->nat_device.text;

	switch (side) {
	case PUBLIC_ADDRESS:
		return host->nat == NAT_ADDRESS &&
		       !prefix_compare(&host->nat_address, &trace->packet.destination);
	case PUBLIC_DEVICE:
		return host->nat == NAT_MASQUERADE && has_device &&
		       is_of_device(trace, &host->nat_device);
	case PUBLIC_ANYWHERE:
		return host->nat == NAT_MASQUERADE && !has_device;
	case PUBLIC_COUNT:
		break;
	}
	return false;
}

/* Of two hosts with the port, at devices with one address, it is at the first, or at neither. */
static struct forward find_forward(const struct trace *trace, enum public_side side)
{
	for (uint32_t i = 0; i < trace->policy->host_count; i++) {
		const struct host *host = &trace->policy->hosts[i];
		const struct port_forward *port;

		if (host->family != trace->packet.destination.family ||
		    !has_public_side(trace, host, side))
			continue;
		port = find_port_forward(trace, host);
		if (port && is_reached(trace, host))
			return (struct forward){ host, port };
		if (port && side == PUBLIC_DEVICE)
			break;
	}
	return (struct forward){ NULL, NULL };
}

/* 127.0.0.1 and ::1 are nobody else's, and addresses in a [network] are not public. */
static bool is_public(const struct trace *trace)
{
	const struct prefix *destination = &trace->packet.destination;
	bool is_loopback = destination->family == IPV4 ? destination->bytes[0] == 127
						       : destination->bytes[0] == 0;

	return topology_is_own(trace->topology, destination) &&
	       !topology_network(trace->topology, destination) &&
	       !(trace->from.kind == PLACE_MACHINE && is_loopback);
}

void evaluate_dnat(struct trace *trace)
{
	struct forward forward = { NULL, NULL };
	struct trace_entry *entry;

	if (trace->packet.connection != CONNECTION_NEW)
		return;
	for (int side = 0; side < PUBLIC_COUNT && !forward.host; side++) {
		if (side != PUBLIC_ADDRESS && !is_public(trace))
			break;
		forward = find_forward(trace, side);
	}
	if (!forward.host)
		return;
	trace->packet.destination = forward.host->address;
	trace->packet.port = forward.port->private_port;
	trace->to = topology_find(trace->topology, &trace->packet.destination);
	trace->out = *place_interface(&trace->to);
	trace->is_translated = true;
	entry = evaluate_note(trace, STEP_DNAT, REASON_FORWARDED, OUTCOME_NEXT);
	entry->host = forward.host;
	entry->forward = forward.port;
}

/* ---- the source ---- */

/* One that called a public port, and would get its answer from an address that it never asked. */
static bool is_hairpin(const struct trace *trace)
{
	const struct network *network = topology_network(trace->topology, &trace->packet.source);

	return trace->is_translated &&
	       (!prefix_compare(&trace->packet.source, &trace->packet.destination) ||
		(network && policy_has_forwards(trace->policy, trace->packet.source.family) &&
		 prefix_contains(&network->subnet, &trace->packet.destination)));
}

/* Does NAT of this host count where the packet goes? */
static bool is_translated_there(const struct trace *trace, const struct host *host)
{
	const struct prefix *destination = &trace->packet.destination;

	if (host->nat == NAT_NONE)
		return false;
	if (*host->nat_device.text)
		return !strcmp(host->nat_device.text, trace->out.text);
	return !(trace->to.kind == PLACE_VIF && !*trace->to.bridge.text) &&
	       !topology_match(trace->topology, destination, &trace->out).is_ours &&
	       !topology_network(trace->topology, destination);
}

static void leave_as(struct trace *trace, const struct prefix *source, const struct host *host,
		     const struct network *network)
{
	struct trace_entry *entry = evaluate_note(trace, STEP_SNAT, REASON_LEAVES, OUTCOME_NEXT);
	struct evaluation *evaluation = trace->evaluation;

	evaluation->is_translated = true;
	evaluation->source = source ? *source : (struct prefix){ 0 };
	evaluation->source_link = trace->out;
	entry->host = host;
	entry->network = network;
	entry->prefix = evaluation->source;
	entry->interface = trace->out;
}

/* A protocol without ports that a file with TYPE = local names is nobody else's. */
static bool is_own_protocol(const struct trace *trace)
{
	uint8_t protocol = trace->packet.protocol;

	if (protocol_has_ports(protocol) || protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
		return false;
	for (uint32_t i = 0; i < trace->policy->host_count; i++) {
		const struct host *host = &trace->policy->hosts[i];
		const struct rule *rules = &trace->policy->rules[host->first_rule];

		if (host->type != HOST_LOCAL || host->family != trace->packet.source.family)
			continue;
		for (uint32_t j = 0; j < host->rule_count; j++)
			if (rules[j].service.kind == SERVICE_PROTOCOL &&
			    rules[j].service.protocol == protocol)
				return true;
	}
	return false;
}

/* Not tracked, so not translated: the kernel's nf_conntrack_proto_icmpv6.c. */
static bool is_untracked(const struct trace *trace)
{
	static const uint8_t types[] = { 130, 131, 132, 133, 134, 135, 136, 143, 0 };

	return evaluate_is_icmpv6(trace, types);
}

void evaluate_snat(struct trace *trace)
{
	const struct host *host =
		topology_match(trace->topology, &trace->packet.source, &trace->in).host;
	const struct network *network = topology_network(trace->topology, &trace->packet.source);

	if (trace->packet.connection != CONNECTION_NEW || is_own_protocol(trace) ||
	    is_untracked(trace) || topology_unmanaged(trace->topology, &trace->packet.source) ||
	    topology_unmanaged(trace->topology, &trace->packet.destination))
		return;
	if (is_hairpin(trace))
		leave_as(trace, NULL, NULL, NULL);
	else if (host && is_translated_there(trace, host))
		leave_as(trace, host->nat == NAT_ADDRESS ? &host->nat_address : NULL, host, NULL);
	else if (network && *network->masquerade.text &&
		 !strcmp(network->masquerade.text, trace->out.text))
		leave_as(trace, NULL, NULL, network);
}
