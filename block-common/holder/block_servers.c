/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc → programs that serve a disk to others. */
#include "holder/block_servers.h"
#include "device/block_process.h"
#include "disk/block_number.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FUSE_CONTROL 0x65735543 /* linux/fs/fuse/control.c */

/* What such a program has open, too: its end of what it serves. */
static bool is_end(const char *link)
{
	static const char *const ends[] = { "/dev/fuse", "/dev/nbd", "/dev/ublkc",
					    "/dev/xen/blktap", "/dev/blktap" };

	for (size_t i = 0; i < COUNT(ends); i++)
		if (!strncmp(link, ends[i], strlen(ends[i])))
			return true;
	return false;
}

static bool has_entries(const char *folder)
{
	DIR *directory = opendir(folder);
	struct dirent *entry = NULL;

	while (directory && (entry = readdir(directory)) && entry->d_name[0] == '.')
		;
	if (directory)
		closedir(directory);
	return entry;
}

/* Is one of the drivers there, and FUSE in use? Most hosts have none, and many processes. */
static bool may_serve(void)
{
	static const char *const drivers[] = { "/sys/module/nbd", "/sys/class/ublk-char",
					       "/sys/class/blktap2" };
	static const char connections[] = "/sys/fs/fuse/connections";
	struct statfs system;

	for (size_t i = 0; i < COUNT(drivers); i++)
		if (!access(drivers[i], F_OK))
			return true;
	if (access("/sys/class/misc/fuse", F_OK))
		return false;
	return statfs(connections, &system) || system.f_type != FUSE_CONTROL ||
	       has_entries(connections);
}

static bool is_server_process(const char *process)
{
	char folder[32], link[PATH_MAX];
	struct dirent *entry;
	DIR *directory;
	bool does = false;
	int fd;

	snprintf(folder, sizeof(folder), "/proc/%.16s/fd", process);
	directory = opendir(folder);
	fd = directory ? dirfd(directory) : -1;
	while (fd >= 0 && !does && (entry = readdir(directory))) {
		ssize_t size = readlinkat(fd, entry->d_name, link, sizeof(link) - 1);

		link[size < 0 ? 0 : size] = '\0';
		does = is_end(link);
	}
	if (directory)
		closedir(directory);
	return does;
}

static void read_process_name(struct block_use *use)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/comm", use->process);
	if (!block_number_read_line(use->name, sizeof(use->name), path))
		use->name[0] = '\0';
}

static bool add_server_use(struct block_uses *uses, const char *process,
			   const struct block_aliases *aliases, const struct block_target *target,
			   struct err *err)
{
	struct block_use use = { .user = BLOCK_SERVER };
	const char *digits = process;
	struct block_hold hold;

	if (!block_number_parse(&use.process, &digits, 10) || !is_server_process(process) ||
	    !block_process_read(&hold, use.process, aliases, target) || !hold.has)
		return true;
	use.writes = hold.writes;
	snprintf(use.device, sizeof(use.device), "%s", hold.device);
	read_process_name(&use);
	return block_uses_add(uses, &use, err);
}

bool block_servers_read(struct block_uses *uses, const struct block_aliases *aliases,
			const struct block_target *target, struct err *err)
{
	struct dirent *entry;
	DIR *processes;
	bool ok = true;

	if (!may_serve())
		return true;
	processes = opendir("/proc");
	if (!processes)
		return err_sys(err, "/proc can't be read");
	while (ok && (entry = readdir(processes)))
		if (isdigit((unsigned char)entry->d_name[0]))
			ok = add_server_use(uses, entry->d_name, aliases, target, err);
	closedir(processes);
	return ok;
}

void block_servers_find(struct block_use *use, dev_t device)
{
	struct block_alias alias = { .device = device };
	const struct block_aliases aliases = { .list = &alias, .count = 1 };
	const struct block_target none = { .kind = BLOCK_NOTHING };
	DIR *processes = opendir("/proc");
	struct dirent *entry;

	while (processes && !use->process && (entry = readdir(processes))) {
		const char *digits = entry->d_name;
		struct block_hold hold;
		uint32_t process;

		if (block_number_parse(&process, &digits, 10) &&
		    block_process_read(&hold, process, &aliases, &none) && hold.has)
			use->process = process;
	}
	if (use->process)
		read_process_name(use);
	if (processes)
		closedir(processes);
}
