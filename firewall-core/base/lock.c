/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A timer's signal → the end of flock(2). */
#include "base/lock.h"
#include "base/child.h"
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <time.h>

#define LIMIT SIGUSR1 /* SIGALRM is the deadline's, see deadline.c */

static void interrupt_wait(int signal)
{
	(void)signal;
}

static struct timespec in_ms(long ms)
{
	return (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
}

/* Other signals that are handled in between end no wait. */
static bool wait_until(int fd, long deadline_ms)
{
	while (flock(fd, LOCK_EX))
		if (errno != EINTR || child_now_ms() >= deadline_ms)
			return false;
	return true;
}

/* The signal comes again and again: the first one may come just before flock(2) waits. */
bool lock_wait(int fd, long deadline_ms)
{
	struct sigaction limit = { .sa_handler = interrupt_wait }, before;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = LIMIT };
	struct itimerspec at = { .it_value = in_ms(deadline_ms), .it_interval = in_ms(10) };
	timer_t timer;
	bool ok;

	if (!flock(fd, LOCK_EX | LOCK_NB))
		return true;
	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		return false;
	sigaction(LIMIT, &limit, &before);
	ok = !timer_settime(timer, TIMER_ABSTIME, &at, NULL) && wait_until(fd, deadline_ms);
	timer_delete(timer);
	sigaction(LIMIT, &before, NULL);
	return ok;
}
