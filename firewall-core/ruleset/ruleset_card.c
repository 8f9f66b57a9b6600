/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vifs of one guest → what each may send from because another one has it (ANY_CARD). */
#include "ruleset/ruleset_card.h"
#include "ruleset/ruleset.h"
#include "ruleset/ruleset_host.h"

bool ruleset_card_shares(const struct policy *policy, const struct vif *vif)
{
	unsigned at = 0;
	const struct host *host;

	while ((host = ruleset_host_next(&at, policy, vif)))
		if (host->any_card)
			return true;
	return false;
}

/* What another script attached comes and goes without us. */
static bool are_cards(const struct vif *vif, const struct vif *other)
{
	return vif->id.domid == other->id.domid && !vif_id_equal(&vif->id, &other->id) &&
	       !vif->is_foreign && !other->is_foreign;
}

static bool is_given(const struct policy *policy, const struct vif *vif, const struct vif *giver,
		     const struct prefix *prefix)
{
	const struct host *host;

	if (!are_cards(vif, giver) || !vif_has(giver, prefix) || !ruleset_card_shares(policy, vif))
		return false;
	host = ruleset_host(policy, prefix, &giver->name);
	return host && host->any_card;
}

bool ruleset_card_may(const struct policy *policy, const struct vif *vif, const struct vif *others,
		      size_t count, const struct vif *without, const struct prefix *prefix)
{
	for (size_t i = 0; i < count; i++)
		if ((!without || !vif_id_equal(&others[i].id, &without->id)) &&
		    is_given(policy, vif, &others[i], prefix))
			return true;
	return vif_has(vif, prefix);
}

void ruleset_card_add(struct elements *elements, const struct policy *policy, const struct vif *vif,
		      const struct vif *others, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct vif *other = &others[i];

		for (unsigned j = 0; j < other->prefix_count; j++)
			if (is_given(policy, vif, other, &other->prefixes[j]) &&
			    !vif_has(vif, &other->prefixes[j]))
				ruleset_add_source(elements, policy, vif, &other->prefixes[j]);
		for (unsigned j = 0; j < vif->prefix_count; j++)
			if (is_given(policy, other, vif, &vif->prefixes[j]) &&
			    !ruleset_card_may(policy, other, others, count, vif, &vif->prefixes[j]))
				ruleset_add_source(elements, policy, other, &vif->prefixes[j]);
	}
}
