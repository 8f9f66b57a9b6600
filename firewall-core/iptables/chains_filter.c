/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the step connection on, in table filter: a packet's way through the three chains. */
#include "iptables/chains.h"

static enum chain chain_of(enum path path)
{
	return path_clauses[path].chain;
}

/* "input": the chain of a path. */
static const char *name_of(enum path path)
{
	return chain_names[chain_of(path)];
}

bool chains_log_refused(const struct chains *p)
{
	return p->policy->settings.log == LOGGED_DROP || p->policy->settings.log == LOGGED_ALL;
}

static bool logs_new(const struct chains *p)
{
	return p->policy->settings.log == LOGGED_ALL;
}

static void print_icmp_type(const struct chains *p, enum path path, uint8_t type,
			    const char *verdict)
{
	chains_line(p, "-A @%s %s %u %s", name_of(path),
		    p->family == IPV4 ? "-p icmp -m icmp --icmp-type"
				      : "-p icmpv6 -m icmp6 --icmpv6-type",
		    type, verdict);
}

static void print_icmp_types(const struct chains *p, enum path path, enum clause clause)
{
	struct icmp_types types = path_icmp_types(path, clause, p->family);
	const char *verdict = "-j RETURN";

	if (clause == CLAUSE_LINK_TYPES)
		verdict = "! -d ff00::/8 -m hl ! --hl-eq 255 -g @refused";
	else if (clause == CLAUSE_ICMP_PINGS)
		verdict = CHAINS_BEGIN;
	else if (types.nearby)
		verdict = "-m hl --hl-eq 255 -j RETURN";
	for (unsigned i = 0; i < types.count; i++)
		print_icmp_type(p, path, types.type[i], verdict);
	if (clause == CLAUSE_LINK_TYPES && types.count) /* whose type not all iptables see */
		chains_line(p, "-A @%s -m conntrack --ctstate UNTRACKED -m ah -g @refused",
			    name_of(path));
}

static void print_accepted_icmp(const struct chains *p, enum path path)
{
	const struct family_policy *family = &p->policy->family[p->family];

	for (unsigned i = 0; i < family->icmp_count; i++)
		print_icmp_type(p, path, family->icmp[i], CHAINS_BEGIN);
}

static void print_unmanaged(const struct chains *p, enum path path)
{
	const char *chain = name_of(path);
	char text[PREFIX_TEXT], stray[CHAINS_STRAY];

	chains_not_stray(stray, p);
	for (uint32_t i = 0; i < p->policy->unmanaged_count; i++) {
		if (p->policy->unmanaged[i].family != p->family)
			continue;
		prefix_print(text, &p->policy->unmanaged[i]);
		chains_line(p, "-A @%s -s %s %s" CHAINS_BEGIN, chain, text,
			    path == PATH_OUTPUT ? "" : stray);
		chains_line(p, "-A @%s -d %s " CHAINS_BEGIN, chain, text);
	}
}

static void print_friends(const struct chains *p)
{
	char subnet[PREFIX_TEXT], friend[PREFIX_TEXT], stray[CHAINS_STRAY];

	chains_not_stray(stray, p);
	for (uint32_t i = 0; i < p->policy->network_count; i++) {
		const struct network *network = &p->policy->networks[i];
		const struct prefix *friends = &p->policy->friends[network->first_friend];

		prefix_print(subnet, &network->subnet);
		for (uint32_t j = 0; network->family == p->family && j < network->friend_count; j++)
			chains_line(p, "-A @forward -s %s -d %s %s" CHAINS_BEGIN,
				    prefix_print(friend, &friends[j]), subnet, stray);
	}
}

/* A guest is no router, but may say that it is there. */
static void print_input_guests(const struct chains *p)
{
	chains_line(p, "-A @input-guest ! -d ff02::1:2 -s fe80::/10 -j @link-local");
	chains_line(p, "-A @input-guest -j @out-%u", family_bits(p->family));
	chains_line(p, "-A @input-guest -g @local-in");
	chains_vifs(p, "input", 'i', "-g @input-guest");
}

static void print_dhcp(const struct chains *p, enum path path)
{
	const struct dhcp_ports *dhcp = &path_dhcp[p->family];

	if (path == PATH_OUTPUT)
		chains_line(p, "-A @output -p udp -m udp --sport %u --dport %u " CHAINS_BEGIN,
			    dhcp->client, dhcp->server);
	else if (p->family == IPV6)
		chains_line(p,
			    "-A @input -s fe80::/10 -p udp -m udp --sport %u --dport %u -j RETURN",
			    dhcp->server, dhcp->client);
}

