/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Default routes → the next hops that are reached through a bridge. */
#include "base/array.h"
#include "kernel/kernel_rtnetlink.h"
#include <errno.h>
#include <linux/if_link.h>
#include <sys/socket.h>

#define REQUEST_SIZE 128

struct hop {
	struct prefix gateway; /* zeroed: none, as on a point-to-point link */
	uint32_t index;
};

struct reading {
	struct hop *hops;
	size_t count;
	uint8_t domain;
	size_t first; /* of the hops of this request */
	bool failed;
};

/* Of a next hop of the other family (RFC 5549) both are told: RTA_VIA. */
static void read_via(struct prefix *gateway, const struct nlattr *attribute)
{
	const struct rtvia *via = mnl_attr_get_payload(attribute);
	size_t size = mnl_attr_get_payload_len(attribute);

	for (int family = 0; family < FAMILY_COUNT; family++)
		if (size == sizeof(*via) + family_bytes(family) &&
		    via->rtvia_family == rtnetlink_domain(family)) {
			gateway->family = family;
			gateway->length = family_bits(family);
			memcpy(gateway->bytes, via->rtvia_addr, family_bytes(family));
		}
}

static void read_gateway(struct hop *hop, const struct nlattr *attribute, enum family family)
{
	switch (mnl_attr_get_type(attribute)) {
	case RTA_GATEWAY:
		if (mnl_attr_get_payload_len(attribute) != family_bytes(family))
			break;
		hop->gateway.family = family;
		hop->gateway.length = family_bits(family);
		memcpy(hop->gateway.bytes, mnl_attr_get_payload(attribute), family_bytes(family));
		break;
	case RTA_VIA:
		read_via(&hop->gateway, attribute);
		break;
	case RTA_OIF:
		hop->index = mnl_attr_get_u32(attribute);
		break;
	}
}

static void add_hop(struct reading *reading, const struct hop *hop)
{
	struct hop *added;

	if (!prefix_is_address(&hop->gateway))
		return;
	added = array_add(&reading->hops, reading->count, sizeof(*added));
	if (added)
		*added = *hop;
	reading->count += added != NULL;
	reading->failed |= !added;
}

/* A route with several next hops has them in a row, each with attributes of its own. */
static void add_hops(struct reading *reading, const struct nlattr *attribute, enum family family)
{
	struct rtnexthop *next = mnl_attr_get_payload(attribute);
	int left = mnl_attr_get_payload_len(attribute);

	for (; RTNH_OK(next, left); left -= RTNH_ALIGN(next->rtnh_len), next = RTNH_NEXT(next)) {
		struct hop hop = { .index = (uint32_t)next->rtnh_ifindex };
		struct nlattr *attr;

		mnl_attr_for_each_payload((void *)RTNH_DATA(next), next->rtnh_len - RTNH_LENGTH(0))
			read_gateway(&hop, attr, family);
		add_hop(reading, &hop);
	}
}

static bool take_default_hop(const struct nlmsghdr *header, void *data)
{
	const struct rtmsg *message = mnl_nlmsg_get_payload(header);
	struct reading *reading = data;
	enum family family = reading->domain == AF_INET ? IPV4 : IPV6;
	struct hop hop = { .index = 0 };
	struct nlattr *attribute;

	if (message->rtm_family != reading->domain || message->rtm_dst_len ||
	    message->rtm_type != RTN_UNICAST)
		return true;
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		read_gateway(&hop, attribute, family);
		if (mnl_attr_get_type(attribute) == RTA_MULTIPATH)
			add_hops(reading, attribute, family);
	}
	add_hop(reading, &hop);
	return true;
}

static void forget_hops(void *data)
{
	struct reading *reading = data;

	reading->count = reading->first;
}

static bool request_hops(struct reading *reading, struct kernel_link *link,
			 const struct netlink_message *request)
{
	const struct netlink_listener listener = { take_default_hop, forget_hops, reading };

	reading->first = reading->count;
	return rtnetlink_request(link, request, &listener);
}

/* All there are: the kernel itself passes over routes through other interfaces (Linux 4.20). */
static bool read_through(struct reading *reading, struct kernel_link *link, uint32_t index)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct netlink_message request;
	struct rtmsg *message = netlink_begin(&request, buffer, sizeof(buffer), RTM_GETROUTE,
					      NLM_F_DUMP, sizeof(*message));

	message->rtm_family = reading->domain;
	netlink_put_u32(&request, RTA_TABLE, RT_TABLE_MAIN);
	netlink_put_u32(&request, RTA_OIF, index);
	/* ENOENT: a table that never had a route. */
	return request_hops(reading, link, &request) || errno == ENOENT || errno == EAFNOSUPPORT;
}

/* The one that counts, through whichever interface. */
static void read_best(struct reading *reading, struct kernel_link *link, enum family family)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct netlink_message request;
	struct rtmsg *message =
		netlink_begin(&request, buffer, sizeof(buffer), RTM_GETROUTE, 0, sizeof(*message));

	message->rtm_family = reading->domain;
	message->rtm_dst_len = family_bits(family);
	message->rtm_flags = RTM_F_FIB_MATCH;
	rtnetlink_put_address(&request, RTA_DST, &rtnetlink_nowhere[family]);
	(void)!request_hops(reading, link, &request); /* there may be none */
}

static bool take_lower(const struct nlmsghdr *header, void *data)
{
	struct nlattr *attribute;

	mnl_attr_for_each(attribute, header, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(attribute) == IFLA_LINK)
			*(uint32_t *)data = mnl_attr_get_u32(attribute);
	}
	return false;
}

/* Is it the bridge, or the interface of a VLAN above it? */
static bool leads_through(struct kernel_link *link, uint32_t index, uint32_t bridge)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	uint32_t lower = 0;
	const struct netlink_listener listener = { .take = take_lower, .data = &lower };
	struct netlink_message request;
	struct ifinfomsg *message =
		netlink_begin(&request, buffer, sizeof(buffer), RTM_GETLINK, 0, sizeof(*message));

	if (index == bridge)
		return true;
	message->ifi_index = (int)index;
	return rtnetlink_request(link, &request, &listener) && lower == bridge;
}

bool kernel_link_read_gateways(struct prefix **gateways, size_t *count, struct kernel_link *link,
			       uint32_t bridge, struct err *err)
{
	struct reading reading = { .hops = NULL };
	struct prefix *found = NULL;
	size_t found_count = 0;
	bool ok = true;

	for (int family = 0; ok && family < FAMILY_COUNT; family++) {
		reading.domain = rtnetlink_domain(family);
		ok = read_through(&reading, link, bridge) ||
		     err_sys(err, "the default routes can't be read");
		if (ok)
			read_best(&reading, link, family);
	}
	for (size_t i = 0; ok && i < reading.count; i++) {
		struct prefix *added;

		if (!leads_through(link, reading.hops[i].index, bridge))
			continue;
		added = array_add(&found, found_count, sizeof(*added));
		reading.failed |= !added;
		if (added)
			found[found_count++] = reading.hops[i].gateway;
	}
	free(reading.hops);
	if (!ok || reading.failed) {
		free(found);
		return !ok ? false : err_memory(err);
	}
	*gateways = found;
	*count = found_count;
	return true;
}
