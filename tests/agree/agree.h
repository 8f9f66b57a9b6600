/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One seed: a configuration, who is online, and packets. What the evaluator says of them is held
 * against what becomes of them.
 */
#ifndef AGREE_H
#define AGREE_H

#include "random.h"
#include "value/address.h"
#include <stdio.h>

enum position {
	POSITION_MACHINE, /* Dom0 itself */
	POSITION_WORLD,	  /* behind the uplink */
	POSITION_PORT,	  /* behind a port of a bridge that is no guest's */
	POSITION_VIF,	  /* a guest's, of Dom0 or of a bridge */
	POSITION_COUNT
};

/* Where packets come from and arrive: a network namespace with eth0. */
struct test_place {
	char name[16];
	enum position position;
	struct ifname interface, bridge; /* in Dom0; "" where there is none */
	struct mac mac, gateway;	 /* its own, and Dom0's on its link */
#define PLACE_ADDRESSES_MAX 16
	struct prefix addresses[PLACE_ADDRESSES_MAX];
	unsigned address_count, own_count; /* the last ones are of networks that are behind it */
};

#define PLACES_MAX 16
struct places {
	struct test_place place[PLACES_MAX];
	unsigned count;
};

/* What a guest is started with. */
struct guest {
	unsigned place;
	char ip[256]; /* "": none */
};

/* A packet that is really sent. */
struct probe {
	unsigned id;	     /* what it is known by on arrival; also in its source port */
	unsigned place;	     /* where it is sent */
	unsigned to;	     /* where it is to arrive; of a group from the machine: on whose link */
	bool is_group;	     /* to whom: probe_may_arrive() */
	struct mac mac;	     /* it comes from */
	uint16_t ether_type; /* of a frame that is neither IP nor ARP; else 0, and what follows */
	struct prefix source, destination;
	uint8_t protocol;
	uint8_t type; /* of ICMP and IGMP */
	uint16_t source_port, port;
};

#define OSPF 89 /* protocols that netinet/in.h does not know */
#define VRRP 112

/* The MAC that it is sent to. */
struct mac probe_target(const struct places *places, const struct probe *probe);

/* The group that packets may be for; false: there are no more. */
bool probe_group(struct prefix *group, enum family family, unsigned number);

#define PROBES_MAX 1024
struct seed {
	struct places places;
	struct guest guests[PLACES_MAX];
	unsigned guest_count;
	struct probe probes[PROBES_MAX];
	unsigned probe_count;
};

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * As the driver writes them: NAME POSITION INTERFACE BRIDGE MAC GATEWAY ADDRESS... [behind
 * ADDRESS...] a line.
 */
void places_read(struct places *places, const char *file);
const struct test_place *places_find(const struct places *places, const char *name);

/*
 * MAC number of a place: 0 its own, then those that MACS may name, of which the last one is the
 * same for all.
 */
#define PLACE_MACS 4
struct mac place_mac(const struct test_place *place, unsigned number);

/* Are both ports of one bridge? */
bool place_shares_bridge(const struct test_place *place, const struct test_place *other);

/* Make up who is online, the configuration and the packets, and write them into directory. */
void generate(struct places *places, uint64_t number, const char *directory);
void generate_configuration(const struct seed *seed, uint64_t *random, const char *directory);
void generate_probes(struct seed *seed, uint64_t *random);

/* Read guests and probes back. Lines that somebody took out are no longer there. */
void seed_read(struct seed *seed, const char *directory);
void seed_write(const struct seed *seed, const char *directory);

/* Questions for tests/tools/judge about all probes. */
void ask(const struct seed *seed);

/*
 * Read its answers, and print a line for each probe that arrives, "ID PLACE SOURCE DESTINATION
 * PORT", or if explained is a probe's id the answer about that one.
 */
void expect(const struct seed *seed, unsigned explained);

/*
 * Send all in the namespaces "<prefix>-<place>", and print what arrives where, in the same words.
 */
void send_all(const struct seed *seed, const char *prefix);

/* Is there a guest at the place, and is it online? */
bool seed_is_online(const struct seed *seed, unsigned place);

/* May it be sent to or send? Nobody knows where a guest is that is not online. */
bool seed_is_there(const struct seed *seed, unsigned place);

/* Would the packet arrive at the place, if there were no rules? */
bool probe_may_arrive(const struct seed *seed, const struct probe *probe, unsigned place);

#endif
