/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our tables and chains, as the kernel tells of them → a number that another state has not. */
#include "kernel/kernel_netlink.h"
#include "kernel/kernel_rules.h"
#include "ruleset/ruleset.h"
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#define REQUEST_SIZE 128

static const uint8_t families[TABLE_COUNT] = {
	[TABLE_INET] = NFPROTO_INET,
	[TABLE_ARP] = NFPROTO_ARP,
	[TABLE_BRIDGE] = NFPROTO_BRIDGE,
};

/* FNV-1a, 64 bits. */
static uint64_t hash_bytes(uint64_t number, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		number = (number ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
	return number;
}

/*
 * What differs in one bit differs in half of them then, so that two changes do not make up for each
 * other in a sum. Source: splitmix64.
 */
static uint64_t spread_bits(uint64_t number)
{
	number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
	number = (number ^ number >> 27) * 0x94d049bb133111ebu;
	return number ^ number >> 31;
}

static bool is_ours(const struct nlmsghdr *header, uint16_t table)
{
	struct nlattr *attribute;

	mnl_attr_for_each(attribute, header, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) == table)
			return !strcmp(mnl_attr_get_str(attribute), RULESET_TABLE);
	}
	return false;
}

/*
 * What of a chain tells: of its counters, which packets change, nothing. NFTA_CHAIN_USE is its
 * rules and what leads there, so that elements of guests which lead there change it.
 */
static bool is_hashed_attribute(const struct nlattr *attribute, bool has_elements)
{
	switch (mnl_attr_get_type(attribute)) {
	case NFTA_CHAIN_NAME:
	case NFTA_CHAIN_POLICY:
		return true;
	case NFTA_CHAIN_USE:
		return !has_elements;
	default:
		return false;
	}
}

/* The name comes before what is counted; the order of chains is any. */
static bool take_chain(const struct nlmsghdr *header, void *data)
{
	const struct nfgenmsg *message = mnl_nlmsg_get_payload(header);
	uint64_t *sum = data, number = 0xcbf29ce484222325u;
	struct nlattr *attribute;
	bool has_elements = false;

	if (!is_ours(header, NFTA_CHAIN_TABLE))
		return true;
	number = hash_bytes(number, &message->nfgen_family, sizeof(message->nfgen_family));
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		if (mnl_attr_get_type(attribute) == NFTA_CHAIN_NAME)
			has_elements = chain_has_elements(mnl_attr_get_str(attribute));
		if (is_hashed_attribute(attribute, has_elements))
			number = hash_bytes(number, mnl_attr_get_payload(attribute),
					    mnl_attr_get_payload_len(attribute));
	}
	*sum += spread_bits(number);
	return true;
}

/* One that is switched off has its chains all the same: NFT_TABLE_F_DORMANT. */
static bool take_table(const struct nlmsghdr *header, void *data)
{
	uint64_t *sum = data;
	struct nlattr *attribute;

	if (!is_ours(header, NFTA_TABLE_NAME))
		return true;
	mnl_attr_for_each(attribute, header, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) == NFTA_TABLE_FLAGS)
			*sum += spread_bits(hash_bytes(1, mnl_attr_get_payload(attribute),
						       mnl_attr_get_payload_len(attribute)));
	}
	return true;
}

static void reset_sum(void *sum)
{
	*(uint64_t *)sum = 0;
}

/* All tables, or all chains, of a family: the kernel takes no name here. */
static bool dump_nft_objects(uint64_t *print, enum table table, uint8_t type,
			     bool (*take)(const struct nlmsghdr *header, void *data),
			     struct err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct netlink_message request = netlink_begin_netfilter(
		buffer, sizeof(buffer), NFNL_SUBSYS_NFTABLES, type, NLM_F_DUMP, families[table]);
	uint64_t sum = 0;
	const struct netlink_listener listener = { take, reset_sum, &sum };

	if (!kernel_rules_request(request.header, &listener, err))
		return false;
	*print += sum;
	return true;
}

bool kernel_rules_read_print(uint64_t *print, bool with_bridges, struct err *err)
{
	int count = with_bridges ? TABLE_COUNT : TABLE_BRIDGE;
	bool ok = true;

	*print = 0;
	for (int table = 0; ok && table < count; table++)
		ok = dump_nft_objects(print, table, NFT_MSG_GETTABLE, take_table, err) &&
		     dump_nft_objects(print, table, NFT_MSG_GETCHAIN, take_chain, err);
	if (ok || errno != EAGAIN)
		return ok;
	*print = 0; /* others change theirs all the time */
	return true;
}
