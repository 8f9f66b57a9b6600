/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/<pid>/mountinfo and /proc/swaps → users of a device. */
#include "block_mounts.h"
#include "array.h"
#include "block_number.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Two paths and the options, all of which may be escaped; a longer line explains nothing. */
#define LINE_SIZE 32768

/* Names in these files have blanks as \040 and the like. In place. */
static void unescape(char *text)
{
	char *out = text;
	const char *in = text;

	while (*in) {
		if (*in == '\\' && strspn(in + 1, "01234567") >= 3) {
			*out++ = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
			in += 4;
		} else {
			*out++ = *in++;
		}
	}
	*out = '\0';
}

/* A line of mountinfo; see proc(5). */
struct mount {
	dev_t device;
	char *point, *source;
	bool writes;
};

static bool has_option(const char *options, const char *option)
{
	size_t length = strlen(option);

	while (*options) {
		size_t next = strcspn(options, ",");

		if (next == length && !strncmp(options, option, length))
			return true;
		options += next + (options[next] == ',');
	}
	return false;
}

/*
 * "36 35 8:3 / /srv rw,noatime shared:1 - ext4 /dev/sda3 rw": what counts are the last options,
 * those of the file system; a mount that is read-only may be one of several.
 */
static bool parse(struct mount *mount, char *line)
{
	char *words[5], *save, *options, *rest = strstr(line, " - ");

	if (!rest)
		return false;
	*rest = '\0';
	words[0] = strtok_r(line, " ", &save);
	for (size_t i = 1; i < COUNT(words); i++)
		words[i] = words[i - 1] ? strtok_r(NULL, " ", &save) : NULL;
	if (!words[4] || !block_number_parse_device(&mount->device, words[2], 10) ||
	    !strtok_r(rest + 3, " ", &save))
		return false;
	mount->source = strtok_r(NULL, " ", &save);
	options = mount->source ? strtok_r(NULL, " \n", &save) : NULL;
	if (!options)
		return false;
	mount->point = words[4];
	mount->writes = !has_option(options, "ro");
	unescape(mount->point);
	unescape(mount->source);
	return true;
}

/* A btrfs has a device number of its own, and names one of its devices. */
static bool is_on(const struct mount *mount, dev_t device)
{
	struct stat status;

	return mount->device == device ||
	       (!major(mount->device) && mount->source[0] == '/' && !stat(mount->source, &status) &&
		S_ISBLK(status.st_mode) && status.st_rdev == device);
}

static bool read_file(struct block_uses *uses, const char *path, dev_t device, struct err *err)
{
	auto_fclose FILE *file = fopen(path, "re");
	char line[LINE_SIZE];

	if (!file)
		return true; /* the process is gone */
	while (fgets(line, sizeof(line), file)) {
		struct block_use use = { .user = BLOCK_MOUNT };
		struct mount mount;

		if (!parse(&mount, line) || !is_on(&mount, device))
			continue;
		use.writes = mount.writes;
		snprintf(use.name, sizeof(use.name), "%.*s", BLOCK_NAME_SIZE - 1, mount.point);
		block_device_name(use.device, device);
		if (!block_uses_add(uses, &use, err))
			return false;
	}
	return true;
}

/* The mount namespaces that were looked at. */
struct seen {
	ino_t *list;
	size_t count;
};

/* Is it one that has not been seen yet? */
static bool is_new(struct seen *seen, const char *process, bool *failed)
{
	struct stat status;
	char path[64];
	ino_t *slot;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/mnt", process);
	if (stat(path, &status))
		return false;
	for (size_t i = 0; i < seen->count; i++)
		if (seen->list[i] == status.st_ino)
			return false;
	slot = array_add(&seen->list, seen->count, sizeof(*slot));
	*failed = !slot;
	if (slot) {
		*slot = status.st_ino;
		seen->count++;
	}
	return slot;
}

static bool read_namespace(struct block_uses *uses, struct seen *seen, const char *process,
			   dev_t device, struct err *err)
{
	bool failed = false;
	char path[64];

	if (!is_new(seen, process, &failed))
		return !failed || err_memory(err);
	snprintf(path, sizeof(path), "/proc/%.20s/mountinfo", process);
	return read_file(uses, path, device, err);
}

bool block_mounts_read(struct block_uses *uses, dev_t device, struct err *err)
{
	struct seen seen = { 0 };
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	bool ok;

	if (!processes)
		return err_sys(err, "/proc can't be read");
	ok = read_namespace(uses, &seen, "self", device, err); /* its names come first */
	while (ok && (entry = readdir(processes)))
		if (isdigit((unsigned char)entry->d_name[0]))
			ok = read_namespace(uses, &seen, entry->d_name, device, err);
	closedir(processes);
	free(seen.list);
	return ok;
}

static bool is_swap_on(const char *name, dev_t device, const struct block_file *file)
{
	struct stat status;

	if (stat(name, &status))
		return false;
	if (S_ISBLK(status.st_mode))
		return !file && status.st_rdev == device;
	return file && block_file_equal(&(struct block_file){ status.st_dev, status.st_ino }, file);
}

bool block_swaps_read(struct block_uses *uses, dev_t device, const struct block_file *wanted,
		      struct err *err)
{
	auto_fclose FILE *file = fopen("/proc/swaps", "re");
	char line[LINE_SIZE];

	if (!file) /* a kernel without swap has none */
		return errno == ENOENT || err_sys(err, "/proc/swaps can't be read");
	while (fgets(line, sizeof(line), file)) {
		struct block_use use = { .user = BLOCK_SWAP, .writes = true };

		line[strcspn(line, " \t")] = '\0';
		unescape(line);
		if (!is_swap_on(line, device, wanted))
			continue;
		snprintf(use.name, sizeof(use.name), "%.*s", BLOCK_NAME_SIZE - 1, line);
		if (!wanted)
			block_device_name(use.device, device);
		if (!block_uses_add(uses, &use, err))
			return false;
	}
	return true;
}
