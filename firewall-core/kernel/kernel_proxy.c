/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink's proxy entries → those that we made, whoever has the addresses now. */
#include "base/array.h"
#include "kernel/kernel_rtnetlink.h"
#include <linux/neighbour.h>
#include <sys/socket.h>

struct proxies {
	struct netconf_op *changes;
	size_t count;
	bool no_memory;
};

static bool take_proxy(const struct nlmsghdr *header, void *data)
{
	const struct ndmsg *message = mnl_nlmsg_get_payload(header);
	struct netconf_op proxy = { .kind = NETCONF_PROXY,
				    .index = (uint32_t)message->ndm_ifindex };
	struct proxies *proxies = data;
	enum family family = message->ndm_family == AF_INET ? IPV4 : IPV6;
	struct nlattr *attribute;
	struct netconf_op *added;
	bool is_ours = false;

	proxy.prefix = (struct prefix){ .family = family, .length = family_bits(family) };
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		uint16_t type = mnl_attr_get_type(attribute);

		if (type == NDA_PROTOCOL)
			is_ours = mnl_attr_get_u8(attribute) == ROUTE_PROTOCOL;
		if (type == NDA_DST && mnl_attr_get_payload_len(attribute) == family_bytes(family))
			memcpy(proxy.prefix.bytes, mnl_attr_get_payload(attribute),
			       family_bytes(family));
	}
	if (!is_ours)
		return true;
	added = array_add(&proxies->changes, proxies->count, sizeof(*added));
	if (!added) {
		proxies->no_memory = true;
		return false;
	}
	*added = proxy;
	proxies->count++;
	return true;
}

static void forget_proxies(void *data)
{
	struct proxies *proxies = data;

	proxies->count = 0;
}

bool kernel_link_read_proxies(struct netconf_op **changes, size_t *count, struct kernel_link *link,
			      struct err *err)
{
	char buffer[64] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct proxies proxies = { 0 };
	const struct netlink_listener listener = { take_proxy, forget_proxies, &proxies };
	struct netlink_message request;
	struct ndmsg *message = netlink_begin(&request, buffer, sizeof(buffer), RTM_GETNEIGH,
					      NLM_F_DUMP, sizeof(*message));
	bool ok;

	message->ndm_flags = NTF_PROXY;
	ok = rtnetlink_request(link, &request, &listener);
	if (!ok || proxies.no_memory) {
		free(proxies.changes);
		return ok ? err_memory(err) : err_sys(err, "the proxy entries can't be read");
	}
	*changes = proxies.changes;
	*count = proxies.count;
	return true;
}
