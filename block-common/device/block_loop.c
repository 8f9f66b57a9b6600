/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices ↔ the kernel, through /dev/loop-control and their own nodes. */
#include "device/block_loop.h"
#include "base/array.h"
#include "device/block_ask.h"
#include "device/block_volume.h"
#include "disk/block_number.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define TRIES 64 /* to get a free one, where others take them at the same time */

static const char mark[] = "taofirewall:";

bool block_file_equal(const struct block_file *a, const struct block_file *b)
{
	return a->inode == b->inode &&
	       (a->device == b->device || block_volume_same(a->device, b->device));
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
static void decode_loop_info(struct block_loop *loop, struct loop_info64 *info)
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
static bool read_loop_status(struct block_loop *loop, unsigned number, int fd)
{
	struct loop_info64 info;
	struct stat status;

	if (fstat(fd, &status))
		return false;
	loop->number = number;
	loop->device = status.st_rdev;
	if (ioctl(fd, LOOP_GET_STATUS64, &info))
		return false;
	decode_loop_info(loop, &info);
	return true;
}

/* The kernel's folder "loop" is there while the device is in use. */
static bool is_in_use(unsigned number)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/block/loop%u/loop", number);
	return !access(path, F_OK);
}

/* What a child found out of a loop device. */
struct reading {
	struct block_loop loop;
	bool found;
	int error; /* why it can't be asked; 0: it was */
};

static void put_reading(void *answer, const void *what)
{
	struct reading *reading = answer;
	unsigned number = *(const unsigned *)what;
	char path[BLOCK_LOOP_PATH];
	auto_close int fd = open(block_loop_path(path, number), O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	memset(reading, 0, sizeof(*reading));
	reading->found = fd >= 0 && read_loop_status(&reading->loop, number, fd);
	if (reading->found || errno == ENXIO || !is_in_use(number))
		return;
	if (fd < 0)
		reading->error = errno;
	else
		reading->found = reading->loop.is_unknown = true;
}

/* All that there are; *numbers is the caller's to free. */
static bool list_numbers(unsigned **numbers, size_t *count, struct err *err)
{
	DIR *folder = opendir("/sys/block");
	struct dirent *entry;
	bool ok = true;

	if (!folder)
		return err_sys(err, "/sys/block can't be read");
	while (ok && (entry = readdir(folder))) {
		char path[BLOCK_LOOP_PATH];
		unsigned number, *slot;

		snprintf(path, sizeof(path), "/dev/%.16s", entry->d_name);
		if (!block_loop_parse(&number, path) || !is_in_use(number))
			continue;
		slot = array_add(numbers, *count, sizeof(number));
		ok = slot || err_memory(err);
		if (slot) {
			*slot = number;
			(*count)++;
		}
	}
	closedir(folder);
	return ok;
}

/* Nobody says what is behind it; its numbers the kernel knows. */
static void be_unknown(struct reading *reading, unsigned number)
{
	char path[64];

	memset(reading, 0, sizeof(*reading));
	snprintf(path, sizeof(path), "/sys/block/loop%u/dev", number);
	reading->found = block_number_read_device(&reading->loop.device, path, 10);
	reading->loop.number = number;
	reading->loop.is_unknown = true;
}

static bool ask_for(struct reading *readings, const unsigned *numbers, size_t all, struct err *err)
{
	static const struct block_question question = { .put = put_reading,
							.answer_size = sizeof(struct reading),
							.what_size = sizeof(*numbers) };
	auto_free bool *answered = calloc(all + 1, sizeof(*answered));

	if (!answered)
		return err_memory(err);
	if (!block_ask(readings, answered, &question, numbers, all, err))
		return false;
	for (size_t i = 0; i < all; i++)
		if (!answered[i])
			be_unknown(&readings[i], numbers[i]);
	return true;
}

static bool read_some(struct block_loop *loops, size_t *count, const unsigned *numbers, size_t all,
		      struct err *err)
{
	auto_free struct reading *readings = calloc(all + 1, sizeof(*readings));

	*count = 0;
	if (!readings)
		return err_memory(err);
	if (!ask_for(readings, numbers, all, err))
		return false;
	for (size_t i = 0; i < all; i++) {
		errno = readings[i].error;
		if (errno)
			return err_sys(err, "/dev/loop%u can't be asked which file is behind it",
				       numbers[i]);
		if (readings[i].found)
			loops[(*count)++] = readings[i].loop;
	}
	return true;
}

bool block_loop_read(struct block_loop *loop, bool *found, unsigned number, struct err *err)
{
	size_t count;
	bool ok = read_some(loop, &count, &number, 1, err);

	*found = ok && count;
	return ok;
}

bool block_loop_read_all(struct block_loop **loops, size_t *count, struct err *err)
{
	auto_free unsigned *numbers = NULL;
	size_t all = 0;

	*loops = NULL;
	*count = 0;
	if (!list_numbers(&numbers, &all, err))
		return false;
	*loops = calloc(all + 1, sizeof(**loops));
	if (!*loops)
		return err_memory(err);
	if (read_some(*loops, count, numbers, all, err))
		return true;
	free(*loops);
	*loops = NULL;
	return false;
}

/* False, with errno as it was. */
static bool clear_loop_fd(int device)
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
		return clear_loop_fd(device);
	/* A file system that can't is as good as before. */
	if (config->info.lo_flags & LO_FLAGS_DIRECT_IO)
		ioctl(device, LOOP_SET_DIRECT_IO, 1UL);
	return true;
}

