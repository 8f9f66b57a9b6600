/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv6 with extension headers, or in fragments, on bridges as nft rules: what would hide a header
 * from the rules does not pass. The kernel looks further than nft, which stops at an authentication
 * header, and what fragments hide is there when br_netfilter or connection tracking put them
 * together. Protocols are numbers, as in rules_bridge.c: 0 is hop-by-hop options, 43 a routing
 * header, 44 a fragment's, 51 an authentication header, 60 destination options.
 */
#include "nft/rules.h"

static const char spoofed[] = "goto spoofed_packet";

/*
 * A first fragment holds all headers (RFC 7112), or nobody can tell what is in it: that a header is
 * announced is not enough, its ports must be there. Neighbour discovery and MLD are never in
 * fragments (RFC 6980; RFC 3810, 5.2.15). Of a later one its source is all that can be known, and
 * without the first it is nothing.
 */
void rules_print_hidden(const struct rules *p)
{
	char types[RULES_TYPES];

	rules_chain(p, "hidden6");
	rules_line(p, "meta protocol ip6 exthdr frag missing return");
	rules_line(p, "meta protocol ip6 frag frag-off > 0 return");
	rules_line(p, "meta protocol ip6 frag nexthdr { 0, 43 } %s", spoofed);
	rules_of_icmp(p, IPV6, rules_types(types, &path_unfragmented_types, IPV6), spoofed);
	rules_line(p, "@th,0,32 >= 0 return");
	rules_line(p, "%s", spoofed);
	rules_chain_end(p);
}

void rules_to_hidden(const struct rules *p)
{
	rules_line(p, "meta protocol ip6 " RULES_EXTENDED " jump hidden6");
}

/*
 * Of a guest on a bridge. Routing header 0 (RFC 5095) may stand behind another routing header, and
 * of each kind nft finds the first one alone.
 *
 * Neighbour discovery has the hop limit 255, or nobody heeds it, and MLD has hop-by-hop options in
 * front: behind an authentication header these are what can be seen of them.
 */
void rules_print_extended(const struct rules *p)
{
	rules_chain(p, "extended6");
	rules_line(p, "meta protocol ip6 rt type 0 %s", spoofed);
	rules_line(p, "meta protocol ip6 rt nexthdr { 0, 43, 51, 60 } %s", spoofed);
	rules_line(p, "meta protocol ip6 rt nexthdr 44 frag nexthdr { 0, 43, 44, 51, 60 } %s",
		   spoofed);
	rules_line(p, "ip6 nexthdr 0 meta l4proto 51 %s", spoofed);
	rules_line(p, "ip6 hoplimit 255 meta l4proto 51 @th,0,8 { 0, 43, 44, 51, 58, 60 } %s",
		   spoofed);
	rules_line(p, "ip6 hoplimit 255 frag nexthdr { 0, 43, 44, 60 } %s", spoofed);
	rules_line(p, "goto hidden6");
	rules_chain_end(p);
}
