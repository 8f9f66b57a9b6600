/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy and online vifs → elements → text → kernel and snapshot. */
#include "load.h"
#include "kernel.h"
#include "kernel_rules.h"
#include "ruleset_bridge.h"
#include "ruleset_routing.h"

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

bool load_add_machine(struct elements *elements, const struct vif *vif,
		      const struct vif_routes *routes, struct err *err)
{
	struct kernel_link *link;
	bool ok;

	if (!vif->bridge_index || (vif->prefix_count && !routes->count))
		return true;
	link = kernel_link_open(err);
	ok = link && add_addresses(elements, link, 0, false, err) &&
	     add_addresses(elements, link, vif->bridge_index, true, err);
	kernel_link_close(link);
	return ok;
}

/* The elements of one vif, whatever was done when it came. */
static bool make_vif(struct elements *elements, const struct policy *policy, const struct vif *vif,
		     struct err *err)
{
	struct vif_routes routes;
	struct prefix owned[OWNED_MAX];
	unsigned count = record_owned(owned, vif);

	if (!change_find_routes(&routes, policy, vif, err) ||
	    !load_add_machine(elements, vif, &routes, err))
		return false;
	ruleset_add_vif(elements, vif);
	ruleset_routing_add(elements, policy, vif, &routes);
	for (unsigned i = 0; i < count; i++)
		ruleset_add_address(elements, policy, &owned[i], vif);
	return true;
}

static bool make(struct elements *elements, struct sets *sets, const struct policy *policy,
		 const struct online *online, struct err *err)
{
	ruleset_add_hosts(elements, policy);
	for (size_t i = 0; i < online->count; i++)
		if (!make_vif(elements, policy, &online->records[i].vif, err))
			return false;
	return elements_finish(elements, err) && ruleset_sets(sets, policy, elements, err);
}

bool load_tracks_bridges(const struct policy *policy)
{
	return !policy_has_bridges(policy) || kernel_bridge_tracks();
}

/*
 * It is the ports of a bridge that are isolated. What is above one, such as the interface of a
 * VLAN, has none.
 */
static void check_isolated(const struct network *network, struct kernel_link *link,
			   struct report *report)
{
	auto_free struct bridge *bridges = NULL;
	size_t count = 0;
	uint32_t index;
	struct err ignored;

	if (kernel_link_read_index(&index, &network->interface, &ignored) &&
	    kernel_bridges_read(&bridges, &count, link, &network->interface, &ignored) && !count)
		report_warning(report,
			       "%s.conf:%u: [network %s] ISOLATE: %s is no bridge, so on the "
			       "bridge below it guests see each other all the same",
			       family_names[network->subnet.family], network->line, network->name,
			       network->interface.text);
}

void load_check_interfaces(const struct policy *policy, struct report *report)
{
	struct kernel_link *link = NULL;
	struct err ignored;

	for (uint32_t i = 0; i < policy->network_count; i++) {
		if (!policy->networks[i].isolated)
			continue;
		link = link ? link : kernel_link_open(&ignored);
		if (link)
			check_isolated(&policy->networks[i], link, report);
	}
	kernel_link_close(link);
}

bool load_loses_hairpins(const struct policy *policy)
{
	static const char *const keys[] = { "net/bridge/bridge-nf-call-iptables",
					    "net/bridge/bridge-nf-call-ip6tables" };
	struct err ignored;
	long value = 0;

	for (size_t i = 0; i < COUNT(keys) && !value; i++)
		if (!kernel_sysctl_read(&value, keys[i], &ignored))
			value = 0; /* the module is not there */
	return policy->forward_count && value;
}

bool load_print(FILE *out, const struct policy *policy, const struct online *online,
		struct err *err)
{
	struct elements elements = { 0 };
	struct sets sets = { 0 };
	bool ok = make(&elements, &sets, policy, online, err);

	if (ok)
		ruleset_print(out, policy, &sets, &elements, load_tracks_bridges(policy));
	elements_done(&elements);
	sets_done(&sets);
	return ok;
}

static bool apply(const struct policy *policy, const struct sets *sets,
		  const struct elements *elements, bool tracks, struct err *err)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return err_memory(err);
	ruleset_print(out, policy, sets, elements, tracks);
	if (fclose(out))
		return err_memory(err);
	return kernel_nft_apply(text, err);
}

/* A kernel without this family is no error: a machine with XEN = no may have one. */
static bool remove_bridges(struct err *err)
{
	bool is_there;

	return kernel_table_read_loaded(&is_there, TABLE_BRIDGE, err) &&
	       (!is_there || kernel_nft_apply("delete table bridge " RULESET_TABLE "\n", err));
}

bool load_apply(const struct run *run, const struct policy *policy, const struct online *online,
		bool with_guests, struct err *err)
{
	struct elements elements = { 0 };
	bool tracks = load_tracks_bridges(policy);
	struct sets sets = { 0 };
	bool ok = make(&elements, &sets, policy, online, err) &&
		  run_write_snapshot(run, policy, &sets, with_guests, tracks, err) &&
		  apply(policy, &sets, &elements, tracks, err) &&
		  (policy_has_bridges(policy) || remove_bridges(err)) &&
		  run_keep_snapshot(run, err);

	elements_done(&elements);
	sets_done(&sets);
	return ok;
}

bool load_remove_apply(struct err *err)
{
	return kernel_nft_apply("table inet " RULESET_TABLE "\n"
				"delete table inet " RULESET_TABLE "\n"
				"table arp " RULESET_TABLE "\n"
				"delete table arp " RULESET_TABLE "\n",
				err) &&
	       remove_bridges(err);
}
