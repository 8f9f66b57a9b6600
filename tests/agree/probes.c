/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seed → who is online, and packets that aim at what the configuration is about. */
#include "agree.h"
#include <netinet/in.h>
#include <string.h>

#define SOURCE_PORT 20000 /* and the id: what tells packets apart is in no configuration */
#define PROBES 400

/* Ports of configure.c, and those beside them. */
static const uint16_t ports[] = { 21,	22,   23,   25,	  52,	53,   54,   80,	  81,
				  443,	999,  1000, 1003, 1007, 1008, 1999, 2000, 2999,
				  3000, 8000, 8001, 8002, 8003, 8004, 8005, 8006, 8007 };

static const struct prefix *address_of(const struct test_place *place, enum family family,
				       uint64_t *random)
{
	for (;;) {
		const struct prefix *address =
			&place->addresses[random_of(random, place->address_count)];

		if (address->family == family)
			return address;
	}
}

static unsigned any_place(const struct seed *seed, uint64_t *random)
{
	return random_of(random, seed->places.count);
}

/* May it send? May it be sent to? Nobody knows where a guest is that is not online. */
static bool is_there(const struct seed *seed, unsigned place)
{
	return seed->places.place[place].position != POSITION_VIF || seed_is_online(seed, place);
}

static unsigned pick_there(const struct seed *seed, uint64_t *random)
{
	for (;;) {
		unsigned place = any_place(seed, random);

		if (is_there(seed, place))
			return place;
	}
}

static uint8_t pick_protocol(uint64_t *random, enum family family)
{
	unsigned number = random_of(random, 100);

	if (number < 50)
		return IPPROTO_TCP;
	if (number < 82)
		return IPPROTO_UDP;
	if (number < 94)
		return family == IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	return number < 97 ? IPPROTO_GRE : IPPROTO_ESP;
}

static bool has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/*
 * Without ports, what goes the other way later is an answer for connection tracking, and what has
 * its source translated can't be told from others: so no two such packets share an end.
 */
static bool is_ambiguous(const struct seed *seed, const struct probe *probe)
{
	if (has_ports(probe->protocol) || probe->type)
		return false;
	for (unsigned i = 0; i < seed->probe_count; i++) {
		const struct probe *other = &seed->probes[i];

		if (other->protocol == probe->protocol &&
		    (!prefix_compare(&other->source, &probe->source) ||
		     !prefix_compare(&other->destination, &probe->destination) ||
		     !prefix_compare(&other->source, &probe->destination) ||
		     !prefix_compare(&other->destination, &probe->source)))
			return true;
	}
	return false;
}

static struct probe make_probe(const struct seed *seed, uint64_t *random, unsigned id)
{
	enum family family = random_of(random, FAMILY_COUNT);
	struct probe probe = { .id = id, .place = pick_there(seed, random) };
	unsigned liar = random_chance(random, 12) ? any_place(seed, random) : probe.place;
	unsigned to = pick_there(seed, random);

	while (to == probe.place)
		to = pick_there(seed, random);
	probe.source = *address_of(&seed->places.place[liar], family, random);
	probe.destination = *address_of(&seed->places.place[to], family, random);
	probe.protocol = pick_protocol(random, family);
	probe.source_port = (uint16_t)(SOURCE_PORT + id);
	if (has_ports(probe.protocol)) {
		probe.port = ports[random_of(random, COUNT(ports))];
	} else if (probe.protocol == IPPROTO_ICMP) {
		probe.type = random_chance(random, 70) ? 8 : 13; /* echo, timestamp */
	} else if (probe.protocol == IPPROTO_ICMPV6) {
		probe.type = random_chance(random, 70) ? 128 : 139; /* echo, node information */
	}
	return probe;
}

void generate_probes(struct seed *seed, uint64_t *random)
{
	for (unsigned id = 1; id <= PROBES; id++) {
		struct probe probe = make_probe(seed, random, id);

		if (!is_ambiguous(seed, &probe))
			seed->probes[seed->probe_count++] = probe;
	}
}

/* Most guests, in any order: some come before the rules are loaded, some after. */
static void choose_guests(struct seed *seed, uint64_t *random)
{
	for (unsigned i = 0; i < seed->places.count; i++) {
		const struct test_place *place = &seed->places.place[i];
		struct guest *guest = &seed->guests[seed->guest_count];
		char text[PREFIX_TEXT];

		if (place->position != POSITION_VIF || random_chance(random, 15))
			continue;
		*guest = (struct guest){ .place = i };
		seed->guest_count++;
		if (place->bridge.text[0] && random_chance(random, 20) &&
		    place->own_count == place->address_count) /* a next hop has to say so */
			continue;
		for (unsigned j = 0; j < place->own_count; j++) {
			size_t used = strlen(guest->ip);

			snprintf(guest->ip + used, sizeof(guest->ip) - used, "%s%s",
				 used ? " " : "", prefix_print(text, &place->addresses[j]));
		}
	}
}

void generate(struct places *places, uint64_t number, const char *directory)
{
	static struct seed seed;
	uint64_t random = number;

	seed = (struct seed){ .places = *places };
	choose_guests(&seed, &random);
	generate_probes(&seed, &random);
	seed_write(&seed, directory);
	generate_configuration(&seed, &random, directory);
}
