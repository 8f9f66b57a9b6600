/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vifs of one guest → what each may send from because another one has it (ANY_CARD). */
#ifndef RULESET_CARD_H
#define RULESET_CARD_H

#include "ruleset/element.h"
#include "value/vif.h"

/*
 * The elements that come, or go, with one card of a guest: what it may send from beside its own,
 * and what others may by it and by no further one. others is as above.
 */
void ruleset_card_add(struct elements *elements, const struct policy *policy, const struct vif *vif,
		      const struct vif *others, size_t count);

#endif
