/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of attaches and the toolstack's backend nodes → the vifs that are online. */
#include "online.h"
#include "array.h"
#include "device.h"

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
static bool is_there(const struct record *record)
{
	struct err ignored;
	struct ifname name;
	uint32_t index;
	bool found;

	return device_read(&name, &index, &found, &record->vif.id, record->vif.index, &ignored) &&
	       found && index == record->vif.index;
}

/* Whoever moved it to another bridge since its attach, or made that anew, will have meant it. */
static void read_bridge(struct record *record)
{
	struct vif *vif = &record->vif;
	struct ifname bridge;
	uint32_t index;

	if (!vif->bridge_index || !device_read_bridge(&bridge, &index, &vif->name))
		return;
	record->is_moved = index != vif->bridge_index;
	vif->bridge = bridge;
	vif->bridge_index = index;
}

/* *is_known: the vif has a record, so its backend nodes need not be looked at. */
static bool read_recorded(struct online *online, bool *is_known, struct store *store,
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
	if (!is_there(&record))
		return add_record(&online->stale, &online->stale_count, &record, err);
	read_bridge(&record);
	return add_record(&online->records, &online->count, &record, err);
}

static bool read_key(char value[static STORE_VALUE_SIZE], struct store *store,
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

/* A guest of another script. State 4 is XenbusStateConnected, xen/include/public/io/xenbus.h. */
static bool read_foreign(struct online *online, struct store *store, const struct vif_id *id,
			 struct report *report, struct err *err)
{
	char value[STORE_VALUE_SIZE];
	struct record record = { .vif.id = *id };
	struct vif *vif = &record.vif;
	struct err why;
	bool found;

	if (!read_key(value, store, id, "state") || strcmp(value, "4") ||
	    !read_key(value, store, id, "online") || strcmp(value, "1"))
		return true;
	if (!device_read(&vif->name, &vif->index, &found, id, 0, &why)) {
		report_warning(report, "%s: it is left out, its traffic is dropped", why.text);
		return true;
	}
	if (!found || (!device_read_bridge(&vif->bridge, &vif->bridge_index, &vif->name) &&
		       device_has_master(&vif->name)))
		return true;
	if (!vif->bridge_index && !add_foreign(online, vif->index, err))
		return false;
	if (!read_key(value, store, id, "ip"))
		value[0] = '\0';
	if (!*value && !vif->bridge_index) {
		report_warning(report, "%s has no ip=, its traffic is dropped", vif->name.text);
		return true;
	}
	if (!vif_parse_ip(vif, value, &why) || !read_key(value, store, id, "mac") ||
	    !mac_parse(&vif->mac, value, &why)) {
		report_warning(report, "%s is left out, its traffic is dropped: %s", vif->name.text,
			       why.text);
		return true;
	}
	return add_record(&online->records, &online->count, &record, err);
}

static bool is_listed(const struct vif_id *ids, size_t count, const struct vif_id *id)
{
	for (size_t i = 0; i < count; i++)
		if (vif_id_equal(&ids[i], id))
			return true;
	return false;
}

static bool read_domain(struct online *online, struct store *store, const char *domain,
			const struct vif_id *known, size_t known_count, struct report *report,
			struct err *err)
{
	char path[STORE_PATH_SIZE], text[VIF_ID_TEXT];
	auto_free char **devices = NULL;
	struct vif_id id;
	unsigned count;

	snprintf(path, sizeof(path), BACKENDS "/%s", domain);
	if (!store_list(&devices, &count, store, path, err))
		return false;
	for (unsigned i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%s/%s", domain, devices[i]);
		if (!vif_id_parse(&id, text) || is_listed(known, known_count, &id))
			continue;
		if (!read_foreign(online, store, &id, report, err))
			return false;
	}
	return true;
}

static bool read_all(struct online *online, struct store *store, struct report *report,
		     struct err *err)
{
	auto_free struct vif_id *ids = NULL;
	auto_free char **domains = NULL;
	size_t count, known = 0;
	unsigned domain_count;
	bool is_known;

	if (!record_list(&ids, &count, store, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!read_recorded(online, &is_known, store, &ids[i], report, err))
			return false;
		if (is_known)
			ids[known++] = ids[i];
	}
	if (!store_list(&domains, &domain_count, store, BACKENDS, err))
		return false;
	for (unsigned i = 0; i < domain_count; i++)
		if (!read_domain(online, store, domains[i], ids, known, report, err))
			return false;
	return true;
}

bool online_read(struct online *online, struct store *store, struct report *report, struct err *err)
{
	struct online read = { 0 };

	if (!read_all(&read, store, report, err)) {
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
		if (record->metric && /* an attach of ours gave it one */
		    !add_record(&online->stale, &online->stale_count, record, err))
			return false;
	}
	online->count = kept;
	return true;
}

void online_done(struct online *online)
{
	free(online->records);
	free(online->stale);
	free(online->foreign);
	*online = (struct online){ 0 };
}

bool online_read_owners(struct owners *there, struct owners *gone, struct store *store,
			const struct prefix *prefix, const struct vif_id *except, struct err *err)
{
	struct owners all;

	if (!record_read_owners(&all, store, prefix, except, err))
		return false;
	*there = *gone = (struct owners){ 0 };
	for (unsigned i = 0; i < all.count; i++) {
		struct owners *owners = gone;
		struct record record;
		struct err ignored;
		bool found;

		if (record_read(&record, &found, store, &all.owner[i].id, &ignored) && found &&
		    is_there(&record))
			owners = there;
		owners->owner[owners->count++] = all.owner[i];
	}
	return true;
}
