/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ruleset's two ways into the kernel: as a whole (kernel_nft.c), and one batch of elements
 * (kernel_element.c).
 */
#ifndef KERNEL_RULES_H
#define KERNEL_RULES_H

#include "ruleset/element.h"

/*
 * Run text as `nft -f` would, in one transaction: all of it or nothing. libnftables is opened at
 * the first call, since a hotplug run hardly ever needs it and would pay for it each time. Fails
 * with nft's own first message.
 */
bool kernel_nft_apply(const char *text, struct err *err) MUST_USE;

/* Can libnftables be loaded? Fails where it is not on this machine. */
bool kernel_nft_check_library(struct err *err) MUST_USE;

/*
 * Does this kernel track connections on bridges? Found out by having it check a rule that needs
 * that. True where that can't be found out: only root may ask.
 */
bool kernel_bridge_tracks(void);

/*
 * Add and remove elements, in one transaction. Adding what is there and removing what is not is no
 * error. With *missing set on failure, the kernel has no such table or set: the ruleset was never
 * loaded, or somebody else flushed it.
 */
bool kernel_elements_apply(const struct elements *added, const struct elements *removed,
			   bool *missing, struct err *err) MUST_USE;

/* Are our tables in the kernel? Fails when that can't be found out. */
bool kernel_table_read_loaded(bool *loaded, enum table table, struct err *err) MUST_USE;
bool kernel_rules_read_loaded(bool *loaded, bool with_bridges, struct err *err) MUST_USE;

/*
 * A number that tells whether somebody has changed our rules since it was read: it is made of our
 * tables, their chains, and how many rules each of these has. What comes and goes with guests does
 * not change it. 0: it can't be told, as while others change rules of theirs.
 */
bool kernel_rules_read_print(uint64_t *print, bool with_bridges, struct err *err) MUST_USE;

/* Send one request to nf_tables, and hear its answer (kernel_netlink.h). Fails with errno set. */
struct nlmsghdr;
struct netlink_listener;
bool kernel_rules_request(struct nlmsghdr *header, const struct netlink_listener *listener,
			  struct err *err) MUST_USE;

/* An address of IPv6 that packets put into a set, and how much longer it stays there. */
struct heard {
	struct prefix address;
	uint64_t milliseconds;
};

/* Read those in a set of table bridge; none where there is no such set. *heard is to be freed. */
bool kernel_heard_read(struct heard **heard, size_t *count, const char *set, struct err *err)
	MUST_USE;

/* What an element's counter says, of a set that is keyed by interface index. */
struct index_counter {
	uint32_t index;
	uint64_t packets, bytes;
};

/*
 * Read the counters of one of the kinds before SET_SHARE_FROM, of all tables that have it.
 * *counters is the caller's to free.
 */
bool kernel_counters_read(struct index_counter **counters, size_t *count, enum set_kind kind,
			  struct err *err) MUST_USE;

#endif
