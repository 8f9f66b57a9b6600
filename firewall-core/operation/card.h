/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is online → what guests with several cards may send by each of them (ANY_CARD). */
#ifndef CARD_H
#define CARD_H

#include "ruleset/element.h"
#include "state/online.h"

/* Add the elements that come, or go, with this vif, by those of its guest that are online. */
bool card_add(struct elements *elements, const struct policy *policy, const struct online *others,
	      const struct vif *vif, struct err *err) MUST_USE;

/* The same of all that are online. */
bool card_add_online(struct elements *elements, const struct policy *policy,
		     const struct online *online, struct err *err) MUST_USE;

#endif
