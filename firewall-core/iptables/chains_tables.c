/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ruleset as iptables-restore reads it: table for table, and what a vif adds to each. */
#include "base/array.h"
#include "iptables/chains.h"
#include "iptables/ruleset_iptables.h"
#include "policy/policy_vif.h"

const char *ip_table_name(enum ip_stack part, enum ip_table table)
{
	static const char *const names[IP_TABLE_COUNT] = {
		[IP_RAW] = "raw",
		[IP_FILTER] = "filter",
		[IP_NAT] = "nat",
	};

	return names[part == STACK_BRIDGES && table == IP_RAW ? IP_NAT : table];
}

/* With ebtables a table ends where the next one begins: the older one knows no other end. */
const char *ip_table_end(enum ip_stack part)
{
	return part == STACK_BRIDGES ? "" : "COMMIT\n";
}

/* The kernel's chains, and those of ours that they jump to. */
static const struct jump {
	bool of_bridges;
	enum ip_table table;
	const char *from, *to;
} jumps[] = {
	{ false, IP_RAW, "PREROUTING", "prerouting" }, { false, IP_RAW, "OUTPUT", "link-zone" },
	{ false, IP_FILTER, "INPUT", "share" },	       { false, IP_FILTER, "FORWARD", "share" },
	{ false, IP_FILTER, "INPUT", "input" },	       { false, IP_FILTER, "OUTPUT", "output" },
	{ false, IP_FILTER, "FORWARD", "forward" },    { false, IP_NAT, "PREROUTING", "arriving" },
	{ false, IP_NAT, "OUTPUT", "opened" },	       { false, IP_NAT, "POSTROUTING", "leaving" },
	{ true, IP_RAW, "PREROUTING", "prerouting" },  { true, IP_FILTER, "INPUT", "input" },
	{ true, IP_FILTER, "OUTPUT", "attached" },     { true, IP_FILTER, "FORWARD", "attached" },
};

static bool is_of(const struct jump *jump, enum ip_stack part, enum ip_table table)
{
	return jump->of_bridges == (part == STACK_BRIDGES) && jump->table == table;
}

/* Frames between ports of a bridge are none of these chains' business. */
static const struct {
	enum ip_table table;
	const char *chain;
} unbridged[] = { { IP_FILTER, "forward" }, { IP_FILTER, "share" }, { IP_NAT, "leaving" } };

/* ---- which parts ---- */

static bool add_claim_part(struct parts *parts, const struct prefix *prefix,
			   const struct host *host)
{
	struct part *added = array_add(&parts->part, parts->count, sizeof(*added));

	if (!added)
		return false;
	*added = (struct part){ *prefix, host };
	parts->count++;
	return true;
}

static const struct host *find_host(const struct policy *policy, const struct prefix *part,
				    const struct vif *vif)
{
	const struct host *network = policy_network_host(policy, part);

	return network ? network : policy_vif_host(policy, part, &vif->name);
}

static bool find_parts(struct parts *parts, const struct policy *policy, enum family family,
		       const struct vif *vif, struct err *err)
{
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct prefix *prefix = &vif->prefixes[i];
		const struct prefix *part;
		uint32_t at = 0;

		if (prefix->family != family)
			continue;
		while ((part = policy_next_part(&at, policy, prefix)))
			if (!add_claim_part(parts, part, find_host(policy, part, vif)))
				return err_memory(err);
	}
	return true;
}

/* ---- hosts that are always there ---- */

static void print_table_hosts(const struct chains *p, enum ip_table table)
{
	for (uint32_t i = 0; table == IP_FILTER && i < p->policy->host_count; i++) {
		const struct host *host = &p->policy->hosts[i];

		if (host->family != p->family || host->type == HOST_DOMU)
			continue;
		chains_host_begin(p, host, 0);
		chains_host(p, host, 0);
	}
	for (uint32_t i = p->policy->claim_count; i-- > 0;) {
		const struct claim *claim = &p->policy->claims[i];
		const struct part part = { claim->prefix, &p->policy->hosts[claim->host] };

		if (part.host->family != p->family)
			continue;
		if (part.host->type == HOST_LOCAL && table == IP_FILTER)
			chains_local(p, &part);
		else if (part.host->type == HOST_NETWORK && table == IP_FILTER)
			chains_claim(p, &part, &part.host->interface, &part.host->interface, 0);
		else if (part.host->type == HOST_NETWORK)
			chains_nat_claim(p, &part, &part.host->interface);
	}
}

/* ---- tables ---- */

static bool print_table_vif(const struct chains *p, enum ip_table table, const struct vif *vif,
			    struct err *err)
{
	struct parts parts = { .count = 0 };
	struct vif_routes routes;
	bool ok = true;

	if (!netconf_find_routes(&routes, p->policy, vif, err))
		return false;
	switch (table) {
	case IP_RAW:
		chains_spoof_vif(p, vif, &routes);
		return true;
	case IP_FILTER:
		ok = find_parts(&parts, p->policy, p->family, vif, err);
		if (ok)
			chains_filter_vif(p, vif, &parts, &routes);
		chains_share_vif(p, vif);
		break;
	case IP_NAT:
		ok = find_parts(&parts, p->policy, p->family, vif, err);
		for (uint32_t i = 0; ok && i < parts.count; i++)
			chains_nat_claim(p, &parts.part[i], &(struct ifname){ "" });
		break;
	case IP_TABLE_COUNT:
		break;
	}
	free(parts.part);
	return ok;
}

