/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an attach did, as it stands in xenstore: taofirewall/domain/<number>/<domid>/<devid>, and
 * who has an address: taofirewall/owner/…, and addresses in a subnet: taofirewall/subnet/….
 *
 * A driver domain may have 1,000 nodes, of which libxl and netback take some 30 for each vif, and
 * none of more than 2 kB, the names of what is in it included (xenstored's quotas); oxenstored
 * lists none that has more than 4 kB of names. So a record is one node, with one more for routes of
 * routing.cfg, and what many vifs have is spread over folders by number.
 */
#ifndef RECORD_H
#define RECORD_H

#include "network/netconf.h"
#include "network/subnet_member.h"
#include "xen/store.h"

#define RECORD_DOMAINS 128 /* in one folder: there are 256 then, and no name is long */

struct record {
	struct vif vif; /* name and index as they were when it came online */
	/* A routed vif's alone (its bridge_index is 0), but for the metric: */
	struct uplink uplink;		  /* name and index alone */
	struct prefix dom0[FAMILY_COUNT]; /* its addresses on the vif; zeroed: none */
	uint32_t metric;		  /* on a bridge it only tells duplicates apart */
	struct vif_routes routes;	  /* of routing.cfg, through it */
	bool proxy_arp, proxy_ndp;	  /* it made proxy entries */
	bool is_claim;	  /* online_read_others(): all that is known is that it has its prefixes */
	bool is_old;	  /* it stands there as an older version wrote it */
	bool is_moved;	  /* online_read(): to another bridge than the recorded one */
	bool is_lost;	  /* online_read(): it is a port of none, and vif.bridge is where it was */
	bool is_switched; /* online_read(): to something that is no bridge: no rules hold for it */
	bool is_whole;	  /* whoever looked found all of it there */
};

/*
 * What a vif is an owner of: its addresses and prefixes, and on a bridge its link-local address,
 * which its MAC gives. Returns how many.
 */
#define OWNED_MAX (VIF_PREFIXES_MAX + 1)
unsigned record_owned(struct prefix owned[static OWNED_MAX], const struct vif *vif);

/* Who has an address or prefix: vifs, the one that came last at the end. */
#define OWNERS_MAX 16
struct owners {
	struct owner {
		struct vif_id id;
		uint32_t metric; /* of its route */
	} owner[OWNERS_MAX];
	unsigned count;
};

/* Read the record of a vif; *found is false when it has none. */
bool record_read(struct record *record, bool *found, struct store *store, const struct vif_id *id,
		 struct err *err) MUST_USE;

/*
 * Write the record, and its vif among the owners of what record_owned() says and in its networks,
 * in one transaction.
 */
bool record_write(struct store *store, const struct record *record, struct err *err) MUST_USE;

/* Did an older version write something that is still there? */
bool record_find_old(bool *found, struct store *store, struct err *err) MUST_USE;

/* Forget what it wrote: all of it is written anew. */
bool record_forget_old(struct store *store, struct err *err) MUST_USE;

/* Write which routes of routing.cfg lead through the vif by now. */
bool record_write_routes(struct store *store, const struct record *record, struct err *err)
	MUST_USE;

/* Write which bridge the vif is a port of by now. */
bool record_write_bridge(struct store *store, const struct record *record, struct err *err)
	MUST_USE;

/* Remove all of it again; what is gone is no error. */
bool record_remove(struct store *store, const struct record *record, struct err *err) MUST_USE;

/* Let the record's vif be among the owners of all that it has, or no more. */
bool record_write_owners(struct store *store, const struct record *record, bool owns,
			 struct err *err) MUST_USE;

/* Who has exactly this prefix. except: but for this vif; NULL: all of them */
bool record_read_owners(struct owners *owners, struct store *store, const struct prefix *prefix,
			const struct vif_id *except, struct err *err) MUST_USE;

/* In which of so many folders a prefix is. */
unsigned record_folder(const struct prefix *prefix, unsigned folders);

/*
 * The prefix as the name of a node, which has neither dots nor colons: "192-0-2-0_28". Returns
 * out.
 */
const char *record_name(char out[static PREFIX_TEXT], const struct prefix *prefix);

/* Let the record's vif be one of those that have addresses in its networks, or no more. */
bool record_write_subnets(struct store *store, const struct record *record, bool is_there,
			  struct err *err) MUST_USE;

/*
 * Add which vifs, bridged or routed ones, have addresses in a network (subnet_member_networks()),
 * and those of a domain that have a record. *ids is the caller's to free, also on failure.
 */
bool record_add_members(struct vif_id **ids, size_t *count, struct store *store,
			const struct prefix *network, bool bridged, struct err *err) MUST_USE;
bool record_add_domain(struct vif_id **ids, size_t *count, struct store *store, uint32_t domid,
		       struct err *err) MUST_USE;

/* Add what a function adds of each folder below a folder. */
typedef bool record_add_function(struct vif_id **ids, size_t *count, struct store *store,
				 const char *folder, struct err *err);
bool record_add_below(struct vif_id **ids, size_t *count, struct store *store, const char *folder,
		      record_add_function *add, struct err *err) MUST_USE;

/* All vifs that have a record. *ids is the caller's to free. */
bool record_list(struct vif_id **ids, size_t *count, struct store *store, struct err *err) MUST_USE;

/*
 * The changes that the record's attach made: those of netconf_vif() with what it went by then; on a
 * bridge, none.
 */
bool record_changes(struct netconf *changes, const struct record *record, struct err *err) MUST_USE;

#endif
