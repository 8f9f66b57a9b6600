/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps interface and source in table raw: interfaces without rules are closed, and nobody
 * sends from another's address.
 *
 * This is before connection tracking, but fragments were put together already: iptables has no
 * earlier place.
 */
#include "iptables/chains.h"
#include "policy/policy_vif.h"

static bool is_spoofing_logged(const struct chains *p)
{
	return p->policy->settings.log != LOGGED_NONE;
}

/*
 * Only table raw can ask for the way back. What has no right by its source may pass by another, and
 * gets a mark, which nothing else has in these tables.
 */
static void print_rights(const struct chains *p)
{
	uint32_t mark = policy_bridged_mark(&p->policy->settings);
	char text[PREFIX_TEXT];

	for (uint32_t i = 0; i < p->policy->unmanaged_count + p->policy->friend_count; i++) {
		const struct prefix *prefix =
			i < p->policy->unmanaged_count
				? &p->policy->unmanaged[i]
				: &p->policy->friends[i - p->policy->unmanaged_count];

		if (prefix->family == p->family)
			chains_line(p,
				    "-A @prerouting -s %s -m rpfilter --invert -j MARK --set-xmark "
				    "0x%x/0x%x",
				    prefix_print(text, prefix), mark, mark);
	}
}

/* Elsewhere than where it is, its answers would be let in there. */
static void print_claimed(const struct chains *p)
{
	char text[PREFIX_TEXT];

	for (uint32_t i = 0; i < p->policy->claim_count; i++) {
		const struct claim *claim = &p->policy->claims[i];

		if (claim->prefix.family == p->family && claim->prefix.length &&
		    p->policy->hosts[claim->host].type == HOST_NETWORK)
			chains_line(p, "-A @claimed -s %s -m rpfilter --invert -g @spoofed",
				    prefix_print(text, &claim->prefix));
	}
	chains_line(p, "-A @prerouting -j @claimed");
}

const char *chains_not_stray(char out[static CHAINS_STRAY], const struct chains *p)
{
	uint32_t mark = policy_bridged_mark(&p->policy->settings);

	snprintf(out, CHAINS_STRAY, "-m mark ! --mark 0x%x/0x%x ", mark, mark);
	return out;
}

/* From an address of a virtual LAN only through its own interface. */
static void print_lans(const struct chains *p)
{
	char subnet[PREFIX_TEXT];

	for (uint32_t i = 0; i < p->policy->network_count; i++) {
		const struct network *network = &p->policy->networks[i];

		if (network->family != p->family)
			continue;
		prefix_print(subnet, &network->subnet);
		chains_line(p, "-A @prerouting -i %s -s %s -j RETURN", network->interface.text,
			    subnet);
		chains_line(p, "-A @lans -s %s -g @spoofed", subnet);
	}
	chains_line(p, "-A @prerouting -j @lans");
}

static void print_arriving(const struct chains *p, enum arriving_clause clause)
{
	bool antispoof = p->policy->settings.antispoof;

	switch (clause) {
	case ARRIVING_RIGHTS:
		print_rights(p);
		break;
	case ARRIVING_VIF:
		chains_vifs(p, "prerouting", 'i', "-g @vifs");
		break;
	case ARRIVING_CLAIMED:
		print_claimed(p);
		break;
	case ARRIVING_ROUTED:
		if (antispoof)
			chains_line(p, "-A @prerouting -j @routed");
		break;
	case ARRIVING_BRIDGED: /* the entries in "guests" name its bridge */
		break;
	case ARRIVING_GUESTS:
		if (antispoof)
			chains_line(p, "-A @prerouting -j @guests");
		break;
	case ARRIVING_LOOPBACK:
		if (antispoof)
			chains_line(p, "-A @prerouting -i lo -j RETURN");
		break;
	case ARRIVING_LANS:
		if (antispoof)
			print_lans(p);
		break;
	}
}

/* What others have of a length: a vif with a wider prefix does not send from it. */
static bool has_owned(const struct chains *p, int length)
{
	for (uint32_t i = 0; i < p->ruleset->sets->count; i++) {
		const struct set *set = &p->ruleset->sets->sets[i];

		if (set->kind == SET_OWNED && set->family == p->family && set->length == length)
			return true;
	}
	return false;
}

void chains_spoof(const struct chains *p)
{
	static const char *const chains[] = { "prerouting", "vifs",	    "routed",
					      "claimed",    "guests",	    "lans",
					      "spoofed",    "spoofed-from", "link-zone" };

	for (size_t i = 0; i < COUNT(chains); i++)
		chains_line(p, ":@%s - [0:0]", chains[i]);
	for (int length = family_bits(p->family); length >= 0; length--)
		if (has_owned(p, length))
			chains_line(p, ":@owned-%d - [0:0]", length);
	if (p->family == IPV6)
		chains_line(p, "-A @prerouting -s fe80::/10 -d fe80::/10 -j @link-zone");
	for (int clause = 0; clause < PATH_ARRIVING_COUNT; clause++)
		print_arriving(p, clause);
	chains_line(p, "-A @vifs -g @spoofed");
	chains_line(p, "-A @spoofed -j @spoofed-from");
	chains_line(p, "-A @spoofed -j DROP");
	chains_reason(p, "spoofed", is_spoofing_logged(p));
}

