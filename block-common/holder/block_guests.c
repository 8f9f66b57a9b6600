/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenstore and xen-backend's devices → guests that have a disk. */
#include "holder/block_guests.h"
#include "device/block_ask.h"
#include "device/block_process.h"
#include "disk/block_number.h"
#include "holder/block_vm.h"
#include "holder/block_xenbus.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define BUS "/sys/bus/xen-backend/devices"

struct search {
	struct block_uses *uses;
	struct store *store;
	struct block_disk own;
	struct block_vm vm;
	const struct block_aliases *aliases;
	const struct block_target *target;
	bool is_open;	/* the kernel says so of the disk that is looked at */
	bool is_alone;	/* nobody has the target open */
	uint32_t model; /* the process that opens the disks which are looked at; 0: not known */
	bool is_told;	/* and what it has open was looked at */
};

/* Is it the guest that asks? Otherwise *use says whose it is. */
static bool is_own(struct search *search, struct block_use *use)
{
	struct block_vm vm;

	block_vm_read(&vm, use->name, search->store, use->disk.domid);
	vm.is_gone = vm.is_gone && !search->is_open;
	return block_vm_same(&search->vm, &vm);
}

/* A disk that has something of the target: is it another guest's? */
static bool add_guest_use(struct search *search, const struct block_disk *disk, const char *device,
			  struct err *err)
{
	struct block_use use = { .user = BLOCK_GUEST, .disk = *disk };
	char path[STORE_PATH_SIZE], mode[STORE_VALUE_SIZE];

	if (!store_read(mode, NULL, search->store, block_xenbus_path(path, disk, "mode"), err))
		return false;
	if (is_own(search, &use))
		return true;
	use.writes = *mode != 'r' || block_mode_parse(mode).writes;
	snprintf(use.device, sizeof(use.device), "%s", device);
	return block_uses_add(search->uses, &use, err);
}

static bool check_device(struct search *search, const struct block_disk *disk, dev_t device,
			 struct err *err)
{
	const struct block_alias *alias = block_aliases_find(search->aliases, device);

	return !alias || add_guest_use(search, disk, alias->name, err);
}

/*
 * What follows the format, "raw:/srv/disk.img"; of a virtio disk libxl writes the name alone, which
 * may have colons. Source: libxl_disk.c, device_disk_add()
 */
static const char *name_in(const char *params, const char *kind)
{
	const char *colon = strcmp(kind, "virtio_disk") ? strchr(params, ':') : NULL;

	return colon ? colon + 1 : params;
}

/* A relative name is one in a folder that only the program which opens it knows. */
static bool may_be_target(const struct search *search, const char *name)
{
	const char *last = strrchr(name, '/'), *path = search->target->path;
	size_t length = strlen(path), tail;

	name = strstr(name, "./") && last ? last + 1 : name;
	tail = strlen(name);
	return tail && tail < length && path[length - tail - 1] == '/' &&
	       !strcmp(path + length - tail, name);
}

/* Absolute, or in the folder of the process; "" where that is not known. Returns out. */
static const char *place_name(char out[static STORE_VALUE_SIZE + 32], const char *name,
			      uint32_t process)
{
	out[0] = '\0';
	if (*name == '/')
		snprintf(out, STORE_VALUE_SIZE, "%s", name);
	else if (process)
		snprintf(out, STORE_VALUE_SIZE + 32, "/proc/%u/cwd/%s", process, name);
	return out;
}

/*
 * What a program opens by its name, now or soon. An image that was renamed is open all the same;
 * where the program can't be looked at, somebody has the target open, and it is taken for the one.
 * Where a server does not answer, it is not the target, which has answered.
 */
static bool check_params(struct search *search, const struct block_disk *disk, struct err *err)
{
	char path[STORE_PATH_SIZE], params[STORE_VALUE_SIZE], full[STORE_VALUE_SIZE + 32];
	const char *name, *device;
	bool is_there = false, answered = false;
	struct statx status;

	if (!store_read_bytes(params, NULL, search->store, block_xenbus_path(path, disk, "params"),
			      err))
		return false;
	name = name_in(params, disk->kind);
	place_name(full, name, search->model);
	if (*full && !block_ask_name(&status, &is_there, &answered, full, err))
		return false;
	if (is_there)
		return !block_aliases_have(search->aliases, search->target, &status, &device) ||
		       add_guest_use(search, disk, device, err);
	if (*name != '/')
		return search->is_told || !may_be_target(search, name) ||
		       add_guest_use(search, disk, "", err);
	return search->is_told || search->is_alone || !answered ||
	       search->target->kind != BLOCK_FILE ||
	       add_guest_use(search, disk, "its image was renamed", err);
}

/* What was given to xen-blkback, which may be about to take it. */
static bool check_physical_device(struct search *search, const struct block_disk *disk,
				  struct err *err)
{
	dev_t device;
	bool has;

	return block_xenbus_read_device(&device, &has, search->store, disk, err) &&
	       (!has || check_device(search, disk, device, err));
}

static bool check_disk(struct search *search, const struct block_disk *disk, struct err *err)
{
	if (block_disk_equal(disk, &search->own))
		return true;
	return strcmp(disk->kind, "vbd") ? check_params(search, disk, err)
					 : check_physical_device(search, disk, err);
}

