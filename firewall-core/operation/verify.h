/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an attach of ours made, by its record → what of it is not there any more. */
#ifndef VERIFY_H
#define VERIFY_H

#include "kernel/kernel.h"
#include "state/online.h"

/* What is found, a warning each; zeroed is valid and empty. */
struct verified {
	struct report
		missing; /* a reload or a repair sets it again: who is likely to have taken it */
	struct report barred; /* it does not: it is up to the administrator */
};
void verified_done(struct verified *verified);

/*
 * Compare the addresses, neighbours, routes, proxy entries, sysctls and the port of a vif with its
 * record, and tell what is not as it was made. A vif of another script has no record, and nothing
 * is missing.
 */
bool verify_vif(struct verified *verified, const struct policy *policy, const struct online *online,
		const struct record *record, struct kernel_link *link, struct err *err) MUST_USE;

/* Is its interface there, and down? */
bool verify_is_down(struct kernel_link *link, const struct vif *vif);

#endif
