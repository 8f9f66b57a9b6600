/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses the interfaces in NAT_DEVICE have: what comes for them is for PAT. */
#ifndef NAT_DEVICE_H
#define NAT_DEVICE_H

#include "policy/policy.h"

/*
 * Put them into the policy, for the host files that forward ports there. An interface that is not
 * there has none. Call it once, on a policy that was loaded from files.
 */
bool nat_device_read(struct policy *policy, struct err *err) MUST_USE;

#endif
