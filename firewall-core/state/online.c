/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of attaches and the toolstack's backend nodes → the vifs that are online. */
#include "state/online.h"
#include "base/array.h"
#include "xen/device.h"

#define BACKENDS "backend/vif"

static bool add_record(struct record **records, size_t *count, const struct record *record,
		       struct err *err)
{
	struct record *added = array_add(records, *count, sizeof(*added));

	if (!added)
		return err_memory(err);
	*added = *record;
	(*count)++;
	return true;
}

/* Is the interface there that the record's vif was attached with? */
static bool is_vif_there(const struct record *record)
{
	struct err ignored;
	struct ifname name;
	uint32_t index;
	bool found;

	return device_read(&name, &index, &found, &record->vif.id, record->vif.index, &ignored) &&
	       found && index == record->vif.index;
}

/* A port of something that is no bridge of the kernel's. */
static void warn_switched(struct report *report, struct vif *vif, const struct ifname *master)
{
	struct err why;

	if (vif_judge(vif, VIF_SWITCHED, "", &why) == VIF_MISSED)
		report_warning(report, "%s, a port of %s, is neither filtered nor protected: %s",
			       vif->name.text, master->text, why.text);
}

/*
 * Whoever moved it to another bridge since its attach will have meant it. On none it waits for its
 * own, which may have been made anew.
 */
static void read_current_master(struct record *record, struct report *report)
{
	struct vif *vif = &record->vif;
	struct ifname master;
	uint32_t index;
	bool has_master = device_read_master(&master, &index, &vif->name);

	record->is_switched = has_master && !index;
	if (record->is_switched) {
		warn_switched(report, vif, &master);
	} else if (vif->bridge_index && has_master) {
		record->is_moved = index != vif->bridge_index;
		vif->bridge = master;
		vif->bridge_index = index;
	} else if (vif->bridge_index) {
		record->is_lost = true;
		index = if_nametoindex(vif->bridge.text);
		vif->bridge_index = index ? index : vif->bridge_index;
	}
}

bool online_add(struct online *online, const struct record *record, struct err *err)
{
	return add_record(&online->records, &online->count, record, err);
}

bool online_add_stale(struct online *online, const struct record *record, struct err *err)
{
	return add_record(&online->stale, &online->stale_count, record, err);
}

bool online_read_vif(struct online *online, bool *is_known, struct store *store,
		     const struct vif_id *id, struct report *report, struct err *err)
{
	struct record record;
	char text[VIF_ID_TEXT];
	struct err why;
	bool found;

	*is_known = false;
	if (!record_read(&record, &found, store, id, &why)) {
		report_warning(report, "vif %s is left out, its traffic is dropped: %s",
			       vif_id_print(text, id), why.text);
		return true;
	}
	if (!found)
		return true;
	*is_known = true;
	if (!is_vif_there(&record))
		return online_add_stale(online, &record, err);
	read_current_master(&record, report);
	return online_add(online, &record, err);
}

static bool read_backend_key(char value[static STORE_VALUE_SIZE], struct store *store,
			     const struct vif_id *id, const char *key)
{
	char path[STORE_PATH_SIZE], text[VIF_ID_TEXT];
	struct err ignored;
	bool found;

	snprintf(path, sizeof(path), BACKENDS "/%s/%s", vif_id_print(text, id), key);
	return store_read(value, &found, store, path, &ignored) && found;
}

static bool add_foreign(struct online *online, uint32_t index, struct err *err)
{
	uint32_t *added = array_add(&online->foreign, online->foreign_count, sizeof(*added));

	if (!added)
		return err_memory(err);
	*added = index;
	online->foreign_count++;
	return true;
}

/* Where it is, and what becomes of it there. */
static enum vif_fate judge_foreign_vif(struct vif *vif, struct store *store, struct report *report)
{
	char ip[STORE_VALUE_SIZE], mac[STORE_VALUE_SIZE];
	enum vif_place place = VIF_ROUTED;
	enum vif_fate fate;
	struct err why;

	if (device_read_master(&vif->bridge, &vif->bridge_index, &vif->name))
		place = vif->bridge_index ? VIF_BRIDGED : VIF_SWITCHED;
	if (!read_backend_key(ip, store, &vif->id, "ip"))
		ip[0] = '\0';
	if (!read_backend_key(mac, store, &vif->id, "mac"))
		mac[0] = '\0';
	fate = vif_judge(vif, place, ip, &why);
	if (fate == VIF_HELD && !mac_parse(&vif->mac, mac, &why))
		fate = VIF_CLOSED;
	switch (fate) {
	case VIF_HELD:
		break;
	case VIF_CLOSED:
		report_warning(report, "%s is left out, its traffic is dropped: %s", vif->name.text,
			       why.text);
		break;
	case VIF_MISSED:
		warn_switched(report, vif, &vif->bridge);
		break;
	}
	return fate;
}

