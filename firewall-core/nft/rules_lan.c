/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On bridges, as nft rules: nobody comes from one [network] to another without being routed. */
#include "nft/rules.h"

void rules_of_lan_sources(const struct rules *p, enum family family)
{
	char verdict[24];

	snprintf(verdict, sizeof(verdict), "jump lan_source%s", rules_families[family].version);
	if (p->in_bridge)
		rules_lookups(p, SET_LAN, family, &rules_stages[STAGE_FORWARD_OUT], verdict);
}

/* What a guest has of its own it may send from anywhere. */
void rules_print_lan_sources(const struct rules *p, enum family family)
{
	static const struct rules_stage *const from = &rules_stages[STAGE_FORWARD_OUT];
	static const struct rules_stage *const to = &rules_stages[STAGE_FORWARD_IN];
	bool any = false;

	for (uint32_t i = 0; p->in_bridge && i < p->sets->count; i++)
		any = any ||
		      (p->sets->sets[i].kind == SET_LAN && p->sets->sets[i].family == family);
	if (!any)
		return;
	rules_chain(p, "lan_source%s", rules_families[family].version);
	rules_lookups(p, SET_LAN_PAIR, family, from, "return");
	rules_lookups(p, SET_GUEST, family, from, "return");
	rules_lookups(p, SET_LAN, family, to, "goto spoofed_packet");
	rules_chain_end(p);
}
