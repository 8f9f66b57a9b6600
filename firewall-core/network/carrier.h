/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carriers of vifs that come and go → the vifs of which neighbours are to be told again, and when.
 * Pure.
 */
#ifndef CARRIER_H
#define CARRIER_H

#include "base/err.h"
#include <stdint.h>

/*
 * A vif is told of at once, and then not before this is over: what comes back meanwhile, however
 * often, is told of once at its end.
 */
#define CARRIER_PAUSE_MS 10000

/* Zeroed is valid and empty. */
struct carriers {
	struct carrier *vifs; /* by index */
	size_t count, due;    /* due: so many wait for their turn */
	bool is_lost;	      /* something may have come back that nobody told of: read them anew */
};
void carriers_done(struct carriers *carriers);

/*
 * What the kernel says of a vif. The first word of it is what it has, and its first carrier that of
 * an attach, which tells by itself; it comes back when `ups` has grown after that.
 * ups  how often its carrier has come since the interface was made
 */
bool carriers_hear(struct carriers *carriers, uint32_t index, uint32_t ups, bool is_up,
		   struct err *err) MUST_USE;

/* Its interface is gone; one that nobody heard of is no error. */
void carriers_forget(struct carriers *carriers, uint32_t index);

/* All are told of anew: between these two, carriers_hear() of each. Others are forgotten then. */
void carriers_begin(struct carriers *carriers);
void carriers_end(struct carriers *carriers);

/* How long until one is due; LONG_MAX: none is. */
long carriers_wait_ms(const struct carriers *carriers, long now_ms);

/*
 * Take one that is due, which counts as told of; 0: none is any more. One that has lost its carrier
 * again is passed over, until that comes back.
 * from  where to look on, 0 at first
 */
uint32_t carriers_take(struct carriers *carriers, size_t *from, long now_ms);

#endif
