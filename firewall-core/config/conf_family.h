/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipv4.conf or ipv6.conf → what holds for every host of the family, and its networks. */
#ifndef CONF_FAMILY_H
#define CONF_FAMILY_H

#include "config/group.h"

/*
 * Read directory_fd/ipv4.conf or ipv6.conf. What it doesn't say stays as it is in policy; what is
 * wrong with it is reported. The names of its networks are in groups, too.
 */
void conf_family_read(struct policy *policy, struct groups *groups, enum family family,
		      int directory_fd, struct report *report);

#endif
