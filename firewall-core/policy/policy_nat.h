/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forwarded ports of a policy → what they say against each other, and against the settings. */
#ifndef POLICY_NAT_H
#define POLICY_NAT_H

#include "policy/policy.h"

/* Report each port that is forwarded to two hosts, or twice to one. For policy_finish(). */
void policy_check_forwards(const struct policy *policy, struct report *report);

/*
 * Warn of the host's forwarded ports that no setting of it opens, and of those that are taken from
 * this machine itself. For policy_finish().
 */
void policy_warn_of_forwards(const struct policy *policy, const struct host *host,
			     struct report *report);

#endif
