/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vif and its prefixes → the host files that speak for them. */
#include "ruleset/ruleset_host.h"
#include <string.h>

const struct host *ruleset_host(const struct policy *policy, const struct prefix *prefix,
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

const struct host *ruleset_host_next(unsigned *prefix, const struct policy *policy,
				     const struct vif *vif)
{
	const struct host *host = NULL;

	while (!host && *prefix < vif->prefix_count)
		host = ruleset_host(policy, &vif->prefixes[(*prefix)++], &vif->name);
	return host;
}

bool ruleset_host_routes(const struct policy *policy, const struct vif *vif, enum family family)
{
	unsigned at = 0;
	const struct host *host;

	while ((host = ruleset_host_next(&at, policy, vif)))
		if (host->role == ROLE_ROUTER && host->family == family)
			return true;
	return false;
}

bool ruleset_host_elects(const struct policy *policy, const struct vif *vif)
{
	unsigned at = 0;
	const struct host *host;

	while ((host = ruleset_host_next(&at, policy, vif)))
		if (host->shared || host->role == ROLE_ROUTER)
			return true;
	return false;
}

bool ruleset_host_strays(const struct policy *policy, const struct vif *vif)
{
	unsigned at = 0;
	const struct host *host;

	while ((host = ruleset_host_next(&at, policy, vif)))
		if (host->shared || host->any_card)
			return true;
	return false;
}

bool ruleset_host_names_mac(const struct host *host, const struct mac *mac)
{
	for (unsigned i = 0; i < host->mac_count; i++)
		if (!memcmp(&host->macs[i], mac, sizeof(*mac)))
			return true;
	return false;
}

bool ruleset_host_has_mac(const struct policy *policy, const struct vif *vif, const struct mac *mac)
{
	unsigned at = 0;
	const struct host *host;

	if (!memcmp(&vif->mac, mac, sizeof(*mac)))
		return true;
	while ((host = ruleset_host_next(&at, policy, vif)))
		if (ruleset_host_names_mac(host, mac))
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

bool ruleset_host_is_limited(const struct policy *policy, const struct host *host)
{
	for (uint32_t i = 0; i < policy->host_count; i++)
		if (!strcmp(policy->hosts[i].name, host->name) &&
		    has_outgoing(policy, &policy->hosts[i]))
			return true;
	return false;
}

const struct host *ruleset_host_limit(const struct policy *policy, const struct vif *vif)
{
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct prefix *prefix = &vif->prefixes[i];
		const struct host *host = ruleset_host(policy, prefix, &vif->name);
		uint32_t count = 0;
		const struct claim *within = policy_claims_within(policy, prefix, &count);

		for (uint32_t j = 0; j <= count; j++) {
			if (host && has_outgoing(policy, host))
				return host;
			if (j < count)
				host = ruleset_host(policy, &within[j].prefix, &vif->name);
		}
	}
	return NULL;
}
