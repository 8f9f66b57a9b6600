/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path → an open descriptor in a child, and what it is. */
#include "block_target.h"
#include "block_ask.h"
#include "block_device.h"
#include "block_volume.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define ANY_WRITE (S_IWUSR | S_IWGRP | S_IWOTH)
#define OPEN_MS                                                                                    \
	15000 /* nobody waits for that but the guest; a disk that sleeps takes ten seconds */
#define LOCKED_MS 3000
#define BLOCK_PATH (sizeof("/dev/") + BLOCK_DEVICE_NAME)

static struct block_child child;
static bool is_lost; /* it was left */

/* What the child has; -1: not open. */
static struct {
	int node; /* the target, opened for nothing but to name it */
	int fd;	  /* the target, opened */
	int loop; /* before it, until we have heard of that */
} held = { -1, -1, -1 };

static bool ask(void *answer, const struct block_target *target,
		const struct block_question *question, const void *what, long limit_ms,
		struct err *err)
{
	char seen[SHOWN_SIZE];
	size_t answered = 0;

	if (!is_lost &&
	    !block_child_ask(&child, question, answer, &answered, what, 1, limit_ms, err))
		return false;
	is_lost = is_lost || !answered;
	return !is_lost ||
	       err_set(err,
		       "%s did not answer in %ld s, and is not attached: is its file server or its "
		       "device gone? `head -c1` of it must come to an end",
		       shown(seen, target->path), limit_ms / 1000);
}

/* The open descriptor once more, in another way; it is the same thing for certain. */
static int reopen(int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", held.node);
	return open(path, flags | O_CLOEXEC | O_NOCTTY);
}

static bool is_writable_device(void)
{
	auto_close int fd = reopen(O_RDONLY | O_NONBLOCK);
	int read_only = 0;

	return fd < 0 || ioctl(fd, BLKROGET, &read_only) || !read_only;
}

/* Root may write to any file; one without a single w is meant to stay as it is. */
static void ask_for_writing(struct block_target *target, mode_t mode)
{
	auto_close int fd = mode & ANY_WRITE ? reopen(O_RDWR | O_NONBLOCK) : -1;

	if (mode & ANY_WRITE && fd < 0)
		target->write_error = errno;
	target->is_read_only = !(mode & ANY_WRITE) || target->write_error == EROFS;
}

