/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink's routes → those with a gateway that we made, whoever needs them now. */
#include "base/array.h"
#include "kernel/kernel_rtnetlink.h"
#include <errno.h>

struct routes {
	struct netconf_op *changes;
	size_t count, of_others; /* how many are of families before this one */
	enum family family;
	bool no_memory;
};

/* False when it has no gateway, as the routes to guests' own addresses. */
static bool read_gateway_route(struct netconf_op *route, const struct nlmsghdr *header,
			       enum family family)
{
	const struct rtmsg *message = mnl_nlmsg_get_payload(header);
	struct nlattr *attribute;

	*route = (struct netconf_op){ .kind = NETCONF_ROUTE };
	route->prefix = (struct prefix){ .family = family, .length = message->rtm_dst_len };
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		const void *value = mnl_attr_get_payload(attribute);
		bool is_address = mnl_attr_get_payload_len(attribute) == family_bytes(family);

		switch (mnl_attr_get_type(attribute)) {
		case RTA_DST:
			if (is_address)
				memcpy(route->prefix.bytes, value, family_bytes(family));
			break;
		case RTA_GATEWAY:
			route->gateway.family = family;
			route->gateway.length = is_address ? family_bits(family) : 0;
			if (is_address)
				memcpy(route->gateway.bytes, value, family_bytes(family));
			break;
		case RTA_PRIORITY:
			route->metric = mnl_attr_get_u32(attribute);
			break;
		case RTA_OIF:
			route->index = mnl_attr_get_u32(attribute);
			break;
		}
	}
	if (!(message->rtm_flags & RTNH_F_ONLINK)) {
		route->index = 0;
		route->via = route->gateway;
	}
	return prefix_is_address(&route->gateway);
}

/* Of a family that it doesn't know the kernel answers with all the others. */
static bool take_gateway_route(const struct nlmsghdr *header, void *data)
{
	const struct rtmsg *message = mnl_nlmsg_get_payload(header);
	struct routes *routes = data;
	struct netconf_op route, *added;

	if (message->rtm_family != rtnetlink_domain(routes->family) ||
	    message->rtm_protocol != ROUTE_PROTOCOL || message->rtm_type != RTN_UNICAST ||
	    !read_gateway_route(&route, header, routes->family))
		return true;
	added = array_add(&routes->changes, routes->count, sizeof(*added));
	if (!added) {
		routes->no_memory = true;
		return false;
	}
	*added = route;
	routes->count++;
	return true;
}

static void forget_routes(void *data)
{
	struct routes *routes = data;

	routes->count = routes->of_others;
}

/* The kernel itself passes over what has another protocol. */
static bool read_family_routes(struct routes *routes, struct kernel_link *link, enum family family)
{
	char buffer[128] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct netlink_listener listener = { take_gateway_route, forget_routes, routes };
	struct netlink_message request;
	struct rtmsg *message = netlink_begin(&request, buffer, sizeof(buffer), RTM_GETROUTE,
					      NLM_F_DUMP, sizeof(*message));

	message->rtm_family = rtnetlink_domain(family);
	message->rtm_protocol = ROUTE_PROTOCOL;
	message->rtm_type = RTN_UNICAST;
	netlink_put_u32(&request, RTA_TABLE, RT_TABLE_MAIN);
	routes->family = family;
	routes->of_others = routes->count;
	/* ENOENT: a table that never had a route. */
	return rtnetlink_request(link, &request, &listener) || errno == ENOENT;
}

bool kernel_link_read_routes(struct netconf_op **changes, size_t *count, struct kernel_link *link,
			     struct err *err)
{
	struct routes routes = { 0 };
	bool ok = read_family_routes(&routes, link, IPV4) &&
		  (routes.no_memory || read_family_routes(&routes, link, IPV6));

	if (!ok || routes.no_memory) {
		free(routes.changes);
		return ok ? err_memory(err) : err_sys(err, "the routes can't be read");
	}
	*changes = routes.changes;
	*count = routes.count;
	return true;
}
