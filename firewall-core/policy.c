/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts, claims and rules, one by one → a policy in order, whose files agree with each other. */
#include "policy.h"
#include "array.h"
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>

const char *const backend_names[BACKEND_COUNT] = {
	[BACKEND_NFT] = "nft",
	[BACKEND_IPTABLES_RESTORE] = "iptables-restore",
	[BACKEND_IPTABLES] = "iptables",
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
	}
	*policy = (struct policy){ .hosts = NULL };
}

/* As array_add(), with a count that a snapshot can hold. */
static void *grow(void *slot, uint32_t *count, size_t size)
{
	void *added = *count < UINT32_MAX ? array_add(slot, *count, size) : NULL;

	if (added)
		(*count)++;
	return added;
}

struct host *policy_add_host(struct policy *policy)
{
	return grow(&policy->hosts, &policy->host_count, sizeof(*policy->hosts));
}

struct claim *policy_add_claim(struct policy *policy)
{
	return grow(&policy->claims, &policy->claim_count, sizeof(*policy->claims));
}

struct rule *policy_add_rule(struct policy *policy)
{
	return grow(&policy->rules, &policy->rule_count, sizeof(*policy->rules));
}

struct port_forward *policy_add_forward(struct policy *policy)
{
	return grow(&policy->forwards, &policy->forward_count, sizeof(*policy->forwards));
}

struct network *policy_add_network(struct policy *policy)
{
	return grow(&policy->networks, &policy->network_count, sizeof(*policy->networks));
}

struct prefix *policy_add_friend(struct policy *policy)
{
	return grow(&policy->friends, &policy->friend_count, sizeof(*policy->friends));
}

struct prefix *policy_add_unmanaged(struct policy *policy)
{
	return grow(&policy->unmanaged, &policy->unmanaged_count, sizeof(*policy->unmanaged));
}

struct policy_route *policy_add_route(struct policy *policy)
{
	return grow(&policy->routes, &policy->route_count, sizeof(*policy->routes));
}

const char *host_path(char out[static HOST_PATH_SIZE], const struct host *host)
{
	snprintf(out, HOST_PATH_SIZE, "%s.d/%s", family_names[host->family], host->file);
	return out;
}

enum chain host_chain(const struct host *host, bool outgoing)
{
	if (host->type != HOST_LOCAL)
		return CHAIN_FORWARD;
	return outgoing ? CHAIN_OUTPUT : CHAIN_INPUT;
}

/* The target of the level in which the host has this rule. */
static enum target rule_target(const struct policy *policy, const struct host *host,
			       const struct rule *rule)
{
	enum chain chain = host_chain(host, rule->outgoing);

	return policy->family[host->family].chain[chain].level[rule->level];
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *one = a, *other = b;
	int order = prefix_compare(&one->prefix, &other->prefix);

	/* Hosts stand in the order in which they were read: the same files, the same message. */
	return order ? order : (one->host > other->host) - (one->host < other->host);
}

static void check_claims(const struct policy *policy, struct report *report)
{
	char text[PREFIX_TEXT], path[HOST_PATH_SIZE], other_path[HOST_PATH_SIZE];

	for (uint32_t i = 1; i < policy->claim_count; i++) {
		const struct claim *claim = &policy->claims[i], *other = claim - 1;

		if (prefix_compare(&claim->prefix, &other->prefix) != 0)
			continue;
		prefix_print(text, &claim->prefix);
		host_path(path, &policy->hosts[claim->host]);
		if (claim->host == other->host)
			report_error(report, "%s: [header] IP: %s is given twice", path, text);
		else
			report_error(report,
				     "%s: [header] IP: %s is claimed by %s too: nobody could tell "
				     "whose rules count",
				     path, text,
				     host_path(other_path, &policy->hosts[other->host]));
	}
}

static int compare_names(const void *a, const void *b)
{
	const struct host *const *one = a, *const *other = b;
	int order = (*one)->family - (*other)->family;

	if (order == 0)
		order = strcmp((*one)->name, (*other)->name);
	return order ? order : (*one > *other) - (*one < *other);
}