static void understand(struct block_target *target, const char *params, struct err *err)
{
	char seen[SHOWN_SIZE];
	struct stat status;

	if (fstat(held.node, &status)) {
		err_sys(err, "%s can't be looked at", shown(seen, params));
	} else if (S_ISBLK(status.st_mode)) {
		target->kind = BLOCK_DEVICE;
		target->device = status.st_rdev;
		target->is_read_only = !is_writable_device();
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

	snprintf(link, sizeof(link), "/proc/self/fd/%d", held.node);
	size = readlink(link, target->path, sizeof(target->path) - 1);
	if (size < 0)
		return err_sys(err, "/proc does not say what was opened");
	target->path[size] = '\0';
	return true;
}

/* What the child found. */
struct look {
	struct block_target target;
	struct err err;
};

static void put_look(void *answer, const void *params)
{
	char path[PATH_MAX + sizeof("/dev/")], seen[SHOWN_SIZE];
	struct look *look = answer;
	const char *name = params;

	snprintf(path, sizeof(path), "%s%s", name[0] == '/' ? "" : "/dev/", name);
	held.node = open(path, O_PATH | O_CLOEXEC);
	if (held.node < 0)
		err_sys(&look->err, "%s can't be opened", shown(seen, path));
	else if (read_path(&look->target, &look->err))
		understand(&look->target, name, &look->err);
}

bool block_target_read(struct block_target *target, const char *params, struct err *err)
{
	const struct block_question question = { .put = put_look,
						 .answer_size = sizeof(struct look),
						 .what_size = strlen(params) + 1 };
	struct look look = { .err = { "" } };

	*target = (struct block_target){ .kind = BLOCK_NOTHING };
	if (!*params) {
		err_set(err, "xenstore has no params of it: is it gone?");
		return true;
	}
	snprintf(target->path, sizeof(target->path), "%s", params);
	if (!ask(&look, target, &question, params, OPEN_MS, err))
		return false;
	*target = look.target;
	*err = look.err;
	return true;
}

static void put_open(void *error, const void *flags)
{
	held.fd = reopen(*(const int *)flags);
	*(int *)error = held.fd < 0 ? errno : 0;
}

bool block_target_open(const struct block_target *target, bool writes, struct err *err)
{
	static const struct block_question question = { .put = put_open,
							.answer_size = sizeof(int),
							.what_size = sizeof(int) };
	int flags = O_RDONLY | O_NONBLOCK; /* of a device the backend driver asks for more */
	char seen[SHOWN_SIZE];
	int error = 0;

	if (target->kind == BLOCK_FILE)
		flags = writes ? O_RDWR : O_RDONLY;
	if (!ask(&error, target, &question, &flags, OPEN_MS, err))
		return false;
	errno = error;
	return !error || err_sys(err, "%s can't be opened", shown(seen, target->path));
}

static void put_close(void *answer, const void *what)
{
	(void)what;
	cleanup_close(&held.fd);
	cleanup_close(&held.node);
	held.fd = held.node = -1;
	*(char *)answer = 0;
}

void block_target_done(const struct block_target *target)
{
	static const struct block_question question = { .put = put_close, .answer_size = 1 };
	char answer;

	if (child.process)
		(void)!ask(&answer, target, &question, NULL, LOCKED_MS, &(struct err){ "" });
	block_child_done(&child);
}

/*
 * A lease is granted to the only one who has a file open: so says fcntl(2), F_SETLEASE. It is given
 * back at once; whoever opens the file in between waits for that, and a SIGIO says so, which nobody
 * needs.
 */
static void put_alone(void *is, const void *what)
{
	(void)what;
	*(bool *)is = !fcntl(held.fd, F_SETLEASE, F_WRLCK);
	if (*(bool *)is)
		fcntl(held.fd, F_SETLEASE, F_UNLCK);
}

bool block_target_is_alone(bool *is, const struct block_target *target, struct err *err)
{
	static const struct block_question question = { .put = put_alone,
							.answer_size = sizeof(bool) };

	*is = false;
	return target->kind != BLOCK_FILE || block_volume_is_remote(target->file.device) ||
	       ask(is, target, &question, NULL, LOCKED_MS, err);
}

struct claim {
	dev_t device;
	char path[BLOCK_PATH]; /* "": of the target */
};

struct claimed {
	bool is;
	int error; /* why it can't be found out; 0: it was */
};

/* The target is known by its descriptor, the others by their names, which are the kernel's. */
static void put_claimed(void *answer, const void *what)
{
	const struct claim *claim = what;
	struct claimed *claimed = answer;
	struct stat status;
	char link[32];
	auto_close int fd = -1;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", held.fd);
	fd = open(*claim->path ? claim->path : link, O_RDONLY | O_NONBLOCK | O_EXCL | O_CLOEXEC);
	*claimed = (struct claimed){ .is = fd < 0 && errno == EBUSY };
	if (fd < 0 && errno != EBUSY && errno != ENXIO)
		claimed->error = errno;
	if (fd >= 0 && (fstat(fd, &status) || status.st_rdev != claim->device))
		claimed->error = ENODEV;
}

/* The kernel's name, as a path: "cciss!c0d0" is cciss/c0d0. */
static void print_path(char out[static BLOCK_PATH], dev_t device)
{
	char name[BLOCK_DEVICE_NAME];

	snprintf(out, BLOCK_PATH, "/dev/%s", block_device_name(name, device));
	for (char *at = out; (at = strchr(at, '!'));)
		*at = '/';
}

bool block_target_is_claimed(bool *is, const struct block_target *target, dev_t device,
			     struct err *err)
{
	static const struct block_question question = { .put = put_claimed,
							.answer_size = sizeof(struct claimed),
							.what_size = sizeof(struct claim) };
	struct claim claim = { .device = device };
	struct claimed claimed = { .is = false };

	if (target->kind != BLOCK_DEVICE || device != target->device)
		print_path(claim.path, device);
	if (!ask(&claimed, target, &question, &claim, LOCKED_MS, err))
		return false;
	*is = claimed.is;
	errno = claimed.error;
	return !errno || err_sys(err, "whether %s is in use can't be found out",
				 *claim.path ? claim.path : target->path);
}

/* What a loop device is to be like, and what it is. */
struct attaching {
	struct block_disk disk;
	bool writes, is_direct;
};

struct attached {
	struct block_loop loop;
	struct err err;
};

/* What LOOP_CONFIGURE asks, too, but there one can't be ended without a loop device. */
static void put_server(void *answer, const void *what)
{
	struct statfs system;
	struct statx status;

	(void)what;
	*(char *)answer = 0;
	(void)!statx(held.fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_SIZE, &status);
	(void)!fstatfs(held.fd, &system);
}

static void put_attached(void *answer, const void *what)
{
	const struct attaching *attaching = what;
	struct attached *attached = answer;

	held.loop =
		block_loop_attach_apply(&attached->loop, &attaching->disk, held.fd,
					attaching->writes, attaching->is_direct, &attached->err);
	if (held.loop < 0)
		attached->loop.device = 0;
}

static void give_back(void)
{
	if (held.loop >= 0)
		block_loop_give_back_apply(held.loop);
}

static void put_heard(void *answer, const void *what)
{
	(void)what;
	*(char *)answer = 0;
	cleanup_close(&held.loop);
	held.loop = -1;
}

bool block_target_attach_apply(struct block_loop *loop, const struct block_target *target,
			       const struct block_disk *disk, bool writes, bool is_direct,
			       struct err *err)
{
	static const struct block_question server = { .put = put_server, .answer_size = 1 };
	static const struct block_question attach = { .put = put_attached,
						      .answer_size = sizeof(struct attached),
						      .what_size = sizeof(struct attaching),
						      .is_change = true,
						      .undo = give_back };
	static const struct block_question heard = { .put = put_heard, .answer_size = 1 };
	const struct attaching attaching = { *disk, writes, is_direct };
	struct attached attached = { .err = { "" } };
	char answer;

	if (!ask(&answer, target, &server, NULL, LOCKED_MS, err) ||
	    !ask(&attached, target, &attach, &attaching, LOCKED_MS, err))
		return false;
	*loop = attached.loop;
	*err = attached.err;
	return loop->device && ask(&answer, target, &heard, NULL, LOCKED_MS, err);
}
