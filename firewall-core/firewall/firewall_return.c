/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vifs whose guests came back → neighbours are told again where they are. */
#include "firewall/firewall_return.h"
#include "base/array.h"
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

/* The record of this interface; its node alone is read, however many there are. */
static bool read_by_index(struct record *record, bool *found, struct store *store, uint32_t index,
			  struct err *err)
{
	struct ifname name;
	struct vif_id id;
	struct err gone;

	*found = false;
	if (!kernel_link_read_name(&name, index, &gone) || !device_read_id(&id, &name))
		return true;
	if (!record_read(record, found, store, &id, err))
		return false;
	*found = *found && record->vif.index == index;
	return true;
}

static bool read_returned(struct online *online, struct store *store, const struct policy *policy,
			  const uint32_t *indexes, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct record record, *added;
		bool found;

		if (!read_by_index(&record, &found, store, indexes[i], err))
			return false;
		if (!found)
			continue;
		drop_shared(&record.vif, policy);
		added = array_add(&online->records, online->count, sizeof(*added));
		if (!added)
			return err_memory(err);
		*added = record;
		online->count++;
	}
	return true;
}

/* Without the lock: it reads what stands there whole or not at all. */
void firewall_return_apply(const uint32_t *indexes, size_t count)
{
	struct run run = { .directory = -1, .lock = -1 };
	struct snapshot snapshot = { 0 };
	struct online online = { 0 };
	struct store *store = NULL;
	bool found = false;
	struct err err;
	bool ok = run_open(&run, &err) &&
		  (run_is_stopped(&run) || run_read_snapshot(&snapshot, &found, &run, &err));

	if (ok && found) {
		store = store_open(false, &err);
		ok = store && read_returned(&online, store, &snapshot.policy, indexes, count, &err);
	}
	if (!ok)
		log_error("neighbours may not know where guests are that came back: %s", err.text);
	firewall_links_announce_apply(&online);
	online_done(&online);
	store_close(store);
	snapshot_done(&snapshot);
	run_close(&run);
}
