/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [network] and [unmanaged] → elements. */
#include "ruleset/ruleset_network.h"
#include <string.h>

static void add_network_element(struct elements *elements, enum set_kind kind,
				const struct ifname *name, const struct prefix *prefix)
{
	struct set set = {
		.kind = kind,
		.family = prefix->family,
		.length = prefix->length,
		.has_name = name != NULL,
	};
	struct element *element = elements_add(elements, &set);

	if (name)
		element_add_name(element, name);
	element_add_address(element, prefix);
}

/* A friend of length 0 is everybody: there is nothing to look up. */
static void add_pair(struct elements *elements, enum set_kind kind, const struct prefix *prefix,
		     const struct prefix *peer)
{
	struct set set = {
		.table = kind == SET_LAN_PAIR ? TABLE_BRIDGE : TABLE_INET,
		.kind = kind,
		.family = prefix->family,
		.length = prefix->length,
		.has_peer = peer->length != 0,
		.peer_length = peer->length,
	};
	struct element *element = elements_add(elements, &set);

	element_add_address(element, prefix);
	if (set.has_peer)
		element_add_address(element, peer);
}

/* Those behind one interface hear each other there. */
static void add_lan_pairs(struct elements *elements, const struct policy *policy,
			  const struct network *network)
{
	for (uint32_t i = 0; i < policy->network_count; i++) {
		const struct network *other = &policy->networks[i];

		if (other->family == network->family &&
		    !strcmp(other->interface.text, network->interface.text))
			add_pair(elements, SET_LAN_PAIR, &network->subnet, &other->subnet);
	}
}

static void add_network(struct elements *elements, const struct policy *policy,
			const struct network *network)
{
	add_network_element(elements, SET_LAN, NULL, &network->subnet);
	add_network_element(elements, SET_LAN_FROM, &network->interface, &network->subnet);
	add_lan_pairs(elements, policy, network);
	if (network->masquerade.text[0])
		add_network_element(elements, SET_LAN_MASQUERADED, &network->masquerade,
				    &network->subnet);
	for (uint32_t i = 0; i < network->friend_count; i++)
		add_pair(elements, SET_FRIEND, &network->subnet,
			 &policy->friends[network->first_friend + i]);

	/* Its guests answer each other by themselves, from an address that was never asked. */
	if (policy_has_forwards(policy, network->subnet.family))
		add_pair(elements, SET_HAIRPIN, &network->subnet, &network->subnet);
}

void ruleset_network_add(struct elements *elements, const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->network_count; i++)
		add_network(elements, policy, &policy->networks[i]);
	for (uint32_t i = 0; i < policy->unmanaged_count; i++)
		add_network_element(elements, SET_UNMANAGED, NULL, &policy->unmanaged[i]);
}
