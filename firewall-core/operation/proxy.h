/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has addresses in one network, routed and on bridges → the kernel's proxy entries by which the
 * two kinds find each other.
 */
#ifndef PROXY_H
#define PROXY_H

#include "kernel/kernel.h"
#include "state/online.h"

/*
 * Let the vif, which is up, find those others that are in its subnets and bridged where it is
 * routed, or the other way, and them find it. Everything is tried; the error is the first.
 */
bool proxy_attach_apply(struct kernel_link *link, const struct settings *settings,
			const struct record *record, const struct online *others, struct err *err)
	MUST_USE;

/*
 * Take that back for a vif that goes. What goes with its interface is left to that, and what
 * another vif needs too stays: the addresses that are not among `released`.
 */
bool proxy_detach_apply(struct kernel_link *link, const struct record *record,
			const struct online *others, const struct prefix *released,
			unsigned released_count, struct err *err) MUST_USE;

/*
 * Set the entries that the vifs online need, and remove those of ours that none of them does: their
 * own, and those between the two kinds. Of vifs of other scripts nothing is known here.
 */
bool proxy_load_apply(const struct settings *settings, const struct online *online, struct err *err)
	MUST_USE;

#endif
