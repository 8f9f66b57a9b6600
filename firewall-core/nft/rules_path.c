/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet's way through the filter as nft rules: each clause of ruleset/path.h, in its order. */
#include "nft/rules.h"

static const char *begin_in(enum path path)
{
	return rules_begin[path_clauses[path].chain];
}

/* ---- of any packet ---- */

static void rules_of_bridged(const struct rules *p)
{
	if (policy_has_bridges(p->policy))
		rules_line(p, "meta mark & 0x%08x != 0 accept # a bridged frame, see table bridge",
			   policy_bridged_mark(&p->policy->settings));
}

static void rules_of_loopback(const struct rules *p, enum path path)
{
	if (path == PATH_OUTPUT && p->policy->forward_count) /* a forwarded port leads elsewhere */
		rules_line(p, "oifname \"lo\" ct status ! dnat accept");
	else
		rules_line(p, "%sname \"lo\" accept", path == PATH_INPUT ? "iif" : "oif");
}

/*
 * To the kernel a link-local address is one of each interface, so that it routes what is for one
 * back to the link that it came from, past who keeps its neighbours apart (RFC 4291, 2.5.6).
 * Without table bridge a frame that br_netfilter brings here can't be told from that.
 */
static void rules_of_link_local(const struct rules *p)
{
	if (!policy_has_bridges(p->policy))
		return;
	rules_line(p, "ip6 daddr fe80::/10 goto refused_packet");
	rules_line(p, "ip6 saddr fe80::/10 goto refused_packet");
}

/*
 * Nobody sends that (RFC 1122, 3.3.6). Where a bridge tracks connections, it has not tracked what
 * is for a group's MAC, and so counted it for no guest.
 */
static void rules_of_group_mac(const struct rules *p)
{
	if (policy_has_bridges(p->policy))
		rules_line(p, "ct state untracked meta pkttype { broadcast, multicast } "
			      "fib daddr type local goto refused_packet");
}

static void rules_of_new_logged(const struct rules *p)
{
	if (p->tracks && p->policy->settings.log == LOGGED_ALL)
		rules_line(p, "ct state new jump log_new");
}

/*
 * What passes whatever the host files say: without it nobody has addresses and neighbours. Guests
 * have been kept from saying the rest of these protocols. IGMP and MLD go to groups and no further
 * than the link (RFC 2236, RFC 3376, RFC 2710, RFC 3810): queries, reports of each version, leaves.
 */
static void rules_of_link(const struct rules *p)
{
	const struct dhcp_ports *dhcp4 = &path_dhcp[IPV4], *dhcp6 = &path_dhcp[IPV6];
	const char *begin = p->tracks ? RULES_BEGIN_FORWARD : "accept"; /* takes its place */
	struct icmp_types listeners = path_icmp_types(PATH_BRIDGE, CLAUSE_LISTENERS, IPV6);
	char types[RULES_TYPES];

	rules_line(p, "meta protocol arp accept");
	rules_for_ethertypes(p);
	rules_line(p, "meta protocol != { ip, ip6 } counter drop");
	rules_for_vrrp(p);
	rules_line(p, "meta protocol ip ip daddr 224.0.0.0/4 ip ttl 1 "
		      "igmp type { 0x11, 0x12, 0x16, 0x17, 0x22 } accept");
	rules_line(p, "ip daddr 255.255.255.255 udp sport %u udp dport %u accept", dhcp4->client,
		   dhcp4->server);
	rules_line(p, "meta protocol ip udp sport %u udp dport %u %s", dhcp4->server, dhcp4->client,
		   begin);
	rules_line(p, "ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-router-advert, "
		      "nd-neighbor-solicit, nd-neighbor-advert } accept");
	rules_line(p, "meta protocol ip6 ip6 daddr ff00::/8 ip6 hoplimit 1 icmpv6 type %s accept",
		   rules_types(types, &listeners, IPV6));
	rules_line(p, "ip6 saddr fe80::/10 udp sport %u udp dport %u %s", dhcp6->client,
		   dhcp6->server, begin);
	rules_line(p, "ip6 saddr fe80::/10 udp sport %u udp dport %u %s", dhcp6->server,
		   dhcp6->client, begin);
}

/*
 * Without connection tracking nobody can tell an answer from a question: groups and broadcasts, to
 * which there is none, have the way of the others.
 */
static void rules_to_untracked(const struct rules *p, enum family family)
{
	const char *version = rules_families[family].version;

	rules_line(p, "%s goto forward_family%s", rules_families[family].groups, version);
	rules_to_broadcast(p, family);
	rules_of_unmanaged(p, PATH_BRIDGE, family);
	rules_line(p, "meta protocol %s goto untracked%s", rules_families[family].header, version);
}

