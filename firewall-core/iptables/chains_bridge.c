/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps interface and source for frames on bridges, as ebtables-restore reads them: ports
 * without rules are closed, and nobody says in IPv4 or ARP that he is somebody else. IPv6 of guests
 * does not pass, for ebtables does not see whose address neighbour discovery speaks of.
 *
 * There is no goto: what may pass returns all the way, and what may not is dropped at once. Nor is
 * the policy of a chain relied upon, for ebtables-restore 1.8.9 takes RETURN for each.
 */
#include "iptables/chains.h"
#include "policy/policy_vif.h"

/* Numbers, for ebtables looks names up in /etc/ethertypes, which may be missing. */
#define IN_IPV4 "-p 0x800 "
#define IN_ARP "-p 0x806 "
#define IN_IPV6 "-p 0x86dd "
#define IN_PRIORITY_TAG "-p 0x8100 --vlan-id 0 "
#define IN_SERVICE_TAG "-p 0x88a8 "

/* The bridge's own group addresses, which this machine would take frames to: IEEE 802.1D. */
static const char own_groups[] = "01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0";

static bool is_frame_logged(const struct chains *p)
{
	return p->policy->settings.log != LOGGED_NONE;
}

static void print_frame_chain(const struct chains *p, const char *name)
{
	chains_line(p, ":@%s RETURN", name);
}

/*
 * What guests say in IGMP: RFC 2236, RFC 3376. All else is dropped, for the bridge also takes what
 * is in a later fragment for IGMP, and ebtables sees no type there.
 */
static const uint8_t member_igmp[] = { 0x12, 0x16, 0x17, 0x22 };

/*
 * A guest is no DHCP server and no router, whatever its address: rules_bridge.c. The older ebtables
 * reads no types in hexadecimal.
 */
static void print_content(const struct chains *p)
{
	static const char entry[] = "-A @content " IN_IPV4 "--ip-protocol";
	const struct dhcp_ports *dhcp = &path_dhcp[IPV4];
	const struct icmp_types *types = &path_router_types[IPV4];

	chains_line(p, "%s 17 --ip-destination-port %u -j @spoofed", entry, dhcp->client);
	chains_line(p, "%s 17 --ip-source-port %u -j @spoofed", entry, dhcp->server);
	for (unsigned i = 0; i < types->count; i++)
		chains_line(p, "%s 1 --ip-icmp-type %u -j @spoofed", entry, types->type[i]);
	for (size_t i = 0; i < COUNT(member_igmp); i++)
		chains_line(p, "%s 2 --ip-igmp-type %u -j RETURN", entry, member_igmp[i]);
	chains_line(p, "%s 2 -j @spoofed", entry);
	chains_line(p, "%s %u -j @spoofed", entry, PATH_ROUTER_PROTOCOL);
}

static void print_frame_sources(const struct chains *p)
{
	static const char *const chains[] = { "prerouting", "others", "content", "spoofed" };

	for (size_t i = 0; i < COUNT(chains); i++)
		print_frame_chain(p, chains[i]);
	chains_line(p, "-A @prerouting -i vif+ -j @spoofed");
	if (p->policy->settings.antispoof)
		chains_line(p, "-A @prerouting -j @others");
	print_content(p);
	chains_line(p, "-A @spoofed -j DROP");
}

/* To a port without rules nothing goes, be it from here. */
static void print_frame_destinations(const struct chains *p)
{
	static const char *const chains[] = { "input", "attached" };

	for (size_t i = 0; i < COUNT(chains); i++)
		print_frame_chain(p, chains[i]);
	chains_line(p, "-A @input -i vif+ -d %s -j DROP", own_groups);
	chains_line(p, "-A @attached -o vif+ -j DROP");
}

void chains_bridges(const struct chains *p, enum ip_table table)
{
	if (table == IP_RAW)
		print_frame_sources(p);
	else
		print_frame_destinations(p);
}

/* ---- of a vif ---- */

static void print_vif_ipv4(const struct chains *p, const struct vif *vif)
{
	char address[PREFIX_TEXT];

	chains_own(p, ":@p%u RETURN", vif->index);
	chains_own(p, "-A @p%u " IN_IPV4 "-j @content", vif->index);
	for (unsigned i = 0; i < vif->prefix_count; i++)
		chains_own(p, "-A @p%u " IN_IPV4 "--ip-source %s -j RETURN", vif->index,
			   prefix_print_address(address, &vif->prefixes[i]));
	chains_own(p,
		   "-A @p%u " IN_IPV4 "--ip-source 0.0.0.0 --ip-destination 255.255.255.255 "
		   "--ip-protocol 17 --ip-source-port %u --ip-destination-port %u -j RETURN",
		   vif->index, path_dhcp[IPV4].client, path_dhcp[IPV4].server);
	chains_own(p, "-A @p%u -j @spoofed", vif->index);
}

/*
 * What names an address has the right form and sizes, or nothing matches. A probe (RFC 5227) for
 * another's address would keep that one from taking it.
 */
static void print_vif_arp(const struct chains *p, const struct vif *vif)
{
	static const char *const said[] = {
		"--arp-opcode 1 --arp-ip-src",
		"--arp-opcode 2 --arp-ip-src",
		"--arp-opcode 1 --arp-ip-src 0.0.0.0 --arp-ip-dst",
	};
	char address[PREFIX_TEXT], mac[MAC_TEXT];

	chains_own(p, ":@a%u RETURN", vif->index);
	for (unsigned i = 0; i < vif->prefix_count; i++)
		for (size_t j = 0; j < COUNT(said); j++)
			chains_own(p,
				   "-A @a%u " IN_ARP "--arp-htype 1 --arp-ptype 0x800 "
				   "--arp-mac-src %s %s %s -j RETURN",
				   vif->index, mac_print(mac, &vif->mac), said[j],
				   prefix_print_address(address, &vif->prefixes[i]));
	chains_own(p, "-A @a%u -j @spoofed", vif->index);
}

