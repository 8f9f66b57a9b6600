/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The step connection as nft rules: which packets are of a connection that the policy let begin,
 * and how one begins.
 *
 * That a packet was tracked says nothing of who wanted it: its sender chose the addresses and the
 * ports. So what counts is a bit of the connection's mark, which no other rule sets. There are two
 * of them, for what is routed and for what passes a bridge: what was let on there, where no route
 * tells where a source is, is no answer when it comes by here. The other way it is, for many a
 * guest asks by way of this machine, and is answered on the bridge.
 */
#include "nft/rules.h"

static uint32_t own_ct_mark(const struct rules *p)
{
	return policy_connection_mark(&p->policy->settings, p->in_bridge);
}

static uint32_t marks_that_count(const struct rules *p)
{
	return p->in_bridge ? p->policy->settings.connection_marks : own_ct_mark(p);
}

void rules_of_begun(const struct rules *p, bool is_output)
{
	if (!p->tracks)
		return;
	rules_line(p, "ct state established%s ct mark & 0x%08x != 0 accept",
		   is_output ? ",related" : "", marks_that_count(p));
}

void rules_of_related(const struct rules *p, bool is_output)
{
	if (!p->tracks)
		return;
	if (is_output) /* this machine's own errors, also in answer to what was not let on */
		rules_line(p, "ct state invalid drop");
	else
		rules_line(p, "ct state vmap { related : jump related, invalid : drop }");
}

/*
 * Who speaks of a connection is one of its ends, or between it and them. A guest is that of its own
 * connections alone, and of those of the networks behind it.
 */
static void rules_of_end(const struct rules *p, const char *end, const char *others)
{
	static const char from_vif[] = "iif . ether saddr . ";
	char address[32];

	for (int family = 0; family < FAMILY_COUNT; family++) {
		snprintf(address, sizeof(address), "ct %s %s saddr", end,
			 rules_families[family].header);
		rules_own_addresses(p, SET_SOURCE, family, "", from_vif, address, "return", others);
		rules_addresses(p, SET_ROUTED_SOURCE, family, from_vif, address, "return");
	}
}

/*
 * Within a prefix another vif has an end; then the connection's other end counts. Behind an
 * authentication header (51) the kernel sees errors, too, and nft does not.
 */
static void print_related_from_vif(const struct rules *p)
{
	rules_chain(p, "related_from_vif");
	rules_line(p, "meta l4proto != { 1, 51, 58 } return");
	rules_of_end(p, "original", "goto related_reply_from_vif");
	rules_line(p, "goto related_reply_from_vif");
	rules_chain_end(p);

	rules_chain(p, "related_reply_from_vif");
	rules_of_end(p, "reply", "goto spoofed_packet");
	/* On the link itself. */
	rules_line(p, "ct original ip6 saddr fe80::/10 iif . ether saddr @vif_mac return");
	rules_line(p, "goto spoofed_packet");
	rules_chain_end(p);
}

/*
 * To the kernel a redirect, a source quench (RFC 6633) and a type of ICMPv6 that nobody knows are
 * errors, too.
 */
static void rules_of_no_errors(const struct rules *p)
{
	for (int family = 0; family < FAMILY_COUNT; family++) {
		struct icmp_types errors = path_icmp_types(PATH_INPUT, CLAUSE_ICMP_ERRORS, family);
		char types[RULES_TYPES], others[RULES_TYPES + 4];

		snprintf(others, sizeof(others), "!= %s", rules_types(types, &errors, family));
		rules_of_icmp(p, family, others, "counter drop");
	}
}

/*
 * An error in the answer to a packet that is not let on yet has the mark of no connection. What a
 * helper of the kernel expects has that of the one it belongs to, and begins all the same.
 */
static void print_related_chain(const struct rules *p)
{
	bool looks_at_vifs = !p->in_bridge && p->policy->settings.antispoof;

	if (looks_at_vifs)
		print_related_from_vif(p);
	rules_chain(p, "related");
	rules_of_no_errors(p);
	if (looks_at_vifs)
		rules_vifs(p, "iif", "jump related_from_vif");
	rules_line(p, "ct mark & 0x%08x != 0 ct status ! confirmed jump share_known",
		   marks_that_count(p));
	rules_line(p, "ct mark & 0x%08x != 0 accept", marks_that_count(p));
	rules_line(p, "meta l4proto { 1, 51, 58 } counter drop");
	rules_chain_end(p);
}

