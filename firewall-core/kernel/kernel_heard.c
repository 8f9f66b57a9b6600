/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of IPv6 that packets put into a set of table bridge. */
#include "base/array.h"
#include "kernel/kernel_netlink.h"
#include "kernel/kernel_rules.h"
#include "ruleset/ruleset.h"
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

struct hearing {
	struct heard *heard;
	size_t count;
	bool failed; /* without memory */
};

static struct nlattr *find_nested(const struct nlattr *nest, uint16_t type)
{
	struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute, nest)
	{
		if (mnl_attr_get_type(attribute) == type)
			return attribute;
	}
	return NULL;
}

static void take_element(struct hearing *hearing, const struct nlattr *element)
{
	struct nlattr *key = find_nested(element, NFTA_SET_ELEM_KEY);
	struct nlattr *value = key ? find_nested(key, NFTA_DATA_VALUE) : NULL;
	struct nlattr *left = find_nested(element, NFTA_SET_ELEM_EXPIRATION);
	struct heard *added;

	if (!value || !left || mnl_attr_get_payload_len(value) != family_bytes(IPV6))
		return;
	added = array_add(&hearing->heard, hearing->count, sizeof(*added));
	hearing->failed |= !added;
	if (!added)
		return;
	*added = (struct heard){
		.address = { .family = IPV6, .length = family_bits(IPV6) },
		.milliseconds = be64toh(mnl_attr_get_u64(left)),
	};
	memcpy(added->address.bytes, mnl_attr_get_payload(value), family_bytes(IPV6));
	hearing->count++;
}

static bool take_elements(const struct nlmsghdr *header, void *data)
{
	struct nlattr *attribute, *element;

	mnl_attr_for_each(attribute, header, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(element, attribute)
		{
			take_element(data, element);
		}
	}
	return true;
}

static void forget_heard(void *data)
{
	struct hearing *hearing = data;

	free(hearing->heard);
	*hearing = (struct hearing){ .count = 0 };
}

bool kernel_heard_read(struct heard **heard, size_t *count, const char *set, struct err *err)
{
	char bytes[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct netlink_message request =
		netlink_begin_netfilter(bytes, sizeof(bytes), NFNL_SUBSYS_NFTABLES,
					NFT_MSG_GETSETELEM, NLM_F_DUMP, NFPROTO_BRIDGE);
	struct hearing hearing = { .count = 0 };
	const struct netlink_listener listener = { take_elements, forget_heard, &hearing };
	bool ok;

	netlink_put_text(&request, NFTA_SET_ELEM_LIST_TABLE, RULESET_TABLE);
	netlink_put_text(&request, NFTA_SET_ELEM_LIST_SET, set);
	ok = kernel_rules_request(request.header, &listener, err) || errno == ENOENT;
	if (!ok || hearing.failed)
		forget_heard(&hearing);
	*heard = hearing.heard;
	*count = hearing.count;
	return ok && (!hearing.failed || err_memory(err));
}
