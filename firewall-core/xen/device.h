/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which network interface a vif is: known by the device that xen-backend made, not by a name that
 * somebody else may have.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "value/vif.h"

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

/*
 * The vif whose interface is called so now: by the device that xen-backend made, or where there is
 * none by the name that the kernel gave it. False when it is none.
 */
bool device_read_id(struct vif_id *id, const struct ifname *name);

/*
 * The vifs that the kernel serves, in any order. *knows is false, and there are none, where it has
 * no such bus. *ids is the caller's to free.
 */
bool device_list(struct vif_id **ids, size_t *count, bool *knows, struct err *err) MUST_USE;

/*
 * Whose port it is, and the index of that where it is one of the kernel's own bridges, else 0.
 * False when it is nobody's.
 */
bool device_read_master(struct ifname *master, uint32_t *bridge_index, const struct ifname *name);

/* The same of the kernel's own bridges alone. */
bool device_read_bridge(struct ifname *bridge, uint32_t *index, const struct ifname *name);

#endif
