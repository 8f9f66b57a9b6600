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

/*
 * From a port of the bridge no guest comes back to the network by way of this machine, whatever its
 * source: without ip= it chooses that itself, be it to answer in a neighbour's conversation, or to
 * speak of one. To who is no guest it answers from where the bridge leads.
 */
void rules_print_isolation(const struct rules *p)
{
	/* A forwarded port is for everybody, but for nobody in a conversation of another. */
	static const char *const cases[] = { "ct state new,related ct status ! dnat",
					     "fib saddr . iif oif missing" };
	char subnet[PREFIX_TEXT];

	if (!rules_has_isolation(p))
		return;
	rules_chain(p, "isolated");
	rules_line(p, "meta mark set meta mark & 0x%08x",
		   ~policy_guests_mark(&p->policy->settings));
	for (uint32_t i = 0; i < p->policy->network_count; i++) {
		const struct network *network = &p->policy->networks[i];

		if (!network->isolated || !p->policy->family[network->family].enabled)
			continue;
		for (size_t j = 0; j < COUNT(cases); j++)
			rules_line(p, "iifname \"%s\" %s daddr %s %s goto refused_packet",
				   network->interface.text, rules_families[network->family].header,
				   prefix_print(subnet, &network->subnet), cases[j]);
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
