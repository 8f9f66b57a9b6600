/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests whose host files say what they may open. Their link-local addresses stand in no host file;
 * what they may not from their own, they may not from these.
 */
#ifndef RULESET_LIMIT_H
#define RULESET_LIMIT_H

#include "ruleset/element.h"
#include "value/vif.h"

/*
 * The element keyed by the interface; and of a bridged vif the one keyed by its link-local address.
 */
void ruleset_limit_add_vif(struct elements *elements, const struct vif *vif);
void ruleset_limit_add_link(struct elements *elements, const struct prefix *link_local);

#endif
