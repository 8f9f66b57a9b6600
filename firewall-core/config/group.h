/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that stand for addresses: [groups] and networks. Words that are a name or an address. */
#ifndef GROUP_H
#define GROUP_H

#include "config/key.h"

struct groups {
	struct group {
		char name[NAME_SIZE];  /* lower case */
		uint32_t first, count; /* in prefixes */
	} *groups;
	struct prefix *prefixes;
	uint32_t group_count, prefix_count;
	bool is_incomplete; /* their file could not be read: a name not found is nobody's fault */
};

/* Frees the contents; safe on zeroed ones and twice. */
void group_done(struct groups *groups);

/* The group of this name in capitals or not, or NULL. */
const struct group *group_named(const struct groups *groups, const char *name);

/* Give one prefix a name, which no group has. Fails when there is no memory. */
bool group_add(struct groups *groups, const char *name, const struct prefix *prefix) MUST_USE;

/* May a thing of this kind ("group") be called so, that no address looks like it? */
bool group_check_name(const char *name, const char *kind, struct err *err) MUST_USE;

/* A row's parser: one group, into reading->groups. It may hold groups that stand above it. */
void group_parse(struct reading *reading, const struct key *key, const struct ini_entry *entry);

/* What a word stands for. */
struct group_word {
	const struct prefix *prefixes;
	uint32_t count;
	struct prefix own; /* where a word that is an address itself keeps it */
};

/*
 * Find what the word stands for, an address, a prefix or a group, of the file's family. When it
 * is none of them, that is reported as a mistake of the entry. The groups must not change
 * meanwhile.
 */
bool group_find(struct group_word *found, const struct reading *reading,
		const struct ini_entry *entry, const char *word) MUST_USE;

#endif
