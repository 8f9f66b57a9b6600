/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a vif may take of the kernel's tables whose entries say nothing of whose they are, as nft
 * rules: fragments that wait for others, neighbours, multicast groups of bridges.
 */
#include "rules.h"

/* A set of what is known of each interface, or of how fast it comes. */
static void print_set(const struct rules *p, const char *name, const char *type,
		      const char *timeout)
{
	fprintf(p->out,
		"\n\tset %s {\n\t\t%s\n\t\tsize 1000000\n\t\tflags dynamic,timeout\n"
		"\t\ttimeout %s\n\t}\n",
		name, type, timeout);
}

static const struct {
	const char *header, *id, *mask, *more, *inside, *type;
} datagrams[FAMILY_COUNT] = {
	{ "ip", "ip id", "0xff", "ip frag-off & 0x2000 != 0", "ip frag-off & 0x1fff != 0",
	  "typeof iif . ip saddr . ip daddr . ip id" },
	{ "ip6", "frag id", "0xff", "frag more-fragments 1", "frag frag-off > 0",
	  "typeof iif . ip6 saddr . ip6 daddr . frag id" },
};

/*
 * Of a family's datagrams a vif may have 256 that are not complete, by what the last bits of their
 * IDs are, and each place is free again when the last fragment came. So whoever sends whole
 * datagrams has no limit, and what lies in memory is an eighth of what all may have there
 * (ipfrag_high_thresh). Fragments between others take most of it, and hardly anybody sends them.
 */
static void print_datagrams(const struct rules *p, enum family family)
{
	const char *header = datagrams[family].header, *id = datagrams[family].id;
	const char *version = rules_families[family].version;
	char name[32], whole[96], slot[48];

	snprintf(whole, sizeof(whole), "iif . %s saddr . %s daddr . %s", header, header, id);
	snprintf(slot, sizeof(slot), "iif . (%s & %s)", id, datagrams[family].mask);
	snprintf(name, sizeof(name), "datagram%s", version);
	print_set(p, name, datagrams[family].type, "1m");
	snprintf(name, sizeof(name), "datagram%s_slot", version);
	print_set(p, name, family == IPV4 ? "typeof iif . ip id" : "typeof iif . frag id", "1m");

	rules_chain(p, "datagram%s", version);
	rules_line(p,
		   "%s %s add @middle { iif limit rate over 40/second burst 200 packets } "
		   "goto fragments",
		   datagrams[family].more, datagrams[family].inside);
	rules_line(p, "%s @datagram%s goto datagram%s_known", whole, version, version);
	rules_line(p, "%s @datagram%s_slot goto fragments", slot, version);
	rules_line(p, "add @datagram%s_slot { %s } add @datagram%s { %s } return", version, slot,
		   version, whole);
	rules_line(p, "goto fragments");
	rules_chain_end(p);

	rules_chain(p, "datagram%s_known", version);
	rules_line(p, "%s return", datagrams[family].more);
	rules_line(p, "delete @datagram%s_slot { %s }", version, slot);
	rules_line(p, "delete @datagram%s { %s }", version, whole);
	rules_chain_end(p);
}

static void print_fragments(const struct rules *p)
{
	rules_print_over_set(p, "fragments");
	print_set(p, "middle", "type iface_index", "1m");
	rules_print_over(p, "fragments", "fragments", "iif");
	print_datagrams(p, IPV4);
	print_datagrams(p, IPV6);
	rules_chain(p, "datagrams");
	rules_line(p, "ip frag-off & 0x3fff != 0 goto datagram4");
	rules_line(p, "exthdr frag exists goto piece6"); /* looked for once a packet */
	rules_chain_end(p);
	rules_chain(p, "piece6");
	rules_line(p, "frag more-fragments 1 goto datagram6");
	rules_line(p, "frag frag-off > 0 goto datagram6");
	rules_chain_end(p);
}

/*
 * Who asks for a neighbour, or tells of itself, becomes one: the kernel has one table of them for
 * all, and one guest that takes a new address for each packet would fill it.
 */
