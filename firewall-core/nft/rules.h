/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the nft ruleset's text: what ruleset_nft.c, rules_spoof.c, rules_level.c and
 * rules_nat.c print with.
 */
#ifndef RULES_H
#define RULES_H

#include "ruleset/path.h"
#include "ruleset/ruleset.h"

struct rules {
	FILE *out;
	const struct policy *policy;
	const struct sets *sets;
	bool in_bridge; /* in the table of family bridge, which has the others' sets again */
	bool tracks;	/* the kernel tracks connections in this family */
};

/*
 * Two bits of the packet's mark. That of policy_guests_mark() says that a guest's port brought it:
 * it is there only where a network is isolated, stays with what is routed until the chain forward,
 * and goes there. That of policy_bridged_mark() says: it came in through a bridge, and the table of
 * family bridge let it in; what it is told there the interface does not tell, which may be one
 * above the bridge, as a VLAN's. Behind that table inet clears it. Only a frame between ports gets
 * it again, for where br_netfilter is on, such a frame also meets the forward chain of table inet.
 */

/*
 * The verdicts by which a policy lets a connection begin: rules_print_connections(). The last one
 * is for table inet, and for an address that a host file or a vif has for itself.
 */
#define RULES_BEGIN_INPUT "goto let_begin_input"
#define RULES_BEGIN_OUTPUT "goto let_begin_output"
#define RULES_BEGIN_FORWARD "goto let_begin_forward"
#define RULES_BEGIN_KNOWN "goto let_begin_known"
extern const char *const rules_begin[CHAIN_COUNT];

/* How a family's headers are called. */
struct rules_family {
	const char *version, *header, *nfproto, *icmp;
	const char *groups; /* matches what is for one: there is no answer to it */
};
extern const struct rules_family rules_families[FAMILY_COUNT];

/*
 * Which of a packet's addresses is the host's at a stage, and at which interface it stands: by its
 * name, or at the stages of a link by its index.
 */
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
 * A set that packets themselves put elements in, of so many at the most: "type iface_index", which
 * stay for a while ("1m"), or always (NULL). The kernel makes room at once for as many as the last
 * 16 bits of the size say, and looks through that each second (struct rhashtable_params,
 * nft_rhash_gc()); where they are zero, the set grows by itself.
 */
#define RULES_SIZE (15u << 16)
void rules_dynamic_set(const struct rules *p, unsigned size, const char *type, const char *timeout,
		       const char *format, ...) __attribute__((format(printf, 5, 6)));

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
 * As rules_addresses(), for what a vif has of its own (SET_SOURCE, SET_TARGET, SET_QUOTED): the
 * narrowest prefixes come first, and behind each length goes to others what another vif has of
 * that: a vif with a wider prefix has no share in it, nor in what this machine has of it.
 * match  what else must be true, in front of all that
 */
void rules_own_addresses(const struct rules *p, enum set_kind kind, enum family family,
			 const char *match, const char *before, const char *address,
			 const char *verdict, const char *others);

/*
 * What is in a network of this length that another guest is the next hop of, goes to others, unless
 * the vif is that of a narrower part. match, before and address as above.
 */
void rules_of_other_routers(const struct rules *p, enum family family, int length,
			    const char *match, const char *before, const char *address,
			    const char *others);

/*
 * As rules_addresses(), for the networks that a vif is the next hop for: a narrower one behind
 * another vif is dropped.
 */
void rules_of_next_hops(const struct rules *p, enum family family, const char *before,
			const char *address, const char *verdict);

/* What is behind a vif, and in a narrower [network], is dropped: before and address as above. */
void rules_of_lans_behind(const struct rules *p, enum family family, const char *before,
			  const char *address);

/*
 * What comes from elsewhere than guests, with an address of theirs: spoofed, but for one that
 * others have too (SHARED). Of an address that several have, the narrowest prefix counts.
 * kind    SET_GUEST or SET_GUEST_TARGET
 * shared  what becomes of it then
 */
void rules_guest_addresses(const struct rules *p, enum set_kind kind, enum family family,
			   const char *match, const char *address, const char *shared);

/* The same as rules_lookup(), a rule for each set of the kind. */
void rules_lookups(const struct rules *p, enum set_kind kind, enum family family,
		   const struct rules_stage *stage, const char *verdict);

/*
 * A rule that translates what the map names: "snat ip to ip saddr map @snat4_32". translation is
 * "snat" or "dnat", and may have a match in front of it; ports is what follows, as ":1024-65535".
 */
void rules_translate(const struct rules *p, const char *translation, const struct set *map,
		     const struct rules_stage *stage, const char *ports);

/*
 * Rules for every interface that is a guest's, whether it has elements yet or not: by the kernel's
 * name, and by LINK_GROUP for those that were renamed. direction is "iif" or "oif".
 */
