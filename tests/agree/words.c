/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chance → the addresses and services of a configuration. */
#include "making.h"
#include <string.h>

static const char *const ports[] = {
	"22", "25", "53", "80", "443", "1000-1007", "2000-2999", "5353"
};
static const char *const protocols[] = { "/tcp", "/udp", "/tcp+udp" };

const uint8_t making_lengths[FAMILY_COUNT][4] = { { 25, 28, 30, 31 }, { 48, 64, 120, 126 } };

const struct prefix *pick_address(const struct making *making, enum family family)
{
	for (;;) {
		const struct places *places = &making->seed->places;
		const struct test_place *place = &places->place[pick(making, places->count)];
		const struct prefix *address =
			&place->addresses[pick(making, place->address_count)];

		if (address->family == family)
			return address;
	}
}

const char *pick_peer(char out[static PREFIX_TEXT], const struct making *making, enum family family)
{
	struct prefix peer = *pick_address(making, family);

	if (chance(making, 15))
		return strcpy(out, chance(making, 50) ? "some" : "others");
	if (chance(making, 35))
		peer = prefix_cut(&peer, making_lengths[family][pick(making, 4)]);
	return prefix_print(out, &peer);
}

static void print_service(const struct making *making, enum family family)
{
	static const char *const protocols_alone[] = { "*/gre", "*/ospf", "*/vrrp", "*/igmp" };

	if (chance(making, 6))
		fputs("*", making->out);
	else if (chance(making, 12))
		fputs(chance(making, 60) ? protocols_alone[pick(making, COUNT(protocols_alone))]
		      : family == IPV4	 ? "*/icmp"
					 : "*/icmpv6",
		      making->out);
	else if (chance(making, 8))
		fprintf(making->out, "*/%s", chance(making, 50) ? "udp" : "tcp");
	else
		fprintf(making->out, "%s%s", ports[pick(making, COUNT(ports))],
			chance(making, 40) ? protocols[pick(making, COUNT(protocols))] : "");
}

void print_services(const struct making *making, enum family family, const char *key)
{
	fprintf(making->out, "%s =", key);
	for (unsigned i = 1 + pick(making, 3); i > 0; i--) {
		fputc(' ', making->out);
		print_service(making, family);
	}
	fputc('\n', making->out);
}

/* Who may be at the other end: also all on a link, and groups. */
static const char *pick_end(char out[static PREFIX_TEXT], const struct making *making,
			    enum family family)
{
	static const char *const ends[FAMILY_COUNT][3] = {
		{ "224.0.0.0/4", "224.0.0.251", "239.255.255.250" },
		{ "fe80::/10", "ff02::/16", "ff02::fb" },
	};

	if (chance(making, 12))
		return strcpy(out, ends[family][pick(making, 3)]);
	return pick_peer(out, making, family);
}

void print_peers(const struct making *making, enum family family, const char *key)
{
	char peer[PREFIX_TEXT];

	fprintf(making->out, "%s =", key);
	for (unsigned i = 1 + pick(making, 2); i > 0; i--) {
		fputc(' ', making->out);
		print_service(making, family);
		fprintf(making->out, "@%s", pick_end(peer, making, family));
		if (chance(making, 30))
			fprintf(making->out, ",%s", pick_end(peer, making, family));
	}
	fputc('\n', making->out);
}