/* A guest of another script. State 4 is XenbusStateConnected, xen/include/public/io/xenbus.h. */
static bool read_foreign(struct online *online, struct store *store, const struct vif_id *id,
			 struct report *report, struct err *err)
{
	char value[STORE_VALUE_SIZE];
	struct record record = { .vif = { .id = *id, .is_foreign = true } };
	struct vif *vif = &record.vif;
	enum vif_fate fate;
	struct err why;
	bool found;

	if (!read_backend_key(value, store, id, "state") || strcmp(value, "4") ||
	    !read_backend_key(value, store, id, "online") || strcmp(value, "1"))
		return true;
	if (!device_read(&vif->name, &vif->index, &found, id, 0, &why)) {
		report_warning(report, "%s: it is left out, its traffic is dropped", why.text);
		return true;
	}
	if (!found)
		return true;
	fate = judge_foreign_vif(vif, store, report);
	if ((fate == VIF_CLOSED || (fate == VIF_HELD && !vif->bridge_index)) &&
	    !add_foreign(online, vif->index, err))
		return false;
	return fate != VIF_HELD || online_add(online, &record, err);
}

/* Without a kernel that knows, xenstore has to. */
static bool list_in_store(struct vif_id **ids, size_t *count, struct store *store, struct err *err)
{
	auto_free uint32_t *domids = NULL;
	size_t domain_count;

	if (!store_list_domains(&domids, &domain_count, store, BACKENDS, err))
		return false;
	for (size_t i = 0; i < domain_count; i++) {
		char path[STORE_PATH_SIZE], text[STORE_PATH_SIZE];
		auto_free char **devices = NULL;
		struct vif_id id;
		unsigned device_count;

		snprintf(path, sizeof(path), BACKENDS "/%u", domids[i]);
		if (!store_list(&devices, &device_count, store, path, err))
			return false;
		for (unsigned j = 0; j < device_count; j++) {
			snprintf(text, sizeof(text), "%u/%.40s", domids[i], devices[j]);
			if (vif_id_parse(&id, text) && !vif_id_add(ids, count, &id, err))
				return false;
		}
	}
	return true;
}

/* known  vifs that have a record */
static bool read_others(struct online *online, struct store *store, const struct vif_id *known,
			size_t known_count, struct report *report, struct err *err)
{
	auto_free struct vif_id *ids = NULL;
	size_t count;
	bool knows;

	if (!device_list(&ids, &count, &knows, err) ||
	    (!knows && !list_in_store(&ids, &count, store, err)))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!vif_id_is_among(known, known_count, &ids[i]) &&
		    !read_foreign(online, store, &ids[i], report, err))
			return false;
	return true;
}

static bool read_online_vifs(struct online *online, struct store *store, struct report *report,
			     struct err *err)
{
	auto_free struct vif_id *ids = NULL;
	size_t count, known = 0;
	bool is_known;

	if (!record_list(&ids, &count, store, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!online_read_vif(online, &is_known, store, &ids[i], report, err))
			return false;
		if (is_known)
			ids[known++] = ids[i];
	}
	return read_others(online, store, ids, known, report, err);
}

bool online_read(struct online *online, struct store *store, struct report *report, struct err *err)
{
	struct online read = { 0 };

	if (!read_online_vifs(&read, store, report, err)) {
		online_done(&read);
		return false;
	}
	*online = read;
	return true;
}

bool online_leave_out(struct online *online, const struct domains *running, struct report *report,
		      struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < online->count; i++) {
		const struct record *record = &online->records[i];
		const struct vif *vif = &record->vif;

		if (domains_has(running, vif->id.domid)) {
			online->records[kept++] = *record;
			continue;
		}
		report_warning(report,
			       "%s is no guest's: there is no domain %u any more, and what "
			       "xenstore says of it is left over",
			       vif->name.text, vif->id.domid);
		if (!record->vif.is_foreign && !online_add_stale(online, record, err))
			return false;
	}
	online->count = kept;
	return true;
}

void online_forget(struct online *online, const struct vif_id *id)
{
	size_t kept = 0;

	for (size_t i = 0; i < online->count; i++)
		if (!vif_id_equal(&online->records[i].vif.id, id))
			online->records[kept++] = online->records[i];
	online->count = kept;
}

bool online_close(struct online *online, size_t i, struct err *err)
{
	const struct vif *vif = &online->records[i].vif;

	if (vif->bridge_index && !add_foreign(online, vif->index, err)) /* of others it is there */
		return false;
	online->count--;
	memmove(&online->records[i], &online->records[i + 1],
		(online->count - i) * sizeof(*online->records));
	return true;
}

void online_done(struct online *online)
{
	free(online->records);
	free(online->stale);
	free(online->foreign);
	*online = (struct online){ 0 };
}
