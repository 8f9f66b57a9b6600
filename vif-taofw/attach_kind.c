/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all kinds of vifs have in common. */
#include "attach_kind.h"

struct link_settings attach_link_settings(const struct vif *vif, uint32_t mtu)
{
	return (struct link_settings){
		.has_up = true, /* and up is false */
		.has_name = true,
		.name = vif->name,
		.has_group = true,
		.group = LINK_GROUP,
		.has_mac = true,
		.mac = { { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff } },
		.has_mtu = mtu != 0,
		.mtu = mtu,
	};
}
