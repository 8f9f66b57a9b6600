/* SPDX-License-Identifier: GPL-2.0-or-later */
/* routing.cfg → the routes of the policy. */
#ifndef CONF_ROUTING_H
#define CONF_ROUTING_H

#include "policy/policy.h"

/*
 * Read directory_fd/routing.cfg and add its routes of those families that are on. What is wrong
 * with it is reported.
 */
void conf_routing_read(struct policy *policy, int directory_fd, struct report *report);

#endif
