/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seed → who is online, and packets that aim at what the configuration is about. */
#include "agree.h"
#include <netinet/in.h>
#include <string.h>

#define SOURCE_PORT 20000 /* and the id: what tells packets apart is in no configuration */
#define PROBES 600

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

static unsigned pick_there(const struct seed *seed, uint64_t *random)
{
	for (;;) {
		unsigned place = any_place(seed, random);

		if (seed_is_there(seed, place))
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

/* ---- who sends it ---- */

static bool is_guest(const struct test_place *place)
{
	return place->position == POSITION_VIF;
}

/* Mostly its own; of a guest also others, its own and another guest's. */
static struct mac pick_mac(const struct seed *seed, uint64_t *random, unsigned place)
{
	unsigned liar = any_place(seed, random);

	if (!is_guest(&seed->places.place[place]) || !random_chance(random, 20))
		return seed->places.place[place].mac;
	if (!is_guest(&seed->places.place[liar]) || random_chance(random, 70))
		liar = place;
	return place_mac(&seed->places.place[liar], 1 + random_of(random, PLACE_MACS - 1));
}

static struct prefix pick_source(const struct seed *seed, uint64_t *random,
				 const struct probe *probe, enum family family)
{
	unsigned liar = random_chance(random, 12) ? any_place(seed, random) : probe->place;

	return *address_of(&seed->places.place[liar], family, random);
}

/* ---- packets for one ---- */

static struct probe make_probe(const struct seed *seed, uint64_t *random, unsigned id)
{
	enum family family = random_of(random, FAMILY_COUNT);
	struct probe probe = { .id = id, .place = pick_there(seed, random) };
	const struct test_place *to;

	do
		probe.to = pick_there(seed, random);
	while (probe.to == probe.place);
	to = &seed->places.place[probe.to];
	probe.mac = pick_mac(seed, random, probe.place);
	probe.source = pick_source(seed, random, &probe, family);
	probe.destination = *address_of(to, family, random);
	if (family == IPV6 && place_shares_bridge(&seed->places.place[probe.place], to) &&
	    random_chance(random, 20)) {
		probe.source = mac_link_local(&probe.mac);
		probe.destination = mac_link_local(&to->mac);
	}
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

/* ---- packets for groups ---- */

static const char *const groups[FAMILY_COUNT][7] = {
	{ "224.0.0.1", "224.0.0.5", "224.0.0.18", "224.0.0.22", "224.0.0.251", "239.255.255.250",
	  "255.255.255.255" },
	{ "ff02::1", "ff02::2", "ff02::5", "ff02::12", "ff02::16", "ff02::fb", "ff05::c" },
};

bool probe_group(struct prefix *group, enum family family, unsigned number)
{
	struct err err;

	if (number == COUNT(groups[family]))
		return false;
	if (!prefix_parse(group, groups[family][number], &err))
		die("%s", err.text);
	return true;
}

/* RFC 1112, 2464 */
static struct mac group_mac(const struct prefix *group)
{
	const uint8_t *to = group->bytes;

	if (group->family == IPV6)
		return (struct mac){ { 0x33, 0x33, to[12], to[13], to[14], to[15] } };
	return (struct mac){ { 0x01, 0x00, 0x5e, to[1] & 0x7f, to[2], to[3] } };
}

/* On one bridge frames go from end to end; all others go to Dom0. */
struct mac probe_target(const struct places *places, const struct probe *probe)
{
	static const struct mac everybody = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	const struct test_place *from = &places->place[probe->place];
	const struct test_place *to = &places->place[probe->to];

	if (probe->is_group)
		return prefix_is_group(&probe->destination) ? group_mac(&probe->destination)
							    : everybody;
	return place_shares_bridge(from, to) ? to->mac : from->gateway;
}

/* What asks for addresses, and what answers that. */
static void make_dhcp(struct probe *probe, uint64_t *random)
{
	bool is_ipv4 = probe->source.family == IPV4;
	uint16_t client = is_ipv4 ? 68 : 546, server = is_ipv4 ? 67 : 547;
	bool is_answer = random_chance(random, 50);

	probe->protocol = IPPROTO_UDP;
	probe->source_port = is_answer ? server : client;
	probe->port = is_answer ? client : server;
}

static void make_group_protocol(struct probe *probe, uint64_t *random)
{
	static const uint16_t udp[] = { 53, 67, 68, 80, 546, 547, 1003, 1900, 5353 };
	static const uint8_t icmp[] = { 5, 8, 9 }, igmp[] = { 0x11, 0x12, 0x16, 0x17, 0x22, 0x30 },
			     icmp6[] = { 128, 130, 131, 132, 134, 143, 151, 153 };
	static const uint8_t others[] = { OSPF, OSPF, VRRP, VRRP, IPPROTO_PIM };
	bool is_ipv4 = probe->source.family == IPV4;
	unsigned number = random_of(random, 100);

	probe->source_port = (uint16_t)(SOURCE_PORT + probe->id);
	if (number < 40) {
		probe->protocol = IPPROTO_UDP;
		probe->port = udp[random_of(random, COUNT(udp))];
	} else if (number < 50) {
		make_dhcp(probe, random);
	} else if (number < 70) {
		probe->protocol = others[random_of(random, COUNT(others))];
	} else if (!is_ipv4) {
		probe->protocol = IPPROTO_ICMPV6;
		probe->type = icmp6[random_of(random, COUNT(icmp6))];
	} else if (number < 80) {
		probe->protocol = IPPROTO_ICMP;
		probe->type = icmp[random_of(random, COUNT(icmp))];
	} else {
		probe->protocol = IPPROTO_IGMP;
		probe->type = igmp[random_of(random, COUNT(igmp))];
	}
}

static struct probe make_group_probe(const struct seed *seed, uint64_t *random, unsigned id)
{
	enum family family = random_of(random, FAMILY_COUNT);
	struct probe probe = { .id = id, .is_group = true, .place = pick_there(seed, random) };
	bool is_machine = seed->places.place[probe.place].position == POSITION_MACHINE;

	probe.to = probe.place;
	while (is_machine && probe.to == probe.place)
		probe.to = pick_there(seed, random);
	probe.mac = pick_mac(seed, random, probe.place);
	probe.source = pick_source(seed, random, &probe, family);
	if (family == IPV6 && !is_machine && random_chance(random, 40))
		probe.source = mac_link_local(&probe.mac);
	probe_group(&probe.destination, family, random_of(random, COUNT(groups[family])));
	make_group_protocol(&probe, random);
	return probe;
}

/* ---- frames that are no packets ---- */

/* Between two ports of a bridge, or for all of them; PPPoE's two, and LLDP's. */
static bool make_frame(struct probe *probe, const struct seed *seed, uint64_t *random, unsigned id)
{
	static const uint16_t types[] = { 0x8863, 0x8864, 0x88cc };

	*probe = (struct probe){ .id = id,
				 .place = pick_there(seed, random),
				 .to = pick_there(seed, random),
				 .ether_type = types[random_of(random, COUNT(types))] };
	probe->mac = pick_mac(seed, random, probe->place);
	probe->is_group = random_chance(random, 30);
	return probe->place != probe->to && place_shares_bridge(&seed->places.place[probe->place],
								&seed->places.place[probe->to]);
}

void generate_probes(struct seed *seed, uint64_t *random)
{
	for (unsigned id = 1; id <= PROBES; id++) {
		unsigned kind = random_of(random, 100);
		struct probe probe;
		bool ok = true;

		if (kind < 25) {
			probe = make_group_probe(seed, random, id);
		} else if (kind < 50) {
			ok = make_frame(&probe, seed, random, id);
		} else {
			probe = make_probe(seed, random, id);
			ok = !is_ambiguous(seed, &probe);
		}
		if (ok)
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
