/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path → an open descriptor, and what it is. */
#include "block_target.h"
#include "block_volume.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define ANY_WRITE (S_IWUSR | S_IWGRP | S_IWOTH)

/* The open descriptor once more, in another way; it is the same thing for certain. */
static int reopen(const struct block_target *target, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", target->node);
	return open(path, flags | O_CLOEXEC | O_NOCTTY);
}

static bool is_writable_device(const struct block_target *target)
{
	auto_close int fd = reopen(target, O_RDONLY | O_NONBLOCK);
	int read_only = 0;

	return fd < 0 || ioctl(fd, BLKROGET, &read_only) || !read_only;
}

/* Root may write to any file; one without a single w is meant to stay as it is. */
static void ask_for_writing(struct block_target *target, mode_t mode)
{
	auto_close int fd = mode & ANY_WRITE ? reopen(target, O_RDWR | O_NONBLOCK) : -1;

	if (mode & ANY_WRITE && fd < 0)
		target->write_error = errno;
	target->is_read_only = !(mode & ANY_WRITE) || target->write_error == EROFS;
}

static void understand(struct block_target *target, const char *params, struct err *err)
{
	char seen[SHOWN_SIZE];
	struct stat status;

	if (fstat(target->node, &status)) {
		err_sys(err, "%s can't be looked at", shown(seen, params));
	} else if (S_ISBLK(status.st_mode)) {
		target->kind = BLOCK_DEVICE;
		target->device = status.st_rdev;
		target->is_read_only = !is_writable_device(target);
	} else if (S_ISREG(status.st_mode) && params[0] == '/') {
		target->kind = BLOCK_FILE;
		target->file = (struct block_file){ status.st_dev, status.st_ino };
		target->size = status.st_size;
		ask_for_writing(target, status.st_mode);
	} else {
		err_set(err, "%s is neither a block device nor a file", shown(seen, params));
	}
}

/* Where the descriptor is: the link of the path is resolved, and a device's is its own name. */
static bool read_path(struct block_target *target, struct err *err)
{
	char link[32];
	ssize_t size;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", target->node);
	size = readlink(link, target->path, sizeof(target->path) - 1);
	if (size < 0)
		return err_sys(err, "/proc does not say what was opened");
	target->path[size] = '\0';
	return true;
}

void block_target_read(struct block_target *target, const char *params, struct err *err)
{
	char path[PATH_MAX + sizeof("/dev/")], seen[SHOWN_SIZE];

	*target = (struct block_target){ .node = -1, .fd = -1 };
	if (!*params) {
		err_set(err, "xenstore has no params of it: is it gone?");
		return;
	}
	snprintf(path, sizeof(path), "%s%s", params[0] == '/' ? "" : "/dev/", params);
	target->node = open(path, O_PATH | O_CLOEXEC);
	if (target->node < 0)
		err_sys(err, "%s can't be opened", shown(seen, path));
	else if (read_path(target, err))
		understand(target, params, err);
}

void block_target_done(struct block_target *target)
{
	cleanup_close(&target->fd);
	cleanup_close(&target->node);
	target->fd = target->node = -1;
}

bool block_target_open(struct block_target *target, bool writes, struct err *err)
{
	int flags = O_RDONLY | O_NONBLOCK; /* of a device the backend driver asks for more */
	char seen[SHOWN_SIZE];

	if (target->kind == BLOCK_FILE)
		flags = writes ? O_RDWR : O_RDONLY;
	target->fd = reopen(target, flags);
	return target->fd >= 0 || err_sys(err, "%s can't be opened", shown(seen, target->path));
}

/*
 * A lease is granted to the only one who has a file open: so says fcntl(2), F_SETLEASE. It is given
 * back at once; whoever opens the file in between waits for that, and a SIGIO says so, which nobody
 * needs.
 */
bool block_target_is_alone(const struct block_target *target)
{
	if (target->kind != BLOCK_FILE || block_volume_is_remote(target->file.device) ||
	    fcntl(target->fd, F_SETLEASE, F_WRLCK))
		return false;
	fcntl(target->fd, F_SETLEASE, F_UNLCK);
	return true;
}
