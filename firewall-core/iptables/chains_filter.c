/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the step connection on, in table filter: a packet's way through the three chains. */
#include "iptables/chains.h"

/* Types of ICMP that always pass: RFC 792, and RFC 4890, 4.3.1. */
static const uint8_t forward_types4[] = { 3, 11, 12 };
static const uint8_t forward_types6[] = { 1, 2, 3, 4 };
static const uint8_t pings6[] = { 128, 129 };

/* What this machine must hear to keep its own addresses and neighbours: RFC 4890, 4.4.1. */
static const uint8_t heard_nearby[] = { 135, 136, 133 };
static const uint8_t heard[] = { 130, 131, 132, 143 };
static const uint8_t heard_of_routers_nearby[] = { 134, 141, 142, 148, 149 };
static const uint8_t heard_of_routers[] = { 151, 152, 153 };
static const uint8_t said[] = { 135, 136, 133, 134, 130, 131, 132, 143 };

bool chains_log_refused(const struct chains *p)
{
	return p->policy->settings.log == LOGGED_DROP || p->policy->settings.log == LOGGED_ALL;
}

static bool logs_new(const struct chains *p)
{
	return p->policy->settings.log == LOGGED_ALL;
}

static void print_icmp_types(const struct chains *p, const char *chain, const uint8_t *types,
			     size_t count, const char *verdict)
{
	for (size_t i = 0; i < count; i++)
		chains_line(p, "-A @%s %s %u %s", chain,
			    p->family == IPV4 ? "-p icmp -m icmp --icmp-type"
					      : "-p icmpv6 -m icmp6 --icmpv6-type",
			    types[i], verdict);
}

/* nearby  not from behind a router */
static void print_icmp(const struct chains *p, const char *chain, const uint8_t *types,
		       size_t count, bool nearby)
{
	print_icmp_types(p, chain, types, count,
			 nearby ? "-m hl --hl-eq 255 -j RETURN" : "-j RETURN");
}

static void print_filter_unmanaged(const struct chains *p, const char *chain)
{
	bool is_output = !strcmp(chain, "output");
	char text[PREFIX_TEXT], stray[CHAINS_STRAY];

	chains_not_stray(stray, p);
	for (uint32_t i = 0; i < p->policy->unmanaged_count; i++) {
		if (p->policy->unmanaged[i].family != p->family)
			continue;
		prefix_print(text, &p->policy->unmanaged[i]);
		chains_line(p, "-A @%s -s %s %s" CHAINS_BEGIN, chain, text, is_output ? "" : stray);
		chains_line(p, "-A @%s -d %s " CHAINS_BEGIN, chain, text);
	}
}

/* Types that always pass, and those of the configuration. */
static void print_passing_icmp(const struct chains *p, const char *chain)
{
	const struct family_policy *family = &p->policy->family[p->family];

	if (p->family == IPV4)
		print_icmp(p, chain, forward_types4, COUNT(forward_types4), false);
	else
		print_icmp(p, chain, forward_types6, COUNT(forward_types6), false);
	if (p->family == IPV6)
		print_icmp_types(p, chain, pings6, COUNT(pings6), CHAINS_BEGIN);
	print_icmp_types(p, chain, family->icmp, family->icmp_count, CHAINS_BEGIN);
}

/* With ISOLATE guests of a network do not see each other; a forwarded port is for everybody. */
static void print_isolated(const struct chains *p)
{
	char subnet[PREFIX_TEXT];

	for (uint32_t i = 0; i < p->policy->network_count; i++) {
		const struct network *network = &p->policy->networks[i];

		if (!network->isolated || network->family != p->family)
			continue;
		prefix_print(subnet, &network->subnet);
		chains_line(p, "-A @forward -s %s -d %s -m conntrack ! --ctstate DNAT -g @refused",
			    subnet, subnet);
	}
}

/*
 * The same of a guest that is a port of the network's bridge and has an address elsewhere: those
 * are the only sources that it has.
 */
