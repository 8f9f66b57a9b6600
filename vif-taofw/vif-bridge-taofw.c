/* SPDX-License-Identifier: GPL-2.0-or-later */
/* script=vif-bridge-taofw: the hotplug program of vifs that are ports of a bridge. */
#include "hotplug.h"

int main(int argc, char **argv)
{
	return hotplug_main(argc, argv, &attach_bridge);
}
