/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/<pid>/fd → whether a process has a disk open. */
#include "device/block_process.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

/* "flags:\t0100002", octal; what does not say it may write. */
static bool may_write(const char *folder, const char *name)
{
	char path[64], line[64];
	auto_fclose FILE *file = NULL;

	snprintf(path, sizeof(path), "%sinfo/%.16s", folder, name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "flags:", strlen("flags:")))
			return (strtoul(line + strlen("flags:"), NULL, 8) & O_ACCMODE) != O_RDONLY;
	return true;
}

/* A link of this folder leads to the thing itself, not to a name of it. */
static void check_descriptor(struct block_hold *hold, int fd, const char *folder, const char *name,
			     const struct block_aliases *aliases, const struct block_target *target)
{
	struct statx status;
	const char *device;

	if (statx(fd, name, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &status) ||
	    !block_aliases_have(aliases, target, &status, &device))
		return;
	hold->has = true;
	hold->writes = hold->writes || may_write(folder, name);
	snprintf(hold->device, sizeof(hold->device), "%s", device);
}

bool block_process_read(struct block_hold *hold, uint32_t pid, const struct block_aliases *aliases,
			const struct block_target *target)
{
	struct dirent *entry;
	char folder[32];
	DIR *directory;

	*hold = (struct block_hold){ .has = false };
	snprintf(folder, sizeof(folder), "/proc/%u/fd", pid);
	directory = opendir(folder);
	if (!directory)
		return false;
	while ((entry = readdir(directory)))
		check_descriptor(hold, dirfd(directory), folder, entry->d_name, aliases, target);
	closedir(directory);
	return true;
}
