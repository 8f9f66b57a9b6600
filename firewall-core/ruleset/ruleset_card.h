/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vifs of one guest → what each may send from because another one has it (ANY_CARD). */
#ifndef RULESET_CARD_H
#define RULESET_CARD_H

#include "ruleset/element.h"
#include "value/vif.h"

/* Has it an address that any card of its guest may use? Then it may use those of the others. */
bool ruleset_card_shares(const struct policy *policy, const struct vif *vif);

/*
 * May the vif send from this very prefix? It may have it itself, or another card of its guest has.
 * others   vifs, of whichever guests; the vif itself may be among them
 * without  one of them that does not count, or NULL
 */
bool ruleset_card_may(const struct policy *policy, const struct vif *vif, const struct vif *others,
		      size_t count, const struct vif *without, const struct prefix *prefix);

/*
 * The elements that come, or go, with one card of a guest: what it may send from beside its own,
 * and what others may by it and by no further one. others is as above.
 */
void ruleset_card_add(struct elements *elements, const struct policy *policy, const struct vif *vif,
		      const struct vif *others, size_t count);

#endif
