/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT, PAT and MASQUERADE as nft rules: which address and port a connection has on each side. */
#include "nft/rules.h"
#include "policy/policy_ports.h"

static const struct rules_stage arriving = { "daddr", "saddr", "iifname", CHAIN_FORWARD, "", NULL };
static const struct rules_stage leaving = { "saddr", "daddr", "oifname", CHAIN_FORWARD, "", NULL };

static const char *const loopbacks[FAMILY_COUNT] = { "127.0.0.0/8", "::1" };

/* Is there a set of one of these kinds? With a family of FAMILY_COUNT: in any family. */
static bool has_kinds(const struct rules *p, enum set_kind first, enum set_kind last, int family)
{
	for (uint32_t i = 0; i < p->sets->count; i++) {
		const struct set *set = &p->sets->sets[i];

		if (set->kind >= first && set->kind <= last &&
		    (family == FAMILY_COUNT || set->family == family))
			return true;
	}
	return false;
}

/* match  what else must be true, in front of all that */
static void rules_of_map(const struct rules *p, enum set_kind kind, enum family family,
			 const char *match)
{
	char translation[48];

	snprintf(translation, sizeof(translation), "%sdnat", match);
	for (uint32_t i = 0; i < p->sets->count; i++)
		if (p->sets->sets[i].kind == kind && p->sets->sets[i].family == family)
			rules_translate(p, translation, &p->sets->sets[i], &arriving, "");
}

/*
 * Its addresses in the virtual LANs are not public, and its own services may well listen there.
 */
static void rules_of_own_only(const struct rules *p, enum family family)
{
	rules_lookups(p, SET_LAN, family, &arriving, "return");
	rules_line(p, "fib daddr type != local return");
}

/* begins_here  what this machine opens itself */
static void rules_of_dnat(const struct rules *p, enum dnat_clause clause, enum family family,
			  bool begins_here)
{
	bool has_own = has_kinds(p, SET_PAT_OWN, SET_PAT_ANYWHERE, (int)family);

	switch (clause) {
	case DNAT_ADDRESS:
		rules_of_map(p, SET_PAT_ADDRESS, family, "");
		break;
	case DNAT_LOOPBACK:
		if (begins_here && has_own)
			rules_line(p, "%s daddr %s return", rules_families[family].header,
				   loopbacks[family]);
		break;
	case DNAT_OWN_ONLY:
		if (has_own)
			rules_of_own_only(p, family);
		break;
	case DNAT_DEVICE:
		if (!begins_here)
			rules_of_map(p, SET_PAT_DEVICE, family, "fib daddr . iif type local ");
		break;
	case DNAT_OWN:
		rules_of_map(p, SET_PAT_OWN, family, "");
		break;
	case DNAT_ANYWHERE:
		rules_of_map(p, SET_PAT_ANYWHERE, family, "");
		break;
	}
}

static void print_translate_arriving(const struct rules *p, enum family family)
{
	static const char *const chains[] = { "translate_arriving", "translate_own" };

	for (size_t chain = 0; chain < COUNT(chains); chain++) {
		rules_chain(p, "%s%s", chains[chain], rules_families[family].version);
		for (int clause = 0; clause < PATH_DNAT_COUNT; clause++)
			rules_of_dnat(p, clause, family, chain > 0);
		rules_chain_end(p);
	}
}

/*
 * Ports that somebody listens on are not for translations: who gets one would get the next packets
 * of whom it talks to there. A protocol without ports is one connection with each peer, so it is
 * this machine's where this machine speaks it: it leaves as it is, and has no answer.
 */
#define WITH_PORTS "meta l4proto { 6, 17, 33, 132, 136 } "

static void print_own_protocols(const struct rules *p, const struct nat_ports *ports)
{
	fputs("\t\tmeta l4proto { ", p->out);
	for (unsigned i = 0; i < ports->own_count; i++)
		fprintf(p->out, "%s%u", i ? ", " : "", ports->own_protocol[i]);
	fputs(" } ", p->out);
}

static void print_masquerade(const struct rules *p, enum family family)
{
	struct nat_ports ports;

	policy_nat_ports(&ports, p->policy, family);
	rules_chain(p, "masquerade%s", rules_families[family].version);
	rules_line(p, WITH_PORTS "masquerade to :%u-%u", ports.first, ports.last);
	if (ports.own_count) {
		print_own_protocols(p, &ports);
		fputs("return\n", p->out);
	}
	rules_line(p, "masquerade");
	rules_chain_end(p);
}

static void rules_of_snat(const struct rules *p, const struct set *set)
{
	struct nat_ports ports;
	char range[32];

	policy_nat_ports(&ports, p->policy, set->family);
	snprintf(range, sizeof(range), ":%u-%u", ports.first, ports.last);
	rules_translate(p, WITH_PORTS "snat", set, &leaving, range);
	if (ports.own_count) {
		print_own_protocols(p, &ports);
		rules_lookup(p, set, &leaving, "return");
	}
	rules_translate(p, "snat", set, &leaving, "");
}

/* Is there a translated source of this length, in sets that name an interface or do not? */
static bool has_source(const struct rules *p, enum family family, int length, bool has_name)
{
	for (uint32_t i = 0; i < p->sets->count; i++) {
		const struct set *set = &p->sets->sets[i];

		if ((set->kind == SET_SNAT || set->kind == SET_MASQ) && set->family == family &&
		    set->length == length && set->has_name == has_name)
			return true;
	}
	return false;
}

