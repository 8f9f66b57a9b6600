/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections that began before the rules came. */
#ifndef ADOPT_H
#define ADOPT_H

#include "policy/policy.h"
#include "state/online.h"

/*
 * Let those go on that the policy would let begin, as the evaluator says, and this machine's own of
 * TCP, whatever the policy: so nobody who is logged in is cut off. Those that are let on already
 * stay so. It ends after ADOPT_MS; the rest has to begin anew.
 *
 * Fails when the kernel does not tell; the rules are not touched.
 */
#define ADOPT_MS 5000
bool adopt_apply(const struct policy *policy, const struct online *online, struct err *err)
	MUST_USE;

#endif
