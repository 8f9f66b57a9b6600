/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a port of a bridge shall be → the kernel. */
#include "kernel/kernel_rtnetlink.h"
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

static struct netlink_message begin_link_request(struct rtnetlink_batch *batch, uint16_t type,
						 uint8_t domain, uint32_t index)
{
	struct netlink_message request;
	struct ifinfomsg *message =
		rtnetlink_batch_begin(batch, &request, type, 0, sizeof(*message));

	message->ifi_family = domain;
	message->ifi_index = (int)index;
	return request;
}

static void put_master(struct rtnetlink_batch *batch, uint32_t index, uint32_t bridge)
{
	struct netlink_message request = begin_link_request(batch, RTM_SETLINK, AF_UNSPEC, index);

	netlink_put_u32(&request, IFLA_MASTER, bridge);
	rtnetlink_batch_end(batch, &request);
}

static void put_bridge(struct rtnetlink_batch *batch, uint32_t bridge, uint16_t type,
		       const void *value, size_t size)
{
	struct netlink_message request = begin_link_request(batch, RTM_NEWLINK, AF_UNSPEC, bridge);
	struct nlattr *info = netlink_nest(&request, IFLA_LINKINFO), *data;

	netlink_put_text(&request, IFLA_INFO_KIND, "bridge");
	data = netlink_nest(&request, IFLA_INFO_DATA);
	netlink_put(&request, type, value, size);
	netlink_nest_end(&request, data);
	netlink_nest_end(&request, info);
	rtnetlink_batch_end(batch, &request);
}

/*
 * Frames to the bridge's own group addresses (STP, LLDP) meet no rule before it learns from them:
 * a guest could take over anybody's MAC address by them.
 */
static void put_learns_no_link_local(struct rtnetlink_batch *batch, uint32_t bridge)
{
	const struct br_boolopt_multi options = { .optval = 1U << BR_BOOLOPT_NO_LL_LEARN,
						  .optmask = 1U << BR_BOOLOPT_NO_LL_LEARN };

	put_bridge(batch, bridge, IFLA_BR_MULTI_BOOLOPT, &options, sizeof(options));
}

struct flag {
	uint16_t type;
	uint8_t value;
};

static void put_flags(struct rtnetlink_batch *batch, uint32_t index, const struct flag *flags,
		      size_t count)
{
	struct netlink_message request = begin_link_request(batch, RTM_SETLINK, AF_BRIDGE, index);
	struct nlattr *port = netlink_nest(&request, IFLA_PROTINFO);

	for (size_t i = 0; i < count; i++)
		netlink_put_u8(&request, flags[i].type, flags[i].value);
	netlink_nest_end(&request, port);
	rtnetlink_batch_end(batch, &request);
}

/*
 * Most guests are one station, no bridge and no router: they get no frames for stations that the
 * bridge does not know, and what they say of spanning trees or as a multicast router does not
 * count. Broadcast and multicast they need, to be found and to find.
 */
static void put_port(struct rtnetlink_batch *batch, uint32_t index,
		     const struct port_settings *settings)
{
	const struct flag flags[] = {
		{ IFLA_BRPORT_LEARNING, settings->learns },
		{ IFLA_BRPORT_UNICAST_FLOOD, settings->learns },
		{ IFLA_BRPORT_MCAST_FLOOD, true },
		{ IFLA_BRPORT_BCAST_FLOOD, true },
		{ IFLA_BRPORT_MULTICAST_ROUTER,
		  settings->is_router ? MDB_RTR_TYPE_TEMP_QUERY : MDB_RTR_TYPE_DISABLED },
		{ IFLA_BRPORT_GUARD, !settings->is_trusted },
		{ IFLA_BRPORT_PROTECT, !settings->is_trusted },
		{ IFLA_BRPORT_MODE, false },
		{ IFLA_BRPORT_ISOLATED, settings->isolated },
	};

	put_flags(batch, index, flags, COUNT(flags));
}

static void put_vlan(struct netlink_message *request, unsigned vlan, unsigned flags)
{
	const struct bridge_vlan_info info = { .vid = (uint16_t)vlan, .flags = (uint16_t)flags };

	netlink_put(request, IFLA_BRIDGE_VLAN_INFO, &info, sizeof(info));
}

