/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains, rules and lookups as nft writes them. */
#include "nft/rules.h"
#include "network/netconf.h"
#include <stdarg.h>

const struct rules_family rules_families[FAMILY_COUNT] = {
	[IPV4] = { "4", "ip", "ipv4", "icmp", "ip daddr 224.0.0.0/4" },
	[IPV6] = { "6", "ip6", "ipv6", "icmpv6", "ip6 daddr ff00::/8" },
};

/* Others have no name. */
static const char *const type_names[FAMILY_COUNT][256] = {
	[IPV4] = { [3] = "destination-unreachable",
		   [5] = "redirect",
		   [9] = "router-advertisement",
		   [11] = "time-exceeded",
		   [12] = "parameter-problem" },
	[IPV6] = { [1] = "destination-unreachable",
		   [2] = "packet-too-big",
		   [3] = "time-exceeded",
		   [4] = "parameter-problem",
		   [128] = "echo-request",
		   [129] = "echo-reply",
		   [130] = "mld-listener-query",
		   [131] = "mld-listener-report",
		   [132] = "mld-listener-done",
		   [133] = "nd-router-solicit",
		   [134] = "nd-router-advert",
		   [135] = "nd-neighbor-solicit",
		   [136] = "nd-neighbor-advert",
		   [137] = "nd-redirect",
		   [141] = "ind-neighbor-solicit",
		   [142] = "ind-neighbor-advert",
		   [143] = "mld2-listener-report" },
};

const char *rules_types(char out[static RULES_TYPES], const struct icmp_types *types,
			enum family family)
{
	size_t length = 0;

	for (unsigned i = 0; i < types->count; i++) {
		const char *name = type_names[family][types->type[i]];
		const char *before = i ? ", " : "{ ";
		char *end = out + length;
		size_t room = RULES_TYPES - length;

		length += (size_t)(name ? snprintf(end, room, "%s%s", before, name)
					: snprintf(end, room, "%s%u", before, types->type[i]));
	}
	snprintf(out + length, RULES_TYPES - length, " }");
	return out;
}

const struct rules_stage rules_stages[STAGE_COUNT] = {
	[STAGE_FORWARD_OUT] = { "saddr", "daddr", "iifname", CHAIN_FORWARD, "return", "return" },
	[STAGE_FORWARD_IN] = { "daddr", "saddr", "oifname", CHAIN_FORWARD, RULES_BEGIN_FORWARD,
			       NULL },
	[STAGE_INPUT] = { "daddr", "saddr", "iifname", CHAIN_INPUT, RULES_BEGIN_INPUT, NULL },
	[STAGE_OUTPUT] = { "saddr", "daddr", "oifname", CHAIN_OUTPUT, RULES_BEGIN_OUTPUT, NULL },
	[STAGE_LINK_OUT] = { "saddr", "daddr", "iif", CHAIN_FORWARD, "return", "return" },
	[STAGE_LINK_IN] = { "daddr", "saddr", "oif", CHAIN_FORWARD, RULES_BEGIN_FORWARD, NULL },
};

