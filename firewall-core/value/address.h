/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses, prefixes, MAC addresses and interface names: the only place where their text becomes
 * data and data text.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include "base/err.h"
#include <net/if.h>
#include <stdint.h>

enum family { IPV4, IPV6, FAMILY_COUNT };

extern const char *const family_names[FAMILY_COUNT];  /* "ipv4", "ipv6" */
extern const char *const family_titles[FAMILY_COUNT]; /* "IPv4", "IPv6" */

/* An address of the family: in bits 32, 128; in bytes 4, 16. */
uint8_t family_bits(enum family family);
uint8_t family_bytes(enum family family);

/*
 * A prefix, or with length 32 (IPv4) or 128 (IPv6) an address. Network byte order; bits behind the
 * length are zero.
 */
struct prefix {
	uint8_t bytes[16]; /* IPv4 in the first four, the rest zero */
	uint8_t family;	   /* enum family */
	uint8_t length;	   /* bits */
};

#define PREFIX_TEXT 64 /* INET6_ADDRSTRLEN + "/128" and more */

/*
 * Parse "192.0.2.10", "192.0.2.0/24", "2001:db8::1" or "2001:db8::/64" as inet_pton(3) takes them:
 * no leading zeros, no zone, no blanks. Fails when bits behind the length are set (the message says
 * which prefix was meant).
 */
bool prefix_parse(struct prefix *prefix, const char *text, struct err *err) MUST_USE;

/* "192.0.2.10" for an address, "192.0.2.0/24" for a prefix. Returns out. */
const char *prefix_print(char out[static PREFIX_TEXT], const struct prefix *prefix);

/* The prefix without its length: "192.0.2.0". Returns out. */
const char *prefix_print_address(char out[static PREFIX_TEXT], const struct prefix *prefix);

bool prefix_is_address(const struct prefix *prefix);
bool prefix_is_link_local(const struct prefix *prefix); /* IPv6's: in fe80::/10 */

/* Is it that of a group: 224.0.0.0/4, ff00::/8? */
bool prefix_is_group(const struct prefix *address);

/* Is the address the last one of the prefix, and the prefix none of one or two addresses? */
bool prefix_is_last(const struct prefix *prefix, const struct prefix *address);

/* Does outer hold all of inner? Of another family: no. */
bool prefix_contains(const struct prefix *outer, const struct prefix *inner);

/* Order by family, then bytes, then length (wider first), as qsort(3) wants it. */
int prefix_compare(const struct prefix *a, const struct prefix *b);

/* The same prefix, cut to length (at most its own). */
struct prefix prefix_cut(const struct prefix *prefix, uint8_t length);

/*
 * The network around it that hosts take for their link, and hosters give out as one: of IPv6 its
 * /64, of IPv4 its /24.
 */
struct prefix prefix_network(const struct prefix *prefix);

/* Is this very prefix one of the list? */
bool prefix_is_among(const struct prefix *list, size_t count, const struct prefix *prefix);

/* Put it behind the others. False without memory; then nothing has changed. */
bool prefix_add(struct prefix **list, size_t *count, const struct prefix *prefix) MUST_USE;

/*
 * May a guest have this address or prefix? Not: the unspecified address, loopback, multicast,
 * link-local, broadcast, IPv4-mapped, or a prefix that holds one of these (RFC 6890). The error
 * says which.
 */
bool prefix_check_unicast(const struct prefix *prefix, struct err *err) MUST_USE;

struct mac {
	uint8_t bytes[6];
};

#define MAC_TEXT 18

/*
 * Parse "00:16:3e:00:00:01". Fails on multicast and all-zero addresses too: no station sends from
 * them.
 */
bool mac_parse(struct mac *mac, const char *text, struct err *err) MUST_USE;
const char *mac_print(char out[static MAC_TEXT], const struct mac *mac);

/* fe80::/64 and the MAC's EUI-64 (RFC 4291, appendix A): what most guests have by themselves. */
struct prefix mac_link_local(const struct mac *mac);

/* The MAC that gives this link-local address, where one does; else *mac is left alone. */
bool mac_from_link_local(struct mac *mac, const struct prefix *address);

/* A network interface's name that the kernel, nft and iptables all take literally. */
struct ifname {
	char text[IFNAMSIZ];
};

/*
 * Parse an interface name: [A-Za-z0-9][A-Za-z0-9_.-]*, at most IFNAMSIZ - 1 characters, and none of
 * "lo", "all", "default". The kernel takes more, but nft and iptables read "*" and "+" in a name as
 * wildcards.
 */
bool ifname_parse(struct ifname *name, const char *text, struct err *err) MUST_USE;

#endif
