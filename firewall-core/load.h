/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy and the vifs that are online → the whole ruleset, as text or in the kernel. */
#ifndef LOAD_H
#define LOAD_H

#include "online.h"
#include "run.h"

/* Print the ruleset for these vifs. */
bool load_print(FILE *out, const struct policy *policy, const struct online *online,
		struct err *err) MUST_USE;

/*
 * Replace the kernel's ruleset by that of the policy and these vifs, in one transaction, and keep
 * the snapshot for the attaches to come. On failure the old ruleset stays. Call it with the lock
 * held.
 * with_guests  online tells which guests run; false where xenstore does not answer (yet)
 */
bool load_apply(const struct run *run, const struct policy *policy, const struct online *online,
		bool with_guests, struct err *err) MUST_USE;

#endif
