/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of `firewall`. */
#ifndef FIREWALL_H
#define FIREWALL_H

#include "state/online.h"
#include "state/run.h"

/* Exit statuses; NOT_RUNNING is what LSB wants of `status`. */
enum status { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_WRONG_CALL = 2, STATUS_NOT_RUNNING = 3 };

/* What only `explain` is asked: --from and so on. */
enum ask {
	ASK_FROM,
	ASK_TO,
	ASK_PROTO,
	ASK_PORT,
	ASK_SPORT,
	ASK_ICMP,
	ASK_IN,
	ASK_OUT,
	ASK_ONLINE,
	ASK_COUNT
};

struct call {
	const char *command;
	const char *config;	    /* the configuration's folder */
	const char *backend;	    /* --backend, or NULL */
	const char *ask[ASK_COUNT]; /* NULL: not given */
	char **words; /* behind the command, NULL last: more of --online; xl configuration files */
};

/* An attach holds the lock for some milliseconds, one that waits for xenstored for longer. */
#define FIREWALL_LOCK_TIMEOUT_MS 30000

/* Of a whole command, in seconds; below the units' TimeoutStartSec=60. */
#define FIREWALL_DEADLINE_S 55

enum status firewall_start(const struct call *call);
enum status firewall_stop(const struct call *call);
enum status firewall_reload(const struct call *call);
enum status firewall_try_restart(const struct call *call);
enum status firewall_repair(const struct call *call);
enum status firewall_watch(const struct call *call);
enum status firewall_status(const struct call *call);
enum status firewall_check(const struct call *call);
enum status firewall_show(const struct call *call);
enum status firewall_explain(const struct call *call);

/* Load the configuration, with --backend in force; errors and warnings go to stderr, one a line. */
bool firewall_load_conf(struct policy *policy, const struct call *call) MUST_USE;

/*
 * What `firewall repair` does; what can't be done is logged, and so is what was missing and is set
 * again.
 */
bool firewall_repair_apply(bool *was_missing) MUST_USE;

/* Print them to stderr, warnings with "warning: " in front. */
void firewall_print_report(const struct report *report);

#endif
