/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the text for iptables-restore: what ruleset_iptables.c and chains_*.c print with.
 * They are to iptables what rules.h is to nft.
 *
 * There are no sets here. A host file is a pair of chains, and what nft looks up in a set is looked
 * for in a chain of entries: one for each prefix, put in at the head when a guest comes, so that
 * the newest duplicate goes first, and taken out when it goes.
 *
 * All ways through our chains end with DROP, or with RETURN in a chain that was reached by goto
 * from the one that the kernel's own chain jumped to. So what we let through is still other
 * people's to drop, as it is with tables of nft.
 */
#ifndef CHAINS_H
#define CHAINS_H

#include "iptables/ruleset_iptables.h"
#include "network/netconf.h"
#include "ruleset/path.h"

struct chains {
	FILE *out;
	const struct policy *policy;
	const struct ip_ruleset *ruleset;
	enum family family; /* of bridges, the one that passes there */
	/* How an entry is written: fixed ones "-A", a guest's "-I", and "-D" when it goes. */
	const char *verb;
};

/* A prefix of a vif, or a narrower claim in it; or one of a TYPE = network or local host. */
struct part {
	struct prefix prefix;
	const struct host *host; /* NULL: no host file applies to it */
};

struct parts {
	struct part *part;
	uint32_t count;
};

/*
 * One line. "@" becomes "taofw-" and the generation's letter: what comes from the configuration has
 * no "@", be it an address, a name or a number.
 */
void chains_line(const struct chains *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * With br_netfilter, the line of a table that lets frames between ports of a bridge go, as they are
 * none of the policy's business. verb  -A, or -C: fail where it is not there
 */
void chains_unbridged(const struct chains *p, enum ip_table table, const char *verb);

/* An entry, "CHAIN WHAT", with the verb in front. */
void chains_entry(const struct chains *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A line that is a guest's own; nothing when it goes. */
void chains_own(const struct chains *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Take a guest's own chain away, empty; nothing when it comes. */
void chains_end(const struct chains *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The lengths of prefixes that hosts have, the longest first. Returns how many. */
unsigned chains_lengths(uint8_t lengths[static 129], const struct sets *sets, enum family family);

/* What becomes of what no level names, as the end of a rule: "-g @refused". */
const char *chains_by_policy(const struct chains *p, enum chain chain);

/* "-i eth0 ", or nothing without a name. Returns out. */
#define CHAINS_INTERFACE 32
const char *chains_interface(char out[static CHAINS_INTERFACE], const char *option,
			     const struct ifname *name);

/*
 * Is the source one of this machine's? "-m addrtype --src-type …" and a blank. Those that it has as
 * a router (RFC 4291, 2.6.1), and with its neighbours, count as well: what is sent there comes
 * here.
 */
const char *chains_own_source(const struct chains *p);

/* Rules for every interface that is a guest's, attached or not. direction is 'i' or 'o'. */
void chains_vifs(const struct chains *p, const char *chain, char direction, const char *verdict);

/*
 * Where packets are counted and logged for their vif: the chain "REASON-from", and of a vif its
 * entries there.
 */
void chains_reason(const struct chains *p, const char *reason, bool logs);
void chains_reason_vif(const struct chains *p, const char *reason, bool logs,
		       const struct vif *vif);

/* "-m mark ! --mark 0x20000000/0x20000000 ": of what came from where its source is. Returns out. */
#define CHAINS_STRAY 48
const char *chains_not_stray(char out[static CHAINS_STRAY], const struct chains *p);

/* Do packets that are dropped get into the log? */
bool chains_log_refused(const struct chains *p);

/* ---- table raw: interface, source (chains_spoof.c) ---- */

void chains_spoof(const struct chains *p);
void chains_spoof_vif(const struct chains *p, const struct vif *vif,
		      const struct vif_routes *routes);

/* ---- both for frames on bridges (chains_bridge.c) ---- */

void chains_bridges(const struct chains *p, enum ip_table table);

/* is_protected  or it is another script's, and its frames pass where they name nobody else */
void chains_bridges_vif(const struct chains *p, enum ip_table table, const struct vif *vif,
			bool is_protected);

/* ---- table filter: connection to policy (chains_filter.c) ---- */

/* The last rules of its chains stand behind the entries: chains_filter_end(). */
void chains_filter(const struct chains *p);
void chains_filter_end(const struct chains *p);
void chains_filter_vif(const struct chains *p, const struct vif *vif, const struct parts *parts,
		       const struct vif_routes *routes);

/* By which a policy lets a connection begin, as the end of a rule. */
#define CHAINS_BEGIN "-g @begin"

/*
 * The step connection (chains_connection.c): the lines of a kernel's chain for what belongs to a
 * connection that the policy let begin, and for what is of none; the chains that they and
 * CHAINS_BEGIN lead to; and what a vif has there.
 */
void chains_of_begun(const struct chains *p, const char *chain);
void chains_of_related(const struct chains *p, const char *chain);
void chains_connections(const struct chains *p);
void chains_connections_vif(const struct chains *p, const struct vif *vif,
			    const struct vif_routes *routes);

/* In table raw: the zone of a vif, which keeps its link-local connections from those of others. */
void chains_link_zone_vif(const struct chains *p, const struct vif *vif);

/* ISOLATE (chains_isolate.c): the rules of all networks, and those of a vif in one. */
void chains_isolated(const struct chains *p);
void chains_isolated_vif(const struct chains *p, const struct vif *vif);

/*
 * A host's pair of chains (chains_host.c), and an entry that leads there from one of its parts.
 * index  of the vif that it came with; 0: of a TYPE = network or local host, which is always there
 * name   of the only interface behind which the part is; "": any
 * own    of the only one from where it is one of ours; likewise
 */
void chains_host_begin(const struct chains *p, const struct host *host, uint32_t index);
void chains_host(const struct chains *p, const struct host *host, uint32_t index);
void chains_host_end(const struct chains *p, const struct host *host, uint32_t index);
void chains_claim(const struct chains *p, const struct part *part, const struct ifname *name,
		  const struct ifname *own, uint32_t index);

/* The same for one of a TYPE = local host. */
void chains_local(const struct chains *p, const struct part *part);

/* ---- shares of what all share, behind all that (chains_share.c) ---- */

void chains_share(const struct chains *p);
void chains_share_vif(const struct chains *p, const struct vif *vif);

/* ---- table nat (chains_nat.c) ---- */

/* Does any host or network of the family ask for translations? */
bool chains_has_nat(const struct policy *policy, enum family family);
void chains_nat(const struct chains *p);
void chains_nat_end(const struct chains *p);
void chains_nat_claim(const struct chains *p, const struct part *part, const struct ifname *name);

#endif
