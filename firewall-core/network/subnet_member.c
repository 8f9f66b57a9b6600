/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A routed and a bridged vif → the proxy entries by which their guests find each other. */
#include "network/subnet_member.h"

struct subnet_member subnet_member_of_vif(const struct vif *vif, uint32_t uplink)
{
	struct subnet_member member = {
		.is_bridged = vif->bridge_index != 0,
		.index = vif->bridge_index ? vif->bridge_index : vif->index,
		.uplink = vif->bridge_index ? 0 : uplink,
	};

	for (unsigned i = 0; i < vif->prefix_count; i++)
		if (prefix_is_address(&vif->prefixes[i]) &&
		    !prefix_is_link_local(&vif->prefixes[i]))
			member.addresses[member.count++] = vif->prefixes[i];
	return member;
}

unsigned subnet_member_networks(struct prefix networks[static VIF_PREFIXES_MAX],
				const struct subnet_member *member)
{
	unsigned count = 0;

	for (unsigned i = 0; i < member->count; i++) {
		const struct prefix *address = &member->addresses[i];
		bool is_known = false;

		for (unsigned j = 0; j < count; j++)
			is_known = is_known || prefix_contains(&networks[j], address);
		if (!is_known)
			networks[count++] = prefix_network(address);
	}
	return count;
}

/* The entries on the interface of the one for the addresses of the other. */
static void add_proxies(struct netconf *changes, const struct prefix *network,
			const struct subnet_member *here, const struct subnet_member *other)
{
	for (unsigned i = 0; i < other->count; i++)
		if (prefix_contains(network, &other->addresses[i]))
			changes->change[changes->count++] =
				(struct netconf_op){ .kind = NETCONF_PROXY,
						     .prefix = other->addresses[i],
						     .index = here->index };
}

void subnet_member_proxies(struct netconf *changes, const struct settings *settings,
			   const struct prefix *network, const struct subnet_member *one,
			   const struct subnet_member *other)
{
	const struct subnet_member *bridged = one->is_bridged ? one : other;
	const struct subnet_member *routed = one->is_bridged ? other : one;
	bool is_ipv4 = network->family == IPV4;

	changes->count = 0;
	if (is_ipv4 ? settings->proxy_arp == PROXY_ARP_NO : !settings->proxy_ndp)
		return;
	if (bridged->index != routed->uplink)
		add_proxies(changes, network, bridged, routed);
	if (!is_ipv4 || settings->proxy_arp == PROXY_ARP_STRICT)
		add_proxies(changes, network, routed, bridged);
}
