/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the toolstack wrote of a vif into xenstore, as values; and our answer to it. */
#ifndef XENBUS_VIF_H
#define XENBUS_VIF_H

#include "value/vif.h"
#include "xen/store.h"

struct xenbus_vif {
	struct mac mac;
	char ip[STORE_VALUE_SIZE];    /* as in the DomU's configuration; "" when it gives none */
	struct ifname vifname;	      /* "" when there is none: the kernel's name stays */
	struct ifname gateway_device; /* likewise */
	uint32_t mtu;		      /* 0: not given */
	/* As they stand there, for bridged vifs to parse: routed ones have a bridge= too. */
	char bridge[STORE_VALUE_SIZE], vlan[STORE_VALUE_SIZE];
};

/* The backend directory of a vif, below this domain's home: "backend/vif/1/0". Returns out. */
const char *xenbus_vif_path(char out[static STORE_PATH_SIZE], const struct vif_id *id,
			    const char *key);

/*
 * Read the backend's nodes, all of one moment. Nothing is read from the frontend, which the guest
 * can write. Fails when the directory is gone or a value does not parse. Source: libxl_nic.c,
 * libxl__set_xenstore_nic()
 */
bool xenbus_vif_read(struct xenbus_vif *backend, struct store *store, const struct vif_id *id,
		     struct err *err) MUST_USE;

/*
 * Tell netback and the toolstack that the vif is ready: hotplug-status = connected. Fails when the
 * backend directory is gone: a node that is written then would stay for ever.
 */
bool xenbus_vif_write_connected(struct store *store, const struct vif_id *id, struct err *err)
	MUST_USE;

/* Tell them that it failed, and why; best effort. The guest can read it. */
void xenbus_vif_write_error(struct store *store, const struct vif_id *id, const struct err *why);

/* Tell the frontend which MTU its interface has; best effort, for the directory is the guest's. */
void xenbus_vif_write_mtu(struct store *store, const struct vif_id *id, uint32_t mtu);

#endif
