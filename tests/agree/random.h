/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seed → numbers that look like chance and are the same each time: splitmix64. */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 to count - 1 */
static inline unsigned random_of(uint64_t *state, unsigned count)
{
	return (unsigned)(random_next(state) % count);
}

static inline bool random_chance(uint64_t *state, unsigned percent)
{
	return random_of(state, 100) < percent;
}

#endif
