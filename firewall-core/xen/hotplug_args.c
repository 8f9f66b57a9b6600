/* SPDX-License-Identifier: GPL-2.0-or-later */
/* argv and environ of a hotplug run → struct hotplug_args. */
#include "xen/hotplug_args.h"
#include "base/number.h"

static const struct verb {
	const char *name;
	enum hotplug_action action;
	bool is_tap; /* the verb of an emulated NIC */
} verbs[] = {
	{ "online", HOTPLUG_ATTACH, false },
	{ "offline", HOTPLUG_DETACH, false },
	{ "add", HOTPLUG_ATTACH, true },
	{ "remove", HOTPLUG_DETACH, true },
};

static const char *read_environment(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < COUNT(verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

/* "backend/vif/1/0", or the same below "/local/domain/<number>/". */
static bool parse_vif_path(struct vif_id *id, const char *path)
{
	static const char home[] = "/local/domain/", backend[] = "backend/vif/";
	uint32_t domid;

	if (!strncmp(path, home, strlen(home))) {
		path += strlen(home);
		if (!number_read(&domid, &path, UINT32_MAX) || *path++ != '/')
			return false;
	}
	return !strncmp(path, backend, strlen(backend)) &&
	       vif_id_parse(id, path + strlen(backend)) && !id->is_tap;
}

/* "vif1.0-emu" */
static bool parse_tap(struct vif_id *id, const char *name)
{
	char text[VIF_ID_TEXT];
	int length;

	if (strncmp(name, "vif", 3))
		return false;
	length = snprintf(text, sizeof(text), "%s", name + 3);
	if (length < 0 || (size_t)length >= sizeof(text) || !strchr(text, '.'))
		return false;
	*strchr(text, '.') = '/';
	return vif_id_parse(id, text) && id->is_tap;
}

static bool read_vif_id(struct hotplug_args *args, bool is_tap, struct err *err)
{
	const char *path = read_environment("XENBUS_PATH"),
		   *interface = read_environment("INTERFACE");
	char seen[SHOWN_SIZE];

	if (is_tap && !*path) {
		if (!parse_tap(&args->id, interface))
			return err_set(err, "INTERFACE=\"%s\" is no tap of a vif, nothing was done",
				       shown(seen, interface));
		return true;
	}
	if (!parse_vif_path(&args->id, path))
		return err_set(err,
			       "XENBUS_PATH=\"%s\" is no backend/vif/DOMID/DEVID, nothing was done",
			       shown(seen, path));
	args->id.is_tap = is_tap;
	return true;
}

bool hotplug_args_read(struct hotplug_args *args, int argc, char **argv, struct err *err)
{
	struct hotplug_args read = { .command = "", .gateway_device = read_environment("netdev") };
	const char *type = "vif";
	const struct verb *verb;
	char seen[SHOWN_SIZE];
	bool is_tap;

	for (int i = argc - 1; i > 0; i--)
		if (!strncmp(argv[i], "type_if=", 8))
			type = argv[i] + 8;
		else if (!strchr(argv[i], '='))
			read.command = argv[i];
	verb = find_verb(read.command);
	if (!verb)
		return err_set(
			err, "\"%s\" is none of online, offline, add and remove, nothing was done",
			shown(seen, read.command));
	is_tap = !strcmp(type, "tap");
	if (!is_tap && strcmp(type, "vif"))
		return err_set(err, "type_if=\"%s\" is neither vif nor tap, nothing was done",
			       shown(seen, type));
	read.action = verb->action;
	read.is_ignored = verb->is_tap != is_tap;
	if (!read_vif_id(&read, is_tap, err))
		return false;
	*args = read;
	return true;
}