static void print_outgoing(const struct chains *p, enum path path)
{
	if (path == PATH_OUTPUT)
		chains_line(p, "-A @output -g @local-out");
	else
		chains_line(p, "-A @%s -j @out-%u", name_of(path), family_bits(p->family));
}

static void print_incoming(const struct chains *p, enum path path)
{
	if (path == PATH_INPUT)
		chains_line(p, "-A @input -g @local-in");
	else
		chains_line(p, "-A @forward -g @in-%u", family_bits(p->family));
}

/*
 * To no host of ours. Into a virtual LAN nobody comes unasked; into the world our own may go, those
 * of a virtual LAN too.
 */
static void print_strangers(const struct chains *p)
{
	const char *policy = chains_by_policy(p, CHAIN_FORWARD);
	char subnet[PREFIX_TEXT];

	chains_vifs(p, "strangers", 'o', policy);
	for (uint32_t i = 0; i < p->policy->network_count; i++) {
		const struct network *network = &p->policy->networks[i];

		if (network->family != p->family)
			continue;
		prefix_print(subnet, &network->subnet);
		chains_line(p, "-A @strangers -d %s %s", subnet, policy);
		chains_line(p, "-A @own -i %s -s %s " CHAINS_BEGIN, network->interface.text,
			    subnet);
	}
	chains_line(p, "-A @strangers -g @own");
}

/* Nobody routes what is for a link or from one: rules_path.c. */
static void print_link_local(const struct chains *p)
{
	if (p->family != IPV6)
		return;
	chains_line(p, "-A @forward -d fe80::/10 -g @refused");
	chains_line(p, "-A @forward -s fe80::/10 -g @refused");
}

/* A forwarded port leads elsewhere. */
static void print_loopback(const struct chains *p, enum path path)
{
	if (path == PATH_OUTPUT)
		chains_line(p, "-A @output -o lo %s-j RETURN",
			    p->policy->forward_count ? "-m conntrack ! --ctstate DNAT " : "");
	else
		chains_line(p, "-A @input -i lo -j RETURN");
}

static void print_hook_clause(const struct chains *p, enum path path, enum hook_clause clause)
{
	const char *chain = name_of(path);

	switch (clause) {
	case HOOK_BRIDGED:
		chains_unbridged(p, IP_FILTER, "-A");
		break;
	case HOOK_ISOLATED_PORT: /* a guest that is protected has sources of ip= alone */
		break;
	case HOOK_LOOPBACK:
		print_loopback(p, path);
		break;
	case HOOK_BEGUN:
		chains_of_begun(p, chain);
		break;
	case HOOK_LINK_LOCAL:
		print_link_local(p);
		break;
	case HOOK_RELATED:
		chains_of_related(p, chain);
		break;
	case HOOK_GROUP_MAC: /* it is tracked as any other, for no bridge does that here */
		break;
	case HOOK_ATTACHED:
		chains_vifs(p, chain, 'o', "-j @attached");
		break;
	case HOOK_DISABLED: /* of PATH_BRIDGE: chains_bridge.c */
	case HOOK_LINK:
		break;
	case HOOK_LOG_NEW:
		if (logs_new(p))
			chains_line(p, "-A @%s -m conntrack --ctstate NEW -j @new-from", chain);
		break;
	case HOOK_FAMILY:
		if (!p->policy->family[p->family].enabled)
			chains_line(p, "-A @%s -g @refused", chain);
		break;
	}
}

static void print_clause(const struct chains *p, enum path path, enum clause clause)
{
	switch (clause) {
	case CLAUSE_SOURCE:
		chains_line(p, "-A @%s -j @source", name_of(path));
		break;
	case CLAUSE_ISOLATED:
		chains_isolated(p);
		break;
	case CLAUSE_UNMANAGED:
		print_unmanaged(p, path);
		break;
	case CLAUSE_FRIENDS:
		print_friends(p);
		break;
	case CLAUSE_LINK_TYPES:
	case CLAUSE_ICMP_ERRORS:
	case CLAUSE_ICMP_PINGS:
	case CLAUSE_NEIGHBOURS:
	case CLAUSE_LISTENERS:
	case CLAUSE_ROUTERS:
	case CLAUSE_MULTICAST_ROUTERS:
		print_icmp_types(p, path, clause);
		break;
	case CLAUSE_ICMP_ACCEPTED:
		print_accepted_icmp(p, path);
		break;
	case CLAUSE_GUESTS:
		if (p->family == IPV6)
			print_input_guests(p);
		break;
	case CLAUSE_DHCP:
		print_dhcp(p, path);
		break;
	case CLAUSE_OUTGOING:
		print_outgoing(p, path);
		break;
	case CLAUSE_LINK_LEVELS: /* of PATH_BRIDGE */
		break;
	case CLAUSE_INCOMING:
		print_incoming(p, path);
		break;
	}
}