/* The process of a domain's qdisks; 0: not known. Source: libxl_dm.c, pidpath */
static uint32_t read_model(struct store *store, uint32_t domid)
{
	char path[STORE_PATH_SIZE], text[BLOCK_NAME_SIZE], value[STORE_VALUE_SIZE];
	const char *digits = text;
	struct err ignored;
	uint32_t pid;

	if (block_vm_read_node(text, store, domid, "image/device-model-pid") &&
	    block_number_parse(&pid, &digits, 10))
		return pid;
	snprintf(path, sizeof(path), "libxl/%u/qdisk-backend-pid", domid);
	digits = value;
	return store_read(value, NULL, store, path, &ignored) &&
			       block_number_parse(&pid, &digits, 10)
		       ? pid
		       : 0;
}

/* What its process has open. When nobody has the target open, it is not asked. */
static void look_at_model(struct search *search, struct block_hold *hold, uint32_t domid)
{
	search->model = read_model(search->store, domid);
	search->is_told = search->model && !search->is_alone &&
			  block_process_read(hold, search->model, search->aliases, search->target);
}

static bool add_model(struct search *search, const struct block_hold *hold, uint32_t domid,
		      struct err *err)
{
	struct block_use use = {
		.user = BLOCK_MODEL,
		.writes = hold->writes,
		.disk = { .domid = domid },
		.process = search->model,
	};

	snprintf(use.device, sizeof(use.device), "%s", hold->device);
	return is_own(search, &use) || block_uses_add(search->uses, &use, err);
}

static bool check_disks(struct search *search, const char *kind, uint32_t domid, struct err *err)
{
	char path[STORE_PATH_SIZE], text[STORE_PATH_SIZE];
	auto_free char **devices = NULL;
	unsigned count;

	snprintf(path, sizeof(path), "backend/%s/%u", kind, domid);
	if (!store_list(&devices, &count, search->store, path, err))
		return false;
	for (unsigned i = 0; i < count; i++) {
		struct block_disk disk;

		/* Of any kind, the numbers are parsed as those of a vbd are. */
		snprintf(text, sizeof(text), "vbd/%u/%.16s", domid, devices[i]);
		if (!block_disk_parse(&disk, text))
			continue;
		snprintf(disk.kind, sizeof(disk.kind), "%s", kind);
		if (!check_disk(search, &disk, err))
			return false;
	}
	return true;
}

/* To images behind images, and those that were moved away, no name in xenstore leads. */
static bool check_domain(struct search *search, const char *kind, uint32_t domid, struct err *err)
{
	struct block_hold hold = { .has = false };

	search->model = 0;
	search->is_told = false;
	if (!strcmp(kind, "qdisk"))
		look_at_model(search, &hold, domid);
	return check_disks(search, kind, domid, err) &&
	       (!hold.has || add_model(search, &hold, domid, err));
}

static bool check_kind(struct search *search, const char *kind, struct err *err)
{
	auto_free uint32_t *domids = NULL;
	char path[STORE_PATH_SIZE];
	size_t count;

	snprintf(path, sizeof(path), "backend/%s", kind);
	if (!store_list_domains(&domids, &count, search->store, path, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!check_domain(search, kind, domids[i], err))
			return false;
	return true;
}

/* "7:3" of a device that xen-blkback has opened; false when it has none. Source: its xenbus.c */
static bool read_opened(dev_t *device, const char *name)
{
	char path[sizeof(BUS) + 64];

	snprintf(path, sizeof(path), BUS "/%.40s/physical_device", name);
	return block_number_read_device(device, path, 16);
}

/* A device of the bus, "vbd-1-51712": the kernel's word is better than xenstore's, and quicker. */
static bool check_on_bus(struct search *search, const char *name, struct err *err)
{
	char text[BLOCK_DISK_TEXT];
	struct block_disk disk;
	dev_t device;

	snprintf(text, sizeof(text), "%.*s", (int)sizeof(text) - 1, name);
	for (char *dash = text; (dash = strchr(dash, '-'));)
		*dash = '/';
	if (!block_disk_parse(&disk, text) || block_disk_equal(&disk, &search->own))
		return true;
	search->is_open = read_opened(&device, name);
	return search->is_open ? check_device(search, &disk, device, err)
			       : check_physical_device(search, &disk, err);
}

static bool check_bus(struct search *search, struct err *err)
{
	DIR *directory = opendir(BUS);
	struct dirent *entry;
	bool ok = true;

	if (!directory)
		return errno == ENOENT ? check_kind(search, "vbd", err)
				       : err_sys(err, BUS " can't be read");
	while (ok && (entry = readdir(directory)))
		ok = check_on_bus(search, entry->d_name, err);
	search->is_open = false;
	closedir(directory);
	return ok;
}

bool block_guests_read(struct block_uses *uses, struct store *store, const struct block_disk *own,
		       const struct block_aliases *aliases, const struct block_target *target,
		       bool is_alone, struct err *err)
{
	struct search search = {
		.uses = uses,
		.store = store,
		.own = *own,
		.aliases = aliases,
		.target = target,
		.is_alone = is_alone,
	};
	char name[BLOCK_NAME_SIZE];

	block_vm_read(&search.vm, name, store, own->domid);
	return (is_alone || check_bus(&search, err)) && check_kind(&search, "qdisk", err) &&
	       check_kind(&search, "virtio_disk", err) && check_kind(&search, "vbd3", err);
}
