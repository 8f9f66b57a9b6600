/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only this machine and its gateways say on bridges, as nft rules. */
#include "nft/rules.h"

static const char spoofed[] = "goto spoofed_packet";

/*
 * What this machine itself asks its neighbours for comes from addresses that it has: those that it
 * got since its elements were told, too. Answers tell nothing, for some are given in another's
 * place (proxy ARP). And who advertises himself as a router is one, for guests can't: that is
 * known from nowhere else, and so a load keeps it.
 */
void rules_print_spoken(const struct rules *p)
{
	static const char *const keys[][2] = {
		{ "spoken4", "type ipv4_addr" },
		{ "spoken6", "type ipv6_addr" },
		{ "spoken_target6", "typeof @th,64,128" },
		{ RULESET_HEARD, "type ipv6_addr" },
		{ RULESET_HEARD_TARGET, "typeof @th,64,128" },
	};

	for (size_t i = 0; i < COUNT(keys); i++)
		rules_dynamic_set(p, 4096, keys[i][1], "4h", "%s", keys[i][0]);
	rules_chain(p, "asked6");
	rules_line(p, "ip6 saddr :: update @spoken_target6 { @th,64,128 } return");
	rules_line(p, "update @spoken6 { ip6 saddr }");
	rules_line(p, "update @spoken_target6 { @nh,64,128 }");
	rules_chain_end(p);
	rules_chain(p, RULESET_HEARD);
	rules_line(p, "update @" RULESET_HEARD " { ip6 saddr }");
	rules_line(p, "update @" RULESET_HEARD_TARGET " { @nh,64,128 }");
	rules_chain_end(p);
}

void rules_of_spoken(const struct rules *p)
{
	rules_line(p, "meta protocol arp arp operation request arp saddr ip != 0.0.0.0 "
		      "update @spoken4 { arp saddr ip }");
	rules_line(p, "meta protocol ip6 icmpv6 type nd-neighbor-solicit jump asked6");
}

void rules_of_machine(const struct rules *p, enum family family, const char *match,
		      const char *address)
{
	rules_addresses(p, SET_MACHINE, family, match, address, spoofed);
	rules_line(p, "%s%s @spoken%s %s", match, address, rules_families[family].version, spoofed);
	if (family == IPV6)
		rules_line(p, "%s%s @" RULESET_HEARD " %s", match, address, spoofed);
}

void rules_of_machine_target(const struct rules *p)
{
	rules_addresses(p, SET_MACHINE_TARGET, IPV6, "", RULES_TARGET, spoofed);
	rules_line(p, RULES_TARGET " @spoken_target6 %s", spoofed);
	rules_line(p, RULES_TARGET " @" RULESET_HEARD_TARGET " %s", spoofed);
}