void rules_vifs(const struct rules *p, const char *direction, const char *verdict);

/* The match of what came in through none of them; its argument is LINK_GROUP. */
#define RULES_FROM_NO_VIF "iifname != \"vif*\" iifgroup != %d"

/*
 * Is the source one of this machine's? Those that it has as a router (RFC 4291, 2.6.1), and that it
 * has with its neighbours, count as well: what is sent there comes here. Of link-local ones those
 * count that it has on the very interface.
 */
#define RULES_OWN "fib saddr type { local, anycast, broadcast }"
#define RULES_OWN_LINK_LOCAL "fib saddr . iif type local"

/* The mask of a length as nft writes it: "255.255.255.0". Returns out. */
const char *rules_mask(char out[static PREFIX_TEXT], enum family family, uint8_t length);

/* "{ nd-router-solicit, 151 }": the types as nft names them. Returns out. */
#define RULES_TYPES 256
const char *rules_types(char out[static RULES_TYPES], const struct icmp_types *types,
			enum family family);

/* What becomes of ICMP or ICMPv6 of these types. */
void rules_of_icmp(const struct rules *p, enum family family, const char *types,
		   const char *verdict);

/* What asks a DHCP server for an address, from none: passes. */
void rules_of_dhcp_discovery(const struct rules *p);

/*
 * The clauses of a path (rules_path.c): in the chain of its hook, which is printed, or where frames
 * come by from one; and the chain of a family, which the last of those leads to.
 */
void rules_print_hook(const struct rules *p, enum path path);
void rules_of_hook_clauses(const struct rules *p, enum path path);
void rules_print_path(const struct rules *p, enum path path, enum family family);

/* A rule for each [unmanaged] network, whichever end of the packet is in it. */
void rules_of_unmanaged(const struct rules *p, enum path path, enum family family);

/*
 * The steps interface and source: vifs without rules, and spoofing; and where a dropped
 * packet ends.
 */
void rules_print_spoof(const struct rules *p);

/*
 * The chain "log_REASON": a line in the log for packets that come here, five a second for each
 * interface at the most, so that no guest fills the disk or hides another. direction  "iif" or
 * "oif": whose they are
 */
void rules_print_log(const struct rules *p, const char *reason, const char *direction);

/* Dropped for want of a place: the chain of this name, counted for the vif there, and logged. */
void rules_print_over(const struct rules *p, const char *chain, const char *reason,
		      const char *direction);

/* The set into which it counts: packets themselves put interfaces in. */
void rules_print_over_set(const struct rules *p, const char *reason);

/*
 * What a vif may take of tables that have no place for whose an entry is (rules_limit.c): the
 * chains "datagrams", "newcomer4", "newcomer6" and "reports" which the hooks before connection
 * tracking jump to, and "destinations" behind the policy.
 */
void rules_print_limits(const struct rules *p);
void rules_print_arp_limits(const struct rules *p);

/* Do packets that are dropped get there? */
bool rules_log_refused(const struct rules *p);

/*
 * The share that each vif has of what all share (rules_share.c): the chain "share" for what the
 * policy lets begin, so that what it refuses takes no place; and of frames for and from this
 * machine hooks.
 */
void rules_print_share(const struct rules *p);

/* Where dropped packets end: counted for their vif, and logged. */
void rules_print_reasons(const struct rules *p);

/*
 * The steps interface and source for frames on bridges, and the hooks. The hook of frames between
 * ports leads to the chain "policed", where one end is no guest's.
 */
void rules_print_bridge(const struct rules *p);

/* Its chains "discovery6" and "from_nobody6": neighbour discovery with and without a source. */
void rules_print_discovery(const struct rules *p);

/* Frames of a family that is off end here. */
void rules_of_disabled(const struct rules *p);

/*
 * What single guests may do that others may not (rules_right.c), on bridges. Of routers: whether
 * there are any, a rule with the verdict for what they send, and the verdict that drops what others
 * send; of ether types, what becomes of those that are neither IP nor ARP, and the rules that let
 * through to and from a guest what it may have; of VRRP likewise. Without such guests these are no
 * rules, or what they are for all.
 */
bool rules_has_routers(const struct rules *p, enum family family);
void rules_of_routers(const struct rules *p, enum family family, const char *match,
		      const char *verdict);
const char *rules_unless_router(const struct rules *p, enum family family);
void rules_print_routers(const struct rules *p);
void rules_for_vrrp(const struct rules *p);
void rules_of_other_ethertypes(const struct rules *p);
void rules_for_ethertypes(const struct rules *p);
void rules_print_other_ethertypes(const struct rules *p);

/*
 * IPv6 with extension headers, or in fragments (rules_extension.c): its match; and on bridges the
 * chain "hidden6" of fragments that hide what is in them, the rule that leads there, and the chain
 * "extended6" of what comes from a guest. Both chains return what may pass.
 */
