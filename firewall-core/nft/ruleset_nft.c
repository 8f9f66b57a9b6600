/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ruleset as nft reads it. Only the configuration decides which chains there are; guests are
 * elements, so that one more costs the kernel the same with none and with thousands.
 */
#include "nft/rules.h"

static const char *const field_types[FIELD_COUNT] = {
	[FIELD_INDEX] = "iface_index",	 [FIELD_NAME] = "ifname",
	[FIELD_MAC] = "ether_addr",	 [FIELD_IPV4] = "ipv4_addr",
	[FIELD_IPV6] = "ipv6_addr",	 [FIELD_ETHERTYPE] = "ether_type",
	[FIELD_PROTOCOL] = "inet_proto", [FIELD_PORT] = "inet_service",
};

/* Where nft has no name for a type, it takes that of an expression. */
static const char *const field_expressions[FIELD_COUNT] = {
	[FIELD_INDEX] = "iif",
	[FIELD_MAC_NUMBER] = "@th,208,48",
	[FIELD_IPV4_NUMBER] = "@th,192,32",
	[FIELD_IPV6_NUMBER] = "@th,64,128",
};

static void print_set_types(const struct rules *p, const struct set *set)
{
	enum field fields[FIELDS_MAX], data[FIELDS_MAX];
	unsigned count = set_fields(fields, set), data_count = set_data_fields(data, set);
	bool is_named = field_types[fields[count - 1]];
	const char *const *names = is_named ? field_types : field_expressions;

	fputs(is_named ? "type " : "typeof ", p->out);
	for (unsigned i = 0; i < count; i++)
		fprintf(p->out, "%s%s", i ? " . " : "", names[fields[i]]);
	for (unsigned i = 0; i < data_count; i++)
		fprintf(p->out, "%s%s", i ? " . " : " : ", field_types[data[i]]);
	if (set_has_verdict(set))
		fputs(" : verdict", p->out);
	fputc('\n', p->out);
}

static void print_set(const struct rules *p, const struct set *set, const struct element *elements,
		      size_t count)
{
	char name[SET_NAME_SIZE];
	enum field data[FIELDS_MAX];
	bool is_map = set_has_verdict(set) || set_data_fields(data, set);

	fprintf(p->out, "\n\t%s %s {\n\t\t", is_map ? "map" : "set", set_name(name, set));
	print_set_types(p, set);
	if (set->kind == SET_SPOOFED || set->kind == SET_REFUSED)
		fputs("\t\tcounter\n", p->out);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ",\n\t\t\t     " : "\t\telements = { ", p->out);
		element_print(p->out, &elements[i]);
	}
	fputs(count ? " }\n\t}\n" : "\t}\n", p->out);
}

static void print_sets(const struct rules *p, const struct elements *elements)
{
	size_t at = 0;

	for (uint32_t i = 0; i < p->sets->count; i++) {
		const struct set *set = &p->sets->sets[i];
		size_t first;

		while (at < elements->count && set_compare(&elements->elements[at].set, set) < 0)
			at++;
		first = at;
		while (at < elements->count && !set_compare(&elements->elements[at].set, set))
			at++;
		print_set(p, set, &elements->elements[first], at - first);
	}
}

static void print_policy_chain(const struct rules *p, enum chain chain, enum family family)
{
	bool accept = p->policy->family[family].chain[chain].policy == TARGET_ACCEPT;

	rules_chain(p, "%s_policy%s", chain_names[chain], rules_families[family].version);
	rules_line(p, "%s", accept ? rules_begin[chain] : "goto refused_packet");
	rules_chain_end(p);
}

/* What the clauses of a forwarded packet lead to, and these. */
static void print_forward_family(const struct rules *p, enum path path, enum family family)
{
	rules_print_stage(p, STAGE_FORWARD_OUT, family);
	rules_print_stage(p, STAGE_FORWARD_IN, family);
	rules_print_off(p, family);
	rules_print_lan_sources(p, family);
	rules_print_link(p, family);
	rules_print_broadcast(p, family);
	rules_print_path(p, path, family);
}

static void print_input_family(const struct rules *p, enum family family)
{
	rules_print_stage(p, STAGE_INPUT, family);
	if (family == IPV6) {
		rules_chain(p, "input_guest6");
		rules_line(p, "jump forward_out6");
		rules_line(p, "goto input6");
		rules_chain_end(p);
	}
	rules_print_path(p, PATH_INPUT, family);
}

