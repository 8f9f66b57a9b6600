/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps outgoing and incoming as nft rules: the levels of an address's host. */
#include "nft/rules.h"

/*
 * What begins there. An address of its own is one of as many as there are host files and vifs: it
 * is nobody's who is off, and no more neighbours than those.
 */
static const char *beginning_verdict(const struct rules *p, enum stage stage, enum family family,
				     uint8_t length)
{
	if (stage == STAGE_FORWARD_IN && length == family_bits(family) && !p->in_bridge)
		return RULES_BEGIN_KNOWN;
	return rules_stages[stage].accepted;
}

/* The rules of one level: a match gets the level's target. */
static void rules_of_level(const struct rules *p, enum stage stage, enum family family,
			   uint8_t length, uint8_t level)
{
	enum target target =
		p->policy->family[family].chain[rules_stages[stage].chain].level[level];
	char verdict[32];

	if (target == TARGET_ACCEPT)
		snprintf(verdict, sizeof(verdict), "%s",
			 beginning_verdict(p, stage, family, length));
	else if (target == TARGET_DROP)
		snprintf(verdict, sizeof(verdict), "goto refused_packet");
	else if (rules_stages[stage].unnamed)
		snprintf(verdict, sizeof(verdict), "%s", rules_stages[stage].unnamed);
	else
		snprintf(verdict, sizeof(verdict), "goto %s_policy%s",
			 chain_names[rules_stages[stage].chain], rules_families[family].version);
	for (uint32_t i = 0; i < p->sets->count; i++) {
		const struct set *set = &p->sets->sets[i];

		if (set->kind == SET_SERVICE && set->stage == stage && set->family == family &&
		    set->length == length && set->level == level)
			rules_lookup(p, set, &rules_stages[stage], verdict);
	}
}

/* All levels, for the hosts that are named by prefixes of this length. */
static void print_levels(const struct rules *p, enum stage stage, enum family family,
			 uint8_t length)
{
	const char *version = rules_families[family].version;

	rules_chain(p, "%s%s_%u", stage_names[stage], version, length);
	for (uint32_t i = 0; i < p->sets->count; i++) {
		const struct set *set = &p->sets->sets[i];

		if (set->kind == SET_UNFILTERED && set->family == family && set->length == length)
			rules_lookup(p, set, &rules_stages[stage],
				     beginning_verdict(p, stage, family, length));
	}
	for (uint8_t level = 1; level <= LEVEL_MAX; level++)
		rules_of_level(p, stage, family, length, level);
	for (uint32_t i = 0; i < p->sets->count; i++) {
		const struct set *set = &p->sets->sets[i];

		if (set->kind == SET_EGRESS_LIMITED && set->stage == stage &&
		    set->family == family && set->length == length)
			rules_lookup(p, set, &rules_stages[stage], "goto refused_packet");
	}
	if (!rules_stages[stage].unnamed)
		rules_line(p, "goto %s_policy%s", chain_names[rules_stages[stage].chain], version);
	rules_chain_end(p);
}

static bool set_claims(const struct set *set, enum stage stage, enum family family)
{
	if (set->family != family)
		return false;
	if (stage == STAGE_INPUT || stage == STAGE_OUTPUT)
		return set->kind == SET_LOCAL;
	return set->kind == SET_GUEST || set->kind == SET_NETWORK;
}

/* Print the chains of a stage's levels; mark the lengths that have one. */
static void print_stage_levels(const struct rules *p, enum stage stage, enum family family,
			       bool used[static 129])
{
	memset(used, 0, 129 * sizeof(*used));
	for (uint32_t i = 0; i < p->sets->count; i++)
		if (set_claims(&p->sets->sets[i], stage, family))
			used[p->sets->sets[i].length] = true;
	for (int length = 128; length >= 0; length--)
		if (used[length])
			print_levels(p, stage, family, (uint8_t)length);
}

bool rules_of_claims(const struct rules *p, enum stage stage, enum family family, uint8_t length,
		     const char *verdict)
{
	bool any = false;

	for (uint32_t i = 0; i < p->sets->count; i++) {
		const struct set *set = &p->sets->sets[i];

		if (!set_claims(set, stage, family) || set->length != length)
			continue;
		rules_lookup(p, set, &rules_stages[stage], verdict);
		any = true;
	}
	return any;
}

/*
 * Rules that go to the levels of the host that applies to the address: the narrowest claim comes
 * first.
 */
static void rules_to_levels(const struct rules *p, enum stage stage, enum family family,
			    const bool used[static 129])
{
	char verdict[48];

	for (int length = 128; length >= 0; length--) {
		if (!used[length])
			continue;
		snprintf(verdict, sizeof(verdict), "goto %s%s_%d", stage_names[stage],
			 rules_families[family].version, length);
		rules_of_claims(p, stage, family, (uint8_t)length, verdict);
	}
}

