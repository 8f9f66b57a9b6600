/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes to links, addresses, neighbours and routes → the kernel, several in one message to
 * rtnetlink.
 */
#include "kernel/kernel_rtnetlink.h"
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

/* ---- one change → one message ---- */

enum direction { MAKE, TAKE_BACK };

/*
 * No route to the rest of "its network" comes with it. For IPv6 no duplicate address detection
 * either: a guest could answer it, and a route can't name as its source an address that is still
 * being tried.
 */
static void put_address(struct netlink_message *request, struct ifaddrmsg *message,
			const struct netconf_op *change)
{
	uint32_t flags = IFA_F_NOPREFIXROUTE | (change->prefix.family == IPV6 ? IFA_F_NODAD : 0);

	message->ifa_family = rtnetlink_domain(change->prefix.family);
	message->ifa_prefixlen = change->prefix.length;
	message->ifa_scope = RT_SCOPE_UNIVERSE;
	message->ifa_index = change->index;
	rtnetlink_put_address(request, IFA_LOCAL, &change->prefix);
	rtnetlink_put_address(request, IFA_ADDRESS, &change->prefix);
	netlink_put_u32(request, IFA_FLAGS, flags);
}

/*
 * A proxy entry that is not permanent goes when the uplink's cable does (Linux 6.17; before, all
 * do). Setting the uplink down removes all of them in any case.
 */
static void put_neighbour(struct netlink_message *request, struct ndmsg *message,
			  const struct netconf_op *change)
{
	message->ndm_family = rtnetlink_domain(change->prefix.family);
	message->ndm_ifindex = (int)change->index;
	message->ndm_state = NUD_PERMANENT;
	rtnetlink_put_address(request, NDA_DST, &change->prefix);
	if (change->kind == NETCONF_PROXY)
		message->ndm_flags = NTF_PROXY;
	else
		netlink_put(request, NDA_LLADDR, change->mac.bytes, sizeof(change->mac.bytes));
	netlink_put_u8(request, NDA_PROTOCOL, ROUTE_PROTOCOL);
}

static void put_route(struct netlink_message *request, struct rtmsg *message,
		      const struct netconf_op *change, enum direction direction)
{
	message->rtm_family = rtnetlink_domain(change->prefix.family);
	message->rtm_dst_len = change->prefix.length;
	message->rtm_table = RT_TABLE_MAIN;
	message->rtm_protocol = ROUTE_PROTOCOL;
	message->rtm_type = RTN_UNICAST;
	rtnetlink_put_address(request, RTA_DST, &change->prefix);
	netlink_put_u32(request, RTA_PRIORITY, change->metric);
	if (change->index)
		netlink_put_u32(request, RTA_OIF, change->index);
	if (direction == TAKE_BACK) {
		/*
		 * Interface (or gateway), protocol and metric tell ours; its source may have been
		 * another one.
		 */
		message->rtm_scope = RT_SCOPE_NOWHERE;
		if (!change->index)
			rtnetlink_put_address(request, RTA_GATEWAY, &change->gateway);
		return;
	}
	message->rtm_scope =
		prefix_is_address(&change->gateway) ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	if (prefix_is_address(&change->source))
		rtnetlink_put_address(request, RTA_PREFSRC, &change->source);
	if (prefix_is_address(&change->gateway)) {
		message->rtm_flags = change->index ? RTNH_F_ONLINK : 0;
		rtnetlink_put_address(request, RTA_GATEWAY, &change->gateway);
	}
}

/*
 * Addresses, neighbours and proxies belong to one interface, so that replacing one takes nothing
 * from anybody else. Routes of several interfaces stand side by side, and NLM_F_REPLACE would take
 * the first of them, whosever it is.
 */
static void put_change(struct rtnetlink_batch *batch, const struct netconf_op *change,
		       enum direction direction)
{
	static const uint16_t types[][2] = {
		[NETCONF_ADDRESS] = { RTM_NEWADDR, RTM_DELADDR },
		[NETCONF_NEIGHBOUR] = { RTM_NEWNEIGH, RTM_DELNEIGH },
		[NETCONF_ROUTE] = { RTM_NEWROUTE, RTM_DELROUTE },
		[NETCONF_PROXY] = { RTM_NEWNEIGH, RTM_DELNEIGH },
	};
	uint16_t exists = change->kind == NETCONF_ROUTE ? NLM_F_EXCL : NLM_F_REPLACE;
	uint16_t flags = direction == MAKE ? NLM_F_CREATE | exists : 0;
	uint16_t type = types[change->kind][direction];
	struct netlink_message request;
	void *message;

	switch ((enum netconf_kind)change->kind) {
	case NETCONF_ADDRESS:
		message = rtnetlink_batch_begin(batch, &request, type, flags,
						sizeof(struct ifaddrmsg));
		put_address(&request, message, change);
		break;
	case NETCONF_NEIGHBOUR:
	case NETCONF_PROXY:
		message = rtnetlink_batch_begin(batch, &request, type, flags, sizeof(struct ndmsg));
		put_neighbour(&request, message, change);
		break;
	case NETCONF_ROUTE:
		message = rtnetlink_batch_begin(batch, &request, type, flags, sizeof(struct rtmsg));
		put_route(&request, message, change, direction);
		break;
	}
	rtnetlink_batch_end(batch, &request);
}

/* ---- several ---- */

static bool set_refused_error(const struct netconf_op *change,
			      const struct rtnetlink_answer *answer, struct err *err)
{
	char text[NETCONF_OP_TEXT];

	return err_set(err, "%s: %s", netconf_op_print(text, change),
		       rtnetlink_answer_text(answer));
}

