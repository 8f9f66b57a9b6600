/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another program, run to its end and in time. */
#ifndef CHILD_H
#define CHILD_H

#include "base/err.h"

struct child_program {
	const char *const *arguments;	/* its absolute path first, NULL last */
	const char *const *environment; /* all of it; NULL last */
	int streams[3]; /* its standard input, output and error: open, the caller's */
};

/* CLOCK_MONOTONIC. */
long child_now_ms(void);

/*
 * Run a program without a shell, with umask 022, and wait for its end. True when it exited with 0.
 *
 * timeout_ms   then it is killed; it is also killed when this process ends
 * exit_status  when it exited by itself, with what; else -1
 *
 * Fails when it can't be run, is killed, ends by a signal, exits with another status, or when how
 * it ended can't be found out: always with its path.
 */
bool child_run(int *exit_status, const struct child_program *program, long timeout_ms,
	       struct err *err) MUST_USE;

#endif
