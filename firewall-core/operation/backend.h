/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways into the kernel, one struct each: backend_nft.c, backend_iptables.c. */
#ifndef BACKEND_H
#define BACKEND_H

#include "kernel/kernel_rules.h"
#include "state/online.h"
#include "state/run.h"

/* A whole ruleset, as it is to be in the kernel. */
struct ruleset {
	struct snapshot snapshot; /* what is to be remembered of it: policy, sets, generation */
	struct elements elements;
	const struct online *online;
};

/* A vif that comes or goes. */
struct vif_rules {
	const struct snapshot *loaded; /* what the kernel has */
	const struct vif *vif;
	const struct elements *elements; /* what comes with it, or goes: not what another has too */
};

struct backend_calls {
	/* Can it do what the policy wants? Fails with what it can't. */
	bool (*check)(const struct policy *policy, const struct sets *sets, struct err *err);

	/*
	 * Is what it loads with on this machine: its programs, or its library? Fails with what is
	 * missing, and what to do.
	 */
	bool (*check_tools)(const struct settings *settings, struct err *err);

	/*
	 * Can it protect this guest on a bridge, and others from it, and do there what else the
	 * policy wants? Fails with why it can't.
	 */
	bool (*check_bridged)(const struct policy *policy, const struct vif *vif, struct err *err);

	/* Print the whole ruleset for the tool that loads it. */
	bool (*print)(FILE *out, const struct ruleset *ruleset, struct err *err);

	/*
	 * Choose the generation that load_apply() is to load, which nobody has: neither here nor,
	 * as taken says, elsewhere.
	 */
	bool (*prepare)(struct ruleset *ruleset, const char *taken, struct err *err);

	/*
	 * Replace all that this backend has in the kernel. On failure what was there stays.
	 */
	bool (*load_apply)(const struct ruleset *ruleset, struct err *err);

	/*
	 * Remove all that it has in the kernel, where the settings' programs reach it, but for one
	 * generation (0: all of it).
	 */
	bool (*remove_apply)(const struct settings *settings, char kept, struct err *err);

	/*
	 * Put a vif's rules in, or take them out. With *needs_full_load set on failure, the ruleset
	 * is not what it should be, as far as can be told: a load would heal it.
	 */
	bool (*attach_apply)(const struct vif_rules *rules, bool *needs_full_load, struct err *err);
	bool (*detach_apply)(const struct vif_rules *rules, bool *needs_full_load, struct err *err);

	/* Are the rules of the snapshot in the kernel? Fails when that can't be found out. */
	bool (*read_loaded)(bool *loaded, const struct snapshot *snapshot, struct err *err);

	/*
	 * A number that changes when somebody changes the rules that were loaded, but not with the
	 * guests; 0: it can't tell.
	 */
	bool (*read_print)(uint64_t *print, const struct policy *policy, struct err *err);

	/*
	 * How many packets of each interface were dropped for this reason, one of the kinds before
	 * SET_SHARE_FROM. *counters is the caller's to free.
	 */
	bool (*read_counters)(struct index_counter **counters, size_t *count, enum set_kind kind,
			      const struct snapshot *snapshot, struct err *err);
};

extern const struct backend_calls backend_nft, backend_iptables;

const struct backend_calls *backend_of(const struct settings *settings);

#endif
