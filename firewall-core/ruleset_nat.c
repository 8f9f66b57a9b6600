/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host file's NAT, NAT_DEVICE and PAT → elements. */
#include "ruleset_nat.h"

static void add_source(struct elements *elements, const struct host *host,
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

static void add_forward(struct elements *elements, enum set_kind kind, const struct host *host,
			const struct port_forward *forward)
{
	struct set set = {
		.kind = kind,
		.family = host->family,
		.length = kind == SET_PAT_ADDRESS ? family_bits(host->family) : 0,
		.has_name = kind == SET_PAT_DEVICE,
		.service = SERVICE_PORTS,
		.port_length = 16,
	};
	struct element *element = elements_add(elements, &set);

	if (set.has_name)
		element_add_name(element, &host->nat_device);
	if (kind == SET_PAT_ADDRESS)
		element_add_address(element, &host->nat_address);
	element_add_protocol(element, forward->protocol);
	element_add_port(element, forward->public_port);
	element_map_address(element, &host->address);
	element_map_port(element, forward->private_port);
}

/* No interface tells which device is meant: of several hosts it is the first one. */
bool ruleset_nat_is_inside(const struct policy *policy, const struct host *host,
			   const struct port_forward *forward)
{
	for (const struct host *other = policy->hosts; other < host; other++) {
		const struct port_forward *forwards = &policy->forwards[other->first_forward];

		if (other->family != host->family || other->nat != NAT_MASQUERADE ||
		    !other->nat_device.text[0])
			continue;
		for (uint32_t i = 0; i < other->forward_count; i++)
			if (forwards[i].public_port == forward->public_port &&
			    forwards[i].protocol == forward->protocol)
				return false;
	}
	return true;
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
	add_source(elements, host, address);
	if (!host->forward_count || prefix_compare(address, &host->address))
		return;
	add_hairpin(elements, address);
	for (uint32_t i = 0; i < host->forward_count; i++) {
		const struct port_forward *forward = &policy->forwards[host->first_forward + i];

		if (host->nat == NAT_ADDRESS) {
			add_forward(elements, SET_PAT_ADDRESS, host, forward);
		} else if (!host->nat_device.text[0]) {
			add_forward(elements, SET_PAT_ANYWHERE, host, forward);
		} else {
			add_forward(elements, SET_PAT_DEVICE, host, forward);
			if (ruleset_nat_is_inside(policy, host, forward))
				add_forward(elements, SET_PAT_INSIDE, host, forward);
		}
	}
}
