/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host file → a host of the policy, its claims, rules and forwards. */
#ifndef CONF_HOST_H
#define CONF_HOST_H

#include "config/group.h"

/*
 * Read directory_fd/file, a name that fits into struct host, and add what it says to policy. What
 * is wrong with it is reported; the host is there nevertheless.
 */
void conf_host_read(struct policy *policy, int directory_fd, const char *file, enum family family,
		    struct groups *groups, struct report *report);

#endif
