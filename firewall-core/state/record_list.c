/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folders of xenstore → which vifs have a record. */
#include "state/record.h"

bool record_add_below(struct vif_id **ids, size_t *count, struct store *store, const char *folder,
		      record_add_function *add, struct err *err)
{
	auto_free char **names = NULL;
	char path[STORE_PATH_SIZE];
	unsigned name_count;

	if (!store_list(&names, &name_count, store, folder, err))
		return false;
	for (unsigned i = 0; i < name_count; i++) {
		snprintf(path, sizeof(path), "%.200s/%.50s", folder, names[i]);
		if (!add(ids, count, store, path, err))
			return false;
	}
	return true;
}

/* The folder's own name is the domain's. */
static bool add_devices(struct vif_id **ids, size_t *count, struct store *store, const char *folder,
			struct err *err)
{
	auto_free char **names = NULL;
	char text[STORE_PATH_SIZE];
	struct vif_id id;
	unsigned name_count;

	if (!store_list(&names, &name_count, store, folder, err))
		return false;
	for (unsigned i = 0; i < name_count; i++) {
		snprintf(text, sizeof(text), "%.20s/%.40s", strrchr(folder, '/') + 1, names[i]);
		if (vif_id_parse(&id, text) && !vif_id_is_among(*ids, *count, &id) &&
		    !vif_id_add(ids, count, &id, err))
			return false;
	}
	return true;
}

bool record_add_domain(struct vif_id **ids, size_t *count, struct store *store, uint32_t domid,
		       struct err *err)
{
	char folder[STORE_PATH_SIZE], old[STORE_PATH_SIZE];

	snprintf(folder, sizeof(folder), "%s/domain/%u/%u", store_folder(), domid / RECORD_DOMAINS,
		 domid);
	snprintf(old, sizeof(old), "%s/vif/%u", store_folder(), domid);
	return add_devices(ids, count, store, folder, err) &&
	       add_devices(ids, count, store, old, err);
}

static bool add_domains(struct vif_id **ids, size_t *count, struct store *store, const char *folder,
			struct err *err)
{
	return record_add_below(ids, count, store, folder, add_devices, err);
}

static bool list_all(struct vif_id **ids, size_t *count, struct store *store, struct err *err)
{
	char folder[STORE_PATH_SIZE], old[STORE_PATH_SIZE];

	snprintf(folder, sizeof(folder), "%s/domain", store_folder());
	snprintf(old, sizeof(old), "%s/vif", store_folder());
	return record_add_below(ids, count, store, folder, add_domains, err) &&
	       add_domains(ids, count, store, old, err);
}

bool record_list(struct vif_id **ids, size_t *count, struct store *store, struct err *err)
{
	*ids = NULL;
	*count = 0;
	if (list_all(ids, count, store, err))
		return true;
	free(*ids);
	*ids = NULL;
	return false;
}
