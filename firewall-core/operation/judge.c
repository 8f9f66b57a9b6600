/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy, this machine and a vif → may it come up, and why not. */
#include "operation/judge.h"
#include "operation/backend.h"
#include "policy/policy_vif.h"

/*
 * What this machine may have, too, now or later: an address that is shared, and of a prefix on a
 * bridge, of which rules keep it from what others have, and others from nothing. That is so where a
 * host file says it, and of a guest that runs already, whose prefix may be what this machine goes
 * out by.
 */
static bool is_shared(const struct policy *policy, const struct vif *vif, enum vif_place place,
		      const struct prefix *prefix)
{
	const struct host *host = policy_vif_host(policy, prefix, &vif->name);

	if (prefix_is_address(prefix))
		return host && host->shared;
	return place == VIF_BRIDGED && (vif->is_foreign || (host && host->shared));
}

bool judge_addresses(const struct policy *policy, struct kernel_link *link, const struct vif *vif,
		     enum vif_place place, struct err *err)
{
	char text[PREFIX_TEXT];

	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct prefix *prefix = &vif->prefixes[i];
		/* What this machine goes out by already is not taken from it. */
		bool may_be_gateway = vif->is_foreign || policy_is_guests(policy, prefix);

		if (!policy->family[prefix->family].enabled)
			return err_set(err, "ip=: %s: taofirewall.conf says %s = no",
				       prefix_print(text, prefix),
				       prefix->family == IPV4 ? "IPV4" : "IPV6");
		if (link && !is_shared(policy, vif, place, prefix) &&
		    !kernel_link_check_free(link, prefix, may_be_gateway, err))
			return err_prefix(err, "ip=: %s ", prefix_print(text, prefix));
	}
	return true;
}

bool judge_foreign(struct online *online, const struct policy *policy, struct report *report,
		   struct err *err)
{
	struct kernel_link *link = kernel_link_open(err);
	bool ok = link;

	for (size_t i = 0; ok && i < online->count;) {
		const struct vif *vif = &online->records[i].vif;
		enum vif_place place = vif->bridge_index ? VIF_BRIDGED : VIF_ROUTED;
		struct err why;

		if (!vif->is_foreign || judge_addresses(policy, link, vif, place, &why)) {
			i++;
			continue;
		}
		report_warning(report, "%s is left out, its traffic is dropped: %s", vif->name.text,
			       why.text);
		ok = online_close(online, i, err);
	}
	kernel_link_close(link);
	return ok;
}

bool judge_bridged(const struct policy *policy, const struct vif *vif, struct err *err)
{
	if (!policy_has_bridges(policy))
		return err_set(err, "taofirewall.conf says XEN = no, so there are no rules for "
				    "bridges: set it to auto or yes");
	return backend_of(&policy->settings)->check_bridged(policy, vif, err);
}

void judge_port(struct port_settings *port, const struct policy *policy, const struct vif *vif)
{
	unsigned at = 0;
	const struct host *host;

	*port = (struct port_settings){
		.bridge = vif->bridge_index,
		.mac = vif->mac,
		.learns = !policy->settings.antispoof,
		.is_trusted = !policy->settings.antispoof,
		.is_router = !policy->settings.antispoof,
		.isolated = policy_vif_is_isolated(policy, vif),
	};
	while ((host = policy_vif_next_host(&at, policy, vif))) {
		port->learns |= host->mac_count != 0;
		port->is_router |= host->role == ROLE_ROUTER;
	}
}

bool judge_vlans(const struct settings *settings, const struct bridge *bridge, const char *text,
		 const struct vlans *vlans, struct err *err)
{
	char seen[SHOWN_SIZE];

	if (!bridge->filters_vlans)
		return err_set(err,
			       "vlan=%s: %s knows no VLANs, so the guest would see all of them: "
			       "ip link set %s type bridge vlan_filtering 1",
			       shown(seen, text), bridge->name.text, bridge->name.text);
	if (vlans->has_tagged && settings->antispoof)
		return err_set(err,
			       "vlan=%s: frames with a tag are dropped where they come from a "
			       "guest, so it can't be in VLANs that have one (or set ANTISPOOF = "
			       "no)",
			       shown(seen, text));
	return true;
}

bool judge_online(const struct policy *policy, const struct online *online, struct report *report,
		  struct err *err)
{
	for (size_t i = 0; i < online->count; i++) {
		const struct record *record = &online->records[i];
		const struct vif *vif = &record->vif;
		struct err why;

		if (!vif->bridge_index || judge_bridged(policy, vif, &why))
			continue;
		if (!record->vif.is_foreign)
			return err_set(err, "%s is a port of %s, and nothing was changed: %s",
				       vif->name.text, vif->bridge.text, why.text);
		report_warning(report, "%s, a port of %s, is neither filtered nor protected: %s",
			       vif->name.text, vif->bridge.text, why.text);
	}
	return true;
}
