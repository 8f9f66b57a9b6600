/* SPDX-License-Identifier: GPL-2.0-or-later */
/* script=vif-route-taofw: the hotplug program of routed vifs. */
#include "hotplug.h"

int main(int argc, char **argv)
{
	return hotplug_main(argc, argv, &attach_route);
}
