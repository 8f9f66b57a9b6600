/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts, claims, rules and all else, one by one → a policy; which file applies to an address. */
#include "policy/policy.h"
#include "base/array.h"
#include <string.h>
#include <sys/mman.h>

const char *const backend_names[BACKEND_COUNT] = {
	[BACKEND_NFT] = "nft",
	[BACKEND_IPTABLES_RESTORE] = "iptables-restore",
	[BACKEND_IPTABLES] = "iptables",
};
const char *const program_names[PROGRAM_COUNT] = {
	[PROGRAM_IPTABLES] = "iptables",
	[PROGRAM_IP6TABLES] = "ip6tables",
	[PROGRAM_EBTABLES] = "ebtables",
	[PROGRAM_IPTABLES_RESTORE] = "iptables-restore",
	[PROGRAM_IP6TABLES_RESTORE] = "ip6tables-restore",
	[PROGRAM_EBTABLES_RESTORE] = "ebtables-restore",
};
const char *const xen_mode_names[XEN_MODE_COUNT] = {
	[XEN_AUTO] = "auto",
	[XEN_YES] = "yes",
	[XEN_NO] = "no",
};
const char *const log_mode_names[LOG_MODE_COUNT] = {
	[LOGGED_NONE] = "none",
	[LOGGED_DROP] = "drop",
	[LOGGED_SPOOF] = "spoof",
	[LOGGED_ALL] = "all",
};
const char *const proxy_arp_names[PROXY_ARP_COUNT] = {
	[PROXY_ARP_NO] = "no",
	[PROXY_ARP_YES] = "yes",
	[PROXY_ARP_STRICT] = "strict",
};
const char *const chain_names[CHAIN_COUNT] = {
	[CHAIN_INPUT] = "input",
	[CHAIN_OUTPUT] = "output",
	[CHAIN_FORWARD] = "forward",
};
const char *const target_names[TARGET_COUNT] = {
	[TARGET_NONE] = "",
	[TARGET_ACCEPT] = "ACCEPT",
	[TARGET_DROP] = "DROP",
	[TARGET_RETURN] = "RETURN",
};
const char *const host_role_names[HOST_ROLE_COUNT] = {
	[ROLE_HOST] = "host", [ROLE_ROUTER] = "router"
};

const char *const host_type_names[HOST_TYPE_COUNT] = {
	[HOST_DOMU] = "domu",
	[HOST_LOCAL] = "local",
	[HOST_NETWORK] = "network",
};

void policy_done(struct policy *policy)
{
	if (policy->mapping) {
		munmap(policy->mapping, policy->mapping_size);
	} else {
		free(policy->hosts);
		free(policy->claims);
		free(policy->rules);
		free(policy->forwards);
		free(policy->networks);
		free(policy->friends);
		free(policy->unmanaged);
		free(policy->routes);
		free(policy->devices);
	}
	*policy = (struct policy){ .hosts = NULL };
}

/* As array_add(), with a count that a snapshot can hold. */
static void *grow_array(void *slot, uint32_t *count, size_t size)
{
	void *added = *count < UINT32_MAX ? array_add(slot, *count, size) : NULL;

	if (added)
		(*count)++;
	return added;
}

struct host *policy_add_host(struct policy *policy)
{
	return grow_array(&policy->hosts, &policy->host_count, sizeof(*policy->hosts));
}

struct claim *policy_add_claim(struct policy *policy)
{
	return grow_array(&policy->claims, &policy->claim_count, sizeof(*policy->claims));
}

struct rule *policy_add_rule(struct policy *policy)
{
	return grow_array(&policy->rules, &policy->rule_count, sizeof(*policy->rules));
}

struct port_forward *policy_add_forward(struct policy *policy)
{
	return grow_array(&policy->forwards, &policy->forward_count, sizeof(*policy->forwards));
}

struct network *policy_add_network(struct policy *policy)
{
	return grow_array(&policy->networks, &policy->network_count, sizeof(*policy->networks));
}

struct prefix *policy_add_friend(struct policy *policy)
{
	return grow_array(&policy->friends, &policy->friend_count, sizeof(*policy->friends));
}

struct prefix *policy_add_unmanaged(struct policy *policy)
{
	return grow_array(&policy->unmanaged, &policy->unmanaged_count, sizeof(*policy->unmanaged));
}

struct policy_route *policy_add_route(struct policy *policy)
{
	return grow_array(&policy->routes, &policy->route_count, sizeof(*policy->routes));
}

