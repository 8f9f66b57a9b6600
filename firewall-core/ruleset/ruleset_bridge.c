/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vifs and policy → elements of the table of family bridge. */
#include "ruleset/ruleset_bridge.h"
#include "policy/policy_vif.h"
#include "ruleset/ruleset_limit.h"

static struct element *add_index_element(struct elements *elements, enum set_kind kind,
					 uint32_t index)
{
	struct set set = { .table = TABLE_BRIDGE, .kind = kind };
	struct element *element = elements_add(elements, &set);

	element_add_index(element, index);
	return element;
}

static struct element *add_with(struct elements *elements, enum set_kind kind,
				const struct prefix *prefix)
{
	struct set set = { .table = TABLE_BRIDGE,
			   .kind = kind,
			   .family = prefix->family,
			   .length = prefix->length };

	return elements_add(elements, &set);
}

static void add_station(struct elements *elements, const struct vif *vif, enum set_kind kind,
			const struct mac *mac)
{
	element_add_mac(add_index_element(elements, kind, vif->index), mac);
}

static void add_vif_source(struct elements *elements, const struct vif *vif, const struct mac *mac,
			   const struct prefix *prefix)
{
	struct element *element = add_with(elements, SET_SOURCE, prefix);

	element_add_index(element, vif->index);
	element_add_mac(element, mac);
	element_add_address(element, prefix);
	element = add_with(elements, SET_QUOTED, prefix);
	element_add_index(element, vif->index);
	element_add_address(element, prefix);
	if (prefix->family != IPV6)
		return;
	element = add_with(elements, SET_TARGET, prefix);
	element_add_index(element, vif->index);
	element_add_address(element, prefix);
}

/* What the vif itself has goes with each MAC that it sends from. */
void ruleset_bridge_add_source(struct elements *elements, const struct policy *policy,
			       const struct vif *vif, const struct prefix *prefix)
{
	unsigned at = 0;
	const struct host *host;

	add_vif_source(elements, vif, &vif->mac, prefix);
	while ((host = policy_vif_next_host(&at, policy, vif)))
		for (unsigned i = 0; i < host->mac_count; i++)
			add_vif_source(elements, vif, &host->macs[i], prefix);
}

/* A MAC that the vif sends from, and the link-local address that it gives. */
static void add_mac(struct elements *elements, const struct vif *vif, const struct mac *mac)
{
	struct prefix link_local = mac_link_local(mac);

	add_station(elements, vif, SET_VIF_MAC, mac);
	add_station(elements, vif, SET_ND_LLADDR, mac);
	if (!vif->prefix_count)
		add_station(elements, vif, SET_ANY_SOURCE, mac);
	add_vif_source(elements, vif, mac, &link_local);
}

/* On which bridge one will be that may come, nobody knows, so that it has all sets. */
static void add_isolated(struct elements *elements, const struct policy *policy,
			 const struct vif *vif)
{
	for (uint32_t i = 0; i < policy->network_count; i++) {
		const struct network *network = &policy->networks[i];
		struct element *element;

		if (!network->isolated || !policy_vif_router(policy, vif, network->family) ||
		    (*vif->bridge.text && strcmp(vif->bridge.text, network->interface.text) != 0))
			continue;
		element = add_with(elements, SET_ISOLATED_SOURCE, &network->subnet);
		element_add_index(element, vif->index);
		element_add_address(element, &network->subnet);
	}
}

