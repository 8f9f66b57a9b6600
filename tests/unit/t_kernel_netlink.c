/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers of a kernel that is interrupted, or fails in the middle of a dump: what of them counts.
 * And messages that are too small for what is put into them.
 */
#include "kernel/kernel.h"
#include "kernel/kernel_rtnetlink.h"
#include "tap.h"
#include <errno.h>
#include <linux/if_addr.h>
#include <sys/socket.h>

/* ---- the kernel, in place of libmnl's way to it ---- */

/* One answer to a dump: this many addresses, and how it ends. */
struct answer {
	unsigned addresses;
	bool is_interrupted, says_so_at_end, has_stale;
	int error; /* of NLMSG_DONE; -1: none, NLMSG_DONE is bare */
};

static const struct answer *script;
static unsigned asked;
static uint32_t sequence;

ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t size)
{
	const struct nlmsghdr *header = bytes;

	(void)socket;
	sequence = header->nlmsg_seq;
	asked++;
	return (ssize_t)size;
}

static struct nlmsghdr *put(char **at, uint16_t type, uint32_t number, bool is_interrupted)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(*at);

	header->nlmsg_type = type;
	header->nlmsg_flags = (uint16_t)(NLM_F_MULTI | (is_interrupted ? NLM_F_DUMP_INTR : 0));
	header->nlmsg_seq = number;
	return header;
}

static void put_address(char **at, uint32_t number, unsigned last, bool is_interrupted)
{
	struct nlmsghdr *header = put(at, RTM_NEWADDR, number, is_interrupted);
	struct ifaddrmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	const uint8_t address[] = { 192, 0, 2, (uint8_t)last };

	message->ifa_family = AF_INET;
	message->ifa_prefixlen = 24;
	message->ifa_index = 1;
	mnl_attr_put(header, IFA_LOCAL, sizeof(address), address);
	*at += NLMSG_ALIGN(header->nlmsg_len);
}

/* The script is of IPv4; of IPv6 there is nothing. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *socket, void *buffer, size_t size)
{
	const struct answer *answer = script;
	struct nlmsghdr *header;
	char *at = buffer;

	(void)socket;
	(void)size;
	if (answer->has_stale)
		put_address(&at, sequence - 1, 99, true);
	for (unsigned i = 0; i < answer->addresses; i++)
		put_address(&at, sequence, 1 + i, answer->is_interrupted);
	header = put(&at, NLMSG_DONE, sequence, answer->is_interrupted || answer->says_so_at_end);
	if (answer->error >= 0)
		*(int *)mnl_nlmsg_put_extra_header(header, sizeof(int)) = -answer->error;
	at += NLMSG_ALIGN(header->nlmsg_len);
	if (answer[1].error != -2)
		script++;
	return at - (char *)buffer;
}

#define END { .error = -2 }

/* ---- dumps ---- */

static struct kernel_link *kernel;
static struct err err;

static bool reads(const struct answer *answers, unsigned should)
{
	auto_free struct prefix *addresses = NULL;
	size_t count = 0;

	script = answers;
	asked = 0;
	return kernel_link_read_addresses(&addresses, &count, kernel, 0, &err) && count == should;
}

static void test_dumps(void)
{
	static const struct answer whole[] = { { .addresses = 3 }, { .addresses = 0 }, END };
	static const struct answer bare[] = { { .addresses = 3, .error = -1 },
					      { .addresses = 0 },
					      END };
	static const struct answer twice[] = { { .addresses = 2, .is_interrupted = true },
					       { .addresses = 3 },
					       { .addresses = 0 },
					       END };
	static const struct answer at_end[] = { { .addresses = 2, .says_so_at_end = true },
						{ .addresses = 3 },
						{ .addresses = 0 },
						END };
	static const struct answer later[] = { { .addresses = 3 },
					       { .addresses = 1, .is_interrupted = true },
					       { .addresses = 0 },
					       END };
	static const struct answer stale[] = { { .addresses = 3, .has_stale = true },
					       { .addresses = 0 },
					       END };
	static const struct answer always[] = { { .addresses = 3, .is_interrupted = true }, END };
	static const struct answer failed[] = { { .addresses = 2, .error = ENOMEM }, END };

	ok(reads(whole, 3) && asked == 2, "a whole dump is read once for each family");
	ok(reads(bare, 3), "the end of a dump need not tell an error");
	ok(reads(twice, 3) && asked == 3, "an interrupted one is forgotten, and asked for again");
	ok(reads(at_end, 3) && asked == 3, "so is one that says so at its end");
	ok(reads(later, 3), "what was read before of another family is kept");
	ok(reads(stale, 3), "what is left of another answer does not count");
	ok(!reads(always, 3) && asked == NETLINK_TRIES, "an answer that never is whole is none");
	is_text(err.text,
		"this machine's addresses can't be read: Resource temporarily unavailable", "says");
	ok(!reads(failed, 2) && asked == 1, "a dump that failed in the middle is none");
	is_text(err.text, "this machine's addresses can't be read: Cannot allocate memory", "says");
}

