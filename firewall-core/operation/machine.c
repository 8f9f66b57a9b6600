/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This machine's addresses and gateways → the elements by which no guest on a bridge has them. */
#include "operation/machine.h"
#include "kernel/kernel.h"
#include "kernel/kernel_rules.h"
#include "operation/backend.h"
#include "policy/policy_vif.h"
#include "ruleset/ruleset_bridge.h"

/* A link-local address says something on its own link alone: that of the bridge. */
static bool add_addresses(struct elements *elements, struct kernel_link *link, uint32_t index,
			  bool link_local, struct err *err)
{
	auto_free struct prefix *addresses = NULL;
	size_t count = 0;

	if (!kernel_link_read_addresses(&addresses, &count, link, index, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (prefix_is_link_local(&addresses[i]) == link_local)
			ruleset_bridge_add_machine(elements, &addresses[i]);
	return true;
}

/* Those of the routers of a bridge's networks, be this machine one of them or not. */
static bool add_anycast(struct elements *elements, struct kernel_link *link, uint32_t bridge,
			struct err *err)
{
	auto_free struct prefix *addresses = NULL;
	size_t count = 0;

	if (!kernel_link_read_anycast(&addresses, &count, link, bridge, err))
		return false;
	for (size_t i = 0; i < count; i++)
		ruleset_bridge_add_machine(elements, &addresses[i]);
	return true;
}

/*
 * Whoever has these addresses gets what this machine sends to the world, unless a host file says
 * that it is a guest who shall.
 */
static bool add_next_hops(struct elements *elements, const struct policy *policy,
			  struct kernel_link *link, uint32_t bridge, struct err *err)
{
	auto_free struct prefix *gateways = NULL;
	size_t count = 0;

	if (!kernel_link_read_gateways(&gateways, &count, link, bridge, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!policy_is_guests(policy, &gateways[i]))
			ruleset_bridge_add_machine(elements, &gateways[i]);
	return true;
}

/* May it send from addresses that nobody named one by one? */
static bool is_open(const struct policy *policy, const struct vif *vif,
		    const struct vif_routes *routes)
{
	for (unsigned i = 0; i < vif->prefix_count; i++)
		if (!prefix_is_address(&vif->prefixes[i]))
			return true;
	return !vif->prefix_count || routes->count || policy_vif_shares_cards(policy, vif) ||
	       policy_vif_router(policy, vif, IPV4) || policy_vif_router(policy, vif, IPV6);
}

bool machine_add(struct elements *elements, const struct policy *policy, const struct vif *vif,
		 const struct vif_routes *routes, struct err *err)
{
	struct kernel_link *link;
	bool ok;

	if (!vif->bridge_index || !is_open(policy, vif, routes))
		return true;
	link = kernel_link_open(err);
	ok = link && add_addresses(elements, link, 0, false, err) &&
	     add_addresses(elements, link, vif->bridge_index, true, err) &&
	     add_anycast(elements, link, vif->bridge_index, err) &&
	     add_next_hops(elements, policy, link, vif->bridge_index, err);
	kernel_link_close(link);
	return ok;
}

/* What this machine was heard to say may be of an address that it has no more. */
static void print_machine(FILE *out, const struct policy *policy, const struct elements *elements)
{
	static const char *const spoken[] = { "spoken4", "spoken6", "spoken_target6" };
	static const struct set sets[] = {
		{ .table = TABLE_BRIDGE, .kind = SET_MACHINE, .family = IPV4, .length = 32 },
		{ .table = TABLE_BRIDGE, .kind = SET_MACHINE, .family = IPV6, .length = 128 },
		{ .table = TABLE_BRIDGE,
		  .kind = SET_MACHINE_TARGET,
		  .family = IPV6,
		  .length = 128 },
	};
	char name[SET_NAME_SIZE];

	for (size_t i = 0; i < COUNT(spoken) && policy->settings.antispoof; i++)
		fprintf(out, "flush set bridge " RULESET_TABLE " %s\n", spoken[i]);
	for (size_t i = 0; i < COUNT(sets); i++)
		fprintf(out, "flush set bridge " RULESET_TABLE " %s\n", set_name(name, &sets[i]));
	for (size_t i = 0; i < elements->count; i++) {
		const struct element *element = &elements->elements[i];

		fprintf(out, "add element bridge " RULESET_TABLE " %s { ",
			set_name(name, &element->set));
		element_print(out, element);
		fputs(" }\n", out);
	}
}

bool machine_renew_apply(const struct policy *policy, const struct online *online, struct err *err)
{
	auto_free char *text = NULL;
	struct elements elements = { 0 };
	FILE *out;
	size_t size;
	bool ok = true;

	if (backend_of(&policy->settings) != &backend_nft || !policy_has_bridges(policy))
		return true; /* others let nobody send from an address that is not his */
	for (size_t i = 0; ok && i < online->count; i++) {
		const struct vif *vif = &online->records[i].vif;
		struct vif_routes routes;

		ok = netconf_find_routes(&routes, policy, vif, err) &&
		     machine_add(&elements, policy, vif, &routes, err);
	}
	ok = ok && elements_finish(&elements, err);
	out = ok ? open_memstream(&text, &size) : NULL;
	if (ok && !out)
		ok = err_memory(err);
	if (out) {
		print_machine(out, policy, &elements);
		ok = fclose(out) ? err_memory(err) : kernel_nft_apply(text, err);
	}
	elements_done(&elements);
	return ok;
}
