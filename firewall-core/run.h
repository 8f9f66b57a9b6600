/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The run-time folder: what must be remembered until the next boot, and the lock under which it
 * changes.
 */
#ifndef RUN_H
#define RUN_H

#include "ruleset.h"
#include <time.h>

struct run {
	int directory; /* an open folder; -1 in a run that is not open */
	int lock;      /* -1: not held */
};

/* Where the configuration is: TAOFIREWALL_CONFIG, or /etc/taofirewall. */
const char *run_config_directory(void);

/* Open (or make, mode 0700) TAOFIREWALL_RUN, or /run/taofirewall. */
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

/*
 * Write the policy and the sets that the kernel shall have, for the attaches to come. The file is
 * its arrays, one behind the other. It counts from run_keep_snapshot() on, which can not fail for
 * lack of room: so that is for after the kernel took the rules.
 * with_guests     whether xenstore said which guests run
 * tracks_bridges  whether the kernel tracks connections on bridges, and the rules count on it
 */
bool run_write_snapshot(const struct run *run, const struct policy *policy, const struct sets *sets,
			bool with_guests, bool tracks_bridges, struct err *err) MUST_USE;
bool run_keep_snapshot(const struct run *run, struct err *err) MUST_USE;

/* What run_write_snapshot() wrote and run_keep_snapshot() kept. */
struct snapshot {
	/* Both lie in the mapped file: an attach touches the pages of its own hosts only. */
	struct policy policy;
	struct sets sets;
	bool with_guests, tracks_bridges;
	struct timespec loaded; /* CLOCK_REALTIME */
};

/*
 * Map the snapshot. *found is false when nothing was loaded since boot, or by a version of this
 * program with other structures.
 * snapshot  give it to snapshot_done()
 */
bool run_read_snapshot(struct snapshot *snapshot, bool *found, const struct run *run,
		       struct err *err) MUST_USE;
void snapshot_done(struct snapshot *snapshot);

#endif