/* Who shares a guest's address, and is none of ours, does not go through this machine. */
static void rules_of_shared_elsewhere(const struct rules *p, enum family family, const char *policy)
{
	char verdict[128];

	if (p->in_bridge)
		return;
	snprintf(verdict, sizeof(verdict), RULES_FROM_NO_VIF " fib saddr . iif oif missing %s",
		 LINK_GROUP, policy);
	rules_lookups(p, SET_SHARED, family, &rules_stages[STAGE_FORWARD_OUT], verdict);
}

/*
 * To no host of ours. Into a virtual LAN nobody comes unasked; into the world our own may go, those
 * of a virtual LAN too. On its bridge everybody beyond the ports is the world, for which the
 * guest's own settings decide.
 */
static void rules_of_strangers(const struct rules *p, enum family family)
{
	char policy[32];

	snprintf(policy, sizeof(policy), "goto forward_policy%s", rules_families[family].version);
	rules_vifs(p, "oif", policy);
	if (p->in_bridge) /* nobody else comes through a vif, be his address known or not */
		rules_vifs(p, "iif", RULES_BEGIN_FORWARD);
	else
		rules_lookups(p, SET_LAN, family, &rules_stages[STAGE_FORWARD_IN], policy);
	rules_of_shared_elsewhere(p, family, policy);
	for (uint32_t i = 0; i < p->sets->count; i++)
		if (set_claims(&p->sets->sets[i], STAGE_FORWARD_OUT, family))
			rules_lookup(p, &p->sets->sets[i], &rules_stages[STAGE_FORWARD_OUT],
				     RULES_BEGIN_FORWARD);
	rules_lookups(p, SET_LAN_FROM, family, &rules_stages[STAGE_FORWARD_OUT],
		      RULES_BEGIN_FORWARD);
}

/* ---- what is said on the link of a bridge ---- */

static const enum set_kind unfiltered_ports[FAMILY_COUNT] = { SET_UNFILTERED4, SET_UNFILTERED6 };

static bool has_links(const struct rules *p, enum stage stage, enum family family)
{
	for (uint32_t i = 0; i < p->sets->count; i++) {
		const struct set *set = &p->sets->sets[i];

		if (set->kind == SET_SERVICE && set->stage == stage && set->family == family)
			return true;
	}
	return stage == STAGE_LINK_IN && rules_find_set(p, unfiltered_ports[family], 0, 0);
}

static void rules_of_link(const struct rules *p, enum stage stage, enum family family)
{
	for (uint8_t level = 1; level <= LEVEL_MAX; level++)
		rules_of_level(p, stage, family, 0, level);
}

/*
 * A guest that may not open what it likes says from its link-local address only what passes anyway,
 * and on bridges what its outgoing settings name.
 */
static void print_link_local(const struct rules *p)
{
	rules_chain(p, "link_local_out");
	rules_line(p,
		   "ip6 daddr ff02::1:2 udp sport 546 udp dport 547 return"); /* DHCP: RFC 8415 */
	rules_of_link(p, STAGE_LINK_OUT, IPV6);
	rules_line(p, "iif @egress_limited_vif goto refused_packet");
	if (!p->in_bridge)
		rules_addresses(p, SET_EGRESS_LIMITED_LINK, IPV6, "", "ip6 saddr",
				"goto refused_packet");
	rules_chain_end(p);
}

/*
 * On a bridge the levels of a router hold for what it sends from an address that is nobody's here,
 * too. What routing.cfg has behind guests is of other machines.
 */
static void rules_of_routers_levels(const struct rules *p, enum family family)
{
	static const enum set_kind limited[FAMILY_COUNT] = { SET_LIMITED_ROUTER4,
							     SET_LIMITED_ROUTER6 };

	if (!rules_has_routers(p, family))
		return;
	rules_lookups(p, SET_ROUTED, family, &rules_stages[STAGE_FORWARD_OUT], "return");
	rules_of_link(p, STAGE_LINK_OUT, family);
	if (rules_find_set(p, limited[family], 0, 0))
		rules_line(p, "iif @limited_router%s goto refused_packet",
			   rules_families[family].version);
}

void rules_print_stage(const struct rules *p, enum stage stage, enum family family)
{
	const char *version = rules_families[family].version;
	bool used[129];

	print_stage_levels(p, stage, family, used);
	if (stage == STAGE_FORWARD_OUT && family == IPV6)
		print_link_local(p);
	rules_chain(p, "%s%s", stage_names[stage], version);
	if (stage == STAGE_FORWARD_OUT && family == IPV6)
		rules_line(p, "ip6 saddr fe80::/10 goto link_local_out");
	rules_to_levels(p, stage, family, used);
	if (stage == STAGE_FORWARD_OUT && p->in_bridge)
		rules_of_routers_levels(p, family);
	if (stage == STAGE_FORWARD_IN)
		rules_of_strangers(p, family);
	if (!rules_stages[stage].unnamed)
		rules_line(p, "goto %s_policy%s", chain_names[rules_stages[stage].chain], version);
	rules_chain_end(p);
}

