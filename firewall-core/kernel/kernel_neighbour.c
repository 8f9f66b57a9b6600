/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbours that the kernel found for an address of a guest's → gone, where they are others. */
#include "kernel/kernel_rtnetlink.h"
#include <errno.h>
#include <linux/neighbour.h>

#define REQUEST_SIZE 128

struct entry {
	const struct mac *mac;
	bool is_other;
};

static bool take_neighbour(const struct nlmsghdr *header, void *data)
{
	const struct ndmsg *message = mnl_nlmsg_get_payload(header);
	struct entry *entry = data;
	struct nlattr *attribute;

	if (message->ndm_state & (NUD_PERMANENT | NUD_NOARP)) /* nobody claimed that */
		return true;
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		if (mnl_attr_get_type(attribute) == NDA_LLADDR &&
		    mnl_attr_get_payload_len(attribute) == sizeof(entry->mac->bytes))
			entry->is_other = memcmp(mnl_attr_get_payload(attribute), entry->mac->bytes,
						 sizeof(entry->mac->bytes)) != 0;
	}
	return true;
}

/* The kernel's answer is one entry, or that there is none, no such interface, or no such family. */
static bool ask_for_entry(struct kernel_link *link, uint16_t type, uint32_t index,
			  const struct prefix *address, const struct netlink_listener *listener)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct netlink_message request;
	struct ndmsg *message =
		netlink_begin(&request, buffer, sizeof(buffer), type,
			      type == RTM_DELNEIGH ? NLM_F_ACK : 0, sizeof(*message));

	message->ndm_family = rtnetlink_domain(address->family);
	message->ndm_ifindex = (int)index;
	rtnetlink_put_address(&request, NDA_DST, address);
	return rtnetlink_request(link, &request, listener) || errno == ENOENT || errno == ENODEV ||
	       errno == EAFNOSUPPORT || errno == EOPNOTSUPP;
}

bool kernel_neighbour_forget_apply(struct kernel_link *link, uint32_t index,
				   const struct prefix *address, const struct mac *mac,
				   struct err *err)
{
	static const struct netlink_listener nobody;
	struct entry entry = { .mac = mac };
	const struct netlink_listener listener = { .take = take_neighbour, .data = &entry };
	char text[PREFIX_TEXT];

	if (ask_for_entry(link, RTM_GETNEIGH, index, address, &listener) &&
	    (!entry.is_other || ask_for_entry(link, RTM_DELNEIGH, index, address, &nobody)))
		return true;
	return err_sys(err, "who was taken for %s can't be forgotten", prefix_print(text, address));
}
