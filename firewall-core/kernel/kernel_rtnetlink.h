/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to rtnetlink and the kernel's answers: for kernel_link.c, which changes, and
 * kernel_link_read.c.
 */
#ifndef KERNEL_RTNETLINK_H
#define KERNEL_RTNETLINK_H

#include "kernel/kernel.h"
#include "kernel/kernel_netlink.h"
#include <linux/rtnetlink.h>

struct kernel_link {
	struct mnl_socket *socket;
	uint32_t sequence; /* of the last message sent */
};

/* AF_INET, AF_INET6 */
uint8_t rtnetlink_domain(enum family family);

/* Nobody routes to these, so the default route is the one to them (RFC 1122, RFC 4291). */
extern const struct prefix rtnetlink_nowhere[FAMILY_COUNT];

/* Append an attribute that holds the address, without its length. */
void rtnetlink_put_address(struct netlink_message *message, uint16_t type,
			   const struct prefix *address);

/* As netlink_request(). Where the listener hears no more, kernel_link_close() is left to do. */
bool rtnetlink_request(struct kernel_link *link, const struct netlink_message *request,
		       const struct netlink_listener *listener) MUST_USE;

/*
 * Hand over the addresses of a family that the interface has, or with index 0 of all: a strict
 * request's index is a filter (Linux 4.20). Returns false with errno set.
 */
bool rtnetlink_dump_addresses(struct kernel_link *link, enum family family, uint32_t index,
			      const struct netlink_listener *listener) MUST_USE;

/*
 * This machine's own address in such a message: on a point-to-point link IFA_ADDRESS is the other
 * end's. False where there is none of the family.
 */
bool rtnetlink_own_address(struct prefix *address, const struct nlmsghdr *header,
			   enum family family);

/* What a message says of an interface as a vif. */
struct rtnetlink_vif {
	bool is_vif;  /* by its name, or by the group of those that we attached */
	bool is_up;   /* and the guest's end of it is there */
	uint32_t ups; /* how often that came since the interface was made */
};
struct rtnetlink_vif rtnetlink_read_vif(const struct nlmsghdr *header);

#define RTNETLINK_BATCH_MAX NETCONF_MAX
#define RTNETLINK_MESSAGE_SIZE                                                                     \
	128 /* the longest, an IPv6 route with all that we set, has 116 bytes */
#define RTNETLINK_TEXT_SIZE                                                                        \
	96 /* the kernel's own words are of 80 at the most (NETLINK_MAX_FMTMSG_LEN) */

struct rtnetlink_answer {
	int error;			/* an errno; 0: done */
	char text[RTNETLINK_TEXT_SIZE]; /* the kernel's own words, "" where it has none */
};

/* Several messages that go to the kernel at once, and what it answers to each. */
struct rtnetlink_batch {
	unsigned count;
	size_t size;
	bool is_full; /* something did not fit: nothing of it is sent */
	struct rtnetlink_answer answers[RTNETLINK_BATCH_MAX];
	char bytes[RTNETLINK_BATCH_MAX * RTNETLINK_MESSAGE_SIZE]
		__attribute__((aligned(NLMSG_ALIGNTO)));
};

void rtnetlink_batch_init(struct rtnetlink_batch *batch);

/* As netlink_begin(); the message lies in the batch after rtnetlink_batch_end(). */
void *rtnetlink_batch_begin(struct rtnetlink_batch *batch, struct netlink_message *message,
			    uint16_t type, uint16_t flags, size_t extra);
void rtnetlink_batch_end(struct rtnetlink_batch *batch, const struct netlink_message *message);

/*
 * Send it. The kernel takes one message after the other, and goes on behind one that it refuses:
 * the answers tell. Fails only when nothing could be sent or heard, or not all of it fits.
 */
bool rtnetlink_batch_apply(struct rtnetlink_batch *batch, struct kernel_link *link, struct err *err)
	MUST_USE;

/* The kernel's own words, else what its errno means. */
const char *rtnetlink_answer_text(const struct rtnetlink_answer *answer);

#endif
