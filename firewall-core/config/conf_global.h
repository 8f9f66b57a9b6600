/* SPDX-License-Identifier: GPL-2.0-or-later */
/* taofirewall.conf → the settings of the machine. */
#ifndef CONF_GLOBAL_H
#define CONF_GLOBAL_H

#include "policy/policy.h"

/*
 * Read directory_fd/taofirewall.conf, which must be there. What it doesn't say stays as it is in
 * policy; what is wrong with it is reported.
 */
void conf_global_read(struct policy *policy, int directory_fd, struct report *report);

#endif
