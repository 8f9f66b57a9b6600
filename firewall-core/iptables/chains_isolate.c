/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ISOLATE in table filter: guests of a network do not see each other by way of this machine. */
#include "iptables/chains.h"
#include "policy/policy_vif.h"

/* With ISOLATE guests of a network do not see each other; a forwarded port is for everybody. */
void chains_isolated(const struct chains *p)
{
	char subnet[PREFIX_TEXT];

	if (policy_isolates_any(p->policy))
		chains_line(p, "-A @forward -j @isolated");
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
void chains_isolated_vif(const struct chains *p, const struct vif *vif)
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
