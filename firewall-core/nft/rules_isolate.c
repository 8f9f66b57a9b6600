/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ISOLATE as nft rules: guests of a network that do not see each other by way of this machine. */
#include "nft/rules.h"

bool rules_has_isolation(const struct rules *p)
{
	return policy_has_bridges(p->policy) && policy_isolates_any(p->policy);
}

/* What a guest says is known to be one's behind the bridge, too, whatever its source. */
void rules_mark_guests(const struct rules *p)
{
	char mark[64];

	if (!rules_has_isolation(p))
		return;
	snprintf(mark, sizeof(mark), "meta mark set meta mark | 0x%08x",
		 policy_guests_mark(&p->policy->settings));
	rules_vifs(p, "iif", mark);
}

uint32_t rules_vif_mark(const struct rules *p)
{
	if (!p->in_bridge)
		return 0;
	return policy_bridged_mark(&p->policy->settings) |
	       (rules_has_isolation(p) ? policy_guests_mark(&p->policy->settings) : 0);
}

void rules_to_isolation(const struct rules *p)
{
	if (rules_has_isolation(p))
		rules_line(p, "meta mark & 0x%08x != 0 jump isolated",
			   policy_guests_mark(&p->policy->settings));
}

/* A forwarded port is for everybody, but for nobody in a conversation of another. */
static const char *const cases[] = { "ct state new,related ct status ! dnat",
				     "fib saddr . iif oif missing" };

static bool is_isolated(const struct rules *p, const struct network *network)
{
	return network->isolated && p->policy->family[network->family].enabled;
}

/* Nor does it get by way of this machine to what a neighbour has elsewhere than in SUBNET. */
static void print_back(const struct rules *p)
{
	bool is_printed[FAMILY_COUNT] = { false };

	for (uint32_t i = 0; i < p->policy->network_count; i++) {
		enum family family = p->policy->networks[i].family;
		char verdict[96];

		if (is_printed[family] || !is_isolated(p, &p->policy->networks[i]))
			continue;
		is_printed[family] = true;
		rules_chain(p, "isolated_back%s", rules_families[family].version);
		for (size_t j = 0; j < COUNT(cases); j++) {
			snprintf(verdict, sizeof(verdict), "%s goto refused_packet", cases[j]);
			rules_lookups(p, SET_GUEST, family, &rules_stages[STAGE_FORWARD_IN],
				      verdict);
		}
		rules_chain_end(p);
	}
}

/*
 * From a port of the bridge no guest comes back to the network by way of this machine, whatever its
 * source: without ip= it chooses that itself, be it to answer in a neighbour's conversation, or to
 * speak of one. To who is no guest it answers from where the bridge leads.
 */
void rules_print_isolation(const struct rules *p)
{
	char subnet[PREFIX_TEXT];

	if (!rules_has_isolation(p))
		return;
	print_back(p);
	rules_chain(p, "isolated");
	rules_line(p, "meta mark set meta mark & 0x%08x",
		   ~policy_guests_mark(&p->policy->settings));
	for (uint32_t i = 0; i < p->policy->network_count; i++) {
		const struct network *network = &p->policy->networks[i];
		const char *name = network->interface.text;
		const struct rules_family *family = &rules_families[network->family];

		if (!is_isolated(p, network))
			continue;
		for (size_t j = 0; j < COUNT(cases); j++)
			rules_line(p, "iifname \"%s\" %s daddr %s %s goto refused_packet", name,
				   family->header, prefix_print(subnet, &network->subnet),
				   cases[j]);
		rules_line(p, "iifname \"%s\" oifname \"%s\" jump isolated_back%s", name, name,
			   family->version);
	}
	rules_chain_end(p);
}

/*
 * With ISOLATE guests of a network do not see each other by way of this machine either; its bridge
 * keeps them apart by itself. A forwarded port is for everybody.
 */
void rules_for_isolated(const struct rules *p, enum family family)
{
	const char *header = rules_families[family].header;
	char subnet[PREFIX_TEXT];

	for (uint32_t i = 0; !p->in_bridge && i < p->policy->network_count; i++) {
		const struct network *network = &p->policy->networks[i];

		if (!network->isolated || network->subnet.family != family)
			continue;
		prefix_print(subnet, &network->subnet);
		rules_line(p, "%s saddr %s %s daddr %s ct status ! dnat goto refused_packet",
			   header, subnet, header, subnet);
	}
}

static bool routes_isolated(const struct rules *p, enum family family)
{
	for (uint32_t i = 0; i < p->sets->count; i++)
		if (p->sets->sets[i].kind == SET_ISOLATED_SOURCE &&
		    p->sets->sets[i].family == family)
			return p->policy->settings.antispoof;
	return false;
}

/*
 * A guest without ip= has an address that nobody here knows to be one's, but in SUBNET it is of the
 * network: to get there nobody needs a router. By another router it may leave.
 */
void rules_by_routers(const struct rules *p)
{
	if (routes_isolated(p, IPV4) || routes_isolated(p, IPV6))
		rules_vifs(p, "oif", "jump to_isolated");
}

static void print_to_isolated(const struct rules *p)
{
	char address[16], verdict[48];

	rules_chain(p, "to_isolated");
	for (int family = 0; family < FAMILY_COUNT; family++) {
		const char *version = rules_families[family].version;

		if (!routes_isolated(p, family))
			continue;
		snprintf(address, sizeof(address), "%s saddr", rules_families[family].header);
		snprintf(verdict, sizeof(verdict), "oif != @router%s jump by_router%s", version,
			 version);
		rules_addresses(p, SET_ISOLATED_SOURCE, family, "iif . ", address, verdict);
	}
	rules_chain_end(p);
}

void rules_print_by_routers(const struct rules *p)
{
	char address[16];

	for (int family = 0; family < FAMILY_COUNT; family++) {
		if (!routes_isolated(p, family))
			continue;
		snprintf(address, sizeof(address), "%s saddr", rules_families[family].header);
		rules_chain(p, "by_router%s", rules_families[family].version);
		rules_addresses(p, SET_SOURCE, family, "iif . ether saddr . ", address, "return");
		rules_line(p, "goto refused_packet");
		rules_chain_end(p);
	}
	if (routes_isolated(p, IPV4) || routes_isolated(p, IPV6))
		print_to_isolated(p);
}
