/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses this machine's interfaces have; and none for ports of bridges. */
#include "base/array.h"
#include "kernel/kernel_rtnetlink.h"
#include <errno.h>
#include <linux/if_addr.h>
#include <sys/socket.h>

struct flushing {
	struct rtnetlink_batch batch;
	uint32_t index;
};

static bool take_removal(const struct nlmsghdr *header, void *data)
{
	const struct ifaddrmsg *message = mnl_nlmsg_get_payload(header);
	struct flushing *flushing = data;
	struct nlattr *attribute;
	struct netlink_message removal;
	struct ifaddrmsg *copy;

	if (message->ifa_index != flushing->index || message->ifa_family != AF_INET ||
	    flushing->batch.count == RTNETLINK_BATCH_MAX)
		return true;
	copy = rtnetlink_batch_begin(&flushing->batch, &removal, RTM_DELADDR, 0, sizeof(*copy));
	*copy = *message;
	mnl_attr_for_each(attribute, header,
			  sizeof(*message)) if (mnl_attr_get_type(attribute) == IFA_LOCAL)
		netlink_put(&removal, IFA_LOCAL, mnl_attr_get_payload(attribute),
			    mnl_attr_get_payload_len(attribute));
	rtnetlink_batch_end(&flushing->batch, &removal);
	return true;
}

static void forget_removals(void *data)
{
	struct flushing *flushing = data;

	rtnetlink_batch_init(&flushing->batch);
}

/* Secondary addresses may go with their first one, so what is not there any more is no error. */
bool kernel_link_flush_apply(struct kernel_link *link, uint32_t index, struct err *err)
{
	struct flushing flushing = { .index = index };
	const struct netlink_listener listener = { take_removal, forget_removals, &flushing };

	rtnetlink_batch_init(&flushing.batch);
	if (!rtnetlink_dump_addresses(link, IPV4, index, &listener))
		return err_sys(err, "dev %u: its addresses can't be read", index);
	return rtnetlink_batch_apply(&flushing.batch, link, err);
}

struct reading {
	struct prefix *addresses;
	size_t count;
	uint32_t index;
	enum family family;
	size_t of_others; /* how many are of families before this one */
	bool is_anycast;
	bool failed;
};

/* The subnet-router anycast address of an address's network (RFC 4291, 2.6.1). */
static bool find_anycast(struct prefix *address, const struct ifaddrmsg *message)
{
	if (message->ifa_prefixlen >= 127 || prefix_is_link_local(address)) /* RFC 6164 */
		return false;
	*address = prefix_cut(address, message->ifa_prefixlen);
	address->length = family_bits(address->family);
	return true;
}

static bool take_listed_address(const struct nlmsghdr *header, void *data)
{
	const struct ifaddrmsg *message = mnl_nlmsg_get_payload(header);
	struct reading *reading = data;
	struct prefix address, *added;

	if ((reading->index && message->ifa_index != reading->index) ||
	    !rtnetlink_own_address(&address, header, reading->family) ||
	    (reading->is_anycast && !find_anycast(&address, message)))
		return true;
	added = array_add(&reading->addresses, reading->count, sizeof(address));
	if (added)
		*added = address;
	reading->count += added != NULL;
	reading->failed |= !added;
	return true;
}

static void forget_listed_addresses(void *data)
{
	struct reading *reading = data;

	reading->count = reading->of_others;
}

static bool read_addresses(struct reading *reading, struct kernel_link *link, enum family first,
			   struct err *err)
{
	const struct netlink_listener listener = { take_listed_address, forget_listed_addresses,
						   reading };
	bool ok = true;

	for (int family = first; ok && family < FAMILY_COUNT; family++) {
		reading->family = family;
		reading->of_others = reading->count;
		ok = rtnetlink_dump_addresses(link, family, reading->index, &listener) ||
		     errno == EAFNOSUPPORT;
	}
	if (ok && !reading->failed)
		return true;
	free(reading->addresses);
	return reading->failed ? err_memory(err)
			       : err_sys(err, "this machine's addresses can't be read");
}

bool kernel_link_read_addresses(struct prefix **addresses, size_t *count, struct kernel_link *link,
				uint32_t index, struct err *err)
{
	struct reading reading = { .index = index };

	if (!read_addresses(&reading, link, IPV4, err))
		return false;
	*addresses = reading.addresses;
	*count = reading.count;
	return true;
}

bool kernel_link_read_anycast(struct prefix **addresses, size_t *count, struct kernel_link *link,
			      uint32_t index, struct err *err)
{
	struct reading reading = { .index = index, .is_anycast = true };

	if (!read_addresses(&reading, link, IPV6, err))
		return false;
	*addresses = reading.addresses;
	*count = reading.count;
	return true;
}
