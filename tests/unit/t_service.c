/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services: what their words mean, and into which blocks their ports go. */
#include "tap.h"
#include "value/service.h"

#define NOT "\"%s\" is not a service: "

/* "53/tcp 53/udp": all services of a word. */
static const char *print(char out[static 2 * SERVICE_TEXT], const struct services *services)
{
	char text[SERVICE_TEXT];

	out[0] = '\0';
	for (unsigned i = 0; i < services->count; i++) {
		strcat(out, i ? " " : "");
		strcat(out, service_print(text, &services->service[i]));
	}
	return out;
}

static void test_good(void)
{
	static const struct {
		const char *text, *protocol, *meaning;
	} good[] = {
		{ "80", NULL, "80/tcp" },
		{ "80", "udp", "80/udp" },
		{ "80", "tcp+udp", "80/tcp 80/udp" },
		{ "80/udp", NULL, "80/udp" },
		{ "53/tcp+udp", NULL, "53/tcp 53/udp" },
		{ "53/UDP+sctp", NULL, "53/udp 53/sctp" },
		{ "53/17", NULL, "53/udp" },
		{ "5000/dccp+udplite", NULL, "5000/dccp 5000/udplite" },
		{ "6000-6100/udp", NULL, "6000-6100/udp" },
		{ "80-80", NULL, "80/tcp" },
		{ "1-65535", NULL, "1-65535/tcp" },
		{ "*", NULL, "*" },
		{ "*", "gre", "*/gre" },
		{ "*/tcp", NULL, "*/tcp" },
		{ "*/icmp", NULL, "*/icmp" },
		{ "*/ipv6-icmp", NULL, "*/icmpv6" },
		{ "*/esp+ah", NULL, "*/esp */ah" },
		{ "*/47", NULL, "*/gre" },
		{ "*/255", NULL, "*/255" },
		{ "*/1", NULL, "*/icmp" },
	};
	char text[2 * SERVICE_TEXT];
	struct services services;
	struct err err;

	for (size_t i = 0; i < COUNT(good); i++)
		if (service_parse(&services, good[i].text, good[i].protocol, &err))
			is_text(print(text, &services), good[i].meaning, good[i].text);
		else
			ok(false, "%s: %s", good[i].text, err.text);
}

static void test_bad(void)
{
	static const char port[] = "a port is a number from 1 to 65535";
	static const char form[] = "\"%s\" is not a service (PORT, PORT-PORT or *, and /PROTOCOL)";
	static const struct {
		const char *text, *protocol, *context, *why;
	} bad[] = {
		{ "", NULL, NOT, port },
		{ "0", NULL, NOT, port },
		{ "65536", NULL, NOT, port },
		{ "99999999999999999999", NULL, NOT, port },
		{ "080", NULL, NOT, port },
		{ "-5", NULL, NOT, port },
		{ "+80", NULL, NOT, port },
		{ "80-", NULL, NOT, port },
		{ "80-0", NULL, NOT, port },
		{ "80-70000", NULL, NOT, port },
		{ "ssh", NULL, NOT, port },
		{ "/tcp", NULL, NOT, port },
		{ "80-70", NULL, NOT, "the range of ports ends before it begins" },
		{ "80;443", NULL, form, "" },
		{ "80-90-100", NULL, form, "" },
		{ "*-80", NULL, form, "" },
		{ "**", NULL, form, "" },
		{ "80/", NULL, NOT, "\"\" is not a protocol that this program knows" },
		{ "80/tcp+", NULL, NOT, "\"\" is not a protocol that this program knows" },
		{ "80/tpc", NULL, NOT, "\"tpc\" is not a protocol that this program knows" },
		{ "80", "tpc", NOT, "\"tpc\" is not a protocol that this program knows" },
		{ "*/0", NULL, NOT, "\"0\" is not a protocol that this program knows" },
		{ "*/256", NULL, NOT, "\"256\" is not a protocol that this program knows" },
		{ "*/tcp\n", NULL, "\"*/tcp?\" is not a service: ",
		  "\"tcp?\" is not a protocol that this program knows" },
		{ "80/gre", NULL, NOT, "gre has no ports: */gre is all of it" },
		{ "80", "47", NOT, "47 has no ports: */47 is all of it" },
		{ "80/tcp+tcp", NULL, NOT, "both protocols are the same" },
		{ "80/tcp+6", NULL, NOT, "both protocols are the same" },
		{ "80/tcp+udp+sctp", NULL, NOT, "there are more than two protocols" },
	};
	struct services services = { .count = 77 };
	char expected[sizeof(((struct err *)0)->text)];
	struct err err;

	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *rest = strstr(bad[i].context, "%s");

		if (service_parse(&services, bad[i].text, bad[i].protocol, &err)) {
			ok(false, "%s is taken", bad[i].text);
			continue;
		}
		snprintf(expected, sizeof(expected), "%.*s%s%s%s",
			 rest ? (int)(rest - bad[i].context) : 0, bad[i].context,
			 rest ? bad[i].text : "", rest ? rest + 2 : bad[i].context, bad[i].why);
		is_text(err.text, expected, bad[i].why);
	}
	ok(services.count == 77, "a failure leaves the services alone");
}

/* The blocks of a range are aligned, ascending, touch each other, and make up the range. */
static bool are_exact(const struct service *service, unsigned *count)
{
	struct port_block blocks[PORT_BLOCKS_MAX];
	uint32_t next = service->first;

	*count = service_blocks(blocks, service);
	for (unsigned i = 0; i < *count; i++) {
		uint32_t size = 1U << (16 - blocks[i].length);

		if (blocks[i].port != next || blocks[i].port % size)
			return false;
		next += size;
	}
	return *count <= PORT_BLOCKS_MAX && next == service->last + 1U;
}

static void test_blocks(void)
{
	static const struct {
		uint16_t first, last;
		unsigned count;
	} ranges[] = {
		{ 80, 80, 1 },	    { 6000, 6015, 1 },	 { 6000, 6100, 5 }, { 1, 65534, 30 },
		{ 1, 65535, 16 },   { 65535, 65535, 1 }, { 1, 1, 1 },	    { 32768, 65535, 1 },
		{ 1024, 65535, 6 }, { 1, 32767, 15 },
	};
	struct service service = { .kind = SERVICE_PORTS, .protocol = 6 };
	bool holds = true;
	unsigned count;

	for (size_t i = 0; i < COUNT(ranges); i++) {
		service.first = ranges[i].first;
		service.last = ranges[i].last;
		ok(are_exact(&service, &count) && count == ranges[i].count,
		   "%u to %u: %u blocks of %u", ranges[i].first, ranges[i].last, count,
		   ranges[i].count);
	}
	for (uint32_t first = 1; first <= UINT16_MAX; first += 251)
		for (uint32_t last = first; last <= UINT16_MAX; last += 257) {
			service.first = (uint16_t)first;
			service.last = (uint16_t)last;
			holds = holds && are_exact(&service, &count);
		}
	ok(holds, "blocks are exact all over the place");
}

int main(void)
{
	test_good();
	test_bad();
	test_blocks();
	return tap_done();
}
