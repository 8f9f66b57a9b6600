/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The toolstack's nodes of a vif ↔ values. */
#include "xenbus_vif.h"

const char *xenbus_vif_path(char out[static STORE_PATH_SIZE], const struct vif_id *id,
			    const char *key)
{
	snprintf(out, STORE_PATH_SIZE, "backend/vif/%u/%u%s%s", id->domid, id->devid,
		 *key ? "/" : "", key);
	return out;
}

static bool read_vif_key(char value[static STORE_VALUE_SIZE], struct store *store,
			 const struct vif_id *id, const char *key, struct err *err)
{
	char path[STORE_PATH_SIZE];

	return store_read(value, NULL, store, xenbus_vif_path(path, id, key), err);
}

static bool read_ifname_key(struct ifname *name, struct store *store, const struct vif_id *id,
			    const char *key, struct err *err)
{
	char value[STORE_VALUE_SIZE];

	if (!read_vif_key(value, store, id, key, err))
		return false;
	return !*value || ifname_parse(name, value, err) || err_prefix(err, "%s=: ", key);
}

static bool read_mtu(uint32_t *mtu, struct store *store, const struct vif_id *id, struct err *err)
{
	char value[STORE_VALUE_SIZE];

	if (!read_vif_key(value, store, id, "mtu", err))
		return false;
	return !*value || vif_parse_mtu(mtu, value, err) || err_prefix(err, "mtu=: ");
}

/* For a tap the name of the vif, with the device model's "-emu" behind it. */
static bool read_vifname(struct xenbus_vif *backend, struct store *store, const struct vif_id *id,
			 struct err *err)
{
	char emulated[IFNAMSIZ + sizeof("-emu")];

	if (!read_ifname_key(&backend->vifname, store, id, "vifname", err))
		return false;
	if (!id->is_tap || !backend->vifname.text[0])
		return true;
	snprintf(emulated, sizeof(emulated), "%s-emu", backend->vifname.text);
	return ifname_parse(&backend->vifname, emulated, err) || err_prefix(err, "vifname=: ");
}

static bool read_vif_nodes(struct xenbus_vif *backend, struct store *store, const struct vif_id *id,
			   struct err *err)
{
	char value[STORE_VALUE_SIZE];

	if (!read_vif_key(value, store, id, "online", err))
		return false;
	if (!strcmp(value, "0"))
		return err_set(err, "the toolstack is removing the vif already");
	if (!read_vif_key(value, store, id, "mac", err))
		return false;
	if (!*value)
		return err_set(err, "xenstore has no mac of vif %u of domain %u: is it gone?",
			       id->devid, id->domid);
	return (mac_parse(&backend->mac, value, err) || err_prefix(err, "mac=: ")) &&
	       read_vif_key(backend->ip, store, id, "ip", err) &&
	       read_vifname(backend, store, id, err) &&
	       read_ifname_key(&backend->gateway_device, store, id, "gatewaydev", err) &&
	       read_mtu(&backend->mtu, store, id, err) &&
	       read_vif_key(backend->bridge, store, id, "bridge", err) &&
	       read_vif_key(backend->vlan, store, id, "vlan", err);
}

/* A backend directory to be read. */
struct backend_reading {
	struct xenbus_vif backend;
	const struct vif_id *id;
};

static bool read_vif_at_once(struct store *store, void *what, struct err *err)
{
	struct backend_reading *reading = what;

	return read_vif_nodes(&reading->backend, store, reading->id, err);
}

bool xenbus_vif_read(struct xenbus_vif *backend, struct store *store, const struct vif_id *id,
		     struct err *err)
{
	struct backend_reading reading = { .id = id };

	if (!store_look(store, read_vif_at_once, &reading, err))
		return false;
	*backend = reading.backend;
	return true;
}

/* Something to be written if `witness` is still there. */
struct beside {
	const char *witness;
	bool (*write)(struct store *store, const void *what, struct err *err);
	const void *what;
};

static bool write_if_there(struct store *store, const void *what, struct err *err)
{
	const struct beside *beside = what;
	char value[STORE_VALUE_SIZE];
	bool found;

	if (!store_read(value, &found, store, beside->witness, err))
		return false;
	if (!found)
		return err_set(err, "%s is gone", beside->witness);
	return beside->write(store, beside->what, err);
}

static bool write_beside(struct store *store, const char *witness,
			 bool (*write)(struct store *store, const void *what, struct err *err),
			 const void *what, struct err *err)
{
	const struct beside beside = { witness, write, what };

	return store_change(store, write_if_there, &beside, err);
}

static bool write_vif_connected(struct store *store, const void *what, struct err *err)
{
	char path[STORE_PATH_SIZE];

	return store_remove(store, xenbus_vif_path(path, what, "hotplug-error"), err) &&
	       store_write(store, xenbus_vif_path(path, what, "hotplug-status"), "connected", err);
}

bool xenbus_vif_write_connected(struct store *store, const struct vif_id *id, struct err *err)
{
	char state[STORE_PATH_SIZE];

	return write_beside(store, xenbus_vif_path(state, id, "state"), write_vif_connected, id,
			    err);
}

struct failure {
	const struct vif_id *id;
	const struct err *why;
};

static bool write_vif_failure(struct store *store, const void *what, struct err *err)
{
	const struct failure *failure = what;
	char path[STORE_PATH_SIZE];

	/* Of an HVM guest's two, the vif may be connected: its status is not the tap's. */
	return store_write(store, xenbus_vif_path(path, failure->id, "hotplug-error"),
			   failure->why->text, err) &&
	       (failure->id->is_tap ||
		store_write(store, xenbus_vif_path(path, failure->id, "hotplug-status"), "error",
			    err));
}

void xenbus_vif_write_error(struct store *store, const struct vif_id *id, const struct err *why)
{
	struct failure failure = { id, why };
	char state[STORE_PATH_SIZE];
	struct err ignored;

	(void)!write_beside(store, xenbus_vif_path(state, id, "state"), write_vif_failure, &failure,
			    &ignored);
}

struct frontend_mtu {
	char path[STORE_PATH_SIZE];
	uint32_t mtu;
};

static bool write_mtu(struct store *store, const void *what, struct err *err)
{
	const struct frontend_mtu *frontend = what;
	char value[16];

	snprintf(value, sizeof(value), "%u", frontend->mtu);
	return store_write(store, frontend->path, value, err);
}

void xenbus_vif_write_mtu(struct store *store, const struct vif_id *id, uint32_t mtu)
{
	struct frontend_mtu frontend = { .mtu = mtu };
	char state[STORE_PATH_SIZE];
	struct err ignored;

	snprintf(frontend.path, sizeof(frontend.path), "/local/domain/%u/device/vif/%u/mtu",
		 id->domid, id->devid);
	snprintf(state, sizeof(state), "/local/domain/%u/device/vif/%u/state", id->domid,
		 id->devid);
	(void)!write_beside(store, state, write_mtu, &frontend, &ignored);
}
