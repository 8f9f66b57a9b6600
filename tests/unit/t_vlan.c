/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vlan= of a guest's configuration → VLANs of a port. */
#include "tap.h"
#include "value/vlan.h"

/* "10p 20t 100u": the port's own, tagged ones, untagged ones. */
static const char *print(char *out, const struct vlans *vlans)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned i = 1; i <= VLAN_MAX; i++)
		if (vlans->vlan[i] != VLAN_NONE)
			used += (size_t)sprintf(out + used, "%s%u%c", used ? " " : "", i,
						i == vlans->own			? 'p'
						: vlans->vlan[i] == VLAN_TAGGED ? 't'
										: 'u');
	return out;
}

static void is_vlans(const char *text, const char *should)
{
	struct vlans vlans = { 0 };
	struct err err = { "" };
	char is[8 * VLAN_MAX];

	if (!vlans_parse(&vlans, text, &err))
		ok(false, "%s: %s", text, err.text);
	else
		is_text(print(is, &vlans), should, text);
}

static void is_refused(const char *text, const char *should)
{
	struct vlans vlans = { .own = 7 };
	struct err err = { "" };

	ok(!vlans_parse(&vlans, text, &err) && vlans.own == 7, "vlan=%s is refused", text);
	is_text(err.text, should, "and the words for it");
}

int main(void)
{
	is_vlans("10", "10p");
	is_vlans("10p", "10p");
	is_vlans("10u", "10p");
	is_vlans("10p/20", "10p 20t");
	is_vlans("20/10p/30u", "10p 20t 30u");
	is_vlans("10p/100-103u", "10p 100u 101u 102u 103u");
	is_vlans("10p/100+10x4", "10p 100t 110t 120t 130t 140t");
	is_vlans("4094p/1", "1t 4094p");
	is_refused("", "\"\" is not a list of VLANs like 10p/20/100-110u");
	is_refused("0", "a VLAN has a number from 1 to 4094");
	is_refused("4095", "a VLAN has a number from 1 to 4094");
	is_refused("10p/4090+10x4", "a VLAN has a number from 1 to 4094");
	is_refused("10p/20/", "\"10p/20/\" is not a list of VLANs like 10p/20/100-110u");
	is_refused("10x", "\"10x\" is not a list of VLANs like 10p/20/100-110u");
	is_refused("10-20p", "\"10-20p\" is not a list of VLANs like 10p/20/100-110u");
	is_refused("20-10u", "\"20-10u\" is not a list of VLANs like 10p/20/100-110u");
	is_refused("10p/20+0x3", "\"10p/20+0x3\" is not a list of VLANs like 10p/20/100-110u");
	is_refused("10p/20p", "10 and 20 can't both be the VLAN of frames without a tag");
	is_refused("10p/5-15", "VLAN 10 is given twice");
	is_refused("10/20",
		   "none of them is the one of frames without a tag: mark it with p, as in 10p/20");
	return tap_done();
}