static void rules_to_family(const struct rules *p, enum path path, enum family family)
{
	const struct rules_family *names = &rules_families[family];

	if (!p->policy->family[family].enabled)
		return;
	if (!p->tracks)
		rules_to_untracked(p, family);
	else
		rules_line(p, "meta %s %s goto %s_family%s", p->in_bridge ? "protocol" : "nfproto",
			   p->in_bridge ? names->header : names->nfproto,
			   chain_names[path_clauses[path].chain], names->version);
}

static void rules_to_families(const struct rules *p, enum path path)
{
	for (int family = 0; family < FAMILY_COUNT; family++)
		rules_to_family(p, path, family);
	rules_line(p, "goto refused_packet");
}

/* ---- of one family ---- */

/* It comes from where it is routed to; bridges know no routes. */
static const char *from_there(const struct rules *p, enum path path)
{
	return p->in_bridge || path == PATH_OUTPUT ? "" : "fib saddr . iif oif exists ";
}

static void rules_of_source(const struct rules *p, enum family family)
{
	if (p->in_bridge)
		rules_of_lan_sources(p, family);
	else
		rules_line(p, "jump source%s", rules_families[family].version);
}

/*
 * What the policy is no business of: [unmanaged] networks, whichever end they are. A source is of
 * one where it comes from there.
 */
void rules_of_unmanaged(const struct rules *p, enum path path, enum family family)
{
	const char *verdict = p->tracks ? begin_in(path) : "accept";
	char verdict_there[64];

	snprintf(verdict_there, sizeof(verdict_there), "%s%s", from_there(p, path), verdict);
	rules_lookups(p, SET_UNMANAGED, family, &rules_stages[STAGE_FORWARD_OUT], verdict_there);
	rules_lookups(p, SET_UNMANAGED, family, &rules_stages[STAGE_FORWARD_IN], verdict);
}

static void rules_of_friends(const struct rules *p, enum path path, enum family family)
{
	char verdict[64];

	snprintf(verdict, sizeof(verdict), "%s" RULES_BEGIN_FORWARD, from_there(p, path));
	rules_lookups(p, SET_FRIEND, family, &rules_stages[STAGE_FORWARD_IN], verdict);
}

/* Where a bridge filters VLANs all frames have a tag, and ether type is the tag's. */
void rules_of_icmp(const struct rules *p, enum family family, const char *types,
		   const char *verdict)
{
	const struct rules_family *names = &rules_families[family];

	if (p->in_bridge)
		rules_line(p, "meta protocol %s %s type %s %s", names->header, names->icmp, types,
			   verdict);
	else
		rules_line(p, "%s type %s %s", names->icmp, types, verdict);
}

static void rules_of_types(const struct rules *p, enum path path, enum clause clause,
			   enum family family, const char *verdict)
{
	struct icmp_types types = path_icmp_types(path, clause, family);
	char text[RULES_TYPES];

	if (!types.count)
		return;
	rules_types(text, &types, family);
	if (types.nearby)
		rules_line(p, "ip6 hoplimit 255 %s type %s %s", rules_families[family].icmp, text,
			   verdict);
	else
		rules_of_icmp(p, family, text, verdict);
}

/*
 * br_netfilter brings what is on a link here, too: to a group, or with a hop limit of 255. nft does
 * not look behind an authentication header (51), but connection tracking does, so that what it has
 * not tracked there is of these types.
 */
static void rules_of_link_types(const struct rules *p, enum path path, enum family family)
{
	struct icmp_types types = path_icmp_types(path, CLAUSE_LINK_TYPES, family);
	char text[RULES_TYPES];

	if (!types.count)
		return;
	rules_line(p,
		   "icmpv6 type %s ip6 daddr != ff00::/8 ip6 hoplimit != 255 goto refused_packet",
		   rules_types(text, &types, family));
	rules_line(p, "meta l4proto 51 ct state untracked goto refused_packet");
}

static void rules_of_accepted(const struct rules *p, enum path path, enum family family)
{
	const struct family_policy *policy = &p->policy->family[family];
	char types[RULES_TYPES * 8] = "{ ";
	size_t length = strlen(types);

	for (unsigned i = 0; i < policy->icmp_count; i++)
		length += (size_t)snprintf(types + length, sizeof(types) - length, "%s%u",
					   i ? ", " : "", policy->icmp[i]);
	snprintf(types + length, sizeof(types) - length, " }");
	if (policy->icmp_count)
		rules_of_icmp(p, family, types, begin_in(path));
}

