/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of a vif and the kernel → what is missing, and who may have taken it. */
#include "operation/verify.h"
#include "policy/policy_vif.h"
#include "xen/suspect.h"
#include <linux/rtnetlink.h>

struct verifying {
	struct verified *verified;
	const struct policy *policy;
	const struct online *online;
	const struct record *record;
	struct kernel_link *link;
};

/* Something on an interface. Whoever manages that may have taken it, else it was a moment's. */
static void tell_taken(const struct verifying *verifying, const char *what, uint32_t index,
		       const char *moment)
{
	char suspect[SUSPECT_SIZE];

	suspect_print(suspect, index);
	report_warning(&verifying->verified->missing, "%s (%s%s)", what,
		       *suspect ? "taken by " : "", *suspect ? suspect : moment);
}

/* ---- addresses, neighbours, routes and proxy entries ---- */

/* One for each of its daemons. Source: FRR, zebra/rt_netlink.h */
#define FRR_FIRST RTPROT_BGP
#define FRR_LAST 198

static const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case RTPROT_KERNEL:
		return "the kernel";
	case RTPROT_BOOT:
	case RTPROT_STATIC:
		return "ip(8)";
	case RTPROT_DHCP:
		return "DHCP";
	case RTPROT_BIRD:
		return "BIRD";
	case RTPROT_ZEBRA:
		return "FRR";
	}
	return protocol >= FRR_FIRST && protocol <= FRR_LAST ? "FRR" : "another program";
}

/* Is it another guest's, as that of a newer duplicate? */
static bool is_guests(const struct online *online, uint32_t index)
{
	for (size_t i = 0; i < online->count; i++)
		if (online->records[i].vif.index == index)
			return true;
	return false;
}

/* This machine itself has it now, and may: it is shared. */
static bool is_shared_here(const struct verifying *verifying, const struct prefix *prefix,
			   const struct presence *presence)
{
	const struct host *host =
		policy_vif_host(verifying->policy, prefix, &verifying->record->vif.name);

	return presence->protocol == RTPROT_KERNEL && host && host->shared;
}

/* Packets to a guest leave through something else, by a route that is as narrow as ours. */
static void tell_other_route(const struct verifying *verifying, const struct netconf_op *change,
			     const struct presence *presence)
{
	char prefix[PREFIX_TEXT];
	struct ifname name;
	struct err ignored;

	if (is_guests(verifying->online, presence->index) ||
	    is_shared_here(verifying, &change->prefix, presence))
		return;
	if (!kernel_link_read_name(&name, presence->index, &ignored))
		snprintf(name.text, sizeof(name.text), "dev %u", presence->index);
	report_warning(&verifying->verified->barred,
		       "route %s: packets leave through %s, by a route of %s's that goes before "
		       "ours, and a reload does not change that",
		       prefix_print(prefix, &change->prefix), name.text,
		       protocol_name(presence->protocol));
}

static bool verify_change(const struct verifying *verifying, const struct netconf_op *change,
			  struct err *err)
{
	static const char *const kinds[] = { [NETCONF_ADDRESS] = "Dom0's address",
					     [NETCONF_NEIGHBOUR] = "neighbour",
					     [NETCONF_ROUTE] = "route",
					     [NETCONF_PROXY] = "proxy entry" };
	const struct record *record = verifying->record;
	bool is_uplinks = change->index == record->uplink.index;
	const char *name = is_uplinks ? record->uplink.name.text : record->vif.name.text;
	char prefix[PREFIX_TEXT], what[128], moment[64];
	struct presence presence;

	if (!kernel_link_find(&presence, verifying->link, change, err))
		return false;
	if (presence.is_there)
		return true;
	if (presence.index && presence.length >= change->prefix.length) {
		tell_other_route(verifying, change, &presence);
		return true;
	}
	snprintf(what, sizeof(what), "%s %s on %s", kinds[change->kind],
		 prefix_print(prefix, &change->prefix), name);
	snprintf(moment, sizeof(moment), "was %s down for a moment?", name);
	tell_taken(verifying, what, change->index, moment);
	return true;
}

/* ---- the rest ---- */

