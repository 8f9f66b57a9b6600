/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An address or prefix → may a guest have it, or is something of this machine's own in it? */
#include "kernel/kernel_rtnetlink.h"
#include <errno.h>

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

/* There being no route is an error to the kernel, and so is one that refuses. */
static bool means_no_route(int error)
{
	switch (error) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ESRCH:
	case ENOENT:
	case EACCES:
	case EPERM:
	case EINVAL:
	case EAGAIN:
	case EAFNOSUPPORT:
	case EOPNOTSUPP:
		return true;
	}
	return false;
}

/* Ask for the route to an address; where there is none, nothing is taken. */
static bool request_route(struct kernel_link *link, const struct prefix *address,
			  bool (*take)(const struct nlmsghdr *header, void *data), void *data)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct netlink_listener listener = { .take = take, .data = data };
	struct netlink_message request;
	struct rtmsg *message =
		netlink_begin(&request, buffer, sizeof(buffer), RTM_GETROUTE, 0, sizeof(*message));

	message->rtm_family = rtnetlink_domain(address->family);
	message->rtm_dst_len = family_bits(address->family);
	/* The route as it stands: to find its best source, the kernel would walk all interfaces. */
	message->rtm_flags = RTM_F_FIB_MATCH;
	rtnetlink_put_address(&request, RTA_DST, address);
	return rtnetlink_request(link, &request, &listener) || means_no_route(errno);
}

/* A prefix, and an address that was found in it; zeroed: none. */
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

static void forget_found(void *data)
{
	struct search *search = data;

	search->found = (struct prefix){ 0 };
}

/*
 * Of a prefix all addresses of this machine are looked at, of an address the route to it. Returns
 * false with errno set: what could not be read may well be one of ours.
 */
static bool find_own_within(bool *found, struct kernel_link *link, struct search *search)
{
	const struct netlink_listener listener = { take_own_within, forget_found, search };

	*found = false;
	if (prefix_is_address(search->prefix))
		return request_route(link, search->prefix, take_is_local, found);
	if (!rtnetlink_dump_addresses(link, search->prefix->family, 0, &listener) &&
	    errno != EAFNOSUPPORT)
		return false;
	*found = prefix_is_address(&search->found);
	return true;
}

bool kernel_link_check_free(struct kernel_link *link, const struct prefix *prefix,
			    bool may_be_gateway, struct err *err)
{
	struct search search = { .prefix = prefix };
	char text[PREFIX_TEXT];
	bool is_own;

	if (!find_own_within(&is_own, link, &search))
		return err_sys(err, "may be this machine's own, whose addresses can't be read");
	if (is_own) {
		if (prefix_is_address(prefix))
			return err_set(err, "is an address of this machine itself");
		return err_set(err, "holds %s, an address of this machine itself",
			       prefix_print(text, &search.found));
	}
	if (may_be_gateway)
		return true;
	if (!request_route(link, &rtnetlink_nowhere[prefix->family], take_gateway_within, &search))
		return err_sys(err, "may be the gateway of the default route, which can't be read");
	if (!prefix_is_address(&search.found))
		return true;
	if (prefix_is_address(prefix))
		return err_set(err, "is the gateway of this machine's own default route");
	return err_set(err, "holds %s, the gateway of this machine's own default route",
		       prefix_print(text, &search.found));
}