const char *const rules_begin[CHAIN_COUNT] = {
	[CHAIN_INPUT] = RULES_BEGIN_INPUT,
	[CHAIN_FORWARD] = RULES_BEGIN_FORWARD,
	[CHAIN_OUTPUT] = RULES_BEGIN_OUTPUT,
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

void rules_dynamic_set(const struct rules *p, unsigned size, const char *type, const char *timeout,
		       const char *format, ...)
{
	va_list arguments;

	fputs("\n\tset ", p->out);
	va_start(arguments, format);
	vfprintf(p->out, format, arguments);
	va_end(arguments);
	fprintf(p->out, " {\n\t\t%s\n\t\tsize %u\n\t\tflags dynamic%s\n", type, size,
		timeout ? ",timeout" : "");
	if (timeout)
		fprintf(p->out, "\t\ttimeout %s\n", timeout);
	fputs("\t}\n", p->out);
}

void rules_of_dhcp_discovery(const struct rules *p)
{
	rules_line(p, "ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport %u udp dport %u accept",
		   path_dhcp[IPV4].client, path_dhcp[IPV4].server);
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
 * The packet's fields that make the set's key: "ip daddr . meta l4proto . th dport". A port that
 * counts in part is masked.
 */
static void print_set_key(const struct rules *p, const struct set *set,
			  const struct rules_stage *stage)
{
	enum field fields[FIELDS_MAX];
	unsigned count = set_fields(fields, set);
	bool had_address = set_is_link(set);

	for (unsigned i = 0; i < count; i++) {
		fputs(i ? " . " : "", p->out);
		if (fields[i] == FIELD_NAME || fields[i] == FIELD_INDEX) {
			fputs(stage->interface, p->out);
		} else if (fields[i] == FIELD_PROTOCOL) {
			fputs("meta l4proto", p->out);
		} else if (fields[i] == FIELD_PORT && set->port_length < 16) {
			fprintf(p->out, "(th dport & 0x%04x)",
				0xffff << (16 - set->port_length) & 0xffff);
		} else if (fields[i] == FIELD_PORT) {
			fputs("th dport", p->out);
		} else {
			print_address(p, set->family, had_address ? stage->peer : stage->address,
				      had_address ? set->peer_length : set->length, count > 1);
			had_address = true;
		}
	}
}

void rules_lookup(const struct rules *p, const struct set *set, const struct rules_stage *stage,
		  const char *verdict)
{
	char name[SET_NAME_SIZE];

	fputs("\t\t", p->out);
	print_set_key(p, set, stage);
	fprintf(p->out, " @%s %s\n", set_name(name, set), verdict);
}

/* An address as a number: "0xffffffffffffffff0000000000000000" */
static void print_number_mask(const struct rules *p, enum family family, uint8_t length)
{
	fputs("0x", p->out);
	for (int bit = 0; bit < family_bits(family); bit += 4) {
		int ones = length - bit;

		fputc("08cef"[ones < 0 ? 0 : ones > 4 ? 4 : ones], p -> out);
	}
}

/* "iif . ether saddr . (ip saddr & 255.255.255.248)" */
static void print_set_address(const struct rules *p, const struct set *set, const char *before,
			      const char *address)
{
	char mask[PREFIX_TEXT];
	bool in_concatenation = strstr(before, " . ");
	enum field fields[FIELDS_MAX];
	enum field last = fields[set_fields(fields, set) - 1];
	bool is_number = last == FIELD_IPV4_NUMBER || last == FIELD_IPV6_NUMBER;

	fputs(before, p->out);
	if (set->length == family_bits(set->family)) {
		fprintf(p->out, "%s", address);
	} else {
		fprintf(p->out, "%s%s & ", in_concatenation ? "(" : "", address);
		if (is_number)
			print_number_mask(p, set->family, set->length);
		else
			fputs(rules_mask(mask, set->family, set->length), p->out);
		fputs(in_concatenation ? ")" : "", p->out);
	}
}

/* "iif . ether saddr . (ip saddr & 255.255.255.248) @source4_29 accept" */
static void print_lookup(const struct rules *p, const struct set *set, const char *before,
			 const char *address, const char *verdict)
{
	char name[SET_NAME_SIZE];

	fputs("\t\t", p->out);
	print_set_address(p, set, before, address);
	fprintf(p->out, " @%s %s\n", set_name(name, set), verdict);
}

void rules_addresses(const struct rules *p, enum set_kind kind, enum family family,
		     const char *before, const char *address, const char *verdict)
{
	for (uint32_t i = 0; i < p->sets->count; i++)
		if (p->sets->sets[i].kind == kind && p->sets->sets[i].family == family)
			print_lookup(p, &p->sets->sets[i], before, address, verdict);
}

const struct set *rules_find_set(const struct rules *p, enum set_kind kind, enum family family,
				 int length)
{
	for (uint32_t i = 0; i < p->sets->count; i++) {
		const struct set *set = &p->sets->sets[i];

		if (set->kind == kind && set->family == family && set->length == length)
			return set;
	}
	return NULL;
}

void rules_guest_addresses(const struct rules *p, enum set_kind kind, enum family family,
			   const char *match, const char *address, const char *shared)
{
	enum set_kind shared_kind = kind == SET_GUEST ? SET_SHARED : SET_SHARED_TARGET;

	for (int length = family_bits(family); length >= 0; length--) {
		const struct set *set = rules_find_set(p, shared_kind, family, length);

		if (set)
			print_lookup(p, set, match, address, shared);
		set = rules_find_set(p, kind, family, length);
		if (set)
			print_lookup(p, set, match, address, "goto spoofed_packet");
	}
}

void rules_of_next_hops(const struct rules *p, enum family family, const char *before,
			const char *address, const char *verdict)
{
	for (int length = family_bits(family); length >= 0; length--) {
		const struct set *own = rules_find_set(p, SET_ROUTED_SOURCE, family, length);
		const struct set *routed = rules_find_set(p, SET_ROUTED, family, length);

		if (own)
			print_lookup(p, own, before, address, verdict);
		if (routed)
			print_lookup(p, routed, "", address, "goto spoofed_packet");
	}
}

void rules_of_lans_behind(const struct rules *p, enum family family, const char *before,
			  const char *address)
{
	char name[SET_NAME_SIZE];

	for (uint32_t i = 0; i < p->sets->count; i++)
		for (uint32_t j = 0; j < p->sets->count; j++) {
			const struct set *own = &p->sets->sets[i], *lan = &p->sets->sets[j];

			if (own->kind != SET_ROUTED_SOURCE || own->family != family ||
			    lan->kind != SET_LAN || lan->family != family ||
			    lan->length <= own->length)
				continue;
			fputs("\t\t", p->out);
			print_set_address(p, own, before, address);
			fprintf(p->out, " @%s ", set_name(name, own));
			print_set_address(p, lan, "", address);
			fprintf(p->out, " @%s goto spoofed_packet\n", set_name(name, lan));
		}
}

void rules_of_other_routers(const struct rules *p, enum family family, int length,
			    const char *match, const char *before, const char *address,
			    const char *others)
{
	const struct set *routed = rules_find_set(p, SET_ROUTED, family, length);
	char name[SET_NAME_SIZE];

	if (!routed)
		return;
	fprintf(p->out, "\t\t%s", match);
	for (int narrower = family_bits(family); narrower >= length; narrower--) {
		const struct set *own = rules_find_set(p, SET_ROUTED_SOURCE, family, narrower);

		if (!own)
			continue;
		print_set_address(p, own, before, address);
		fprintf(p->out, " != @%s ", set_name(name, own));
	}
	print_set_address(p, routed, "", address);
	fprintf(p->out, " @%s %s\n", set_name(name, routed), others);
}

/* What this machine has of a prefix is not the guest's. */
static void rules_not_of_machine(const struct rules *p, enum set_kind kind, enum family family,
				 const char *match, const char *address)
{
	if (!p->in_bridge || kind == SET_QUOTED)
		return;
	if (kind == SET_TARGET)
		rules_of_machine_target(p);
	else
		rules_of_machine(p, family, match, address);
}

void rules_own_addresses(const struct rules *p, enum set_kind kind, enum family family,
			 const char *match, const char *before, const char *address,
			 const char *verdict, const char *others)
{
	enum set_kind owned_kind = kind == SET_SOURCE ? SET_OWNED : SET_OWNED_TARGET;
	int checked = family_bits(family);
	char start[128];

	snprintf(start, sizeof(start), "%s%s", match, before);
	for (int length = family_bits(family); length >= 0; length--) {
		const struct set *set = rules_find_set(p, kind, family, length), *owned;

		if (!set)
			continue;
		if (length < family_bits(family) && checked == family_bits(family))
			rules_not_of_machine(p, kind, family, match, address);
		for (; checked > length; checked--) {
			owned = rules_find_set(p, owned_kind, family, checked);
			if (owned)
				print_lookup(p, owned, match, address, others);
			if (kind == SET_SOURCE)
				rules_of_other_routers(p, family, checked, match, before, address,
						       others);
		}
		print_lookup(p, set, start, address, verdict);
	}
}

void rules_lookups(const struct rules *p, enum set_kind kind, enum family family,
		   const struct rules_stage *stage, const char *verdict)
{
	for (uint32_t i = 0; i < p->sets->count; i++)
		if (p->sets->sets[i].kind == kind && p->sets->sets[i].family == family)
			rules_lookup(p, &p->sets->sets[i], stage, verdict);
}

void rules_translate(const struct rules *p, const char *translation, const struct set *map,
		     const struct rules_stage *stage, const char *ports)
{
	char name[SET_NAME_SIZE];

	fprintf(p->out, "\t\t%s %s to ", translation, rules_families[map->family].header);
	print_set_key(p, map, stage);
	fprintf(p->out, " map @%s%s\n", set_name(name, map), ports);
}

void rules_vifs(const struct rules *p, const char *direction, const char *verdict)
{
	rules_line(p, "%sname \"vif*\" %s", direction, verdict);
	rules_line(p, "%sgroup %d %s", direction, LINK_GROUP, verdict);
}
