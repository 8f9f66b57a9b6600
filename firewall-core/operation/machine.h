/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this machine and its gateways have, and no guest on a bridge may say that it has. */
#ifndef MACHINE_H
#define MACHINE_H

#include "ruleset/ruleset.h"
#include "state/online.h"

/*
 * Of a bridged vif that may send from addresses that are nobody else's, as it has none itself or is
 * a next hop: add elements that tell which are this machine's and its gateways', as they are now.
 */
bool machine_add(struct elements *elements, const struct policy *policy, const struct vif *vif,
		 const struct vif_routes *routes, struct err *err) MUST_USE;

/* Replace those elements of all vifs, in a ruleset that is loaded, by what is so now. */
bool machine_renew_apply(const struct policy *policy, const struct online *online, struct err *err)
	MUST_USE;

#endif
