/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of ICMP and ICMPv6 types, as nft and iptables write them → their numbers. */
#ifndef ICMP_H
#define ICMP_H

#include "value/address.h"

/*
 * Parse a name or a number from 0 to 255. Fails, too, on a type that nobody should let in by hand:
 * redirects, router advertisements and the rest of neighbour discovery.
 * Source: IANA icmp-parameters and icmpv6-parameters, RFC 4890, RFC 6633
 */
bool icmp_parse(uint8_t *type, const char *text, enum family family, struct err *err) MUST_USE;

/* The same of any type, to ask what becomes of it. */
bool icmp_find(uint8_t *type, const char *text, enum family family, struct err *err) MUST_USE;

/* The usual name of a type, or NULL. */
const char *icmp_name(uint8_t type, enum family family);

#endif
