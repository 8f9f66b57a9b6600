/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Neighbour discovery of bridged guests as nft rules: whose addresses it asks for and tells of, and
 * from which MAC.
 */
#include "nft/rules.h"

static const char spoofed[] = "goto spoofed_packet";

/*
 * What follows neighbour discovery's fixed part: nothing, or one option of eight bytes, which is
 * all that guests put there. at is the option's place in bits, kind its type and length; one with a
 * MAC holds the guest's own.
 */
static void rules_of_option(const struct rules *p, unsigned at, unsigned kind, bool has_mac)
{
	char mac[48] = "";

	if (has_mac)
		snprintf(mac, sizeof(mac), "iif . @th,%u,48 @nd_lladdr ", at + 16);
	rules_line(p, "ip6 length %u @th,%u,16 0x%04x %saccept", at / 8 + 8, at, kind, mac);
}

#define SOURCE_MAC 0x0101 /* RFC 4861, 4.6.1 */
#define TARGET_MAC 0x0201
#define NONCE 0x0e01 /* RFC 3971, 5.3.2, for RFC 7527 */

/*
 * The chain of what names a target, which must be the guest's, or with a guest that may have any
 * nobody's here; and what may follow.
 */
static void print_nd_target(const struct rules *p, const char *what, unsigned option, bool has_mac)
{
	char to_option[64];

	snprintf(to_option, sizeof(to_option), "goto %s_option6", what);
	rules_chain(p, "%s6", what);
	rules_own_addresses(p, SET_TARGET, IPV6, "", "iif . ", RULES_TARGET, to_option, spoofed);
	rules_line(p, "iif . ether saddr != @any_source goto spoofed_packet");
	rules_addresses(p, SET_GUEST_TARGET, IPV6, "", RULES_TARGET, spoofed);
	rules_of_machine_target(p);
	rules_line(p, "%s", to_option);
	rules_chain_end(p);

	rules_chain(p, "%s_option6", what);
	rules_line(p, "ip6 length 24 accept");
	rules_of_option(p, 192, option, has_mac);
	rules_line(p, spoofed);
	rules_chain_end(p);
}

/* Without extension headers: hosts send none there. */
static void print_discovery(const struct rules *p)
{
	rules_chain(p, "discovery6");
	rules_line(p, "ip6 nexthdr != 58 goto spoofed_packet");
	/* Addresses of ip= are as many as they are. */
	rules_line(p, "iif . ether saddr . ip6 saddr != @source6_128 jump newcomer6");
	rules_line(p, "meta protocol ip6 icmpv6 type nd-neighbor-advert goto advertisement6");
	rules_line(p, "meta protocol ip6 icmpv6 type nd-router-solicit goto router_solicitation6");
	rules_line(p, "ip6 length 24 accept");
	rules_of_option(p, 192, SOURCE_MAC, true);
	rules_of_option(p, 192, NONCE, false);
	rules_line(p, spoofed);
	rules_chain_end(p);

	rules_chain(p, "router_solicitation6");
	rules_line(p, "ip6 length 8 accept");
	rules_of_option(p, 64, SOURCE_MAC, true);
	rules_line(p, spoofed);
	rules_chain_end(p);

	print_nd_target(p, "advertisement", TARGET_MAC, true);
}

/*
 * Without a source yet: duplicate address detection, and what is said before it ends (RFC 4862).
 * Asking for another's address would keep that one from taking it.
 */
static void print_detection(const struct rules *p)
{
	rules_chain(p, "from_nobody6");
	rules_line(p, "jump reports");
	rules_line(p, "meta protocol ip6 icmpv6 type { nd-router-solicit, mld-listener-report, "
		      "mld2-listener-report } accept");
	rules_line(p, "ip6 nexthdr 58 icmpv6 type nd-neighbor-solicit goto detection6");
	rules_line(p, spoofed);
	rules_chain_end(p);

	print_nd_target(p, "detection", NONCE, false);
}

void rules_print_discovery(const struct rules *p)
{
	print_discovery(p);
	print_detection(p);
}
