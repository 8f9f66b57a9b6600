/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that came back → neighbours are told again where they are. */
#include "firewall/firewall_return.h"
#include "firewall/firewall_links.h"
#include "kernel/kernel.h"
#include "policy/policy_vif.h"
#include "program/log.h"
#include "state/run.h"
#include "xen/device.h"

/* Who else has it may have it now, and has told so. */
static void drop_shared(struct vif *vif, const struct policy *policy)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct host *host = policy_vif_host(policy, &vif->prefixes[i], &vif->name);

		if (!host || !host->shared)
			vif->prefixes[kept++] = vif->prefixes[i];
	}
	vif->prefix_count = kept;
}

struct returning {
	struct store *store;
	struct snapshot snapshot; /* of the rules that are loaded */
	struct online online;	  /* who returns, and that alone */
};

/* Without its record there is nothing to tell; index: 0 or that of its interface. */
static bool add_vif(struct returning *returning, const struct vif_id *id, uint32_t index,
		    struct err *err)
{
	struct record record;
	bool found;

	if (!record_read(&record, &found, returning->store, id, err))
		return false;
	if (!found || (index && record.vif.index != index))
		return true;
	drop_shared(&record.vif, &returning->snapshot.policy);
	return online_add(&returning->online, &record, err);
}

/* Its own node alone is read, however many there are. */
static bool add_interface(struct returning *returning, uint32_t index, struct err *err)
{
	struct ifname name;
	struct vif_id id;
	struct err gone;

	return !kernel_link_read_name(&name, index, &gone) || !device_read_id(&id, &name) ||
	       add_vif(returning, &id, index, err);
}

static bool add_domain(struct returning *returning, uint32_t domid, struct err *err)
{
	auto_free struct vif_id *ids = NULL;
	size_t count = 0;

	if (!record_add_domain(&ids, &count, returning->store, domid, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add_vif(returning, &ids[i], 0, err))
			return false;
	return true;
}

typedef bool add_function(struct returning *returning, uint32_t number, struct err *err);

static bool add_all(struct returning *returning, add_function *add, const uint32_t *numbers,
		    size_t count, struct err *err)
{
	returning->store = store_open(false, err);
	if (!returning->store)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add(returning, numbers[i], err))
			return false;
	return true;
}

/* Without the lock: it reads what stands there whole or not at all. */
static void tell_of(add_function *add, const uint32_t *numbers, size_t count)
{
	struct run run = { .directory = -1, .lock = -1 };
	struct returning returning = { .store = NULL };
	bool found = false;
	struct err err;
	bool ok = run_open(&run, &err) &&
		  (run_is_stopped(&run) ||
		   run_read_snapshot(&returning.snapshot, &found, &run, &err)) &&
		  (!found || add_all(&returning, add, numbers, count, &err));

	if (!ok)
		log_error("neighbours may not know where guests are that came back: %s", err.text);
	firewall_links_announce_apply(&returning.online);
	online_done(&returning.online);
	store_close(returning.store);
	snapshot_done(&returning.snapshot);
	run_close(&run);
}

void firewall_return_vifs_apply(const uint32_t *indexes, size_t count)
{
	tell_of(add_interface, indexes, count);
}

void firewall_return_domains_apply(const uint32_t *domids, size_t count)
{
	tell_of(add_domain, domids, count);
}
