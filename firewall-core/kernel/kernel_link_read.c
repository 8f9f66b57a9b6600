/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rtnetlink tells of interfaces, their addresses and the default route → values. Nothing here
 * grows with the guests.
 */
#include "kernel/kernel_rtnetlink.h"
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>

#define REQUEST_SIZE 128

/* ---- interfaces ---- */

struct interface {
	uint32_t index;
	bool is_up;
	struct ifname name;
	struct mac mac; /* zeros unless it is an Ethernet */
	struct link_counters counters;
};

static void read_link_counters(struct link_counters *counters, const struct nlattr *attribute)
{
	struct rtnl_link_stats64 stats;

	/* Kernels append to the structure: take what is there of it. */
	memset(&stats, 0, sizeof(stats));
	memcpy(&stats, mnl_attr_get_payload(attribute),
	       mnl_attr_get_payload_len(attribute) < sizeof(stats)
		       ? mnl_attr_get_payload_len(attribute)
		       : sizeof(stats));
	*counters = (struct link_counters){ .rx_packets = stats.rx_packets,
					    .tx_packets = stats.tx_packets,
					    .rx_bytes = stats.rx_bytes,
					    .tx_bytes = stats.tx_bytes };
}

static bool take_interface(const struct nlmsghdr *header, void *data)
{
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
	struct interface *interface = data;
	struct nlattr *attribute;

	interface->index = (uint32_t)message->ifi_index;
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		const void *value = mnl_attr_get_payload(attribute);
		size_t size = mnl_attr_get_payload_len(attribute);

		switch (mnl_attr_get_type(attribute)) {
		case IFLA_IFNAME:
			snprintf(interface->name.text, sizeof(interface->name.text), "%s",
				 mnl_attr_get_str(attribute));
			break;
		case IFLA_ADDRESS:
			if (message->ifi_type == ARPHRD_ETHER && size == sizeof(interface->mac))
				memcpy(interface->mac.bytes, value, size);
			break;
		case IFLA_STATS64:
			read_link_counters(&interface->counters, attribute);
			break;
		}
	}
	interface->counters.is_up = message->ifi_flags & IFF_UP;
	return false;
}

/* By index, or where that is 0 by name. Returns false with errno set. */
static bool read_interface(struct interface *interface, struct kernel_link *link, uint32_t index,
			   const struct ifname *name, uint32_t filter)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct netlink_listener listener = { .take = take_interface, .data = interface };
	struct netlink_message request;
	struct ifinfomsg *message =
		netlink_begin(&request, buffer, sizeof(buffer), RTM_GETLINK, 0, sizeof(*message));

	*interface = (struct interface){ 0 };
	message->ifi_index = (int)index;
	netlink_put_u32(&request, IFLA_EXT_MASK, filter);
	if (!index)
		netlink_put_text(&request, IFLA_IFNAME, name->text);
	return rtnetlink_request(link, &request, &listener);
}

bool kernel_link_read_counters(struct link_counters *counters, struct kernel_link *link,
			       uint32_t index, struct err *err)
{
	struct interface interface;

	if (!read_interface(&interface, link, index, NULL, 0))
		return err_sys(err, "dev %u", index);
	*counters = interface.counters;
	return true;
}

bool kernel_link_read_index(uint32_t *index, const struct ifname *name, struct err *err)
{
	uint32_t found = if_nametoindex(name->text);

	if (!found)
		return err_sys(err, "interface %s", name->text);
	*index = found;
	return true;
}

bool kernel_link_read_name(struct ifname *name, uint32_t index, struct err *err)
{
	struct ifname found;

	if (!if_indextoname(index, found.text))
		return err_sys(err, "dev %u", index);
	*name = found;
	return true;
}

/* ---- routes ---- */

/* The interface that a route leads to, of several the first. 0: none. */
static uint32_t route_interface(const struct nlmsghdr *header)
{
	struct nlattr *attribute;

	mnl_attr_for_each(attribute, header, sizeof(struct rtmsg))
	{
		if (mnl_attr_get_type(attribute) == RTA_OIF)
			return mnl_attr_get_u32(attribute);
		if (mnl_attr_get_type(attribute) == RTA_MULTIPATH &&
		    mnl_attr_get_payload_len(attribute) >= sizeof(struct rtnexthop)) {
			const struct rtnexthop *hop = mnl_attr_get_payload(attribute);

			return (uint32_t)hop->rtnh_ifindex;
		}
	}
	return 0;
}

struct default_route {
	uint8_t domain;
	uint32_t index; /* 0: not found */
};

/* Of a family that it doesn't know the kernel answers with all the others. */
static bool take_default_route(const struct nlmsghdr *header, void *data)
{
	const struct rtmsg *message = mnl_nlmsg_get_payload(header);
	struct default_route *route = data;

	if (message->rtm_family == route->domain && message->rtm_dst_len == 0 &&
	    message->rtm_type == RTN_UNICAST)
		route->index = route_interface(header);
	return !route->index;
}

