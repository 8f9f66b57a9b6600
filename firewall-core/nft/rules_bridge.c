/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps interface and source for frames on bridges as nft rules: ports without rules are
 * closed, and nobody says that he is somebody else, in whatever protocol this can be said.
 *
 * Protocols are numbers where nft would look their names up in /etc/protocols, which may be
 * missing: 2 is IGMP, 58 ICMPv6, 103 PIM.
 */
#include "nft/rules.h"

static const char spoofed[] = "goto spoofed_packet";

static const char target[] = RULES_TARGET;

/* A packet's sender, in front of its address. */
static const char from[] = "iif . ether saddr . ";

/* A chain that ends all ways but those that its rules name. */
static void print_spoofed_end(const struct rules *p)
{
	rules_line(p, spoofed);
	rules_chain_end(p);
}

/* What comes from other ports than vifs: nobody there has a guest's address. */
static void rules_of_other_ports(const struct rules *p)
{
	rules_line(
		p,
		"meta protocol ip6 icmpv6 type nd-neighbor-advert jump from_port_advertisement6");
	rules_to_hidden(p);
	rules_guest_addresses(p, SET_GUEST, IPV4, "", "ip saddr", "accept");
	rules_guest_addresses(p, SET_GUEST, IPV6, "", "ip6 saddr", "accept");
	rules_guest_addresses(p, SET_GUEST, IPV4, "meta protocol arp ", "arp saddr ip", "accept");
	rules_line(p, "meta protocol ip6 ip6 saddr fe80::/10 ip6 hoplimit 255 "
		      "icmpv6 type nd-router-advert jump " RULESET_HEARD);
}

static void print_of_other_ports(const struct rules *p)
{
	rules_chain(p, "from_port_advertisement6");
	rules_guest_addresses(p, SET_GUEST_TARGET, IPV6, "", target, "return");
	rules_chain_end(p);
}

void rules_of_disabled(const struct rules *p)
{
	for (int family = 0; family < FAMILY_COUNT; family++)
		if (!p->policy->family[family].enabled)
			rules_line(p, "meta protocol %s goto refused_packet",
				   rules_families[family].header);
}

/*
 * What no policy is asked of is not tracked, or it would be an answer where one is asked: frames
 * between guests, and such to a group, to which there is none. Behind the chains that drop (-300),
 * before connection tracking (-200), which puts datagrams together.
 */
static void print_tracking(const struct rules *p)
{
	if (!p->tracks)
		return;
	rules_chain(p, "tracking");
	rules_line(p, "type filter hook prerouting priority -250; policy accept;");
	rules_line(p, "ip daddr { 224.0.0.0/4, 255.255.255.255 } notrack accept");
	rules_line(p, "ip6 daddr ff00::/8 notrack accept");
	rules_vifs(p, "iif", "ether daddr & 01:00:00:00:00:00 != 00:00:00:00:00:00 notrack accept");
	rules_vifs(p, "iif", "ether daddr @guest_mac notrack accept");
	rules_vifs(p, "iif", "goto datagrams");
	rules_chain_end(p);
}

/*
 * Who heard a router would give itself an address that it may not send from, and wait for each
 * connection that it tries with that.
 */
static void rules_of_advertised(const struct rules *p)
{
	if (p->policy->settings.antispoof)
		rules_line(p, "meta protocol ip6 icmpv6 type nd-router-advert oif @no_ipv6 drop");
}

/*
 * What is behind a second tag nobody looked at. The kernel takes one of VLAN 0 off as if it were
 * not there, and a third tag may be one. Another one leads to an interface of its own.
 */
static void rules_of_tags(const struct rules *p)
{
	rules_line(p, "meta protocol { 8021q, 8021ad } @nh,4,12 0 counter drop");
	rules_line(p, "meta protocol { 8021q, 8021ad } @nh,16,16 { 0x8100, 0x88a8 } counter drop");
}

static void print_bridge_input(const struct rules *p)
{
	rules_chain(p, "input");
	rules_line(p, "type filter hook input priority -300; policy accept;");
	if (p->policy->settings.antispoof)
		rules_of_tags(p);
	rules_vifs(p, "iif", "goto to_this_machine");
	rules_chain_end(p);

	rules_chain(p, "to_this_machine");
	if (p->policy->settings.antispoof)
		rules_line(p, "ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 "
			      "goto spoofed_packet");
	if (p->tracks) { /* this is put together behind this table, and nothing tells it when */
		rules_line(p, "ct state != untracked return");
		rules_line(p, "ip frag-off & 0x3fff != 0 goto odd");
		rules_line(p, "exthdr frag exists goto odd");
	}
	rules_chain_end(p);
}

