/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the kernel's table of connections: for those who change it. */
#ifndef KERNEL_CONNTRACK_H
#define KERNEL_CONNTRACK_H

#include "kernel/kernel.h"
#include "kernel/kernel_netlink.h"

/* A socket for it, the caller's to close, or NULL. */
struct mnl_socket *conntrack_open(struct err *err) MUST_USE;

/* How many there are in this network namespace. What isn't loaded tracks nothing. */
long conntrack_count(void);

/* The only family that the prefixes are of, or all: AF_UNSPEC. */
uint8_t conntrack_domain(const struct prefix *prefixes, unsigned count);

/* Hear of all connections of a family. Returns false with errno set. */
bool conntrack_dump(struct mnl_socket *socket, uint32_t *sequence, uint8_t domain,
		    const struct netlink_listener *listener) MUST_USE;

/*
 * The sources and destinations of both directions, one after the other. Stops, and returns true,
 * where take() does.
 */
bool conntrack_find_address(const struct nlmsghdr *connection,
			    bool (*take)(const struct prefix *address, void *data), void *data);

/* For qsort(3) and bsearch(3). */
int conntrack_compare(const void *a, const void *b);

#endif