/* Of the two interfaces that it needs it on, the one that has none. */
static bool is_without_ipv6(const struct verifying *verifying)
{
	const struct record *record = verifying->record;
	const struct ifname *names[] = { &record->vif.name, &record->uplink.name };
	struct err gone;
	uint32_t index;

	if (record->vif.bridge_index || !vif_has_family(&record->vif, IPV6))
		return false;
	for (size_t i = 0; i < COUNT(names); i++) {
		if (kernel_sysctl_has_ipv6(names[i]) ||
		    !kernel_link_read_index(&index, names[i], &gone))
			continue;
		report_warning(&verifying->verified->barred,
			       "all of IPv6, as the MTU of %s is below 1280, and a reload does not "
			       "change that",
			       names[i]->text);
		return true;
	}
	return false;
}

static void verify_sysctls(const struct verifying *verifying, bool is_ipv4_alone)
{
	static const char changed[] = "another program changed it";
	const struct settings *settings = &verifying->policy->settings;
	const struct record *record = verifying->record;
	const struct vif *vif = &record->vif;
	bool is_routed = !vif->bridge_index;
	bool ipv4 = is_routed && vif_has_family(vif, IPV4),
	     ipv6 = is_routed && vif_has_family(vif, IPV6) && !is_ipv4_alone,
	     strays = is_routed && policy_vif_strays(verifying->policy, vif);
	struct err why;

	if (!is_ipv4_alone &&
	    !kernel_sysctl_vif_check(&vif->name, settings, ipv4, ipv6, strays, &why))
		tell_taken(verifying, why.text, vif->index, changed);
	if (!is_routed)
		return;
	if (!kernel_sysctl_proxy_check(&record->uplink.name, settings, ipv4, ipv6, &why))
		tell_taken(verifying, why.text, record->uplink.index, changed);
	if (!kernel_sysctl_forwarding_check(&record->uplink.name, settings, ipv4, ipv6, &why))
		tell_taken(verifying, why.text, record->uplink.index, changed);
	else if (!kernel_sysctl_check_forwarding(&record->uplink, settings, ipv4, ipv6, &why))
		report_warning(&verifying->verified->barred, "%s", why.text);
}

static bool verify_port(const struct verifying *verifying, struct err *err)
{
	const struct vif *vif = &verifying->record->vif;
	bool isolated = policy_vif_is_isolated(verifying->policy, vif);
	char what[64];
	struct port port;

	if (!kernel_port_read(&port, verifying->link, vif->index, err))
		return false;
	if (port.master != vif->bridge_index) {
		snprintf(what, sizeof(what), "it is no port of %s", vif->bridge.text);
		tell_taken(verifying, what, vif->index,
			   "ifreload, or a bridge that was made anew?");
	} else if (port.isolated != isolated) {
		tell_taken(verifying,
			   isolated ? "its port is not isolated" : "its port is isolated",
			   vif->index, "another program changed it");
	}
	return true;
}

bool verify_is_down(struct kernel_link *link, const struct vif *vif)
{
	struct link_counters counters;
	struct err gone;

	return kernel_link_read_counters(&counters, link, vif->index, &gone) && !counters.is_up;
}

/* Then nothing else is as it was. A port that left its bridge is another matter. */
static bool tell_down(const struct verifying *verifying)
{
	const struct record *record = verifying->record;

	if (record->is_lost || !verify_is_down(verifying->link, &record->vif))
		return false;
	report_warning(&verifying->verified->barred,
		       "it is down, and a reload does not change that: ip link set %s up",
		       record->vif.name.text);
	return true;
}

void verified_done(struct verified *verified)
{
	report_done(&verified->missing);
	report_done(&verified->barred);
}

bool verify_vif(struct verified *verified, const struct policy *policy, const struct online *online,
		const struct record *record, struct kernel_link *link, struct err *err)
{
	const struct verifying verifying = { verified, policy, online, record, link };
	struct netconf changes;
	bool is_ipv4_alone;

	if (record->vif.is_foreign || tell_down(&verifying))
		return true;
	is_ipv4_alone = is_without_ipv6(&verifying);
	if (!record_changes(&changes, record, err))
		return false;
	for (unsigned i = 0; i < changes.count; i++)
		if ((!is_ipv4_alone || changes.change[i].prefix.family == IPV4) &&
		    !verify_change(&verifying, &changes.change[i], err))
			return false;
	verify_sysctls(&verifying, is_ipv4_alone);
	return !record->vif.bridge_index || record->is_switched || verify_port(&verifying, err);
}