/*
 * A route to this prefix with this metric is there. If it is ours, put the wanted one in its place:
 * the one through the same interface, and one of routing.cfg with the same next hop through
 * whichever.
 */
static bool replace_route(struct kernel_link *link, const struct netconf_op *change,
			  struct err *err)
{
	struct netconf_op elsewhere = *change;
	const struct rtnetlink_answer *made;
	struct rtnetlink_batch batch;

	rtnetlink_batch_init(&batch);
	put_change(&batch, change, TAKE_BACK);
	if (prefix_is_address(&change->via)) {
		elsewhere.index = 0;
		put_change(&batch, &elsewhere, TAKE_BACK);
		elsewhere.gateway = change->via;
		put_change(&batch, &elsewhere, TAKE_BACK);
	}
	put_change(&batch, change, MAKE);
	made = &batch.answers[batch.count - 1];
	return rtnetlink_batch_apply(&batch, link, err) &&
	       (!made->error || set_refused_error(change, made, err));
}

bool kernel_link_apply(struct kernel_link *link, const struct netconf_op *changes, unsigned count,
		       struct err *err)
{
	struct rtnetlink_batch batch;
	struct err further;
	bool ok = true;

	rtnetlink_batch_init(&batch);
	for (unsigned i = 0; i < count; i++)
		put_change(&batch, &changes[i], MAKE);
	if (!rtnetlink_batch_apply(&batch, link, err))
		return false;
	for (unsigned i = 0; i < count; i++) {
		const struct rtnetlink_answer *answer = &batch.answers[i];

		if (answer->error == EEXIST && changes[i].kind == NETCONF_ROUTE)
			ok = replace_route(link, &changes[i], ok ? err : &further) && ok;
		else if (answer->error)
			ok = set_refused_error(&changes[i], answer, ok ? err : &further) && ok;
	}
	return ok;
}

/*
 * Of what is not there any more, or was never there: the entry, its interface, the whole address
 * family.
 */
static bool means_gone(int error)
{
	switch (error) {
	case 0:
	case ESRCH:
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
	case EOPNOTSUPP:
		return true;
	}
	return false;
}

bool kernel_link_undo_apply(struct kernel_link *link, const struct netconf_op *changes,
			    unsigned count, struct err *err)
{
	struct rtnetlink_batch batch;

	rtnetlink_batch_init(&batch);
	for (unsigned i = count; i-- > 0;)
		put_change(&batch, &changes[i], TAKE_BACK);
	if (!rtnetlink_batch_apply(&batch, link, err))
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!means_gone(batch.answers[i].error))
			return set_refused_error(&changes[count - 1 - i], &batch.answers[i], err);
	return true;
}

/* ---- the interface itself ---- */

static void put_link_settings(struct rtnetlink_batch *batch, uint32_t index,
			      const struct link_settings *settings)
{
	struct netlink_message request;
	struct ifinfomsg *message =
		rtnetlink_batch_begin(batch, &request, RTM_SETLINK, 0, sizeof(*message));

	message->ifi_index = (int)index;
	if (settings->has_up) {
		message->ifi_change = IFF_UP;
		message->ifi_flags = settings->up ? IFF_UP : 0;
	}
	if (settings->has_mac)
		netlink_put(&request, IFLA_ADDRESS, settings->mac.bytes,
			    sizeof(settings->mac.bytes));
	if (settings->has_mtu)
		netlink_put_u32(&request, IFLA_MTU, settings->mtu);
	if (settings->has_group)
		netlink_put_u32(&request, IFLA_GROUP, settings->group);
	if (settings->has_name)
		netlink_put_text(&request, IFLA_IFNAME, settings->name.text);
	rtnetlink_batch_end(batch, &request);
}

/* "MTU 9000, name web1, up": what was asked for, in the order in which the kernel does it. */
static void print_settings(char *out, size_t size, const struct link_settings *settings)
{
	char mac[MAC_TEXT];
	size_t used;

	out[0] = '\0';
	if (settings->has_mac)
		snprintf(out, size, "MAC %s, ", mac_print(mac, &settings->mac));
	used = strlen(out);
	if (settings->has_mtu)
		snprintf(out + used, size - used, "MTU %u, ", settings->mtu);
	used = strlen(out);
	if (settings->has_name)
		snprintf(out + used, size - used, "name %s, ", settings->name.text);
	used = strlen(out);
	if (settings->has_up)
		snprintf(out + used, size - used, "%s, ", settings->up ? "up" : "down");
	used = strlen(out);
	if (used)
		out[used - 2] = '\0';
}

bool kernel_link_set_apply(struct kernel_link *link, uint32_t index,
			   const struct link_settings *settings, struct err *err)
{
	struct rtnetlink_batch batch;
	const struct link_settings down = { .has_up = true };
	const struct rtnetlink_answer *answer;
	char wanted[128];

	rtnetlink_batch_init(&batch);
	/* In one message it would come last. What fails here fails below, too. */
	if (settings->has_up && !settings->up)
		put_link_settings(&batch, index, &down);
	put_link_settings(&batch, index, settings);
	if (!rtnetlink_batch_apply(&batch, link, err))
		return false;
	answer = &batch.answers[batch.count - 1];
	if (!answer->error)
		return true;
	if (settings->has_name && answer->error == EEXIST)
		return err_set(err, "dev %u can't be called %s: another interface has this name",
			       index, settings->name.text);
	if (settings->has_name && answer->error == EBUSY)
		return err_set(err, "dev %u can't be called %s: it is up already", index,
			       settings->name.text);
	print_settings(wanted, sizeof(wanted), settings);
	return err_set(err, "dev %u can't be set (%s): %s", index, wanted,
		       rtnetlink_answer_text(answer));
}
