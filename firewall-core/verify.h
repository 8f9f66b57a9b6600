/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an attach of ours made, by its record → what of it is not there any more. */
#ifndef VERIFY_H
#define VERIFY_H

#include "kernel.h"
#include "online.h"

/*
 * Compare the addresses, neighbours, routes, proxy entries, sysctls and the port of a vif with its
 * record. missing gets a warning for each that is not as it was made, and who is likely to have
 * taken it. A vif of another script has no record, and nothing is missing.
 */
bool verify_vif(struct report *missing, const struct policy *policy, const struct online *online,
		const struct record *record, struct kernel_link *link, struct err *err) MUST_USE;

#endif
