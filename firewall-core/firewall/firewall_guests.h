/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xl configuration files → what they ask for, as a person would want it explained. */
#ifndef FIREWALL_GUESTS_H
#define FIREWALL_GUESTS_H

#include "policy/policy.h"

/*
 * Print what the guests of these files (the last one NULL) would be to the policy; errors and
 * warnings go to stderr, one a line. False when one of the vifs can't come up as its file stands,
 * or nothing can read such files here.
 */
bool guests_check(const struct policy *policy, char **files) MUST_USE;

#endif
