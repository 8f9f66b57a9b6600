/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vif and its prefixes → the host files that speak for them. */
#include "ruleset_host.h"
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

static const struct host *find_outgoing(const struct policy *policy, const struct prefix *prefix,
					const struct vif *vif)
{
	const struct host *host = ruleset_host(policy, prefix, &vif->name);

	for (uint32_t i = 0; host && host->filtered && i < host->rule_count; i++)
		if (policy->rules[host->first_rule + i].outgoing)
			return host;
	return NULL;
}

const struct host *ruleset_host_limit(const struct policy *policy, const struct vif *vif)
{
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct host *host = find_outgoing(policy, &vif->prefixes[i], vif);
		uint32_t count = 0;
		const struct claim *within =
			policy_claims_within(policy, &vif->prefixes[i], &count);

		for (uint32_t j = 0; !host && j < count; j++)
			host = find_outgoing(policy, &within[j].prefix, vif);
		if (host)
			return host;
	}
	return NULL;
}
