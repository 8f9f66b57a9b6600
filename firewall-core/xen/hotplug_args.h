/* SPDX-License-Identifier: GPL-2.0-or-later */
/* argv and environ of a hotplug run → what happened to which device. */
#ifndef HOTPLUG_ARGS_H
#define HOTPLUG_ARGS_H

#include "value/vif.h"

enum hotplug_action { HOTPLUG_ATTACH, HOTPLUG_DETACH };

struct hotplug_args {
	uint8_t action;	 /* enum hotplug_action */
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
bool hotplug_args_read(struct hotplug_args *args, int argc, char **argv, struct err *err) MUST_USE;

#endif
