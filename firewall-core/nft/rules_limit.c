/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a vif may take of the kernel's tables whose entries say nothing of whose they are, as nft
 * rules: fragments that wait for others, neighbours, multicast groups of bridges.
 */
#include "nft/rules.h"
#include <arpa/inet.h>

/* Room from the start, for a table that grows meanwhile refuses some. */
#define DATAGRAMS_SIZE (RULES_SIZE + 4096)
#define LOST_SIZE ((1u << 16) + 4096)

/*
 * What was deleted stays in the kernel's table until it is collected, and 16 of one key are all
 * that it takes (RHT_ELASTICITY): collected so often, each place can be taken some 300 times a
 * second.
 */
#define COLLECTED "\n\t\tgc-interval 50ms"

static const struct {
	const char *datagram, *id, *middle, *last, *length, *timeout;
} pieces[FAMILY_COUNT] = {
	/* A datagram is known by these (struct frag_v4_compare_key, frag_v6_compare_key). */
	[IPV4] = { "iif . ip saddr . ip daddr . ip protocol . meta mark", "@nh,32,32 & 0xffff0000",
		   "ip frag-off & 0x3fff > 0x2000", "ip frag-off & 0x2000 == 0", "ip length",
		   "35s" },
	[IPV6] = { "iif . ip6 saddr . ip6 daddr . meta mark", "@nh,352,32",
		   "frag more-fragments 1 frag frag-off > 0", "frag more-fragments 0", "ip6 length",
		   "65s" },
};

/* What of datagrams a vif may have that are not complete. */
static const struct room {
	const char *name;
	unsigned places;
} datagrams = { "datagram", 256 }, large_datagrams = { "large_datagram", 64 };

static const char *print_place(char out[static 64], const struct room *room)
{
	snprintf(out, 64, "iif . jhash meta mark mod %u seed 1", room->places);
	return out;
}

static void print_room(const struct rules *p, const struct room *room, enum family family)
{
	const char *datagram = pieces[family].datagram, *version = rules_families[family].version;
	char type[96], place[64], timeout[32];

	snprintf(type, sizeof(type), "typeof %s", datagram);
	rules_dynamic_set(p, DATAGRAMS_SIZE, type, pieces[family].timeout, "%s%s", room->name,
			  version);
	/* As what jhash is, which nft does not list as a set's key. */
	snprintf(type, sizeof(type), "typeof iif . numgen inc mod %u", room->places);
	snprintf(timeout, sizeof(timeout), "%s" COLLECTED, pieces[family].timeout);
	rules_dynamic_set(p, RULES_SIZE, type, timeout, "%s%s_place", room->name, version);

	print_place(place, room);
	rules_chain(p, "%s%s", room->name, version);
	rules_line(p, "%s @%s%s return", datagram, room->name, version);
	rules_line(p, "%s @lost%s goto fragments", datagram, version);
	rules_line(p, "%s @%s%s_place goto lost%s", place, room->name, version, version);
	rules_line(p, "add @%s%s_place { %s } add @%s%s { %s } return", room->name, version, place,
		   room->name, version, datagram);
	rules_line(p, "goto lost%s", version);
	rules_chain_end(p);
}

/* The ID goes from where it travelled. */
static void rules_of_id_gone(const struct rules *p)
{
	rules_line(p, "meta mark set 0x%08x", rules_vif_mark(p));
}

static void print_leave(const struct rules *p, const struct room *room, enum family family)
{
	const char *datagram = pieces[family].datagram, *version = rules_families[family].version;
	char place[64];

	rules_line(p, "delete @%s%s_place { %s }", room->name, version, print_place(place, room));
	rules_line(p, "delete @%s%s { %s }", room->name, version, datagram);
}

/* Those that we can't tell by an ID, or that are put together behind this table. */
static void print_odd(const struct rules *p)
{
	rules_dynamic_set(p, RULES_SIZE, "type iface_index", "1m", "odd_piece");
	rules_chain(p, "odd");
	rules_line(p, "add @odd_piece { iif limit rate over 1/second burst 16 packets } "
		      "goto fragments");
	rules_chain_end(p);
}

