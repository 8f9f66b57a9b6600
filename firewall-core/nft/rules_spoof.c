/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps interface and source as nft rules: interfaces without rules are closed, and nobody
 * sends from another's address.
 */
#include "nft/rules.h"

static const char *const source[FAMILY_COUNT] = { "ip saddr", "ip6 saddr" };

static const struct rules_stage from = { .address = "saddr", .interface = "iifname" };

/* "iif . ether saddr . (ip6 saddr & ffff:ffff::) @source6_32 accept" */
static void print_source_lookup(const struct rules *p, const struct set *set, const char *mac,
				const char *address, const char *before, const char *verdict)
{
	char name[SET_NAME_SIZE], mask[PREFIX_TEXT];

	set_name(name, set);
	if (set->length == family_bits(set->family))
		rules_line(p, "%siif . %s . %s @%s %s", before, mac, address, name, verdict);
	else
		rules_line(p, "%siif . %s . (%s & %s) @%s %s", before, mac, address,
			   rules_mask(mask, set->family, set->length), name, verdict);
}

/*
 * What the guest itself or somebody behind it sends. Within a prefix there can be any number of
 * addresses, and each that solicits a neighbour takes a place in a table that all share.
 */
static void print_own_source_lookups(const struct rules *p, const struct set *set)
{
	char types[RULES_TYPES], discovery[RULES_TYPES + 16];

	snprintf(discovery, sizeof(discovery), "icmpv6 type %s ",
		 rules_types(types, &path_discovery_types, IPV6));
	if (set->family == IPV6 && set->length < family_bits(IPV6))
		print_source_lookup(p, set, "ether saddr", source[IPV6], discovery,
				    "goto newcomer6");
	print_source_lookup(p, set, "ether saddr", source[set->family], "", "accept");
}

/* What is in a prefix, and by a host file with TYPE = network elsewhere than behind the vif. */
static void rules_of_claimed(const struct rules *p, const struct set *claimed)
{
	rules_lookup(p, claimed, &from,
		     "iif . ether saddr @vif_mac fib saddr . iif oif missing goto spoofed_packet");
}

/* What others have of this length: a vif with a wider prefix does not send from it. */
static void rules_of_others(const struct rules *p, enum family family, int length)
{
	const struct set *owned = rules_find_set(p, SET_OWNED, family, length);
	const struct set *claimed = rules_find_set(p, SET_CLAIMED, family, length);

	if (owned)
		rules_lookup(p, owned, &from, "goto spoofed_packet");
	rules_of_other_routers(p, family, length, "", "iif . ether saddr . ", source[family],
			       "goto spoofed_packet");
	if (claimed)
		rules_of_claimed(p, claimed);
}

/* What is in a prefix, and this machine's: a link-local address is one on its own link alone. */
static void rules_of_own_within(const struct rules *p, enum family family)
{
	rules_line(p, "%s iif . ether saddr @vif_mac " RULES_OWN " goto spoofed_packet",
		   family == IPV4 ? "ip saddr != 0.0.0.0" : "ip6 saddr != fe80::/10");
}

/*
 * What a vif may send from: one rule for each length of prefix in use. The narrowest comes first,
 * and behind that what is in a prefix, and somebody else's.
 */
static void print_source_lookups(const struct rules *p, enum family family)
{
	int checked = family_bits(family);

	for (int length = family_bits(family); length >= 0; length--) {
		const struct set *set = rules_find_set(p, SET_SOURCE, family, length);

		if (!set)
			continue;
		if (length < family_bits(family) && checked == family_bits(family))
			rules_of_own_within(p, family);
		for (; checked > length; checked--)
			rules_of_others(p, family, checked);
		print_own_source_lookups(p, set);
	}
}

/* From a guest's address, if table bridge has not seen to it, nothing comes from elsewhere. */
static void rules_of_guests(const struct rules *p, bool is_seen_to)
{
	for (int family = 0; family < FAMILY_COUNT; family++)
		if (is_seen_to)
			rules_lookups(p, SET_GUEST, family, &from, "accept");
		else
			rules_guest_addresses(p, SET_GUEST, family, "", source[family], "accept");
}

/* From an address of a virtual LAN only through its own interface. */
static void rules_of_lans(const struct rules *p)
{
	for (int family = 0; family < FAMILY_COUNT; family++) {
		rules_lookups(p, SET_LAN_FROM, family, &from, "accept");
		rules_lookups(p, SET_LAN, family, &from, "goto spoofed_packet");
	}
}

