/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy → the ruleset: which sets there are, which elements stand in them, and the fixed rules
 * around them. Pure.
 */
#ifndef RULESET_H
#define RULESET_H

#include "network/netconf.h"
#include "ruleset/element.h"

#define RULESET_TABLE "taofirewall" /* in the families inet, arp and bridge */

/* Sets of table bridge that packets fill: routers that were heard there, each in two forms. */
#define RULESET_HEARD "heard_router6"
#define RULESET_HEARD_TARGET "heard_router_target6"

/* The elements that are there whoever runs: those of local hosts, networks and LANs. */
void ruleset_add_hosts(struct elements *elements, const struct policy *policy);

/*
 * The elements that belong to the vif alone, whatever its addresses: keyed by its interface index.
 */
void ruleset_add_vif(struct elements *elements, const struct policy *policy, const struct vif *vif);

/* Those that let a vif send from the prefix, be it another card's of its guest (ANY_CARD). */
void ruleset_add_source(struct elements *elements, const struct policy *policy,
			const struct vif *vif, const struct prefix *prefix);

/*
 * The elements of one prefix of a vif (of a bridged one its link-local address, too), keyed by
 * address: they stand as long as any vif has the prefix. Where no host file applies to it, it is
 * just known to be a guest's. A host file with INTERFACE = another than this vif is not for it.
 */
void ruleset_add_claim(struct elements *elements, const struct policy *policy,
		       const struct prefix *prefix, const struct vif *vif);

/* That the prefix is a guest's, and what this host file, if there is one, says of it. */
void ruleset_add_guest(struct elements *elements, const struct policy *policy,
		       const struct host *host, const struct prefix *prefix);

/* That others may have a guest's prefix, too (SHARED). */
void ruleset_add_shared(struct elements *elements, const struct policy *policy,
			const struct prefix *prefix);

/* That a vif has the prefix: no other one sends from there, be it that it has a wider one. */
void ruleset_add_owned(struct elements *elements, const struct policy *policy,
		       const struct prefix *prefix);

/*
 * All of a prefix of a vif: that it has it, its part, and those of each narrower claim inside it
 * (policy_next_part()), which has a host file of its own.
 */
void ruleset_add_address(struct elements *elements, const struct policy *policy,
			 const struct prefix *prefix, const struct vif *vif);

/* The sets of a ruleset, sorted by set_compare(). */
struct sets {
	struct set *sets;
	uint32_t count;
	bool failed;
};

/*
 * All sets that the ruleset needs: of these elements, and of every guest that has a host file, were
 * it online with its address. Fails without memory.
 */
bool ruleset_sets(struct sets *sets, const struct policy *policy, const struct elements *elements,
		  struct err *err) MUST_USE;
void sets_done(struct sets *sets);

/*
 * Is there a set for each of the (finished) elements? If not, only a whole ruleset can take them
 * in.
 */
bool sets_hold(const struct sets *sets, const struct elements *elements);

/*
 * Print the whole ruleset for `nft -f`: one transaction that replaces our tables and touches no
 * others.
 *
 * tracks_bridges  the kernel tracks connections on bridges; where it does not, what would be
 *                 answered does not pass between guests and ports that are no guests'
 *
 * sets and elements as from ruleset_sets() and elements_finish(). The caller checks
 * ferror(out).
 */
void ruleset_print(FILE *out, const struct policy *policy, const struct sets *sets,
		   const struct elements *elements, bool tracks_bridges);

#endif
