/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink messages → the kernel, and its answers, matched to them by their sequence numbers. */
#include "kernel/kernel_rtnetlink.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_SIZE 16384 /* acknowledgements, and refusals with the kernel's words */

const struct prefix rtnetlink_nowhere[FAMILY_COUNT] = {
	[IPV4] = { .bytes = { 0, 0, 0, 1 }, .family = IPV4, .length = 32 },
	[IPV6] = { .bytes = { [15] = 2 }, .family = IPV6, .length = 128 },
};

uint8_t rtnetlink_domain(enum family family)
{
	return family == IPV6 ? AF_INET6 : AF_INET;
}

void rtnetlink_put_address(struct netlink_message *message, uint16_t type,
			   const struct prefix *address)
{
	netlink_put(message, type, address->bytes, family_bytes(address->family));
}

void kernel_link_close(struct kernel_link *link)
{
	if (!link)
		return;
	if (link->socket)
		mnl_socket_close(link->socket);
	free(link);
}

static bool set_options(const struct mnl_socket *socket)
{
	/* Short answers, with words; and filters that are kept, whatever else the machine has. */
	static const int options[] = { NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK };
	int on = 1;

	for (size_t i = 0; i < COUNT(options); i++)
		if (mnl_socket_setsockopt(socket, options[i], &on, sizeof(on)) < 0)
			return false;
	return true;
}

struct kernel_link *kernel_link_open(struct err *err)
{
	struct kernel_link *link = calloc(1, sizeof(*link));

	if (!link) {
		err_memory(err);
		return NULL;
	}
	link->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (link->socket && !mnl_socket_bind(link->socket, 0, MNL_SOCKET_AUTOPID) &&
	    set_options(link->socket))
		return link;
	err_sys(err, "the kernel can't be reached by rtnetlink");
	kernel_link_close(link);
	return NULL;
}

static int answer_error(const struct nlmsghdr *header)
{
	const struct nlmsgerr *body = mnl_nlmsg_get_payload(header);

	return -body->error;
}

bool rtnetlink_request(struct kernel_link *link, const struct netlink_message *request,
		       const struct netlink_listener *listener)
{
	return netlink_request(link->socket, &link->sequence, request, listener);
}

void rtnetlink_batch_init(struct rtnetlink_batch *batch)
{
	batch->count = 0;
	batch->size = 0;
	batch->is_full = false;
}

/* One that is full begins anew: it is not sent any more. */
void *rtnetlink_batch_begin(struct rtnetlink_batch *batch, struct netlink_message *message,
			    uint16_t type, uint16_t flags, size_t extra)
{
	if (batch->count == RTNETLINK_BATCH_MAX ||
	    sizeof(batch->bytes) - batch->size < NETLINK_ROOM_MIN) {
		rtnetlink_batch_init(batch);
		batch->is_full = true;
	}
	return netlink_begin(message, batch->bytes + batch->size,
			     sizeof(batch->bytes) - batch->size, type, flags, extra);
}

void rtnetlink_batch_end(struct rtnetlink_batch *batch, const struct netlink_message *message)
{
	batch->is_full |= message->is_full;
	batch->answers[batch->count++] = (struct rtnetlink_answer){ 0 };
	batch->size += NLMSG_ALIGN(message->header->nlmsg_len);
}

/*
 * Number the messages. An error is always answered, so an acknowledgement of the last one is
 * enough.
 */
static void number_messages(struct rtnetlink_batch *batch, struct kernel_link *link)
{
	struct nlmsghdr *header = (void *)batch->bytes;
	int left = (int)batch->size;

	for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
		header->nlmsg_seq = ++link->sequence;
		if (left == (int)NLMSG_ALIGN(header->nlmsg_len))
			header->nlmsg_flags |= NLM_F_ACK;
	}
}

static void read_answer(struct rtnetlink_answer *answer, const struct nlmsghdr *header)
{
	const uint16_t with_text = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	struct nlattr *attribute;

	answer->error = answer_error(header);
	if ((header->nlmsg_flags & with_text) != with_text)
		return;
	mnl_attr_for_each(attribute, header, sizeof(struct nlmsgerr))
	{
		if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG &&
		    !mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING))
			snprintf(answer->text, sizeof(answer->text), "%s",
				 mnl_attr_get_str(attribute));
	}
}

/* Returns whether the answer to the last message, which comes last, was among these. */
static bool match_answers(struct rtnetlink_batch *batch, const struct kernel_link *link,
			  const char *buffer, ssize_t size)
{
	uint32_t first = link->sequence - batch->count + 1;
	const struct nlmsghdr *header = (const void *)buffer;
	int left = (int)size;

	for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
		uint32_t place = header->nlmsg_seq - first;

		if (header->nlmsg_type != NLMSG_ERROR || place >= batch->count)
			continue;
		read_answer(&batch->answers[place], header);
		if (place == batch->count - 1)
			return true;
	}
	return false;
}

bool rtnetlink_batch_apply(struct rtnetlink_batch *batch, struct kernel_link *link, struct err *err)
{
	char buffer[ANSWER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t size;

	if (!batch->count)
		return true;
	if (batch->is_full)
		return err_set(err, "changes of the network are too many at once");
	number_messages(batch, link);
	if (mnl_socket_sendto(link->socket, batch->bytes, batch->size) < 0)
		return err_sys(err, "changes of the network can't be sent to the kernel");
	do {
		size = netlink_receive(link->socket, buffer, sizeof(buffer));
		if (size < 0)
			return err_sys(err, "what became of changes of the network can't be heard");
	} while (!match_answers(batch, link, buffer, size));
	return true;
}

const char *rtnetlink_answer_text(const struct rtnetlink_answer *answer)
{
	return answer->text[0] ? answer->text : strerror(answer->error);
}

bool rtnetlink_dump_addresses(struct kernel_link *link, enum family family, uint32_t index,
			      const struct netlink_listener *listener)
{
	char buffer[128] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct netlink_message request;
	struct ifaddrmsg *message = netlink_begin(&request, buffer, sizeof(buffer), RTM_GETADDR,
						  NLM_F_DUMP, sizeof(*message));

	message->ifa_family = rtnetlink_domain(family);
	message->ifa_index = index;
	return rtnetlink_request(link, &request, listener);
}

bool rtnetlink_own_address(struct prefix *address, const struct nlmsghdr *header,
			   enum family family)
{
	const struct ifaddrmsg *message = mnl_nlmsg_get_payload(header);
	struct prefix own = { .family = family, .length = family_bits(family) };
	bool has_local = false, found = false;
	struct nlattr *attribute;

	if (message->ifa_family != rtnetlink_domain(family))
		return false;
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		uint16_t type = mnl_attr_get_type(attribute);

		if ((type != IFA_LOCAL && (type != IFA_ADDRESS || has_local)) ||
		    mnl_attr_get_payload_len(attribute) != family_bytes(family))
			continue;
		memcpy(own.bytes, mnl_attr_get_payload(attribute), family_bytes(family));
		has_local = type == IFA_LOCAL;
		found = true;
	}
	if (found)
		*address = own;
	return found;
}
