/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child process, and a limit to the time that it takes. */
#ifndef CHILD_H
#define CHILD_H

#include "cleanup.h"
#include <stdbool.h>
#include <sys/types.h>

/* CLOCK_MONOTONIC. */
long child_now_ms(void);

/*
 * Wait for the child until then; *status is as of waitpid(2). False when it had to be killed.
 */
bool child_wait(pid_t child, long deadline_ms, int *status) MUST_USE;

#endif
