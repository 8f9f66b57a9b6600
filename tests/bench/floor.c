/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages that another program once sent → sent again, each with its answer awaited: the bare
 * floor.
 *
 *	floor FILE [behind]	(of record.c; XENSTORED_PATH as for all of xenstore's clients)
 *
 * With "behind" a child holds the sockets until this process is gone, and waits in its place for
 * what the kernel waits for when they close.
 *
 * Nothing is read, decided or linked but the C library: no program that does the same by the same
 * messages can be faster. Only the numbers of transactions are new, for xenstore gives them out.
 */
#include "record.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#define RECORD_MAX 65536
#define ANSWER_MAX 32768 /* the kernel cuts its answers to what the caller can take */
#define CHANNELS 32	 /* netlink has fewer (MAX_LINKS) */

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* ---- xenstore ---- */

static int xenstore_open(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("XENSTORED_PATH");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		 path ? path : "/run/xenstored/socket");
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("xenstore");
	return fd;
}

/* Read an answer to its end; it is shorter than a page and its header. */
static void xenstore_read(int fd, char answer[static ANSWER_MAX])
{
	struct xsd_sockmsg *header = (void *)answer;
	size_t have = 0;

	while (have < sizeof(*header) || have < sizeof(*header) + header->len) {
		ssize_t got = read(fd, answer + have, ANSWER_MAX - 1 - have);

		if (got <= 0)
			die("xenstore's answer");
		have += (size_t)got;
	}
	answer[have] = '\0';
}

/*
 * Put the pieces of a request together, as xenstore's library sends them one by one. Returns what
 * follows.
 */
static char *xenstore_gather(char request[static XENSTORE_PAYLOAD_MAX * 2], char *at)
{
	struct xsd_sockmsg *header = (void *)request;
	size_t have = 0;

	while (have < sizeof(*header) || have < sizeof(*header) + header->len) {
		struct message message;

		memcpy(&message, at, sizeof(message));
		memcpy(request + have, at + sizeof(message), message.size);
		have += message.size;
		at += sizeof(message) + message.size;
	}
	return at;
}

static char *xenstore_send(char *at)
{
	static int fd = -1;
	static uint32_t transaction;
	char request[XENSTORE_PAYLOAD_MAX * 2], answer[ANSWER_MAX];
	struct xsd_sockmsg *header = (void *)request, *answered = (void *)answer;

	at = xenstore_gather(request, at);
	if (fd < 0)
		fd = xenstore_open();
	if (header->tx_id)
		header->tx_id = transaction;
	if (write(fd, request, sizeof(*header) + header->len) < 0)
		die("xenstore");
	xenstore_read(fd, answer);
	if (header->type == XS_TRANSACTION_START)
		transaction = (uint32_t)strtoul(answer + sizeof(*answered), NULL, 10);
	if (header->type == XS_TRANSACTION_END && answered->type == XS_ERROR)
		die("xenstore refused a transaction");
	return at;
}

/* ---- netlink ---- */

static int netlink_open(int protocol)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("netlink");
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return fd;
}

/* The last message that is answered, or NULL. */
static const struct nlmsghdr *last_asked(char *bytes, uint32_t size)
{
	struct nlmsghdr *header = (void *)bytes;
	const struct nlmsghdr *asked = NULL;
	int left = (int)size;

	for (; NLMSG_OK(header, (unsigned)left); header = NLMSG_NEXT(header, left))
		if (header->nlmsg_flags & (NLM_F_ACK | NLM_F_DUMP) ||
		    header->nlmsg_len == size) /* one alone is a question */
			asked = header;
	return asked;
}

/* Was the answer to `asked` among these, and was it the end of it? */
static bool is_answered(const struct nlmsghdr *asked, char *bytes, ssize_t size)
{
	struct nlmsghdr *header = (void *)bytes;
	int left = (int)size;

	for (; NLMSG_OK(header, (unsigned)left); header = NLMSG_NEXT(header, left))
		if (header->nlmsg_seq == asked->nlmsg_seq &&
		    (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE ||
		     !(header->nlmsg_flags & NLM_F_MULTI)))
			return true;
	return false;
}

static char *netlink_send(char *at)
{
	static int fds[CHANNELS]; /* each one more than it is, so that 0 is none */
	char answer[ANSWER_MAX];
	struct message message;
	char *bytes = at + sizeof(message);
	const struct nlmsghdr *asked;
	ssize_t got;
	int fd;

	memcpy(&message, at, sizeof(message));
	if (message.channel < 0 || message.channel >= CHANNELS)
		die("a channel that isn't known");
	if (!fds[message.channel])
		fds[message.channel] = netlink_open(message.channel) + 1;
	fd = fds[message.channel] - 1;
	if (send(fd, bytes, message.size, 0) < 0)
		die("netlink");
	asked = last_asked(bytes, message.size);
	do {
		got = asked ? recv(fd, answer, sizeof(answer), 0) : 0;
		if (got < 0)
			die("netlink's answer");
	} while (asked && !is_answered(asked, answer, got));
	return bytes + message.size;
}

int main(int argc, char **argv)
{
	static char record[RECORD_MAX];
	int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	ssize_t size = fd < 0 ? -1 : read(fd, record, sizeof(record));
	char *at = record;
	pid_t self = getpid();

	if (size <= 0 || size == sizeof(record))
		die("FILE");
	while (at < record + size) {
		struct message message;

		memcpy(&message, at, sizeof(message));
		at = message.channel == CHANNEL_XENSTORE ? xenstore_send(at) : netlink_send(at);
	}
	if (argc > 2 && fork() == 0)
		while (getppid() == self)
			usleep(100);
	_exit(0);
}
