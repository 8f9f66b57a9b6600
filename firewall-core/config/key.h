/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One configuration file and a table of its keys → the fields that they fill. */
#ifndef KEY_H
#define KEY_H

#include "config/ini.h"
#include "policy/policy.h"

/* A file while it is read, and where what it says goes. */
struct reading {
	const char *name; /* in messages: "ipv4.d/web1.conf" */
	struct report *report;
	struct ini ini;
	void *target;	       /* where the keys' offsets count from */
	enum family family;    /* not of taofirewall.conf */
	struct groups *groups; /* of the family */
	struct policy *policy; /* gets a host's claims and rules */
	uint8_t level;	       /* of the section of a host's settings */
};

/* One key that a file may hold: a new key is a new row. Of two rows that fit, the first counts. */
struct key {
	const char *section; /* "settings *N" fits all that begin so; messages say N */
	const char *key;     /* likewise; NULL: the whole section is one matter */
	void (*parse)(struct reading *reading, const struct key *key,
		      const struct ini_entry *entry);
	size_t offset;		  /* of the field, in the target */
	size_t line_offset;	  /* of the uint32_t that keeps the line; 0: none does */
	const char *const *words; /* key_parse_choice(): what may stand there; "" may not */
	unsigned word_count;
	const char *partner; /* a key of the same section that says more about this one */
	bool outgoing;	     /* what it opens, it opens for what the host sends */
	bool is_late;	     /* it needs what other rows of the file give, and comes after them */
	const char *refusal; /* why it can't stand there, and what would not happen */
};

/*
 * Read the file into reading->ini and give each entry to its row; unknown sections and keys are
 * errors. Fails when there was nothing to give, as the file is not trusted (trust.h), or can not be
 * read. The caller gives
 * reading->ini to ini_done().
 */
bool key_read(struct reading *reading, int directory_fd, const char *path, const struct key *keys,
	      size_t count) MUST_USE;

/*
 * For a row that is a whole section: give its keys to the rows of a table of their own. opening is
 * the section's own line.
 */
void key_read_section(struct reading *reading, const struct ini_entry *opening,
		      const struct key *keys, size_t count);

/* Report what is wrong with an entry: "FILE:LINE: [SECTION] KEY: " and the text. */
void key_complain(const struct reading *reading, const struct ini_entry *entry, const char *format,
		  ...) __attribute__((format(printf, 3, 4)));

/* The entry of a key, or NULL. */
const struct ini_entry *key_find(const struct reading *reading, const char *section,
				 const char *key);

struct word {
	char text[1024]; /* no line is as long */
};

/* Has the text no words at all? */
bool key_is_empty(const char *text);

/* May people call a thing so? Letters, digits, _ . + -, below NAME_SIZE of them. */
bool key_check_name(const char *name, struct err *err) MUST_USE;

/* Take the next word of a list off *text. False at its end. */
bool key_next_word(struct word *word, const char **text, const char *separators);

/* ---- parsers for rows ---- */

/* One of the row's words → its index, a uint8_t. */
void key_parse_choice(struct reading *reading, const struct key *key,
		      const struct ini_entry *entry);

/* "yes", "no" → bool. */
void key_parse_bool(struct reading *reading, const struct key *key, const struct ini_entry *entry);

/* What stands in the place of N in [settings N] or LEVEL_N → 1 to LEVEL_MAX. */
bool key_parse_level(uint8_t *level, const char *text, struct err *err) MUST_USE;

/* The name of an interface → struct ifname; nothing, or with words one of them → "". */
void key_parse_interface(struct reading *reading, const struct key *key,
			 const struct ini_entry *entry);

/* What the parser of another row reads. */
void key_parse_nothing(struct reading *reading, const struct key *key,
		       const struct ini_entry *entry);

/* What has its place elsewhere: an error that says where. */
void key_parse_misplaced(struct reading *reading, const struct key *key,
			 const struct ini_entry *entry);

#endif
