/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vifs and policy → elements of the table of family bridge. */
#include "ruleset_bridge.h"
#include "ruleset_host.h"
#include "ruleset_limit.h"

static struct element *add(struct elements *elements, enum set_kind kind, uint32_t index)
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

static void add_source(struct elements *elements, const struct vif *vif,
		       const struct prefix *prefix)
{
	struct element *element = add_with(elements, SET_SOURCE, prefix);

	element_add_index(element, vif->index);
	element_add_mac(element, &vif->mac);
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

void ruleset_bridge_add_vif(struct elements *elements, const struct vif *vif)
{
	struct prefix link_local = mac_link_local(&vif->mac);

	add(elements, SET_SPOOFED, vif->index);
	add(elements, SET_REFUSED, vif->index);
	add(elements, SET_PORT, vif->index);
	element_add_mac(add(elements, SET_STATION, vif->index), &vif->mac);
	element_add_mac(add(elements, SET_OPTION, vif->index), &vif->mac);
	if (!vif->prefix_count)
		element_add_mac(add(elements, SET_OPEN, vif->index), &vif->mac);
	for (unsigned i = 0; i < vif->prefix_count; i++)
		add_source(elements, vif, &vif->prefixes[i]);
	add_source(elements, vif, &link_local);
}

void ruleset_bridge_add_owned(struct elements *elements, const struct prefix *prefix)
{
	element_add_address(add_with(elements, SET_OWNED, prefix), prefix);
	if (prefix->family == IPV6)
		element_add_address(add_with(elements, SET_OWNED_TARGET, prefix), prefix);
}

void ruleset_bridge_add_guest(struct elements *elements, const struct prefix *prefix)
{
	element_add_address(add_with(elements, SET_GUEST, prefix), prefix);
	if (prefix->family == IPV6)
		element_add_address(add_with(elements, SET_GUEST_TARGET, prefix), prefix);
}

void ruleset_bridge_add_link(struct elements *elements, const struct policy *policy,
			     const struct prefix *link_local, const struct vif *vif)
{
	struct set set = { .table = TABLE_BRIDGE, .kind = SET_GUEST_MAC };

	element_add_mac(elements_add(elements, &set), &vif->mac);
	if (ruleset_host_limit(policy, vif))
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
	case SET_FREE:
	case SET_UNMANAGED:
	case SET_FRIEND:
	case SET_LAN:
		return true;
	case SET_LIMITED:
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
