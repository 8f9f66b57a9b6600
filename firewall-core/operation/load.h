/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy and the vifs that are online → the whole ruleset, as text or in the kernel. */
#ifndef LOAD_H
#define LOAD_H

#include "state/online.h"
#include "state/run.h"

/* How many connections the kernel can track. 0: unknown, as the module is not there. */
uint32_t load_read_places(void);

/*
 * Can the policy hold for frames between guests and ports that are no guests'? True where nothing
 * needs it, and where that can't be found out.
 */
bool load_tracks_bridges(const struct policy *policy);

/* What it means where it can't, and the remedy. */
#define LOAD_UNTRACKED                                                                             \
	"this kernel tracks no connections on bridges, so frames between guests and ports that "   \
	"are no guests' are dropped, but for what links need (as ARP), what is for groups, hosts " \
	"with FIREWALL = no and [unmanaged] networks: run modprobe nf_conntrack_bridge (or a "     \
	"kernel with CONFIG_NF_CONNTRACK_BRIDGE) and firewall reload"

/* Warn of what the policy wants of interfaces of this machine that they can't do. */
void load_check_interfaces(const struct policy *policy, struct report *report);

/*
 * Does br_netfilter keep machines behind a bridge from calling forwarded ports of their own LAN?
 * It translates their frames while these are still on the bridge, which sends none back where it
 * came from. Source: net/bridge/br_netfilter_hooks.c, br_nf_pre_routing_finish()
 */
bool load_loses_hairpins(const struct policy *policy);

/* What it means where it does, and the remedy. */
#define LOAD_HAIRPINS                                                                              \
	"br_netfilter is on, so what a machine behind a bridge sends to a forwarded port of its "  \
	"own, or with ISOLATE = yes of its neighbour's, goes nowhere: run sysctl "                 \
	"net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0"

/* Can the backend do what the policy wants, before any guest comes? Fails with what it can't. */
bool load_check(const struct policy *policy, struct err *err) MUST_USE;

/* Print the ruleset for these vifs. */
bool load_print(FILE *out, const struct policy *policy, const struct online *online,
		struct err *err) MUST_USE;

/*
 * Replace the kernel's ruleset by that of the policy and these vifs, and keep the snapshot for the
 * attaches to come. On failure the old ruleset stays. What another backend, or other programs, had
 * loaded goes when the new ruleset is there. Call it with the lock held.
 * with_guests  online tells which guests run; false where xenstore does not answer (yet)
 */
bool load_apply(const struct run *run, const struct policy *policy, const struct online *online,
		bool with_guests, struct err *err) MUST_USE;

/*
 * The same with the vifs that xenstore knows of.
 * except  without this one; NULL: with all
 */
bool load_online_apply(const struct run *run, const struct policy *policy, struct store *store,
		       const struct vif_id *except, struct err *err) MUST_USE;

/*
 * Remove all of ours from the kernel, whichever backend brought it. Call it with the lock held.
 * policy  of the configuration, which may name programs that nothing else remembers; NULL: none
 */
bool load_remove_apply(const struct run *run, const struct policy *policy, struct err *err)
	MUST_USE;

#endif
