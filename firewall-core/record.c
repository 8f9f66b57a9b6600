/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of an attach ↔ nodes in xenstore. */
#include "record.h"
#include <stdarg.h>

/* A path below the record of a vif. */
static const char *record_path(char out[static STORE_PATH_SIZE], const struct vif_id *id,
			       const char *key)
{
	char text[VIF_ID_TEXT];

	snprintf(out, STORE_PATH_SIZE, "%s/vif/%s%s%s", store_folder(), vif_id_print(text, id),
		 *key ? "/" : "", key);
	return out;
}

/* xenstore's names have neither dots nor colons: 192-0-2-10, 2001-db8--10, 192-0-2-0_28. */
static const char *owners_path(char out[static STORE_PATH_SIZE], const struct prefix *prefix)
{
	char text[PREFIX_TEXT];

	prefix_print(text, prefix);
	for (char *c = text; *c; c++)
		if (*c == '/')
			*c = '_';
		else if (*c == '.' || *c == ':')
			*c = '-';
	snprintf(out, STORE_PATH_SIZE, "%s/address/%s", store_folder(), text);
	return out;
}

static bool write_key(struct store *store, const struct record *record, struct err *err,
		      const char *key, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
static bool write_key(struct store *store, const struct record *record, struct err *err,
		      const char *key, const char *format, ...)
{
	char path[STORE_PATH_SIZE], value[STORE_VALUE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(value, sizeof(value), format, arguments);
	va_end(arguments);
	return store_write(store, record_path(path, &record->vif.id, key), value, err);
}

static const char *print_prefixes(char out[static STORE_VALUE_SIZE], const struct prefix *prefixes,
				  unsigned count)
{
	size_t used = 0;
	char text[PREFIX_TEXT];

	out[0] = '\0';
	for (unsigned i = 0; i < count; i++)
		if (prefixes[i].length)
			used += (size_t)snprintf(out + used, STORE_VALUE_SIZE - used, "%s%s",
						 used ? " " : "", prefix_print(text, &prefixes[i]));
	return out;
}

static bool owners_read(struct owners *owners, struct store *store, const char *path,
			const struct vif_id *except, struct err *err)
{
	char value[STORE_VALUE_SIZE], *rest = NULL, *at;
	bool found;

	*owners = (struct owners){ 0 };
	if (!store_read(value, &found, store, path, err))
		return false;
	if (!found)
		return true;
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

static bool write_owners(struct store *store, const struct record *record, bool owns,
			 struct err *err)
{
	struct prefix owned[OWNED_MAX];
	unsigned count = record_owned(owned, &record->vif);

	for (unsigned i = 0; i < count; i++)
		if (!write_owner(store, record, &owned[i], owns, err))
			return false;
	return true;
}

static bool write_routed(struct store *store, const struct record *record, struct err *err)
{
	char dom0[STORE_VALUE_SIZE];

	return write_key(store, record, err, "dom0", "%s",
			 print_prefixes(dom0, record->dom0, FAMILY_COUNT)) &&
	       write_key(store, record, err, "uplink", "%s %u", record->uplink.name.text,
			 record->uplink.index) &&
	       write_key(store, record, err, "proxy", "%s%s", record->proxy_arp ? "arp " : "",
			 record->proxy_ndp ? "ndp" : "");
}

bool record_write(struct store *store, const struct record *record, struct err *err)
{
	const struct vif *vif = &record->vif;
	char prefixes[STORE_VALUE_SIZE], mac[MAC_TEXT];

	if (!write_owners(store, record, true, err) ||
	    !write_key(store, record, err, "interface", "%s %u", vif->name.text, vif->index) ||
	    !write_key(store, record, err, "mac", "%s", mac_print(mac, &vif->mac)) ||
	    !write_key(store, record, err, "ip", "%s",
		       print_prefixes(prefixes, vif->prefixes, vif->prefix_count)) ||
	    !write_key(store, record, err, "metric", "%u", record->metric))
		return false;
	if (!vif->bridge_index)
		return write_routed(store, record, err);
	return write_key(store, record, err, "bridge", "%s %u", vif->bridge.text,
			 vif->bridge_index);
}

/* A domain's folder goes with its last vif. */
static bool remove_folder(struct store *store, const struct vif_id *id, struct err *err)
{
	char path[STORE_PATH_SIZE], folder[STORE_PATH_SIZE];
	auto_free char **others = NULL;
	unsigned count;

	snprintf(folder, sizeof(folder), "%s/vif/%u", store_folder(), id->domid);
	return store_remove(store, record_path(path, id, ""), err) &&
	       store_list(&others, &count, store, folder, err) &&
	       (count || store_remove(store, folder, err));
}

bool record_remove(struct store *store, const struct record *record, struct err *err)
{
	return write_owners(store, record, false, err) &&
	       remove_folder(store, &record->vif.id, err);
}

/* "eth0 2": an interface's name and index. */
static bool parse_interface(struct ifname *name, uint32_t *index, char *text, struct err *err)
{
	char *blank = strchr(text, ' ');

	if (!blank)
		return err_set(err, "no interface index");
	*blank = '\0';
	*index = (uint32_t)strtoul(blank + 1, NULL, 10);
	return ifname_parse(name, text, err);
}

static bool parse_dom0(struct record *record, char *text, struct err *err)
{
	char *rest = NULL;

	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		struct prefix address;

		if (!prefix_parse(&address, word, err))
			return false;
		record->dom0[address.family] = address;
	}
	return true;
}

static bool parse_key(struct record *record, const char *key, char *value, struct err *err)
{
	if (!strcmp(key, "interface"))
		return parse_interface(&record->vif.name, &record->vif.index, value, err);
	if (!strcmp(key, "bridge"))
		return parse_interface(&record->vif.bridge, &record->vif.bridge_index, value, err);
	if (!strcmp(key, "uplink"))
		return parse_interface(&record->uplink.name, &record->uplink.index, value, err);
	if (!strcmp(key, "mac"))
		return mac_parse(&record->vif.mac, value, err);
	if (!strcmp(key, "ip"))
		return vif_parse_ip(&record->vif, value, err);
	if (!strcmp(key, "dom0"))
		return parse_dom0(record, value, err);
	if (!strcmp(key, "metric"))
		record->metric = (uint32_t)strtoul(value, NULL, 10);
	if (!strcmp(key, "proxy")) {
		record->proxy_arp = strstr(value, "arp");
		record->proxy_ndp = strstr(value, "ndp");
	}
	return true;
}

/* *found stays true while each of the keys is there. */
static bool read_keys(struct record *record, bool *found, struct store *store,
		      const char *const *keys, size_t count, struct err *err)
{
	char path[STORE_PATH_SIZE], value[STORE_VALUE_SIZE];

	for (size_t i = 0; *found && i < count; i++) {
		record_path(path, &record->vif.id, keys[i]);
		if (!store_read(value, found, store, path, err))
			return false;
		if (*found && !parse_key(record, keys[i], value, err))
			return err_prefix(err, "xenstore: %s: ", path);
	}
	return true;
}

bool record_read(struct record *record, bool *found, struct store *store, const struct vif_id *id,
		 struct err *err)
{
	static const char *const bridge[] = { "bridge" };
	static const char *const all[] = { "interface", "mac", "ip", "metric" };
	static const char *const routed[] = { "dom0", "uplink", "proxy" };
	struct record read = { .vif.id = *id };
	bool bridged = true;

	*found = true;
	if (!read_keys(&read, found, store, all, COUNT(all), err) ||
	    (*found && !read_keys(&read, &bridged, store, bridge, COUNT(bridge), err)) ||
	    (!bridged && !read_keys(&read, found, store, routed, COUNT(routed), err)))
		return false;
	if (*found)
		*record = read;
	return true;
}

static bool list_domain(struct vif_id **ids, size_t *count, struct store *store, const char *domain,
			struct err *err)
{
	char path[STORE_PATH_SIZE], text[VIF_ID_TEXT];
	auto_free char **devices = NULL;
	struct vif_id *grown;
	unsigned device_count;

	snprintf(path, sizeof(path), "%s/vif/%s", store_folder(), domain);
	if (!store_list(&devices, &device_count, store, path, err))
		return false;
	for (unsigned i = 0; i < device_count; i++) {
		grown = reallocarray(*ids, *count + 1, sizeof(*grown));
		if (!grown)
			return err_memory(err);
		*ids = grown;
		snprintf(text, sizeof(text), "%s/%s", domain, devices[i]);
		if (vif_id_parse(&grown[*count], text))
			(*count)++;
	}
	return true;
}

bool record_list(struct vif_id **ids, size_t *count, struct store *store, struct err *err)
{
	auto_free char **domains = NULL;
	char path[STORE_PATH_SIZE];
	unsigned domain_count;

	*ids = NULL;
	*count = 0;
	snprintf(path, sizeof(path), "%s/vif", store_folder());
	if (!store_list(&domains, &domain_count, store, path, err))
		return false;
	for (unsigned i = 0; i < domain_count; i++)
		if (!list_domain(ids, count, store, domains[i], err)) {
			free(*ids);
			return false;
		}
	return true;
}

bool record_changes(struct changes *changes, const struct record *record, struct err *err)
{
	struct settings settings = {
		.proxy_arp = record->proxy_arp ? PROXY_ARP_YES : PROXY_ARP_NO,
		.proxy_ndp = record->proxy_ndp,
	};

	changes->count = 0;
	if (record->vif.bridge_index)
		return true;
	for (int family = 0; family < FAMILY_COUNT; family++) {
		settings.dom0[family][0] = record->dom0[family];
		settings.dom0_count[family] = record->dom0[family].length != 0;
	}
	return change_vif(changes, &settings, &record->uplink, &record->vif, record->metric, err);
}
