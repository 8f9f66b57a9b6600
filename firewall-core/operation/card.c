/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is online → what guests with several cards may send by each of them (ANY_CARD). */
#include "operation/card.h"
#include "base/array.h"
#include "policy/policy_vif.h"
#include "ruleset/ruleset_card.h"

static bool add_card_vif(struct vif **vifs, size_t *count, const struct vif *vif, struct err *err)
{
	struct vif *added = array_add(vifs, *count, sizeof(*added));

	if (!added)
		return err_memory(err);
	*added = *vif;
	(*count)++;
	return true;
}

bool card_add(struct elements *elements, const struct policy *policy, const struct online *others,
	      const struct vif *vif, struct err *err)
{
	auto_free struct vif *vifs = NULL;
	size_t count = 0;

	if (!policy_vif_shares_cards(policy, vif))
		return true;
	for (size_t i = 0; i < others->count; i++)
		if (others->records[i].vif.id.domid == vif->id.domid &&
		    !add_card_vif(&vifs, &count, &others->records[i].vif, err))
			return false;
	ruleset_card_add(elements, policy, vif, vifs, count);
	return true;
}

static int compare_domains(const void *a, const void *b)
{
	const struct vif *one = a, *other = b;

	return (one->id.domid > other->id.domid) - (one->id.domid < other->id.domid);
}

bool card_add_online(struct elements *elements, const struct policy *policy,
		     const struct online *online, struct err *err)
{
	auto_free struct vif *vifs = NULL;
	size_t count = 0, end = 0;

	for (size_t i = 0; i < online->count; i++)
		if (policy_vif_shares_cards(policy, &online->records[i].vif) &&
		    !add_card_vif(&vifs, &count, &online->records[i].vif, err))
			return false;
	if (count)
		qsort(vifs, count, sizeof(*vifs), compare_domains);
	for (size_t first = 0; first < count; first = end) {
		while (end < count && !compare_domains(&vifs[first], &vifs[end]))
			end++;
		for (size_t i = first; i < end; i++)
			ruleset_card_add(elements, policy, &vifs[i], &vifs[first], end - first);
	}
	return true;
}
