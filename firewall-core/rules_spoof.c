/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps 0 and 1 as nft rules: interfaces without rules are closed, and nobody sends from another's
 * address.
 */
#include "rules.h"

static const char *const source[FAMILY_COUNT] = { "ip saddr", "ip6 saddr" };

/*
 * What comes from elsewhere than vifs: not from a guest's address, and from a virtual LAN's only
 * through its own interface. What this machine says to itself comes through lo.
 */
static void rules_of_other_interfaces(const struct rules *p)
{
	static const struct rules_stage from = { .address = "saddr", .interface = "iifname" };

	for (int family = 0; family < FAMILY_COUNT; family++) {
		rules_addresses(p, SET_BRIDGED, family, "iif . ", source[family], "accept");
		rules_lookups(p, SET_GUEST, family, &from, "goto spoofed_packet");
	}
	if (!p->policy->network_count)
		return;
	rules_line(p, "iifname \"lo\" accept");
	for (int family = 0; family < FAMILY_COUNT; family++) {
		rules_lookups(p, SET_LAN_FROM, family, &from, "accept");
		rules_lookups(p, SET_LAN, family, &from, "goto spoofed_packet");
	}
}

/*
 * Before defragmentation (-400), so that nobody's fragments meet another's, and before connection
 * tracking.
 */
static void print_antispoof(const struct rules *p)
{
	rules_chain(p, "prerouting");
	rules_line(p, "type filter hook prerouting priority -450; policy accept;");
	if (ruleset_has_bridges(p->policy))
		rules_line(p, "meta mark & 0x%08x != 0 meta mark set meta mark & 0x%08x",
			   RULES_BRIDGED, ~RULES_BRIDGED);
	rules_vifs(p, "iif", "goto from_vif");
	if (p->policy->settings.antispoof)
		rules_of_other_interfaces(p);
	rules_chain_end(p);

	rules_chain(p, "from_vif");
	if (p->policy->settings.antispoof) {
		for (int family = 0; family < FAMILY_COUNT; family++)
			rules_addresses(p, SET_SOURCE, family, "iif . ether saddr . ",
					source[family], "accept");
		rules_line(p, "iif . ether saddr @station goto from_station");
	} else {
		rules_line(p, "iif @spoofed accept # ANTISPOOF = no: of use only to tell who is "
			      "attached");
	}
	rules_line(p, "goto spoofed_packet");
	rules_chain_end(p);

	/*
	 * What DHCP, duplicate address detection, MLD and neighbour discovery need, with the right
	 * MAC.
	 */
	rules_chain(p, "from_station");
	rules_line(p, "ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept");
	rules_line(p, "ip6 saddr :: icmpv6 type { nd-neighbor-solicit, nd-router-solicit, "
		      "mld-listener-report, mld2-listener-report } accept");
	rules_line(p, "ip6 saddr fe80::/10 ip6 daddr { fe80::/10, ff02::/16 } accept");
	rules_line(p, "ip6 saddr fe80::/10 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } "
		      "accept");
	rules_line(p, "goto spoofed_packet");
	rules_chain_end(p);
}

/*
 * A line in the log for packets that come here, and the reason: five a second for each interface at
 * the most, so that no guest fills the disk or hides another.
 */
static void print_log(const struct rules *p, const char *reason)
{
	fprintf(p->out,
		"\n\tset %s_log {\n\t\ttype iface_index\n\t\tsize 65535\n"
		"\t\tflags dynamic,timeout\n\t\ttimeout 1m\n\t}\n",
		reason);
	rules_chain(p, "log_%s", reason);
	rules_line(p,
		   "add @%s_log { iif limit rate 5/second burst 10 packets } "
		   "log prefix \"taofirewall %s: \"",
		   reason, reason);
	rules_chain_end(p);
}

void rules_print_reasons(const struct rules *p)
{
	enum log_mode mode = p->policy->settings.log;
	bool logs_spoofed = mode != LOGGED_NONE;
	bool logs_refused = mode == LOGGED_DROP || mode == LOGGED_ALL;

	if (logs_spoofed)
		print_log(p, "spoofed");
	if (logs_refused)
		print_log(p, "refused");
	if (mode == LOGGED_ALL)
		print_log(p, "new");

	rules_chain(p, "spoofed_packet");
	rules_line(p, "iif @spoofed");
	if (logs_spoofed)
		rules_line(p, "jump log_spoofed");
	rules_line(p, "counter drop");
	rules_chain_end(p);

	rules_chain(p, "refused_packet");
	rules_line(p, "iif @refused");
	rules_line(p, "oif @refused");
	if (logs_refused) /* not what a LAN says to everybody all day */
		rules_line(p, "meta pkttype %s jump log_refused",
			   p->in_bridge ? "{ host, other }" : "host");
	rules_line(p, "counter drop");
	rules_chain_end(p);
}

void rules_print_spoof(const struct rules *p)
{
	rules_print_reasons(p);
	print_antispoof(p);
}

void rules_print_arp(const struct rules *p)
{
	rules_chain(p, "input");
	rules_line(p, "type filter hook input priority filter; policy accept;");
	if (p->policy->settings.antispoof)
		rules_vifs(p, "iif", "goto from_vif");
	rules_chain_end(p);

	rules_chain(p, "from_vif");
	rules_addresses(p, SET_SOURCE, IPV4, "iif . arp saddr ether . ", "arp saddr ip", "accept");
	rules_line(p, "arp operation request arp saddr ip 0.0.0.0 accept # a probe, RFC 5227");
	rules_line(p, "counter drop");
	rules_chain_end(p);
}
