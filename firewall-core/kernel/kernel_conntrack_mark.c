/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections that the kernel tracks already → the mark of those that are let on. */
#include "base/array.h"
#include "kernel/kernel_conntrack.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define TUPLE_SIZE 128 /* two addresses of IPv6, ports and headers take about 90 bytes */

/* What names a connection to the kernel. */
struct known {
	uint8_t domain;
	uint16_t size;
	uint8_t tuple[TUPLE_SIZE]; /* CTA_TUPLE_ORIG, as the kernel wrote it */
	bool has_zone;
	uint16_t zone; /* network byte order */
};

struct marking {
	uint32_t marks;
	bool (*is_let_on)(const struct tracked *tracked, void *data);
	void *data;
	struct known *found;
	size_t count;
	bool failed; /* without memory */
};

static bool take_tuple_address(struct prefix *address, const struct nlattr *attribute,
			       enum family family)
{
	*address = (struct prefix){ .family = (uint8_t)family, .length = family_bits(family) };
	if (mnl_attr_get_payload_len(attribute) != family_bytes(family))
		return false;
	memcpy(address->bytes, mnl_attr_get_payload(attribute), family_bytes(family));
	return true;
}

static void take_addresses(struct tracked *tracked, const struct nlattr *part)
{
	struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute, part)
	{
		switch (mnl_attr_get_type(attribute)) {
		case CTA_IP_V4_SRC:
			(void)take_tuple_address(&tracked->source, attribute, IPV4);
			break;
		case CTA_IP_V4_DST:
			(void)take_tuple_address(&tracked->destination, attribute, IPV4);
			break;
		case CTA_IP_V6_SRC:
			(void)take_tuple_address(&tracked->source, attribute, IPV6);
			break;
		case CTA_IP_V6_DST:
			(void)take_tuple_address(&tracked->destination, attribute, IPV6);
			break;
		}
	}
}

static void take_ports(struct tracked *tracked, const struct nlattr *part)
{
	struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute, part)
	{
		switch (mnl_attr_get_type(attribute)) {
		case CTA_PROTO_NUM:
			tracked->protocol = mnl_attr_get_u8(attribute);
			break;
		case CTA_PROTO_SRC_PORT:
			tracked->source_port = ntohs(mnl_attr_get_u16(attribute));
			break;
		case CTA_PROTO_DST_PORT:
			tracked->port = ntohs(mnl_attr_get_u16(attribute));
			break;
		case CTA_PROTO_ICMP_TYPE:
		case CTA_PROTO_ICMPV6_TYPE:
			tracked->type = mnl_attr_get_u8(attribute);
			break;
		}
	}
}

static void take_tuple(struct tracked *tracked, const struct nlattr *tuple)
{
	struct nlattr *part;

	mnl_attr_for_each_nested(part, tuple)
	{
		if (mnl_attr_get_type(part) == CTA_TUPLE_IP)
			take_addresses(tracked, part);
		else if (mnl_attr_get_type(part) == CTA_TUPLE_PROTO)
			take_ports(tracked, part);
	}
}

static bool add_known(struct marking *marking, const struct known *known)
{
	struct known *added = array_add(&marking->found, marking->count, sizeof(*added));

	if (!added)
		return false;
	*added = *known;
	marking->count++;
	return true;
}

static bool take_known_connection(const struct nlmsghdr *header, void *data)
{
	const struct nfgenmsg *message = mnl_nlmsg_get_payload(header);
	struct marking *marking = data;
	struct known known = { .domain = message->nfgen_family };
	struct tracked tracked = { .protocol = 0 };
	struct nlattr *attribute;
	uint32_t mark = 0, status = 0;

	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		switch (mnl_attr_get_type(attribute)) {
		case CTA_TUPLE_ORIG:
			known.size = mnl_attr_get_payload_len(attribute);
			if (known.size > sizeof(known.tuple))
				return true;
			memcpy(known.tuple, mnl_attr_get_payload(attribute), known.size);
			take_tuple(&tracked, attribute);
			break;
		case CTA_PROTOINFO:
			tracked.is_established =
				netlink_tcp_state(attribute) == TCP_CONNTRACK_ESTABLISHED;
			break;
		case CTA_STATUS:
			status = ntohl(mnl_attr_get_u32(attribute));
			break;
		case CTA_MARK:
			mark = ntohl(mnl_attr_get_u32(attribute));
			break;
		case CTA_ZONE:
			known.has_zone = true;
			known.zone = mnl_attr_get_u16(attribute);
			break;
		}
	}
	tracked.has_other_source = status & IPS_SRC_NAT;
	tracked.has_other_destination = status & IPS_DST_NAT;
	tracked.is_established = tracked.is_established && (status & IPS_ASSURED);
	if (mark & marking->marks || !prefix_is_address(&tracked.source) ||
	    !prefix_is_address(&tracked.destination) ||
	    !marking->is_let_on(&tracked, marking->data))
		return true;
	marking->failed = !add_known(marking, &known);
	return !marking->failed;
}

static void forget_known(void *data)
{
	struct marking *marking = data;

	marking->count = 0;
	free(marking->found);
	marking->found = NULL;
}

static bool find_known(struct marking *marking, struct mnl_socket *socket, uint32_t *sequence)
{
	const struct netlink_listener listener = { take_known_connection, forget_known, marking };

	return conntrack_dump(socket, sequence, AF_UNSPEC, &listener) && !marking->failed;
}

/* One that ended meanwhile needs no mark. */
static bool mark_one(struct mnl_socket *socket, uint32_t *sequence, const struct known *known,
		     uint32_t marks)
{
	static const struct netlink_listener nobody;
	char bytes[512] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct netlink_message request =
		netlink_begin_netfilter(bytes, sizeof(bytes), NFNL_SUBSYS_CTNETLINK,
					IPCTNL_MSG_CT_NEW, NLM_F_ACK, known->domain);

	netlink_put(&request, NLA_F_NESTED | CTA_TUPLE_ORIG, known->tuple, known->size);
	if (known->has_zone)
		netlink_put(&request, CTA_ZONE, &known->zone, sizeof(known->zone));
	netlink_put_u32(&request, CTA_MARK, htonl(marks));
	netlink_put_u32(&request, CTA_MARK_MASK, htonl(marks));
	return netlink_request(socket, sequence, &request, &nobody) || errno == ENOENT;
}

bool kernel_conntrack_mark_apply(uint32_t marks,
				 bool (*is_let_on)(const struct tracked *tracked, void *data),
				 void *data, struct err *err)
{
	struct mnl_socket *socket = conntrack_open(err);
	struct marking marking = { .marks = marks, .is_let_on = is_let_on, .data = data };
	uint32_t sequence = 0;
	bool ok;

	if (!socket)
		return false;
	ok = find_known(&marking, socket, &sequence);
	for (size_t i = 0; i < marking.count; i++)
		ok = mark_one(socket, &sequence, &marking.found[i], marks) && ok;
	if (!ok)
		err_sys(err, "the connections that are there already can't be marked");
	forget_known(&marking);
	mnl_socket_close(socket);
	return ok;
}