static void put_no_vlans(struct rtnetlink_batch *batch, uint32_t index)
{
	struct netlink_message request = begin_link_request(batch, RTM_DELLINK, AF_BRIDGE, index);
	struct nlattr *spec = netlink_nest(&request, IFLA_AF_SPEC);

	put_vlan(&request, 1, BRIDGE_VLAN_INFO_RANGE_BEGIN);
	put_vlan(&request, VLAN_MAX, BRIDGE_VLAN_INFO_RANGE_END);
	netlink_nest_end(&request, spec);
	rtnetlink_batch_end(batch, &request);
}

#define VLANS_MESSAGE_SIZE 8192 /* of those that a port may have it takes five at the most */
#define VLANS_ROOM (2 * (NLA_HDRLEN + sizeof(struct bridge_vlan_info)))

/*
 * A message for the VLANs from first on, as many as fit into it. Neighbours of one kind go as a
 * range. Returns where the next one begins, VLAN_MAX + 1 behind the last.
 */
static unsigned put_vlans(struct rtnetlink_batch *batch, uint32_t index, const struct vlans *vlans,
			  unsigned first)
{
	struct netlink_message request = begin_link_request(batch, RTM_SETLINK, AF_BRIDGE, index);
	struct nlattr *spec = netlink_nest(&request, IFLA_AF_SPEC);

	for (unsigned last;
	     first <= VLAN_MAX && request.header->nlmsg_len + VLANS_ROOM <= VLANS_MESSAGE_SIZE;
	     first = last + 1) {
		uint8_t kind = vlans->vlan[first];
		unsigned flags = kind == VLAN_UNTAGGED ? BRIDGE_VLAN_INFO_UNTAGGED : 0;

		last = first;
		if (kind == VLAN_NONE)
			continue;
		if (first == vlans->own) {
			put_vlan(&request, first, flags | BRIDGE_VLAN_INFO_PVID);
			continue;
		}
		while (last < VLAN_MAX && vlans->vlan[last + 1] == kind && last + 1 != vlans->own)
			last++;
		if (first == last) {
			put_vlan(&request, first, flags);
			continue;
		}
		put_vlan(&request, first, flags | BRIDGE_VLAN_INFO_RANGE_BEGIN);
		put_vlan(&request, last, flags | BRIDGE_VLAN_INFO_RANGE_END);
	}
	netlink_nest_end(&request, spec);
	rtnetlink_batch_end(batch, &request);
	return first;
}

/*
 * The station behind a port that learns nothing. Sticky, or a frame with its address that comes in
 * somewhere else would move it there, static or not (br_fdb_update()).
 */
static void put_station(struct rtnetlink_batch *batch, uint16_t type, uint32_t index,
			const struct mac *mac)
{
	uint16_t flags = type == RTM_NEWNEIGH ? NLM_F_CREATE | NLM_F_REPLACE : 0;
	struct netlink_message request;
	struct ndmsg *message =
		rtnetlink_batch_begin(batch, &request, type, flags, sizeof(*message));

	message->ndm_family = AF_BRIDGE;
	message->ndm_ifindex = (int)index;
	message->ndm_state = NUD_NOARP;
	message->ndm_flags = NTF_MASTER | NTF_STICKY;
	netlink_put(&request, NDA_LLADDR, mac->bytes, sizeof(mac->bytes));
	rtnetlink_batch_end(batch, &request);
}

#define STEPS_MAX 5 /* messages of one batch here */

/*
 * What a port is, beside its bridge and VLANs. what[] gets what each message is to do, and NULL for
 * the one that may fail: what a port learns it was not told, in most cases.
 */
