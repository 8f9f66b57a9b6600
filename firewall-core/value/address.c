/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text ↔ addresses, prefixes, MAC addresses and interface names. */
#include "value/address.h"
#include "base/array.h"
#include "base/number.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

const char *const family_names[FAMILY_COUNT] = { [IPV4] = "ipv4", [IPV6] = "ipv6" };
const char *const family_titles[FAMILY_COUNT] = { [IPV4] = "IPv4", [IPV6] = "IPv6" };

uint8_t family_bits(enum family family)
{
	return family == IPV4 ? 32 : 128;
}

uint8_t family_bytes(enum family family)
{
	return family_bits(family) / 8;
}

static bool parse_length(uint8_t *length, const char *text, uint8_t most)
{
	uint32_t number;

	if (!number_parse(&number, text, most))
		return false;
	*length = (uint8_t)number;
	return true;
}

bool prefix_parse(struct prefix *prefix, const char *text, struct err *err)
{
	char address[INET6_ADDRSTRLEN], shown_text[SHOWN_SIZE], meant_text[PREFIX_TEXT];
	enum family family = strchr(text, ':') ? IPV6 : IPV4;
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	struct prefix parsed = { .family = family, .length = family_bits(family) }, meant;

	shown(shown_text, text);
	if (length >= sizeof(address))
		return err_set(err, "\"%s\" is not an address", shown_text);
	memcpy(address, text, length);
	address[length] = '\0';
	if (inet_pton(family == IPV6 ? AF_INET6 : AF_INET, address, parsed.bytes) != 1)
		return err_set(err, "\"%s\" is not an address", shown_text);
	if (slash && !parse_length(&parsed.length, slash + 1, family_bits(family)))
		return err_set(err, "\"%s\": the length of a prefix is a number from 0 to %d",
			       shown_text, family_bits(family));
	meant = prefix_cut(&parsed, parsed.length);
	if (prefix_compare(&meant, &parsed) != 0)
		return err_set(err,
			       "\"%s\" has bits set behind its length: the one address is %s, the "
			       "whole network %s",
			       shown_text, address, prefix_print(meant_text, &meant));
	*prefix = parsed;
	return true;
}

const char *prefix_print_address(char out[static PREFIX_TEXT], const struct prefix *prefix)
{
	int domain = prefix->family == IPV6 ? AF_INET6 : AF_INET;

	if (!inet_ntop(domain, prefix->bytes, out, PREFIX_TEXT))
		out[0] = '\0';
	return out;
}

const char *prefix_print(char out[static PREFIX_TEXT], const struct prefix *prefix)
{
	size_t used;

	prefix_print_address(out, prefix);
	used = strlen(out);
	if (!prefix_is_address(prefix))
		snprintf(out + used, PREFIX_TEXT - used, "/%d", prefix->length);
	return out;
}

bool prefix_is_address(const struct prefix *prefix)
{
	return prefix->length == family_bits(prefix->family);
}

bool prefix_is_link_local(const struct prefix *prefix)
{
	return prefix->family == IPV6 && prefix->length >= 10 && prefix->bytes[0] == 0xfe &&
	       (prefix->bytes[1] & 0xc0) == 0x80;
}

bool prefix_is_group(const struct prefix *address)
{
	return address->family == IPV6 ? address->bytes[0] == 0xff : address->bytes[0] >> 4 == 0xe;
}

bool prefix_is_last(const struct prefix *prefix, const struct prefix *address)
{
	unsigned bits = family_bits(prefix->family);
	bool is_last = prefix->length + 1u < bits && prefix_contains(prefix, address);

	for (unsigned bit = prefix->length; bit < bits && is_last; bit++)
		is_last = (address->bytes[bit / 8] & 0x80 >> bit % 8) != 0;
	return is_last;
}

bool prefix_contains(const struct prefix *outer, const struct prefix *inner)
{
	struct prefix cut;

	if (outer->family != inner->family || outer->length > inner->length)
		return false;
	cut = prefix_cut(inner, outer->length);
	return memcmp(cut.bytes, outer->bytes, sizeof(cut.bytes)) == 0;
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int order;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
	if (order)
		return order;
	return (a->length > b->length) - (a->length < b->length);
}

struct prefix prefix_cut(const struct prefix *prefix, uint8_t length)
{
	struct prefix cut = { .family = prefix->family, .length = length };
	uint8_t whole, bits;

	if (length >= prefix->length)
		cut.length = length = prefix->length;
	whole = length / 8;
	bits = length % 8;
	memcpy(cut.bytes, prefix->bytes, whole);
	if (bits)
		cut.bytes[whole] = prefix->bytes[whole] & (uint8_t)(0xff << (8 - bits));
	return cut;
}

struct prefix prefix_network(const struct prefix *prefix)
{
	return prefix_cut(prefix, prefix->family == IPV6 ? 64 : 24);
}

bool prefix_is_among(const struct prefix *list, size_t count, const struct prefix *prefix)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_compare(&list[i], prefix) == 0)
			return true;
	return false;
}

bool prefix_add(struct prefix **list, size_t *count, const struct prefix *prefix)
{
	struct prefix *added = array_add(list, *count, sizeof(*added));

	if (!added)
		return false;
	*added = *prefix;
	(*count)++;
	return true;
}

