/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the caller left → what every program of ours begins with. */
#include "base/process.h"
#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

static const int ignored_signals[] = { SIGPIPE, SIGXFSZ };
static mode_t callers_umask = 022;

/*
 * open(2) takes the lowest number that is free. Where the caller had closed the standard output,
 * writing to it still fails: what is not printed must not look as if it were.
 */
static void guard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) != fd)
			_exit(EXIT_FAILURE);
}

static void reset_signals(void)
{
	static const int defaults[] = { SIGALRM, SIGCHLD, SIGUSR1 };
	static const int timers[] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };
	static const struct itimerval never;
	sigset_t none;

	for (size_t i = 0; i < COUNT(timers); i++)
		setitimer(timers[i], &never, NULL);
	for (size_t i = 0; i < COUNT(defaults); i++) {
		signal(defaults[i], SIG_IGN); /* one that is pending is forgotten by that */
		signal(defaults[i], SIG_DFL);
	}
	for (size_t i = 0; i < COUNT(ignored_signals); i++)
		signal(ignored_signals[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void raise_limits(void)
{
	static const int resources[] = { RLIMIT_AS, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE };
	struct rlimit limit;

	for (size_t i = 0; i < COUNT(resources); i++)
		if (!getrlimit(resources[i], &limit)) {
			limit.rlim_cur = limit.rlim_max;
			(void)setrlimit(resources[i], &limit);
		}
}

void process_start(void)
{
	guard_streams();
	reset_signals();
	raise_limits();
	callers_umask = umask(077);
}

void process_start_hotplug(void)
{
	close_range(STDERR_FILENO + 1, ~0U, 0);
	process_start();
}

void process_prepare_exec(void)
{
	for (size_t i = 0; i < COUNT(ignored_signals); i++)
		signal(ignored_signals[i], SIG_DFL);
	umask(callers_umask);
}
