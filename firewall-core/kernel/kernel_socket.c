/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel → this machine's own connections of TCP, as their sockets have them (sock_diag(7)). */
#include "base/array.h"
#include "kernel/kernel.h"
#include "kernel/kernel_netlink.h"
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

struct reading {
	struct tcp_socket *sockets;
	size_t count, of_others; /* how many are of families before this one */
	bool failed;		 /* without memory */
};

/* A socket of IPv6 may have a connection of IPv4. */
static struct prefix socket_address(const uint32_t address[static 4], uint8_t domain)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *bytes = (const uint8_t *)address;
	bool is_mapped = domain == AF_INET6 && !memcmp(bytes, mapped, sizeof(mapped));
	enum family family = domain == AF_INET || is_mapped ? IPV4 : IPV6;
	struct prefix prefix = { .family = family, .length = family_bits(family) };

	memcpy(prefix.bytes, is_mapped ? bytes + sizeof(mapped) : bytes, family_bytes(family));
	return prefix;
}

static bool take_socket(const struct nlmsghdr *header, void *data)
{
	struct reading *reading = data;
	const struct inet_diag_msg *message = mnl_nlmsg_get_payload(header);
	struct tcp_socket *added;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*message))
		return true;
	added = array_add(&reading->sockets, reading->count, sizeof(*added));
	reading->failed = !added;
	if (!added)
		return false;
	*added = (struct tcp_socket){
		.local = socket_address(message->id.idiag_src, message->idiag_family),
		.peer = socket_address(message->id.idiag_dst, message->idiag_family),
		.port = ntohs(message->id.idiag_sport),
		.peer_port = ntohs(message->id.idiag_dport),
	};
	reading->count++;
	return true;
}

static void forget_sockets(void *data)
{
	struct reading *reading = data;

	reading->count = reading->of_others;
}

static bool read_family(struct reading *reading, struct mnl_socket *socket, uint32_t *sequence,
			uint8_t domain)
{
	char bytes[2 * NETLINK_ROOM_MIN + 64] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct netlink_listener listener = { take_socket, forget_sockets, reading };
	struct netlink_message request;
	struct inet_diag_req_v2 *wanted = netlink_begin(
		&request, bytes, sizeof(bytes), SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, sizeof(*wanted));

	wanted->sdiag_family = domain;
	wanted->sdiag_protocol = IPPROTO_TCP;
	wanted->idiag_states = 1u << TCP_ESTABLISHED | 1u << TCP_SYN_RECV | 1u << TCP_CLOSE_WAIT |
			       1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2;
	reading->of_others = reading->count;
	return netlink_request(socket, sequence, &request, &listener) && !reading->failed;
}

static int compare_sockets(const void *a, const void *b)
{
	const struct tcp_socket *one = a, *other = b;
	int order = prefix_compare(&one->local, &other->local);

	if (!order)
		order = prefix_compare(&one->peer, &other->peer);
	if (!order)
		order = one->port - other->port;
	return order ? order : one->peer_port - other->peer_port;
}

bool kernel_sockets_read(struct tcp_socket **sockets, size_t *count, struct err *err)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	struct reading reading = { .count = 0 };
	uint32_t sequence = 0;
	bool ok = socket && !mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) &&
		  read_family(&reading, socket, &sequence, AF_INET) &&
		  read_family(&reading, socket, &sequence, AF_INET6);

	if (!ok) {
		err_sys(err, "the sockets of this machine can't be read");
		free(reading.sockets);
		reading = (struct reading){ .count = 0 };
	}
	if (socket)
		mnl_socket_close(socket);
	if (reading.count)
		qsort(reading.sockets, reading.count, sizeof(*reading.sockets), compare_sockets);
	*sockets = reading.sockets;
	*count = reading.count;
	return ok;
}

bool kernel_sockets_have(const struct tcp_socket *sockets, size_t count,
			 const struct tcp_socket *socket)
{
	return count && bsearch(socket, sockets, count, sizeof(*sockets), compare_sockets);
}
