/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's network interface as the toolstack and the kernel describe it: plain values. */
#ifndef VIF_H
#define VIF_H

#include "value/address.h"

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
bool vif_id_is_among(const struct vif_id *ids, size_t count, const struct vif_id *id);

/* Put it behind the others. Fails without memory; then nothing has changed. */
bool vif_id_add(struct vif_id **ids, size_t *count, const struct vif_id *id, struct err *err)
	MUST_USE;

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
	bool is_foreign;       /* another script's */
	unsigned prefix_count;
	struct prefix prefixes[VIF_PREFIXES_MAX]; /* none twice, none inside another */
};

/* Has it this very prefix? Has it one that holds the address? */
bool vif_has(const struct vif *vif, const struct prefix *prefix);
bool vif_holds(const struct vif *vif, const struct prefix *address);

/* Are they ports of one bridge, with one MAC? */
bool vif_is_duplicate(const struct vif *a, const struct vif *b);

/* Has it any of this version of IP? */
bool vif_has_family(const struct vif *vif, enum family family);

/*
 * Parse what `ip=` holds: addresses and prefixes of both families, separated by blanks and commas,
 * into vif->prefixes. Fails when one does not parse, is no unicast address, is given twice or lies
 * inside another, or there are too many.
 */
bool vif_parse_ip(struct vif *vif, const char *text, struct err *err) MUST_USE;

/* Where a vif is: its rules go by that. */
enum vif_place {
	VIF_ROUTED,
	VIF_BRIDGED,  /* a port of one of the kernel's own bridges */
	VIF_SWITCHED, /* a port of something else, such as Open vSwitch */
};

/* What becomes of a vif. */
enum vif_fate {
	VIF_HELD,   /* rules hold for it, and hold it to its addresses */
	VIF_CLOSED, /* no rules are its own: what it sends is dropped */
	VIF_MISSED, /* what it sends meets no rules: it is neither filtered nor protected */
};

/*
 * Judge a vif by its place and by what `ip=` holds, "" where there is none: with VIF_HELD, its
 * prefixes are what was parsed, else why says why. All that judge vifs ask here, so that `check`
 * says before what a load and an attach do.
 */
enum vif_fate vif_judge(struct vif *vif, enum vif_place place, const char *ip, struct err *why)
	MUST_USE;

/* Parse what `mtu=` holds. Fails when no vif can have it. */
bool vif_parse_mtu(uint32_t *mtu, const char *text, struct err *err) MUST_USE;

/* Fails when it is too small for one of the vif's prefixes. */
bool vif_check_mtu(const struct vif *vif, uint32_t mtu, struct err *err) MUST_USE;

/*
 * Fails when a vif can't be called so, for the kernel calls another one so.
 * kernel_name  its own name there; "": not known yet
 */
bool vif_check_name(const struct ifname *wanted, const struct ifname *kernel_name, struct err *err)
	MUST_USE;

#endif
