/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host files and vifs → the elements of the ruleset, and the sets that these need. */
#include "ruleset.h"
#include "array.h"
#include "ruleset_bridge.h"
#include "ruleset_nat.h"
#include "ruleset_network.h"
#include "ruleset_routing.h"

static enum stage rule_stage(const struct host *host, bool outgoing)
{
	if (host->type == HOST_LOCAL)
		return outgoing ? STAGE_OUTPUT : STAGE_INPUT;
	return outgoing ? STAGE_FORWARD_OUT : STAGE_FORWARD_IN;
}

static void add_address(struct elements *elements, struct set set, const struct prefix *prefix)
{
	set.family = prefix->family;
	set.length = prefix->length;
	element_add_address(elements_add(elements, &set), prefix);
}

static struct element *add_service(struct elements *elements, const struct set *set,
				   const struct rule *rule, const struct prefix *address)
{
	struct element *element = elements_add(elements, set);

	element_add_address(element, address);
	if (set->has_peer)
		element_add_address(element, &rule->peer);
	if (set->service >= SERVICE_PROTOCOL)
		element_add_protocol(element, rule->service.protocol);
	return element;
}

static void add_rule(struct elements *elements, const struct host *host, const struct rule *rule,
		     const struct prefix *address)
{
	bool has_peer = rule->has_peer && rule->peer.length;
	struct set set = {
		.kind = SET_SERVICE,
		.stage = rule_stage(host, rule->outgoing),
		.family = address->family,
		.level = rule->level,
		.length = address->length,
		.has_peer = has_peer,
		.peer_length = has_peer ? rule->peer.length : 0,
		.service = rule->service.kind,
	};
	struct port_block blocks[PORT_BLOCKS_MAX];
	unsigned count;

	if (set.service != SERVICE_PORTS) {
		add_service(elements, &set, rule, address);
		return;
	}
	count = service_blocks(blocks, &rule->service);
	for (unsigned i = 0; i < count; i++) {
		set.port_length = blocks[i].length;
		element_add_port(add_service(elements, &set, rule, address), blocks[i].port);
	}
}

/* What the host's file says, for an address (or prefix) that it speaks for. */
static void add_host(struct elements *elements, const struct policy *policy,
		     const struct host *host, const struct prefix *address)
{
	ruleset_nat_add(elements, policy, host, address);
	if (!host->filtered) {
		add_address(elements, (struct set){ .kind = SET_FREE }, address);
		return;
	}
	for (uint32_t i = 0; i < host->rule_count; i++)
		add_rule(elements, host, &policy->rules[host->first_rule + i], address);
	if (host->limited) {
		struct set set = { .kind = SET_LIMITED, .stage = rule_stage(host, true) };

		add_address(elements, set, address);
	}
}

/* The hosts of a type that are there whoever runs. */
static void add_hosts(struct elements *elements, const struct policy *policy, enum host_type type)
{
	for (uint32_t i = 0; i < policy->claim_count; i++) {
		const struct claim *claim = &policy->claims[i];
		const struct host *host = &policy->hosts[claim->host];
		struct set set = {
			.kind = type == HOST_LOCAL ? SET_LOCAL : SET_NETWORK,
			.family = claim->prefix.family,
			.length = claim->prefix.length,
			.has_name = host->interface.text[0] != '\0',
		};
		struct element *element;

		if (host->type != type)
			continue;
		element = elements_add(elements, &set);
		if (set.has_name)
			element_add_name(element, &host->interface);
		element_add_address(element, &claim->prefix);
		add_host(elements, policy, host, &claim->prefix);
	}
}

void ruleset_add_hosts(struct elements *elements, const struct policy *policy)
{
	size_t first;

	add_hosts(elements, policy, HOST_LOCAL); /* which are on no bridge */
	first = elements->count;
	add_hosts(elements, policy, HOST_NETWORK);
	ruleset_network_add(elements, policy);
	ruleset_bridge_double(elements, first);
}

static void add_source(struct elements *elements, enum table table, const struct vif *vif,
		       const struct prefix *prefix)
{
	struct set set = { .table = table,
			   .kind = SET_SOURCE,
			   .family = prefix->family,
			   .length = prefix->length };
	struct element *element = elements_add(elements, &set);

	element_add_index(element, vif->index);
	element_add_mac(element, &vif->mac);
	element_add_address(element, prefix);
}

