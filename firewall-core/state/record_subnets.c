/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which vifs have addresses in a network ↔ nodes in xenstore:
 *
 *     taofirewall/subnet/<number>/<network> = "2 1"	how many are routed, how many are bridged
 *     …/<network>/<routed or bridged>/<number>/<domid>-<devid> = ""
 *
 * The numbers of vifs tell when the last one goes, and whether it is worth a look.
 */
#include "base/number.h"
#include "state/record.h"

static const char *const folders[] = { "routed", "bridged" };

/* Of networks: of 5,000 each folder has forty or so. */
#define FOLDERS 128
static const char *network_path(char out[static STORE_PATH_SIZE], const struct prefix *network)
{
	char name[PREFIX_TEXT];

	snprintf(out, STORE_PATH_SIZE, "%s/subnet/%u/%s", store_folder(),
		 record_folder(network, FOLDERS), record_name(name, network));
	return out;
}

/* counts[true] are bridged. */
static bool read_counts(uint32_t counts[static 2], struct store *store, const char *path,
			struct err *err)
{
	char value[STORE_VALUE_SIZE];
	const char *rest = value;

	counts[0] = counts[1] = 0;
	if (!store_read(value, NULL, store, path, err))
		return false;
	return !*value ||
	       (number_read(&counts[0], &rest, UINT32_MAX) && *rest++ == ' ' &&
		number_parse(&counts[1], rest, UINT32_MAX)) ||
	       err_set(err, "xenstore: %s has unexpected contents", path);
}

static bool write_counts(struct store *store, const char *path, const uint32_t counts[static 2],
			 struct err *err)
{
	char value[STORE_VALUE_SIZE];

	if (!counts[0] && !counts[1])
		return store_remove_upwards(store, path, 1, err);
	snprintf(value, sizeof(value), "%u %u", counts[0], counts[1]);
	return store_write(store, path, value, err);
}

/* The name of a vif's node. */
static const char *print_node_name(char out[static VIF_ID_TEXT], const struct vif_id *id)
{
	vif_id_print(out, id);
	out[strcspn(out, "/")] = '-';
	return out;
}

static bool write_node(struct store *store, const char *path, bool bridged, const struct vif_id *id,
		       bool is_there, struct err *err)
{
	char node[STORE_PATH_SIZE], value[STORE_VALUE_SIZE], name[VIF_ID_TEXT];
	uint32_t counts[2];
	bool was_there;

	snprintf(node, sizeof(node), "%.150s/%s/%u/%s", path, folders[bridged],
		 id->domid / RECORD_DOMAINS, print_node_name(name, id));
	if (!store_read(value, &was_there, store, node, err))
		return false;
	if (was_there == is_there)
		return true;
	if (is_there ? !store_write(store, node, "", err)
		     : !store_remove_upwards(store, node, 1, err))
		return false;
	if (!read_counts(counts, store, path, err))
		return false;
	counts[bridged] += is_there ? 1 : -1U;
	return write_counts(store, path, counts, err);
}

bool record_write_subnets(struct store *store, const struct record *record, bool is_there,
			  struct err *err)
{
	struct subnet_member member = subnet_member_of_vif(&record->vif, record->uplink.index);
	struct prefix networks[VIF_PREFIXES_MAX];
	unsigned count = subnet_member_networks(networks, &member);
	const struct vif_id *id = &record->vif.id;

	for (unsigned i = 0; i < count; i++) {
		char path[STORE_PATH_SIZE];

		network_path(path, &networks[i]);
		for (int bridged = 0; bridged < 2; bridged++)
			/* Where a record can't be read, nobody knows whether it was bridged. */
			if ((bridged == member.is_bridged || !is_there) &&
			    !write_node(store, path, bridged, id, is_there, err))
				return false;
	}
	return true;
}

static bool parse_node_name(struct vif_id *id, const char *name)
{
	char text[VIF_ID_TEXT];

	snprintf(text, sizeof(text), "%s", name);
	text[strcspn(text, "-")] = '/';
	return vif_id_parse(id, text);
}

static bool add_folder(struct vif_id **ids, size_t *count, struct store *store, const char *folder,
		       struct err *err)
{
	auto_free char **names = NULL;
	struct vif_id id;
	unsigned name_count;

	if (!store_list(&names, &name_count, store, folder, err))
		return false;
	for (unsigned i = 0; i < name_count; i++)
		if (parse_node_name(&id, names[i]) && !vif_id_is_among(*ids, *count, &id) &&
		    !vif_id_add(ids, count, &id, err))
			return false;
	return true;
}

bool record_add_members(struct vif_id **ids, size_t *count, struct store *store,
			const struct prefix *network, bool bridged, struct err *err)
{
	char path[STORE_PATH_SIZE];
	uint32_t counts[2];

	network_path(path, network);
	if (!read_counts(counts, store, path, err))
		return false;
	if (!counts[bridged])
		return true;
	snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%s", folders[bridged]);
	return record_add_below(ids, count, store, path, add_folder, err);
}
