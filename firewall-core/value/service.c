/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "53/tcp+udp" ↔ services, and their ports → blocks that a mask can match. */
#include "value/service.h"
#include "base/number.h"
#include <netinet/in.h>
#include <string.h>

/* A table of our own: /etc/protocols may change, and what a configuration means may not. */
static const struct {
	const char *name;
	uint8_t number;
	bool has_ports;
} protocols[] = {
	{ "tcp", IPPROTO_TCP, true },
	{ "udp", IPPROTO_UDP, true },
	{ "sctp", IPPROTO_SCTP, true },
	{ "dccp", IPPROTO_DCCP, true },
	{ "udplite", IPPROTO_UDPLITE, true },
	{ "icmp", IPPROTO_ICMP, false },
	{ "icmpv6", IPPROTO_ICMPV6, false },
	{ "ipv6-icmp", IPPROTO_ICMPV6, false },
	{ "igmp", IPPROTO_IGMP, false },
	{ "ipv4", IPPROTO_IPIP, false },
	{ "ipip", IPPROTO_IPIP, false },
	{ "ipv6", IPPROTO_IPV6, false },
	{ "rsvp", IPPROTO_RSVP, false },
	{ "gre", IPPROTO_GRE, false },
	{ "esp", IPPROTO_ESP, false },
	{ "ah", IPPROTO_AH, false },
	{ "eigrp", 88, false },
	{ "ospf", 89, false },
	{ "pim", IPPROTO_PIM, false },
	{ "ipcomp", IPPROTO_COMP, false },
	{ "vrrp", 112, false },
	{ "l2tp", 115, false },
};

/* As number_read(); *end is what stands behind. */
static bool parse_port_number(unsigned *number, const char *text, const char **end, unsigned most)
{
	*end = text;
	return number_read(number, end, most);
}

/* One protocol's name or number, length bytes of text. */
static bool parse_protocol(uint8_t *protocol, bool *has_ports, const char *text, size_t length)
{
	const char *end;
	unsigned number;

	for (size_t i = 0; i < COUNT(protocols); i++)
		if (strlen(protocols[i].name) == length &&
		    strncasecmp(protocols[i].name, text, length) == 0) {
			*protocol = protocols[i].number;
			*has_ports = protocols[i].has_ports;
			return true;
		}
	if (!parse_port_number(&number, text, &end, UINT8_MAX) || end != text + length ||
	    number == 0)
		return false;
	*protocol = (uint8_t)number;
	*has_ports = false;
	for (size_t i = 0; i < COUNT(protocols); i++)
		if (protocols[i].number == number)
			*has_ports = protocols[i].has_ports;
	return true;
}

/* "*", "80" or "6000-6100" before the slash, as a pattern for each protocol's service. */
static bool parse_port_range(struct service *pattern, const char *text, const char **end,
			     struct err *err)
{
	unsigned first, last;

	if (*text == '*') {
		*pattern = (struct service){ .kind = SERVICE_PROTOCOL };
		*end = text + 1;
		return true;
	}
	if (!parse_port_number(&first, text, end, UINT16_MAX) || first == 0)
		return err_set(err, "a port is a number from 1 to 65535");
	last = first;
	if (**end == '-' && (!parse_port_number(&last, *end + 1, end, UINT16_MAX) || last == 0))
		return err_set(err, "a port is a number from 1 to 65535");
	if (last < first)
		return err_set(err, "the range of ports ends before it begins");
	*pattern = (struct service){ (uint16_t)first, (uint16_t)last, SERVICE_PORTS, 0 };
	return true;
}

/* "tcp", "tcp+udp": one service of the pattern for each. */
static bool parse_service_protocols(struct services *services, const struct service *pattern,
				    const char *text, struct err *err)
{
	struct services parsed = { .count = 0 };
	char word[SHOWN_SIZE], name[SHOWN_SIZE];
	bool has_ports;
	size_t length;

	for (;; text += length + 1) {
		struct service *service = &parsed.service[parsed.count];

		length = strcspn(text, "+");
		if (parsed.count == COUNT(parsed.service))
			return err_set(err, "there are more than two protocols");
		*service = *pattern;
		if (!parse_protocol(&service->protocol, &has_ports, text, length)) {
			snprintf(name, sizeof(name), "%.*s", (int)(length < 40 ? length : 40),
				 text);
			return err_set(err, "\"%s\" is not a protocol that this program knows",
				       shown(word, name));
		}
		if (pattern->kind == SERVICE_PORTS && !has_ports) {
			snprintf(name, sizeof(name), "%.*s", (int)length, text);
			return err_set(err, "%s has no ports: */%s is all of it", name, name);
		}
		if (parsed.count == 1 && service->protocol == parsed.service[0].protocol)
			return err_set(err, "both protocols are the same");
		parsed.count++;
		if (!text[length])
			break;
	}
	*services = parsed;
	return true;
}

bool service_parse(struct services *services, const char *text, const char *protocol,
		   struct err *err)
{
	char shown_text[SHOWN_SIZE];
	struct service pattern = { 0 };
	const char *end = text;

	shown(shown_text, text);
	if (!parse_port_range(&pattern, text, &end, err))
		return err_prefix(err, "\"%s\" is not a service: ", shown_text);
	if (*end == '/')
		protocol = end + 1;
	else if (*end)
		return err_set(err, "\"%s\" is not a service (PORT, PORT-PORT or *, and /PROTOCOL)",
			       shown_text);
	if (!protocol && pattern.kind == SERVICE_PROTOCOL) {
		*services = (struct services){ { { .kind = SERVICE_ALL } }, 1 };
		return true;
	}
	if (!parse_service_protocols(services, &pattern, protocol ? protocol : "tcp", err))
		return err_prefix(err, "\"%s\" is not a service: ", shown_text);
	return true;
}

const char *service_print(char out[static SERVICE_TEXT], const struct service *service)
{
	char number[4], ports[12] = "*";
	const char *name = number;

	if (service->kind == SERVICE_ALL) {
		memcpy(out, "*", 2);
		return out;
	}
	snprintf(number, sizeof(number), "%d", service->protocol);
	for (size_t i = COUNT(protocols);
	     i-- > 0;) /* the first name of a number is the usual one */
		if (protocols[i].number == service->protocol)
			name = protocols[i].name;
	if (service->kind == SERVICE_PORTS && service->first == service->last)
		snprintf(ports, sizeof(ports), "%d", service->first);
	else if (service->kind == SERVICE_PORTS)
		snprintf(ports, sizeof(ports), "%d-%d", service->first, service->last);
	snprintf(out, SERVICE_TEXT, "%s/%s", ports, name);
	return out;
}

unsigned service_blocks(struct port_block blocks[static PORT_BLOCKS_MAX],
			const struct service *service)
{
	uint32_t port = service->first, last = service->last;
	unsigned count = 0;

	if (service->kind != SERVICE_PORTS)
		return 0;
	while (port <= last) {
		uint32_t size = 1;
		uint8_t length = 16;

		/* As large as it is aligned, and as fits. */
		while (port % (2 * size) == 0 && port + 2 * size - 1 <= last) {
			size *= 2;
			length--;
		}
		blocks[count++] = (struct port_block){ (uint16_t)port, length };
		port += size;
	}
	return count;
}

bool service_is_extension_header(uint8_t protocol)
{
	return protocol == IPPROTO_ROUTING || protocol == IPPROTO_FRAGMENT ||
	       protocol == IPPROTO_AH || protocol == IPPROTO_DSTOPTS;
}
