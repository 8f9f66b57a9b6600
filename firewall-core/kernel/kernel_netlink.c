/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request over netlink → the kernel's answer, all of it or an error. */
#include "kernel/kernel_netlink.h"
#include <errno.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

/* The kernel cuts a dump into pieces of that size; all else that we hear is shorter. */
#define ANSWER_SIZE 16384

void *netlink_begin(struct netlink_message *message, void *bytes, size_t room, uint16_t type,
		    uint16_t flags, size_t extra)
{
	*message = (struct netlink_message){ .header = mnl_nlmsg_put_header(bytes), .room = room };
	message->header->nlmsg_type = type;
	message->header->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(message->header, extra);
}

struct netlink_message netlink_begin_netfilter(void *bytes, size_t room, uint8_t part, uint8_t type,
					       uint16_t flags, uint8_t domain)
{
	struct netlink_message request;
	struct nfgenmsg *message = netlink_begin(
		&request, bytes, room, (uint16_t)(part << 8 | type), flags, sizeof(*message));

	message->nfgen_family = domain;
	message->version = NFNETLINK_V0;
	return request;
}

void netlink_put(struct netlink_message *message, uint16_t type, const void *value, size_t size)
{
	if (!mnl_attr_put_check(message->header, message->room, type, size, value))
		message->is_full = true;
}

void netlink_put_u8(struct netlink_message *message, uint16_t type, uint8_t value)
{
	netlink_put(message, type, &value, sizeof(value));
}

void netlink_put_u32(struct netlink_message *message, uint16_t type, uint32_t value)
{
	netlink_put(message, type, &value, sizeof(value));
}

void netlink_put_text(struct netlink_message *message, uint16_t type, const char *text)
{
	netlink_put(message, type, text, strlen(text) + 1);
}

struct nlattr *netlink_nest(struct netlink_message *message, uint16_t type)
{
	struct nlattr *nest = mnl_attr_nest_start_check(message->header, message->room, type);

	if (!nest)
		message->is_full = true;
	return nest;
}

void netlink_nest_end(const struct netlink_message *message, struct nlattr *nest)
{
	if (nest)
		mnl_attr_nest_end(message->header, nest);
}

uint8_t netlink_tcp_state(const struct nlattr *info)
{
	struct nlattr *protocol, *attribute;

	mnl_attr_for_each_nested(protocol, info)
	{
		if (mnl_attr_get_type(protocol) != CTA_PROTOINFO_TCP)
			continue;
		mnl_attr_for_each_nested(attribute, protocol)
		{
			if (mnl_attr_get_type(attribute) == CTA_PROTOINFO_TCP_STATE)
				return mnl_attr_get_u8(attribute);
		}
	}
	return TCP_CONNTRACK_NONE;
}

ssize_t netlink_receive(const struct mnl_socket *socket, void *buffer, size_t size)
{
	ssize_t got;

	do
		got = mnl_socket_recvfrom(socket, buffer, size);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Of NLMSG_ERROR and NLMSG_DONE the payload begins with an errno, negative; DONE may lack it. */
static int ending_errno(const struct nlmsghdr *header)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(header) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(header), sizeof(error));
	return -error;
}

/* How an answer goes on. */
struct hearing {
	const struct netlink_listener *listener;
	uint32_t sequence;
	bool wants_ack;
	bool is_over, was_interrupted;
	int error;
};

static void hear_message(struct hearing *hearing, const struct nlmsghdr *header)
{
	if (header->nlmsg_seq != hearing->sequence)
		return;
	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		hearing->was_interrupted = true;
	if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
		hearing->error = ending_errno(header);
		hearing->is_over = true;
	} else if (header->nlmsg_type >= NLMSG_MIN_TYPE) {
		bool goes_on = hearing->listener->take(header, hearing->listener->data);

		if (!goes_on)
			hearing->was_interrupted = false; /* it is content */
		hearing->is_over =
			!goes_on || (!(header->nlmsg_flags & NLM_F_MULTI) && !hearing->wants_ack);
	}
}

/* The whole of one answer. False with errno set, when it can't be heard. */
static bool hear_answer(struct hearing *hearing, const struct mnl_socket *socket)
{
	char buffer[ANSWER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));

	while (!hearing->is_over) {
		ssize_t size = netlink_receive(socket, buffer, sizeof(buffer));
		const struct nlmsghdr *header = (const void *)buffer;
		int left = (int)size;

		if (size < 0)
			return false;
		for (; !hearing->is_over && mnl_nlmsg_ok(header, left);
		     header = mnl_nlmsg_next(header, &left))
			hear_message(hearing, header);
	}
	return true;
}

bool netlink_request(struct mnl_socket *socket, uint32_t *sequence,
		     const struct netlink_message *request, const struct netlink_listener *listener)
{
	struct hearing hearing;

	if (request->is_full) {
		errno = EMSGSIZE;
		return false;
	}
	for (unsigned try = 0; try < NETLINK_TRIES; try++) {
		if (try > 0 && listener->restart)
			listener->restart(listener->data);
		request->header->nlmsg_seq = ++*sequence;
		hearing = (struct hearing){
			.listener = listener,
			.sequence = *sequence,
			.wants_ack = request->header->nlmsg_flags & NLM_F_ACK,
		};
		if (mnl_socket_sendto(socket, request->header, request->header->nlmsg_len) < 0 ||
		    !hear_answer(&hearing, socket))
			return false;
		if (hearing.error) {
			errno = hearing.error;
			return false;
		}
		if (!hearing.was_interrupted)
			return true;
	}
	errno = EAGAIN;
	return false;
}
