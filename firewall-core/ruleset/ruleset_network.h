/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks of the configuration → the elements that they are in the ruleset, whoever runs. Pure. */
#ifndef RULESET_NETWORK_H
#define RULESET_NETWORK_H

#include "ruleset/element.h"

/* Those of each [network], its FRIENDS and MASQUERADE, and of [unmanaged]. */
void ruleset_network_add(struct elements *elements, const struct policy *policy);

#endif
