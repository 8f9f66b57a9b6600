/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of the administrator's → its bytes. */
#ifndef FILE_H
#define FILE_H

#include "base/err.h"

/*
 * Read the regular file directory_fd/path as a whole.
 *
 * bytes  Owner: the caller, who frees them
 * most   bytes at the most
 *
 * Fails when it is no regular file, writable by everybody, or larger. The error does not name it.
 * Whether it is trusted, as the configuration has to be, the caller asks before: trust.h.
 */
bool file_read(char **bytes, size_t *length, int directory_fd, const char *path, size_t most,
	       struct err *err) MUST_USE;

#endif
