/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's table of connections → how many there are, each of them, and whose. */
#include "kernel/kernel_conntrack.h"
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

struct mnl_socket *conntrack_open(struct err *err)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);

	if (socket && !mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID))
		return socket;
	err_sys(err, "connection tracking can't be reached by netlink");
	if (socket)
		mnl_socket_close(socket);
	return NULL;
}

long conntrack_count(void)
{
	struct err unused;
	long count;

	return kernel_sysctl_read(&count, "net/netfilter/nf_conntrack_count", &unused) ? count : 0;
}

uint8_t conntrack_domain(const struct prefix *prefixes, unsigned count)
{
	if (!count)
		return AF_UNSPEC;
	for (unsigned i = 1; i < count; i++)
		if (prefixes[i].family != prefixes[0].family)
			return AF_UNSPEC;
	return prefixes[0].family == IPV6 ? AF_INET6 : AF_INET;
}

bool conntrack_dump(struct mnl_socket *socket, uint32_t *sequence, uint8_t domain,
		    const struct netlink_listener *listener)
{
	char buffer[NETLINK_ROOM_MIN] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct netlink_message request =
		netlink_begin_netfilter(buffer, sizeof(buffer), NFNL_SUBSYS_CTNETLINK,
					IPCTNL_MSG_CT_GET, NLM_F_DUMP, domain);

	return netlink_request(socket, sequence, &request, listener);
}

/* Stops, and returns true, where take() does. */
static bool find_tuple_address(const struct nlattr *tuple,
			       bool (*take)(const struct prefix *address, void *data), void *data)
{
	struct nlattr *part, *attribute;

	mnl_attr_for_each_nested(part, tuple)
	{
		if (mnl_attr_get_type(part) != CTA_TUPLE_IP)
			continue;
		mnl_attr_for_each_nested(attribute, part)
		{
			enum family family =
				mnl_attr_get_type(attribute) <= CTA_IP_V4_DST ? IPV4 : IPV6;
			struct prefix address = { .family = family, .length = family_bits(family) };

			if (mnl_attr_get_payload_len(attribute) != family_bytes(family))
				continue;
			memcpy(address.bytes, mnl_attr_get_payload(attribute),
			       family_bytes(family));
			if (take(&address, data))
				return true;
		}
	}
	return false;
}

bool conntrack_find_address(const struct nlmsghdr *connection,
			    bool (*take)(const struct prefix *address, void *data), void *data)
{
	struct nlattr *attribute;

	mnl_attr_for_each(attribute, connection, sizeof(struct nfgenmsg))
	{
		uint16_t type = mnl_attr_get_type(attribute);

		if ((type == CTA_TUPLE_ORIG || type == CTA_TUPLE_REPLY) &&
		    find_tuple_address(attribute, take, data))
			return true;
	}
	return false;
}

int conntrack_compare(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

struct collecting {
	const struct prefix *prefixes;
	unsigned count;
	struct prefix *addresses;
	size_t found;
	bool failed;
};

static bool collect_address(const struct prefix *address, void *data)
{
	struct collecting *collecting = data;
	for (unsigned i = 0; i < collecting->count; i++) {
		if (!prefix_contains(&collecting->prefixes[i], address))
			continue;
		collecting->failed =
			!prefix_add(&collecting->addresses, &collecting->found, address);
		break;
	}
	return collecting->failed;
}

static bool collect_addresses(const struct nlmsghdr *connection, void *data)
{
	return !conntrack_find_address(connection, collect_address, data);
}

static void forget_addresses(void *data)
{
	struct collecting *collecting = data;

	collecting->found = 0;
}

static size_t drop_repeated(struct prefix *addresses, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(addresses, count, sizeof(*addresses), conntrack_compare);
	for (size_t i = 0; i < count; i++)
		if (!kept || prefix_compare(&addresses[kept - 1], &addresses[i]))
			addresses[kept++] = addresses[i];
	return kept;
}

bool kernel_conntrack_read_addresses(struct prefix **addresses, size_t *found,
				     const struct prefix *prefixes, unsigned count, struct err *err)
{
	struct collecting collecting = { .prefixes = prefixes, .count = count };
	const struct netlink_listener listener = { collect_addresses, forget_addresses,
						   &collecting };
	uint32_t sequence = 0;
	struct mnl_socket *socket;
	bool ok;

	*addresses = NULL;
	*found = 0;
	if (!count || !conntrack_count())
		return true;
	socket = conntrack_open(err);
	if (!socket)
		return false;
	ok = (conntrack_dump(socket, &sequence, conntrack_domain(prefixes, count), &listener) &&
	      !collecting.failed) ||
	     err_sys(err, "the tracked connections can't be read");
	mnl_socket_close(socket);
	if (!ok) {
		free(collecting.addresses);
		return false;
	}
	*addresses = collecting.addresses;
	*found = drop_repeated(collecting.addresses, collecting.found);
	return true;
}
