/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What single guests may do that others may not, as nft rules: routers say what only routers say,
 * and some have ether types of their own. Without such guests there is nothing of it.
 */
#include "nft/rules.h"

static const char spoofed[] = "goto spoofed_packet";

/* ---- routers ---- */

bool rules_has_routers(const struct rules *p, enum family family)
{
	static const enum set_kind kinds[FAMILY_COUNT] = { SET_ROUTER4, SET_ROUTER6 };

	return rules_find_set(p, kinds[family], 0, 0);
}

/* That it has a MAC of the vif was seen to before. */
void rules_of_routers(const struct rules *p, enum family family, const char *match,
		      const char *verdict)
{
	if (rules_has_routers(p, family))
		rules_line(p, "%siif @router%s %s", match, rules_families[family].version, verdict);
}

const char *rules_unless_router(const struct rules *p, enum family family)
{
	static const char *const verdicts[FAMILY_COUNT] = { "goto routers4", "goto routers6" };

	return rules_has_routers(p, family) ? verdicts[family] : spoofed;
}

void rules_print_routers(const struct rules *p)
{
	for (int family = 0; family < FAMILY_COUNT; family++) {
		if (!rules_has_routers(p, family))
			continue;
		rules_chain(p, "routers%s", rules_families[family].version);
		rules_of_routers(p, family, "", "accept");
		rules_line(p, "%s", spoofed);
		rules_chain_end(p);
	}
}

/* From elsewhere its TTL would be less: RFC 5798, 5.1.1.3. */
void rules_for_vrrp(const struct rules *p)
{
	static const char *const what[] = { "ip daddr 224.0.0.18 ip ttl 255",
					    "ip6 daddr ff02::12 ip6 hoplimit 255" };

	if (!rules_find_set(p, SET_VRRP, 0, 0))
		return;
	for (size_t i = 0; i < COUNT(what); i++) {
		rules_line(p, "%s meta l4proto 112 iif @vrrp accept", what[i]);
		rules_line(p, "%s meta l4proto 112 oif @vrrp accept", what[i]);
	}
}

/* ---- ether types ---- */

static bool has_ethertypes(const struct rules *p)
{
	return rules_find_set(p, SET_ETHERTYPE, 0, 0);
}

void rules_of_other_ethertypes(const struct rules *p)
{
	rules_line(p, "ether type != { ip, ip6, arp } %s",
		   has_ethertypes(p) ? "goto other_ethertypes" : spoofed);
}

void rules_for_ethertypes(const struct rules *p)
{
	if (!has_ethertypes(p))
		return;
	rules_line(p, "iif . meta protocol @ethertype accept");
	rules_line(p, "oif . meta protocol @ethertype accept");
}

void rules_print_other_ethertypes(const struct rules *p)
{
	if (!has_ethertypes(p))
		return;
	rules_chain(p, "other_ethertypes");
	rules_line(p, "iif . ether saddr != @vif_mac %s", spoofed);
	rules_line(p, "iif . ether type @ethertype accept");
	rules_line(p, "%s", spoofed);
	rules_chain_end(p);
}
