/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every attach goes by, and what each kind of vif does in its own way. */
#ifndef ATTACH_KIND_H
#define ATTACH_KIND_H

#include "kernel/kernel.h"
#include "state/record.h"
#include "state/run.h"
#include "xen/hotplug_args.h"
#include "xenbus_vif.h"

/* All that an attach goes by, once everything is read and computed. */
struct attach {
	struct store *store;
	const struct run *run;
	const struct xenbus_vif *backend;
	struct snapshot snapshot;
	struct kernel_link *link;
	bool is_stopped;
	struct ifname old_name; /* before vifname= */
	struct uplink uplink;
	struct record record;
	struct netconf changes;
	struct elements elements;
	bool has[FAMILY_COUNT];	   /* it has addresses of the family */
	struct release *release;   /* what no other vif has */
	uint32_t mtu;		   /* what the guest is told; 0: nothing */
	struct bridge bridge;	   /* which it is to be on */
	struct port_settings port; /* there */
};

/* What differs. Each step is called once, in this order. */
struct attach_kind {
	enum vif_place place;
	/* Complete the record: where the vif is to be, and what that changes in the kernel. */
	bool (*compute)(struct attach *attach, const struct hotplug_args *args, struct err *err);
	/* Change the kernel; the record is written, the rules are in place. Link up comes last. */
	bool (*apply_link)(struct attach *attach, struct err *err);
};

extern const struct attach_kind attach_route;  /* attach_route.c */
extern const struct attach_kind attach_bridge; /* attach_bridge.c */

/*
 * The vif's interface as every kind begins with it: down, so that nothing passes and it can be
 * renamed, with its name, LINK_GROUP and the MAC of netback.
 * mtu  0: as it is
 */
struct link_settings attach_link_settings(const struct vif *vif, uint32_t mtu);

#endif
