/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy as it was read → in order, and what its files say against each other. */
#include "policy/policy_nat.h"
#include "policy/policy_ports.h"
#include "value/vif.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

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
			report_error(
				report,
				"%s: [header] IP: %s is claimed by %s too: it is ambiguous whose "
				"rules count",
				path, text, host_path(other_path, &policy->hosts[other->host]));
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

		if (policy_rule_target(policy, host, rule) != TARGET_NONE ||
		    is_reported[rule->level][rule->outgoing])
			continue;
		is_reported[rule->level][rule->outgoing] = true;
		report_error(report,
			     "%s:%u: [settings %d]: %s.conf has no LEVEL_%d in [%s]: nothing says "
			     "what becomes of these services",
			     host_path(path, host), rule->line, rule->level, family, rule->level,
			     chain_names[host_chain(host, rule->outgoing)]);
	}
}

static bool is_limited(const struct policy *policy, const struct host *host)
{
	for (uint32_t i = 0; i < host->rule_count; i++) {
		const struct rule *rule = &policy->rules[host->first_rule + i];

		if (rule->outgoing && policy_rule_target(policy, host, rule) == TARGET_ACCEPT)
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

		if (!rule->outgoing && policy_rule_target(policy, host, rule) == TARGET_ACCEPT &&
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
		report_warning(report, "no local host opens a TCP port: after a start no new login "
				       "to this machine is possible over the network");
}

/* ---- networks, and what is left alone ---- */

static int compare_networks(const void *a, const void *b)
{
	const struct network *const *one = a, *const *other = b;
	int order = prefix_compare(&(*one)->subnet, &(*other)->subnet);

	return order ? order : (*one > *other) - (*one < *other);
}

/* What holds a subnet stands before it, so that the widest of those so far is the one to ask. */
static void check_networks(const struct policy *policy, struct report *report)
{
	auto_free const struct network **sorted =
		calloc(policy->network_count + 1, sizeof(*sorted));
	char text[PREFIX_TEXT];
	const struct network *wide = NULL;

	if (!sorted) {
		report_error(report, "out of memory");
		return;
	}
	for (uint32_t i = 0; i < policy->network_count; i++)
		sorted[i] = &policy->networks[i];
	qsort(sorted, policy->network_count, sizeof(*sorted), compare_networks);
	for (uint32_t i = 0; i < policy->network_count; i++) {
		if (sorted[i]->subnet.length == 0) /* which was reported where it stands */
			continue;
		if (wide && prefix_contains(&wide->subnet, &sorted[i]->subnet))
			report_error(report,
				     "%s.conf:%u: [network %s] SUBNET: %s overlaps with that of "
				     "[network %s], line %u: it is ambiguous which one is meant",
				     family_names[sorted[i]->family], sorted[i]->line,
				     sorted[i]->name, prefix_print(text, &sorted[i]->subnet),
				     wide->name, wide->line);
		else
			wide = sorted[i];
	}
}

static int compare_prefixes(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

/* Put count prefixes in order, none twice. Returns how many are left. */
static uint32_t sort_prefixes(struct prefix *prefixes, uint32_t count)
{
	uint32_t kept = 0;

	if (count == 0)
		return 0;
	qsort(prefixes, count, sizeof(*prefixes), compare_prefixes);
	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || prefix_compare(&prefixes[kept - 1], &prefixes[i]) != 0)
			prefixes[kept++] = prefixes[i];
	return kept;
}

/* ---- routes ---- */

static int compare_routes(const void *a, const void *b)
{
	const struct policy_route *const *one = a, *const *other = b;
	uint32_t metric = (*one)->metric, others = (*other)->metric;
	int order = prefix_compare(&(*one)->destination, &(*other)->destination);

	if (order == 0)
		order = (metric > others) - (metric < others);
	return order ? order : (*one > *other) - (*one < *other);
}

static int compare_next_hops(const void *a, const void *b)
{
	const struct policy_route *const *one = a, *const *other = b;
	int order = prefix_compare(&(*one)->via, &(*other)->via);

	return order ? order : (*one > *other) - (*one < *other);
}

/* Puts them in an order of its own. */
static void check_next_hops(const struct policy_route **routes, uint32_t count,
			    struct report *report)
{
	uint32_t same = 0;
	char text[PREFIX_TEXT];

	qsort(routes, count, sizeof(*routes), compare_next_hops);
	for (uint32_t i = 0; i < count; i++) {
		same = i && !prefix_compare(&routes[i]->via, &routes[i - 1]->via) ? same + 1 : 1;
		if (same == VIF_ROUTES_MAX + 1)
			report_error(report,
				     "routing.cfg:%u: [%s] VIA: %s is the next hop of more than %d "
				     "destinations",
				     routes[i]->line, routes[i]->name,
				     prefix_print(text, &routes[i]->via), VIF_ROUTES_MAX);
	}
}

static void check_routes(const struct policy *policy, struct report *report)
{
	auto_free const struct policy_route **sorted =
		calloc(policy->route_count + 1, sizeof(*sorted));
	char text[PREFIX_TEXT];

	if (!sorted) {
		report_error(report, "out of memory");
		return;
	}
	for (uint32_t i = 0; i < policy->route_count; i++)
		sorted[i] = &policy->routes[i];
	qsort(sorted, policy->route_count, sizeof(*sorted), compare_routes);
	for (uint32_t i = 1; i < policy->route_count; i++) {
		const struct policy_route *route = sorted[i], *other = sorted[i - 1];

		if (prefix_compare(&route->destination, &other->destination) == 0 &&
		    route->metric == other->metric)
			report_error(report,
				     "routing.cfg:%u: [%s] DESTINATION: %s stands in line %u "
				     "already, with the same metric: only one of the two could be "
				     "set",
				     route->line, route->name,
				     prefix_print(text, &route->destination), other->line);
	}
	check_next_hops(sorted, policy->route_count, report);
}

void policy_finish(struct policy *policy, struct report *report)
{
	char path[HOST_PATH_SIZE];

	if (policy->claim_count > 0)
		qsort(policy->claims, policy->claim_count, sizeof(*policy->claims), compare_claims);
	check_claims(policy, report);
	check_names(policy, report);
	check_networks(policy, report);
	policy_check_forwards(policy, report);
	policy_check_nat_ports(policy, report);
	check_routes(policy, report);
	policy->unmanaged_count = sort_prefixes(policy->unmanaged, policy->unmanaged_count);
	for (uint32_t i = 0; i < policy->network_count; i++) {
		struct network *network = &policy->networks[i];

		if (network->friend_count > 0)
			network->friend_count = sort_prefixes(
				policy->friends + network->first_friend, network->friend_count);
	}
	for (uint32_t i = 0; i < policy->host_count; i++) {
		struct host *host = &policy->hosts[i];

		check_levels(policy, host, report);
		host->limited = host->filtered && is_limited(policy, host);
		if (!host->filtered && host->rule_count > 0)
			report_warning(
				report,
				"%s: [header] FIREWALL: it is no, so the services in [settings] "
				"have no effect",
				host_path(path, host));
		if (report->errors == 0)
			policy_warn_of_forwards(policy, host, report);
	}
	if (report->errors == 0) /* a host that opens a port may be the one with the error */
		warn_of_lockout(policy, report);
}
