/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change that was made once → is it there, or what is in its place. */
#include "kernel/kernel_rtnetlink.h"
#include <errno.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

#define REQUEST_SIZE 128

/* Of an interface that is gone, of an entry that is not there, of a route that there is none to. */
static bool means_not_there(int error)
{
	switch (error) {
	case ENODEV:
	case ENOENT:
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ESRCH:
	case EACCES:
	case EPERM:
	case EINVAL:
	case EAFNOSUPPORT:
	case EOPNOTSUPP:
		return true;
	}
	return false;
}

static bool find_link_address(struct presence *found, struct kernel_link *link,
			      const struct netconf_op *change, struct err *err)
{
	auto_free struct prefix *addresses = NULL;
	size_t count = 0;

	if (!kernel_link_read_addresses(&addresses, &count, link, change->index, err))
		return false;
	found->is_there = prefix_is_among(addresses, count, &change->prefix);
	return true;
}

struct entry_search {
	struct presence *found;
	const struct netconf_op *change;
};

/* A neighbour has to be the guest's MAC, for ever; a proxy entry has neither. */
static bool take_entry(const struct nlmsghdr *header, void *data)
{
	const struct ndmsg *message = mnl_nlmsg_get_payload(header);
	struct entry_search *search = data;
	const struct mac *mac = &search->change->mac;
	struct nlattr *attribute;

	search->found->is_there = search->change->kind == NETCONF_PROXY;
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		if (mnl_attr_get_type(attribute) == NDA_LLADDR &&
		    message->ndm_state == NUD_PERMANENT &&
		    mnl_attr_get_payload_len(attribute) == sizeof(mac->bytes))
			search->found->is_there |= !memcmp(mnl_attr_get_payload(attribute),
							   mac->bytes, sizeof(mac->bytes));
	}
	return false;
}

static bool find_entry(struct presence *found, struct kernel_link *link,
		       const struct netconf_op *change)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct entry_search search = { found, change };
	const struct netlink_listener listener = { .take = take_entry, .data = &search };
	struct netlink_message request;
	struct ndmsg *message =
		netlink_begin(&request, buffer, sizeof(buffer), RTM_GETNEIGH, 0, sizeof(*message));

	message->ndm_family = rtnetlink_domain(change->prefix.family);
	message->ndm_ifindex = (int)change->index;
	message->ndm_flags = change->kind == NETCONF_PROXY ? NTF_PROXY : 0;
	rtnetlink_put_address(&request, NDA_DST, &change->prefix);
	return rtnetlink_request(link, &request, &listener) || means_not_there(errno);
}

static bool take_found_route(const struct nlmsghdr *header, void *data)
{
	const struct rtmsg *message = mnl_nlmsg_get_payload(header);
	struct presence *found = data;
	struct nlattr *attribute;

	found->protocol = message->rtm_protocol;
	found->length = message->rtm_dst_len;
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		if (mnl_attr_get_type(attribute) == RTA_OIF)
			found->index = mnl_attr_get_u32(attribute);
	}
	return false;
}

/* What becomes of a packet there, by whosever route. */
static bool find_route(struct presence *found, struct kernel_link *link,
		       const struct netconf_op *change)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct netlink_listener listener = { .take = take_found_route, .data = found };
	struct netlink_message request;
	struct rtmsg *message =
		netlink_begin(&request, buffer, sizeof(buffer), RTM_GETROUTE, 0, sizeof(*message));

	message->rtm_family = rtnetlink_domain(change->prefix.family);
	message->rtm_dst_len = family_bits(change->prefix.family);
	message->rtm_flags = RTM_F_FIB_MATCH;
	rtnetlink_put_address(&request, RTA_DST, &change->prefix);
	if (!rtnetlink_request(link, &request, &listener) && !means_not_there(errno))
		return false;
	found->is_there = found->index == change->index;
	return true;
}

bool kernel_link_find(struct presence *found, struct kernel_link *link,
		      const struct netconf_op *change, struct err *err)
{
	char text[NETCONF_OP_TEXT];
	bool ok = false;

	*found = (struct presence){ .is_there = false };
	switch ((enum netconf_kind)change->kind) {
	case NETCONF_ADDRESS:
		return find_link_address(found, link, change, err);
	case NETCONF_NEIGHBOUR:
	case NETCONF_PROXY:
		ok = find_entry(found, link, change);
		break;
	case NETCONF_ROUTE:
		ok = find_route(found, link, change);
		break;
	}
	return ok || err_sys(err, "%s can't be looked for", netconf_op_print(text, change));
}
