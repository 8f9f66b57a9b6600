/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes that changed hands → one purge of connection tracking for all of them. */
#include "operation/release.h"
#include "base/array.h"
#include "kernel/kernel.h"

bool release_add(struct release *release, const struct prefix *prefix, struct err *err)
{
	struct prefix *added;

	if (release->count && prefix_is_among(release->prefixes, release->count, prefix))
		return true;
	added = array_add(&release->prefixes, release->count, sizeof(*added));
	if (!added)
		return kernel_conntrack_purge_apply(prefix, 1, err);
	*added = *prefix;
	release->count++;
	return true;
}

bool release_apply(struct release *release, struct err *err)
{
	bool ok = kernel_conntrack_purge_apply(release->prefixes, (unsigned)release->count, err);

	free(release->prefixes);
	*release = (struct release){ 0 };
	return ok;
}
