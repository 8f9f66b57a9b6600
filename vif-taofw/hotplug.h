/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The body of a vif's hotplug program, from argv to exit status. */
#ifndef HOTPLUG_H
#define HOTPLUG_H

#include "attach_kind.h"

/*
 * Run as libxl's script= of vifs of this kind. Returns the exit status: 0 when one is ready, and
 * after every offline; 1 when it is not, the reason then stands in hotplug-error, on stderr and in
 * syslog. Source: tools/libs/light/libxl_linux.c; xen-netback, hotplug_status_changed()
 */
int hotplug_main(int argc, char **argv, const struct attach_kind *kind);

#endif
