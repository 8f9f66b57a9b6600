/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that grow, as a pointer and a count. */
#ifndef ARRAY_H
#define ARRAY_H

#include "base/cleanup.h"
#include <stdint.h>

/*
 * Give the array at *slot, of count elements of size bytes, room for one more, and return that
 * one, zeroed; the caller counts it. It may move the others. NULL when there is no memory; then
 * nothing has changed.
 *
 * The capacity is the next power of two, and so needs no field: there is room unless count is one.
 */
static inline void *array_add(void *slot, size_t count, size_t size)
{
	void *array, *grown;

	memcpy(&array, slot, sizeof(array));
	if ((count & (count - 1)) == 0) {
		if (count > SIZE_MAX / 2)
			return NULL;
		grown = reallocarray(array, count ? 2 * count : 1, size);
		if (!grown)
			return NULL;
		memcpy(slot, &grown, sizeof(grown));
		array = grown;
	}
	return memset((char *)array + count * size, 0, size);
}

#endif