struct device_address *policy_add_device(struct policy *policy)
{
	return grow_array(&policy->devices, &policy->device_count, sizeof(*policy->devices));
}

const char *host_path(char out[static HOST_PATH_SIZE], const struct host *host)
{
	snprintf(out, HOST_PATH_SIZE, "%s.d/%s", family_names[host->family], host->file);
	return out;
}

enum target policy_rule_target(const struct policy *policy, const struct host *host,
			       const struct rule *rule)
{
	enum chain chain = host_chain(host, rule->outgoing);

	return policy->family[host->family].chain[chain].level[rule->level];
}

enum chain host_chain(const struct host *host, bool outgoing)
{
	if (host->type != HOST_LOCAL)
		return CHAIN_FORWARD;
	return outgoing ? CHAIN_OUTPUT : CHAIN_INPUT;
}

/* How many claims stand before prefix in the order, or are it. */
static uint32_t claims_up_to(const struct policy *policy, const struct prefix *prefix)
{
	uint32_t low = 0, high = policy->claim_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (prefix_compare(&policy->claims[middle].prefix, prefix) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How many leading bits two addresses share. */
static uint8_t common_bits(const struct prefix *a, const struct prefix *b)
{
	uint8_t bits = 0;

	for (size_t i = 0; i < sizeof(a->bytes); i++) {
		uint8_t difference = a->bytes[i] ^ b->bytes[i];

		if (difference)
			return (uint8_t)(bits + __builtin_clz(difference) - 24);
		bits += 8;
	}
	return bits;
}

/*
 * What holds a prefix stands before it. So when the one next before it does not hold it, whatever
 * does also holds that one, and is no longer than the bits that the two share: look for those.
 */
const struct claim *policy_claim_for(const struct policy *policy, const struct prefix *prefix)
{
	struct prefix key = *prefix;

	for (;;) {
		uint32_t count = claims_up_to(policy, &key);
		const struct claim *claim;

		if (count == 0 || policy->claims[count - 1].prefix.family != key.family)
			return NULL;
		claim = &policy->claims[count - 1];
		if (prefix_contains(&claim->prefix, &key))
			return claim;
		key = prefix_cut(&key, common_bits(&claim->prefix, &key));
	}
}

bool policy_is_guests(const struct policy *policy, const struct prefix *address)
{
	const struct claim *claim = policy_claim_for(policy, address);

	return claim && prefix_is_address(address) && !prefix_compare(&claim->prefix, address) &&
	       policy->hosts[claim->host].type == HOST_DOMU;
}

const struct prefix *policy_next_part(uint32_t *at, const struct policy *policy,
				      const struct prefix *prefix)
{
	uint32_t before = (*at)++, claim;

	if (!before)
		return prefix;
	claim = claims_up_to(policy, prefix) + before - 1;
	if (claim < policy->claim_count && prefix_contains(prefix, &policy->claims[claim].prefix))
		return &policy->claims[claim].prefix;
	return NULL;
}

const struct host *policy_network_host(const struct policy *policy, const struct prefix *prefix)
{
	const struct claim *claim = policy_claim_for(policy, prefix);

	if (!claim || policy->hosts[claim->host].type != HOST_NETWORK ||
	    prefix_compare(&claim->prefix, prefix))
		return NULL;
	return &policy->hosts[claim->host];
}

bool policy_has_bridges(const struct policy *policy)
{
	return policy->settings.xen != XEN_NO;
}

/* Of two bits that are set. */
static uint32_t lower_bit(uint32_t marks)
{
	return marks & -marks;
}

uint32_t policy_connection_mark(const struct settings *settings, bool bridged)
{
	uint32_t lower = lower_bit(settings->connection_marks);

	return bridged ? settings->connection_marks & ~lower : lower;
}

uint32_t policy_bridged_mark(const struct settings *settings)
{
	return settings->packet_marks & ~lower_bit(settings->packet_marks);
}

uint32_t policy_guests_mark(const struct settings *settings)
{
	return lower_bit(settings->packet_marks);
}

bool policy_isolates(const struct policy *policy, const struct ifname *bridge)
{
	for (uint32_t i = 0; i < policy->network_count; i++) {
		const struct network *network = &policy->networks[i];

		if (network->isolated && !strcmp(network->interface.text, bridge->text))
			return true;
	}
	return false;
}

bool policy_isolates_any(const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->network_count; i++)
		if (policy->networks[i].isolated)
			return true;
	return false;
}
