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

static void rules_for_icmp(const struct rules *p, enum chain chain, enum family family)
{
	const struct family_policy *policy = &p->policy->family[family];
	char icmp[32];

	/* Where a bridge filters VLANs all frames have a tag, and ether type is the tag's. */
	snprintf(icmp, sizeof(icmp), "%s%s%s", p->in_bridge ? "meta protocol " : "",
		 p->in_bridge ? rules_families[family].header : "", p->in_bridge ? " " : "");
	rules_line(p, "%s%s type { %s } accept", icmp, rules_families[family].icmp,
		   rules_families[family].errors);
	if (rules_families[family].pings)
		rules_line(p, "%s%s type { %s } %s", icmp, rules_families[family].icmp,
			   rules_families[family].pings, rules_begin[chain]);
	if (!policy->icmp_count)
		return;
	fprintf(p->out, "\t\t%s%s type { ", icmp, rules_families[family].icmp);
	for (unsigned i = 0; i < policy->icmp_count; i++)
		fprintf(p->out, "%s%u", i ? ", " : "", policy->icmp[i]);
	fprintf(p->out, " } %s\n", rules_begin[chain]);
}

/*
 * What the policy is no business of: [unmanaged] networks, whichever end they are. A source is of
 * one where it comes from there; bridges know no routes. from is what must be true of it.
 */
static void rules_for_unmanaged(const struct rules *p, enum chain chain, enum family family,
				const char *from)
{
	const char *verdict = p->tracks ? rules_begin[chain] : "accept";
	char from_there[64];

	snprintf(from_there, sizeof(from_there), "%s%s", from, verdict);
	rules_lookups(p, SET_UNMANAGED, family, &rules_stages[STAGE_FORWARD_OUT], from_there);
	rules_lookups(p, SET_UNMANAGED, family, &rules_stages[STAGE_FORWARD_IN], verdict);
}

/* It comes from where it is routed to. */
static const char *from_there(const struct rules *p)
{
	return p->in_bridge ? "" : "fib saddr . iif oif exists ";
}

/* For this machine's own addresses and neighbours: RFC 4890, 4.4.1. A guest is no router. */
static void rules_for_own_icmpv6(const struct rules *p)
{
	rules_line(p, "ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, "
		      "nd-router-solicit } accept");
	rules_line(p, "icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, "
		      "mld2-listener-report } accept");
	rules_vifs(p, "iif", "goto input_guest6");
	rules_line(p, "ip6 hoplimit 255 icmpv6 type { nd-router-advert, ind-neighbor-solicit, "
		      "ind-neighbor-advert, 148, 149 } accept");
	rules_line(p, "icmpv6 type { 151, 152, 153 } accept");
	rules_line(p, "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept");
}

static void print_policy_chain(const struct rules *p, enum chain chain, enum family family)
{
	bool accept = p->policy->family[family].chain[chain].policy == TARGET_ACCEPT;

	rules_chain(p, "%s_policy%s", chain_names[chain], rules_families[family].version);
	rules_line(p, "%s", accept ? rules_begin[chain] : "goto refused_packet");
	rules_chain_end(p);
}

static void print_input_family(const struct rules *p, enum family family)
{
	const char *version = rules_families[family].version;

	rules_print_stage(p, STAGE_INPUT, family);
	if (family == IPV6) {
		rules_chain(p, "input_guest6");
		rules_line(p, "jump forward_out6");
		rules_line(p, "goto input6");
		rules_chain_end(p);
	}
	rules_chain(p, "input_family%s", version);
	rules_line(p, "jump source%s", version);
	rules_for_unmanaged(p, CHAIN_INPUT, family, from_there(p));
	rules_for_icmp(p, CHAIN_INPUT, family);
	if (family == IPV6)
		rules_for_own_icmpv6(p);
	rules_line(p, "jump forward_out%s", version);
	rules_line(p, "goto input%s", version);
	rules_chain_end(p);
}

static void print_forward_family(const struct rules *p, enum family family)
{
	const char *version = rules_families[family].version;
	char friend[64];

	rules_print_stage(p, STAGE_FORWARD_OUT, family);
	rules_print_stage(p, STAGE_FORWARD_IN, family);
	rules_print_off(p, family);
	rules_print_lan_sources(p, family);
	rules_print_link(p, family);
	rules_chain(p, "forward_family%s", version);
	if (!p->in_bridge)
		rules_line(p, "jump source%s", version);
	rules_of_lan_sources(p, family);
	rules_for_isolated(p, family);
	rules_for_unmanaged(p, CHAIN_FORWARD, family, from_there(p));
	snprintf(friend, sizeof(friend), "%s" RULES_BEGIN_FORWARD, from_there(p));
	rules_lookups(p, SET_FRIEND, family, &rules_stages[STAGE_FORWARD_IN], friend);
	rules_for_icmp(p, CHAIN_FORWARD, family);
	rules_line(p, "jump forward_out%s", version);
	rules_to_link(p, family);
	rules_line(p, "goto forward_in%s", version);
	rules_chain_end(p);
}