/*
 * Before connection tracking (-200) and before br_netfilter (0). Frames to the bridges' own group
 * addresses do not come here, but at once to this machine.
 */
static void print_hooks(const struct rules *p)
{
	rules_chain(p, "prerouting");
	rules_line(p, "type filter hook prerouting priority -300; policy accept;");
	if (p->policy->settings.antispoof) /* whose source behind its tag is seen to elsewhere */
		rules_line(p, RULES_FROM_NO_VIF " meta protocol { 8021q, 8021ad } accept",
			   LINK_GROUP);
	rules_line(p, "meta mark set meta mark | 0x%08x",
		   policy_bridged_mark(&p->policy->settings));
	rules_mark_guests(p);
	rules_vifs(p, "iif", "goto from_vif");
	if (p->policy->settings.antispoof)
		rules_of_other_ports(p);
	rules_chain_end(p);

	print_tracking(p);
	if (p->policy->settings.antispoof || p->tracks)
		print_bridge_input(p);

	rules_chain(p, "forward");
	rules_line(p, "type filter hook forward priority filter; policy accept;");
	rules_line(p, "meta mark set meta mark | 0x%08x",
		   policy_bridged_mark(&p->policy->settings));
	rules_vifs(p, "oif", "oif != @port counter drop");
	rules_of_advertised(p);
	rules_vifs(p, "iif", "goto forward_guest");
	rules_vifs(p, "oif", "goto policed");
	rules_chain_end(p);

	/* Guests of one bridge are none of the policy's business, but for what is off. */
	rules_chain(p, "forward_guest");
	rules_of_disabled(p);
	if (p->tracks) /* to one of MACS, or to one that the bridge does not know */
		rules_vifs(p, "oif", "ct state new,related ct status ! confirmed jump share_known");
	rules_by_routers(p);
	rules_vifs(p, "oif", "accept");
	rules_line(p, "goto policed");
	rules_chain_end(p);

	rules_chain(p, "output");
	rules_line(p, "type filter hook output priority -300; policy accept;");
	if (p->policy->settings.antispoof)
		rules_of_spoken(p);
	rules_vifs(p, "oif", "oif != @port counter drop");
	rules_of_advertised(p);
	rules_chain_end(p);
}

/*
 * No other protocols than these three, for a tag or a tunnel would go around the rest: ether type
 * is what stands in the frame, also where the kernel keeps a VLAN's tag elsewhere.
 */
static void print_from_vif(const struct rules *p)
{
	char types[RULES_TYPES];

	rules_chain(p, "from_vif");
	if (!p->tracks)
		rules_line(p, "jump datagrams");
	if (p->policy->settings.antispoof) {
		rules_of_other_ethertypes(p);
		rules_line(p, "iif . ether saddr != @vif_mac goto spoofed_packet");
		rules_line(p, "meta protocol vmap { ip : goto from_vif4, ip6 : goto from_vif6, "
			      "arp : goto from_vif_arp }");
	} else {
		rules_to_hidden(p);
		rules_line(p, "jump reports");
		rules_line(p, "meta protocol arp arp saddr ip != 0.0.0.0 jump newcomer4");
		rules_line(p, "ip6 saddr != :: icmpv6 type %s jump newcomer6",
			   rules_types(types, &path_discovery_types, IPV6));
		rules_line(p, "iif @port accept # ANTISPOOF = no");
	}
	print_spoofed_end(p);
}

/*
 * The networks that a vif is a next hop for (routing.cfg), without what other guests, this machine
 * and its virtual LANs have. before is what comes in front of the address.
 */
static void print_bridge_behind(const struct rules *p, enum family family, const char *before,
				const char *address, const char *verdict)
{
	if (!p->policy->route_count)
		return;
	rules_addresses(p, SET_GUEST, family, "", address, spoofed);
	rules_of_machine(p, family, "", address);
	rules_of_lans_behind(p, family, before, address);
	rules_of_next_hops(p, family, before, address, verdict);
}

