/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks → TAP on stdout, the plan last; the exit status says whether all of them held. */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned tap_count, tap_failed;

static inline void __attribute__((format(printf, 2, 3))) ok(bool holds, const char *name, ...)
{
	va_list args;

	printf("%s %u - ", holds ? "ok" : "not ok", ++tap_count);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	putchar('\n');
	tap_failed += !holds;
}

/* Two texts are the same; what they are goes out with the failure. */
static inline void is_text(const char *is, const char *should, const char *name)
{
	bool holds = strcmp(is, should) == 0;

	ok(holds, "%s", name);
	if (!holds)
		printf("# is     %s\n# should %s\n", is, should);
}

static inline int tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
