/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flock(2), and a limit to the time that it takes. */
#ifndef LOCK_H
#define LOCK_H

#include "base/cleanup.h"
#include <stdbool.h>

/*
 * Wait for the exclusive lock of an open file until then (CLOCK_MONOTONIC, as of child_now_ms()).
 * When it is given back, the kernel wakes those who wait, and the first of them to run has it: one
 * who came later may, and so may one who comes just then. The order is nobody's right, and the time
 * is for all who may come before. False when the time is up, or the kernel gives no lock or timer.
 */
bool lock_wait(int fd, long deadline_ms) MUST_USE;

#endif