static bool is_translation(const struct set *set)
{
	return set->kind == SET_SNAT || set->kind == SET_MASQ || set->kind == SET_LAN_MASQUERADED;
}

static bool has_translations(const struct rules *p)
{
	for (uint32_t i = 0; i < p->sets->count; i++)
		if (is_translation(&p->sets->sets[i]))
			return true;
	return false;
}

/*
 * One that is confirmed without our mark began elsewhere, as on a bridge, where nobody asked how it
 * is translated, and never will be. What should leave from another address may not.
 */
static void print_late(const struct rules *p)
{
	static const struct rules_stage leaving = { .address = "saddr", .interface = "oifname" };

	rules_chain(p, "late");
	for (uint32_t i = 0; i < p->sets->count; i++)
		if (is_translation(&p->sets->sets[i]))
			rules_lookup(p, &p->sets->sets[i], &leaving, "goto refused_packet");
	rules_chain_end(p);
}

/* share is what the first packet, and it alone, is told; NULL: nothing has a limit. */
static void print_begin(const struct rules *p, const char *share)
{
	if (!p->in_bridge && has_translations(p))
		rules_line(p,
			   "ct mark & 0x%08x == 0 ct status confirmed ct status ! snat jump late",
			   own_ct_mark(p));
	if (share)
		rules_line(p, "ct state new,related ct status ! confirmed jump %s", share);
	/* Tracked without ports: it would let others on than this one. */
	rules_line(p, "meta l4proto { %u, %u, %u } ct original proto-dst 0 accept",
		   path_portless[0], path_portless[1], path_portless[2]);
	rules_line(p, "ct mark set ct mark | 0x%08x", own_ct_mark(p));
	rules_line(p, "accept");
	rules_chain_end(p);
}

static void print_beginning(const struct rules *p)
{
	rules_chain(p, "let_begin_forward");
	if (!p->in_bridge)
		for (int family = 0; family < FAMILY_COUNT; family++)
			rules_to_off(p, family);
	print_begin(p, "share");
	if (p->in_bridge)
		return;
	rules_chain(p, "let_begin_known");
	print_begin(p, "share_known");
	rules_chain(p, "let_begin_input");
	print_begin(p, "begun");
	rules_chain(p, "let_begin_output");
	print_begin(p, NULL);
}

/*
 * Link-local addresses are of one link, and this machine has the same one on each vif. Connection
 * tracking knows no interfaces, but zones: so each vif has its own, and nobody goes on with what
 * another guest began. Others may have the same zone by chance, one of 65,535.
 */
void rules_of_link_zone(const struct rules *p, const char *direction)
{
	rules_line(p,
		   "ip6 saddr fe80::/10 ip6 daddr fe80::/10 "
		   "ct zone set jhash %s mod 65535 seed 0x1 offset 1",
		   direction);
}

static void print_link_zone(const struct rules *p)
{
	rules_chain(p, "link_zone");
	rules_of_link_zone(p, "oif");
	rules_chain_end(p);

	rules_chain(p, "raw_output");
	rules_line(p, "type filter hook output priority raw; policy accept;");
	rules_vifs(p, "oif", "goto link_zone");
	rules_chain_end(p);
}

void rules_print_connections(const struct rules *p)
{
	if (!p->tracks) {
		rules_chain(p, "let_begin_forward");
		rules_line(p, "accept");
		rules_chain_end(p);
		return;
	}
	if (!p->in_bridge && has_translations(p))
		print_late(p);
	if (!p->in_bridge)
		print_link_zone(p);
	print_beginning(p);
	print_related_chain(p);
}

void rules_print_sources(const struct rules *p, enum family family)
{
	static const char to_one[] =
		"fib daddr type != { multicast, broadcast } goto spoofed_packet";
	const char *version = rules_families[family].version;

	rules_chain(p, "source%s", version);
	rules_vifs(p, "iif", "return"); /* the step source knows all that they may send from */
	rules_line(p, "%s " RULES_OWN " %s",
		   family == IPV4 ? "meta protocol ip" : "ip6 saddr != fe80::/10", to_one);
	if (family == IPV6)
		rules_line(p, "ip6 saddr fe80::/10 " RULES_OWN_LINK_LOCAL " %s", to_one);
	/* What this machine says to a group comes back to it, also from a network's address. */
	rules_lookups(p, SET_CLAIMED, family, &rules_stages[STAGE_FORWARD_OUT],
		      "fib saddr type != local fib saddr . iif oif missing goto spoofed_packet");
	rules_chain_end(p);
}