/* ---- of a vif ---- */

/* What a source is allowed as: from this MAC. */
static void print_raw_source(const struct chains *p, const struct vif *vif, const char *what,
			     const char *verdict)
{
	char mac[MAC_TEXT];

	chains_own(p, "-A @s%u %s-m mac --mac-source %s %s", vif->index, what,
		   mac_print(mac, &vif->mac), verdict);
}

/*
 * What the guest itself or somebody behind it sends. Within a prefix there can be any number of
 * addresses, and each that solicits a neighbour takes a place in a table that all share.
 */
static void print_raw_own_source(const struct chains *p, const struct vif *vif,
				 const struct prefix *prefix)
{
	const struct icmp_types *discovery = &path_discovery_types;
	char what[PREFIX_TEXT + 64], text[PREFIX_TEXT], verdict[32];

	prefix_print(text, prefix);
	snprintf(verdict, sizeof(verdict), "-g @n%u", vif->index);
	for (unsigned i = 0;
	     p->family == IPV6 && !prefix_is_address(prefix) && i < discovery->count; i++) {
		snprintf(what, sizeof(what), "-s %s -p icmpv6 -m icmp6 --icmpv6-type %u ", text,
			 discovery->type[i]);
		print_raw_source(p, vif, what, verdict);
	}
	snprintf(what, sizeof(what), "-s %s ", text);
	print_raw_source(p, vif, what, "-j RETURN");
}

/* What is in a prefix, and this machine's, behind another guest, or by a host file elsewhere. */
static void print_raw_elsewhere(const struct chains *p, const struct vif *vif)
{
	print_raw_source(p, vif, chains_own_source(p), "-g @spoofed");
	print_raw_source(p, vif, "", "-j @routed");
	print_raw_source(p, vif, "", "-j @claimed");
}

/* The narrowest comes first, and behind it what others have of this length. */
static void print_raw_sources(const struct chains *p, const struct vif *vif)
{
	int checked = family_bits(p->family);

	for (int length = family_bits(p->family); length >= 0; length--)
		for (unsigned i = 0; i < vif->prefix_count; i++) {
			const struct prefix *prefix = &vif->prefixes[i];

			if (prefix->family != p->family || prefix->length != length)
				continue;
			if (checked == family_bits(p->family) && length < checked)
				print_raw_elsewhere(p, vif);
			for (; checked > length; checked--)
				if (has_owned(p, checked))
					chains_own(p, "-A @s%u -j @owned-%d", vif->index, checked);
			print_raw_own_source(p, vif, prefix);
		}
}

/* Networks behind others, as long as the kernel's routes lead there, are not behind the vif. */
static void print_raw_narrower(const struct chains *p, const struct vif *vif)
{
	char text[PREFIX_TEXT];

	for (uint32_t i = 0; i < p->policy->route_count; i++) {
		const struct policy_route *route = &p->policy->routes[i];

		if (route->destination.family == p->family && route->destination.length &&
		    !vif_holds(vif, &route->via))
			chains_own(p, "-A @s%u -s %s -m rpfilter --invert -g @spoofed", vif->index,
				   prefix_print(text, &route->destination));
	}
}

/*
 * The networks that the vif is a next hop for, without what others have: this machine, its guests,
 * other next hops and its virtual LANs.
 */
static void print_raw_behind(const struct chains *p, const struct vif *vif,
			     const struct vif_routes *routes)
{
	bool any = false;

	for (unsigned i = 0; i < routes->count; i++) {
		if (routes->route[i].destination.family != p->family)
			continue;
		if (!any) {
			print_raw_source(p, vif, chains_own_source(p), "-g @spoofed");
			chains_own(p, "-A @s%u -j @guests", vif->index);
			chains_own(p, "-A @s%u -j @lans", vif->index);
			chains_own(p, "-A @s%u -j @claimed", vif->index);
			print_raw_narrower(p, vif);
		}
		any = true;
		print_raw_own_source(p, vif, &routes->route[i].destination);
	}
}

/* What DHCP, duplicate address detection, MLD and neighbour discovery need, with the right MAC. */
static void print_station(const struct chains *p, const struct vif *vif)
{
	const struct icmp_types *unspecified = &path_unspecified_types;
	char what[96], verdict[32];

	if (p->family == IPV4) {
		snprintf(what, sizeof(what),
			 "-s 0.0.0.0 -d 255.255.255.255 -p udp -m multiport --sports %u "
			 "-m multiport --dports %u ",
			 path_dhcp[IPV4].client, path_dhcp[IPV4].server);
		print_raw_source(p, vif, what, "-j RETURN");
		return;
	}
	for (unsigned i = 0; i < unspecified->count; i++) {
		snprintf(what, sizeof(what), "-s :: -p icmpv6 -m icmp6 --icmpv6-type %u ",
			 unspecified->type[i]);
		print_raw_source(p, vif, what, "-j RETURN");
	}
	snprintf(verdict, sizeof(verdict), "-g @n%u", vif->index);
	print_raw_source(p, vif, "-s fe80::/10 -m addrtype --src-type LOCAL --limit-iface-in ",
			 "-g @spoofed");
	print_raw_source(p, vif, "-s fe80::/10 -d fe80::/10 ", verdict);
	print_raw_source(p, vif, "-s fe80::/10 -d ff02::/16 ", verdict);
	print_raw_source(p, vif, "-s fe80::/10 -p icmpv6 -m icmp6 --icmpv6-type 135 ", verdict);
	print_raw_source(p, vif, "-s fe80::/10 -p icmpv6 -m icmp6 --icmpv6-type 136 ", verdict);
}

