/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the steps of a packet's way. */
#include "value/step.h"

const char *const step_names[STEP_END] = {
	[STEP_INTERFACE] = "interface",
	[STEP_SOURCE] = "source",
	[STEP_DNAT] = "dnat",
	[STEP_BRIDGE] = "bridge",
	[STEP_CONNECTION] = "connection",
	[STEP_OFFLINE] = "offline",
	[STEP_UNMANAGED] = "unmanaged",
	[STEP_ICMP] = "icmp",
	[STEP_OUTGOING] = "outgoing",
	[STEP_INCOMING] = "incoming",
	[STEP_POLICY] = "policy",
	[STEP_SNAT] = "snat",
};
