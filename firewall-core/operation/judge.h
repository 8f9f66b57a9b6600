/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy, this machine and a vif → may it come up? For an attach, which refuses what these do,
 * for a load, and for `check` and `status`, which say so.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "kernel/kernel.h"
#include "state/online.h"

/*
 * May it have its addresses at such a place? Fails when a family of theirs is off, or this machine
 * or its gateway has one of them that is not shared (SHARED), or, of a routed vif, one in a prefix.
 * link  NULL: the kernel is not asked
 */
bool judge_addresses(const struct policy *policy, struct kernel_link *link, const struct vif *vif,
		     enum vif_place place, struct err *err) MUST_USE;

/*
 * Ask judge_addresses() of the vifs of other scripts. One that it refuses is up already: it is left
 * out and closed, and report gets a warning.
 */
bool judge_foreign(struct online *online, const struct policy *policy, struct report *report,
		   struct err *err) MUST_USE;

/* Can it be protected on a bridge, and others there from it? Fails with why it can't. */
bool judge_bridged(const struct policy *policy, const struct vif *vif, struct err *err) MUST_USE;

/*
 * What its port shall be, by the policy alone: not yet which VLANs, nor whether another vif has its
 * MAC.
 */
void judge_port(struct port_settings *port, const struct policy *policy, const struct vif *vif);

/*
 * Can it be in these VLANs of the bridge?
 * text  as vlan= has them
 */
bool judge_vlans(const struct settings *settings, const struct bridge *bridge, const char *text,
		 const struct vlans *vlans, struct err *err) MUST_USE;

/*
 * Ask judge_bridged() of all that are online. One that we attached would lose its rules: then this
 * fails. report gets a warning for each of another script.
 */
bool judge_online(const struct policy *policy, const struct online *online, struct report *report,
		  struct err *err) MUST_USE;

#endif