static void rules_of_sources(const struct rules *p, enum family family, int length, bool has_name)
{
	char masquerade[32];

	snprintf(masquerade, sizeof(masquerade), "goto masquerade%s",
		 rules_families[family].version);
	for (uint32_t i = 0; i < p->sets->count; i++) {
		const struct set *set = &p->sets->sets[i];

		if (set->family != family || set->length != length || set->has_name != has_name)
			continue;
		if (set->kind == SET_SNAT)
			rules_of_snat(p, set);
		else if (set->kind == SET_MASQ)
			rules_lookup(p, set, &leaving, masquerade);
	}
}

/*
 * The NAT of hosts that are named by prefixes of this length. Where they name a device, whatever
 * leaves there is translated; else what goes to one of our own, or to a network behind it, is not.
 */
static void print_translate_sources(const struct rules *p, enum family family, int length)
{
	rules_chain(p, "translate_leaving%s_%d", rules_families[family].version, length);
	rules_of_sources(p, family, length, true);
	if (has_source(p, family, length, false)) {
		rules_vifs(p, "oif", "return");
		for (int other = family_bits(family); other >= 0; other--)
			rules_of_claims(p, STAGE_FORWARD_IN, family, (uint8_t)other, "return");
		rules_lookups(p, SET_LAN, family, &arriving, "return");
		rules_of_sources(p, family, length, false);
	}
	rules_chain_end(p);
}

/* The host that applies to the source decides, the narrowest claim first. */
static void print_translate_hosts(const struct rules *p, enum family family)
{
	const char *version = rules_families[family].version;
	int shortest = -1;

	for (int length = family_bits(family); length >= 0; length--)
		if (has_source(p, family, length, false) || has_source(p, family, length, true)) {
			print_translate_sources(p, family, length);
			shortest = length;
		}
	rules_chain(p, "translate_hosts%s", version);
	for (int length = family_bits(family); shortest >= 0 && length >= shortest; length--) {
		char verdict[40] = "return";

		if (has_source(p, family, length, false) || has_source(p, family, length, true))
			snprintf(verdict, sizeof(verdict), "goto translate_leaving%s_%d", version,
				 length);
		rules_of_claims(p, STAGE_FORWARD_OUT, family, (uint8_t)length, verdict);
	}
	rules_chain_end(p);
}

static bool has_hosts_translated(const struct rules *p, enum family family)
{
	return has_kinds(p, SET_SNAT, SET_MASQ, (int)family);
}

static void rules_of_snat_clause(const struct rules *p, enum snat_clause clause, enum family family)
{
	const char *version = rules_families[family].version;
	char masquerade[32], hairpin[64];

	snprintf(masquerade, sizeof(masquerade), "goto masquerade%s", version);
	snprintf(hairpin, sizeof(hairpin), "ct status dnat %s", masquerade);
	switch (clause) {
	case SNAT_BRIDGED: /* in the hook's chain, for both families */
		break;
	case SNAT_UNMANAGED:
		rules_lookups(p, SET_UNMANAGED, family, &leaving, "accept");
		rules_lookups(p, SET_UNMANAGED, family, &arriving, "accept");
		break;
	case SNAT_HAIRPIN:
		rules_lookups(p, SET_HAIRPIN, family, &leaving, hairpin);
		break;
	case SNAT_HOSTS:
		if (has_hosts_translated(p, family))
			rules_line(p, "jump translate_hosts%s", version);
		break;
	case SNAT_LANS:
		rules_lookups(p, SET_LAN_MASQUERADED, family, &leaving, masquerade);
		break;
	}
}

static void print_translate_leaving(const struct rules *p, enum family family)
{
	print_masquerade(p, family);
	if (has_hosts_translated(p, family))
		print_translate_hosts(p, family);
	rules_chain(p, "translate_leaving%s", rules_families[family].version);
	for (int clause = 0; clause < PATH_SNAT_COUNT; clause++)
		rules_of_snat_clause(p, clause, family);
	rules_chain_end(p);
}

/* The hook, and from there to the chain of the packet's family. */
static void print_nat_hook(const struct rules *p, const char *name, const char *hook,
			   const char *priority, enum set_kind first, enum set_kind last)
{
	rules_chain(p, "%s", name);
	rules_line(p, "type nat hook %s priority %s; policy accept;", hook, priority);
	if (!strcmp(hook, "postrouting") && policy_has_bridges(p->policy))
		rules_line(p, "meta mark & 0x%08x != 0 accept # a bridged frame",
			   policy_bridged_mark(&p->policy->settings));
	for (int family = 0; family < FAMILY_COUNT; family++)
		if (p->policy->family[family].enabled && has_kinds(p, first, last, family))
			rules_line(p, "meta nfproto %s goto %s%s", rules_families[family].nfproto,
				   name, rules_families[family].version);
	rules_chain_end(p);
}

void rules_print_nat(const struct rules *p)
{
	for (int family = 0; family < FAMILY_COUNT; family++) {
		if (!p->policy->family[family].enabled)
			continue;
		if (has_kinds(p, SET_PAT_ADDRESS, SET_PAT_ANYWHERE, family))
			print_translate_arriving(p, family);
		if (has_kinds(p, SET_HAIRPIN, SET_LAN_MASQUERADED, family))
			print_translate_leaving(p, family);
	}
	if (has_kinds(p, SET_PAT_ADDRESS, SET_PAT_ANYWHERE, FAMILY_COUNT)) {
		print_nat_hook(p, "translate_arriving", "prerouting", "dstnat", SET_PAT_ADDRESS,
			       SET_PAT_ANYWHERE);
		print_nat_hook(p, "translate_own", "output", "-100", SET_PAT_ADDRESS,
			       SET_PAT_ANYWHERE);
	}
	if (has_kinds(p, SET_HAIRPIN, SET_LAN_MASQUERADED, FAMILY_COUNT))
		print_nat_hook(p, "translate_leaving", "postrouting", "srcnat", SET_HAIRPIN,
			       SET_LAN_MASQUERADED);
}
