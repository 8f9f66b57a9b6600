/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to the kernel that never grow over their end, and its answers, whole: for all that
 * speaks netlink.
 */
#ifndef KERNEL_NETLINK_H
#define KERNEL_NETLINK_H

#include "base/cleanup.h"
#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

/* A message that is being written. What does not fit is left out, and it is not to be sent then. */
struct netlink_message {
	struct nlmsghdr *header;
	size_t room; /* bytes, from the header on */
	bool is_full;
};

#define NETLINK_ROOM_MIN 64 /* header and family header fit */

/*
 * Begin a message.
 * bytes  where it shall lie, aligned to NLMSG_ALIGNTO
 * room   at least NETLINK_ROOM_MIN
 * extra  the size of the family's own header, at most 32; where it is, comes back, zeroed
 */
void *netlink_begin(struct netlink_message *message, void *bytes, size_t room, uint16_t type,
		    uint16_t flags, size_t extra);

/*
 * The same of a part of netfilter.
 * part    NFNL_SUBSYS_NFTABLES and its like
 * domain  AF_INET and its like, or NFPROTO_BRIDGE
 */
struct netlink_message netlink_begin_netfilter(void *bytes, size_t room, uint8_t part, uint8_t type,
					       uint16_t flags, uint8_t domain);

void netlink_put(struct netlink_message *message, uint16_t type, const void *value, size_t size);
void netlink_put_u8(struct netlink_message *message, uint16_t type, uint8_t value);
void netlink_put_u32(struct netlink_message *message, uint16_t type, uint32_t value);
void netlink_put_text(struct netlink_message *message, uint16_t type, const char *text);

/* What is put in between lies in the attribute. NULL, which netlink_nest_end() takes: no room. */
struct nlattr *netlink_nest(struct netlink_message *message, uint16_t type) MUST_USE;
void netlink_nest_end(const struct netlink_message *message, struct nlattr *nest);

/*
 * What TCP's state is (enum tcp_conntrack of linux/netfilter/nf_conntrack_tcp.h), of a tracked
 * connection's CTA_PROTOINFO; TCP_CONNTRACK_NONE: it is of another protocol.
 */
uint8_t netlink_tcp_state(const struct nlattr *info);

/* Who hears an answer. */
struct netlink_listener {
	/* Each message; false to hear no more, after which the socket is of no use. */
	bool (*take)(const struct nlmsghdr *header, void *data);
	/* Forget all that was taken, as it is told anew. NULL: what comes replaces it anyway. */
	void (*restart)(void *data);
	void *data;
};

/*
 * Send a request, and hear the answer. What the kernel changed while it told it (NLM_F_DUMP_INTR)
 * may lack something: then it is asked again, and again, NETLINK_TRIES times at the most.
 *
 * sequence  of the last request over this socket; it is counted up
 *
 * Returns false with errno set: EMSGSIZE when the request is full, EAGAIN when every answer was
 * interrupted, and what the kernel says, also at the end of a dump.
 */
#define NETLINK_TRIES 20
bool netlink_request(struct mnl_socket *socket, uint32_t *sequence,
		     const struct netlink_message *request, const struct netlink_listener *listener)
	MUST_USE;

/* As mnl_socket_recvfrom(): a signal that was handled is no reason to lose an answer. */
ssize_t netlink_receive(const struct mnl_socket *socket, void *buffer, size_t size) MUST_USE;

#endif
