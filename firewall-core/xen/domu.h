/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What xl configuration files ask for: what `xl-taofw guests` printed of them, as values. */
#ifndef DOMU_H
#define DOMU_H

#include "value/vif.h"

/* What stands between the commas of a vif; those that nobody here looks at are left out. */
enum domu_key {
	DOMU_SCRIPT,
	DOMU_BACKEND,
	DOMU_BRIDGE_NAME,
	DOMU_IP,
	DOMU_MAC,
	DOMU_VIFNAME,
	DOMU_GATEWAYDEV,
	DOMU_MTU,
	DOMU_VLAN,
	DOMU_KEY_COUNT
};

struct domu_vif {
	const char *file;
	unsigned number;		   /* vif[0] is the first one of the file */
	const char *value[DOMU_KEY_COUNT]; /* NULL: neither it nor xl.conf says so */
	bool is_ours;	/* by its script, and it is this machine that serves it */
	bool has_place; /* false: of a script that is not known here */
	enum vif_place place;
	enum vif_fate fate;
	struct vif vif; /* name, mac, bridge and prefixes; "" or none where they are not given */
};

struct domus {
	struct domu {
		const char *file;
		const char *name; /* "" when it has none, or one that is no text */
		size_t first_vif, vif_count;
	} *domus;
	size_t count;
	struct domu_vif *vifs;
	size_t vif_count;
	char *text; /* where all the texts lie */
};

/*
 * Parse lines "WORD TEXT". text becomes theirs; it is changed. report gets what libxlutil said of
 * the files, an error for each value that would make the attach of a vif of ours fail, and one for
 * each vif of another script's that a load would close. Fails on lines that are none of xl-taofw's.
 */
bool domus_parse(struct domus *domus, char *text, struct report *report, struct err *err) MUST_USE;
void domus_done(struct domus *domus);

/* "web1.cfg: vif[0]", for messages. Returns out. */
#define DOMU_PLACE_SIZE 512
const char *domu_location(char out[static DOMU_PLACE_SIZE], const struct domu_vif *vif);

/* The script, without the folder. */
const char *domu_script(const struct domu_vif *vif);

/* What becomes of one that is refused, for the end of a message: "" for ours. Returns out. */
#define DOMU_REFUSED_SIZE 512
const char *domu_refused(char out[static DOMU_REFUSED_SIZE], const struct domu_vif *vif);

#endif