/* A narrower network behind another vif is not behind this one. */
static void rules_of_next_hop(const struct rules *p, enum family family, int length)
{
	const struct set *own = rules_find_set(p, SET_ROUTED_SOURCE, family, length);
	const struct set *routed = rules_find_set(p, SET_ROUTED, family, length);

	if (own)
		print_own_source_lookups(p, own);
	if (routed)
		rules_lookup(p, routed, &from, "goto spoofed_packet");
}

/*
 * The networks that a vif is a next hop for, without what others have: this machine, its guests and
 * its virtual LANs.
 */
static void print_inet_behind(const struct rules *p)
{
	if (!p->policy->route_count)
		return;
	for (int family = 0; family < FAMILY_COUNT; family++)
		rules_of_own_within(p, family);
	for (int family = 0; family < FAMILY_COUNT; family++) {
		rules_lookups(p, SET_GUEST, family, &from, "goto spoofed_packet");
		rules_lookups(p, SET_LAN, family, &from, "goto spoofed_packet");
	}
	for (uint32_t i = 0; i < p->sets->count; i++)
		if (p->sets->sets[i].kind == SET_CLAIMED)
			rules_of_claimed(p, &p->sets->sets[i]);
	for (int family = 0; family < FAMILY_COUNT; family++)
		for (int length = family_bits(family); length >= 0; length--)
			rules_of_next_hop(p, family, length);
}

/*
 * A network behind a guest, from elsewhere than where it is: what leads there may be wider than
 * what is there, so that another way to a part of it counts.
 */
static void rules_of_routed(const struct rules *p)
{
	for (int family = 0; family < FAMILY_COUNT; family++)
		rules_addresses(p, SET_ROUTED, family, "fib saddr . iif oif missing ",
				source[family], "goto spoofed_packet");
}

static void print_clearing(const struct rules *p)
{
	if (policy_has_bridges(p->policy))
		rules_line(p, "meta mark set meta mark & 0x%08x",
			   ~policy_bridged_mark(&p->policy->settings));
}

/*
 * What this machine says to a group comes back through the interface that it left through, where it
 * listens to the group itself; it has no MAC, and is nobody's spoofing.
 */
static void print_inet_looped(const struct rules *p)
{
	rules_line(p, "ip daddr 224.0.0.0/4 fib saddr type local drop");
	rules_line(p, "ip6 daddr ff00::/8 fib saddr type local drop");
}

/* is_bridged  in the chain of what came through a bridge */
static void rules_of_arriving(const struct rules *p, enum arriving_clause clause, bool is_bridged)
{
	bool antispoof = p->policy->settings.antispoof;

	switch (clause) {
	case ARRIVING_RIGHTS: /* where the right is asked for, by the same way back */
		break;
	case ARRIVING_VIF:
		rules_vifs(p, "iif", "goto from_vif");
		break;
	case ARRIVING_CLAIMED: /* of what begins a connection: rules_connection.c */
		break;
	case ARRIVING_ROUTED:
		if (antispoof)
			rules_of_routed(p);
		break;
	case ARRIVING_BRIDGED:
		if (policy_has_bridges(p->policy))
			rules_line(p, "meta mark & 0x%08x != 0 goto from_bridge",
				   policy_bridged_mark(&p->policy->settings));
		break;
	case ARRIVING_GUESTS:
		if (antispoof)
			rules_of_guests(p, is_bridged);
		break;
	case ARRIVING_LOOPBACK:
		if (antispoof && p->policy->network_count)
			rules_line(p, "iifname \"lo\" accept");
		break;
	case ARRIVING_LANS:
		if (antispoof)
			rules_of_lans(p);
		break;
	}
}

/* With a guest's address it comes from this guest's port: table bridge has seen to it. */
static void print_from_bridge(const struct rules *p)
{
	bool is_behind = false;

	rules_chain(p, "from_bridge");
	print_clearing(p);
	for (int clause = 0; clause < PATH_ARRIVING_COUNT; clause++) {
		if (is_behind)
			rules_of_arriving(p, clause, true);
		is_behind = is_behind || clause == ARRIVING_BRIDGED;
	}
	rules_chain_end(p);
}

static void rules_of_vif(const struct rules *p, enum vif_clause clause)
{
	switch (clause) {
	case VIF_FRAGMENTS:
		rules_line(p, "jump datagrams");
		break;
	case VIF_OWN:
		print_source_lookups(p, IPV4);
		print_source_lookups(p, IPV6);
		break;
	case VIF_BEHIND:
		print_inet_behind(p);
		break;
	case VIF_UNADDRESSED:
		rules_line(p, "iif . ether saddr @vif_mac goto from_vif_mac");
		break;
	case VIF_LOOPED:
		print_inet_looped(p);
		break;
	}
}

