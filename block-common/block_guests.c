/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenstore and xen-backend's devices → guests that have a disk. */
#include "block_guests.h"
#include "block_entry.h"
#include "block_number.h"
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
	const struct block_places *places;
	const struct block_target *target;
	bool is_open;  /* the kernel says so of the disk that is looked at */
	bool is_alone; /* nobody has the target open */
};

/*
 * A node of a domain's own, which it can't write itself. *value is "" where there is none, and any
 * bytes otherwise: they are shown and compared, no more. False when xenstore does not tell: in a
 * driver domain it does not, of others.
 */
static bool read_domain(char value[static BLOCK_NAME_SIZE], struct store *store, uint32_t domid,
			const char *key)
{
	char path[STORE_PATH_SIZE], read[STORE_VALUE_SIZE];
	struct err ignored;
	bool tells;

	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	tells = store_read_bytes(read, NULL, store, path, &ignored);
	snprintf(value, BLOCK_NAME_SIZE, "%.*s", BLOCK_NAME_SIZE - 1, tells ? read : "");
	return tells;
}

/* What is not told is unknown, and so no reason to let anybody have another one's disk. */
static void read_vm(struct block_vm *vm, char name[static BLOCK_NAME_SIZE], struct store *store,
		    uint32_t domid)
{
	char target[BLOCK_NAME_SIZE];
	const char *digits = target;
	uint32_t target_domid;
	bool tells;

	*vm = (struct block_vm){ .domid = domid };
	tells = read_domain(name, store, domid, "name");
	tells = read_domain(vm->uuid, store, domid, "vm") && tells;
	vm->is_gone = tells && !*name && !*vm->uuid;
	if (read_domain(target, store, domid, "target") &&
	    block_number_parse(&target_domid, &digits, 10))
		(void)read_domain(vm->target, store, target_domid, "vm");
}

/* A disk that has something of the target: is it another guest's? */
static bool found(struct search *search, const struct block_disk *disk, const char *device,
		  struct err *err)
{
	struct block_use use = { .user = BLOCK_GUEST, .disk = *disk };
	char path[STORE_PATH_SIZE], mode[STORE_VALUE_SIZE];
	struct block_vm vm;
	bool has_mode;

	read_vm(&vm, use.name, search->store, disk->domid);
	vm.is_gone = vm.is_gone && !search->is_open;
	if (!store_read(mode, &has_mode, search->store, block_entry_path(path, disk, "mode"), err))
		return false;
	if (block_vm_same(&search->vm, &vm))
		return true;
	use.writes = !has_mode || block_mode_parse(mode).writes;
	snprintf(use.device, sizeof(use.device), "%s", device);
	return block_uses_add(search->uses, &use, err);
}

static bool check_device(struct search *search, const struct block_disk *disk, dev_t device,
			 struct err *err)
{
	const struct block_place *place = block_places_find(search->places, device);

	return !place || found(search, disk, place->name, err);
}

static bool is_target(const struct search *search, const struct block_file *file)
{
	return search->target->kind == BLOCK_FILE && block_file_equal(file, &search->target->file);
}

static struct block_file file_of(const struct statx *status)
{
	return (struct block_file){ makedev(status->stx_dev_major, status->stx_dev_minor),
				    status->stx_ino };
}

static bool is_target_in(const struct search *search, DIR *directory, const char *name)
{
	struct block_file file;
	struct statx status;

	if (statx(dirfd(directory), name, AT_STATX_DONT_SYNC, STATX_INO, &status))
		return false;
	file = file_of(&status);
	return is_target(search, &file);
}

/*
 * An image that was renamed is open all the same, if the guest's device model has it open. Where
 * that can't be looked at, somebody has the target open, and it is taken for the one.
 */
