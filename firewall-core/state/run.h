/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The run-time folder: what must be remembered until the next boot, and the lock under which it
 * changes.
 */
#ifndef RUN_H
#define RUN_H

#include "ruleset/ruleset.h"
#include <time.h>

struct run {
	int directory; /* an open folder; -1 in a run that is not open */
	int lock;      /* -1: not held */
};

/* Where the configuration is: TAOFIREWALL_CONFIG, or /etc/taofirewall. */
const char *run_config_directory(void);

/*
 * Open (or make, mode 0700) TAOFIREWALL_RUN, or /run/taofirewall. Fails when it is not trusted, see
 * trust.h.
 */
bool run_open(struct run *run, struct err *err) MUST_USE;
void run_close(struct run *run);

/*
 * Wait until no other program of ours changes anything, timeout_ms at the most. The lock is
 * flock(2)'s: it ends with the process.
 */
bool run_lock(struct run *run, unsigned timeout_ms, struct err *err) MUST_USE;
void run_unlock(struct run *run);

/* Stopped by hand: vifs come up without rules. */
bool run_is_stopped(const struct run *run);
bool run_set_stopped(const struct run *run, bool stopped, struct err *err) MUST_USE;

/* Since boot, by whatever version of us: run_read_snapshot() may find nothing that it knows. */
bool run_was_loaded(const struct run *run);

/* The policy and the sets that the kernel has, for the attaches to come. */
struct snapshot {
	/* Both lie in the mapped file: an attach touches the pages of its own hosts only. */
	struct policy policy;
	struct sets sets;
	bool with_guests;	/* xenstore said which guests run */
	bool tracks_bridges;	/* the kernel tracks connections on bridges, and the rules count on
				   it */
	char generation;	/* of the iptables backends' chains; 0: nft has none */
	uint64_t print;		/* of the rules that were loaded: read_print() of backend.h */
	struct timespec loaded; /* CLOCK_REALTIME: when it was written */
};

/*
 * Write a snapshot. The file is its arrays, one behind the other. It counts from
 * run_commit_snapshot() on, which can not fail for lack of room: so that is for after the kernel
 * took the rules, and has their print. On failure all is as it was.
 */
bool run_write_snapshot(const struct run *run, const struct snapshot *snapshot, struct err *err)
	MUST_USE;
bool run_commit_snapshot(const struct run *run, uint64_t print, struct err *err) MUST_USE;

/*
 * Map the snapshot. *found is false when nothing was loaded since boot, or by a version of this
 * program with other structures.
 * snapshot  give it to snapshot_done()
 */
bool run_read_snapshot(struct snapshot *snapshot, bool *found, const struct run *run,
		       struct err *err) MUST_USE;

/* The same of one that was written and never kept: the load failed, or was cut off. */
bool run_read_pending(struct snapshot *snapshot, bool *found, const struct run *run,
		      struct err *err) MUST_USE;
void snapshot_done(struct snapshot *snapshot);

/* Is there such a one? Then its rules may stand beside those that were kept. */
bool run_has_pending(const struct run *run);

#endif
