/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program's path, arguments and streams → how it ended. */
#include "base/child.h"
#include "base/process.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

long child_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* In the child, for good. Where it comes back from exec, the parent hears why over `failed`. */
static void exec_program(const struct child_program *program, pid_t parent, int failed)
{
	char **arguments, **environment;
	int reason = 0;

	memcpy(&arguments, &program->arguments, sizeof(arguments));
	memcpy(&environment, &program->environment, sizeof(environment));
	process_prepare_exec();
	umask(022);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		reason = ESRCH;
	/* By the call itself: of dup2() gcc 14 believes that its result is one more to close. */
	for (int fd = STDIN_FILENO; !reason && fd <= STDERR_FILENO; fd++)
		if (program->streams[fd] != fd &&
		    syscall(SYS_dup3, program->streams[fd], fd, 0) < 0)
			reason = errno;
	if (!reason) {
		execve(arguments[0], arguments, environment);
		reason = errno;
	}
	(void)!write(failed, &reason, sizeof(reason));
	_exit(127);
}

/* False, when it had to be killed. Without a pidfd (ENFILE, say) it is looked at now and then. */
static bool wait_in_time(pid_t child, long timeout_ms)
{
	auto_close int fd = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd end = { .fd = fd, .events = POLLIN };
	long deadline_ms = child_now_ms() + timeout_ms, left = timeout_ms;
	bool has_ended = false;

	while (!has_ended && left > 0) {
		siginfo_t state = { .si_pid = 0 };

		(void)poll(&end, 1, fd < 0 && left > 10 ? 10 : (int)left);
		has_ended = waitid(P_PID, (id_t)child, &state, WEXITED | WNOHANG | WNOWAIT) ||
			    state.si_pid == child;
		left = deadline_ms - child_now_ms();
	}
	if (!has_ended)
		kill(child, SIGKILL);
	return has_ended;
}

/* How it ended, and that it is gone. */
static bool reap_child(int *status, pid_t child, const char *path, struct err *err)
{
	pid_t ended;

	do
		ended = waitpid(child, status, 0);
	while (ended < 0 && errno == EINTR);
	return ended == child || err_sys(err, "how %s ended can't be found out", path);
}

static bool check_exit_status(int *exit_status, int status, const char *path, struct err *err)
{
	if (WIFSIGNALED(status))
		return err_set(err, "%s ended by signal %d", path, WTERMSIG(status));
	*exit_status = WEXITSTATUS(status);
	return !*exit_status || err_set(err, "%s failed with status %d", path, *exit_status);
}

bool child_run(int *exit_status, const struct child_program *program, long timeout_ms,
	       struct err *err)
{
	const char *path = program->arguments[0];
	pid_t parent = getpid(), child;
	int failed[2], status = 0, reason;
	bool in_time, ok;

	*exit_status = -1;
	if (pipe2(failed, O_CLOEXEC | O_NONBLOCK))
		return err_sys(err, "%s can't be run", path);
	child = fork();
	if (child == 0)
		exec_program(program, parent, failed[1]);
	close(failed[1]);
	ok = child > 0 || err_sys(err, "%s can't be run", path);
	if (ok) {
		in_time = wait_in_time(child, timeout_ms);
		ok = reap_child(&status, child, path, err);
		if (ok && !in_time)
			ok = err_set(err, "%s took longer than %ld s and was killed", path,
				     (timeout_ms + 999) / 1000);
	}
	if (ok && read(failed[0], &reason, sizeof(reason)) == sizeof(reason)) {
		errno = reason;
		ok = err_sys(err, "%s can't be run", path);
	}
	close(failed[0]);
	return ok && check_exit_status(exit_status, status, path, err);
}