/* Of what bears no ID the mark is what we made of it. Returns out. */
#define MATCH_SIZE 32
static const char *unmarked(char out[static MATCH_SIZE], const struct rules *p)
{
	if (rules_has_isolation(p) && !p->in_bridge)
		snprintf(out, MATCH_SIZE, "meta mark & 0x%08x == 0",
			 ~policy_guests_mark(&p->policy->settings));
	else
		snprintf(out, MATCH_SIZE, "meta mark 0x%08x", rules_vif_mark(p));
	return out;
}

/*
 * A bit that no ID of IPv4 has where it travels, and that none of ours is, be the mark's bytes
 * those of the packet, as nft has them, or those of the host.
 */
static uint32_t spare_bit(const struct rules *p)
{
	const struct settings *settings = &p->policy->settings;
	uint32_t ours = policy_bridged_mark(settings) | policy_guests_mark(settings), bit = 1;

	while (ours & (bit | htonl(bit)))
		bit <<= 1;
	return bit;
}

/* An ID may be any number, and shall not be taken for the mark of what has none. */
static void rules_of_travelling_id(const struct rules *p, enum family family)
{
	char match[MATCH_SIZE];

	if (family == IPV4) {
		rules_line(p, "meta mark set %s | 0x%08x", pieces[IPV4].id, spare_bit(p));
		return;
	}
	rules_line(p, "meta mark set %s", pieces[IPV6].id);
	rules_line(p, "%s meta mark set 0x%08x goto odd", unmarked(match, p), rules_vif_mark(p));
}

/*
 * Of IPv6: what is in a fragment may be a fragment, or hide one, which is put together behind this
 * table; a single fragment is a whole datagram (RFC 6946); and where other headers are in front of
 * the fragment's, its ID is not where we look for it.
 */
static void rules_of_ids(const struct rules *p, enum family family)
{
	if (family == IPV6) {
		rules_line(p, "frag nexthdr 44 goto fragments");
		rules_line(p, "frag nexthdr { 0, 43, 51, 60, 135 } goto odd");
		rules_line(p, "frag more-fragments 0 frag frag-off 0 return");
		rules_line(p, "ip6 nexthdr != 44 goto odd");
	}
	rules_line(p, "%s > 9216 goto odd", pieces[family].length); /* than any Ethernet's frame */
	/* Another program's mark. */
	rules_line(p, "meta mark != 0x%08x goto odd", rules_vif_mark(p));
	rules_of_travelling_id(p, family);
}

/*
 * A vif has so many places for incomplete datagrams of a family, and fewer for those that have
 * fragments between the first and the last. The ID tells which place a datagram takes, until the
 * kernel has reassembled it. A reassembled datagram does not show that it came in fragments, nor,
 * in IPv6, their ID; but its mark is that of the first fragment, so the ID is put there. Whoever
 * sends whole datagrams has no limit, and a fifth of the memory for fragments at the most
 * (kernel_sysctl_fragments_apply()) is a vif's: small fragments in the middle, which cost most of
 * it, and which hardly anybody sends, are limited themselves.
 */
