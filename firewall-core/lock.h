/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flock(2), and a limit to the time that it takes. */
#ifndef LOCK_H
#define LOCK_H

#include "cleanup.h"
#include <stdbool.h>

/*
 * Wait for the exclusive lock of an open file until then (CLOCK_MONOTONIC, as of child_now_ms()).
 * The kernel gives it to those who wait in the order in which they came, so that nobody starves,
 * however many come and go. False when the time is up.
 */
bool lock_wait(int fd, long deadline_ms) MUST_USE;

#endif
