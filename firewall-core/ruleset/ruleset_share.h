/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CONNECTIONS → elements: what of the kernel's table of connections, which all share, a vif may
 * take. Keyed by its interface index alone. Pure.
 */
#ifndef RULESET_SHARE_H
#define RULESET_SHARE_H

#include "ruleset/element.h"
#include "value/vif.h"

/*
 * How many connections each guest may have whose host files don't say: of a table with so many
 * places (0: unknown) three quarters are for the guests of the configuration, or for two if these
 * are fewer, and each may fill twice its share: what it began, and what others opened to it. So
 * Dom0 always has a quarter, unless there are so many guests that SHARE_LEAST is more.
 */
#define SHARE_LEAST 128
#define SHARE_MOST 16384
uint32_t share_default(const struct policy *policy, uint32_t places);

/*
 * How many the vif may have: the most that a host file of one of its addresses says. 0: no limit.
 */
uint32_t share_of_vif(const struct policy *policy, const struct vif *vif);

/*
 * The shares of a policy's guests, each once, in order: the smallest that is greater than after, or
 * 0. What the chains of a share are called is its number.
 */
uint32_t share_next(const struct policy *policy, uint32_t after);

/*
 * How a share is kept. To count the connections of a vif, the kernel looks through them, half a
 * microsecond each, whenever there is a new one (nf_conncount.c). So a large share is counted in
 * parts, of which chance takes one for each new connection. One of TCP that was closed keeps its
 * place for two minutes in which it is not counted (nf_conntrack_tcp_timeout_time_wait).
 */
#define SHARE_SMALL 1024
#define SHARE_PART 64
struct share_limits {
	struct share_rate {
		uint32_t per_minute, burst;
	} begun, opened;      /* of TCP */
	uint32_t parts, part; /* how many parts, and of how many connections each */
};
struct share_limits share_limits(uint32_t share);

/* What the guests of the configuration may have together; one without limit has a whole table. */
uint64_t share_sum(const struct policy *policy, uint32_t places);

/*
 * The elements of a vif. tracks_bridges as for ruleset_print(): without tracking there is nothing
 * to count on bridges.
 */
void ruleset_share_add(struct elements *elements, const struct policy *policy,
		       const struct vif *vif, bool tracks_bridges);

/* One of each set that such a vif can have elements in. */
void ruleset_share_add_sets(struct elements *elements, const struct vif *vif);

#endif
