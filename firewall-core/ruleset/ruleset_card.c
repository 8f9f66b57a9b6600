/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vifs of one guest → what each may send from because another one has it (ANY_CARD). */
#include "ruleset/ruleset_card.h"
#include "policy/policy_vif.h"
#include "ruleset/ruleset.h"

void ruleset_card_add(struct elements *elements, const struct policy *policy, const struct vif *vif,
		      const struct vif *others, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct vif *other = &others[i];

		for (unsigned j = 0; j < other->prefix_count; j++)
			if (policy_vif_is_given(policy, vif, other, &other->prefixes[j]) &&
			    !vif_has(vif, &other->prefixes[j]))
				ruleset_add_source(elements, policy, vif, &other->prefixes[j]);
		for (unsigned j = 0; j < vif->prefix_count; j++)
			if (policy_vif_is_given(policy, other, vif, &vif->prefixes[j]) &&
			    !policy_vif_may_send(policy, other, others, count, vif,
						 &vif->prefixes[j]))
				ruleset_add_source(elements, policy, other, &vif->prefixes[j]);
	}
}
