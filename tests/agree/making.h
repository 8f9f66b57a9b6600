/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration on its way into files: what configure.c and words.c share. */
#ifndef MAKING_H
#define MAKING_H

#include "agree.h"

#define LEVELS_MAX 4

struct making {
	const struct seed *seed;
	uint64_t *random;
	const char *directory;
	unsigned levels[LEVELS_MAX], level_count; /* beside 50 */
	unsigned public_port;			  /* the next one to forward: none twice */
	FILE *out;
};

static inline bool chance(const struct making *making, unsigned percent)
{
	return random_chance(making->random, percent);
}

static inline unsigned pick(const struct making *making, unsigned count)
{
	return random_of(making->random, count);
}

/* Networks of the scene beside whole addresses, as they might be claimed or befriended. */
extern const uint8_t making_lengths[FAMILY_COUNT][4];

/* An address of the scene. */
const struct prefix *pick_address(const struct making *making, enum family family);

/* The same, or a network around it, or a group of ipv4.conf or ipv6.conf. Returns out. */
const char *pick_peer(char out[static PREFIX_TEXT], const struct making *making,
		      enum family family);

/* "KEY = SERVICE...", and with peers: a line. */
void print_services(const struct making *making, enum family family, const char *key);
void print_peers(const struct making *making, enum family family, const char *key);

#endif
