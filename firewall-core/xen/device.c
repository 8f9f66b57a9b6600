/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vif's number → its network interface. */
#include "xen/device.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>

#define BUS "/sys/bus/xen-backend"
#define DEVICES BUS "/devices"

/*
 * The kernel keeps a number for each interface for ever, so an index that still exists is still the
 * same interface.
 */
static bool name_of(struct ifname *name, uint32_t index)
{
	char text[IFNAMSIZ];
	struct err err;

	return index && if_indextoname(index, text) && ifname_parse(name, text, &err);
}

/* The only entry of the folder is the interface. */
static bool first_entry(struct ifname *name, const char *folder)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	struct err err;
	bool found = false;

	if (!directory)
		return false;
	while (!found && (entry = readdir(directory)))
		found = entry->d_name[0] != '.' && ifname_parse(name, entry->d_name, &err);
	closedir(directory);
	return found;
}

static bool find_on_bus(struct ifname *name, const struct vif_id *id)
{
	char folder[sizeof(DEVICES) + 64];

	snprintf(folder, sizeof(folder), DEVICES "/vif-%u-%u/net", id->domid, id->devid);
	return first_entry(name, folder);
}

bool device_read(struct ifname *name, uint32_t *index, bool *found, const struct vif_id *id,
		 uint32_t recorded, struct err *err)
{
	struct ifname read = vif_id_name(id);

	if (!read.text[0])
		return err_set(err, "vif %u of domain %u has a name that is too long", id->devid,
			       id->domid);
	if (!id->is_tap && !access(BUS, F_OK))
		*found = find_on_bus(&read, id);
	else
		*found = name_of(&read, recorded) || if_nametoindex(read.text);
	if (!*found)
		return true;
	*index = if_nametoindex(read.text);
	*found = *index != 0;
	*name = read;
	return true;
}

/* "vif-1-0"; other devices are no vifs. */
static bool parse_device(struct vif_id *id, const char *name)
{
	static const char kind[] = "vif-";
	char text[VIF_ID_TEXT];

	if (strncmp(name, kind, strlen(kind)))
		return false;
	snprintf(text, sizeof(text), "%.30s", name + strlen(kind));
	text[strcspn(text, "-")] = '/';
	return vif_id_parse(id, text);
}

/* The last part of what a link leads to, as "vif-1-0"; "" when it is none, or too long. */
static void read_link_base(char *base, size_t size, const char *path)
{
	char target[PATH_MAX], *slash;
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	const char *last;

	target[length < 0 ? 0 : length] = '\0';
	slash = strrchr(target, '/');
	last = slash ? slash + 1 : target;
	*base = '\0';
	if (strlen(last) < size)
		memcpy(base, last, strlen(last) + 1);
}

bool device_read_id(struct vif_id *id, const struct ifname *name)
{
	char path[IFNAMSIZ + 32], device[64], text[VIF_ID_TEXT];

	snprintf(path, sizeof(path), "/sys/class/net/%s/device", name->text);
	read_link_base(device, sizeof(device), path);
	if (parse_device(id, device))
		return true;
	if (strncmp(name->text, "vif", 3))
		return false;
	snprintf(text, sizeof(text), "%s", name->text + 3);
	text[strcspn(text, ".")] = '/';
	return vif_id_parse(id, text);
}

bool device_list(struct vif_id **ids, size_t *count, bool *knows, struct err *err)
{
	DIR *directory = opendir(DEVICES);
	struct dirent *entry;
	struct vif_id id;
	bool ok = true;

	*ids = NULL;
	*count = 0;
	*knows = directory;
	if (!directory)
		return errno == ENOENT || err_sys(err, DEVICES " can't be read");
	while (ok && (entry = readdir(directory)))
		ok = !parse_device(&id, entry->d_name) || vif_id_add(ids, count, &id, err);
	closedir(directory);
	if (ok)
		return true;
	free(*ids);
	*ids = NULL;
	return false;
}

bool device_read_master(struct ifname *master, uint32_t *bridge_index, const struct ifname *name)
{
	char path[IFNAMSIZ + 32], base[IFNAMSIZ];
	struct ifname found;
	struct err err;

	snprintf(path, sizeof(path), "/sys/class/net/%s/master", name->text);
	read_link_base(base, sizeof(base), path);
	if (!ifname_parse(&found, base, &err))
		return false;
	snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", found.text);
	*bridge_index = access(path, F_OK) ? 0 : if_nametoindex(found.text);
	*master = found;
	return true;
}

bool device_read_bridge(struct ifname *bridge, uint32_t *index, const struct ifname *name)
{
	struct ifname master;

	if (!device_read_master(&master, index, name) || !*index)
		return false;
	*bridge = master;
	return true;
}
