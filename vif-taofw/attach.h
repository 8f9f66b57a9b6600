/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vif comes online: what it asks for → rules, then its link. */
#ifndef ATTACH_H
#define ATTACH_H

#include "attach_kind.h"

/* What an attach did, for those who come after it. */
struct attached {
	struct record record;
	struct prefix
		announced[VIF_PREFIXES_MAX]; /* addresses that the uplink answers for from now on */
	unsigned announced_count;
	struct ifname old_name; /* before vifname= */
	char hooks[PATH_SIZE];
	uint32_t mtu;	 /* to tell the guest; 0: none */
	bool has_rules;	 /* false: the firewall was stopped by hand */
	bool has_routes; /* false: one of routing.cfg could not be set, and `routes` says why */
	struct err routes;
	bool has_proxies; /* false: it may not find guests of its networks; `proxies` says why */
	struct err proxies;
	bool is_cut_off; /* on a bridge where this kernel can't track connections */
};

/*
 * Bring a vif of the kind online: record, rules, and what the kind does to its link, in this order.
 * What is left of an earlier attach of the same vif is taken back first. On failure everything is
 * undone, and the error says why. Call it with the lock held; the caller gives it back then, and
 * forgets the connections of whoever had the addresses before, which release names, before the
 * guest is told that it has a network: until then it sends nothing and gets nothing.
 */
bool attach_apply(struct attached *attached, const struct attach_kind *kind, struct store *store,
		  const struct run *run, const struct hotplug_args *args,
		  const struct xenbus_vif *backend, struct release *release, struct err *err)
	MUST_USE;

/*
 * Load all rules, as `firewall start` does, if that was never done since boot (and not stopped by
 * hand), and read what was loaded. The configuration alone is read where the firewall is stopped.
 * Call it with the lock held.
 */
bool attach_read_policy(struct snapshot *snapshot, struct store *store, const struct run *run,
			struct err *err) MUST_USE;

/* Read the configuration itself; the error, which the guest can read, only counts its errors. */
bool attach_load_conf(struct policy *policy, struct err *err) MUST_USE;

#endif