static void print_datagrams(const struct rules *p, enum family family)
{
	const char *version = rules_families[family].version, *datagram = pieces[family].datagram;
	char type[96];

	/* What comes behind one that was dropped, or again, would keep a place for nothing. */
	snprintf(type, sizeof(type), "typeof %s", datagram);
	rules_dynamic_set(p, LOST_SIZE, type, "1s", "lost%s", version);
	rules_chain(p, "lost%s", version);
	rules_line(p, "add @lost%s { %s }", version, datagram);
	rules_line(p, "goto fragments");
	rules_chain_end(p);
	print_room(p, &datagrams, family);
	print_room(p, &large_datagrams, family);

	rules_chain(p, "piece%s", version);
	rules_of_ids(p, family);
	if (!p->tracks) /* nothing tells more than that the last one came */
		rules_line(p, "%s %s @%s%s goto whole%s", pieces[family].last, datagram,
			   datagrams.name, version, version);
	rules_line(p, "%s jump middle%s", pieces[family].middle, version);
	rules_line(p, "%s %s%s", p->tracks ? "goto" : "jump", datagrams.name, version);
	if (!p->tracks)
		rules_of_id_gone(p);
	rules_chain_end(p);

	rules_chain(p, "middle%s", version);
	rules_line(p,
		   "%s < 1000 add @small_piece { iif limit rate over 5/second burst 50 packets } "
		   "goto fragments",
		   pieces[family].length);
	rules_line(p, "goto %s%s", large_datagrams.name, version);
	rules_chain_end(p);

	rules_chain(p, "whole%s", version);
	rules_line(p, "add @lost%s { %s }", version, datagram);
	print_leave(p, &datagrams, family);
	rules_line(p, "%s @%s%s jump whole%s_large", datagram, large_datagrams.name, version,
		   version);
	rules_of_id_gone(p);
	rules_chain_end(p);
	rules_chain(p, "whole%s_large", version);
	print_leave(p, &large_datagrams, family);
	rules_chain_end(p);
}

/* Whatever it was that travelled as the mark: bits of ours say what they say. */
static void rules_of_own_bits(const struct rules *p)
{
	char mark[64];

	if (p->in_bridge) {
		snprintf(mark, sizeof(mark), "meta mark set meta mark | 0x%08x", rules_vif_mark(p));
		rules_vifs(p, "iif", mark);
	} else if (policy_has_bridges(p->policy)) {
		rules_line(p, "meta mark set meta mark & 0x%08x",
			   ~policy_bridged_mark(&p->policy->settings));
	}
}

/* What bears no ID, as most packets do. */
static void print_unmarked(const struct rules *p)
{
	char match[MATCH_SIZE];

	rules_line(p, "%s accept", unmarked(match, p));
	if (rules_has_isolation(p) && p->in_bridge)
		rules_line(p, RULES_FROM_NO_VIF " meta mark 0x%08x accept", LINK_GROUP,
			   policy_bridged_mark(&p->policy->settings));
}

/*
 * Behind defragmentation: -400 in inet; on bridges it is a part of connection tracking. Two
 * datagrams of one ID may come at once, on several processors, and the first of them that is whole
 * takes the ID of both away: the other one finds it among those that were lost.
 */
static void print_whole(const struct rules *p)
{
	rules_chain(p, "whole");
	rules_line(p, "type filter hook prerouting priority %d; policy accept;",
		   p->in_bridge ? -190 : -390);
	print_unmarked(p);
	/* One that the kernel passes on as it is, for it is malformed. */
	rules_line(p, "ip frag-off & 0x3fff != 0 goto unmark");
	rules_line(p, "exthdr frag exists goto unmark");
	for (int family = 0; family < FAMILY_COUNT; family++)
		rules_line(p, "%s @%s%s goto whole%s", pieces[family].datagram, datagrams.name,
			   rules_families[family].version, rules_families[family].version);
	for (int family = 0; family < FAMILY_COUNT; family++)
		rules_line(p, "%s @lost%s goto unmark", pieces[family].datagram,
			   rules_families[family].version);
	rules_of_own_bits(p);
	rules_chain_end(p);
	rules_chain(p, "unmark");
	rules_of_id_gone(p);
	rules_chain_end(p);
}

static void print_fragments(const struct rules *p)
{
	rules_print_over_set(p, "fragments");
	rules_dynamic_set(p, RULES_SIZE, "type iface_index", "1m", "small_piece");
	rules_print_over(p, "fragments", "fragments", "iif");
	print_odd(p);
	print_datagrams(p, IPV4);
	print_datagrams(p, IPV6);
	if (p->tracks)
		print_whole(p);
	rules_chain(p, "datagrams");
	rules_line(p, "ip frag-off & 0x3fff != 0 goto piece4");
	rules_line(p, RULES_EXTENDED " exthdr frag exists goto piece6");
	rules_chain_end(p);
}

