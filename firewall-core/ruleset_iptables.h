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

#include "ruleset.h"

#define RULESET_CHAINS "taofw-" /* what all of our chains begin with */

/* The tables that we have chains in, in the order in which they come into force. */
enum ip_table { IP_RAW, IP_FILTER, IP_NAT, IP_TABLE_COUNT };
extern const char *const ip_table_names[IP_TABLE_COUNT];

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
 * one, and the kernel follows 16 of them (NFT_JUMP_STACK_SIZE). Fails when a family has more.
 */
#define IP_LENGTHS_MAX 9
bool ruleset_iptables_check(const struct sets *sets, struct err *err) MUST_USE;

/* Print the whole ruleset of a family, with these vifs online. The caller checks ferror(out). */
bool ruleset_iptables_print(FILE *out, const struct ip_ruleset *ruleset, enum family family,
			    const struct vif *const *vifs, size_t count, struct err *err) MUST_USE;

/*
 * Print what a vif adds to it in a family, or how that is taken out again. Both fail, in the
 * kernel, where the ruleset is not in force.
 */
bool ruleset_iptables_print_vif(FILE *out, const struct ip_ruleset *ruleset, enum family family,
				const struct vif *vif, bool removes, struct err *err) MUST_USE;

/* Does the policy need the table? Translations alone do not always. */
bool ruleset_iptables_has_table(const struct policy *policy, enum family family,
				enum ip_table table);

/*
 * Of what `iptables -S` printed of a table: is anything of a generation there; and do the kernel's
 * chains lead to it?
 */
bool ruleset_iptables_has(const char *rules, char generation);
bool ruleset_iptables_in_force(const char *rules, enum ip_table table, char generation);

/*
 * Print how one generation of it is removed, or with is_kept all that is ours but for that one.
 * Returns whether there is anything.
 */
bool ruleset_iptables_print_rest(FILE *out, enum ip_table table, const char *rules, char generation,
				 bool is_kept);

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
