/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a port of a bridge shall be → the kernel; and which bridges it has. */
#include "array.h"
#include "kernel_rtnetlink.h"
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

#define REQUEST_SIZE 128

/* ---- bridges ---- */

static void read_data(struct bridge *bridge, const struct nlattr *data)
{
	struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute,
				 data) if (mnl_attr_get_type(attribute) == IFLA_BR_VLAN_FILTERING)
		bridge->filters_vlans = mnl_attr_get_u8(attribute);
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

static bool take_bridge(const struct nlmsghdr *header, void *data)
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
static void put_filter(struct nlmsghdr *header)
{
	struct nlattr *info = mnl_attr_nest_start(header, IFLA_LINKINFO);

	mnl_attr_put_strz(header, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(header, info);
}

bool kernel_bridges_read(struct bridge **found, size_t *count, struct kernel_link *link,
			 const struct ifname *name, struct err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct bridges bridges = { 0 };

	header->nlmsg_type = RTM_GETLINK;
	mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (name->text[0]) {
		mnl_attr_put_strz(header, IFLA_IFNAME, name->text);
	} else {
		header->nlmsg_flags = NLM_F_DUMP;
		put_filter(header);
	}
	if ((!rtnetlink_request(link, header, take_bridge, &bridges) && errno != ENODEV) ||
	    bridges.failed) {
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

/* ---- ports ---- */

static struct nlmsghdr *begin(struct rtnetlink_batch *batch, uint16_t type, uint8_t domain,
			      uint32_t index)
{
	struct nlmsghdr *header = rtnetlink_batch_begin(batch, type, 0);
	struct ifinfomsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));

	message->ifi_family = domain;
	message->ifi_index = (int)index;
	return header;
}

static void put_master(struct rtnetlink_batch *batch, uint32_t index, uint32_t bridge)
{
	struct nlmsghdr *header = begin(batch, RTM_SETLINK, AF_UNSPEC, index);

	mnl_attr_put_u32(header, IFLA_MASTER, bridge);
	rtnetlink_batch_end(batch, header);
}

/*
 * Frames to the bridge's own group addresses (STP, LLDP) meet no rule before it learns from them:
 * a guest could take over anybody's MAC address by them.
 */
static void put_learns_no_link_local(struct rtnetlink_batch *batch, uint32_t bridge)
{
	const struct br_boolopt_multi options = { .optval = 1U << BR_BOOLOPT_NO_LL_LEARN,
						  .optmask = 1U << BR_BOOLOPT_NO_LL_LEARN };
	struct nlmsghdr *header = begin(batch, RTM_NEWLINK, AF_UNSPEC, bridge);
	struct nlattr *info = mnl_attr_nest_start(header, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(header, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
	mnl_attr_put(header, IFLA_BR_MULTI_BOOLOPT, sizeof(options), &options);
	mnl_attr_nest_end(header, data);
	mnl_attr_nest_end(header, info);
	rtnetlink_batch_end(batch, header);
}

struct flag {
	uint16_t type;
	bool value;
};

static void put_flags(struct rtnetlink_batch *batch, uint32_t index, const struct flag *flags,
		      size_t count)
{
	struct nlmsghdr *header = begin(batch, RTM_SETLINK, AF_BRIDGE, index);
	struct nlattr *port = mnl_attr_nest_start(header, IFLA_PROTINFO);

	for (size_t i = 0; i < count; i++)
		mnl_attr_put_u8(header, flags[i].type, flags[i].value);
	mnl_attr_nest_end(header, port);
	rtnetlink_batch_end(batch, header);
}

/*
 * A guest is one station, no bridge and no router: it gets no frames for stations that the bridge
 * does not know, and what it says of spanning trees or as a multicast router does not count.
 * Broadcast and multicast it needs, to be found and to find.
 */
static void put_port(struct rtnetlink_batch *batch, uint32_t index,
		     const struct port_settings *settings)
{
	const struct flag flags[] = {
		{ IFLA_BRPORT_LEARNING, settings->learns },
		{ IFLA_BRPORT_UNICAST_FLOOD, settings->learns },
		{ IFLA_BRPORT_MCAST_FLOOD, true },
		{ IFLA_BRPORT_BCAST_FLOOD, true },
		{ IFLA_BRPORT_MULTICAST_ROUTER, false },
		{ IFLA_BRPORT_GUARD, true },
		{ IFLA_BRPORT_PROTECT, true },
		{ IFLA_BRPORT_MODE, false },
		{ IFLA_BRPORT_ISOLATED, settings->isolated },
	};

	put_flags(batch, index, flags, COUNT(flags));
}

static void put_vlan(struct nlmsghdr *header, unsigned vlan, unsigned flags)
{
	const struct bridge_vlan_info info = { .vid = (uint16_t)vlan, .flags = (uint16_t)flags };

	mnl_attr_put(header, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info);
}

static void put_no_vlans(struct rtnetlink_batch *batch, uint32_t index)
{
	struct nlmsghdr *header = begin(batch, RTM_DELLINK, AF_BRIDGE, index);
	struct nlattr *spec = mnl_attr_nest_start(header, IFLA_AF_SPEC);

	put_vlan(header, 1, BRIDGE_VLAN_INFO_RANGE_BEGIN);
	put_vlan(header, VLAN_MAX, BRIDGE_VLAN_INFO_RANGE_END);
	mnl_attr_nest_end(header, spec);
	rtnetlink_batch_end(batch, header);
}

/* Neighbours of one kind go as a range, so that even all of them fit into a message. */
static void put_vlans(struct rtnetlink_batch *batch, uint32_t index, const struct vlans *vlans)
{
	struct nlmsghdr *header = begin(batch, RTM_SETLINK, AF_BRIDGE, index);
	struct nlattr *spec = mnl_attr_nest_start(header, IFLA_AF_SPEC);

	for (unsigned first = 1, last; first <= VLAN_MAX; first = last + 1) {
		uint8_t kind = vlans->vlan[first];
		unsigned flags = kind == VLAN_UNTAGGED ? BRIDGE_VLAN_INFO_UNTAGGED : 0;

		last = first;
		if (kind == VLAN_NONE)
			continue;
		if (first == vlans->own) {
			put_vlan(header, first, flags | BRIDGE_VLAN_INFO_PVID);
			continue;
		}
		while (last < VLAN_MAX && vlans->vlan[last + 1] == kind && last + 1 != vlans->own)
			last++;
		if (first == last) {
			put_vlan(header, first, flags);
			continue;
		}
		put_vlan(header, first, flags | BRIDGE_VLAN_INFO_RANGE_BEGIN);
		put_vlan(header, last, flags | BRIDGE_VLAN_INFO_RANGE_END);
	}
	mnl_attr_nest_end(header, spec);
	rtnetlink_batch_end(batch, header);
}

/*
 * The station behind a port that learns nothing. Sticky, or a frame with its address that comes in
 * somewhere else would move it there, static or not (br_fdb_update()).
 */
static void put_station(struct rtnetlink_batch *batch, uint16_t type, uint32_t index,
			const struct mac *mac)
{
	uint16_t flags = type == RTM_NEWNEIGH ? NLM_F_CREATE | NLM_F_REPLACE : 0;
	struct nlmsghdr *header = rtnetlink_batch_begin(batch, type, flags);
	struct ndmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));

	message->ndm_family = AF_BRIDGE;
	message->ndm_ifindex = (int)index;
	message->ndm_state = NUD_NOARP;
	message->ndm_flags = NTF_MASTER | NTF_STICKY;
	mnl_attr_put(header, NDA_LLADDR, sizeof(mac->bytes), mac->bytes);
	rtnetlink_batch_end(batch, header);
}

#define STEPS_MAX 5 /* messages of one batch here */

/* The first message that failed, told by what it was to do. */
static bool check(const struct rtnetlink_batch *batch, const char *const what[static STEPS_MAX],
		  uint32_t index, struct err *err)
{
	for (unsigned i = 0; i < batch->count && i < STEPS_MAX; i++)
		if (batch->answers[i].error)
			return err_set(err, "dev %u: %s: %s", index, what[i],
				       rtnetlink_answer_text(&batch->answers[i]));
	return true;
}

bool kernel_port_apply(struct kernel_link *link, uint32_t index,
		       const struct port_settings *settings, struct err *err)
{
	const char *what[STEPS_MAX] = { "it can't become a port of the bridge",
					"its flags as a port can't be set" };
	struct rtnetlink_batch batch;

	rtnetlink_batch_init(&batch);
	put_master(&batch, index, settings->bridge);
	put_port(&batch, index, settings);
	if (settings->vlans.own) {
		what[batch.count] = "its VLANs can't be removed";
		put_no_vlans(&batch, index);
		what[batch.count] = "its VLANs can't be set";
		put_vlans(&batch, index, &settings->vlans);
	}
	if (!settings->learns) {
		what[batch.count] = "its MAC can't be told to the bridge";
		put_station(&batch, RTM_NEWNEIGH, index, &settings->mac);
	}
	return rtnetlink_batch_apply(&batch, link, err) && check(&batch, what, index, err);
}

bool kernel_port_learn_apply(struct kernel_link *link, uint32_t index, uint32_t bridge,
			     const struct mac *mac, struct err *err)
{
	static const struct flag flags[] = {
		{ IFLA_BRPORT_LEARNING, true },
		{ IFLA_BRPORT_UNICAST_FLOOD, true },
	};
	static const char *const what[STEPS_MAX] = {
		"its bridge can't be kept from learning from LLDP",
	};
	struct rtnetlink_batch batch;

	rtnetlink_batch_init(&batch);
	put_learns_no_link_local(&batch, bridge);
	put_flags(&batch, index, flags, COUNT(flags));
	put_station(&batch, RTM_DELNEIGH, index, mac);
	if (!rtnetlink_batch_apply(&batch, link, err))
		return false;
	batch.count = 1; /* the port may be gone, and the station never have been */
	return check(&batch, what, index, err);
}

bool kernel_port_settle_apply(struct kernel_link *link, uint32_t index, const struct mac *mac,
			      struct err *err)
{
	static const struct flag flags[] = {
		{ IFLA_BRPORT_LEARNING, false },
		{ IFLA_BRPORT_UNICAST_FLOOD, false },
	};
	static const char *const what[STEPS_MAX] = { "its flags as a port can't be set",
						     "its MAC can't be told to the bridge" };
	struct rtnetlink_batch batch;

	rtnetlink_batch_init(&batch);
	put_flags(&batch, index, flags, COUNT(flags));
	put_station(&batch, RTM_NEWNEIGH, index, mac);
	if (!rtnetlink_batch_apply(&batch, link, err))
		return false;
	return batch.answers[0].error == ENODEV || check(&batch, what, index, err);
}

bool kernel_bridge_guard_apply(struct kernel_link *link, uint32_t bridge, struct err *err)
{
	static const char *const what[STEPS_MAX] = { "it can't be kept from learning from LLDP" };
	struct rtnetlink_batch batch;

	rtnetlink_batch_init(&batch);
	put_learns_no_link_local(&batch, bridge);
	return rtnetlink_batch_apply(&batch, link, err) && check(&batch, what, bridge, err);
}

bool kernel_port_isolate_apply(struct kernel_link *link, uint32_t index, bool isolated,
			       struct err *err)
{
	const struct flag flags[] = { { IFLA_BRPORT_ISOLATED, isolated } };
	static const char *const what[STEPS_MAX] = { "it can't be isolated" };
	struct rtnetlink_batch batch;

	rtnetlink_batch_init(&batch);
	put_flags(&batch, index, flags, COUNT(flags));
	return rtnetlink_batch_apply(&batch, link, err) && check(&batch, what, index, err);
}

bool kernel_port_undo_apply(struct kernel_link *link, uint32_t index, struct err *err)
{
	static const char *const what[STEPS_MAX] = { "it can't be taken off its bridge" };
	struct rtnetlink_batch batch;

	rtnetlink_batch_init(&batch);
	put_master(&batch, index, 0);
	if (!rtnetlink_batch_apply(&batch, link, err))
		return false;
	return batch.answers[0].error == ENODEV || check(&batch, what, index, err);
}
