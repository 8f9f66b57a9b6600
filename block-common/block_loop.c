/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices ↔ the kernel, through /dev/loop-control and their own nodes. */
#include "block_loop.h"
#include "array.h"
#include "block_number.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define TRIES 64 /* to get a free one, where others take them at the same time */

static const char mark[] = "taofirewall:";

bool block_file_equal(const struct block_file *a, const struct block_file *b)
{
	return a->device == b->device && a->inode == b->inode;
}

const char *block_loop_path(char out[static BLOCK_LOOP_PATH], unsigned number)
{
	snprintf(out, BLOCK_LOOP_PATH, "/dev/loop%u", number);
	return out;
}

bool block_loop_parse(unsigned *number, const char *path)
{
	static const char start[] = "/dev/loop";
	char again[BLOCK_LOOP_PATH];
	const char *digits = path + strlen(start);
	unsigned read;

	if (strncmp(path, start, strlen(start)) || !block_number_parse(&read, &digits, 10) ||
	    strcmp(block_loop_path(again, read), path))
		return false;
	*number = read;
	return true;
}

/* Source: lo_ioctl() of the kernel's drivers/block/loop.c, loop_get_status64() */
static void understand(struct block_loop *loop, struct loop_info64 *info)
{
	char *name = (char *)info->lo_file_name;

	name[LO_NAME_SIZE - 1] = '\0';
	loop->file = (struct block_file){ info->lo_device, info->lo_inode };
	loop->backing = info->lo_rdevice;
	loop->writes = !(info->lo_flags & LO_FLAGS_READ_ONLY);
	loop->is_ours = !strncmp(name, mark, strlen(mark)) &&
			block_disk_parse(&loop->disk, name + strlen(mark));
}

/* An open device → what is behind it; false where that is nothing. */
static bool ask(struct block_loop *loop, unsigned number, int fd)
{
	struct loop_info64 info;
	struct stat status;

	if (fstat(fd, &status))
		return false;
	loop->number = number;
	loop->device = status.st_rdev;
	if (ioctl(fd, LOOP_GET_STATUS64, &info))
		return false;
	understand(loop, &info);
	return true;
}

/* The kernel's folder "loop" is there while the device is in use. */
static bool is_in_use(unsigned number)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/block/loop%u/loop", number);
	return !access(path, F_OK);
}

bool block_loop_read(struct block_loop *loop, bool *found, unsigned number, struct err *err)
{
	char path[BLOCK_LOOP_PATH];
	auto_close int fd = open(block_loop_path(path, number), O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	memset(loop, 0, sizeof(*loop));
	*found = fd >= 0 && ask(loop, number, fd);
	if (*found || errno == ENXIO || !is_in_use(number))
		return true;
	if (fd < 0)
		return err_sys(err, "%s can't be asked which file is behind it", path);
	*found = loop->is_unknown = true;
	return true;
}

static bool add(struct block_loop **loops, size_t *count, unsigned number, struct err *err)
{
	struct block_loop read, *slot;
	bool found;

	if (!block_loop_read(&read, &found, number, err))
		return false;
	if (!found)
		return true;
	slot = array_add(loops, *count, sizeof(read));
	if (!slot)
		return err_memory(err);
	*slot = read;
	(*count)++;
	return true;
}

bool block_loop_read_all(struct block_loop **loops, size_t *count, struct err *err)
{
	DIR *folder = opendir("/sys/block");
	struct dirent *entry;
	bool ok = true;

	*loops = NULL;
	*count = 0;
	if (!folder)
		return err_sys(err, "/sys/block can't be read");
	while (ok && (entry = readdir(folder))) {
		char path[BLOCK_LOOP_PATH];
		unsigned number;

		snprintf(path, sizeof(path), "/dev/%.16s", entry->d_name);
		if (block_loop_parse(&number, path))
			ok = add(loops, count, number, err);
	}
	closedir(folder);
	if (ok)
		return true;
	free(*loops);
	*loops = NULL;
	return false;
}

/* False, with errno as it was. */
static bool give_back(int device)
{
	int error = errno;

	ioctl(device, LOOP_CLR_FD);
	errno = error;
	return false;
}

/* Before Linux 5.8 in steps: killed in between, it leaves a device that nobody's name is on. */
static bool configure_in_steps(int device, const struct loop_config *config)
{
	if (ioctl(device, LOOP_SET_FD, config->fd))
		return false;
	if (ioctl(device, LOOP_SET_STATUS64, &config->info))
		return give_back(device);
	/* A file system that can't is as good as before. */
	if (config->info.lo_flags & LO_FLAGS_DIRECT_IO)
		ioctl(device, LOOP_SET_DIRECT_IO, 1UL);
	return true;
}

static bool configure(int device, const struct loop_config *config)
{
	if (!ioctl(device, LOOP_CONFIGURE, config))
		return true;
	return (errno == EINVAL || errno == ENOTTY) && configure_in_steps(device, config);
}

/* One try: a number that was free a moment ago. */
static bool take(struct block_loop *loop, int control, const struct loop_config *config)
{
	bool writes = !(config->info.lo_flags & LO_FLAGS_READ_ONLY);
	int number = ioctl(control, LOOP_CTL_GET_FREE);
	char path[BLOCK_LOOP_PATH];
	auto_close int fd = -1;

	if (number < 0)
		return false;
	fd = open(block_loop_path(path, (unsigned)number),
		  (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0 || !configure(fd, config))
		return false;
	return ask(loop, (unsigned)number, fd) || give_back(fd);
}

bool block_loop_attach_apply(struct block_loop *loop, const struct block_disk *disk, int file,
			     bool writes, bool is_direct, struct err *err)
{
	auto_close int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct loop_config config = { .fd = (uint32_t)file, .block_size = 512 };
	char text[BLOCK_DISK_TEXT];

	if (control < 0)
		return err_sys(err, "no loop device: /dev/loop-control can't be opened");
	config.info.lo_flags =
		(writes ? 0U : LO_FLAGS_READ_ONLY) | (is_direct ? LO_FLAGS_DIRECT_IO : 0U);
	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s%s", mark,
		 block_disk_print(text, disk));
	for (int i = 0; i < TRIES; i++) {
		if (take(loop, control, &config))
			return true;
		if (errno != EBUSY && errno != ENXIO && errno != ENOENT)
			break;
	}
	return err_sys(err, "no loop device is to be had");
}

bool block_loop_detach_apply(unsigned number, const struct block_disk *disk, bool *was_ours,
			     struct err *err)
{
	char path[BLOCK_LOOP_PATH];
	auto_close int fd = open(block_loop_path(path, number), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct block_loop loop;

	*was_ours = fd >= 0 && ask(&loop, number, fd) && loop.is_ours &&
		    block_disk_equal(&loop.disk, disk);
	return !*was_ours || !ioctl(fd, LOOP_CLR_FD) || errno == ENXIO ||
	       err_sys(err, "%s can't be detached", path);
}
