/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host files and vifs → the elements of the ruleset, and the sets that these need. */
#include "ruleset/ruleset.h"
#include "base/array.h"
#include "policy/policy_vif.h"
#include "ruleset/ruleset_bridge.h"
#include "ruleset/ruleset_limit.h"
#include "ruleset/ruleset_nat.h"
#include "ruleset/ruleset_network.h"
#include "ruleset/ruleset_routing.h"
#include "ruleset/ruleset_share.h"

/* Who has a service: an address, or on a bridge a vif for what is said on its link. */
struct holder {
	const struct prefix *address;
	const struct vif *vif; /* NULL: it is the address */
};

static enum stage rule_stage(const struct host *host, const struct holder *holder, bool outgoing)
{
	if (holder->vif)
		return outgoing ? STAGE_LINK_OUT : STAGE_LINK_IN;
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
				   const struct rule *rule, const struct holder *holder)
{
	struct element *element = elements_add(elements, set);

	if (holder->vif)
		element_add_index(element, holder->vif->index);
	else
		element_add_address(element, holder->address);
	if (set->has_peer)
		element_add_address(element, &rule->peer);
	if (set->service >= SERVICE_PROTOCOL)
		element_add_protocol(element, rule->service.protocol);
	return element;
}

static void add_rule(struct elements *elements, const struct host *host, const struct rule *rule,
		     const struct holder *holder)
{
	bool has_peer = rule->has_peer && rule->peer.length;
	struct set set = {
		.table = holder->vif ? TABLE_BRIDGE : TABLE_INET,
		.kind = SET_SERVICE,
		.stage = rule_stage(host, holder, rule->outgoing),
		.family = host->family,
		.level = rule->level,
		.length = holder->vif ? 0 : holder->address->length,
		.has_peer = has_peer,
		.peer_length = has_peer ? rule->peer.length : 0,
		.service = rule->service.kind,
	};
	struct port_block blocks[PORT_BLOCKS_MAX];
	unsigned count;

	if (set.service != SERVICE_PORTS) {
		add_service(elements, &set, rule, holder);
		return;
	}
	count = service_blocks(blocks, &rule->service);
	for (unsigned i = 0; i < count; i++) {
		set.port_length = blocks[i].length;
		element_add_port(add_service(elements, &set, rule, holder), blocks[i].port);
	}
}

/* What the host's file says, for an address (or prefix) that it applies to. */
static void add_host(struct elements *elements, const struct policy *policy,
		     const struct host *host, const struct prefix *address)
{
	struct holder holder = { address, NULL };

	ruleset_nat_add(elements, policy, host, address);
	if (!host->filtered) {
		add_address(elements, (struct set){ .kind = SET_UNFILTERED }, address);
		return;
	}
	for (uint32_t i = 0; i < host->rule_count; i++)
		add_rule(elements, host, &policy->rules[host->first_rule + i], &holder);
	if (host->limited) {
		struct set set = { .kind = SET_EGRESS_LIMITED,
				   .stage = rule_stage(host, &holder, true) };

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
		if (type == HOST_NETWORK)
			add_address(elements, (struct set){ .kind = SET_CLAIMED }, &claim->prefix);
		add_host(elements, policy, host, &claim->prefix);
	}
}

/* Those that may be off. */
static void add_guests(struct elements *elements, const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->claim_count; i++)
		if (policy->hosts[policy->claims[i].host].type == HOST_DOMU)
			add_address(elements, (struct set){ .kind = SET_DOMU },
				    &policy->claims[i].prefix);
}

void ruleset_add_hosts(struct elements *elements, const struct policy *policy)
{
	size_t first;

	add_guests(elements, policy);
	if (policy_has_bridges(policy))
		ruleset_bridge_add_hosts(elements, policy);
	add_hosts(elements, policy, HOST_LOCAL); /* which are on no bridge */
	first = elements->count;
	add_hosts(elements, policy, HOST_NETWORK);
	ruleset_network_add(elements, policy);
	ruleset_bridge_double(elements, first);
}

