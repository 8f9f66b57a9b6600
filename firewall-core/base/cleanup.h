/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locals that free and close themselves, so that every early `return false` is clean. */
#ifndef CLEANUP_H
#define CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUST_USE __attribute__((warn_unused_result))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define auto_free __attribute__((cleanup(cleanup_free)))
#define auto_close __attribute__((cleanup(cleanup_close)))
#define auto_fclose __attribute__((cleanup(cleanup_fclose)))

static inline void cleanup_free(void *slot)
{
	void *memory;

	memcpy(&memory, slot, sizeof(memory));
	free(memory);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

#endif
