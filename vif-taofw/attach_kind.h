/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every attach goes by, and what each kind of vif does in its own way. */
#ifndef ATTACH_KIND_H
#define ATTACH_KIND_H

#include "kernel/kernel.h"
#include "state/online.h"
#include "state/run.h"
#include "xen/hotplug_args.h"
#include "xenbus_vif.h"

/*
 * An attach: what is read, then what is computed of that, then what is done. The kernel and
 * xenstore are asked before the first change alone, but for what was left of earlier attaches,
 * which goes before all else.
 */
struct attach {
	struct store *store;
	const struct run *run;
	struct kernel_link *link;
	struct release *release; /* what no other vif has */
	/* read */
	const struct xenbus_vif *backend;
	struct snapshot snapshot;
	bool is_stopped;
	struct ifname old_name; /* before vifname= */
	struct uplink uplink;	/* of a routed one */
	struct bridge bridge;	/* which it is to be on */
	struct online others;	/* those that have something in common with it */
	/* computed */
	struct record record;
	bool has[FAMILY_COUNT]; /* it has addresses of the family */
	struct netconf changes;
	struct elements elements;
	uint32_t mtu;		   /* what the guest is told; 0: nothing */
	struct port_settings port; /* on its bridge */
};

/* What differs. Each step is called once, in this order. */
struct attach_kind {
	enum vif_place place;
	/* Read where the vif is to be. */
	bool (*read)(struct attach *attach, const struct hotplug_args *args, struct err *err);
	/* Complete the record, and what the vif is to be there. */
	bool (*compute)(struct attach *attach, struct err *err);
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
