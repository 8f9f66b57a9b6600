/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of ICMP and ICMPv6 types → their numbers, but for those that no list may open. */
#include "value/icmp.h"
#include "base/number.h"
#include <string.h>

static const char redirects[] = "a redirect lets its sender take over the traffic of other hosts";
static const char advertisements[] =
	"a router advertisement lets its sender take over the traffic of other hosts";
static const char discovery[] = "neighbour discovery passes where it must, and nowhere else";
static const char quench[] = "it is obsolete: hosts neither send nor obey it (RFC 6633)";

static const char everything[] = "iptables takes it for all types, and no host sends it";

struct icmp_type {
	const char *name;
	uint8_t number;
	const char *refusal; /* why it can't be accepted, or NULL */
};

static const struct icmp_type types4[] = {
	{ "echo-reply", 0, NULL },
	{ "pong", 0, NULL },
	{ "destination-unreachable", 3, NULL },
	{ "source-quench", 4, quench },
	{ "redirect", 5, redirects },
	{ "echo-request", 8, NULL },
	{ "ping", 8, NULL },
	{ "router-advertisement", 9, advertisements },
	{ "router-solicitation", 10, NULL },
	{ "time-exceeded", 11, NULL },
	{ "parameter-problem", 12, NULL },
	{ "timestamp-request", 13, NULL },
	{ "timestamp-reply", 14, NULL },
	{ "info-request", 15, NULL },
	{ "info-reply", 16, NULL },
	{ "address-mask-request", 17, NULL },
	{ "address-mask-reply", 18, NULL },
	{ NULL, 255, everything },
};

static const struct icmp_type types6[] = {
	{ "destination-unreachable", 1, NULL },
	{ "packet-too-big", 2, NULL },
	{ "time-exceeded", 3, NULL },
	{ "parameter-problem", 4, NULL },
	{ "echo-request", 128, NULL },
	{ "ping", 128, NULL },
	{ "echo-reply", 129, NULL },
	{ "pong", 129, NULL },
	{ "mld-listener-query", 130, NULL },
	{ "mld-listener-report", 131, NULL },
	{ "mld-listener-done", 132, NULL },
	{ "mld-listener-reduction", 132, NULL },
	{ "nd-router-solicit", 133, discovery },
	{ "router-solicitation", 133, discovery },
	{ "nd-router-advert", 134, advertisements },
	{ "router-advertisement", 134, advertisements },
	{ "nd-neighbor-solicit", 135, discovery },
	{ "neighbor-solicitation", 135, discovery },
	{ "neighbour-solicitation", 135, discovery },
	{ "nd-neighbor-advert", 136, discovery },
	{ "neighbor-advertisement", 136, discovery },
	{ "neighbour-advertisement", 136, discovery },
	{ "nd-redirect", 137, redirects },
	{ "redirect", 137, redirects },
	{ "router-renumbering", 138, NULL },
	{ "ind-neighbor-solicit", 141, discovery },
	{ "ind-neighbor-advert", 142, discovery },
	{ "mld2-listener-report", 143, NULL },
	/* Without a name in nft: secure neighbour discovery (RFC 3971). */
	{ NULL, 148, discovery },
	{ NULL, 149, discovery },
};

static const struct {
	const struct icmp_type *types;
	size_t count;
	const char *title;
} families[FAMILY_COUNT] = {
	[IPV4] = { types4, COUNT(types4), "ICMP" },
	[IPV6] = { types6, COUNT(types6), "ICMPv6" },
};

/* 0 to 255; -1: no such number. */
static int parse_icmp_number(const char *text)
{
	uint32_t number;

	return number_parse(&number, text, UINT8_MAX) ? (int)number : -1;
}

/* By name or number; NULL: the number is in no table, or -1 and the text means nothing. */
static const struct icmp_type *find_type(const char *text, int number, enum family family)
{
	for (size_t i = 0; i < families[family].count; i++) {
		const struct icmp_type *known = &families[family].types[i];

		if (known->number == number || (known->name && strcasecmp(known->name, text) == 0))
			return known;
	}
	return NULL;
}

bool icmp_find(uint8_t *type, const char *text, enum family family, struct err *err)
{
	char shown_text[SHOWN_SIZE];
	int number = parse_icmp_number(text);
	const struct icmp_type *known = find_type(text, number, family);

	if (known)
		number = known->number;
	if (number < 0)
		return err_set(err, "\"%s\" is neither a type of %s nor a number from 0 to 255",
			       shown(shown_text, text), families[family].title);
	*type = (uint8_t)number;
	return true;
}

bool icmp_parse(uint8_t *type, const char *text, enum family family, struct err *err)
{
	char shown_text[SHOWN_SIZE];
	const struct icmp_type *known = find_type(text, parse_icmp_number(text), family);

	if (known && known->refusal)
		return err_set(err, "\"%s\" can't be accepted: %s", shown(shown_text, text),
			       known->refusal);
	return icmp_find(type, text, family, err);
}

const char *icmp_name(uint8_t type, enum family family)
{
	const struct icmp_type *known = find_type("", type, family);

	return known ? known->name : NULL;
}
