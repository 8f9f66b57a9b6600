/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bridged vif: which bridge, what its port there shall be, and the link before that. */
#include "attach_kind.h"
#include "operation/judge.h"

static bool read_only_bridge(struct bridge *bridge, struct attach *attach, struct err *err)
{
	auto_free struct bridge *bridges = NULL;
	struct ifname any = { "" };
	size_t count = 0;

	if (!kernel_bridges_read(&bridges, &count, attach->link, &any, err))
		return false;
	if (count == 0)
		return err_set(err, "no bridge= was given, and this machine has no bridge");
	if (count > 1)
		return err_set(
			err, "no bridge= was given, and this machine has more than one: %s, %s%s",
			bridges[0].name.text, bridges[1].name.text, count > 2 ? " and others" : "");
	*bridge = bridges[0];
	return true;
}

static bool read_wanted_bridge(struct bridge *bridge, struct attach *attach, struct err *err)
{
	struct ifname name;
	bool found;

	if (!attach->backend->bridge[0])
		return read_only_bridge(bridge, attach, err);
	if (!ifname_parse(&name, attach->backend->bridge, err))
		return err_prefix(err, "bridge=: ");
	if (!kernel_bridge_read(bridge, &found, attach->link, &name, err))
		return false;
	return found || err_set(err, "bridge=%s: %s", name.text,
				if_nametoindex(name.text) ? "this interface is no bridge"
							  : "there is no such interface");
}

static bool read_bridge(struct attach *attach, const struct hotplug_args *args, struct err *err)
{
	struct vif *vif = &attach->record.vif;

	(void)args;
	if (!judge_bridged(&attach->snapshot.policy, vif, err) ||
	    !read_wanted_bridge(&attach->bridge, attach, err))
		return false;
	vif->bridge = attach->bridge.name;
	vif->bridge_index = attach->bridge.index;
	return true;
}

/* Behind what the policy tells of the port. */
static bool compute_vlans(struct attach *attach, struct err *err)
{
	const char *text = attach->backend->vlan;

	if (!*text)
		return true;
	if (!vlans_parse(&attach->port.vlans, text, err))
		return err_prefix(err, "vlan=: ");
	return judge_vlans(&attach->snapshot.policy.settings, &attach->bridge, text,
			   &attach->port.vlans, err);
}

/*
 * Vifs with this MAC that are ports of the same bridge: the bridge has to find out which of them
 * speaks, as with an HVM guest's vif and tap, or its stub domain, or one that migrates here.
 */
static const struct vif *next_duplicate(size_t *at, const struct attach *attach)
{
	while (*at < attach->others.count) {
		const struct record *other = &attach->others.records[(*at)++];

		if (online_is_duplicate(other, &attach->record.vif))
			return &other->vif;
	}
	return NULL;
}

static bool compute_bridged(struct attach *attach, struct err *err)
{
	size_t at = 0;

	attach->mtu = attach->backend->mtu ? attach->backend->mtu : attach->bridge.mtu;
	judge_port(&attach->port, &attach->snapshot.policy, &attach->record.vif);
	if (next_duplicate(&at, attach))
		attach->port.learns = attach->port.has_duplicate = true;
	return compute_vlans(attach, err);
}

static bool apply_duplicates(struct attach *attach, struct err *err)
{
	const struct vif *duplicate;
	struct port_settings port;
	size_t at = 0;

	while ((duplicate = next_duplicate(&at, attach))) {
		judge_port(&port, &attach->snapshot.policy, duplicate);
		port.learns = port.has_duplicate = true;
		if (!kernel_port_renew_apply(attach->link, duplicate->index, &port, err))
			return false;
	}
	return true;
}

/* The bridge's MTU is a wish: not every netback can do it. One that was asked for is a must. */
static bool apply_mtu(struct attach *attach, struct err *err)
{
	struct link_settings mtu = { .has_mtu = true, .mtu = attach->mtu };
	uint32_t index = attach->record.vif.index;

	return kernel_link_set_apply(attach->link, index, &mtu, err) || !attach->backend->mtu;
}

/* Who claimed its addresses before it came gets nothing more that is for them. */
static bool forget_claims(struct attach *attach, struct err *err)
{
	const struct vif *vif = &attach->record.vif;

	for (unsigned i = 0; i < vif->prefix_count; i++)
		if (prefix_is_address(&vif->prefixes[i]) &&
		    !kernel_neighbour_forget_apply(attach->link, vif->bridge_index,
						   &vif->prefixes[i], &vif->mac, err))
			return false;
	return true;
}

static bool apply_bridged_link(struct attach *attach, struct err *err)
{
	const struct vif *vif = &attach->record.vif;
	struct link_settings first = attach_link_settings(vif, 0);
	struct link_settings up = { .has_up = true, .up = true };

	return kernel_link_set_apply(attach->link, vif->index, &first, err) &&
	       apply_mtu(attach, err) && kernel_link_flush_apply(attach->link, vif->index, err) &&
	       kernel_sysctl_vif_apply(&vif->name, &attach->snapshot.policy.settings, false, false,
				       false, err) &&
	       apply_duplicates(attach, err) &&
	       kernel_bridge_groups_apply(attach->link, &attach->bridge, err) &&
	       kernel_port_apply(attach->link, vif->index, &attach->port, err) &&
	       forget_claims(attach, err) &&
	       kernel_link_set_apply(attach->link, vif->index, &up, err);
}

const struct attach_kind attach_bridge = {
	.place = VIF_BRIDGED,
	.read = read_bridge,
	.compute = compute_bridged,
	.apply_link = apply_bridged_link,
};