static void check_names(const struct policy *policy, struct report *report)
{
	auto_free const struct host **sorted = calloc(policy->host_count + 1, sizeof(*sorted));
	char path[HOST_PATH_SIZE], other_path[HOST_PATH_SIZE];

	if (!sorted) {
		report_error(report, "out of memory");
		return;
	}
	for (uint32_t i = 0; i < policy->host_count; i++)
		sorted[i] = &policy->hosts[i];
	qsort(sorted, policy->host_count, sizeof(*sorted), compare_names);
	for (uint32_t i = 1; i < policy->host_count; i++)
		if (sorted[i]->family == sorted[i - 1]->family &&
		    strcmp(sorted[i]->name, sorted[i - 1]->name) == 0)
			report_error(
				report,
				"%s: [header] NAME: \"%s\" is the name of %s too: messages could "
				"not tell them apart",
				host_path(path, sorted[i]), sorted[i]->name,
				host_path(other_path, sorted[i - 1]));
}

/* Levels that the host uses and its chain does not declare; each is reported once. */
static void check_levels(const struct policy *policy, const struct host *host,
			 struct report *report)
{
	bool is_reported[LEVEL_MAX + 1][2] = { { false } };
	const char *family = family_names[host->family];
	char path[HOST_PATH_SIZE];

	for (uint32_t i = 0; i < host->rule_count; i++) {
		const struct rule *rule = &policy->rules[host->first_rule + i];

		if (rule_target(policy, host, rule) != TARGET_NONE ||
		    is_reported[rule->level][rule->outgoing])
			continue;
		is_reported[rule->level][rule->outgoing] = true;
		report_error(report, "%s:%u: [settings %d]: %s.conf has no LEVEL_%d in [%s]",
			     host_path(path, host), rule->line, rule->level, family, rule->level,
			     chain_names[host_chain(host, rule->outgoing)]);
	}
}

static bool is_limited(const struct policy *policy, const struct host *host)
{
	for (uint32_t i = 0; i < host->rule_count; i++) {
		const struct rule *rule = &policy->rules[host->first_rule + i];

		if (rule->outgoing && rule_target(policy, host, rule) == TARGET_ACCEPT)
			return true;
	}
	return false;
}

/* Can anybody open a TCP connection to this local host? */
static bool opens_tcp(const struct policy *policy, const struct host *host)
{
	if (host->type != HOST_LOCAL)
		return false;
	if (!host->filtered)
		return true;
	for (uint32_t i = 0; i < host->rule_count; i++) {
		const struct rule *rule = &policy->rules[host->first_rule + i];

		if (!rule->outgoing && rule_target(policy, host, rule) == TARGET_ACCEPT &&
		    (rule->service.kind == SERVICE_ALL || rule->service.protocol == IPPROTO_TCP))
			return true;
	}
	return false;
}

/* One family in which the administrator can come in is enough: the other one may well be closed. */
static void warn_of_lockout(const struct policy *policy, struct report *report)
{
	bool is_enabled = false;

	for (int family = 0; family < FAMILY_COUNT; family++) {
		const struct family_policy *rules = &policy->family[family];

		if (rules->enabled && rules->chain[CHAIN_INPUT].policy == TARGET_ACCEPT)
			return;
		is_enabled = is_enabled || rules->enabled;
	}
	for (uint32_t i = 0; i < policy->host_count; i++)
		if (policy->family[policy->hosts[i].family].enabled &&
		    opens_tcp(policy, &policy->hosts[i]))
			return;
	if (is_enabled)
		report_warning(report, "no local host opens a TCP port: after a start nobody can "
				       "log in to this machine over the network");
}

void policy_finish(struct policy *policy, struct report *report)
{
	char path[HOST_PATH_SIZE];

	if (policy->claim_count > 0)
		qsort(policy->claims, policy->claim_count, sizeof(*policy->claims), compare_claims);
	check_claims(policy, report);
	check_names(policy, report);
	for (uint32_t i = 0; i < policy->host_count; i++) {
		struct host *host = &policy->hosts[i];

		check_levels(policy, host, report);
		host->limited = is_limited(policy, host);
		if (!host->filtered && host->rule_count > 0)
			report_warning(
				report,
				"%s: [header] FIREWALL: it is no, so what [settings] says has "
				"no effect",
				host_path(path, host));
	}
	if (report->errors == 0) /* a host that opens a port may be the one with the error */
		warn_of_lockout(policy, report);
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

const struct claim *policy_claims_within(const struct policy *policy, const struct prefix *prefix,
					 uint32_t *count)
{
	uint32_t first = claims_up_to(policy, prefix), end = first;

	while (end < policy->claim_count && prefix_contains(prefix, &policy->claims[end].prefix))
		end++;
	*count = end - first;
	return end > first ? &policy->claims[first] : NULL;
}
