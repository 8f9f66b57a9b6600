/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path → an open descriptor in a child, and what it is. */
#include "device/block_target.h"
#include "device/block_ask.h"
#include "device/block_device.h"
#include "device/block_volume.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define ANY_WRITE (S_IWUSR | S_IWGRP | S_IWOTH)
#define OPEN_MS 15000 /* only the guest waits for that; a disk that sleeps takes ten seconds */
#define LOCKED_MS 3000
#define BLOCK_PATH (sizeof("/dev/") + BLOCK_DEVICE_NAME)

static struct block_child child;
static bool is_lost;	/* it was left */
static bool is_closing; /* it was told to close all */

/* What the child has; -1: not open. */
static struct {
	int node; /* the target, opened for nothing but to name it */
	int fd;	  /* the target, opened */
	int loop; /* before it, until we have heard of that */
} held = { -1, -1, -1 };

static bool ask_child(void *answer, const struct block_target *target,
		      const struct block_question *question, const void *what, long limit_ms,
		      struct err *err)
{
	char seen[SHOWN_SIZE];

	if (!is_lost && !block_child_tell(&child, question, what, 1, err))
		return false;
	is_lost = is_lost || !block_child_hear(&child, question, answer, 1, limit_ms);
	return !is_lost ||
	       err_set(err,
		       "%s did not answer in %ld s, and is not attached: is its file server or its "
		       "device gone? `head -c1` of it must come to an end",
		       shown(seen, target->path), limit_ms / 1000);
}

/* The open descriptor once more, in another way; it is the same thing for certain. */
static int reopen_node(int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", held.node);
	return open(path, flags | O_CLOEXEC | O_NOCTTY);
}

static void classify_target(struct block_target *target, const char *params, struct err *err)
{
	char seen[SHOWN_SIZE];
	struct stat status;

	if (fstat(held.node, &status)) {
		err_sys(err, "%s can't be looked at", shown(seen, params));
	} else if (S_ISBLK(status.st_mode)) {
		target->kind = BLOCK_DEVICE;
		target->device = status.st_rdev;
	} else if (S_ISREG(status.st_mode) && params[0] == '/') {
		target->kind = BLOCK_FILE;
		target->file = (struct block_file){ status.st_dev, status.st_ino };
		target->size = status.st_size;
		target->is_read_only = !(status.st_mode & ANY_WRITE);
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

/* Root may write to any file; one without a single w is meant to stay as it is. */
static void open_it(struct block_target *target, bool writes)
{
	int flags = O_RDONLY | O_NONBLOCK; /* of a device the backend driver asks for more */
	int read_only = 0;

	if (target->kind == BLOCK_FILE)
		flags = writes ? O_RDWR : O_RDONLY;
	held.fd = reopen_node(flags);
	target->open_error = held.fd < 0 ? errno : 0;
	if (target->open_error == EROFS)
		target->is_read_only = true;
	if (target->kind == BLOCK_DEVICE && held.fd >= 0 && !ioctl(held.fd, BLKROGET, &read_only))
		target->is_read_only = read_only;
}

/* What the child is to look for, and what it found. */
struct wish {
	bool opens, writes;
	char params[PATH_MAX + 1];
};

struct look {
	struct block_target target;
	struct err err;
};

static void put_look(void *answer, const void *what)
{
	char path[PATH_MAX + sizeof("/dev/")], seen[SHOWN_SIZE];
	const struct wish *wish = what;
	struct look *look = answer;

	snprintf(path, sizeof(path), "%s%s", wish->params[0] == '/' ? "" : "/dev/", wish->params);
	held.node = open(path, O_PATH | O_CLOEXEC);
	if (held.node < 0)
		err_sys(&look->err, "%s can't be opened", shown(seen, path));
	else if (read_path(&look->target, &look->err))
		classify_target(&look->target, wish->params, &look->err);
	if (look->target.kind != BLOCK_NOTHING && wish->opens)
		open_it(&look->target, wish->writes);
}

bool block_target_read(struct block_target *target, const char *params,
		       const struct block_mode *mode, struct err *err)
{
	static const struct block_question question = { .put = put_look,
							.answer_size = sizeof(struct look),
							.what_size = sizeof(struct wish) };
	struct wish wish = { .opens = mode, .writes = mode && mode->writes };
	struct look look = { .err = { "" } };

	*target = (struct block_target){ .kind = BLOCK_NOTHING };
	if (!*params) {
		err_set(err, "xenstore has no params of it: is it gone?");
		return true;
	}
	snprintf(wish.params, sizeof(wish.params), "%s", params);
	snprintf(target->path, sizeof(target->path), "%s", params);
	if (!ask_child(&look, target, &question, &wish, OPEN_MS, err))
		return false;
	*target = look.target;
	*err = look.err;
	return true;
}

static void put_close(void *answer, const void *what)
{
	int *descriptors[] = { &held.loop, &held.fd, &held.node };

	(void)what;
	for (size_t i = 0; i < COUNT(descriptors); i++) {
		cleanup_close(descriptors[i]);
		*descriptors[i] = -1;
	}
	*(char *)answer = 0;
}

static const struct block_question closing = { .put = put_close, .answer_size = 1 };

void block_target_done(void)
{
	char answer;

	if (child.process &&
	    (is_closing || block_child_tell(&child, &closing, NULL, 1, &(struct err){ "" })))
		(void)block_child_hear(&child, &closing, &answer, 1, LOCKED_MS);
	block_child_done(&child);
}

/*
 * A lease is granted to the only one who has a file open: so says fcntl(2), F_SETLEASE. It is given
 * back at once; whoever opens the file in between waits for that, and a SIGIO says so, which nobody
 * needs. Before that, what LOOP_CONFIGURE asks, too: there no child can be ended any more without
 * a loop device left.
 */
static void put_alone(void *answer, const void *tells)
{
	struct statfs system;
	struct statx status;
	bool *is = answer;

	(void)!statx(held.fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_SIZE, &status);
	(void)!fstatfs(held.fd, &system);
	*is = *(const bool *)tells && !fcntl(held.fd, F_SETLEASE, F_WRLCK);
	if (*is)
		fcntl(held.fd, F_SETLEASE, F_UNLCK);
}

bool block_target_is_alone(bool *is, const struct block_target *target, struct err *err)
{
	static const struct block_question question = { .put = put_alone,
							.answer_size = sizeof(bool),
							.what_size = sizeof(bool) };
	bool tells = !block_volume_is_remote(target->file.device);

	*is = false;
	return target->kind != BLOCK_FILE ||
	       ask_child(is, target, &question, &tells, LOCKED_MS, err);
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
	if (!ask_child(&claimed, target, &question, &claim, LOCKED_MS, err))
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

static void give_back_loop(void)
{
	if (held.loop >= 0)
		block_loop_give_back_apply(held.loop);
}

bool block_target_attach_apply(struct block_loop *loop, const struct block_target *target,
			       const struct block_disk *disk, bool writes, bool is_direct,
			       struct err *err)
{
	static const struct block_question question = { .put = put_attached,
							.answer_size = sizeof(struct attached),
							.what_size = sizeof(struct attaching),
							.is_change = true,
							.undo = give_back_loop };
	const struct attaching attaching = { *disk, writes, is_direct };
	struct attached attached = { .err = { "" } };

	if (!ask_child(&attached, target, &question, &attaching, LOCKED_MS, err))
		return false;
	*loop = attached.loop;
	*err = attached.err;
	is_closing = loop->device && block_child_tell(&child, &closing, NULL, 1, err);
	return is_closing;
}