/* What no machine may have as its own address on a link with others (RFC 6890, its registry). */
static const struct {
	struct prefix prefix;
	const char *what;
} special[] = {
	{ { .family = IPV4, .length = 8 }, "unspecified" },
	{ { { 127 }, IPV4, 8 }, "loopback" },
	{ { { 169, 254 }, IPV4, 16 }, "link-local" },
	{ { { 224 }, IPV4, 4 }, "multicast" },
	{ { { 255, 255, 255, 255 }, IPV4, 32 }, "broadcast" },
	{ { .family = IPV6, .length = 128 }, "unspecified" },
	{ { { [15] = 1 }, IPV6, 128 }, "loopback" },
	{ { { [10] = 0xff, [11] = 0xff }, IPV6, 96 }, "IPv4-mapped" },
	{ { { 0xfe, 0x80 }, IPV6, 10 }, "link-local" },
	{ { { 0xff }, IPV6, 8 }, "multicast" },
};

bool prefix_check_unicast(const struct prefix *prefix, struct err *err)
{
	char text[PREFIX_TEXT], special_text[PREFIX_TEXT];

	for (size_t i = 0; i < COUNT(special); i++) {
		const struct prefix *other = &special[i].prefix;
		bool is_inside = prefix_contains(other, prefix);

		if (!is_inside && !prefix_contains(prefix, other))
			continue;
		prefix_print(text, prefix);
		prefix_print(special_text, other);
		if (prefix_compare(prefix, other) == 0)
			return err_set(err, "%s (%s) can't belong to a machine", text,
				       special[i].what);
		return err_set(err, "%s %s %s (%s), which can't belong to a machine", text,
			       is_inside ? "is in" : "holds", special_text, special[i].what);
	}
	return true;
}

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit = (char)tolower((unsigned char)digit);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool mac_parse(struct mac *mac, const char *text, struct err *err)
{
	static const struct mac zero;
	struct mac parsed = { { 0 } };
	char shown_text[SHOWN_SIZE];
	bool ok = strlen(text) == MAC_TEXT - 1;

	shown(shown_text, text);
	for (size_t i = 0; ok && i < sizeof(parsed.bytes); i++) {
		int high = hex_value(text[3 * i]), low = hex_value(text[3 * i + 1]);
		char behind = text[3 * i + 2];

		ok = high >= 0 && low >= 0 && behind == (i + 1 < sizeof(parsed.bytes) ? ':' : '\0');
		if (ok)
			parsed.bytes[i] = (uint8_t)(16 * high + low);
	}
	if (!ok)
		return err_set(err, "\"%s\" is not a MAC address", shown_text);
	if (parsed.bytes[0] & 1)
		return err_set(err, "\"%s\" is a multicast MAC address: no station has it",
			       shown_text);
	if (memcmp(&parsed, &zero, sizeof(zero)) == 0)
		return err_set(err, "\"%s\" is the all-zero MAC address", shown_text);
	*mac = parsed;
	return true;
}

const char *mac_print(char out[static MAC_TEXT], const struct mac *mac)
{
	const uint8_t *b = mac->bytes;

	snprintf(out, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
		 b[5]);
	return out;
}

struct prefix mac_link_local(const struct mac *mac)
{
	const uint8_t *m = mac->bytes;

	return (struct prefix){ .family = IPV6,
				.length = 128,
				.bytes = { 0xfe, 0x80, [8] = m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3],
					   m[4], m[5] } };
}

bool mac_from_link_local(struct mac *mac, const struct prefix *address)
{
	const uint8_t *b = address->bytes + 8;
	struct mac found = { { b[0] ^ 2, b[1], b[2], b[5], b[6], b[7] } };
	struct prefix given = mac_link_local(&found);

	if (prefix_compare(&given, address) != 0)
		return false;
	*mac = found;
	return true;
}

static bool is_ascii_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool ifname_parse(struct ifname *name, const char *text, struct err *err)
{
	/* "all" and "default" are folders beside the interfaces' own in /proc/sys/net. */
	static const char *const reserved[] = { "lo", "all", "default" };
	char shown_text[SHOWN_SIZE];
	struct ifname parsed = { "" };
	size_t length = strlen(text);

	shown(shown_text, text);
	if (length >= sizeof(parsed.text))
		return err_set(err, "\"%s\" is too long for the name of an interface (at most %d)",
			       shown_text, IFNAMSIZ - 1);
	for (size_t i = 0; i < length; i++)
		if (!is_ascii_alnum(text[i]) && (i == 0 || !strchr("_.-", text[i])))
			return err_set(
				err,
				"\"%s\" is not the name of an interface as this program takes it "
				"(letters, digits, and behind the first one also _ . -)",
				shown_text);
	if (length == 0)
		return err_set(err, "the name of an interface is empty");
	for (size_t i = 0; i < COUNT(reserved); i++)
		if (strcmp(text, reserved[i]) == 0)
			return err_set(err, "\"%s\" can't be the name of a network interface here",
				       shown_text);
	memcpy(parsed.text, text, length);
	*name = parsed;
	return true;
}
