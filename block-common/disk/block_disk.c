/* SPDX-License-Identifier: GPL-2.0-or-later */
/* argv, environ and nodes of xenstore, as texts → disks and what is asked of them. */
#include "disk/block_disk.h"
#include "disk/block_number.h"
#include <ctype.h>

const char *block_disk_print(char out[static BLOCK_DISK_TEXT], const struct block_disk *disk)
{
	snprintf(out, BLOCK_DISK_TEXT, "%s/%u/%u", disk->kind, disk->domid, disk->devid);
	return out;
}

bool block_disk_parse(struct block_disk *disk, const char *text)
{
	size_t length = strcspn(text, "/");
	const char *rest = text + length;
	struct block_disk read = { .domid = 0 };
	char again[BLOCK_DISK_TEXT];

	if (strncmp(text, "vbd3", length) || length < strlen("vbd"))
		return false;
	memcpy(read.kind, text, length);
	if (*rest++ != '/' || !block_number_parse(&read.domid, &rest, 10) || *rest++ != '/' ||
	    !block_number_parse(&read.devid, &rest, 10) ||
	    strcmp(block_disk_print(again, &read), text))
		return false;
	*disk = read;
	return true;
}

bool block_disk_equal(const struct block_disk *a, const struct block_disk *b)
{
	return !strcmp(a->kind, b->kind) && a->domid == b->domid && a->devid == b->devid;
}

/* "backend/vbd/1/51712", or the same below "/local/domain/<number>/". */
static bool parse_disk_path(struct block_disk *disk, const char *path)
{
	static const char home[] = "/local/domain/", backend[] = "backend/";
	uint32_t own;

	if (!strncmp(path, home, strlen(home))) {
		path += strlen(home);
		if (!block_number_parse(&own, &path, 10) || *path++ != '/')
			return false;
	}
	return !strncmp(path, backend, strlen(backend)) &&
	       block_disk_parse(disk, path + strlen(backend));
}

bool block_event_read(struct block_event *event, int argc, char **argv, struct err *err)
{
	const char *command = "", *path = getenv("XENBUS_PATH");
	struct block_event read = { .is_add = false };
	char seen[SHOWN_SIZE];

	for (int i = argc - 1; i > 0; i--)
		if (!strchr(argv[i], '='))
			command = argv[i];
	read.is_add = !strcmp(command, "add");
	if (!read.is_add && strcmp(command, "remove"))
		return err_set(err, "\"%s\" is neither add nor remove, nothing was done",
			       shown(seen, command));
	if (!parse_disk_path(&read.disk, path ? path : ""))
		return err_set(err,
			       "XENBUS_PATH=\"%s\" is no backend/vbd/DOMID/DEVID, nothing was done",
			       shown(seen, path ? path : ""));
	*event = read;
	return true;
}

struct block_mode block_mode_parse(const char *text)
{
	bool writes = strchr(text, 'w');

	return (struct block_mode){ writes, writes && strchr(text, '!') };
}

bool block_type_has_helper(const char *type)
{
	if (!*type || !strcmp(type, "phy") || !strcmp(type, "file"))
		return false;
	for (const char *c = type; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			return false;
	return true;
}
