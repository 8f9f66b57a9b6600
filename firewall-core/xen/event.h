/* SPDX-License-Identifier: GPL-2.0-or-later */
/* argv and environ of a hotplug run → what happened to which device. */
#ifndef EVENT_H
#define EVENT_H

#include "value/vif.h"

enum event_action { EVENT_ATTACH, EVENT_DETACH };

struct event {
	uint8_t action;	 /* enum event_action */
	bool is_ignored; /* for the other half of an emulated NIC: nothing to do, nothing wrong */
	struct vif_id id;
	const char *command;	    /* argv's verb */
	const char *gateway_device; /* the environment's netdev, libxl's gatewaydev=; "": none */
};

/*
 * Read a run of a vif program: `online|offline [type_if=vif]`, `add|remove type_if=tap`, the device
 * in XENBUS_PATH (relative to this domain's home, or absolute), or for a tap in INTERFACE
 * (vifD.N-emu). Other key=value arguments are passed over, never evaluated. Fails on an unknown
 * verb or type_if, and on a path that names no vif. Source: tools/libs/light/libxl_linux.c,
 * tools/hotplug/Linux/vif-common.sh
 */
bool event_read(struct event *event, int argc, char **argv, struct err *err) MUST_USE;

#endif
