/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/<pid>/mountinfo and /proc/swaps → users of a device. */
#include "holder/block_mounts.h"
#include "base/array.h"
#include "device/block_ask.h"
#include "disk/block_number.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Two paths and the options, all of which may be escaped; a longer line explains nothing. */
#define LINE_SIZE 32768

/* Names in these files have blanks as \040 and the like. In place. */
static void unescape_octal(char *text)
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
	char *point, *type, *source;
	bool writes;
};

/* Whose mounts or swap are looked for: of a device, or of a file. */
struct wanted {
	dev_t device;
	const struct block_file *file; /* NULL: of the device */
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
static bool parse_mount(struct mount *mount, char *line)
{
	char *words[5], *save, *options, *rest = strstr(line, " - ");

	if (!rest)
		return false;
	*rest = '\0';
	words[0] = strtok_r(line, " ", &save);
	for (size_t i = 1; i < COUNT(words); i++)
		words[i] = words[i - 1] ? strtok_r(NULL, " ", &save) : NULL;
	if (!words[4] || !block_number_parse_device(&mount->device, words[2], 10))
		return false;
	mount->type = strtok_r(rest + 3, " ", &save);
	mount->source = mount->type ? strtok_r(NULL, " ", &save) : NULL;
	options = mount->source ? strtok_r(NULL, " \n", &save) : NULL;
	if (!options)
		return false;
	mount->point = words[4];
	mount->writes = !has_option(options, "ro");
	unescape_octal(mount->point);
	unescape_octal(mount->source);
	return true;
}

/* Is this name one of it? Where no server answers, it is not, for the target has answered. */
static bool ask_if_wanted(bool *is, bool *is_there, const char *name, const struct wanted *wanted,
			  struct err *err)
{
	struct statx status;
	bool answered;

	*is = false;
	if (!block_ask_name(&status, is_there, &answered, name, err))
		return false;
	if (!*is_there)
		*is_there = !answered;
	else if (S_ISBLK(status.stx_mode))
		*is = !wanted->file &&
		      makedev(status.stx_rdev_major, status.stx_rdev_minor) == wanted->device;
	else
		*is = wanted->file &&
		      block_file_equal(&(struct block_file){ makedev(status.stx_dev_major,
								     status.stx_dev_minor),
							     status.stx_ino },
				       wanted->file);
	return true;
}

/*
 * A btrfs has a device number of its own, and names one of its devices; and so do file systems that
 * read an image without a loop device, EROFS and those of FUSE. What an EROFS was mounted from, and
 * has no name any more, may be any file.
 */
static bool is_on(bool *is, const struct mount *mount, const struct wanted *wanted, struct err *err)
{
	bool is_there = false;

	*is = !wanted->file && mount->device == wanted->device;
	if (major(mount->device))
		return true;
	if (mount->source[0] == '/' && !ask_if_wanted(is, &is_there, mount->source, wanted, err))
		return false;
	*is = *is || (!is_there && wanted->file && !strcmp(mount->type, "erofs"));
	return true;
}

static bool read_mountinfo(struct block_uses *uses, const char *path, const struct wanted *wanted,
			   struct err *err)
{
	auto_fclose FILE *file = fopen(path, "re");
	char line[LINE_SIZE];

	if (!file)
		return true; /* the process is gone */
	while (fgets(line, sizeof(line), file)) {
		struct block_use use = { .user = BLOCK_MOUNT };
		struct mount mount;
		bool is = false;

		if (parse_mount(&mount, line) && !is_on(&is, &mount, wanted, err))
			return false;
		if (!is)
			continue;
		use.writes = mount.writes;
		snprintf(use.name, sizeof(use.name), "%.*s", BLOCK_NAME_SIZE - 1, mount.point);
		if (!wanted->file)
			block_device_name(use.device, wanted->device);
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
			   const struct wanted *wanted, struct err *err)
{
	bool failed = false;
	char path[64];

	if (!is_new(seen, process, &failed))
		return !failed || err_memory(err);
	snprintf(path, sizeof(path), "/proc/%.20s/mountinfo", process);
	return read_mountinfo(uses, path, wanted, err);
}

bool block_mounts_read(struct block_uses *uses, dev_t device, const struct block_file *file,
		       struct err *err)
{
	const struct wanted wanted = { device, file };
	struct seen seen = { 0 };
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	bool ok;

	if (!processes)
		return err_sys(err, "/proc can't be read");
	ok = read_namespace(uses, &seen, "self", &wanted, err); /* its names come first */
	while (ok && (entry = readdir(processes)))
		if (isdigit((unsigned char)entry->d_name[0]))
			ok = read_namespace(uses, &seen, entry->d_name, &wanted, err);
	closedir(processes);
	free(seen.list);
	return ok;
}

bool block_swaps_read(struct block_uses *uses, dev_t device, const struct block_file *file,
		      struct err *err)
{
	const struct wanted wanted = { device, file };
	auto_fclose FILE *swaps = fopen("/proc/swaps", "re");
	char line[LINE_SIZE];

	if (!swaps) /* a kernel without swap has none */
		return errno == ENOENT || err_sys(err, "/proc/swaps can't be read");
	while (fgets(line, sizeof(line), swaps)) {
		struct block_use use = { .user = BLOCK_SWAP, .writes = true };
		bool is, is_there;

		line[strcspn(line, " \t")] = '\0';
		unescape_octal(line);
		if (!ask_if_wanted(&is, &is_there, line, &wanted, err))
			return false;
		if (!is)
			continue;
		snprintf(use.name, sizeof(use.name), "%.*s", BLOCK_NAME_SIZE - 1, line);
		if (!file)
			block_device_name(use.device, device);
		if (!block_uses_add(uses, &use, err))
			return false;
	}
	return true;
}
