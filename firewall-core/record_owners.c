/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has an address: a node in xenstore for each, of which all its vifs take part. */
#include "record.h"

const char *record_name(char out[static PREFIX_TEXT], const struct prefix *prefix)
{
	prefix_print(out, prefix);
	for (char *c = out; *c; c++)
		if (*c == '/')
			*c = '_';
		else if (*c == '.' || *c == ':')
			*c = '-';
	return out;
}

static const char *owners_path(char out[static STORE_PATH_SIZE], const struct prefix *prefix)
{
	char name[PREFIX_TEXT];

	snprintf(out, STORE_PATH_SIZE, "%s/address/%s", store_folder(), record_name(name, prefix));
	return out;
}

static bool owners_read(struct owners *owners, struct store *store, const char *path,
			const struct vif_id *except, struct err *err)
{
	char value[STORE_VALUE_SIZE], *rest = NULL, *at;

	*owners = (struct owners){ 0 };
	if (!store_read(value, NULL, store, path, err))
		return false;
	for (char *word = strtok_r(value, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		struct owner owner;

		at = strchr(word, '@');
		if (!at || owners->count == OWNERS_MAX)
			return err_set(err, "xenstore: %s is none of ours", path);
		*at = '\0';
		owner.metric = (uint32_t)strtoul(at + 1, NULL, 10);
		if (!vif_id_parse(&owner.id, word))
			return err_set(err, "xenstore: %s is none of ours", path);
		if (!vif_id_equal(&owner.id, except))
			owners->owner[owners->count++] = owner;
	}
	return true;
}

static bool owners_write(struct store *store, const char *path, const struct owners *owners,
			 struct err *err)
{
	char value[STORE_VALUE_SIZE] = "", text[VIF_ID_TEXT];
	size_t used = 0;

	if (!owners->count)
		return store_remove(store, path, err);
	for (unsigned i = 0; i < owners->count; i++)
		used += (size_t)snprintf(value + used, sizeof(value) - used, "%s%s@%u",
					 used ? " " : "", vif_id_print(text, &owners->owner[i].id),
					 owners->owner[i].metric);
	return store_write(store, path, value, err);
}

unsigned record_owned(struct prefix owned[static OWNED_MAX], const struct vif *vif)
{
	unsigned count = vif->prefix_count;

	memcpy(owned, vif->prefixes, count * sizeof(*owned));
	if (vif->bridge_index)
		owned[count++] = mac_link_local(&vif->mac);
	return count;
}

bool record_read_owners(struct owners *owners, struct store *store, const struct prefix *prefix,
			const struct vif_id *except, struct err *err)
{
	char path[STORE_PATH_SIZE];

	return owners_read(owners, store, owners_path(path, prefix), except, err);
}

static bool write_owner(struct store *store, const struct record *record,
			const struct prefix *prefix, bool owns, struct err *err)
{
	char path[STORE_PATH_SIZE], text[PREFIX_TEXT];
	struct owners owners;

	owners_path(path, prefix);
	if (!owners_read(&owners, store, path, &record->vif.id, err))
		return false;
	if (owns && owners.count == OWNERS_MAX)
		return err_set(err, "%s: %d other vifs have this address, one too many",
			       prefix_print(text, prefix), OWNERS_MAX);
	if (owns)
		owners.owner[owners.count++] = (struct owner){ record->vif.id, record->metric };
	return owners_write(store, path, &owners, err);
}

bool record_write_owners(struct store *store, const struct record *record, bool owns,
			 struct err *err)
{
	struct prefix owned[OWNED_MAX];
	unsigned count = record_owned(owned, &record->vif);

	for (unsigned i = 0; i < count; i++)
		if (!write_owner(store, record, &owned[i], owns, err))
			return false;
	return true;
}