static void print_inet(const struct rules *p)
{
	rules_print_spoof(p);
	rules_print_connections(p);
	for (int family = 0; family < FAMILY_COUNT; family++) {
		if (!p->policy->family[family].enabled)
			continue;
		for (int chain = 0; chain < CHAIN_COUNT; chain++)
			print_policy_chain(p, chain, family);
		rules_print_sources(p, family);
		print_forward_family(p, PATH_FORWARD, family);
		print_input_family(p, family);
		rules_print_stage(p, STAGE_OUTPUT, family);
		rules_print_path(p, PATH_OUTPUT, family);
	}
	rules_print_isolation(p);
	rules_print_hook(p, PATH_INPUT);
	rules_print_hook(p, PATH_FORWARD);
	rules_print_hook(p, PATH_OUTPUT);
	rules_print_nat(p);
	rules_print_share(p);
}

/* Who has one end of it: a host that filters itself, one that we filter, or none of ours. */
static void print_ends(const struct rules *p, enum stage stage, enum family family,
		       const char *name, const char *unfiltered, const char *stranger)
{
	rules_chain(p, "%s%s", name, rules_families[family].version);
	if (family == IPV6)
		rules_of_link_end(p, stage, unfiltered);
	for (int length = family_bits(family); length >= 0; length--) {
		for (uint32_t i = 0; i < p->sets->count; i++) {
			const struct set *set = &p->sets->sets[i];

			if (set->kind == SET_UNFILTERED && set->family == family &&
			    set->length == length)
				rules_lookup(p, set, &rules_stages[stage], unfiltered);
		}
		rules_of_claims(p, stage, family, (uint8_t)length, "goto refused_packet");
	}
	rules_line(p, "%s", stranger);
	rules_chain_end(p);
}

/*
 * Without connection tracking nobody can tell an answer from a question: what needs no answer
 * passes, and hosts that filter themselves, with each other and with those that are none of ours.
 */
static void print_without_tracking(const struct rules *p, enum family family)
{
	const char *version = rules_families[family].version;
	char to_anybody[32], to_unfiltered[32];

	snprintf(to_anybody, sizeof(to_anybody), "goto to_anybody%s", version);
	snprintf(to_unfiltered, sizeof(to_unfiltered), "goto to_unfiltered%s", version);
	print_ends(p, STAGE_FORWARD_IN, family, "to_anybody", "accept", "accept");
	print_ends(p, STAGE_FORWARD_IN, family, "to_unfiltered", "accept", "goto refused_packet");
	print_ends(p, STAGE_FORWARD_OUT, family, "untracked", to_anybody, to_unfiltered);
}

/* All from the step connection on, for frames between a guest and a port that is no guest's. */
static void print_bridge_chains(const struct rules *p)
{
	rules_print_reasons(p);
	rules_print_connections(p);
	for (int family = 0; family < FAMILY_COUNT; family++) {
		if (!p->policy->family[family].enabled)
			continue;
		if (!p->tracks)
			print_without_tracking(p, family);
		print_policy_chain(p, CHAIN_FORWARD, family);
		print_forward_family(p, PATH_BRIDGE, family);
	}
	rules_chain(p, "policed");
	rules_of_hook_clauses(p, PATH_BRIDGE);
	rules_chain_end(p);
	rules_print_bridge(p);
	rules_print_share(p);
}

static const struct {
	const char *family;
	void (*print)(const struct rules *p);
} tables[TABLE_COUNT] = {
	[TABLE_INET] = { "inet", print_inet },
	[TABLE_ARP] = { "arp", rules_print_arp },
	[TABLE_BRIDGE] = { "bridge", print_bridge_chains },
};

/* Those of one table stand together. */
static struct sets sets_of(const struct sets *sets, enum table table)
{
	struct sets own = { 0 };

	for (uint32_t i = 0; i < sets->count; i++) {
		if (sets->sets[i].table != table)
			continue;
		if (!own.count)
			own.sets = &sets->sets[i];
		own.count++;
	}
	return own;
}

void ruleset_print(FILE *out, const struct policy *policy, const struct sets *sets,
		   const struct elements *elements, bool tracks_bridges)
{
	int count = policy_has_bridges(policy) ? TABLE_COUNT : TABLE_BRIDGE;

	fputs("#!/usr/sbin/nft -f\n", out);
	for (int table = 0; table < count; table++)
		fprintf(out, "table %s %s\ndelete table %s %s\n", tables[table].family,
			RULESET_TABLE, tables[table].family, RULESET_TABLE);
	for (int table = 0; table < count; table++) {
		struct sets own = sets_of(sets, table);
		bool in_bridge = table == TABLE_BRIDGE;
		struct rules p = { out, policy, &own, in_bridge, !in_bridge || tracks_bridges };

		fprintf(out, "\ntable %s %s {", tables[table].family, RULESET_TABLE);
		print_sets(&p, elements);
		tables[table].print(&p);
		fputs("}\n", out);
	}
}
