/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements, and the guests that could come → the sets that the ruleset needs. */
#include "base/array.h"
#include "ruleset/ruleset.h"
#include "ruleset/ruleset_bridge.h"
#include "ruleset/ruleset_limit.h"
#include "ruleset/ruleset_routing.h"
#include "ruleset/ruleset_share.h"

static void sets_add(struct sets *sets, const struct set *set)
{
	struct set *added;

	for (uint32_t i = sets->count; i-- > 0;)
		if (!set_compare(&sets->sets[i], set))
			return;
	added = array_add(&sets->sets, sets->count, sizeof(*added));
	if (added)
		sets->sets[sets->count++] = *set;
	else
		sets->failed = true;
}

static void sets_add_elements(struct sets *sets, const struct elements *elements)
{
	for (size_t i = 0; i < elements->count; i++)
		if (!i || set_compare(&elements->elements[i].set, &elements->elements[i - 1].set))
			sets_add(sets, &elements->elements[i].set);
}

/* Add their sets, and be done with them. */
static bool sets_take(struct sets *sets, struct elements *elements)
{
	bool failed = elements->failed;

	sets_add_elements(sets, elements);
	elements_done(elements);
	return !failed;
}

/* The sets of such a vif, with what the host's file says for its addresses. */
static bool sets_add_vif(struct sets *sets, const struct policy *policy, const struct vif *vif,
			 const struct host *host)
{
	struct elements elements = { 0 };

	ruleset_add_vif(&elements, policy, vif);
	ruleset_limit_add_vif(&elements, vif);
	ruleset_share_add_sets(&elements, vif);
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		ruleset_add_owned(&elements, policy, &vif->prefixes[i]);
		ruleset_add_guest(&elements, policy, host, &vif->prefixes[i]);
		ruleset_bridge_add_guest(&elements, &vif->prefixes[i]);
		if (host && host->shared)
			ruleset_add_shared(&elements, policy, &vif->prefixes[i]);
	}
	return sets_take(sets, &elements);
}

/* Routed, and where there are bridges a port of one. */
static bool sets_add_vifs(struct sets *sets, const struct policy *policy, struct vif vif,
			  const struct host *host)
{
	if (!sets_add_vif(sets, policy, &vif, host))
		return false;
	vif.bridge_index = 1;
	return !policy_has_bridges(policy) || sets_add_vif(sets, policy, &vif, host);
}

/* The sets of a guest that has `length` bits of its claim: all of it, or one address. */
static bool sets_add_claim(struct sets *sets, const struct policy *policy,
			   const struct claim *claim, uint8_t length)
{
	const struct host *host = &policy->hosts[claim->host];
	struct vif vif = { .name = host->interface,
			   .prefix_count = 1,
			   .prefixes = { claim->prefix } };

	vif.prefixes[0].length = length;
	return sets_add_vifs(sets, policy, vif, host);
}

/* The sets of a vif that is the next hop of a route. */
static bool sets_add_route(struct sets *sets, const struct policy *policy,
			   const struct policy_route *route)
{
	struct vif_routes routes = { .count = 1,
				     .route = { { .destination = route->destination } } };
	struct elements elements = { 0 };
	struct vif vif = { .index = 0 };

	ruleset_routing_add(&elements, policy, &vif, &routes);
	vif.bridge_index = 1;
	ruleset_routing_add(&elements, policy, &vif, &routes);
	return sets_take(sets, &elements);
}

/* The sets that are there whatever the configuration says. */
static bool sets_add_always(struct sets *sets, const struct policy *policy)
{
	struct vif vif = { .prefix_count = FAMILY_COUNT };
	struct elements elements = { 0 };

	for (uint8_t family = 0; family < FAMILY_COUNT; family++) {
		vif.prefixes[family] =
			(struct prefix){ .family = family, .length = family_bits(family) };
		if (policy_has_bridges(policy))
			ruleset_bridge_add_machine(&elements, &vif.prefixes[family]);
	}
	ruleset_limit_add_link(&elements, &vif.prefixes[IPV6]);
	ruleset_bridge_add_link(&elements, policy, &vif.prefixes[IPV6], &vif);
	if (!sets_take(sets, &elements) || !sets_add_vifs(sets, policy, vif, NULL))
		return false;
	for (vif.prefix_count = 0; vif.prefix_count < FAMILY_COUNT; vif.prefix_count++)
		if (!sets_add_vifs(sets, policy, vif, NULL))
			return false;
	return true;
}

/* What bridged frames are looked up in, too; and nothing of theirs where there are no bridges. */
static void sets_add_bridges(struct sets *sets, const struct policy *policy)
{
	uint32_t count = sets->count, kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct set set = sets->sets[i];

		if (!ruleset_bridge_is_doubled(&set))
			continue;
		set.table = TABLE_BRIDGE;
		sets_add(sets, &set);
	}
	if (policy_has_bridges(policy))
		return;
	for (uint32_t i = 0; i < sets->count; i++)
		if (sets->sets[i].table != TABLE_BRIDGE)
			sets->sets[kept++] = sets->sets[i];
	sets->count = kept;
}

static int compare_sets(const void *a, const void *b)
{
	return set_compare(a, b);
}

bool ruleset_sets(struct sets *sets, const struct policy *policy, const struct elements *elements,
		  struct err *err)
{
	if (!sets_add_always(sets, policy))
		return err_memory(err);
	sets_add_elements(sets, elements);
	for (uint32_t i = 0; i < policy->route_count; i++)
		if (!sets_add_route(sets, policy, &policy->routes[i]))
			return err_memory(err);
	for (uint32_t i = 0; i < policy->claim_count; i++) {
		const struct claim *claim = &policy->claims[i];
		enum host_type type = policy->hosts[claim->host].type;

		if (type == HOST_LOCAL)
			continue;
		if ((type == HOST_DOMU &&
		     !sets_add_claim(sets, policy, claim, claim->prefix.length)) ||
		    !sets_add_claim(sets, policy, claim, family_bits(claim->prefix.family)))
			return err_memory(err);
	}
	sets_add_bridges(sets, policy);
	if (sets->failed)
		return err_memory(err);
	qsort(sets->sets, sets->count, sizeof(*sets->sets), compare_sets);
	return true;
}

void sets_done(struct sets *sets)
{
	free(sets->sets);
	*sets = (struct sets){ 0 };
}

bool sets_hold(const struct sets *sets, const struct elements *elements)
{
	for (size_t i = 0; i < elements->count; i++)
		if (!bsearch(&elements->elements[i].set, sets->sets, sets->count,
			     sizeof(*sets->sets), compare_sets))
			return false;
	return true;
}
