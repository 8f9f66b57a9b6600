/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions → answers, or none in time. */
#include "device/block_ask.h"
#include "base/array.h"
#include "base/child.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FIRST_MS 2000 /* a busy machine is not a server that is gone */
#define NEXT_MS 100
#define LOCKED_MS 100 /* others wait */
#define CHILD_SOCKET (STDERR_FILENO + 1)

/* What goes to the child; what it is about follows. */
struct call {
	struct block_question question;
	size_t count;
};

/* A question about one thing. */
struct matter {
	struct block_question question;
	char *what;
};

static struct block_child asker;
static long patience_ms = FIRST_MS, locked_ms = LOCKED_MS;
static bool is_locked;
static struct matter pending; /* without an answer at once, while we had the lock */
static struct matter *silent; /* those without any */
static size_t silent_count;

static bool receive_bytes(int socket, void *bytes, size_t size)
{
	return !size || recv(socket, bytes, size, MSG_WAITALL) == (ssize_t)size;
}

static bool send_bytes(int socket, const void *bytes, size_t size)
{
	return send(socket, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* Whatever we have open, the lock above all, it does not; what it prints is nothing of a disk. */
static void drop_descriptors(int socket)
{
	int null = -1;

	if (dup2(socket, CHILD_SOCKET) < 0 || close_range(CHILD_SOCKET + 1, ~0U, 0) ||
	    (null = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
		_exit(1);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(null, fd) < 0)
			_exit(1);
	close(null);
}

/* What a call is about; NULL: nobody asks any more. */
static char *read_whats(const struct call *call)
{
	size_t size = call->count * call->question.what_size;
	char *whats = malloc(size + 1);

	if (whats && receive_bytes(CHILD_SOCKET, whats, size))
		return whats;
	free(whats);
	return NULL;
}

/* False where nobody listens any more. */
static bool answer_question(const struct call *call, const char *whats)
{
	const struct block_question *question = &call->question;
	auto_free char *one = calloc(1, question->answer_size);

	for (size_t i = 0; one && i < call->count; i++) {
		question->put(one, whats + i * question->what_size);
		if (!send_bytes(CHILD_SOCKET, one, question->answer_size))
			return false;
	}
	return one;
}

static _Noreturn void be_child(int socket)
{
	struct call call = { .count = 0 }, next;
	char *whats;

	drop_descriptors(socket);
	while (receive_bytes(CHILD_SOCKET, &next, sizeof(next)) && (whats = read_whats(&next))) {
		call = next;
		if (!answer_question(&call, whats))
			break;
		free(whats);
	}
	if (call.question.undo)
		call.question.undo();
	_exit(0);
}

static bool start_child(struct block_child *child, struct err *err)
{
	int ends[2];

	if (child->process)
		return true;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return err_sys(err, "no child can be started to ask the storage");
	child->process = fork();
	if (!child->process)
		be_child(ends[1]);
	close(ends[1]);
	child->socket = ends[0];
	if (child->process > 0)
		return true;
	close(ends[0]);
	child->process = 0;
	return err_sys(err, "no child can be started to ask the storage");
}

void block_child_done(struct block_child *child)
{
	if (child->process)
		close(child->socket);
	child->process = 0;
}

bool block_child_tell(struct block_child *child, const struct block_question *question,
		      const void *whats, size_t count, struct err *err)
{
	struct call call = { *question, count };
	struct iovec parts[] = { { &call, sizeof(call) }, { NULL, count * question->what_size } };

	if (!start_child(child, err))
		return false;
	memcpy(&parts[1].iov_base, &whats, sizeof(whats));
	(void)!writev(child->socket, parts, COUNT(parts)); /* one that has ended does not answer */
	return true;
}

static bool receive_in_time(int socket, void *one, size_t size, long limit_ms)
{
	long deadline_ms = child_now_ms() + limit_ms, left_ms = limit_ms;
	struct pollfd end = { .fd = socket, .events = POLLIN };
	int ready;

	while ((ready = poll(&end, 1, (int)left_ms)) < 0 && errno == EINTR) {
		left_ms = deadline_ms - child_now_ms();
		if (left_ms < 0)
			left_ms = 0;
	}
	return ready > 0 && receive_bytes(socket, one, size);
}

size_t block_child_hear(struct block_child *child, const struct block_question *question,
			void *answers, size_t count, long limit_ms)
{
	size_t heard = 0;

	while (heard < count &&
	       receive_in_time(child->socket, (char *)answers + heard * question->answer_size,
			       question->answer_size, limit_ms))
		heard++;
	if (heard == count)
		return heard;
	if (!question->is_change)
		kill(child->process, SIGKILL);
	block_child_done(child);
	return heard;
}

static char *copy_bytes(const char *bytes, size_t size)
{
	char *copy = malloc(size);

	return copy ? memcpy(copy, bytes, size) : NULL;
}

static bool is_silent(const struct block_question *question, const char *what)
{
	for (size_t i = 0; i < silent_count; i++)
		if (silent[i].question.put == question->put &&
		    silent[i].question.what_size == question->what_size &&
		    !memcmp(silent[i].what, what, question->what_size))
			return true;
	return false;
}

static bool set_pending(const struct block_question *question, const char *what, struct err *err)
{
	if (!pending.what)
		pending = (struct matter){ *question, copy_bytes(what, question->what_size) };
	return pending.what ? err_set(err, "another disk's storage does not answer at once")
			    : err_memory(err);
}

/* Those that are not known to stay without an answer, from the first one on; some of them. */
static bool ask_some(void *answers, bool *answered, size_t *some,
		     const struct block_question *question, const char *whats, size_t count,
		     struct err *err)
{
	bool is_hurried = is_locked && !question->is_change;
	size_t asked = 0;

	while (asked < count && !is_silent(question, whats + asked * question->what_size))
		asked++;
	*some = 0;
	if (asked) {
		if (!block_child_tell(&asker, question, whats, asked, err))
			return false;
		*some = block_child_hear(&asker, question, answers, asked,
					 is_hurried ? locked_ms : patience_ms);
	}
	memset(answered, true, *some * sizeof(*answered));
	if (*some == count)
		return true;
	if (*some < asked) {
		if (is_hurried)
			return set_pending(question, whats + *some * question->what_size, err);
		patience_ms = NEXT_MS;
	}
	answered[(*some)++] = false;
	return true;
}

bool block_ask(void *answers, bool *answered, const struct block_question *question,
	       const void *whats, size_t count, struct err *err)
{
	for (size_t i = 0, some; i < count; i += some)
		if (!ask_some((char *)answers + i * question->answer_size, answered + i, &some,
			      question, (const char *)whats + i * question->what_size, count - i,
			      err))
			return false;
	return true;
}

void block_ask_locked(bool is)
{
	is_locked = is;
}

bool block_ask_again(void)
{
	struct matter *slot = pending.what ? array_add(&silent, silent_count, sizeof(*slot)) : NULL;
	char *answer = slot ? malloc(pending.question.answer_size) : NULL;
	bool answered = false, ok;
	struct err ignored;

	ok = answer && block_ask(answer, &answered, &pending.question, pending.what, 1, &ignored);
	free(answer);
	if (!ok)
		return false;
	if (answered) {
		locked_ms *= 2;
		free(pending.what);
	} else {
		*slot = pending;
		silent_count++;
	}
	pending.what = NULL;
	return true;
}

struct named {
	struct statx status;
	bool is_there;
};

static void put_name(void *answer, const void *name)
{
	struct named *named = answer;

	named->is_there =
		!statx(AT_FDCWD, name, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &named->status);
}

/* Where the kernel has all of the path in memory, and no server to ask, nothing can block. */
static bool is_cached(struct statx *status, bool *is_there, const char *name)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED };
	auto_close int fd = (int)syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof(how));

	*is_there = fd >= 0 && !statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
				      STATX_TYPE | STATX_INO, status);
	return *is_there || (fd < 0 && errno == ENOENT);
}

bool block_ask_name(struct statx *status, bool *is_there, bool *answered, const char *name,
		    struct err *err)
{
	struct block_question question = { .put = put_name,
					   .answer_size = sizeof(struct named),
					   .what_size = strlen(name) + 1 };
	struct named named = { .is_there = false };

	*answered = is_cached(status, is_there, name);
	if (*answered)
		return true;
	if (!block_ask(&named, answered, &question, name, 1, err))
		return false;
	*is_there = *answered && named.is_there;
	*status = named.status;
	return true;
}