static void print_isolated_vif(const struct chains *p, const struct vif *vif)
{
	char address[PREFIX_TEXT], subnet[PREFIX_TEXT];

	for (uint32_t i = 0; i < p->policy->network_count; i++) {
		const struct network *network = &p->policy->networks[i];

		if (!network->isolated || network->family != p->family || !vif->bridge_index ||
		    strcmp(network->interface.text, vif->bridge.text) != 0)
			continue;
		prefix_print(subnet, &network->subnet);
		for (unsigned j = 0; j < vif->prefix_count; j++)
			if (vif->prefixes[j].family == p->family &&
			    !prefix_contains(&network->subnet, &vif->prefixes[j]))
				chains_entry(p,
					     "isolated -i %s -s %s -d %s -m conntrack ! --ctstate "
					     "DNAT -g @refused",
					     vif->bridge.text,
					     prefix_print(address, &vif->prefixes[j]), subnet);
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
static void print_own_icmpv6(const struct chains *p)
{
	print_icmp(p, "input", heard_nearby, COUNT(heard_nearby), true);
	print_icmp(p, "input", heard, COUNT(heard), false);
	chains_line(p, "-A @input-guest ! -d ff02::1:2 -s fe80::/10 -j @link-local");
	chains_line(p, "-A @input-guest -j @out-%u", family_bits(p->family));
	chains_line(p, "-A @input-guest -g @local-in");
	chains_vifs(p, "input", 'i', "-g @input-guest");
	print_icmp(p, "input", heard_of_routers_nearby, COUNT(heard_of_routers_nearby), true);
	print_icmp(p, "input", heard_of_routers, COUNT(heard_of_routers), false);
	chains_line(p, "-A @input -s fe80::/10 -p udp -m udp --sport 547 --dport 546 -j RETURN");
}

static void print_filter_input(const struct chains *p)
{
	chains_line(p, "-A @input -j @source");
	print_filter_unmanaged(p, "input");
	print_passing_icmp(p, "input");
	if (p->family == IPV6)
		print_own_icmpv6(p);
	chains_line(p, "-A @input -j @out-%u", family_bits(p->family));
	chains_line(p, "-A @input -g @local-in");
}

static void print_filter_output(const struct chains *p)
{
	print_filter_unmanaged(p, "output");
	print_passing_icmp(p, "output");
	if (p->family == IPV4) {
		chains_line(p, "-A @output -p udp -m udp --sport 68 --dport 67 " CHAINS_BEGIN);
	} else {
		print_icmp(p, "output", said, COUNT(said), false);
		chains_line(p, "-A @output -p udp -m udp --sport 546 --dport 547 " CHAINS_BEGIN);
	}
	chains_line(p, "-A @output -g @local-out");
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

static void print_filter_forward(const struct chains *p)
{
	if (policy_isolates_any(p->policy))
		chains_line(p, "-A @forward -j @isolated");
	chains_line(p, "-A @forward -j @source");
	print_isolated(p);
	print_filter_unmanaged(p, "forward");
	print_friends(p);
	print_passing_icmp(p, "forward");
	chains_line(p, "-A @forward -j @out-%u", family_bits(p->family));
	chains_line(p, "-A @forward -g @in-%u", family_bits(p->family));
	print_strangers(p);
}

static void print_filter_hook(const struct chains *p, const char *chain)
{
	if (!strcmp(chain, "forward"))
		chains_unbridged(p, IP_FILTER, "-A");
	/* A forwarded port leads elsewhere. */
	if (!strcmp(chain, "output"))
		chains_line(p, "-A @output -o lo %s-j RETURN",
			    p->policy->forward_count ? "-m conntrack ! --ctstate DNAT " : "");
	else if (!strcmp(chain, "input"))
		chains_line(p, "-A @input -i lo -j RETURN");
	chains_of_begun(p, chain);
	if (strcmp(chain, "input"))
		chains_vifs(p, chain, 'o', "-j @attached");
	if (logs_new(p))
		chains_line(p, "-A @%s -m conntrack --ctstate NEW -j @new-from", chain);
	if (!p->policy->family[p->family].enabled)
		chains_line(p, "-A @%s -g @refused", chain);
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
		"share",    "input",	    "input-guest", "output",	"forward",
		"attached", "local-in",	    "local-out",   "own",	"strangers",
		"refused",  "refused-from", "refused-to",  "new-from",	"begin",
		"late",	    "related-from", "source",	   "link-local"
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
	for (int chain = 0; chain < CHAIN_COUNT; chain++)
		print_filter_hook(p, chain_names[chain]);
	print_reasons(p);
	chains_connections(p);
	if (!p->policy->family[p->family].enabled)
		return;
	print_filter_input(p);
	print_filter_output(p);
	print_filter_forward(p);
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

void chains_filter_vif(const struct chains *p, const struct vif *vif, const struct parts *parts,
		       const struct vif_routes *routes)
{
	static void (*const prints[])(const struct chains *p, const struct host *host,
				      uint32_t index) = { chains_host_begin, chains_host };
	static const struct ifname any = { "" };

	for (size_t print = 0; print < COUNT(prints); print++)
		for (uint32_t i = 0; i < parts->count; i++)
			if (is_first_of_host(parts, i))
				prints[print](p, parts->part[i].host, vif->index);
	print_isolated_vif(p, vif);
	chains_entry(p, "attached -o %s -j RETURN", vif->name.text);
	chains_connections_vif(p, vif, routes);
	chains_entry(p, "refused-to -o %s -j RETURN", vif->name.text);
	chains_reason_vif(p, "refused", chains_log_refused(p), vif);
	if (logs_new(p))
		chains_reason_vif(p, "new", true, vif);
	for (uint32_t i = 0; i < parts->count; i++)
		chains_claim(p, &parts->part[i], &any, vif->index);
	for (uint32_t i = 0; i < parts->count; i++)
		if (is_first_of_host(parts, i))
			chains_host_end(p, parts->part[i].host, vif->index);
}
