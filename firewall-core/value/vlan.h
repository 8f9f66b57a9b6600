/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which VLANs of a bridge a port is in: what vlan= of a guest's configuration holds. */
#ifndef VLAN_H
#define VLAN_H

#include "base/err.h"
#include <stdint.h>

#define VLAN_MAX 4094 /* IEEE 802.1Q: 4095 is reserved */

enum vlan { VLAN_NONE, VLAN_TAGGED, VLAN_UNTAGGED };

struct vlans {
	uint16_t own;		    /* of frames without a tag (the PVID); 0: nothing was given */
	uint8_t vlan[VLAN_MAX + 1]; /* enum vlan */
	bool has_tagged;
};

/*
 * Parse "10", "10p/20", "10p/100-110u" or "10p/100+10x4" (100, 110, 120, 130 and 140): VLANs,
 * parted by slashes; "u" means without a tag, "p" that it is the port's own, too, which a single
 * one always is. Fails when one is not from 1 to 4094, is given twice, or there is not exactly one
 * of its own. Source: xl-network-configuration(5), of Xen 4.19
 */
bool vlans_parse(struct vlans *vlans, const char *text, struct err *err) MUST_USE;

#endif
