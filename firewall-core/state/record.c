/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of an attach ↔ nodes in xenstore. */
#include "state/record.h"
#include "base/number.h"

/* A path below the record of a vif: so many domains in each folder, that none is large. */
static const char *record_path(char out[static STORE_PATH_SIZE], const struct vif_id *id,
			       const char *key)
{
	char text[VIF_ID_TEXT];

	snprintf(out, STORE_PATH_SIZE, "%s/domain/%u/%s%s%s", store_folder(),
		 id->domid / RECORD_DOMAINS, vif_id_print(text, id), *key ? "/" : "", key);
	return out;
}

/* Where versions before had it: all domains in one folder. */
static const char *old_path(char out[static STORE_PATH_SIZE], const struct vif_id *id,
			    const char *key)
{
	char text[VIF_ID_TEXT];

	snprintf(out, STORE_PATH_SIZE, "%s/vif/%s%s%s", store_folder(), vif_id_print(text, id),
		 *key ? "/" : "", key);
	return out;
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
static bool print_vif_routes(char out[static STORE_VALUE_SIZE], const struct vif_routes *routes,
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

/* "interface vif1.0 5; mac 00:16:3e:00:01:00; ip 192.0.2.10; metric 1024; …" */
static bool print_record(char out[static STORE_VALUE_SIZE], const struct record *record,
			 struct err *err)
{
	const struct vif *vif = &record->vif;
	char prefixes[STORE_VALUE_SIZE], dom0[STORE_VALUE_SIZE], mac[MAC_TEXT];
	int used = snprintf(out, STORE_VALUE_SIZE, "interface %s %u; mac %s; ip %s; metric %u; ",
			    vif->name.text, vif->index, mac_print(mac, &vif->mac),
			    print_prefixes(prefixes, vif->prefixes, vif->prefix_count),
			    record->metric);

	if (used < STORE_VALUE_SIZE && vif->bridge_index)
		used += snprintf(out + used, STORE_VALUE_SIZE - (size_t)used, "bridge %s %u",
				 vif->bridge.text, vif->bridge_index);
	else if (used < STORE_VALUE_SIZE)
		used += snprintf(out + used, STORE_VALUE_SIZE - (size_t)used,
				 "dom0 %s; uplink %s %u; proxy%s%s",
				 print_prefixes(dom0, record->dom0, FAMILY_COUNT),
				 record->uplink.name.text, record->uplink.index,
				 record->proxy_arp ? " arp" : "", record->proxy_ndp ? " ndp" : "");
	if (used < STORE_VALUE_SIZE && record->routes.count)
		used += snprintf(out + used, STORE_VALUE_SIZE - (size_t)used, "; routes");
	return used < STORE_VALUE_SIZE || err_set(err, "its addresses are too many for xenstore");
}

static bool write_text(struct store *store, const struct record *record, struct err *err)
{
	char path[STORE_PATH_SIZE], text[STORE_VALUE_SIZE];

	record_path(path, &record->vif.id, "");
	return print_record(text, record, err) && store_write_text(store, path, text, err);
}

/* A node of its own, which the text tells of: it may be long, and most vifs have none. */
static bool write_vif_routes(struct store *store, const struct record *record, struct err *err)
{
	char path[STORE_PATH_SIZE], routes[STORE_VALUE_SIZE];

	return print_vif_routes(routes, &record->routes, err) &&
	       store_write_text(store, record_path(path, &record->vif.id, "routes"), routes, err);
}

static bool write_routes(struct store *store, const void *what, struct err *err)
{
	const struct record *record = what;
	char path[STORE_PATH_SIZE];

	return write_text(store, record, err) &&
	       (record->routes.count
			? write_vif_routes(store, record, err)
			: store_remove(store, record_path(path, &record->vif.id, "routes"), err));
}

bool record_write_routes(struct store *store, const struct record *record, struct err *err)
{
	return store_change(store, write_routes, record, err);
}

bool record_write_bridge(struct store *store, const struct record *record, struct err *err)
{
	return record_write_subnets(store, record, true, err) && write_text(store, record, err);
}

static bool write_nodes(struct store *store, const void *what, struct err *err)
{
	const struct record *record = what;

	return record_write_owners(store, record, true, err) &&
	       record_write_subnets(store, record, true, err) && write_text(store, record, err) &&
	       (!record->routes.count || write_vif_routes(store, record, err));
}

bool record_write(struct store *store, const struct record *record, struct err *err)
{
	return store_change(store, write_nodes, record, err);
}

static const char *const old_folders[] = { "vif", "address", "network", "side" };

bool record_find_old(bool *found, struct store *store, struct err *err)
{
	char path[STORE_PATH_SIZE], value[STORE_VALUE_SIZE];

	*found = false;
	for (size_t i = 0; !*found && i < COUNT(old_folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", store_folder(), old_folders[i]);
		if (!store_read(value, found, store, path, err))
			return false;
	}
	return true;
}

bool record_forget_old(struct store *store, struct err *err)
{
	char path[STORE_PATH_SIZE];

	for (size_t i = 0; i < COUNT(old_folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", store_folder(), old_folders[i]);
		if (!store_remove(store, path, err))
			return false;
	}
	return true;
}

/* The folders of its domain and of those beside it go with the last vif in them. */
static bool remove_record(struct store *store, const struct record *record, struct err *err)
{
	char path[STORE_PATH_SIZE];
	const struct vif_id *id = &record->vif.id;

	return store_remove_upwards(store, record_path(path, id, ""), 2, err) &&
	       (!record->is_old || store_remove_upwards(store, old_path(path, id, ""), 1, err));
}

static bool remove_nodes(struct store *store, const void *what, struct err *err)
{
	const struct record *record = what;

	return record_write_owners(store, record, false, err) &&
	       record_write_subnets(store, record, false, err) && remove_record(store, record, err);
}

bool record_remove(struct store *store, const struct record *record, struct err *err)
{
	return store_change(store, remove_nodes, record, err);
}

/* "eth0 2": an interface's name and index. */
static bool parse_interface(struct ifname *name, uint32_t *index, char *text, struct err *err)
{
	char *blank = strchr(text, ' ');

	if (!blank)
		return err_set(err, "no interface index");
	*blank = '\0';
	return (number_parse(index, blank + 1, UINT32_MAX) || err_set(err, "no interface index")) &&
	       ifname_parse(name, text, err);
}

static bool parse_dom0_ips(struct record *record, char *text, struct err *err)
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
		if (!prefix_is_address(&via) || routes->count == VIF_ROUTES_MAX)
			return err_set(err, "no next hop, or too many routes");
		*at = '\0';
		if (!prefix_parse(&route->destination, word, err))
			return false;
		route->via = via;
		if (!number_parse(&route->metric, at + 1, UINT32_MAX))
			return err_set(err, "a route without a metric");
		routes->count++;
	}
	return true;
}

/* *has_routes: they are in a node of their own. */
static bool parse_key(struct record *record, bool *has_routes, const char *key, char *value,
		      struct err *err)
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
		return parse_dom0_ips(record, value, err);
	if (!strcmp(key, "metric"))
		return number_parse(&record->metric, value, UINT32_MAX) ||
		       err_set(err, "its metric is no number");
	if (!strcmp(key, "proxy")) {
		record->proxy_arp = strstr(value, "arp");
		record->proxy_ndp = strstr(value, "ndp");
	}
	*has_routes = *has_routes || !strcmp(key, "routes");
	return true;
}

/* Cut the text of print_record() into its keys. */
static bool parse_record(struct record *record, bool *has_routes, char *text, struct err *err)
{
	static const char *const must[] = { "interface ", "mac ", "metric " };
	char *next;

	for (size_t i = 0; i < COUNT(must); i++)
		if (!strstr(text, must[i]))
			return err_set(err, "it is no record of ours");
	for (char *key = text; key; key = next) {
		char *value = key + strcspn(key, " ;");

		next = strstr(key, "; ");
		if (next) {
			*next = '\0';
			next += strlen("; ");
		}
		if (*value)
			*value++ = '\0';
		if (!parse_key(record, has_routes, key, value, err))
			return false;
	}
	return record->vif.bridge_index || record->uplink.name.text[0] ||
	       err_set(err, "it has neither a bridge nor an uplink");
}

static bool read_routes(struct record *record, struct store *store, const char *path,
			struct err *err)
{
	char text[STORE_VALUE_SIZE];

	return store_read_text(text, NULL, store, path, err) &&
	       (parse_routes(&record->routes, text, err) ||
		err_prefix(err, "xenstore: %s: ", path));
}

bool record_read(struct record *record, bool *found, struct store *store, const struct vif_id *id,
		 struct err *err)
{
	const char *(*const paths[])(char *out, const struct vif_id *id,
				     const char *key) = { record_path, old_path };
	char path[STORE_PATH_SIZE], text[STORE_VALUE_SIZE];
	struct record read = { .vif.id = *id };
	bool has_routes;

	*found = false;
	for (size_t i = 0; !*found && i < COUNT(paths); i++) {
		read.is_old = i > 0;
		if (!store_read_text(text, found, store, paths[i](path, id, ""), err))
			return false;
		*found = *found && *text; /* there may be routes below an empty one */
	}
	if (!*found)
		return true;
	has_routes = read.is_old;
	if (!parse_record(&read, &has_routes, text, err))
		return err_prefix(err, "xenstore: %s: ", path);
	if (has_routes && !read_routes(&read, store, paths[read.is_old](path, id, "routes"), err))
		return false;
	*record = read;
	return true;
}

bool record_changes(struct netconf *changes, const struct record *record, struct err *err)
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
		settings.dom0_count[family] = prefix_is_address(&record->dom0[family]);
	}
	return netconf_vif(changes, &settings, &record->uplink, &record->vif, record->metric, err);
}
