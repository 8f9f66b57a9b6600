/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy and a vif → what of them the iptables backends can't do, in words. */
#include "iptables/chains.h"
#include "iptables/ruleset_iptables.h"
#include "policy/policy_vif.h"
#include <netinet/in.h>

static bool check_forwards(const struct policy *policy, const struct host *host, struct err *err)
{
	char path[HOST_PATH_SIZE];

	for (uint32_t i = 0; i < host->forward_count; i++) {
		const struct port_forward *forward = &policy->forwards[host->first_forward + i];

		if (forward->protocol == IPPROTO_UDPLITE)
			return err_set(err,
				       "%s:%u: PAT: with BACKEND = %s no port of udplite is "
				       "forwarded: take it out, or set BACKEND to nft",
				       host_path(path, host), forward->line,
				       backend_names[policy->settings.backend]);
	}
	return true;
}

/* The chains of a vif are its own, and nothing of them comes or goes with another one. */
static bool check_any_card(const struct policy *policy, const struct host *host, struct err *err)
{
	char path[HOST_PATH_SIZE];

	return !host->any_card ||
	       err_set(err,
		       "%s: with BACKEND = %s there is no ANY_CARD: take it out, or set BACKEND to "
		       "nft",
		       host_path(path, host), backend_names[policy->settings.backend]);
}

bool ruleset_iptables_check(const struct policy *policy, const struct sets *sets, struct err *err)
{
	uint8_t lengths[129];

	for (uint32_t i = 0; i < policy->host_count; i++)
		if (!check_any_card(policy, &policy->hosts[i], err) ||
		    !check_forwards(policy, &policy->hosts[i], err))
			return false;

	for (int family = 0; family < FAMILY_COUNT; family++)
		if (chains_lengths(lengths, sets, family) > IP_LENGTHS_MAX)
			return err_set(err,
				       "%s: the addresses of hosts and guests have more than %d "
				       "lengths of prefixes, which iptables can't tell apart: "
				       "BACKEND = nft can",
				       family_titles[family], IP_LENGTHS_MAX);
	return true;
}

/* Without connection tracking nothing can be said of what passes a bridge but yes. */
static bool check_bridged_address(const struct policy *policy, const struct vif *vif,
				  const struct prefix *prefix, struct err *err)
{
	const struct host *host = policy_vif_host(policy, prefix, &vif->name);
	const char *backend = backend_names[policy->settings.backend];
	char text[PREFIX_TEXT];

	prefix_print(text, prefix);
	if (prefix->family == IPV6)
		return err_set(err,
			       "%s: with BACKEND = %s a guest on a bridge has no IPv6 address, for "
			       "ebtables can't see whose address neighbour discovery tells: leave "
			       "it out, or set BACKEND to nft",
			       text, backend);
	if (!prefix_is_address(prefix))
		return err_set(err,
			       "%s: with BACKEND = %s a guest on a bridge has no prefixes: name "
			       "the addresses, or set BACKEND to nft",
			       text, backend);
	if (!host || host->filtered)
		return err_set(err,
			       "%s: with BACKEND = %s nothing can be filtered on bridges: give it "
			       "a host file with FIREWALL = no, or set BACKEND to nft",
			       text, backend);
	return true;
}

/* What single guests may do on bridges, ebtables does not see, or it has no rule for it here. */
static bool check_rights(const struct policy *policy, const struct vif *vif, struct err *err)
{
	char path[HOST_PATH_SIZE];
	unsigned at = 0;
	const struct host *host;

	while ((host = policy_vif_next_host(&at, policy, vif)))
		if (host->role == ROLE_ROUTER || host->mac_count || host->ethertype_count ||
		    host->shared)
			return err_set(err,
				       "%s: with BACKEND = %s there are no ROLE, MACS, "
				       "ETHERTYPES or SHARED on bridges: take them out, or set "
				       "BACKEND to nft",
				       host_path(path, host),
				       backend_names[policy->settings.backend]);
	return true;
}

bool ruleset_iptables_check_bridged(const struct policy *policy, const struct vif *vif,
				    struct err *err)
{
	struct vif_routes routes;

	if (!vif->prefix_count)
		return err_set(err,
			       "with BACKEND = %s a guest on a bridge needs ip=, or set BACKEND to "
			       "nft",
			       backend_names[policy->settings.backend]);
	for (unsigned i = 0; i < vif->prefix_count; i++)
		if (!check_bridged_address(policy, vif, &vif->prefixes[i], err))
			return false;
	if (!check_rights(policy, vif, err) || !netconf_find_routes(&routes, policy, vif, err))
		return false;
	return !routes.count ||
	       err_set(err,
		       "with BACKEND = %s a guest on a bridge is no next hop: take it out of "
		       "routing.cfg, or set BACKEND to nft",
		       backend_names[policy->settings.backend]);
}