/*
 * Where the main table's default route goes, the one of the lowest metric. The kernel hands routes
 * over in the order of their prefixes, so this one comes in the first piece of the dump: the
 * guests' routes behind it are never made, for we hear no more and close.
 */
static bool read_default(uint32_t *index, enum family family, struct err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct default_route route = { .domain = rtnetlink_domain(family) };
	const struct netlink_listener listener = { .take = take_default_route, .data = &route };
	struct netlink_message request;
	struct rtmsg *message = netlink_begin(&request, buffer, sizeof(buffer), RTM_GETROUTE,
					      NLM_F_DUMP, sizeof(*message));
	struct kernel_link *link = kernel_link_open(err);
	bool ok;

	if (!link)
		return false;
	message->rtm_family = rtnetlink_domain(family);
	message->rtm_type = RTN_UNICAST;
	netlink_put_u32(&request, RTA_TABLE, RT_TABLE_MAIN);
	/* ENOENT: a table that never had a route. */
	ok = rtnetlink_request(link, &request, &listener) || errno == ENOENT;
	if (!ok)
		err_sys(err, "the default route can't be read");
	kernel_link_close(link);
	*index = route.index;
	return ok;
}

/* ---- the uplink ---- */

struct uplink_reading {
	struct uplink *uplink;
	uint32_t index;
	enum family family;
	int rank; /* of the address found so far */
};

/*
 * What stays is what guests are told, who keep it in files of their own: of IPv6 one that is not
 * temporary, then one that has no end, then the oldest. The kernel lists the newest of IPv6 first,
 * of IPv4 the oldest.
 */
static void take_global(struct uplink_reading *reading, const struct prefix *address,
			uint32_t flags)
{
	struct uplink *uplink = reading->uplink;
	enum family family = address->family;
	/* The same bit has two meanings. */
	bool is_secondary = family == IPV4 && flags & IFA_F_SECONDARY;
	int rank = family == IPV4	     ? 0
		   : flags & IFA_F_TEMPORARY ? 0
		   : flags & IFA_F_PERMANENT ? 2
					     : 1;

	if (is_secondary || flags & IFA_F_DEPRECATED)
		return;
	if (!uplink->candidates[family]++ || rank > reading->rank ||
	    (rank == reading->rank && family == IPV6)) {
		uplink->address[family] = *address;
		reading->rank = rank;
	}
}

static bool take_uplink_address(const struct nlmsghdr *header, void *data)
{
	const struct ifaddrmsg *message = mnl_nlmsg_get_payload(header);
	struct uplink_reading *reading = data;
	uint32_t flags = message->ifa_flags;
	struct nlattr *attribute;
	struct prefix address;

	if (message->ifa_index != reading->index ||
	    !rtnetlink_own_address(&address, header, reading->family))
		return true;
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		if (mnl_attr_get_type(attribute) == IFA_FLAGS)
			flags = mnl_attr_get_u32(attribute);
	}
	if (flags & IFA_F_DADFAILED)
		return true;
	if (message->ifa_scope == RT_SCOPE_UNIVERSE)
		take_global(reading, &address, flags);
	else if (message->ifa_scope == RT_SCOPE_LINK && reading->family == IPV6 &&
		 !prefix_is_address(&reading->uplink->link_local))
		reading->uplink->link_local = address;
	return true;
}

static void forget_uplink_addresses(void *data)
{
	struct uplink_reading *reading = data;

	reading->uplink->address[reading->family] = (struct prefix){ 0 };
	reading->uplink->candidates[reading->family] = 0;
	if (reading->family == IPV6)
		reading->uplink->link_local = (struct prefix){ 0 };
}

static bool read_addresses(struct uplink *uplink, struct kernel_link *link, enum family family)
{
	struct uplink_reading reading = { uplink, uplink->index, family, 0 };
	const struct netlink_listener listener = { take_uplink_address, forget_uplink_addresses,
						   &reading };

	return rtnetlink_dump_addresses(link, family, uplink->index, &listener);
}

bool kernel_link_read_uplink(struct uplink *uplink, struct kernel_link *link,
			     const struct ifname *name, struct err *err)
{
	struct uplink found = { 0 };
	struct interface interface;
	uint32_t index = 0;

	if (!name->text[0]) {
		if (!read_default(&index, IPV4, err) ||
		    (!index && !read_default(&index, IPV6, err)))
			return false;
		if (!index)
			return err_set(err,
				       "there is no default route, so no uplink for the guests: "
				       "set UPLINK in taofirewall.conf");
	}
	if (!read_interface(&interface, link, index, name, RTEXT_FILTER_SKIP_STATS))
		return err_sys(err, "the uplink %s", index ? "of the default route" : name->text);
	found.name = interface.name;
	found.index = interface.index;
	found.mac = interface.mac;
	if (!read_addresses(&found, link, IPV4) || !read_addresses(&found, link, IPV6))
		return err_sys(err, "the addresses of %s can't be read", found.name.text);
	*uplink = found;
	return true;
}