#define RULES_EXTENDED "ip6 nexthdr { 0, 43, 44, 51, 60 }"
void rules_print_hidden(const struct rules *p);
void rules_to_hidden(const struct rules *p);
void rules_print_extended(const struct rules *p);

/* Neighbour discovery's target: nft has a name for it only since 1.0.7. */
#define RULES_TARGET "@th,64,128"

/*
 * On bridges, addresses of this machine and of its gateways (rules_machine.c): rules that drop what
 * has one, or advertises it; the sets of those that it spoke from itself, and the rules, for what
 * leaves through a port, that put them in.
 */
void rules_of_machine(const struct rules *p, enum family family, const char *match,
		      const char *address);
void rules_of_machine_target(const struct rules *p);
void rules_of_spoken(const struct rules *p);
void rules_print_spoken(const struct rules *p);

/* The chains of the table of family arp: what an ARP packet says of its sender. */
void rules_print_arp(const struct rules *p);

/*
 * The step connection, in a hook's chain: what belongs to a connection that the policy let begin;
 * and what speaks of one, or is of none that there can be.
 */
void rules_of_begun(const struct rules *p, bool is_output);
void rules_of_related(const struct rules *p, bool is_output);

/* The chains that those lines lead to, and those in which a connection begins. */
void rules_print_connections(const struct rules *p);

/*
 * What is between two link-local addresses gets the zone of its vif in connection tracking.
 * direction  "iif" or "oif"
 */
void rules_of_link_zone(const struct rules *p, const char *direction);

/*
 * The chain "source4" or "source6" for packets of new connections: what is this machine's own, or
 * of a TYPE = network host, comes from where it is. Elsewhere its answers would be let in there.
 */
void rules_print_sources(const struct rules *p, enum family family);

/*
 * The chain "lan_source4" or "lan_source6" of table bridge, and the rules that lead there: the same
 * for addresses of a [network].
 */
void rules_print_lan_sources(const struct rules *p, enum family family);
void rules_of_lan_sources(const struct rules *p, enum family family);

/*
 * ISOLATE: the bridge marks what its guests say; the chain forward sends that to the chain
 * "isolated", which drops what goes back to the network and clears the mark; and addresses of one
 * isolated network do not reach each other. Nothing where no network is isolated.
 */
void rules_mark_guests(const struct rules *p);

/* Are there networks whose guests do not see each other, and can they be on bridges? */
bool rules_has_isolation(const struct rules *p);

/* What of a packet's mark our rules set where it comes from a vif, before connection tracking. */
uint32_t rules_vif_mark(const struct rules *p);
void rules_to_isolation(const struct rules *p);
void rules_print_isolation(const struct rules *p);
void rules_for_isolated(const struct rules *p, enum family family);

/*
 * The same on a bridge, whose ports keep guests apart by themselves, but not from routers: what a
 * router sends on from one guest to another is dropped, as far as its source tells. The rules, and
 * the chains that they lead to; nothing without such routers.
 */
void rules_by_routers(const struct rules *p);
void rules_print_by_routers(const struct rules *p);

/* The chains of the step outgoing or incoming of one hook, in one family. */
void rules_print_stage(const struct rules *p, enum stage stage, enum family family);

/*
 * On bridges, what is sent to a group, to all or to a link-local address: the chain "link_in4" or
 * "link_in6", in which the levels of the guest behind the port decide, and the rules that lead
 * there. Nothing where no guest has any.
 */
void rules_print_link(const struct rules *p, enum family family);
void rules_to_link(const struct rules *p, enum family family);

/*
 * Where the kernel does not track: the rule that takes broadcasts to the way of groups, and the
 * chain that it leads to.
 */
void rules_to_broadcast(const struct rules *p, enum family family);
void rules_print_broadcast(const struct rules *p, enum family family);

/*
 * Where the kernel does not track: whose a link-local address is at a guest's port is known by that
 * alone, and so whether its host filters for itself.
 * unfiltered  the verdict for one that does
 */
void rules_of_link_end(const struct rules *p, enum stage stage, const char *unfiltered);

/*
 * A rule for each set of hosts that are named by prefixes of this length: does one of them speak
 * for the packet's address at the stage? Returns whether there was such a set.
 */
bool rules_of_claims(const struct rules *p, enum stage stage, enum family family, uint8_t length,
		     const char *verdict);

/*
 * What comes for a guest that is off, and would go back to where it came from: the chain that drops
 * it, and the rules that lead there. Nothing where no guest has a host file.
 */
void rules_print_off(const struct rules *p, enum family family);
void rules_to_off(const struct rules *p, enum family family);

/* The chains that translate addresses and ports; none where no host and no network asks for it. */
void rules_print_nat(const struct rules *p);

#endif