static bool check_renamed(struct search *search, const struct block_disk *disk, struct err *err)
{
	char pid[BLOCK_NAME_SIZE], path[64];
	struct dirent *entry;
	bool known, has = false;
	DIR *directory;

	if (search->is_alone || search->target->kind != BLOCK_FILE)
		return true;
	(void)read_domain(pid, search->store, disk->domid, "image/device-model-pid");
	snprintf(path, sizeof(path), "/proc/%.10s/fd", pid);
	directory = *pid ? opendir(path) : NULL;
	known = directory;
	while (known && !has && (entry = readdir(directory)))
		has = is_target_in(search, directory, entry->d_name);
	if (known)
		closedir(directory);
	return (known && !has) || found(search, disk, "its image was renamed", err);
}

/*
 * What a program opens by its name, "raw:/srv/disk.img": by device or by file. A file server is not
 * asked, others wait for the lock.
 */
static bool check_params(struct search *search, const struct block_disk *disk, struct err *err)
{
	char path[STORE_PATH_SIZE], params[STORE_VALUE_SIZE];
	const struct block_place *place;
	struct block_file file;
	struct statx status;
	const char *name;

	if (!store_read_bytes(params, NULL, search->store, block_entry_path(path, disk, "params"),
			      err))
		return false;
	name = strchr(params, ':');
	name = name ? name + 1 : params;
	if (*name != '/')
		return true;
	if (statx(AT_FDCWD, name, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &status))
		return check_renamed(search, disk, err);
	if (S_ISBLK(status.stx_mode))
		return check_device(search, disk,
				    makedev(status.stx_rdev_major, status.stx_rdev_minor), err);
	file = file_of(&status);
	place = block_places_find_file(search->places, &file);
	return (!place && !is_target(search, &file)) ||
	       found(search, disk, place ? place->name : "", err);
}

/* What was given to xen-blkback, which may be about to take it. */
static bool check_physical_device(struct search *search, const struct block_disk *disk,
				  struct err *err)
{
	char path[STORE_PATH_SIZE], value[STORE_VALUE_SIZE];
	dev_t device;

	if (!store_read(value, NULL, search->store, block_entry_path(path, disk, "physical-device"),
			err))
		return false;
	return !block_number_parse_device(&device, value, 16) ||
	       check_device(search, disk, device, err);
}

static bool check(struct search *search, const struct block_disk *disk, struct err *err)
{
	if (block_disk_equal(disk, &search->own))
		return true;
	return strcmp(disk->kind, "vbd") ? check_params(search, disk, err)
					 : check_physical_device(search, disk, err);
}

static bool check_domain(struct search *search, const char *kind, const char *domain,
			 struct err *err)
{
	char path[STORE_PATH_SIZE], text[STORE_PATH_SIZE];
	auto_free char **devices = NULL;
	unsigned count;

	snprintf(path, sizeof(path), "backend/%s/%.16s", kind, domain);
	if (!store_list(&devices, &count, search->store, path, err))
		return false;
	for (unsigned i = 0; i < count; i++) {
		struct block_disk disk;

		/* Of any kind, the numbers are parsed as those of a vbd are. */
		snprintf(text, sizeof(text), "vbd/%.16s/%.16s", domain, devices[i]);
		if (!block_disk_parse(&disk, text))
			continue;
		snprintf(disk.kind, sizeof(disk.kind), "%s", kind);
		if (!check(search, &disk, err))
			return false;
	}
	return true;
}

static bool check_kind(struct search *search, const char *kind, struct err *err)
{
	auto_free char **domains = NULL;
	char path[STORE_PATH_SIZE];
	unsigned count;

	snprintf(path, sizeof(path), "backend/%s", kind);
	if (!store_list(&domains, &count, search->store, path, err))
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!check_domain(search, kind, domains[i], err))
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
		       const struct block_places *places, const struct block_target *target,
		       bool is_alone, struct err *err)
{
	struct search search = {
		.uses = uses,
		.store = store,
		.own = *own,
		.places = places,
		.target = target,
		.is_alone = is_alone,
	};
	char name[BLOCK_NAME_SIZE];

	read_vm(&search.vm, name, store, own->domid);
	return (is_alone || check_bus(&search, err)) && check_kind(&search, "qdisk", err) &&
	       check_kind(&search, "virtio_disk", err) && check_kind(&search, "vbd3", err);
}
