/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A shared library that not every machine has, loaded when it is needed. */
#ifndef LIBRARY_H
#define LIBRARY_H

#include "base/err.h"

struct library_function {
	const char *name;
	void *slot; /* a pointer to it, of the type that the library's header gives it */
};

/* Of a struct whose members are called as the functions are. */
/* clang-format off */
#define LIBRARY_FUNCTION(library, name) { #name, &(library).name }
/* clang-format on */

/*
 * Load a library by its soname and find its functions. It stays. Fails when it, or one of them, is
 * not here; the error ends with what the loader says.
 *
 * without  what there is not then, for the error: "no ruleset can be loaded"
 */
bool library_load(const char *soname, const struct library_function *functions, size_t count,
		  const char *without, struct err *err) MUST_USE;

#endif
