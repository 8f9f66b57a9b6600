/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock that Xen's own block scripts take, for they stay in use beside us. */
#ifndef BLOCK_LOCK_H
#define BLOCK_LOCK_H

#include "base/err.h"

/*
 * Wait until no other program that attaches or detaches disks does so, timeout_ms at the most.
 * Returns the descriptor that holds it, or -1. The lock is flock(2)'s: it ends with the process.
 * Source: tools/hotplug/Linux/locking.sh, whose protocol it is.
 */
int block_lock(unsigned timeout_ms, struct err *err) MUST_USE;

void block_unlock(int lock); /* -1 is allowed */

#endif