static void add_source_to(struct elements *elements, enum table table, const struct vif *vif,
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

void ruleset_add_source(struct elements *elements, const struct policy *policy,
			const struct vif *vif, const struct prefix *prefix)
{
	if (vif->bridge_index) {
		ruleset_bridge_add_source(elements, policy, vif, prefix);
		return;
	}
	add_source_to(elements, TABLE_INET, vif, prefix);
	if (prefix->family == IPV4)
		add_source_to(elements, TABLE_ARP, vif, prefix);
}

/*
 * What the files of a guest on a bridge say, for what is said there to groups and to link-local
 * addresses. From its own addresses it sends by these; in IPv4 only a router has others.
 */
static void add_link(struct elements *elements, const struct policy *policy, const struct vif *vif)
{
	struct holder holder = { NULL, vif };
	unsigned at = 0;
	const struct host *host;

	while ((host = policy_vif_next_host(&at, policy, vif))) {
		if (!host->filtered)
			ruleset_bridge_add_free(elements, vif, host->family);
		for (uint32_t i = 0; host->filtered && i < host->rule_count; i++) {
			const struct rule *rule = &policy->rules[host->first_rule + i];

			if (host->family == IPV6 || !rule->outgoing || host->role == ROLE_ROUTER)
				add_rule(elements, host, rule, &holder);
		}
	}
}

void ruleset_add_vif(struct elements *elements, const struct policy *policy, const struct vif *vif)
{
	struct set set = { .kind = SET_SPOOFED };
	struct element *element;

	if (policy_vif_limiting_host(policy, vif))
		ruleset_limit_add_vif(elements, vif);
	if (vif->bridge_index) {
		ruleset_bridge_add_vif(elements, policy, vif);
		add_link(elements, policy, vif);
		return;
	}
	element_add_index(elements_add(elements, &set), vif->index);
	set.kind = SET_REFUSED;
	element_add_index(elements_add(elements, &set), vif->index);
	set.kind = SET_VIF_MAC;
	element = elements_add(elements, &set);
	element_add_index(element, vif->index);
	element_add_mac(element, &vif->mac);
	for (unsigned i = 0; i < vif->prefix_count; i++)
		ruleset_add_source(elements, policy, vif, &vif->prefixes[i]);
}

void ruleset_add_guest(struct elements *elements, const struct policy *policy,
		       const struct host *host, const struct prefix *prefix)
{
	add_address(elements, (struct set){ .kind = SET_GUEST }, prefix);
	if (host)
		add_host(elements, policy, host, prefix);
}

void ruleset_add_shared(struct elements *elements, const struct policy *policy,
			const struct prefix *prefix)
{
	add_address(elements, (struct set){ .kind = SET_SHARED }, prefix);
	if (policy_has_bridges(policy))
		ruleset_bridge_add_shared(elements, prefix);
}

void ruleset_add_claim(struct elements *elements, const struct policy *policy,
		       const struct prefix *prefix, const struct vif *vif)
{
	const struct host *host = policy_vif_host(policy, prefix, &vif->name);
	size_t first = elements->count;

	if (!prefix_is_link_local(prefix)) /* which means nothing behind its own link */
		ruleset_add_guest(elements, policy,
				  policy_network_host(policy, prefix) ? NULL : host, prefix);
	if (host && host->shared)
		ruleset_add_shared(elements, policy, prefix);
	if (!policy_has_bridges(policy))
		return;
	if (vif->bridge_index)
		ruleset_bridge_double(elements, first);
	if (vif->bridge_index && prefix_is_link_local(prefix))
		ruleset_bridge_add_link(elements, policy, prefix, vif);
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
	const struct prefix *part;
	uint32_t at = 0;

	ruleset_add_owned(elements, policy, prefix);
	while ((part = policy_next_part(&at, policy, prefix)))
		ruleset_add_claim(elements, policy, part, vif);
}
