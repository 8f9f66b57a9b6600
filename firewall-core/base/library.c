/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A soname and names → functions. */
#include "base/library.h"
#include <dlfcn.h>

bool library_load(const char *soname, const struct library_function *functions, size_t count,
		  const char *without, struct err *err)
{
	void *library = dlopen(soname, RTLD_NOW);

	if (!library)
		return err_set(err, "%s: %s", without, dlerror());
	for (size_t i = 0; i < count; i++) {
		void *address = dlsym(library, functions[i].name);

		if (!address)
			return err_set(err, "%s: %s", without, dlerror());
		memcpy(functions[i].slot, &address, sizeof(address));
	}
	return true;
}
