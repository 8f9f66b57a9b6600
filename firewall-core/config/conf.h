/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration folder → the policy. */
#ifndef CONF_H
#define CONF_H

#include "policy/policy.h"

/*
 * Read taofirewall.conf, ipv4.conf, ipv6.conf, ipv4.d/NAME.conf, ipv6.d/NAME.conf and routing.cfg
 * below directory.
 *
 * policy  filled on success, untouched on failure; give it to policy_done()
 * report  gets every error and warning of every file, "FILE:LINE: [SECTION] KEY: what is wrong";
 *         FILE is relative to directory
 *
 * A missing ipv4.conf or ipv6.conf means its defaults, a missing ipv4.d or ipv6.d no hosts, a
 * missing routing.cfg no routes; taofirewall.conf must be there. Fails when there is at least one
 * error, or one of them or their folders is not trusted (trust.h); then nothing may be loaded.
 */
bool conf_load(struct policy *policy, const char *directory, struct report *report) MUST_USE;

/*
 * When the newest of these files, or a folder of them, was changed; 0 when there is none. Where it
 * differs from what a policy says, the policy is of other files.
 */
struct timespec conf_changed(const char *directory);

#endif