static bool configure_loop(int device, const struct loop_config *config)
{
	if (!ioctl(device, LOOP_CONFIGURE, config))
		return true;
	return (errno == EINVAL || errno == ENOTTY) && configure_in_steps(device, config);
}

/* An open descriptor that keeps others of us off the number; -1: one of them keeps us off. */
static int claim_loop_number(int number)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/block/loop%d", number);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || !flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	close(fd);
	errno = EWOULDBLOCK;
	return -1;
}

/*
 * One try: a number that was free a moment ago. Who waits for a server while he takes it holds up
 * all to whom the kernel gives the same one meanwhile; so we take another one then. Returns the
 * open device, or -1.
 */
static int take_free_loop(struct block_loop *loop, int control, const struct loop_config *config)
{
	bool writes = !(config->info.lo_flags & LO_FLAGS_READ_ONLY);
	int number = ioctl(control, LOOP_CTL_GET_FREE), error, fd;
	auto_close int turn = number < 0 ? -1 : claim_loop_number(number);
	char path[BLOCK_LOOP_PATH];

	while (turn < 0 && errno == EWOULDBLOCK) {
		number = ioctl(control, LOOP_CTL_ADD, -1L);
		turn = claim_loop_number(number);
	}
	if (turn < 0)
		return -1;
	fd = open(block_loop_path(path, (unsigned)number),
		  (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0 || (configure_loop(fd, config) &&
		       (read_loop_status(loop, (unsigned)number, fd) || clear_loop_fd(fd))))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int block_loop_attach_apply(struct block_loop *loop, const struct block_disk *disk, int file,
			    bool writes, bool is_direct, struct err *err)
{
	auto_close int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct loop_config config = { .fd = (uint32_t)file, .block_size = 512 };
	char text[BLOCK_DISK_TEXT];

	if (control < 0) {
		err_sys(err, "no loop device: /dev/loop-control can't be opened");
		return -1;
	}
	config.info.lo_flags =
		(writes ? 0U : LO_FLAGS_READ_ONLY) | (is_direct ? LO_FLAGS_DIRECT_IO : 0U);
	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s%s", mark,
		 block_disk_print(text, disk));
	for (int i = 0; i < TRIES; i++) {
		int device = take_free_loop(loop, control, &config);

		if (device >= 0)
			return device;
		if (errno != EBUSY && errno != ENXIO && errno != ENOENT)
			break;
	}
	err_sys(err, "no loop device is to be had");
	return -1;
}

void block_loop_give_back_apply(int device)
{
	(void)clear_loop_fd(device);
	close(device);
}

/* A loop device to be detached, and what came of it. */
struct detaching {
	unsigned number;
	bool is_given; /* it is known to be this disk's */
	struct block_disk disk;
};

struct detached {
	bool was_ours;
	int error; /* 0: none */
};

static void put_detaching(void *answer, const void *what)
{
	const struct detaching *detaching = what;
	struct detached *detached = answer;
	char path[BLOCK_LOOP_PATH];
	auto_close int fd =
		open(block_loop_path(path, detaching->number), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct block_loop loop;

	*detached = (struct detached){ .error = 0 };
	detached->was_ours =
		fd >= 0 && (detaching->is_given ||
			    (read_loop_status(&loop, detaching->number, fd) && loop.is_ours &&
			     block_disk_equal(&loop.disk, &detaching->disk)));
	if (detached->was_ours && ioctl(fd, LOOP_CLR_FD) && errno != ENXIO)
		detached->error = errno;
}

const char *block_loop_sequence(char out[static BLOCK_SEQUENCE_SIZE], unsigned number)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/block/loop%u/diskseq", number);
	if (!block_number_read_line(out, BLOCK_SEQUENCE_SIZE, path))
		out[0] = '\0';
	return out;
}

/* Its file does not answer; but it is the very one that the disk was given. */
static bool is_given(unsigned number, const char *sequence)
{
	char now[BLOCK_SEQUENCE_SIZE];

	return *sequence && !strcmp(block_loop_sequence(now, number), sequence) &&
	       is_in_use(number);
}

bool block_loop_detach_apply(unsigned number, const struct block_disk *disk, const char *sequence,
			     bool *was_ours, struct err *err)
{
	static const struct block_question question = { .put = put_detaching,
							.answer_size = sizeof(struct detached),
							.what_size = sizeof(struct detaching),
							.is_change = true };
	struct detaching detaching = { number, false, *disk };
	struct detached detached = { .was_ours = false };
	bool answered;

	if (!block_ask(&detached, &answered, &question, &detaching, 1, err))
		return false;
	if (!detached.was_ours && is_given(number, sequence)) {
		detaching.is_given = true;
		if (!block_ask(&detached, &answered, &question, &detaching, 1, err))
			return false;
		detached.was_ours = true;
	}
	*was_ours = detached.was_ours || !answered; /* the child that is left ends it when it can */
	errno = detached.error;
	return !errno || err_sys(err, "/dev/loop%u can't be detached", number);
}
