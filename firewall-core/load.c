/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy and online vifs → elements → text → kernel and snapshot. */
#include "load.h"
#include "kernel_rules.h"

/* The elements of one vif, whatever was done when it came. */
static bool make_vif(struct elements *elements, const struct policy *policy, const struct vif *vif,
		     struct err *err)
{
	struct vif_routes routes;

	if (!change_find_routes(&routes, policy, vif, err))
		return false;
	ruleset_add_vif(elements, vif);
	ruleset_add_routes(elements, vif, &routes);
	for (unsigned i = 0; i < vif->prefix_count; i++)
		ruleset_add_address(elements, policy, &vif->prefixes[i], &vif->name);
	return true;
}

static bool make(struct elements *elements, struct sets *sets, const struct policy *policy,
		 const struct online *online, struct err *err)
{
	ruleset_add_hosts(elements, policy);
	for (size_t i = 0; i < online->count; i++)
		if (!make_vif(elements, policy, &online->vifs[i], err))
			return false;
	return elements_finish(elements, err) && ruleset_sets(sets, policy, elements, err);
}

bool load_print(FILE *out, const struct policy *policy, const struct online *online,
		struct err *err)
{
	struct elements elements = { 0 };
	struct sets sets = { 0 };
	bool ok = make(&elements, &sets, policy, online, err);

	if (ok)
		ruleset_print(out, policy, &sets, &elements);
	elements_done(&elements);
	sets_done(&sets);
	return ok;
}

static bool apply(const struct policy *policy, const struct sets *sets,
		  const struct elements *elements, struct err *err)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return err_memory(err);
	ruleset_print(out, policy, sets, elements);
	if (fclose(out))
		return err_memory(err);
	return kernel_nft_apply(text, err);
}

bool load_apply(const struct run *run, const struct policy *policy, const struct online *online,
		bool with_guests, struct err *err)
{
	struct elements elements = { 0 };
	struct sets sets = { 0 };
	bool ok = make(&elements, &sets, policy, online, err) &&
		  apply(policy, &sets, &elements, err) &&
		  run_write_snapshot(run, policy, &sets, with_guests, err);

	elements_done(&elements);
	sets_done(&sets);
	return ok;
}
