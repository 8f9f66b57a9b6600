/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains, rules and lookups as nft writes them. */
#include "rules.h"
#include "change.h"
#include <stdarg.h>

/* The types are those of RFC 792, and RFC 4890, 4.3.1. */
const struct rules_family rules_families[FAMILY_COUNT] = {
	[IPV4] = { "4", "ip", "ipv4", "icmp",
		   "destination-unreachable, time-exceeded, parameter-problem" },
	[IPV6] = { "6", "ip6", "ipv6", "icmpv6",
		   "destination-unreachable, packet-too-big, time-exceeded, parameter-problem, "
		   "echo-request, echo-reply" },
};

const struct rules_stage rules_stages[STAGE_COUNT] = {
	[STAGE_FORWARD_OUT] = { "saddr", "daddr", "iifname", CHAIN_FORWARD, "return", "return" },
	[STAGE_FORWARD_IN] = { "daddr", "saddr", "oifname", CHAIN_FORWARD, "accept", NULL },
	[STAGE_INPUT] = { "daddr", "saddr", "iifname", CHAIN_INPUT, "accept", NULL },
	[STAGE_OUTPUT] = { "saddr", "daddr", "oifname", CHAIN_OUTPUT, "accept", NULL },
};

void rules_line(const struct rules *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("\t\t", p->out);
	vfprintf(p->out, format, arguments);
	fputc('\n', p->out);
	va_end(arguments);
}

void rules_chain(const struct rules *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("\n\tchain ", p->out);
	vfprintf(p->out, format, arguments);
	fputs(" {\n", p->out);
	va_end(arguments);
}

void rules_chain_end(const struct rules *p)
{
	fputs("\t}\n", p->out);
}

const char *rules_mask(char out[static PREFIX_TEXT], enum family family, uint8_t length)
{
	struct prefix ones = { .family = family, .length = family_bits(family) };

	memset(ones.bytes, 0xff, family_bytes(family));
	ones = prefix_cut(&ones, length);
	return prefix_print_address(out, &ones);
}

/*
 * "ip saddr", or masked "ip saddr & 255.255.255.0"; in parentheses where it is part of a
 * concatenation.
 */
static void print_address(const struct rules *p, enum family family, const char *address,
			  uint8_t length, bool in_concatenation)
{
	char mask[PREFIX_TEXT];
	const char *header = rules_families[family].header;

	if (length == family_bits(family)) {
		fprintf(p->out, "%s %s", header, address);
		return;
	}
	fprintf(p->out, in_concatenation ? "(%s %s & %s)" : "%s %s & %s", header, address,
		rules_mask(mask, family, length));
}

/*
 * The packet's fields that make the set's key: "ip daddr . meta l4proto . th dport
 * @forward_in4_50_32_port16".
 */
static void print_lookup(const struct rules *p, const struct set *set,
			 const struct rules_stage *stage)
{
	char name[SET_NAME_SIZE];
	enum field fields[FIELDS_MAX];
	bool concatenation = set_fields(fields, set) > 1;

	if (set->has_name)
		fprintf(p->out, "%s . ", stage->interface);
	print_address(p, set->family, stage->address, set->length, concatenation);
	if (set->has_peer) {
		fputs(" . ", p->out);
		print_address(p, set->family, stage->peer, set->peer_length, true);
	}
	if (set->service >= SERVICE_PROTOCOL)
		fputs(" . meta l4proto", p->out);
	if (set->service == SERVICE_PORTS && set->port_length == 16)
		fputs(" . th dport", p->out);
	else if (set->service == SERVICE_PORTS)
		fprintf(p->out, " . (th dport & 0x%04x)",
			0xffff << (16 - set->port_length) & 0xffff);
	fprintf(p->out, " @%s", set_name(name, set));
}

void rules_lookup(const struct rules *p, const struct set *set, const struct rules_stage *stage,
		  const char *verdict)
{
	fputs("\t\t", p->out);
	print_lookup(p, set, stage);
	fprintf(p->out, " %s\n", verdict);
}

void rules_vifs(const struct rules *p, const char *direction, const char *verdict)
{
	rules_line(p, "%sname \"vif*\" %s", direction, verdict);
	rules_line(p, "%sgroup %d %s", direction, LINK_GROUP, verdict);
}