static void rules_of_dhcp(const struct rules *p, enum path path, enum family family)
{
	const struct dhcp_ports *ports = &path_dhcp[family];

	if (path == PATH_OUTPUT)
		rules_line(p, "udp sport %u udp dport %u " RULES_BEGIN_OUTPUT, ports->client,
			   ports->server);
	else if (family == IPV6)
		rules_line(p, "ip6 saddr fe80::/10 udp sport %u udp dport %u accept", ports->server,
			   ports->client);
}

static void rules_of_outgoing(const struct rules *p, enum path path, enum family family)
{
	if (path == PATH_OUTPUT)
		rules_line(p, "goto output%s", rules_families[family].version);
	else
		rules_line(p, "jump forward_out%s", rules_families[family].version);
}

static void rules_of_incoming(const struct rules *p, enum path path, enum family family)
{
	rules_line(p, "goto %s%s", path == PATH_INPUT ? "input" : "forward_in",
		   rules_families[family].version);
}

/* ---- all of them ---- */

static void rules_of_hook(const struct rules *p, enum path path, enum hook_clause clause)
{
	switch (clause) {
	case HOOK_BRIDGED:
		rules_of_bridged(p);
		break;
	case HOOK_ISOLATED_PORT:
		rules_to_isolation(p);
		break;
	case HOOK_LOOPBACK:
		rules_of_loopback(p, path);
		break;
	case HOOK_BEGUN:
		rules_of_begun(p, path == PATH_OUTPUT);
		break;
	case HOOK_LINK_LOCAL:
		rules_of_link_local(p);
		break;
	case HOOK_RELATED:
		rules_of_related(p, path == PATH_OUTPUT);
		break;
	case HOOK_GROUP_MAC:
		rules_of_group_mac(p);
		break;
	case HOOK_ATTACHED: /* table bridge sees to its ports; of others the policy decides */
		break;
	case HOOK_DISABLED:
		rules_of_disabled(p);
		break;
	case HOOK_LINK:
		rules_of_link(p);
		break;
	case HOOK_LOG_NEW:
		rules_of_new_logged(p);
		break;
	case HOOK_FAMILY:
		rules_to_families(p, path);
		break;
	}
}

static void rules_of_clause(const struct rules *p, enum path path, enum clause clause,
			    enum family family)
{
	switch (clause) {
	case CLAUSE_LINK_TYPES:
		rules_of_link_types(p, path, family);
		break;
	case CLAUSE_SOURCE:
		rules_of_source(p, family);
		break;
	case CLAUSE_ISOLATED:
		rules_for_isolated(p, family);
		break;
	case CLAUSE_UNMANAGED:
		rules_of_unmanaged(p, path, family);
		break;
	case CLAUSE_FRIENDS:
		rules_of_friends(p, path, family);
		break;
	case CLAUSE_ICMP_ERRORS:
	case CLAUSE_NEIGHBOURS:
	case CLAUSE_LISTENERS:
	case CLAUSE_ROUTERS:
	case CLAUSE_MULTICAST_ROUTERS:
		rules_of_types(p, path, clause, family, "accept");
		break;
	case CLAUSE_ICMP_PINGS:
		rules_of_types(p, path, clause, family, begin_in(path));
		break;
	case CLAUSE_ICMP_ACCEPTED:
		rules_of_accepted(p, path, family);
		break;
	case CLAUSE_GUESTS:
		if (family == IPV6)
			rules_vifs(p, "iif", "goto input_guest6");
		break;
	case CLAUSE_DHCP:
		rules_of_dhcp(p, path, family);
		break;
	case CLAUSE_OUTGOING:
		rules_of_outgoing(p, path, family);
		break;
	case CLAUSE_LINK_LEVELS:
		rules_to_link(p, family);
		break;
	case CLAUSE_INCOMING:
		rules_of_incoming(p, path, family);
		break;
	}
}

void rules_of_hook_clauses(const struct rules *p, enum path path)
{
	const struct path_clauses *clauses = &path_clauses[path];

	for (size_t i = 0; i < clauses->hook_count; i++)
		rules_of_hook(p, path, clauses->hook[i]);
}

void rules_print_hook(const struct rules *p, enum path path)
{
	const char *name = chain_names[path_clauses[path].chain];

	rules_chain(p, "%s", name);
	rules_line(p, "type filter hook %s priority filter; policy drop;", name);
	rules_of_hook_clauses(p, path);
	rules_chain_end(p);
}

void rules_print_path(const struct rules *p, enum path path, enum family family)
{
	const struct path_clauses *clauses = &path_clauses[path];

	rules_chain(p, "%s_family%s", chain_names[path_clauses[path].chain],
		    rules_families[family].version);
	for (size_t i = 0; i < clauses->family_count; i++)
		rules_of_clause(p, path, clauses->family[i], family);
	rules_chain_end(p);
}