static void put_port_settings(struct rtnetlink_batch *batch, const char *what[static STEPS_MAX],
			      uint32_t index, const struct port_settings *settings)
{
	bool is_told = !settings->has_duplicate && !settings->is_trusted;

	what[batch->count] = "its flags as a port can't be set";
	put_port(batch, index, settings);
	if (settings->learns && !settings->is_trusted) {
		what[batch->count] = "its bridge can't be kept from learning from LLDP";
		put_learns_no_link_local(batch, settings->bridge);
	}
	what[batch->count] = is_told ? "its MAC can't be told to the bridge" : NULL;
	put_station(batch, is_told ? RTM_NEWNEIGH : RTM_DELNEIGH, index, &settings->mac);
}

/* The first message that failed, told by what it was to do. */
static bool check_port_answers(const struct rtnetlink_batch *batch,
			       const char *const what[static STEPS_MAX], uint32_t index,
			       struct err *err)
{
	for (unsigned i = 0; i < batch->count && i < STEPS_MAX; i++)
		if (batch->answers[i].error && what[i])
			return err_set(err, "dev %u: %s: %s", index, what[i],
				       rtnetlink_answer_text(&batch->answers[i]));
	return true;
}

static bool set_vlans(struct kernel_link *link, uint32_t index, const struct vlans *vlans,
		      struct err *err)
{
	static const char *const what[STEPS_MAX] = { "its VLANs can't be set" };
	struct rtnetlink_batch batch;

	for (unsigned first = 1; first <= VLAN_MAX;) {
		rtnetlink_batch_init(&batch);
		first = put_vlans(&batch, index, vlans, first);
		if (!rtnetlink_batch_apply(&batch, link, err) ||
		    !check_port_answers(&batch, what, index, err))
			return false;
	}
	return true;
}

bool kernel_port_apply(struct kernel_link *link, uint32_t index,
		       const struct port_settings *settings, struct err *err)
{
	const char *what[STEPS_MAX] = { "it can't become a port of the bridge" };
	struct rtnetlink_batch batch;

	rtnetlink_batch_init(&batch);
	put_master(&batch, index, settings->bridge);
	if (settings->vlans.own) {
		what[batch.count] = "its VLANs can't be removed";
		put_no_vlans(&batch, index);
		if (!rtnetlink_batch_apply(&batch, link, err) ||
		    !check_port_answers(&batch, what, index, err) ||
		    !set_vlans(link, index, &settings->vlans, err))
			return false;
		rtnetlink_batch_init(&batch); /* the station is one of each VLAN that is there */
	}
	put_port_settings(&batch, what, index, settings);
	return rtnetlink_batch_apply(&batch, link, err) &&
	       check_port_answers(&batch, what, index, err);
}

bool kernel_port_renew_apply(struct kernel_link *link, uint32_t index,
			     const struct port_settings *settings, struct err *err)
{
	const char *what[STEPS_MAX];
	struct rtnetlink_batch batch;

	rtnetlink_batch_init(&batch);
	put_port_settings(&batch, what, index, settings);
	if (!rtnetlink_batch_apply(&batch, link, err))
		return false;
	return batch.answers[0].error == ENODEV || check_port_answers(&batch, what, index, err);
}

bool kernel_bridge_groups_apply(struct kernel_link *link, const struct bridge *bridge,
				struct err *err)
{
	static const char *const what[STEPS_MAX] = { "it can't have room for more groups" };
	const uint32_t room = BRIDGE_GROUPS;
	struct rtnetlink_batch batch;

	if (!bridge->groups_max || bridge->groups_max >= room)
		return true; /* 0: the kernel knows no groups */
	rtnetlink_batch_init(&batch);
	put_bridge(&batch, bridge->index, IFLA_BR_MCAST_HASH_MAX, &room, sizeof(room));
	return rtnetlink_batch_apply(&batch, link, err) &&
	       check_port_answers(&batch, what, bridge->index, err);
}

bool kernel_port_undo_apply(struct kernel_link *link, uint32_t index, struct err *err)
{
	static const char *const what[STEPS_MAX] = { "it can't be taken off its bridge" };
	struct rtnetlink_batch batch;

	rtnetlink_batch_init(&batch);
	put_master(&batch, index, 0);
	if (!rtnetlink_batch_apply(&batch, link, err))
		return false;
	return batch.answers[0].error == ENODEV || check_port_answers(&batch, what, index, err);
}