static void print_output_family(const struct rules *p, enum family family)
{
	const char *version = rules_families[family].version;

	rules_print_stage(p, STAGE_OUTPUT, family);
	rules_chain(p, "output_family%s", version);
	rules_for_unmanaged(p, CHAIN_OUTPUT, family, "");
	rules_for_icmp(p, CHAIN_OUTPUT, family);
	if (family == IPV4) {
		rules_line(p, "udp sport 68 udp dport 67 " RULES_BEGIN_OUTPUT);
	} else {
		rules_line(
			p,
			"icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, "
			"nd-router-advert, mld-listener-query, mld-listener-report, "
			"mld-listener-done, mld2-listener-report } accept");
		rules_line(p, "udp sport 546 udp dport 547 " RULES_BEGIN_OUTPUT);
	}
	rules_line(p, "goto output%s", version);
	rules_chain_end(p);
}

static void print_inet_hook(const struct rules *p, enum chain chain)
{
	rules_chain(p, "%s", chain_names[chain]);
	rules_line(p, "type filter hook %s priority filter; policy drop;", chain_names[chain]);
	if (chain == CHAIN_FORWARD && policy_has_bridges(p->policy))
		rules_line(p, "meta mark & 0x%08x != 0 accept # a bridged frame, see table bridge",
			   policy_bridged_mark(&p->policy->settings));
	if (chain == CHAIN_FORWARD)
		rules_to_isolation(p);
	if (chain == CHAIN_OUTPUT &&
	    p->policy->forward_count) /* a forwarded port leads elsewhere */
		rules_line(p, "oifname \"lo\" ct status ! dnat accept");
	else if (chain != CHAIN_FORWARD)
		rules_line(p, "%sname \"lo\" accept", chain == CHAIN_INPUT ? "iif" : "oif");
	rules_of_begun(p, chain == CHAIN_OUTPUT);
	rules_of_related(p, chain == CHAIN_OUTPUT);
	if (p->policy->settings.log == LOGGED_ALL)
		rules_line(p, "ct state new jump log_new");
	for (int family = 0; family < FAMILY_COUNT; family++)
		if (p->policy->family[family].enabled)
			rules_line(p, "meta nfproto %s goto %s_family%s",
				   rules_families[family].nfproto, chain_names[chain],
				   rules_families[family].version);
	rules_line(p, "goto refused_packet");
	rules_chain_end(p);
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
		print_forward_family(p, family);
		print_input_family(p, family);
		print_output_family(p, family);
	}
	rules_print_isolation(p);
	print_inet_hook(p, CHAIN_INPUT);
	print_inet_hook(p, CHAIN_FORWARD);
	print_inet_hook(p, CHAIN_OUTPUT);
	rules_print_nat(p);
	rules_print_share(p);
}

/*
 * What passes whatever the host files say: without it nobody has addresses and neighbours. Guests
 * have been kept from saying the rest of these protocols. IGMP and MLD go to groups and no further
 * than the link (RFC 2236, RFC 3376, RFC 2710, RFC 3810): queries, reports of each version, leaves.
 */
static void rules_for_links(const struct rules *p)
{
	rules_line(p, "meta protocol arp accept");
	rules_for_ethertypes(p);
	rules_line(p, "meta protocol != { ip, ip6 } counter drop");
	rules_for_vrrp(p);
	rules_line(p, "meta protocol ip ip daddr 224.0.0.0/4 ip ttl 1 "
		      "igmp type { 0x11, 0x12, 0x16, 0x17, 0x22 } accept");
	rules_line(p, "ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept");
	rules_line(p, "meta protocol ip udp sport 67 udp dport 68 accept");
	rules_line(p, "ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-router-advert, "
		      "nd-neighbor-solicit, nd-neighbor-advert } accept");
	rules_line(p, "meta protocol ip6 ip6 daddr ff00::/8 ip6 hoplimit 1 icmpv6 type { "
		      "mld-listener-query, mld-listener-report, mld-listener-done, "
		      "mld2-listener-report } accept");
	rules_line(p, "ip6 saddr fe80::/10 udp sport 546 udp dport 547 accept");
	rules_line(p, "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept");
}

/* Who has one end of it: a host that filters itself, one that we filter, or none of ours. */
static void print_ends(const struct rules *p, enum stage stage, enum family family,
		       const char *name, const char *unfiltered, const char *stranger)
{
	rules_chain(p, "%s%s", name, rules_families[family].version);
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
		print_forward_family(p, family);
	}
	rules_chain(p, "policed");
	if (p->tracks) /* most frames */
		rules_of_begun(p, false);
	rules_of_disabled(p);
	rules_for_links(p);
	if (p->tracks) /* behind ARP, which is of no connection */
		rules_of_related(p, false);
	if (p->tracks && p->policy->settings.log == LOGGED_ALL)
		rules_line(p, "ct state new jump log_new");
	for (int family = 0; family < FAMILY_COUNT; family++) {
		const struct rules_family *names = &rules_families[family];

		if (!p->policy->family[family].enabled)
			continue;
		if (!p->tracks) {
			rules_line(p, "%s goto forward_family%s", names->groups, names->version);
			rules_for_unmanaged(p, CHAIN_FORWARD, family, "");
		}
		rules_line(p, "meta protocol %s goto %s%s", names->header,
			   p->tracks ? "forward_family" : "untracked", names->version);
	}
	rules_line(p, "goto refused_packet");
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