bool ruleset_iptables_has_table(const struct policy *policy, enum ip_stack part,
				enum ip_table table)
{
	if (table != IP_NAT)
		return true;
	return part != STACK_BRIDGES && policy->family[part].enabled &&
	       chains_has_nat(policy, (enum family)part);
}

static void print_fixed(const struct chains *p, enum ip_table table)
{
	switch (table) {
	case IP_RAW:
		chains_spoof(p);
		break;
	case IP_FILTER:
		chains_filter(p);
		chains_share(p);
		print_table_hosts(p, table);
		chains_filter_end(p);
		break;
	case IP_NAT:
		chains_nat(p);
		print_table_hosts(p, table);
		chains_nat_end(p);
		break;
	case IP_TABLE_COUNT:
		break;
	}
}

void chains_unbridged(const struct chains *p, enum ip_table table, const char *verb)
{
	for (size_t i = 0; p->ruleset->sees_bridged && i < COUNT(unbridged); i++)
		if (unbridged[i].table == table)
			chains_line(p, "%s @%s -m physdev --physdev-is-bridged -j RETURN", verb,
				    unbridged[i].chain);
}

/* Into force: first of all. */
static void print_jumps(const struct chains *p, enum ip_stack part, enum ip_table table,
			const char *verb)
{
	for (size_t i = 0; i < COUNT(jumps); i++)
		if (is_of(&jumps[i], part, table))
			chains_line(p, "%s %s -j @%s", verb, jumps[i].from, jumps[i].to);
}

/* Fail, in the kernel, where they are not in force: ebtables has no "-C". */
static void print_check(const struct chains *p, enum ip_stack part, enum ip_table table)
{
	if (part == STACK_BRIDGES) {
		print_jumps(p, part, table, "-D");
		print_jumps(p, part, table, "-I");
	} else {
		print_jumps(p, part, table, "-C");
		chains_unbridged(p, table, "-C");
	}
}

/* Is there exactly this line? */
static bool has_line(const char *text, const char *line)
{
	size_t length = strlen(line);

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strcspn(text, "\n") == length && !strncmp(text, line, length))
			return true;
	return false;
}

bool ruleset_iptables_in_force(const char *rules, enum ip_stack part, enum ip_table table,
			       char generation, bool sees_bridged)
{
	char line[IP_LINE_SIZE];

	for (size_t i = 0; sees_bridged && part != STACK_BRIDGES && i < COUNT(unbridged); i++) {
		snprintf(line, sizeof(line), "-A " RULESET_CHAINS "%c-%s -m physdev ", generation,
			 unbridged[i].chain);
		if (unbridged[i].table == table && !strstr(rules, line))
			return false;
	}
	for (size_t i = 0; i < COUNT(jumps); i++) {
		if (!is_of(&jumps[i], part, table))
			continue;
		snprintf(line, sizeof(line), "-A %s -j " RULESET_CHAINS "%c-%s", jumps[i].from,
			 generation, jumps[i].to);
		if (!has_line(rules, line))
			return false;
	}
	return true;
}

static void print_part(const struct chains *p, enum ip_stack part, enum ip_table table)
{
	if (part == STACK_BRIDGES)
		chains_bridges(p, table);
	else
		print_fixed(p, table);
}

static bool print_part_vif(const struct chains *p, enum ip_stack part, enum ip_table table,
			   const struct vif *vif, struct err *err)
{
	struct err why;
	bool is_protected =
		!vif->bridge_index || ruleset_iptables_check_bridged(p->policy, vif, &why);

	if (part == STACK_BRIDGES)
		chains_bridges_vif(p, table, vif, is_protected);
	else if (is_protected)
		return print_table_vif(p, table, vif, err);
	return true;
}

static struct chains chains_of(FILE *out, const struct ip_ruleset *ruleset, enum ip_stack part,
			       const char *verb)
{
	enum family family = part == STACK_IPV6 ? IPV6 : IPV4;

	return (struct chains){ out, ruleset->policy, ruleset, family, verb };
}

bool ruleset_iptables_print(FILE *out, const struct ip_ruleset *ruleset, enum ip_stack part,
			    const struct vif *const *vifs, size_t count, struct err *err)
{
	struct chains fixed = chains_of(out, ruleset, part, "-A");
	struct chains guests = chains_of(out, ruleset, part, "-I");

	for (int table = 0; table < IP_TABLE_COUNT; table++) {
		if (!ruleset_iptables_has_table(ruleset->policy, part, table))
			continue;
		chains_line(&fixed, "*%s", ip_table_name(part, table));
		print_part(&fixed, part, table);
		for (size_t i = 0; i < count; i++)
			if (!print_part_vif(&guests, part, table, vifs[i], err))
				return false;
		print_jumps(&fixed, part, table, "-I");
		fputs(ip_table_end(part), out);
	}
	return true;
}

bool ruleset_iptables_print_vif(FILE *out, const struct ip_ruleset *ruleset, enum ip_stack part,
				const struct vif *vif, bool removes, struct err *err)
{
	struct chains p = chains_of(out, ruleset, part, removes ? "-D" : "-I");

	for (int table = 0; table < IP_TABLE_COUNT; table++) {
		if (!ruleset_iptables_has_table(ruleset->policy, part, table))
			continue;
		chains_line(&p, "*%s", ip_table_name(part, table));
		print_check(&p, part, table);
		if (!print_part_vif(&p, part, table, vif, err))
			return false;
		fputs(ip_table_end(part), out);
	}
	return true;
}
