/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seed's guests and packets ↔ the files that they stand in, one a line. */
#include "agree.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const position_names[POSITION_COUNT] = {
	[POSITION_MACHINE] = "machine",
	[POSITION_WORLD] = "world",
	[POSITION_PORT] = "port",
	[POSITION_VIF] = "vif",
};

_Noreturn void die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("agree: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(2);
}

static FILE *open_in(const char *directory, const char *name, const char *mode)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, mode);
	if (!file)
		die("%s: %s", path, strerror(errno));
	return file;
}

static enum position parse_position(const char *text)
{
	for (int i = 0; i < POSITION_COUNT; i++)
		if (!strcmp(text, position_names[i]))
			return i;
	die("%s is no position", text);
}

static void parse_interface(struct ifname *name, const char *text)
{
	struct err err;

	if (strcmp(text, "-") && !ifname_parse(name, text, &err))
		die("%s", err.text);
}

static void parse_address(struct test_place *place, const char *text)
{
	struct err err;

	if (place->address_count == PLACE_ADDRESSES_MAX)
		die("%s has too many addresses", place->name);
	if (!prefix_parse(&place->addresses[place->address_count++], text, &err))
		die("%s: %s", place->name, err.text);
}

static void parse_place(struct test_place *place, char *line)
{
	char *rest = NULL, *words[6], *word;
	struct err err;

	for (int i = 0; i < 6; i++) {
		words[i] = strtok_r(i ? NULL : line, " \n", &rest);
		if (!words[i])
			die("a place needs six words and addresses");
	}
	*place = (struct test_place){ .position = parse_position(words[1]) };
	snprintf(place->name, sizeof(place->name), "%s", words[0]);
	parse_interface(&place->interface, words[2]);
	parse_interface(&place->bridge, words[3]);
	if (!mac_parse(&place->mac, words[4], &err) || !mac_parse(&place->gateway, words[5], &err))
		die("%s: %s", place->name, err.text);
	while ((word = strtok_r(NULL, " \n", &rest)) && strcmp(word, "behind"))
		parse_address(place, word);
	place->own_count = place->address_count;
	while (word && (word = strtok_r(NULL, " \n", &rest)))
		parse_address(place, word);
}

void places_read(struct places *places, const char *file)
{
	FILE *in = fopen(file, "r");
	char line[1024];

	if (!in)
		die("%s: %s", file, strerror(errno));
	places->count = 0;
	while (fgets(line, sizeof(line), in) && places->count < PLACES_MAX)
		parse_place(&places->place[places->count++], line);
	fclose(in);
}

const struct test_place *places_find(const struct places *places, const char *name)
{
	for (unsigned i = 0; i < places->count; i++)
		if (!strcmp(places->place[i].name, name))
			return &places->place[i];
	die("there is no place %s", name);
}

bool seed_is_online(const struct seed *seed, unsigned place)
{
	for (unsigned i = 0; i < seed->guest_count; i++)
		if (seed->guests[i].place == place)
			return true;
	return false;
}

bool seed_is_there(const struct seed *seed, unsigned place)
{
	return seed->places.place[place].position != POSITION_VIF || seed_is_online(seed, place);
}

struct mac place_mac(const struct test_place *place, unsigned number)
{
	static const struct mac shared = { { 0x00, 0x00, 0x5e, 0x00, 0x01, 0x07 } }; /* VRRP's */
	const uint8_t *own = place->mac.bytes;

	if (!number)
		return place->mac;
	if (number == PLACE_MACS - 1)
		return shared;
	return (struct mac){ { 0x02, 0x00, (uint8_t)number, own[3], own[4], own[5] } };
}

bool place_shares_bridge(const struct test_place *place, const struct test_place *other)
{
	return place->bridge.text[0] && !strcmp(place->bridge.text, other->bridge.text);
}

static bool is_on_link(const struct test_place *link, const struct test_place *place)
{
	return link == place || place_shares_bridge(link, place);
}

bool probe_may_arrive(const struct seed *seed, const struct probe *probe, unsigned place)
{
	const struct test_place *at = &seed->places.place[place];
	const struct test_place *from = &seed->places.place[probe->place];

	if (!probe->is_group)
		return place == probe->to;
	if (at == from || !seed_is_there(seed, place))
		return false;
	if (at->position == POSITION_MACHINE)
		return !probe->ether_type;
	return is_on_link(
		from->position == POSITION_MACHINE ? &seed->places.place[probe->to] : from, at);
}

void seed_write(const struct seed *seed, const char *directory)
{
	FILE *guests = open_in(directory, "guests", "w");
	FILE *probes = open_in(directory, "probes", "w");
	char source[PREFIX_TEXT], destination[PREFIX_TEXT], mac[MAC_TEXT];

	for (unsigned i = 0; i < seed->guest_count; i++)
		fprintf(guests, "%s %s\n", seed->places.place[seed->guests[i].place].name,
			seed->guests[i].ip);
	for (unsigned i = 0; i < seed->probe_count; i++) {
		const struct probe *probe = &seed->probes[i];

		fprintf(probes, "%u %s %s %s %d %u %s %s %u %u %u %u\n", probe->id,
			seed->places.place[probe->place].name, seed->places.place[probe->to].name,
			mac_print(mac, &probe->mac), probe->is_group, probe->ether_type,
			prefix_print(source, &probe->source),
			prefix_print(destination, &probe->destination), probe->protocol,
			probe->type, probe->source_port, probe->port);
	}
	fclose(guests);
	fclose(probes);
}

static unsigned place_named(const struct seed *seed, const char *name)
{
	return (unsigned)(places_find(&seed->places, name) - seed->places.place);
}

static void read_guests(struct seed *seed, const char *directory)
{
	FILE *in = open_in(directory, "guests", "r");
	char line[512];

	while (fgets(line, sizeof(line), in) && seed->guest_count < PLACES_MAX) {
		struct guest *guest = &seed->guests[seed->guest_count++];
		char *name = strtok(line, " \n"), *ip = strtok(NULL, "\n");

		guest->place = place_named(seed, name);
		snprintf(guest->ip, sizeof(guest->ip), "%s", ip ? ip : "");
	}
	fclose(in);
}

static void read_probe(struct probe *probe, const struct seed *seed, const char *line)
{
	char name[16], to[16], mac[MAC_TEXT], source[64], destination[64];
	unsigned is_group;
	struct err err;

	if (sscanf(line, "%u %15s %15s %17s %u %hu %63s %63s %hhu %hhu %hu %hu", &probe->id, name,
		   to, mac, &is_group, &probe->ether_type, source, destination, &probe->protocol,
		   &probe->type, &probe->source_port, &probe->port) != 12 ||
	    !mac_parse(&probe->mac, mac, &err) || !prefix_parse(&probe->source, source, &err) ||
	    !prefix_parse(&probe->destination, destination, &err))
		die("not a packet: %s", line);
	probe->is_group = is_group;
	probe->place = place_named(seed, name);
	probe->to = place_named(seed, to);
}

static void read_probes(struct seed *seed, const char *directory)
{
	FILE *in = open_in(directory, "probes", "r");
	char line[512];

	while (fgets(line, sizeof(line), in) && seed->probe_count < PROBES_MAX)
		read_probe(&seed->probes[seed->probe_count++], seed, line);
	fclose(in);
}

void seed_read(struct seed *seed, const char *directory)
{
	seed->guest_count = seed->probe_count = 0;
	memset(seed->guests, 0, sizeof(seed->guests));
	memset(seed->probes, 0, sizeof(seed->probes));
	read_guests(seed, directory);
	read_probes(seed, directory);
}
