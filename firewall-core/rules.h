/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the nft ruleset's text: what ruleset_nft.c, rules_spoof.c, rules_level.c and
 * rules_nat.c print with.
 */
#ifndef RULES_H
#define RULES_H

#include "ruleset.h"

struct rules {
	FILE *out;
	const struct policy *policy;
	const struct sets *sets;
	bool in_bridge; /* in the table of family bridge, which has the others' sets again */
	bool tracks;	/* the kernel tracks connections in this family */
};

/*
 * The bit of the packet's mark that says: it came in through a bridge, and the table of family
 * bridge let it in; what it is told there the interface does not tell, which may be one above the
 * bridge, as a VLAN's. Behind that table inet clears it. Only a frame between ports gets it again,
 * for where br_netfilter is on, such a frame also meets the forward chain of table inet.
 */
#define RULES_BRIDGED 0x20000000u

/* How a family's headers are called, and what of its control protocol always passes. */
struct rules_family {
	const char *version, *header, *nfproto, *icmp;
	const char *forward_types;
};
extern const struct rules_family rules_families[FAMILY_COUNT];

/* Which of a packet's addresses is the host's at a stage, and at which interface it stands. */
struct rules_stage {
	const char *address, *peer, *interface;
	enum chain chain;
	const char *accepted; /* what follows a match in a level whose target is ACCEPT */
	const char *unnamed;  /* what follows when no level decided; NULL: the chain's policy */
};
extern const struct rules_stage rules_stages[STAGE_COUNT];

/* One rule, or the line that makes a chain a hook's. */
void rules_line(const struct rules *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The head of a chain by its name, and its foot. */
void rules_chain(const struct rules *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void rules_chain_end(const struct rules *p);

/*
 * A rule that looks the packet up in the set: "ip daddr . meta l4proto . th dport
 * @forward_in4_50_32_port16 accept".
 */
void rules_lookup(const struct rules *p, const struct set *set, const struct rules_stage *stage,
		  const char *verdict);

/*
 * The same for sets of addresses, where something else stands for them: before is what comes in
 * front of the address ("iif . ether saddr . "), address where it is found ("arp saddr ip").
 */
void rules_addresses(const struct rules *p, enum set_kind kind, enum family family,
		     const char *before, const char *address, const char *verdict);

/* The set of this kind, family and length, or NULL. */
const struct set *rules_find_set(const struct rules *p, enum set_kind kind, enum family family,
				 int length);

/*
 * As rules_addresses(), for what a vif has of its own (SET_SOURCE, SET_TARGET): the narrowest
 * prefixes come first, and behind each length goes to others what another vif has of that: a vif
 * with a wider prefix has no share in it.
 * match  what else must be true, in front of all that
 */
void rules_own_addresses(const struct rules *p, enum set_kind kind, enum family family,
			 const char *match, const char *before, const char *address,
			 const char *verdict, const char *others);

/* The same as rules_lookup(), a rule for each set of the kind. */
void rules_lookups(const struct rules *p, enum set_kind kind, enum family family,
		   const struct rules_stage *stage, const char *verdict);

/*
 * A rule that translates what the map names: "snat ip to ip saddr map @snat4_32". translation is
 * "snat" or "dnat".
 */
void rules_translate(const struct rules *p, const char *translation, const struct set *map,
		     const struct rules_stage *stage);

/*
 * Rules for every interface that is a guest's, whether it has elements yet or not: by the kernel's
 * name, and by LINK_GROUP for those that were renamed. direction is "iif" or "oif".
 */
void rules_vifs(const struct rules *p, const char *direction, const char *verdict);

/* The mask of a length as nft writes it: "255.255.255.0". Returns out. */
const char *rules_mask(char out[static PREFIX_TEXT], enum family family, uint8_t length);

/*
 * Steps 0 and 1 of a packet's way: interfaces without rules, and spoofing; and where a dropped
 * packet ends.
 */
void rules_print_spoof(const struct rules *p);

/* Where dropped packets end: counted for their vif, and logged. */
void rules_print_reasons(const struct rules *p);

/*
 * Steps 0 and 1 for frames on bridges, and the hooks. The hook of frames between ports leads to the
 * chain "policed", where one end is no guest's.
 */
void rules_print_bridge(const struct rules *p);

/* The chains of the table of family arp: what an ARP packet says of its sender. */
void rules_print_arp(const struct rules *p);

/* The chains of one stage of steps 4 and 5, in one family. */
void rules_print_stage(const struct rules *p, enum stage stage, enum family family);

/*
 * A rule for each set of hosts that are named by prefixes of this length: does one of them speak
 * for the packet's address at the stage? Returns whether there was such a set.
 */
bool rules_of_claims(const struct rules *p, enum stage stage, enum family family, uint8_t length,
		     const char *verdict);

/* The chains that translate addresses and ports; none where no host and no network asks for it. */
void rules_print_nat(const struct rules *p);

#endif