static void print_hook_clauses(const struct chains *p, enum path path)
{
	for (size_t i = 0; i < path_clauses[path].hook_count; i++)
		print_hook_clause(p, path, path_clauses[path].hook[i]);
}

static void print_clauses(const struct chains *p, enum path path)
{
	for (size_t i = 0; i < path_clauses[path].family_count; i++)
		print_clause(p, path, path_clauses[path].family[i]);
}

static void print_reasons(const struct chains *p)
{
	chains_line(p, "-A @refused -j @refused-to");
	chains_line(p, "-A @refused -j @refused-from");
	chains_line(p, "-A @refused -j DROP");
	chains_line(p, "-A @attached -g @refused");
	chains_reason(p, "refused", chains_log_refused(p));
	chains_reason(p, "new", logs_new(p));
}

void chains_filter(const struct chains *p)
{
	static const char *const chains[] = {
		"share",    "input",	    "input-guest",  "output",	"forward",
		"attached", "local-in",	    "local-out",    "own",	"strangers",
		"refused",  "refused-from", "refused-to",   "new-from", "begin",
		"late",	    "related-from", "related-icmp", "source",	"link-local"
	};
	uint8_t lengths[129];
	unsigned count = chains_lengths(lengths, p->ruleset->sets, p->family);

	for (size_t i = 0; i < COUNT(chains); i++)
		chains_line(p, ":@%s - [0:0]", chains[i]);
	if (policy_isolates_any(p->policy))
		chains_line(p, ":@isolated - [0:0]");
	for (unsigned i = 0; i < count; i++) {
		chains_line(p, ":@out-%u - [0:0]", lengths[i]);
		chains_line(p, ":@in-%u - [0:0]", lengths[i]);
	}
	for (int path = 0; path < PATH_BRIDGE; path++)
		print_hook_clauses(p, path);
	print_reasons(p);
	chains_connections(p);
	if (!p->policy->family[p->family].enabled)
		return;
	for (int path = 0; path < PATH_BRIDGE; path++)
		print_clauses(p, path);
	print_strangers(p);
}

/* What no entry names goes on to the next length, which is shorter, and at last to the policy. */
void chains_filter_end(const struct chains *p)
{
	uint8_t lengths[129];
	unsigned count = chains_lengths(lengths, p->ruleset->sets, p->family);

	for (unsigned i = 1; i < count; i++) {
		chains_line(p, "-A @out-%u -g @out-%u", lengths[i - 1], lengths[i]);
		chains_line(p, "-A @in-%u -g @in-%u", lengths[i - 1], lengths[i]);
	}
	chains_line(p, "-A @in-%u -g @strangers", lengths[count - 1]);
	chains_line(p, "-A @own %s", chains_by_policy(p, CHAIN_FORWARD));
	chains_line(p, "-A @local-in %s", chains_by_policy(p, CHAIN_INPUT));
	chains_line(p, "-A @local-out %s", chains_by_policy(p, CHAIN_OUTPUT));
}

static bool is_first_of_host(const struct parts *parts, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (parts->part[i].host == parts->part[index].host)
			return false;
	return parts->part[index].host;
}

/* Others have it too, and they are none of ours. */
static bool is_shared(const struct part *part)
{
	return part->host && part->host->shared;
}

void chains_filter_vif(const struct chains *p, const struct vif *vif, const struct parts *parts,
		       const struct vif_routes *routes)
{
	static void (*const prints[])(const struct chains *p, const struct host *host,
				      uint32_t index) = { chains_host_begin, chains_host };
	static const struct ifname any = { "" };
	const struct ifname *from = vif->bridge_index ? &vif->bridge : &vif->name;

	for (size_t print = 0; print < COUNT(prints); print++)
		for (uint32_t i = 0; i < parts->count; i++)
			if (is_first_of_host(parts, i))
				prints[print](p, parts->part[i].host, vif->index);
	chains_isolated_vif(p, vif);
	chains_entry(p, "attached -o %s -j RETURN", vif->name.text);
	chains_connections_vif(p, vif, routes);
	chains_entry(p, "refused-to -o %s -j RETURN", vif->name.text);
	chains_reason_vif(p, "refused", chains_log_refused(p), vif);
	if (logs_new(p))
		chains_reason_vif(p, "new", true, vif);
	for (uint32_t i = 0; i < parts->count; i++)
		chains_claim(p, &parts->part[i], &any, is_shared(&parts->part[i]) ? from : &any,
			     vif->index);
	for (uint32_t i = 0; i < parts->count; i++)
		if (is_first_of_host(parts, i))
			chains_host_end(p, parts->part[i].host, vif->index);
}
