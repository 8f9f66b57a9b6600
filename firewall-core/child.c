/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child process → its exit status, in time. */
#include "child.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

long child_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool child_wait(pid_t child, long deadline_ms, int *status)
{
	auto_close int fd = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd ended = { .fd = fd, .events = POLLIN };
	long left = deadline_ms - child_now_ms();
	bool in_time = poll(&ended, 1, left > 0 ? (int)left : 0) == 1;

	if (!in_time)
		kill(child, SIGKILL);
	while (waitpid(child, status, 0) < 0 && errno == EINTR)
		;
	return in_time;
}
