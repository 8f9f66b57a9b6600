/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An address or prefix → may a guest have it, or is something of this machine's own in it? */
#include "kernel_rtnetlink.h"
#include <sys/socket.h>

#define REQUEST_SIZE 128

static bool take_is_local(const struct nlmsghdr *header, void *data)
{
	const struct rtmsg *message = mnl_nlmsg_get_payload(header);
	bool *is_local = data;

	/*
	 * With IPv6 a router answers for the first address of each of its networks, too (RFC 4291,
	 * 2.6.1).
	 */
	*is_local = message->rtm_type == RTN_LOCAL || message->rtm_type == RTN_ANYCAST;
	return false;
}

/* Ask for the route to an address. There being none is an error to the kernel. */
static bool read_route(struct kernel_link *link, const struct prefix *address,
		       bool (*take)(const struct nlmsghdr *header, void *data), void *data)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));

	header->nlmsg_type = RTM_GETROUTE;
	message->rtm_family = rtnetlink_domain(address);
	message->rtm_dst_len = family_bits(address->family);
	/* The route as it stands: to find its best source, the kernel would walk all interfaces. */
	message->rtm_flags = RTM_F_FIB_MATCH;
	rtnetlink_put_address(header, RTA_DST, address);
	return rtnetlink_request(link, header, take, data);
}

/* A prefix, and an address that was found in it; length 0: none. */
struct search {
	const struct prefix *prefix;
	struct prefix found;
};

static void search_attribute(struct search *search, const struct nlattr *attribute)
{
	enum family family = search->prefix->family;
	struct prefix address = { .family = family, .length = family_bits(family) };

	if (mnl_attr_get_payload_len(attribute) != family_bytes(family))
		return;
	memcpy(address.bytes, mnl_attr_get_payload(attribute), family_bytes(family));
	if (prefix_contains(search->prefix, &address))
		search->found = address;
}

static bool take_own_within(const struct nlmsghdr *header, void *data)
{
	struct nlattr *attribute;

	mnl_attr_for_each(attribute, header, sizeof(struct ifaddrmsg))
	{
		/* IFA_ADDRESS is the other end's where there is a local one. */
		if (mnl_attr_get_type(attribute) == IFA_LOCAL ||
		    mnl_attr_get_type(attribute) == IFA_ADDRESS)
			search_attribute(data, attribute);
	}
	return true;
}

static bool take_gateway_within(const struct nlmsghdr *header, void *data)
{
	struct nlattr *attribute;

	mnl_attr_for_each(attribute, header, sizeof(struct rtmsg))
	{
		if (mnl_attr_get_type(attribute) == RTA_GATEWAY)
			search_attribute(data, attribute);
	}
	return false;
}

/* Of a prefix all addresses of this machine are looked at, of an address the route to it. */
static bool has_own_within(struct kernel_link *link, struct search *search)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct ifaddrmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	bool is_local = false;

	header->nlmsg_type = RTM_GETADDR;
	header->nlmsg_flags = NLM_F_DUMP;
	message->ifa_family = rtnetlink_domain(search->prefix);
	if (prefix_is_address(search->prefix))
		return read_route(link, search->prefix, take_is_local, &is_local) && is_local;
	return rtnetlink_request(link, header, take_own_within, search) && search->found.length;
}

bool kernel_link_check_free(struct kernel_link *link, const struct prefix *prefix, struct err *err)
{
	/* Nobody routes to these, so the default route is the one to them (RFC 1122, RFC 4291). */
	static const struct prefix nowhere[FAMILY_COUNT] = {
		[IPV4] = { .bytes = { 0, 0, 0, 1 }, .family = IPV4, .length = 32 },
		[IPV6] = { .bytes = { [15] = 2 }, .family = IPV6, .length = 128 },
	};
	struct search search = { .prefix = prefix };
	char text[PREFIX_TEXT];

	if (has_own_within(link, &search)) {
		if (prefix_is_address(prefix))
			return err_set(err, "is an address of this machine itself");
		return err_set(err, "holds %s, an address of this machine itself",
			       prefix_print(text, &search.found));
	}
	if (!read_route(link, &nowhere[prefix->family], take_gateway_within, &search) ||
	    !search.found.length)
		return true;
	if (prefix_is_address(prefix))
		return err_set(err, "is the gateway of this machine's own default route");
	return err_set(err, "holds %s, the gateway of this machine's own default route",
		       prefix_print(text, &search.found));
}
