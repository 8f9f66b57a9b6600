/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy → what iptables-restore reads, one text for each family. Pure.
 *
 * Several rulesets can stand side by side, each with chains of its own: "taofw-a-forward" is of
 * generation a. So a new one is complete before it comes into force, and the old one goes after
 * that: packets have to pass both meanwhile.
 */
#ifndef RULESET_IPTABLES_H
#define RULESET_IPTABLES_H

#include "ruleset/ruleset.h"

#define RULESET_CHAINS "taofw-" /* what all of our chains begin with */
#define IP_CHAIN_SIZE 32	/* the name of a chain, of whomever */

/* What has tables of its own: the packets of both families, and the frames of bridges. */
enum ip_stack { STACK_IPV4, STACK_IPV6, STACK_BRIDGES, STACK_COUNT };

/*
 * The tables that we have chains in, in the order in which they come into force. That of bridges is
 * not called raw, but has its place.
 */
enum ip_table { IP_RAW, IP_FILTER, IP_NAT, IP_TABLE_COUNT };
const char *ip_table_name(enum ip_stack part, enum ip_table table);
const char *ip_table_end(enum ip_stack part); /* the line behind its rules */

struct ip_ruleset {
	const struct policy *policy;
	const struct sets
		*sets;	 /* of ruleset_sets(): they tell which lengths of prefixes there are */
	char generation; /* 'a' to 'z' */
	/*
	 * br_netfilter brings frames between ports of a bridge here. They are none of the policy's
	 * business; to ask for them loads it, so that is done only where it is there.
	 */
	bool sees_bridged;
};

/*
 * More than so many lengths of prefixes can't be told apart: each is a chain that leads to the next
 * one, and the kernel follows 16 of them (NFT_JUMP_STACK_SIZE).
 */
#define IP_LENGTHS_MAX 9

/*
 * Can it be said in iptables? Fails when a family has more lengths, or a port of UDP-Lite is
 * forwarded: iptables' DNAT knows the ports of other protocols alone (libxt_NAT.c).
 */
bool ruleset_iptables_check(const struct policy *policy, const struct sets *sets, struct err *err)
	MUST_USE;

/*
 * Can a guest on a bridge be protected, and does nobody want more of this backend? There is no
 * connection tracking for ebtables, and no look into neighbour discovery. Fails with the reason.
 */
bool ruleset_iptables_check_bridged(const struct policy *policy, const struct vif *vif,
				    struct err *err) MUST_USE;

/*
 * Print the whole ruleset of a part, with these vifs online, of bridged ones those that can be
 * protected. The caller checks ferror(out).
 */
bool ruleset_iptables_print(FILE *out, const struct ip_ruleset *ruleset, enum ip_stack part,
			    const struct vif *const *vifs, size_t count, struct err *err) MUST_USE;

/*
 * Print what a vif adds to it in a part, or how that is taken out again. Both fail, in the kernel,
 * where the ruleset is not in force.
 */
bool ruleset_iptables_print_vif(FILE *out, const struct ip_ruleset *ruleset, enum ip_stack part,
				const struct vif *vif, bool removes, struct err *err) MUST_USE;

/* Does the policy need the table? Translations alone do not always. */
bool ruleset_iptables_has_table(const struct policy *policy, enum ip_stack part,
				enum ip_table table);

/*
 * Of what `iptables -S` printed of a table: is anything of a generation there; and do the kernel's
 * chains lead to it, and does it leave frames alone if it sees_bridged ones?
 */
bool ruleset_iptables_has(const char *rules, char generation);
bool ruleset_iptables_in_force(const char *rules, enum ip_stack part, enum ip_table table,
			       char generation, bool sees_bridged);

/*
 * Has each chain at least as many rules as text, the ruleset without guests, gives it in this
 * table? Guests' entries stand among them.
 */
bool ruleset_iptables_is_whole(const char *rules, enum ip_stack part, enum ip_table table,
			       const char *text);

/*
 * Print how one generation of it is removed, or with is_kept all that is ours but for that one.
 * Returns whether there is anything.
 */
bool ruleset_iptables_print_rest(FILE *out, enum ip_stack part, enum ip_table table,
				 const char *rules, char generation, bool is_kept);

/* What `ebtables -L` printed of a table, as iptables would have. NULL without memory. */
char *ruleset_iptables_from_list(const char *list);

/*
 * Read a rule that counts for an interface, as `iptables -v -S` prints it. Returns false for any
 * other line. The line ends with a newline or the text.
 */
struct ip_counter {
	struct ifname name;
	uint64_t packets, bytes;
};
bool ruleset_iptables_read_counter(struct ip_counter *counter, const char *line);

/*
 * A line of these texts as the arguments of `iptables`: "-N taofw-a-own" for
 * ":taofw-a-own - [0:0]". NULL for one that is no command but tells which table the others are of,
 * or their end. Returns out.
 */
#define IP_LINE_SIZE 512
const char *ruleset_iptables_command(char out[static IP_LINE_SIZE], const char *line);

#endif
