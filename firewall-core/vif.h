/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's network interface as the toolstack and the kernel describe it: plain values. */
#ifndef VIF_H
#define VIF_H

#include "address.h"

#define VIF_PREFIXES_MAX 64
#define VIF_ROUTES_MAX 64 /* of routing.cfg, through one vif */
#define DOMID_MAX 32751	  /* DOMID_FIRST_RESERVED - 1, xen/include/public/xen.h */

/* Which interface: device devid of domain domid, or the emulated one beside it. */
struct vif_id {
	uint32_t domid, devid;
	bool is_tap; /* vifD.N-emu, the device model's end of an emulated NIC */
};

#define VIF_ID_TEXT 32

/* "1/0" or "1/0-emu": its place in xenstore, below backend/vif and our own records. Returns out. */
const char *vif_id_print(char out[static VIF_ID_TEXT], const struct vif_id *id);

/* The inverse; fails on anything vif_id_print() does not print, and on a domid over DOMID_MAX. */
bool vif_id_parse(struct vif_id *id, const char *text) MUST_USE;

bool vif_id_equal(const struct vif_id *a, const struct vif_id *b);

/*
 * The name that the kernel (or the device model) gave it: "vif1.0", "vif1.0-emu". One that no
 * interface can have is "".
 */
struct ifname vif_id_name(const struct vif_id *id);

struct vif {
	struct vif_id id;
	struct ifname name;    /* what it is called now */
	uint32_t index;	       /* interface index, 0: there is no such interface */
	struct mac mac;	       /* the guest's end */
	struct ifname bridge;  /* whose port it is; "" when it is routed */
	uint32_t bridge_index; /* 0 then */
	unsigned prefix_count;
	struct prefix prefixes[VIF_PREFIXES_MAX]; /* none twice, none inside another */
};

/* Has it this very prefix? Has it one that holds the address? */
bool vif_has(const struct vif *vif, const struct prefix *prefix);
bool vif_holds(const struct vif *vif, const struct prefix *address);

/*
 * Parse what `ip=` holds: addresses and prefixes of both families, separated by blanks and commas,
 * into vif->prefixes. Fails when one does not parse, is no unicast address, is given twice or lies
 * inside another, or there are too many.
 */
bool vif_parse_ip(struct vif *vif, const char *text, struct err *err) MUST_USE;

/* Parse what `mtu=` holds. Fails when no vif can have it. */
bool vif_parse_mtu(uint32_t *mtu, const char *text, struct err *err) MUST_USE;

#endif