static void print_bridge_arp(const struct rules *p)
{
	static const char probe[] = "arp operation request arp saddr ip 0.0.0.0 ";

	rules_chain(p, "from_vif_arp");
	rules_line(p, "arp htype != 1 goto spoofed_packet");
	rules_line(p, "arp ptype != ip goto spoofed_packet");
	rules_line(p, "arp hlen != 6 goto spoofed_packet");
	rules_line(p, "arp plen != 4 goto spoofed_packet");
	rules_line(p, "arp operation != { request, reply } goto spoofed_packet");
	rules_line(p, "iif . arp saddr ether . arp saddr ip @source4_32 accept");
	rules_own_addresses(p, SET_SOURCE, IPV4, "", "iif . arp saddr ether . ", "arp saddr ip",
			    "goto newcomer4", spoofed);
	/* A router asks from whichever address a packet has. */
	print_bridge_behind(p, IPV4, "arp operation request iif . arp saddr ether . ",
			    "arp saddr ip", "goto newcomer4");
	/*
	 * A probe (RFC 5227) for another's address would keep that one from taking it.
	 */
	rules_own_addresses(p, SET_SOURCE, IPV4, probe, "iif . arp saddr ether . ", "arp daddr ip",
			    "accept", spoofed);
	rules_line(p, "iif . arp saddr ether @any_source goto from_any_source_arp");
	print_spoofed_end(p);

	rules_chain(p, "from_any_source_arp");
	rules_addresses(p, SET_GUEST, IPV4, "", "arp saddr ip", spoofed);
	rules_of_machine(p, IPV4, "", "arp saddr ip");
	rules_addresses(p, SET_ROUTED, IPV4, "", "arp saddr ip", spoofed);
	rules_addresses(p, SET_GUEST, IPV4, probe, "arp daddr ip", spoofed);
	rules_of_machine(p, IPV4, probe, "arp daddr ip");
	rules_line(p, "arp saddr ip != 0.0.0.0 jump newcomer4");
	rules_line(p, "accept");
	rules_chain_end(p);
}

/*
 * A guest is no DHCP server and no router, whatever its address: others tells what becomes of what
 * these say. Types of IGMP that only routers send: RFC 3376, RFC 4286. What a later fragment
 * carries nft reads as ports and types; so does the kernel with IGMP and PIM, which do not pass.
 */
static void print_content4(const struct rules *p, const char *others)
{
	static const char headed[] = "ip frag-off & 0x1fff 0 ";
	const struct dhcp_ports *dhcp = &path_dhcp[IPV4];
	char types[RULES_TYPES];

	rules_chain(p, "content4");
	rules_line(p, "udp dport %u %s%s", dhcp->client, headed, others);
	rules_line(p, "udp sport %u %s%s", dhcp->server, headed, others);
	rules_line(p, "meta protocol ip icmp type %s %s%s",
		   rules_types(types, &path_router_types[IPV4], IPV4), headed, others);
	rules_line(p, "meta protocol ip icmp type { 3, 4, 11, 12 } %sgoto error4", headed);
	rules_line(p, "meta protocol ip igmp type { 0x%x, 0x%x, 0x%x } %s", path_router_igmp[0],
		   path_router_igmp[1], path_router_igmp[2], others);
	rules_line(p, "meta l4proto %u %s", PATH_ROUTER_PROTOCOL, others);
	rules_line(p, "meta l4proto 2 jump reports");
	rules_line(p, "accept");
	rules_chain_end(p);
}

/* A router speaks as one, and of neighbours, from its own addresses alone. */
static void print_bridge_ipv4(const struct rules *p)
{
	char types[RULES_TYPES], routing[RULES_TYPES + 32];

	rules_chain(p, "from_vif4");
	rules_own_addresses(p, SET_SOURCE, IPV4, "", from, "ip saddr", "goto content4", spoofed);
	print_bridge_behind(p, IPV4, from, "ip saddr", "goto content4");
	rules_of_dhcp_discovery(p);
	rules_line(p, "iif . ether saddr @any_source goto from_any_source4");
	snprintf(routing, sizeof(routing), "meta protocol ip icmp type %s ",
		 rules_types(types, &path_router_types[IPV4], IPV4));
	rules_of_routers(p, IPV4, routing, spoofed);
	rules_of_routers(p, IPV4, "", "goto from_any_source4");
	print_spoofed_end(p);

	rules_chain(p, "from_any_source4");
	rules_addresses(p, SET_GUEST, IPV4, "", "ip saddr", spoofed);
	rules_of_machine(p, IPV4, "", "ip saddr");
	rules_addresses(p, SET_ROUTED, IPV4, "", "ip saddr", spoofed);
	rules_line(p, "goto content4");
	rules_chain_end(p);

	print_content4(p, rules_unless_router(p, IPV4));
}

