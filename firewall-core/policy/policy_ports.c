/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forwarded ports and services of this machine → the ports that are left for translations. */
#include "policy/policy_ports.h"
#include <netinet/in.h>
#include <string.h>

#define PORT_FIRST 1024 /* RFC 6056, 3.2: those below are for services */
#define PORT_LAST 65535

static void take_port_range(bool taken[static PORT_LAST + 1], uint16_t first, uint16_t last)
{
	memset(&taken[first], true, (size_t)(last - first) + 1);
}

static bool has_ports_or_ids(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
	       protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP || protocol == IPPROTO_ICMP ||
	       protocol == IPPROTO_ICMPV6;
}

static void take_protocol(struct nat_ports *ports, uint8_t protocol)
{
	if (has_ports_or_ids(protocol) || memchr(ports->own_protocol, protocol, ports->own_count))
		return;
	ports->own_protocol[ports->own_count++] = protocol;
}

static void take_host(struct nat_ports *ports, bool taken[static PORT_LAST + 1],
		      const struct policy *policy, const struct host *host)
{
	for (uint32_t i = 0; i < host->forward_count; i++) {
		uint16_t port = policy->forwards[host->first_forward + i].public_port;

		take_port_range(taken, port, port);
	}
	for (uint32_t i = 0; host->type == HOST_LOCAL && i < host->rule_count; i++) {
		const struct rule *rule = &policy->rules[host->first_rule + i];

		if (rule->service.kind == SERVICE_PORTS && !rule->outgoing)
			take_port_range(taken, rule->service.first, rule->service.last);
		else if (rule->service.kind == SERVICE_PROTOCOL)
			take_protocol(ports, rule->service.protocol);
	}
}

void policy_nat_ports(struct nat_ports *ports, const struct policy *policy, enum family family)
{
	bool taken[PORT_LAST + 1] = { false };
	unsigned length = 0, longest = 0;

	*ports = (struct nat_ports){ .first = PORT_FIRST, .last = PORT_LAST };
	for (uint32_t i = 0; i < policy->host_count; i++)
		if (policy->hosts[i].family == family)
			take_host(ports, taken, policy, &policy->hosts[i]);
	for (unsigned port = PORT_FIRST; port <= PORT_LAST; port++) {
		length = taken[port] ? 0 : length + 1;
		if (length <= longest)
			continue;
		ports->count = longest = length;
		ports->first = (uint16_t)(port - length + 1);
		ports->last = (uint16_t)port;
	}
}

static bool is_translated(const struct policy *policy, enum family family)
{
	for (uint32_t i = 0; i < policy->host_count; i++)
		if (policy->hosts[i].family == family && policy->hosts[i].nat != NAT_NONE)
			return true;
	for (uint32_t i = 0; i < policy->network_count; i++)
		if (policy->networks[i].subnet.family == family &&
		    policy->networks[i].masquerade.text[0])
			return true;
	return false;
}

#define PORTS_FEW 1024 /* so many conversations toward one server, of all guests together */

void policy_check_nat_ports(const struct policy *policy, struct report *report)
{
	for (int family = 0; family < FAMILY_COUNT; family++) {
		struct nat_ports ports;

		if (!is_translated(policy, family))
			continue;
		policy_nat_ports(&ports, policy, family);
		if (!ports.count)
			report_warning(report,
				       "%s.conf: PAT and the TYPE = local files name all ports "
				       "from %d on, so NAT and MASQUERADE send from these, and a "
				       "guest may get what is for a service of this machine: name "
				       "fewer there",
				       family_names[family], PORT_FIRST);
		else if (ports.count < PORTS_FEW)
			report_warning(report,
				       "%s.conf: NAT and MASQUERADE have %u port%s (%u to %u) for "
				       "all that goes to one server: PAT and the TYPE = local "
				       "files name the others from %d on",
				       family_names[family], ports.count,
				       ports.count == 1 ? "" : "s", ports.first, ports.last,
				       PORT_FIRST);
	}
}
