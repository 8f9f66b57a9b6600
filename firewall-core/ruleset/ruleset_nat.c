/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host file's NAT, NAT_DEVICE and PAT → elements. */
#include "ruleset/ruleset_nat.h"
#include <string.h>

static void add_nat_source(struct elements *elements, const struct host *host,
			   const struct prefix *address)
{
	struct set set = {
		.kind = host->nat == NAT_ADDRESS ? SET_SNAT : SET_MASQ,
		.family = address->family,
		.length = address->length,
		.has_name = host->nat_device.text[0] != '\0',
	};
	struct element *element = elements_add(elements, &set);

	if (set.has_name)
		element_add_name(element, &host->nat_device);
	element_add_address(element, address);
	if (set.kind == SET_SNAT)
		element_map_address(element, &host->nat_address);
}

/* address  where the port is, or NULL */
static void add_forward(struct elements *elements, enum set_kind kind, const struct host *host,
			const struct port_forward *forward, const struct prefix *address)
{
	struct set set = {
		.kind = kind,
		.family = host->family,
		.length = address ? family_bits(host->family) : 0,
		.has_name = kind == SET_PAT_DEVICE,
		.service = SERVICE_PORTS,
		.port_length = 16,
	};
	struct element *element = elements_add(elements, &set);

	if (set.has_name)
		element_add_name(element, &host->nat_device);
	if (address)
		element_add_address(element, address);
	element_add_protocol(element, forward->protocol);
	element_add_port(element, forward->public_port);
	element_map_address(element, &host->address);
	element_map_port(element, forward->private_port);
}

static bool has_port(const struct policy *policy, const struct host *host,
		     const struct port_forward *forward)
{
	const struct port_forward *forwards = &policy->forwards[host->first_forward];

	for (uint32_t i = 0; i < host->forward_count; i++)
		if (forwards[i].public_port == forward->public_port &&
		    forwards[i].protocol == forward->protocol)
			return true;
	return false;
}

static bool has_device(const struct policy *policy, const struct host *host,
		       const struct prefix *address)
{
	for (uint32_t i = 0; i < policy->device_count; i++)
		if (!strcmp(policy->devices[i].device.text, host->nat_device.text) &&
		    !prefix_compare(&policy->devices[i].address, address))
			return true;
	return false;
}

bool ruleset_nat_is_at(const struct policy *policy, const struct host *host,
		       const struct port_forward *forward, const struct device_address *at)
{
	if (at->address.family != host->family || strcmp(at->device.text, host->nat_device.text))
		return false;
	for (const struct host *other = policy->hosts; other < host; other++)
		if (other->family == host->family && other->nat == NAT_MASQUERADE &&
		    has_device(policy, other, &at->address) && has_port(policy, other, forward))
			return false;
	return true;
}

/* At the addresses that the device had, and for what comes through it at those that it has. */
static void add_at_device(struct elements *elements, const struct policy *policy,
			  const struct host *host, const struct port_forward *forward)
{
	add_forward(elements, SET_PAT_DEVICE, host, forward, NULL);
	for (uint32_t i = 0; i < policy->device_count; i++)
		if (ruleset_nat_is_at(policy, host, forward, &policy->devices[i]))
			add_forward(elements, SET_PAT_OWN, host, forward,
				    &policy->devices[i].address);
}

/* One that calls its own public address would answer itself. */
static void add_hairpin(struct elements *elements, const struct prefix *address)
{
	struct set set = {
		.kind = SET_HAIRPIN,
		.family = address->family,
		.length = address->length,
		.has_peer = true,
		.peer_length = address->length,
	};
	struct element *element = elements_add(elements, &set);

	element_add_address(element, address);
	element_add_address(element, address);
}

void ruleset_nat_add(struct elements *elements, const struct policy *policy,
		     const struct host *host, const struct prefix *address)
{
	if (host->nat == NAT_NONE)
		return;
	add_nat_source(elements, host, address);
	if (!host->forward_count || prefix_compare(address, &host->address))
		return;
	add_hairpin(elements, address);
	for (uint32_t i = 0; i < host->forward_count; i++) {
		const struct port_forward *forward = &policy->forwards[host->first_forward + i];

		if (host->nat == NAT_ADDRESS)
			add_forward(elements, SET_PAT_ADDRESS, host, forward, &host->nat_address);
		else if (host->nat_device.text[0])
			add_at_device(elements, policy, host, forward);
		else
			add_forward(elements, SET_PAT_ANYWHERE, host, forward, NULL);
	}
}