static void print_newcomers(const struct rules *p, const char *version, const char *source)
{
	rules_chain(p, "newcomer%s", version);
	rules_line(p, "iif . %s @neighbour%s return", source, version);
	rules_line(p, "add @newcomer { iif limit rate over 1/second burst 8 packets } "
		      "goto neighbours");
	rules_line(p, "add @neighbour%s { iif . %s } return", version, source);
	rules_line(p, "goto neighbours");
	rules_chain_end(p);
}

static void print_neighbours(const struct rules *p)
{
	rules_print_over_set(p, "neighbours");
	print_set(p, "newcomer", "type iface_index", "1m");
	rules_print_over(p, "neighbours", "neighbours", "iif");
}

/*
 * Groups stay for 260 seconds (RFC 3376, 8.4), and a bridge that knows 4096 of them looks at none
 * any more. A report names 16 at the most, or 72, which is what fits into a packet of IPv6, where a
 * guest has more addresses; of these there are few.
 */
static void print_groups(const struct rules *p)
{
	static const char small[] =
		"add @report { iif limit rate over 30/minute burst 48 packets } goto groups";
	static const char large[] =
		"add @large_report { iif limit rate over 2/minute burst 4 packets } goto groups";
	static const char reports[] = "meta protocol ip6 icmpv6 type { mld-listener-report, "
				      "mld2-listener-report }";

	rules_print_over_set(p, "groups");
	print_set(p, "report", "type iface_index", "1m");
	print_set(p, "large_report", "type iface_index", "2m");
	rules_print_over(p, "groups", "groups", "iif");
	rules_chain(p, "reports");
	rules_line(p, "ip protocol 2 ip length > 608 goto groups");
	rules_line(p, "%s ip6 length > 1496 goto groups", reports);
	rules_line(p, "ip protocol 2 ip length > 160 %s", large);
	rules_line(p, "ip protocol 2 ip length <= 160 %s", small);
	rules_line(p, "%s ip6 length > 336 %s", reports, large);
	rules_line(p, "%s ip6 length <= 336 %s", reports, small);
	rules_chain_end(p);
}

/*
 * Neighbours that nobody has spoken to for a while: whoever does takes a place in the same table,
 * be there anybody or not. Guests with an address of their own are there.
 */
static void print_destinations(const struct rules *p)
{
	static const char *const hops[FAMILY_COUNT] = { "rt ip nexthop", "rt ip6 nexthop" };
	static const struct rules_stage to = { .address = "daddr" };

	rules_print_over_set(p, "destinations");
	print_set(p, "stranger", "type iface_index . iface_index", "1m");
	print_set(p, "hop4", "type iface_index . ipv4_addr", "10m");
	print_set(p, "hop6", "type iface_index . ipv6_addr", "10m");
	rules_print_over(p, "destinations", "destinations", "iif");
	rules_chain(p, "destination");
	for (int family = 0; family < FAMILY_COUNT; family++) {
		const struct set *guests =
			rules_find_set(p, SET_GUEST, family, family_bits(family));

		if (guests)
			rules_lookup(p, guests, &to, "return");
	}
	for (int family = 0; family < FAMILY_COUNT; family++)
		rules_line(p, "oif . %s @hop%s return", hops[family],
			   rules_families[family].version);
	rules_line(p, "add @stranger { iif . oif limit rate over 16/second burst 64 packets } "
		      "goto destinations");
	for (int family = 0; family < FAMILY_COUNT; family++)
		rules_line(p, "update @hop%s { oif . %s } return", rules_families[family].version,
			   hops[family]);
	rules_chain_end(p);
}

void rules_print_limits(const struct rules *p)
{
	print_fragments(p);
	print_neighbours(p);
	print_set(p, "neighbour6", "type iface_index . ipv6_addr", "5m");
	print_newcomers(p, "6", "ip6 saddr");
	if (!p->in_bridge) {
		print_destinations(p);
		return;
	}
	print_set(p, "neighbour4", "type iface_index . ipv4_addr", "5m");
	print_newcomers(p, "4", "arp saddr ip");
	print_groups(p);
}

void rules_print_arp_limits(const struct rules *p)
{
	print_neighbours(p);
	print_set(p, "neighbour4", "type iface_index . ipv4_addr", "5m");
	print_newcomers(p, "4", "arp saddr ip");
}