void ruleset_bridge_add_vif(struct elements *elements, const struct policy *policy,
			    const struct vif *vif)
{
	static const enum set_kind routers[FAMILY_COUNT] = { SET_ROUTER4, SET_ROUTER6 };
	static const enum set_kind limited[FAMILY_COUNT] = { SET_LIMITED_ROUTER4,
							     SET_LIMITED_ROUTER6 };
	unsigned at = 0;
	const struct host *host;

	add_index_element(elements, SET_SPOOFED, vif->index);
	add_index_element(elements, SET_REFUSED, vif->index);
	add_index_element(elements, SET_PORT, vif->index);
	if (vif->prefix_count && !vif_has_family(vif, IPV6))
		add_index_element(elements, SET_NO_IPV6, vif->index);
	for (int family = 0; family < FAMILY_COUNT; family++)
		if (policy_vif_router(policy, vif, family))
			add_index_element(elements, routers[family], vif->index);
	add_isolated(elements, policy, vif);
	if (policy_vif_elects(policy, vif))
		add_index_element(elements, SET_VRRP, vif->index);
	add_mac(elements, vif, &vif->mac);
	for (unsigned i = 0; i < vif->prefix_count; i++)
		ruleset_bridge_add_source(elements, policy, vif, &vif->prefixes[i]);
	while ((host = policy_vif_next_host(&at, policy, vif))) {
		if (host->role == ROLE_ROUTER && host->limited)
			add_index_element(elements, limited[host->family], vif->index);
		for (unsigned i = 0; i < host->mac_count; i++)
			add_mac(elements, vif, &host->macs[i]);
		for (unsigned i = 0; i < host->ethertype_count; i++)
			element_add_ethertype(
				add_index_element(elements, SET_ETHERTYPE, vif->index),
				host->ethertypes[i]);
	}
}

void ruleset_bridge_add_free(struct elements *elements, const struct vif *vif, enum family family)
{
	add_index_element(elements, family == IPV4 ? SET_UNFILTERED4 : SET_UNFILTERED6, vif->index);
}

void ruleset_bridge_add_hosts(struct elements *elements, const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->host_count; i++) {
		const struct host *host = &policy->hosts[i];

		if (!host->mac_count || !policy_host_is_limited(policy, host))
			continue;
		for (unsigned j = 0; j < host->mac_count; j++) {
			struct prefix link_local = mac_link_local(&host->macs[j]);

			ruleset_limit_add_link(elements, &link_local);
		}
	}
}

void ruleset_bridge_add_owned(struct elements *elements, const struct prefix *prefix)
{
	element_add_address(add_with(elements, SET_OWNED, prefix), prefix);
	element_add_address(add_with(elements, SET_OWNED_TARGET, prefix), prefix);
}

void ruleset_bridge_add_guest(struct elements *elements, const struct prefix *prefix)
{
	element_add_address(add_with(elements, SET_GUEST, prefix), prefix);
	if (prefix->family == IPV6)
		element_add_address(add_with(elements, SET_GUEST_TARGET, prefix), prefix);
}

void ruleset_bridge_add_shared(struct elements *elements, const struct prefix *prefix)
{
	element_add_address(add_with(elements, SET_SHARED, prefix), prefix);
	if (prefix->family == IPV6)
		element_add_address(add_with(elements, SET_SHARED_TARGET, prefix), prefix);
}

void ruleset_bridge_add_link(struct elements *elements, const struct policy *policy,
			     const struct prefix *link_local, const struct vif *vif)
{
	struct set set = { .table = TABLE_BRIDGE, .kind = SET_GUEST_MAC };

	element_add_mac(elements_add(elements, &set), &vif->mac);
	if (policy_vif_limiting_host(policy, vif))
		ruleset_limit_add_link(elements, link_local);
}

void ruleset_bridge_add_machine(struct elements *elements, const struct prefix *address)
{
	element_add_address(add_with(elements, SET_MACHINE, address), address);
	if (address->family == IPV6)
		element_add_address(add_with(elements, SET_MACHINE_TARGET, address), address);
}

bool ruleset_bridge_is_doubled(const struct set *set)
{
	if (set->table != TABLE_INET)
		return false;
	switch (set->kind) {
	case SET_GUEST:
	case SET_NETWORK:
	case SET_UNFILTERED:
	case SET_UNMANAGED:
	case SET_FRIEND:
	case SET_LAN:
		return true;
	case SET_EGRESS_LIMITED:
	case SET_SERVICE:
		return set->stage == STAGE_FORWARD_OUT || set->stage == STAGE_FORWARD_IN;
	}
	return false;
}

void ruleset_bridge_double(struct elements *elements, size_t first)
{
	size_t end = elements->count;

	for (size_t i = first; i < end; i++) {
		struct element copy = elements->elements[i];

		if (!ruleset_bridge_is_doubled(&copy.set))
			continue;
		copy.set.table = TABLE_BRIDGE;
		*elements_add(elements, &copy.set) = copy;
	}
}
