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

/*
 * "192.0.2.12 10.8.0.0/24@2048 10.9.0.0/24@2048": a next hop, and the destinations behind it. Fails
 * when a node can't hold them.
 */
static bool print_routes(char out[static STORE_VALUE_SIZE], const struct vif_routes *routes,
			 struct err *err)
{
	char destination[PREFIX_TEXT], via[PREFIX_TEXT];
	size_t used = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < routes->count; i++) {
		const struct vif_route *route = &routes->route[i];
		bool is_same = i > 0 && !prefix_compare(&route->via, &route[-1].via);

		used += (size_t)snprintf(
			out + used, STORE_VALUE_SIZE - used, "%s%s%s%s@%u", used ? " " : "",
			is_same ? "" : prefix_print(via, &route->via), is_same ? "" : " ",
			prefix_print(destination, &route->destination), route->metric);
		if (used >= STORE_VALUE_SIZE)
			return err_set(err, "its routes of routing.cfg are too many for xenstore");
	}
	return true;
}

bool record_write_routes(struct store *store, const struct record *record, struct err *err)
{
	char routes[STORE_VALUE_SIZE];

	return print_routes(routes, &record->routes, err) &&
	       write_key(store, record, err, "routes", "%s", routes);
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

static bool write_bridge(struct store *store, const struct record *record, struct err *err)
{
	return write_key(store, record, err, "bridge", "%s %u", record->vif.bridge.text,
			 record->vif.bridge_index);
}

bool record_write_bridge(struct store *store, const struct record *record, struct err *err)
{
	return record_write_side(store, record, true, err) && write_bridge(store, record, err);
}

bool record_write(struct store *store, const struct record *record, struct err *err)
{
	const struct vif *vif = &record->vif;
	char prefixes[STORE_VALUE_SIZE], mac[MAC_TEXT];

	if (!record_write_owners(store, record, true, err) ||
	    !record_write_side(store, record, true, err) ||
	    !write_key(store, record, err, "interface", "%s %u", vif->name.text, vif->index) ||
	    !write_key(store, record, err, "mac", "%s", mac_print(mac, &vif->mac)) ||
	    !write_key(store, record, err, "ip", "%s",
		       print_prefixes(prefixes, vif->prefixes, vif->prefix_count)) ||
	    !write_key(store, record, err, "metric", "%u", record->metric) ||
	    !record_write_routes(store, record, err))
		return false;
	if (!vif->bridge_index)
		return write_routed(store, record, err);
	return write_bridge(store, record, err);
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
	return record_write_owners(store, record, false, err) &&
	       record_write_side(store, record, false, err) &&
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

static bool parse_routes(struct vif_routes *routes, char *text, struct err *err)
{
	struct prefix via = { .length = 0 };
	char *rest = NULL, *at;

	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		struct vif_route *route = &routes->route[routes->count];

		at = strchr(word, '@');
		if (!at && !prefix_parse(&via, word, err))
			return false;
		if (!at)
			continue;
		if (!via.length || routes->count == VIF_ROUTES_MAX)
			return err_set(err, "no next hop, or too many routes");
		*at = '\0';
		if (!prefix_parse(&route->destination, word, err))
			return false;
		route->via = via;
		route->metric = (uint32_t)strtoul(at + 1, NULL, 10);
		routes->count++;
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
	if (!strcmp(key, "routes"))
		return parse_routes(&record->routes, value, err);
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
	static const char *const optional[] = { "routes" };
	struct record read = { .vif.id = *id };
	bool bridged = true, has_routes = true;

	*found = true;
	if (!read_keys(&read, found, store, all, COUNT(all), err) ||
	    (*found && !read_keys(&read, &bridged, store, bridge, COUNT(bridge), err)) ||
	    (!bridged && !read_keys(&read, found, store, routed, COUNT(routed), err)))
		return false;
	/* A vif that came before there were such routes has none. */
	if (*found && !read_keys(&read, &has_routes, store, optional, COUNT(optional), err))
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
