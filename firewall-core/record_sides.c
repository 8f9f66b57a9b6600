/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which vifs have addresses in a network ↔ nodes in xenstore:
 *
 *     taofirewall/network/<network> = "2 1"	how many are routed, how many are bridged
 *     taofirewall/network/<network>/<routed or bridged>/<domid>-<devid> = side_print()
 *
 * The numbers tell when the last one goes, and whether it is worth a look, without a list that may
 * be long.
 */
#include "array.h"
#include "record.h"

static const char *const folders[] = { "routed", "bridged" };

static const char *network_path(char out[static STORE_PATH_SIZE], const struct prefix *network)
{
	char name[PREFIX_TEXT];

	snprintf(out, STORE_PATH_SIZE, "%s/network/%s", store_folder(), record_name(name, network));
	return out;
}

/* counts[true] are bridged. */
static bool read_counts(unsigned long counts[static 2], struct store *store, const char *path,
			struct err *err)
{
	char value[STORE_VALUE_SIZE], *rest = value;

	if (!store_read(value, NULL, store, path, err))
		return false;
	counts[0] = strtoul(rest, &rest, 10);
	counts[1] = strtoul(rest, &rest, 10);
	return true;
}

static bool write_counts(struct store *store, const char *path,
			 const unsigned long counts[static 2], struct err *err)
{
	char value[STORE_VALUE_SIZE];

	if (!counts[0] && !counts[1])
		return store_remove(store, path, err);
	snprintf(value, sizeof(value), "%lu %lu", counts[0], counts[1]);
	return store_write(store, path, value, err);
}

/* The name of a vif's node. */
static const char *print_name(char out[static VIF_ID_TEXT], const struct vif_id *id)
{
	vif_id_print(out, id);
	out[strcspn(out, "/")] = '-';
	return out;
}

/* side  NULL: it is not there any more */
static bool write_node(struct store *store, const char *path, bool bridged, const struct vif_id *id,
		       const struct side *side, struct err *err)
{
	char node[2 * STORE_PATH_SIZE], value[STORE_VALUE_SIZE], name[VIF_ID_TEXT];
	unsigned long counts[2];
	bool was_there;

	snprintf(node, sizeof(node), "%s/%s/%s", path, folders[bridged], print_name(name, id));
	if (!store_read(value, &was_there, store, node, err))
		return false;
	if (side && !side_print(value, sizeof(value), side))
		return err_set(err, "its addresses are too many for xenstore");
	if (side ? !store_write(store, node, value, err)
		 : was_there && !store_remove(store, node, err))
		return false;
	if (was_there == (side != NULL))
		return true;
	if (!read_counts(counts, store, path, err))
		return false;
	counts[bridged] += side ? 1 : -1UL;
	return write_counts(store, path, counts, err);
}

bool record_write_side(struct store *store, const struct record *record, bool is_there,
		       struct err *err)
{
	struct side side = side_of_vif(&record->vif, record->uplink.index);
	struct prefix networks[VIF_PREFIXES_MAX];
	unsigned count = side_networks(networks, &side);
	const struct vif_id *id = &record->vif.id;

	for (unsigned i = 0; i < count; i++) {
		char path[STORE_PATH_SIZE];

		network_path(path, &networks[i]);
		for (int bridged = 0; bridged < 2; bridged++)
			/* Where a record can't be read, nobody knows on which side it was. */
			if ((bridged == side.is_bridged || !is_there) &&
			    !write_node(store, path, bridged, id, is_there ? &side : NULL, err))
				return false;
	}
	return true;
}

static bool read_side(struct side **sides, size_t *count, struct store *store, const char *node,
		      struct err *err)
{
	char value[STORE_VALUE_SIZE];
	struct side *added;
	bool found;

	if (!store_read(value, &found, store, node, err))
		return false;
	if (!found)
		return true;
	added = array_add(sides, *count, sizeof(*added));
	if (!added)
		return err_memory(err);
	if (!side_parse(added, value, err))
		return err_prefix(err, "xenstore: %s: ", node);
	(*count)++;
	return true;
}

bool record_read_sides(struct side **sides, size_t *count, struct store *store,
		       const struct prefix *network, bool bridged, const struct vif_id *except,
		       struct err *err)
{
	char path[STORE_PATH_SIZE], folder[2 * STORE_PATH_SIZE], node[3 * STORE_PATH_SIZE];
	char own[VIF_ID_TEXT];
	auto_free char **names = NULL;
	unsigned long counts[2];
	unsigned name_count;

	*sides = NULL;
	*count = 0;
	network_path(path, network);
	print_name(own, except);
	if (!read_counts(counts, store, path, err))
		return false;
	if (!counts[bridged])
		return true;
	snprintf(folder, sizeof(folder), "%s/%s", path, folders[bridged]);
	if (!store_list(&names, &name_count, store, folder, err))
		return false;
	for (unsigned i = 0; i < name_count; i++) {
		snprintf(node, sizeof(node), "%s/%s", folder, names[i]);
		if (strcmp(names[i], own) && !read_side(sides, count, store, node, err)) {
			free(*sides);
			*sides = NULL;
			return false;
		}
	}
	return true;
}
