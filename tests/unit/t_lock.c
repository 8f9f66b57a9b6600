/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock: who waits for it gets it, or hears in time that it does not come. */
#include "base/child.h"
#include "base/lock.h"
#include "tap.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/time.h>
#include <sys/wait.h>

static char path[] = "/tmp/t_lock.XXXXXX";
static int signals;

static void count(int signal)
{
	(void)signal;
	signals++;
}

/* Somebody else holds it for that long. */
static pid_t hold(long ms)
{
	int ready[2];
	pid_t child;
	char byte;

	if (pipe(ready))
		abort();
	fflush(stdout);
	child = fork();
	if (!child) {
		int fd = open(path, O_RDWR);

		if (flock(fd, LOCK_EX) || write(ready[1], "x", 1) != 1)
			_exit(1);
		usleep((useconds_t)ms * 1000);
		_exit(0);
	}
	ok(read(ready[0], &byte, 1) == 1, "somebody holds it for %ld ms", ms);
	close(ready[0]);
	close(ready[1]);
	return child;
}

static void test_wait(void)
{
	int fd = open(path, O_RDWR);
	long start;

	ok(lock_wait(fd, child_now_ms()), "a lock that nobody holds");
	close(fd);

	fd = open(path, O_RDWR);
	hold(200);
	ok(lock_wait(fd, child_now_ms() + 5000), "one that comes free in time");
	close(fd);
	wait(NULL);

	fd = open(path, O_RDWR);
	hold(1000);
	start = child_now_ms();
	ok(!lock_wait(fd, start + 100), "one that does not");
	ok(child_now_ms() - start >= 100 && child_now_ms() - start < 900,
	   "and when the time is up");
	close(fd);
	wait(NULL);
}

/* As the signal of a deadline, or of a terminal that changed its size. */
static void test_signals(void)
{
	const struct itimerval every = { { 0, 20000 }, { 0, 20000 } }, never = { 0 };
	const struct sigaction counted = { .sa_handler = count };
	int fd = open(path, O_RDWR);

	sigaction(SIGALRM, &counted, NULL);
	hold(300);
	setitimer(ITIMER_REAL, &every, NULL);
	ok(lock_wait(fd, child_now_ms() + 5000), "other signals end no wait");
	setitimer(ITIMER_REAL, &never, NULL);
	ok(signals > 2, "and there were some");
	close(fd);
	wait(NULL);
}

int main(void)
{
	close(mkstemp(path));
	test_wait();
	test_signals();
	unlink(path);
	return tap_done();
}