static void rules_of_attached(const struct rules *p)
{
	char types[RULES_TYPES];

	rules_of_link_zone(p, "iif");
	rules_line(p, "icmpv6 type %s jump newcomer6",
		   rules_types(types, &path_discovery_types, IPV6));
	rules_line(p, "iif @spoofed accept # ANTISPOOF = no: of use only to tell who is attached");
}

static void print_from_vif(const struct rules *p)
{
	rules_chain(p, "from_vif");
	print_clearing(p);
	for (int clause = 0; clause < PATH_VIF_COUNT; clause++)
		if (p->policy->settings.antispoof || clause == VIF_FRAGMENTS)
			rules_of_vif(p, clause);
	if (!p->policy->settings.antispoof)
		rules_of_attached(p);
	rules_line(p, "goto spoofed_packet");
	rules_chain_end(p);
}

/* What DHCP, duplicate address detection, MLD and neighbour discovery need, with the right MAC. */
static void print_from_vif_mac(const struct rules *p)
{
	char types[RULES_TYPES];

	rules_chain(p, "from_vif_mac");
	rules_of_dhcp_discovery(p);
	rules_line(p, "ip6 saddr :: icmpv6 type %s accept",
		   rules_types(types, &path_unspecified_types, IPV6));
	rules_line(p, "ip6 saddr fe80::/10 " RULES_OWN_LINK_LOCAL " goto spoofed_packet");
	rules_of_link_zone(p, "iif");
	rules_line(p, "ip6 saddr fe80::/10 ip6 daddr { fe80::/10, ff02::/16 } goto newcomer6");
	rules_line(p, "ip6 saddr fe80::/10 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } "
		      "goto newcomer6");
	rules_line(p, "goto spoofed_packet");
	rules_chain_end(p);
}

/*
 * Before defragmentation (-400), so that nobody's fragments meet another's, and before connection
 * tracking.
 */
static void print_antispoof(const struct rules *p)
{
	rules_chain(p, "prerouting");
	rules_line(p, "type filter hook prerouting priority -450; policy accept;");
	for (int clause = 0; clause < PATH_ARRIVING_COUNT; clause++)
		rules_of_arriving(p, clause, false);
	rules_chain_end(p);
	if (policy_has_bridges(p->policy))
		print_from_bridge(p);
	print_from_vif(p);
	print_from_vif_mac(p);
}

void rules_print_log(const struct rules *p, const char *reason, const char *direction)
{
	rules_dynamic_set(p, RULES_SIZE, "type iface_index", "1m", "%s_log", reason);
	rules_chain(p, "log_%s", reason);
	rules_line(p,
		   "add @%s_log { %s limit rate %u/second burst %u packets } "
		   "log prefix \"taofirewall %s: \"",
		   reason, direction, PATH_LOG_PER_SECOND, PATH_LOG_BURST, reason);
	rules_chain_end(p);
}

bool rules_log_refused(const struct rules *p)
{
	return p->policy->settings.log == LOGGED_DROP || p->policy->settings.log == LOGGED_ALL;
}

void rules_print_reasons(const struct rules *p)
{
	enum log_mode mode = p->policy->settings.log;
	bool logs_spoofed = mode != LOGGED_NONE;
	bool logs_refused = rules_log_refused(p);

	if (logs_spoofed)
		rules_print_log(p, "spoofed", "iif");
	if (logs_refused)
		rules_print_log(p, "refused", "iif");
	if (mode == LOGGED_ALL)
		rules_print_log(p, "new", "iif");

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
	rules_print_limits(p);
	print_antispoof(p);
}

void rules_print_arp(const struct rules *p)
{
	rules_print_arp_limits(p);
	rules_chain(p, "input");
	rules_line(p, "type filter hook input priority filter; policy accept;");
	if (p->policy->settings.antispoof)
		rules_vifs(p, "iif", "goto from_vif");
	rules_chain_end(p);

	rules_chain(p, "from_vif");
	rules_line(p, "iif . arp saddr ether . arp saddr ip @source4_32 accept");
	rules_addresses(p, SET_SOURCE, IPV4, "iif . arp saddr ether . ", "arp saddr ip",
			"goto newcomer4");
	/* A router asks from whichever address a packet has. */
	rules_addresses(p, SET_ROUTED_SOURCE, IPV4,
			"arp operation request iif . arp saddr ether . ", "arp saddr ip",
			"goto newcomer4");
	rules_line(p, "arp operation request arp saddr ip 0.0.0.0 accept # a probe, RFC 5227");
	rules_line(p, "counter drop");
	rules_chain_end(p);
}