/* An address of this machine's that was not read would be a guest's to have. */
static void test_check_free(void)
{
	static const struct answer found[] = { { .addresses = 1, .is_interrupted = true },
					       { .addresses = 3 },
					       END };
	static const struct answer gone[] = { { .addresses = 3, .is_interrupted = true },
					      { .addresses = 0 },
					      END };
	static const struct answer failed[] = { { .addresses = 0, .error = ENOBUFS }, END };
	struct prefix prefix;

	ok(prefix_parse(&prefix, "192.0.2.0/29", &err), "a prefix");
	script = found;
	ok(!kernel_link_check_free(kernel, &prefix, false, &err), "an address is in it");
	is_text(err.text, "holds 192.0.2.3, an address of this machine itself", "says");
	script = gone;
	ok(kernel_link_check_free(kernel, &prefix, false, &err), "one that went is not");
	script = failed;
	ok(!kernel_link_check_free(kernel, &prefix, false, &err),
	   "what can't be read may be in it");
	is_text(err.text,
		"may be this machine's own, whose addresses can't be read: No buffer space "
		"available",
		"says");
}

/* ---- messages ---- */

static void test_messages(void)
{
	static const struct netlink_listener nobody;
	char bytes[NETLINK_ROOM_MIN + 4] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct netlink_message message;
	struct nlattr *nest;
	uint32_t number = 0;

	memset(bytes, 0x55, sizeof(bytes));
	netlink_begin(&message, bytes, NETLINK_ROOM_MIN, RTM_SETLINK, 0, 32);
	nest = netlink_nest(&message, 1);
	netlink_put_u32(&message, 2, 7);
	netlink_nest_end(&message, nest);
	ok(!message.is_full && message.header->nlmsg_len == 60, "what fits is put in");
	netlink_put_u8(&message, 3, 1);
	netlink_nest_end(&message, netlink_nest(&message, 4));
	ok(message.is_full, "what does not makes it full");
	ok(bytes[NETLINK_ROOM_MIN] == 0x55 && message.header->nlmsg_len <= NETLINK_ROOM_MIN,
	   "and nothing is written behind its end");
	asked = 0;
	ok(!netlink_request(NULL, &number, &message, &nobody) && errno == EMSGSIZE && !asked,
	   "it is not sent");
}

static void test_batches(void)
{
	struct rtnetlink_batch batch;
	struct netlink_message message;
	char bytes[100] = { 0 };

	asked = 0;
	rtnetlink_batch_init(&batch);
	for (unsigned i = 0; i <= RTNETLINK_BATCH_MAX; i++) {
		rtnetlink_batch_begin(&batch, &message, RTM_SETLINK, 0, 16);
		rtnetlink_batch_end(&batch, &message);
	}
	ok(!rtnetlink_batch_apply(&batch, kernel, &err), "messages that are too many");
	is_text(err.text, "changes of the network are too many at once", "say so");
	rtnetlink_batch_init(&batch);
	for (unsigned i = 0; i < RTNETLINK_BATCH_MAX; i++) {
		rtnetlink_batch_begin(&batch, &message, RTM_SETLINK, 0, 16);
		netlink_put(&message, 1, bytes, sizeof(bytes));
		netlink_put(&message, 2, bytes, sizeof(bytes));
		rtnetlink_batch_end(&batch, &message);
	}
	ok(!rtnetlink_batch_apply(&batch, kernel, &err), "messages that are too long");
	ok(asked == 0, "and are not sent");
}

int main(void)
{
	kernel = kernel_link_open(&err);
	ok(kernel != NULL, "rtnetlink");
	test_dumps();
	test_check_free();
	test_messages();
	test_batches();
	kernel_link_close(kernel);
	return tap_done();
}
