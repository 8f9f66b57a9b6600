/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which bridges the kernel has, and how they are. */
#include "base/array.h"
#include "kernel/kernel_rtnetlink.h"
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <sys/socket.h>

#define REQUEST_SIZE 128

static void read_data(struct bridge *bridge, const struct nlattr *data)
{
	struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute, data)
	{
		if (mnl_attr_get_type(attribute) == IFLA_BR_VLAN_FILTERING)
			bridge->filters_vlans = mnl_attr_get_u8(attribute);
		else if (mnl_attr_get_type(attribute) == IFLA_BR_MCAST_HASH_MAX)
			bridge->groups_max = mnl_attr_get_u32(attribute);
	}
}

/* Of the info of a link: is it a bridge's? */
static bool read_info(struct bridge *bridge, const struct nlattr *info)
{
	struct nlattr *attribute;
	bool is_bridge = false;

	mnl_attr_for_each_nested(attribute, info)
	{
		if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
			is_bridge = !strcmp(mnl_attr_get_str(attribute), "bridge");
		else if (mnl_attr_get_type(attribute) == IFLA_INFO_DATA && is_bridge)
			read_data(bridge, attribute);
	}
	return is_bridge;
}

struct bridges {
	struct bridge *bridges;
	size_t count;
	bool failed;
};

static bool take_bridge_link(const struct nlmsghdr *header, void *data)
{
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
	struct bridge bridge = { .index = (uint32_t)message->ifi_index }, *added;
	struct bridges *bridges = data;
	struct nlattr *attribute;
	bool is_bridge = false;

	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		if (mnl_attr_get_type(attribute) == IFLA_IFNAME)
			snprintf(bridge.name.text, sizeof(bridge.name.text), "%s",
				 mnl_attr_get_str(attribute));
		else if (mnl_attr_get_type(attribute) == IFLA_MTU)
			bridge.mtu = mnl_attr_get_u32(attribute);
		else if (mnl_attr_get_type(attribute) == IFLA_LINKINFO)
			is_bridge = read_info(&bridge, attribute);
	}
	if (!is_bridge)
		return true;
	added = array_add(&bridges->bridges, bridges->count, sizeof(bridge));
	if (added)
		*added = bridge;
	bridges->count += added != NULL;
	bridges->failed |= !added;
	return true;
}

/* The kernel leaves out what is no bridge, as far as it knows what a bridge is. */
static void put_filter(struct netlink_message *request)
{
	struct nlattr *info = netlink_nest(request, IFLA_LINKINFO);

	netlink_put_text(request, IFLA_INFO_KIND, "bridge");
	netlink_nest_end(request, info);
}

static void forget_bridges(void *data)
{
	struct bridges *bridges = data;

	bridges->count = 0;
}

bool kernel_bridges_read(struct bridge **found, size_t *count, struct kernel_link *link,
			 const struct ifname *name, struct err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct bridges bridges = { 0 };
	const struct netlink_listener listener = { take_bridge_link, forget_bridges, &bridges };
	struct netlink_message request;

	netlink_begin(&request, buffer, sizeof(buffer), RTM_GETLINK, name->text[0] ? 0 : NLM_F_DUMP,
		      sizeof(struct ifinfomsg));
	netlink_put_u32(&request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (name->text[0])
		netlink_put_text(&request, IFLA_IFNAME, name->text);
	else
		put_filter(&request);
	if ((!rtnetlink_request(link, &request, &listener) && errno != ENODEV) || bridges.failed) {
		free(bridges.bridges);
		return bridges.failed ? err_memory(err) : err_sys(err, "bridges can't be read");
	}
	*found = bridges.bridges;
	*count = bridges.count;
	return true;
}

bool kernel_bridge_read(struct bridge *bridge, bool *found, struct kernel_link *link,
			const struct ifname *name, struct err *err)
{
	static const char prefix[] = "xenbr";
	struct ifname meant = *name;
	auto_free struct bridge *bridges = NULL;
	size_t count = 0;

	if (!strncmp(name->text, prefix, strlen(prefix)) && !if_nametoindex(name->text))
		snprintf(meant.text, sizeof(meant.text), "eth%s", name->text + strlen(prefix));
	if (!kernel_bridges_read(&bridges, &count, link, &meant, err))
		return false;
	*found = count != 0;
	if (count)
		*bridge = bridges[0];
	return true;
}

static void take_slave(struct port *port, const struct nlattr *data)
{
	struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute, data)
	{
		if (mnl_attr_get_type(attribute) == IFLA_BRPORT_LEARNING)
			port->learns = mnl_attr_get_u8(attribute);
		else if (mnl_attr_get_type(attribute) == IFLA_BRPORT_ISOLATED)
			port->isolated = mnl_attr_get_u8(attribute);
	}
}

static void take_slave_info(struct port *port, const struct nlattr *info)
{
	struct nlattr *attribute;
	bool is_bridge = false;

	mnl_attr_for_each_nested(attribute, info)
	{
		if (mnl_attr_get_type(attribute) == IFLA_INFO_SLAVE_KIND)
			is_bridge = !strcmp(mnl_attr_get_str(attribute), "bridge");
		else if (mnl_attr_get_type(attribute) == IFLA_INFO_SLAVE_DATA && is_bridge)
			take_slave(port, attribute);
	}
}

static bool take_port(const struct nlmsghdr *header, void *data)
{
	struct port *port = data;
	struct nlattr *attribute;

	mnl_attr_for_each(attribute, header, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(attribute) == IFLA_MASTER)
			port->master = mnl_attr_get_u32(attribute);
		else if (mnl_attr_get_type(attribute) == IFLA_LINKINFO)
			take_slave_info(port, attribute);
	}
	return false;
}

bool kernel_port_read(struct port *port, struct kernel_link *link, uint32_t index, struct err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct port read = { .master = 0 };
	const struct netlink_listener listener = { .take = take_port, .data = &read };
	struct netlink_message request;
	struct ifinfomsg *message =
		netlink_begin(&request, buffer, sizeof(buffer), RTM_GETLINK, 0, sizeof(*message));

	message->ifi_index = (int)index;
	netlink_put_u32(&request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (!rtnetlink_request(link, &request, &listener))
		return err_sys(err, "dev %u", index);
	*port = read;
	return true;
}
