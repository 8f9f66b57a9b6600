/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions → answers, or none in time. */
#include "block_ask.h"
#include "child.h"
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_MS 2000 /* a busy machine is not a server that is gone */
#define NEXT_MS 200
#define STEP_US 200

/* What a child and we share; the answers follow. */
struct shared {
	atomic_size_t done; /* questions that were answered or left */
	max_align_t answers[];
};

struct asking {
	struct shared *shared;
	size_t size, count;
	void (*put)(void *answer, size_t i, const void *what);
	const void *what;
};

static long limit_ms = FIRST_MS;

static void *answer_of(const struct asking *asking, size_t i)
{
	return (char *)asking->shared->answers + i * asking->size;
}

static void be_child(const struct asking *asking)
{
	close_range(0, ~0U, 0); /* the lock above all */
	for (size_t i = asking->shared->done; i < asking->count; i++) {
		asking->put(answer_of(asking, i), i, asking->what);
		asking->shared->done = i + 1;
	}
	_exit(0);
}

/* Until the child has ended, or a question takes too long: then it is left behind. */
static void wait_for(const struct asking *asking, pid_t child)
{
	static const struct timespec step = { .tv_nsec = STEP_US * 1000L };
	size_t seen = asking->shared->done;
	long since_ms = child_now_ms();

	while (waitpid(child, NULL, WNOHANG) == 0) {
		size_t now = asking->shared->done;

		if (now != seen) {
			seen = now;
			since_ms = child_now_ms();
		} else if (child_now_ms() - since_ms > limit_ms) {
			kill(child, SIGKILL);
			return;
		}
		nanosleep(&step, NULL);
	}
}

static bool ask_all(const struct asking *asking, bool *answered, struct err *err)
{
	for (size_t first = 0; first < asking->count; first = asking->shared->done) {
		size_t end;
		pid_t child;

		child = fork();
		if (child < 0)
			return err_sys(err, "no child can be started to ask the storage");
		if (!child)
			be_child(asking);
		wait_for(asking, child);
		end = asking->shared->done;
		for (size_t i = first; i < end; i++)
			answered[i] = true;
		if (end == asking->count)
			return true;
		limit_ms = NEXT_MS;
		asking->shared->done = end + 1;
	}
	return true;
}

bool block_ask(void *answers, bool *answered, size_t size, size_t count,
	       void (*put)(void *answer, size_t i, const void *what), const void *what,
	       struct err *err)
{
	size_t all = sizeof(struct shared) + size * count;
	struct shared *shared =
		mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct asking asking = { shared, size, count, put, what };
	bool ok;

	memset(answered, 0, count * sizeof(*answered));
	if (shared == MAP_FAILED)
		return err_memory(err);
	ok = ask_all(&asking, answered, err);
	/* A child that was left may still write its answer; one that has not come is none. */
	for (size_t i = 0; ok && i < count; i++)
		if (answered[i])
			memcpy((char *)answers + i * size, answer_of(&asking, i), size);
	munmap(shared, all);
	return ok;
}

struct named {
	struct statx status;
	bool is_there;
};

static void put_name(void *answer, size_t i, const void *name)
{
	struct named *named = answer;

	(void)i;
	named->is_there =
		!statx(AT_FDCWD, name, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &named->status);
}

/* Where the kernel has all of the path in memory, and no server to ask, nothing can block. */
static bool is_cached(struct statx *status, const char *name)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED };
	auto_close int fd = (int)syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof(how));

	return fd >= 0 &&
	       !statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, status);
}

bool block_ask_name(struct statx *status, bool *is_there, bool *answered, const char *name,
		    struct err *err)
{
	struct named named = { .is_there = false };

	*is_there = *answered = is_cached(status, name);
	if (*is_there)
		return true;
	if (!block_ask(&named, answered, sizeof(named), 1, put_name, name, err))
		return false;
	*is_there = *answered && named.is_there;
	*status = named.status;
	return true;
}
