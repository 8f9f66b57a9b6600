/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host files with outgoing settings → what their guests' link-local addresses may not. */
#include "ruleset/ruleset_limit.h"

void ruleset_limit_add_vif(struct elements *elements, const struct vif *vif)
{
	struct set set = { .table = vif->bridge_index ? TABLE_BRIDGE : TABLE_INET,
			   .kind = SET_EGRESS_LIMITED_VIF };

	element_add_index(elements_add(elements, &set), vif->index);
}

void ruleset_limit_add_link(struct elements *elements, const struct prefix *link_local)
{
	struct set set = { .kind = SET_EGRESS_LIMITED_LINK,
			   .family = IPV6,
			   .length = link_local->length };

	element_add_address(elements_add(elements, &set), link_local);
}