/* A tag is another protocol. IPv6, which each guest speaks unasked, is not worth a line. */
static void print_port(const struct chains *p, const struct vif *vif)
{
	char mac[MAC_TEXT];

	chains_own(p, ":@v%u RETURN", vif->index);
	print_vif_ipv4(p, vif);
	print_vif_arp(p, vif);
	chains_own(p, "-A @v%u -s ! %s -j @spoofed", vif->index, mac_print(mac, &vif->mac));
	chains_own(p, "-A @v%u " IN_IPV4 "-j @p%u", vif->index, vif->index);
	chains_own(p, "-A @v%u " IN_IPV4 "-j RETURN", vif->index);
	chains_own(p, "-A @v%u " IN_ARP "-j @a%u", vif->index, vif->index);
	chains_own(p, "-A @v%u " IN_ARP "-j RETURN", vif->index);
	chains_own(p, "-A @v%u " IN_IPV6 "-j DROP", vif->index);
	chains_own(p, "-A @v%u -j @spoofed", vif->index);
}

/* What others may not say, but where it is SHARED; what a guest itself may, its own chain tells. */
static void print_owned_frames(const struct chains *p, const struct vif *vif)
{
	const struct host *host;
	char text[PREFIX_TEXT];

	for (unsigned i = 0; i < vif->prefix_count; i++) {
		host = policy_vif_host(p->policy, &vif->prefixes[i], &vif->name);
		if (host && host->shared)
			continue;
		prefix_print(text, &vif->prefixes[i]);
		if (vif->prefixes[i].family == IPV6) {
			chains_entry(p, "others " IN_IPV6 "--ip6-source %s -j DROP", text);
			continue;
		}
		chains_entry(p, "others " IN_IPV4 "--ip-source %s -j DROP", text);
		chains_entry(p, "others " IN_ARP "--arp-ip-src %s -j DROP", text);
	}
}

static void print_protected(const struct chains *p, const struct vif *vif)
{
	print_port(p, vif);
	/* Whose address is behind it nobody sees here; who gets it takes the tag off. */
	chains_entry(p, "others " IN_PRIORITY_TAG "-j DROP");
	chains_entry(p, "prerouting -i %s -j @v%u", vif->name.text, vif->index);
	chains_end(p, "v%u", vif->index);
	chains_end(p, "p%u", vif->index);
	chains_end(p, "a%u", vif->index);
}

/* A family that is off; the entry that comes last stands first. */
static void print_disabled(const struct chains *p, const struct vif *vif, const char *chain)
{
	static const char *const protocols[FAMILY_COUNT] = { [IPV4] = IN_IPV4, [IPV6] = IN_IPV6 };

	for (int family = 0; family < FAMILY_COUNT; family++)
		if (!p->policy->family[family].enabled)
			chains_entry(p, "%s %s %s-j DROP", chain, vif->name.text,
				     protocols[family]);
}

static void print_vif_frames(const struct chains *p, const struct vif *vif, bool is_protected)
{
	if (is_protected)
		print_owned_frames(p, vif);
	if (!vif->bridge_index)
		return;
	chains_entry(p, "spoofed -i %s -j CONTINUE", vif->name.text);
	if (is_frame_logged(p))
		chains_entry(p,
			     "spoofed -i %s --limit %u/second --limit-burst %u --log-level warning "
			     "--log-prefix \"taofirewall spoofed: \" -j CONTINUE",
			     vif->name.text, PATH_LOG_PER_SECOND, PATH_LOG_BURST);
	chains_entry(p, "prerouting -i %s -j RETURN", vif->name.text);
	if (p->policy->settings.antispoof && is_protected)
		print_protected(p, vif);
	else if (p->policy->settings.antispoof)
		chains_entry(p, "prerouting -i %s -j @others", vif->name.text);
	print_disabled(p, vif, "prerouting -i");
}

/*
 * A guest that is protected says nothing in IPv6. What hears none gives itself no address, and does
 * not wait for answers. Of a tag of 802.1ad ebtables does not see the VLAN, so of no VLAN's is
 * taken by those who would take that of VLAN 0 off; between other ports it passes.
 */
static void print_destination(const struct chains *p, const struct vif *vif, bool is_protected)
{
	if (!vif->bridge_index)
		return;
	chains_entry(p, "attached -o %s -j RETURN", vif->name.text);
	if (p->policy->settings.antispoof && is_protected && p->policy->family[IPV6].enabled)
		chains_entry(p, "attached -o %s " IN_IPV6 "-j DROP", vif->name.text);
	if (p->policy->settings.antispoof && is_protected) {
		chains_entry(p, "attached -o %s " IN_SERVICE_TAG "-j DROP", vif->name.text);
		chains_entry(p, "input " IN_SERVICE_TAG "-j DROP");
	}
	print_disabled(p, vif, "attached -o");
	chains_entry(p, "input -i %s -d %s -j DROP", vif->name.text, own_groups);
}

void chains_bridges_vif(const struct chains *p, enum ip_table table, const struct vif *vif,
			bool is_protected)
{
	if (table == IP_RAW)
		print_vif_frames(p, vif, is_protected);
	else
		print_destination(p, vif, is_protected);
}