/* The same: RFC 6105, RFC 7610, RFC 4286. */
static void print_content6(const struct rules *p, const char *others)
{
	const struct dhcp_ports *dhcp = &path_dhcp[IPV6];
	char types[RULES_TYPES];

	rules_chain(p, "content6");
	/* nft reads what a later fragment carries as ports and types. */
	rules_line(p, RULES_EXTENDED " frag frag-off > 0 accept");
	rules_line(p, "udp dport %u %s", dhcp->client, others);
	rules_line(p, "udp sport %u %s", dhcp->server, others);
	rules_line(p, "meta protocol ip6 icmpv6 type %s %s",
		   rules_types(types, &path_router_types[IPV6], IPV6), others);
	rules_line(p, "meta protocol ip6 icmpv6 type %s goto discovery6",
		   rules_types(types, &path_discovery_types, IPV6));
	rules_line(p, "meta protocol ip6 icmpv6 type { 1, 2, 3, 4 } goto error6");
	rules_line(p, "meta l4proto %u %s", PATH_ROUTER_PROTOCOL, others);
	rules_line(p, "meta l4proto 58 jump reports");
	rules_line(p, "accept");
	rules_chain_end(p);
}

/* Of a later fragment, whose headers nobody sees, its source is all that can be known. */
static void print_bridge_ipv6(const struct rules *p)
{
	char types[RULES_TYPES], discovery[RULES_TYPES + 32];

	snprintf(discovery, sizeof(discovery), "meta protocol ip6 icmpv6 type %s ",
		 rules_types(types, &path_discovery_types, IPV6));
	rules_chain(p, "from_vif6");
	rules_line(p, RULES_EXTENDED " jump extended6");
	rules_line(p, "meta l4proto 0-255 goto source6");
	rules_line(p, "frag frag-off > 0 goto source6");
	print_spoofed_end(p);

	rules_chain(p, "source6");
	rules_line(p, "ip6 saddr :: goto from_nobody6");
	rules_own_addresses(p, SET_SOURCE, IPV6, "", from, "ip6 saddr", "goto content6", spoofed);
	print_bridge_behind(p, IPV6, from, "ip6 saddr", "goto content6");
	rules_line(p, "iif . ether saddr @any_source goto from_any_source6");
	rules_of_routers(p, IPV6, discovery, spoofed);
	rules_of_routers(p, IPV6,
			 "meta protocol ip6 icmpv6 type { nd-router-advert, nd-redirect } ",
			 spoofed);
	rules_of_routers(p, IPV6, "", "goto from_any_source6");
	print_spoofed_end(p);

	rules_chain(p, "from_any_source6");
	rules_addresses(p, SET_GUEST, IPV6, "", "ip6 saddr", spoofed);
	rules_of_machine(p, IPV6, "", "ip6 saddr");
	rules_addresses(p, SET_ROUTED, IPV6, "", "ip6 saddr", spoofed);
	rules_line(p, "goto content6");
	rules_chain_end(p);

	print_content6(p, rules_unless_router(p, IPV6));
}

/*
 * Who sends an error was the one that the packet was for, or is in front of that one: it quotes the
 * packet's header behind its own eight bytes, and there the destination is at byte 16 (RFC 791), or
 * 24 (RFC 8200). One without addresses of its own could be anybody that nobody here is.
 */
static void print_errors(const struct rules *p)
{
	static const char *const destination[FAMILY_COUNT] = { "@th,192,32", "@th,256,128" };

	for (int family = 0; family < FAMILY_COUNT; family++) {
		rules_chain(p, "error%s", rules_families[family].version);
		rules_own_addresses(p, SET_QUOTED, family, "", "iif . ", destination[family],
				    "accept", spoofed);
		rules_line(p, "iif . ether saddr @any_source accept");
		rules_of_routers(p, family, "", "accept");
		print_spoofed_end(p);
	}
}

void rules_print_bridge(const struct rules *p)
{
	rules_print_limits(p);
	rules_print_hidden(p);
	if (p->policy->settings.antispoof) {
		rules_print_spoken(p);
		print_of_other_ports(p);
	}
	print_hooks(p);
	print_from_vif(p);
	if (!p->policy->settings.antispoof)
		return;
	rules_print_other_ethertypes(p);
	rules_print_routers(p);
	rules_print_by_routers(p);
	print_bridge_arp(p);
	print_bridge_ipv4(p);
	print_bridge_ipv6(p);
	rules_print_extended(p);
	rules_print_discovery(p);
	print_errors(p);
}
