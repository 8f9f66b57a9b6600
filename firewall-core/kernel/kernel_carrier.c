/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rtnetlink says of vifs → which of them have a carrier, and how often it came. */
#include "kernel/kernel_rtnetlink.h"
#include <linux/if_link.h>

#define REQUEST_SIZE 64

struct rtnetlink_vif rtnetlink_read_vif(const struct nlmsghdr *header)
{
	static const unsigned up = IFF_UP | IFF_RUNNING; /* running: it has a carrier, too */
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
	struct rtnetlink_vif vif = { .is_up = (message->ifi_flags & up) == up };
	struct nlattr *attribute;

	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		uint16_t type = mnl_attr_get_type(attribute);
		bool is_u32 = !mnl_attr_validate(attribute, MNL_TYPE_U32);

		if (type == IFLA_IFNAME && !mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING))
			vif.is_vif |= !strncmp(mnl_attr_get_str(attribute), "vif", 3);
		else if (type == IFLA_GROUP && is_u32)
			vif.is_vif |= mnl_attr_get_u32(attribute) == LINK_GROUP;
		else if (type == IFLA_CARRIER_UP_COUNT && is_u32)
			vif.ups = mnl_attr_get_u32(attribute);
	}
	return vif;
}

struct carriers_reading {
	struct carriers *carriers;
	struct err *err;
	bool failed;
};

static bool take_carrier(const struct nlmsghdr *header, void *data)
{
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
	struct rtnetlink_vif vif = rtnetlink_read_vif(header);
	struct carriers_reading *reading = data;

	reading->failed |=
		vif.is_vif && !carriers_hear(reading->carriers, (uint32_t)message->ifi_index,
					     vif.ups, vif.is_up, reading->err);
	return true;
}

bool kernel_carriers_read(struct carriers *carriers, struct kernel_link *link, struct err *err)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct carriers_reading reading = { .carriers = carriers, .err = err };
	const struct netlink_listener listener = { .take = take_carrier, .data = &reading };
	struct netlink_message request;

	netlink_begin(&request, buffer, sizeof(buffer), RTM_GETLINK, NLM_F_DUMP,
		      sizeof(struct ifinfomsg));
	netlink_put_u32(&request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	carriers_begin(carriers);
	if (!rtnetlink_request(link, &request, &listener))
		return err_sys(err, "the carriers of vifs can't be read");
	if (reading.failed)
		return false;
	carriers_end(carriers);
	return true;
}
