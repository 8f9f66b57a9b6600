/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A routed vif: Dom0's addresses, routes, neighbours, proxy entries, and the link before them. */
#include "attach_kind.h"
#include "policy/policy_vif.h"

static bool read_uplink(struct attach *attach, const struct hotplug_args *args, struct err *err)
{
	const struct settings *settings = &attach->snapshot.policy.settings;
	struct ifname uplink = attach->backend->gateway_device;

	if (!uplink.text[0] && *args->gateway_device &&
	    !ifname_parse(&uplink, args->gateway_device, err))
		return err_prefix(err, "gatewaydev=: ");
	if (!uplink.text[0])
		uplink = settings->uplink;
	return kernel_link_read_uplink(&attach->uplink, attach->link, &uplink, err) &&
	       kernel_sysctl_check_forwarding(&attach->uplink, settings, attach->has[IPV4],
					      attach->has[IPV6], err);
}

static bool compute_routed(struct attach *attach, struct err *err)
{
	const struct settings *settings = &attach->snapshot.policy.settings;
	struct record *record = &attach->record;

	attach->mtu = attach->backend->mtu;
	for (int family = 0; family < FAMILY_COUNT; family++)
		if (attach->has[family] &&
		    !netconf_dom0_address(&record->dom0[family], settings, &attach->uplink,
					  &record->vif, family, err))
			return false;
	record->uplink = attach->uplink;
	record->proxy_arp = settings->proxy_arp != PROXY_ARP_NO;
	record->proxy_ndp = settings->proxy_ndp;
	return true;
}

static bool apply_routed_link(struct attach *attach, struct err *err)
{
	const struct vif *vif = &attach->record.vif;
	const struct settings *settings = &attach->snapshot.policy.settings;
	struct link_settings wanted = attach_link_settings(vif, attach->backend->mtu);
	struct link_settings up = { .has_up = true, .up = true };

	return kernel_link_set_apply(attach->link, vif->index, &wanted, err) &&
	       kernel_sysctl_vif_apply(&vif->name, settings, attach->has[IPV4], attach->has[IPV6],
				       policy_vif_strays(&attach->snapshot.policy, vif), err) &&
	       kernel_link_set_apply(attach->link, vif->index, &up, err) &&
	       kernel_sysctl_proxy_apply(&attach->uplink.name, settings, attach->has[IPV4],
					 attach->has[IPV6], err) &&
	       kernel_link_apply(attach->link, attach->changes.change, attach->changes.count, err);
}

const struct attach_kind attach_route = {
	.place = VIF_ROUTED,
	.read = read_uplink,
	.compute = compute_routed,
	.apply_link = apply_routed_link,
};
