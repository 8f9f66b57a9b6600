/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seed's packets → questions for judge, and its answers → what arrives where. */
#include "agree.h"
#include <string.h>

/* " in=vif11.0:xenbr0", as judge reads it. */
static void print_place(const char *word, const struct test_place *place)
{
	if (place->position == POSITION_MACHINE)
		printf(" %s=-", word);
	else
		printf(" %s=%s%s%s", word, place->interface.text, place->bridge.text[0] ? ":" : "",
		       place->bridge.text);
}

/* Its first address of each family is that of the uplink. */
static void print_device(const struct test_place *machine)
{
	char text[PREFIX_TEXT];

	for (int family = 0; family < FAMILY_COUNT; family++)
		printf("device eth0 %s\n", prefix_print(text, &machine->addresses[family]));
}

/* Where routes lead that do not go with a guest: when a routed one is off, to the uplink. */
static const char *link_of(const struct test_place *place)
{
	if (place->bridge.text[0])
		return place->bridge.text;
	return place->position == POSITION_VIF ? "eth0" : place->interface.text;
}

static void ask_topology(const struct seed *seed)
{
	char text[PREFIX_TEXT];

	puts("uplink eth0\ntracks no");
	for (unsigned i = 0; i < seed->places.count; i++) {
		const struct test_place *place = &seed->places.place[i];
		unsigned count;

		if (place->position == POSITION_MACHINE)
			print_device(place);
		if (place->position == POSITION_MACHINE)
			printf("own");
		else
			printf("link %s", link_of(place));
		count = place->bridge.text[0] ? place->own_count : place->address_count;
		for (unsigned j = 0; j < count; j++)
			printf(" %s", prefix_print(text, &place->addresses[j]));
		putchar('\n');
	}
	for (unsigned i = 0; i < seed->guest_count; i++) {
		const struct test_place *place = &seed->places.place[seed->guests[i].place];
		char mac[MAC_TEXT];

		printf("vif %s %s %s %s\n", place->interface.text, mac_print(mac, &place->mac),
		       place->bridge.text[0] ? place->bridge.text : "-", seed->guests[i].ip);
	}
}

/* Whoever has the address. */
static const struct test_place *find_place(const struct places *places,
					   const struct prefix *address)
{
	for (unsigned i = 0; i < places->count; i++)
		for (unsigned j = 0; j < places->place[i].address_count; j++)
			if (!prefix_compare(&places->place[i].addresses[j], address))
				return &places->place[i];
	die("a packet is for nobody");
}

static void print_packet(const struct probe *probe)
{
	char source[PREFIX_TEXT], destination[PREFIX_TEXT];

	if (probe->ether_type)
		printf(" ether=%u", probe->ether_type);
	else
		printf(" from=%s to=%s proto=%u sport=%u port=%u type=%u",
		       prefix_print(source, &probe->source),
		       prefix_print(destination, &probe->destination), probe->protocol,
		       probe->source_port, probe->port, probe->type);
}

/*
 * Where it leaves is told of what is switched, and of groups: nothing in the configuration tells
 * it of all these.
 */
static void ask_about(const struct seed *seed, const struct probe *probe, unsigned place)
{
	const struct test_place *from = &seed->places.place[probe->place];
	const struct test_place *to = &seed->places.place[place];
	bool is_routed = !probe->ether_type && !to->bridge.text[0];
	char mac[MAC_TEXT];

	printf("packet");
	print_packet(probe);
	print_place("in", from);
	if (from->position == POSITION_VIF)
		printf(" mac=%s", mac_print(mac, &probe->mac));
	if (!is_routed || probe->is_group)
		print_place("out", to);
	putchar('\n');
}

void ask(const struct seed *seed)
{
	ask_topology(seed);
	for (unsigned i = 0; i < seed->probe_count; i++)
		for (unsigned place = 0; place < seed->places.count; place++)
			if (probe_may_arrive(seed, &seed->probes[i], place))
				ask_about(seed, &seed->probes[i], place);
}

/* What judge says of it: "-" where it stays, and an interface whose address the kernel chooses. */
static void print_source(char source[static PREFIX_TEXT], const struct probe *probe)
{
	struct prefix address;
	struct err err;

	if (!strcmp(source, "-"))
		prefix_print(source, &probe->source);
	else if (!prefix_parse(&address, source, &err))
		strcpy(source, "-");
}

/* Where it arrives, if it does: PAT may lead it elsewhere. */
static const char *find_arrival(const struct seed *seed, const struct probe *probe, unsigned place,
				const char *text)
{
	struct prefix address;
	struct err err;

	if (!prefix_parse(&address, text, &err))
		die("%s", err.text);
	return probe->ether_type || !prefix_compare(&address, &probe->destination)
		       ? seed->places.place[place].name
		       : find_place(&seed->places, &address)->name;
}

static void expect_one(const struct seed *seed, const struct probe *probe, unsigned place,
		       unsigned explained)
{
	char line[512], verdict[16], reason[64], destination[PREFIX_TEXT], source[PREFIX_TEXT];
	unsigned port;

	if (!fgets(line, sizeof(line), stdin) || sscanf(line, "%15s %63s %63s %u %63s", verdict,
							reason, destination, &port, source) != 5)
		die("judge says nothing about packet %u", probe->id);
	if (probe->id == explained)
		printf("%s: %s", seed->places.place[place].name, line);
	if (explained || strcmp(verdict, "accept"))
		return;
	printf("%u %s ", probe->id, find_arrival(seed, probe, place, destination));
	print_source(source, probe);
	if (probe->ether_type)
		printf("- - %u\n", probe->ether_type);
	else
		printf("%s %s %u\n", source, destination, port);
}

void expect(const struct seed *seed, unsigned explained)
{
	for (unsigned i = 0; i < seed->probe_count; i++)
		for (unsigned place = 0; place < seed->places.count; place++)
			if (probe_may_arrive(seed, &seed->probes[i], place))
				expect_one(seed, &seed->probes[i], place, explained);
}
