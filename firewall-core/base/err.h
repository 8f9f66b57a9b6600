/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An error as a value: one line for the log, for xenstore's hotplug-error and for the tests alike.
 */
#ifndef ERR_H
#define ERR_H

#include "base/cleanup.h"
#include <stdbool.h>
#include <stddef.h>

struct err {
	char text[512];
};

/*
 * Say why something failed: one line, no newline, the thing and the consequence. Returns false
 * always, so that a failing function ends in `return err_set(err, …)`. A text that is too long ends
 * in "…".
 */
bool err_set(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As err_set(), and appends ": " and what errno means. */
bool err_sys(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Out of memory is an error like any other. */
bool err_memory(struct err *err);

/*
 * Put context before the text that err holds already: "ipv4.conf: " + text. Returns false always.
 */
bool err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * All errors and warnings of a configuration, in the order in which they were found. Zeroed is
 * valid and empty.
 */
struct report {
	struct finding {
		char *text; /* one line, no newline */
		bool is_warning;
	} *findings;
	size_t count;
	unsigned errors; /* how many are errors; one that was lost to lack of memory counts too */
};

void report_error(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void report_warning(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void report_done(struct report *report);

/*
 * Copy text as it may be shown to people: bytes that are not printable ASCII become '?', what does
 * not fit is replaced by "…". For every text from outside that goes into a message. Returns out.
 */
#define SHOWN_SIZE 80
const char *shown(char out[static SHOWN_SIZE], const char *text);

#endif
