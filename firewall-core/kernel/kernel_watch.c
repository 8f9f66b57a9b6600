/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of interfaces, addresses and routes → may others have taken something? */
#include "base/child.h"
#include "kernel/kernel_rtnetlink.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netconf.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>

#define NEWS_SIZE 16384 /* the kernel tells of one thing a message, and none is that long */

/*
 * A router's tables change all the time: of routes, hear of default ones, by which gateways are
 * known, and that one of ours was removed.
 */
static bool filter_routes(const struct mnl_socket *socket)
{
	static const unsigned type = offsetof(struct nlmsghdr, nlmsg_type),
			      length = NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_dst_len),
			      protocol = NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, type),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, protocol),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ROUTE_PROTOCOL, 2, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, length),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { COUNT(code), code };

	return !setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_ATTACH_FILTER, &program,
			   sizeof(program));
}

bool kernel_link_listen(struct kernel_link *link, struct err *err)
{
	static const int groups[] = { RTNLGRP_LINK,	   RTNLGRP_IPV4_IFADDR,
				      RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
				      RTNLGRP_IPV6_ROUTE,  RTNLGRP_IPV4_NETCONF,
				      RTNLGRP_IPV6_NETCONF };
	bool ok = filter_routes(link->socket);

	for (size_t i = 0; ok && i < COUNT(groups); i++) {
		int group = groups[i];

		ok = !mnl_socket_setsockopt(link->socket, NETLINK_ADD_MEMBERSHIP, &group,
					    sizeof(group));
	}
	return ok || err_sys(err, "the kernel does not tell what changes in the network");
}

/* ---- one message ---- */

static bool is_vifs_name(const char *name)
{
	return !strncmp(name, "vif", 3);
}

/* An interface that is gone takes along what was set on it. *is_vif by its name alone. */
static bool is_link_there(bool *is_vif, uint32_t index)
{
	struct ifname name;
	struct err gone;

	if (!kernel_link_read_name(&name, index, &gone))
		return false;
	*is_vif = is_vifs_name(name.text);
	return true;
}

/* Of vifs only that somebody set them up or down: their carriers come and go with the guests. */
static bool concerns_link(const struct nlmsghdr *header)
{
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
	bool was_made = message->ifi_change == UINT32_MAX;

	return message->ifi_family == AF_UNSPEC &&
	       (!rtnetlink_read_vif(header).is_vif || (!was_made && message->ifi_change & IFF_UP));
}

/* A port that is none any more. Of an interface that goes, this comes before it is gone. */
static bool concerns_port(const struct nlmsghdr *header)
{
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
	bool is_vif;

	return message->ifi_family == AF_BRIDGE &&
	       is_link_there(&is_vif, (uint32_t)message->ifi_index);
}

static bool concerns_address(const struct nlmsghdr *header)
{
	const struct ifaddrmsg *message = mnl_nlmsg_get_payload(header);
	bool is_vif;

	return is_link_there(&is_vif, message->ifa_index) &&
	       (!is_vif || header->nlmsg_type == RTM_DELADDR);
}

static bool concerns_route(const struct nlmsghdr *header)
{
	struct nlattr *attribute;
	bool is_vif;

	mnl_attr_for_each(attribute, header, sizeof(struct rtmsg))
	{
		if (mnl_attr_get_type(attribute) == RTA_OIF &&
		    !mnl_attr_validate(attribute, MNL_TYPE_U32))
			return is_link_there(&is_vif, mnl_attr_get_u32(attribute));
	}
	return true;
}

/* A setting of an interface; that of all is told of each of them, too. */
static bool concerns_setting(const struct nlmsghdr *header)
{
	struct nlattr *attribute;
	bool is_vif = false;

	mnl_attr_for_each(attribute, header, sizeof(struct netconfmsg))
	{
		if (mnl_attr_get_type(attribute) == NETCONFA_IFINDEX &&
		    !mnl_attr_validate(attribute, MNL_TYPE_U32))
			return is_link_there(&is_vif, mnl_attr_get_u32(attribute)) && !is_vif;
	}
	return false;
}

static const struct concern {
	uint16_t type;
	size_t size; /* of the family's own header */
	bool (*concerns)(const struct nlmsghdr *header);
} concern[] = {
	{ RTM_NEWLINK, sizeof(struct ifinfomsg), concerns_link },
	{ RTM_DELLINK, sizeof(struct ifinfomsg), concerns_port },
	{ RTM_NEWADDR, sizeof(struct ifaddrmsg), concerns_address },
	{ RTM_DELADDR, sizeof(struct ifaddrmsg), concerns_address },
	{ RTM_NEWROUTE, sizeof(struct rtmsg), concerns_route },
	{ RTM_DELROUTE, sizeof(struct rtmsg), concerns_route },
	{ RTM_NEWNETCONF, sizeof(struct netconfmsg), concerns_setting },
};

static bool concerns_any(const struct nlmsghdr *header)
{
	for (size_t i = 0; i < COUNT(concern); i++)
		if (concern[i].type == header->nlmsg_type)
			return mnl_nlmsg_get_payload_len(header) >= concern[i].size &&
			       concern[i].concerns(header);
	return false;
}

/* ---- carriers ---- */

static bool hear_carrier(struct carriers *carriers, const struct nlmsghdr *header, struct err *err)
{
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
	uint32_t index = (uint32_t)message->ifi_index;
	struct rtnetlink_vif vif;

	if ((header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK) ||
	    mnl_nlmsg_get_payload_len(header) < sizeof(*message) ||
	    message->ifi_family != AF_UNSPEC)
		return true;
	if (header->nlmsg_type == RTM_DELLINK) {
		carriers_forget(carriers, index);
		return true;
	}
	vif = rtnetlink_read_vif(header);
	return !vif.is_vif || carriers_hear(carriers, index, vif.ups, vif.is_up, err);
}

/* ---- all of them ---- */

/* What is there to be heard, without waiting. ENOBUFS: there was more than we can be told. */
static bool hear_changes(bool *changed, struct carriers *carriers, const struct kernel_link *link,
			 struct err *err)
{
	char buffer[NEWS_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *header = (const void *)buffer;
	ssize_t size = netlink_receive(link->socket, buffer, sizeof(buffer));
	int left = (int)size;

	if (size < 0 && errno != ENOBUFS && errno != ENOSPC)
		return err_sys(err, "what changes in the network can't be heard");
	*changed |= size < 0;
	carriers->is_lost |= size < 0;
	for (; size >= 0 && mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
		if (!hear_carrier(carriers, header, err))
			return false;
		*changed |= concerns_any(header);
	}
	return true;
}

bool kernel_link_watch(bool *changed, struct carriers *carriers, struct kernel_link *link,
		       long timeout_ms, struct err *err)
{
	struct pollfd news = { .fd = mnl_socket_get_fd(link->socket), .events = POLLIN };
	long end_ms = child_now_ms() + timeout_ms, left = timeout_ms;
	size_t due = carriers->due;
	bool heard = false;

	do {
		int ready = poll(&news, 1, (int)left);

		if (ready < 0 && errno != EINTR)
			return err_sys(err, "what changes in the network can't be waited for");
		if (ready > 0 && !hear_changes(&heard, carriers, link, err))
			return false;
		left = end_ms - child_now_ms();
	} while (!heard && carriers->due <= due && left > 0);
	*changed = heard;
	return true;
}