void ruleset_add_vif(struct elements *elements, const struct vif *vif)
{
	struct set set = { .kind = SET_SPOOFED };
	struct element *element;

	if (vif->bridge_index) {
		ruleset_bridge_add_vif(elements, vif);
		return;
	}
	element_add_index(elements_add(elements, &set), vif->index);
	set.kind = SET_REFUSED;
	element_add_index(elements_add(elements, &set), vif->index);
	set.kind = SET_STATION;
	element = elements_add(elements, &set);
	element_add_index(element, vif->index);
	element_add_mac(element, &vif->mac);
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		add_source(elements, TABLE_INET, vif, &vif->prefixes[i]);
		if (vif->prefixes[i].family == IPV4)
			add_source(elements, TABLE_ARP, vif, &vif->prefixes[i]);
	}
}

const struct host *ruleset_host(const struct policy *policy, const struct prefix *prefix,
				const struct ifname *name)
{
	const struct claim *claim = policy_claim_for(policy, prefix);
	const struct host *host = claim ? &policy->hosts[claim->host] : NULL;

	if (!host || host->type == HOST_LOCAL)
		return NULL;
	if (host->interface.text[0] && strcmp(host->interface.text, name->text))
		return NULL;
	return host;
}

static void add_guest(struct elements *elements, const struct policy *policy,
		      const struct host *host, const struct prefix *prefix)
{
	add_address(elements, (struct set){ .kind = SET_GUEST }, prefix);
	if (host)
		add_host(elements, policy, host, prefix);
}

/*
 * What a network's file says of exactly its own prefix stands in the ruleset already, and stays
 * when the guest goes.
 */
static bool stands_anyway(const struct policy *policy, const struct prefix *prefix)
{
	const struct claim *claim = policy_claim_for(policy, prefix);

	return claim && policy->hosts[claim->host].type == HOST_NETWORK &&
	       !prefix_compare(&claim->prefix, prefix);
}

void ruleset_add_part(struct elements *elements, const struct policy *policy,
		      const struct prefix *prefix, const struct vif *vif)
{
	const struct host *host = ruleset_host(policy, prefix, &vif->name);
	size_t first = elements->count;

	if (!prefix_is_link_local(prefix)) /* which means nothing behind its own link */
		add_guest(elements, policy, stands_anyway(policy, prefix) ? NULL : host, prefix);
	if (!policy_has_bridges(policy))
		return;
	if (vif->bridge_index)
		ruleset_bridge_double(elements, first);
	ruleset_bridge_add_guest(elements, prefix);
}

void ruleset_add_owned(struct elements *elements, const struct policy *policy,
		       const struct prefix *prefix)
{
	if (prefix_is_link_local(prefix))
		return;
	add_address(elements, (struct set){ .kind = SET_OWNED }, prefix);
	if (policy_has_bridges(policy))
		ruleset_bridge_add_owned(elements, prefix);
}

void ruleset_add_address(struct elements *elements, const struct policy *policy,
			 const struct prefix *prefix, const struct vif *vif)
{
	uint32_t count = 0;
	const struct claim *within = policy_claims_within(policy, prefix, &count);

	ruleset_add_owned(elements, policy, prefix);
	ruleset_add_part(elements, policy, prefix, vif);
	for (uint32_t i = 0; i < count; i++)
		ruleset_add_part(elements, policy, &within[i].prefix, vif);
}

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

	ruleset_add_vif(&elements, vif);
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		ruleset_add_owned(&elements, policy, &vif->prefixes[i]);
		add_guest(&elements, policy, host, &vif->prefixes[i]);
		ruleset_bridge_add_guest(&elements, &vif->prefixes[i]);
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
	struct vif vif = { .prefix_count = 1, .prefixes = { claim->prefix } };

	vif.prefixes[0].length = length;
	return sets_add_vifs(sets, policy, vif, &policy->hosts[claim->host]);
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
	if (!sets_take(sets, &elements) || !sets_add_vifs(sets, policy, vif, NULL))
		return false;
	vif.prefix_count = 0;
	return sets_add_vifs(sets, policy, vif, NULL);
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

static int compare(const void *a, const void *b)
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
	qsort(sets->sets, sets->count, sizeof(*sets->sets), compare);
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
			     sizeof(*sets->sets), compare))
			return false;
	return true;
}
