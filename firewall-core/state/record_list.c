/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folders of xenstore → which vifs have a record. */
#include "state/record.h"

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
	auto_free char **domains = NULL;
	char path[STORE_PATH_SIZE];
	unsigned domain_count;

	if (!store_list(&domains, &domain_count, store, folder, err))
		return false;
	for (unsigned i = 0; i < domain_count; i++) {
		snprintf(path, sizeof(path), "%.200s/%.20s", folder, domains[i]);
		if (!add_devices(ids, count, store, path, err))
			return false;
	}
	return true;
}

static bool list_all(struct vif_id **ids, size_t *count, struct store *store, struct err *err)
{
	auto_free char **numbers = NULL;
	char folder[STORE_PATH_SIZE], path[STORE_PATH_SIZE];
	unsigned number_count;

	snprintf(folder, sizeof(folder), "%s/domain", store_folder());
	if (!store_list(&numbers, &number_count, store, folder, err))
		return false;
	for (unsigned i = 0; i < number_count; i++) {
		snprintf(path, sizeof(path), "%.200s/%.20s", folder, numbers[i]);
		if (!add_domains(ids, count, store, path, err))
			return false;
	}
	snprintf(folder, sizeof(folder), "%s/vif", store_folder()); /* an older version's */
	return add_domains(ids, count, store, folder, err);
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