/*
 * What this machine says to a group comes back through the interface that it left through, where it
 * listens to the group itself; it has no MAC, and is nobody's spoofing.
 */
static void print_raw_looped(const struct chains *p, const struct vif *vif)
{
	static const char *const groups[FAMILY_COUNT] = { "224.0.0.0/4", "ff00::/8" };

	print_raw_source(p, vif, "", "-g @spoofed");
	chains_own(p, "-A @s%u -d %s -m addrtype --src-type LOCAL -j DROP", vif->index,
		   groups[p->family]);
}

/*
 * Addresses on the link that a guest has given itself. The kernel has one table of neighbours for
 * all, and one guest that takes a new address for each packet would fill it.
 */
static void print_neighbour(const struct chains *p, uint32_t index)
{
	chains_own(p, "-A @n%u -m recent --name taofirewall-%u --rcheck --seconds %u -j RETURN",
		   index, index, PATH_NEIGHBOUR_MINUTES * 60);
	chains_own(p,
		   "-A @n%u -m limit --limit %u/second --limit-burst %u "
		   "-m recent --name taofirewall-%u --set -j RETURN",
		   index, PATH_NEIGHBOURS_PER_SECOND, PATH_NEIGHBOURS_BURST, index);
	chains_own(p, "-A @n%u -g @spoofed", index);
}

static void print_vif_clause(const struct chains *p, enum vif_clause clause, const struct vif *vif,
			     const struct vif_routes *routes)
{
	switch (clause) {
	case VIF_FRAGMENTS: /* they were put together before this table */
		break;
	case VIF_OWN:
		print_raw_sources(p, vif);
		break;
	case VIF_BEHIND:
		print_raw_behind(p, vif, routes);
		break;
	case VIF_UNADDRESSED:
		print_station(p, vif);
		break;
	case VIF_LOOPED:
		print_raw_looped(p, vif);
		break;
	}
}

static void print_chains(const struct chains *p, const struct vif *vif,
			 const struct vif_routes *routes)
{
	chains_own(p, ":@s%u - [0:0]", vif->index);
	if (p->family == IPV6)
		chains_own(p, ":@n%u - [0:0]", vif->index);
	for (int clause = 0; clause < PATH_VIF_COUNT; clause++)
		print_vif_clause(p, clause, vif, routes);
	chains_own(p, "-A @s%u -g @spoofed", vif->index);
	if (p->family == IPV6)
		print_neighbour(p, vif->index);
}

/*
 * Entries of what the vif has, by which others may not send from there, and of the networks behind
 * it. What leads there may be wider than what is there, so that another way to a part of it counts.
 * Of what comes from its bridge with a guest's address, ebtables saw to it that it is this guest's.
 */
static void print_raw_owned(const struct chains *p, const struct vif *vif,
			    const struct vif_routes *routes)
{
	char text[PREFIX_TEXT], except[CHAINS_INTERFACE];
	const struct host *host;

	chains_interface(except, "! -i", &vif->bridge);
	for (unsigned i = 0; i < routes->count; i++) {
		const struct prefix *network = &routes->route[i].destination;

		if (network->family == p->family && network->length)
			chains_entry(p, "routed -s %s -m rpfilter --invert -g @spoofed",
				     prefix_print(text, network));
	}
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct prefix *prefix = &vif->prefixes[i];

		if (prefix->family != p->family)
			continue;
		prefix_print(text, prefix);
		host = policy_vif_host(p->policy, prefix, &vif->name);
		if (!host || !host->shared)
			chains_entry(p, "guests %s-s %s -g @spoofed", except, text);
		chains_entry(p, "owned-%u -s %s -g @spoofed", prefix->length, text);
	}
}

void chains_spoof_vif(const struct chains *p, const struct vif *vif,
		      const struct vif_routes *routes)
{
	print_raw_owned(p, vif, routes);
	if (vif->bridge_index)
		return;
	chains_link_zone_vif(p, vif);
	chains_reason_vif(p, "spoofed", is_spoofing_logged(p), vif);
	if (!p->policy->settings.antispoof) { /* of use only to tell who is attached */
		chains_entry(p, "vifs -i %s -j RETURN", vif->name.text);
		return;
	}
	print_chains(p, vif, routes);
	chains_entry(p, "vifs -i %s -g @s%u", vif->name.text, vif->index);
	chains_end(p, "s%u", vif->index);
	if (p->family == IPV6)
		chains_end(p, "n%u", vif->index);
}