/*
 * Who asks for a neighbour, or tells of itself, becomes one: the kernel has one table of them for
 * all, and one guest that takes a new address for each packet would fill it.
 */
static void print_newcomers(const struct rules *p, const char *version, const char *type,
			    const char *source)
{
	char timeout[16];

	snprintf(timeout, sizeof(timeout), "%um", PATH_NEIGHBOUR_MINUTES);
	rules_dynamic_set(p, RULES_SIZE, type, timeout, "neighbour%s", version);
	rules_chain(p, "newcomer%s", version);
	rules_line(p, "iif . %s @neighbour%s return", source, version);
	if (*version == '6') /* what was read there was no type */
		rules_line(p, "frag frag-off > 0 return");
	rules_line(p,
		   "add @newcomer { iif limit rate over %u/second burst %u packets } "
		   "goto neighbours",
		   PATH_NEIGHBOURS_PER_SECOND, PATH_NEIGHBOURS_BURST);
	rules_line(p, "add @neighbour%s { iif . %s } return", version, source);
	rules_line(p, "goto neighbours");
	rules_chain_end(p);
}

static void print_neighbours(const struct rules *p)
{
	rules_print_over_set(p, "neighbours");
	rules_dynamic_set(p, RULES_SIZE, "type iface_index", "1m", "newcomer");
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
	rules_dynamic_set(p, RULES_SIZE, "type iface_index", "1m", "report");
	rules_dynamic_set(p, RULES_SIZE, "type iface_index", "2m", "large_report");
	rules_print_over(p, "groups", "groups", "iif");
	rules_chain(p, "reports");
	rules_line(p, "ip protocol 2 ip frag-off & 0x3fff != 0 goto spoofed_packet");
	/* nft sees no MLD behind an authentication header. */
	rules_line(p, "ip6 nexthdr 0 meta l4proto 51 goto spoofed_packet");
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
static void print_destination_limit(const struct rules *p)
{
	static const char *const hops[FAMILY_COUNT] = { "rt ip nexthop", "rt ip6 nexthop" };
	static const struct rules_stage to = { .address = "daddr" };

	rules_print_over_set(p, "destinations");
	rules_dynamic_set(p, RULES_SIZE, "type iface_index . iface_index", "1m", "stranger");
	rules_dynamic_set(p, RULES_SIZE, "type iface_index . ipv4_addr", "10m", "hop4");
	rules_dynamic_set(p, RULES_SIZE, "type iface_index . ipv6_addr", "10m", "hop6");
	rules_print_over(p, "destinations", "destinations", "iif");
	rules_chain(p, "destination");
	rules_line(p, "meta oiftype != ether return"); /* a tunnel or PPP has no neighbours */
	for (int family = 0; family < FAMILY_COUNT; family++) {
		const struct set *guests =
			rules_find_set(p, SET_GUEST, family, family_bits(family));

		if (guests)
			rules_lookup(p, guests, &to, "return");
	}
	for (int family = 0; family < FAMILY_COUNT; family++)
		rules_line(p, "oif . %s @hop%s update @hop%s { oif . %s } return", hops[family],
			   rules_families[family].version, rules_families[family].version,
			   hops[family]);
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
	print_newcomers(p, "6", "type iface_index . ipv6_addr", "ip6 saddr");
	if (!p->in_bridge) {
		print_destination_limit(p);
		return;
	}
	print_newcomers(p, "4", "type iface_index . ipv4_addr", "arp saddr ip");
	print_groups(p);
}

void rules_print_arp_limits(const struct rules *p)
{
	print_neighbours(p);
	print_newcomers(p, "4", "type iface_index . ipv4_addr", "arp saddr ip");
}
