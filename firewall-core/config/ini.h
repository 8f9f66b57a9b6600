/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One INI file → sections and keys with their lines, each value as iniparser reads it. */
#ifndef INI_H
#define INI_H

#include "base/err.h"

struct ini_entry {
	const char *section; /* lower case, blanks around it cut */
	const char *key;     /* lower case; NULL: the section's own line */
	const char *value; /* as iniparser reads it, without comment and quotes; NULL: a section */
	unsigned line;	   /* from 1 */
};

struct ini {
	struct ini_entry *entries; /* in the order of the file */
	size_t count;
	char *text; /* what the entries point to */
};

/*
 * Read directory_fd/path.
 *
 * name    what the file is called in messages
 * report  gets every error: not a regular file, writable by everybody, larger than 1 MiB, a line
 *         over 1,000 bytes or joined to the next by a backslash, a control character, a key before
 *         the first section, a section or key given twice, a line that is neither of the two, a
 *         value that would be cut at a quote
 *
 * Fails when there was an error in it. The library keeps no line numbers and lets a repeated key
 * replace the first, hence the scan of our own; the values are iniparser's.
 */
bool ini_read(struct ini *ini, int directory_fd, const char *path, const char *name,
	      struct report *report) MUST_USE;

/* Frees the contents; safe on a zeroed one and twice. */
void ini_done(struct ini *ini);

#endif
