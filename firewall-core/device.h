/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which network interface a vif is: known by the device that xen-backend made, not by a name that
 * somebody else may have.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "vif.h"

/*
 * Find the interface of a vif: below /sys/bus/xen-backend/devices/vif-D-N/net, whatever it is
 * called now. On a machine without that bus, and for taps, the name that the kernel or the device
 * model gave it is all there is, or the index recorded at the attach. *found is false when there is
 * none (at offline it is gone, as a rule).
 *
 * recorded  index at the attach, 0: not attached
 */
bool device_read(struct ifname *name, uint32_t *index, bool *found, const struct vif_id *id,
		 uint32_t recorded, struct err *err) MUST_USE;

/* Is the interface a port of a bridge (or has another master)? */
bool device_has_master(const struct ifname *name);

/* Whose port it is, of the kernel's own bridges; false when it is none. */
bool device_read_bridge(struct ifname *bridge, uint32_t *index, const struct ifname *name);

#endif
