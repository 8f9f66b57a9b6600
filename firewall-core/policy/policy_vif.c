/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vif and its prefixes → the host files that apply to them, and what these let it do. */
#include "policy/policy_vif.h"
#include <string.h>

const struct host *policy_vif_host(const struct policy *policy, const struct prefix *prefix,
				   const struct ifname *name)
{
	const struct claim *claim = policy_claim_for(policy, prefix);
	const struct host *host = claim ? &policy->hosts[claim->host] : NULL;

	if (!host || host->type == HOST_LOCAL)
		return NULL;
	if (host->interface.text[0] && strcmp(host->interface.text, name->text))
		return NULL;
	return host;
}

const struct host *policy_vif_next_host(unsigned *prefix, const struct policy *policy,
					const struct vif *vif)
{
	const struct host *host = NULL;

	while (!host && *prefix < vif->prefix_count)
		host = policy_vif_host(policy, &vif->prefixes[(*prefix)++], &vif->name);
	return host;
}

const struct host *policy_vif_router(const struct policy *policy, const struct vif *vif,
				     enum family family)
{
	unsigned at = 0;
	const struct host *host;

	while ((host = policy_vif_next_host(&at, policy, vif)))
		if (host->role == ROLE_ROUTER && host->family == family)
			return host;
	return NULL;
}

bool policy_vif_is_isolated(const struct policy *policy, const struct vif *vif)
{
	return policy_isolates(policy, &vif->bridge) && !policy_vif_router(policy, vif, IPV4) &&
	       !policy_vif_router(policy, vif, IPV6);
}

bool policy_vif_elects(const struct policy *policy, const struct vif *vif)
{
	unsigned at = 0;
	const struct host *host;

	while ((host = policy_vif_next_host(&at, policy, vif)))
		if (host->shared || host->role == ROLE_ROUTER)
			return true;
	return false;
}

bool policy_vif_strays(const struct policy *policy, const struct vif *vif)
{
	unsigned at = 0;
	const struct host *host;

	while ((host = policy_vif_next_host(&at, policy, vif)))
		if (host->shared || host->any_card)
			return true;
	return false;
}

bool policy_host_names_mac(const struct host *host, const struct mac *mac)
{
	for (unsigned i = 0; i < host->mac_count; i++)
		if (!memcmp(&host->macs[i], mac, sizeof(*mac)))
			return true;
	return false;
}

bool policy_vif_has_mac(const struct policy *policy, const struct vif *vif, const struct mac *mac)
{
	unsigned at = 0;
	const struct host *host;

	if (!memcmp(&vif->mac, mac, sizeof(*mac)))
		return true;
	while ((host = policy_vif_next_host(&at, policy, vif)))
		if (policy_host_names_mac(host, mac))
			return true;
	return false;
}

bool policy_vif_has_ethertype(const struct policy *policy, const struct vif *vif,
			      uint16_t ether_type)
{
	unsigned at = 0;
	const struct host *host;

	while ((host = policy_vif_next_host(&at, policy, vif)))
		for (unsigned i = 0; i < host->ethertype_count; i++)
			if (host->ethertypes[i] == ether_type)
				return true;
	return false;
}

static bool has_outgoing(const struct policy *policy, const struct host *host)
{
	for (uint32_t i = 0; host->filtered && i < host->rule_count; i++)
		if (policy->rules[host->first_rule + i].outgoing)
			return true;
	return false;
}

bool policy_host_is_limited(const struct policy *policy, const struct host *host)
{
	for (uint32_t i = 0; i < policy->host_count; i++)
		if (!strcmp(policy->hosts[i].name, host->name) &&
		    has_outgoing(policy, &policy->hosts[i]))
			return true;
	return false;
}

const struct host *policy_vif_limiting_host(const struct policy *policy, const struct vif *vif)
{
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct prefix *part;
		uint32_t at = 0;

		while ((part = policy_next_part(&at, policy, &vif->prefixes[i]))) {
			const struct host *host = policy_vif_host(policy, part, &vif->name);

			if (host && has_outgoing(policy, host))
				return host;
		}
	}
	return NULL;
}

bool policy_vif_shares_cards(const struct policy *policy, const struct vif *vif)
{
	unsigned at = 0;
	const struct host *host;

	while ((host = policy_vif_next_host(&at, policy, vif)))
		if (host->any_card)
			return true;
	return false;
}

/* What another script attached comes and goes without us. */
static bool are_cards(const struct vif *vif, const struct vif *other)
{
	return vif->id.domid == other->id.domid && !vif_id_equal(&vif->id, &other->id) &&
	       !vif->is_foreign && !other->is_foreign;
}

bool policy_vif_is_given(const struct policy *policy, const struct vif *vif,
			 const struct vif *giver, const struct prefix *prefix)
{
	const struct host *host;

	if (!are_cards(vif, giver) || !vif_has(giver, prefix) ||
	    !policy_vif_shares_cards(policy, vif))
		return false;
	host = policy_vif_host(policy, prefix, &giver->name);
	return host && host->any_card;
}

bool policy_vif_may_send(const struct policy *policy, const struct vif *vif,
			 const struct vif *others, size_t count, const struct vif *without,
			 const struct prefix *prefix)
{
	for (size_t i = 0; i < count; i++)
		if ((!without || !vif_id_equal(&others[i].id, &without->id)) &&
		    policy_vif_is_given(policy, vif, &others[i], prefix))
			return true;
	return vif_has(vif, prefix);
}