/*
 * Where an address is one of the network's for all, no frame tells, but that it is for all tells
 * enough: what is for a guest's own address has the way of such. Not of ICMP, which has errors.
 */
#define BROADCAST "ether daddr ff:ff:ff:ff:ff:ff ip protocol != 1 "

void rules_to_broadcast(const struct rules *p, enum family family)
{
	if (family == IPV4)
		rules_line(p, BROADCAST "jump broadcast4");
}

/* What is for no guest's own address goes on there, to accept or drop. */
static void print_broadcast(const struct rules *p, const char *chain, const char *next)
{
	rules_chain(p, "%s", chain);
	rules_lookups(p, SET_GUEST, IPV4, &rules_stages[STAGE_FORWARD_IN], "return");
	rules_line(p, "goto %s", next);
	rules_chain_end(p);
}

void rules_print_broadcast(const struct rules *p, enum family family)
{
	if (!p->tracks && family == IPV4)
		print_broadcast(p, "broadcast4", "forward_family4");
}

void rules_to_link(const struct rules *p, enum family family)
{
	char verdict[64];

	if (!has_links(p, STAGE_LINK_IN, family))
		return;
	snprintf(verdict, sizeof(verdict), "%s goto link_in%s", rules_families[family].groups,
		 rules_families[family].version);
	rules_vifs(p, "oif", verdict);
	rules_vifs(p, "oif",
		   family == IPV6 ? "ip6 daddr fe80::/10 goto link_in6"
				  : BROADCAST "jump link_broadcast4");
}

/*
 * Groups have no address that a host file could be found by, nor have broadcasts, and link-local
 * ones tell nothing: what leaves through a guest's port is for that guest.
 */
void rules_print_link(const struct rules *p, enum family family)
{
	const char *version = rules_families[family].version;

	if (!has_links(p, STAGE_LINK_IN, family))
		return;
	rules_chain(p, "link_in%s", version);
	if (rules_find_set(p, unfiltered_ports[family], 0, 0))
		rules_line(p, "oif @unfiltered%s " RULES_BEGIN_FORWARD, version);
	rules_of_link(p, STAGE_LINK_IN, family);
	rules_line(p, "goto forward_policy%s", version);
	rules_chain_end(p);
	if (family == IPV4)
		print_broadcast(p, "link_broadcast4", "link_in4");
}

void rules_of_link_end(const struct rules *p, enum stage stage, const char *unfiltered)
{
	bool is_out = stage == STAGE_FORWARD_OUT;

	if (is_out)
		rules_line(p, "ip6 saddr fe80::/10 iif @egress_limited_vif goto refused_packet");
	if (rules_find_set(p, unfiltered_ports[IPV6], 0, 0))
		rules_line(p, "ip6 %s fe80::/10 %s @unfiltered6 %s", is_out ? "saddr" : "daddr",
			   is_out ? "iif" : "oif", unfiltered);
	if (!is_out)
		rules_vifs(p, "oif", "ip6 daddr fe80::/10 goto refused_packet");
}

static bool has_domu(const struct rules *p, enum family family)
{
	for (uint32_t i = 0; i < p->sets->count; i++)
		if (p->sets->sets[i].kind == SET_DOMU && p->sets->sets[i].family == family)
			return true;
	return false;
}

void rules_to_off(const struct rules *p, enum family family)
{
	char verdict[16];

	snprintf(verdict, sizeof(verdict), "jump off%s", rules_families[family].version);
	rules_lookups(p, SET_DOMU, family, &rules_stages[STAGE_FORWARD_IN], verdict);
}

/*
 * The guest may be online elsewhere in this network: what our own send there leaves as what they
 * send to anybody, and so does what leads somewhere else than back.
 */
void rules_print_off(const struct rules *p, enum family family)
{
	static const enum stage stages[] = { STAGE_FORWARD_IN, STAGE_FORWARD_OUT };

	if (!has_domu(p, family))
		return;
	rules_chain(p, "off%s", rules_families[family].version);
	for (size_t i = 0; i < COUNT(stages); i++)
		for (int length = family_bits(family); length >= 0; length--)
			rules_of_claims(p, stages[i], family, (uint8_t)length, "return");
	rules_lookups(p, SET_LAN_FROM, family, &rules_stages[STAGE_FORWARD_OUT], "return");
	rules_line(p, "fib daddr . iif oif exists goto refused_packet");
	rules_chain_end(p);
}
