/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIGALRM → a line for people, and the end of the process. */
#include "program/deadline.h"
#include "base/cleanup.h"
#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

static int exit_status;
static char line[160]; /* as syslog's socket takes it: "<27>vif-route-taofw: …" */
static size_t line_start, line_size;
static struct ifreq closed; /* without a name: none */

/* Nothing but system calls: the process may stand anywhere, in syslog(3) itself too. */
static void on_deadline(int signal)
{
	static const struct sockaddr_un log = { .sun_family = AF_UNIX, .sun_path = _PATH_LOG };
	int fd;

	(void)signal;
	fd = closed.ifr_name[0] ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	if (fd >= 0)
		(void)ioctl(fd, SIOCSIFFLAGS, &closed);
	(void)!write(STDERR_FILENO, line + line_start, line_size - line_start);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)sendto(fd, line, line_size - 1, MSG_DONTWAIT | MSG_NOSIGNAL,
			     (const void *)&log, sizeof(log));
	_exit(exit_status);
}

void deadline_set(unsigned seconds, const char *question, int status)
{
	struct sigaction deadline = { .sa_handler = on_deadline };

	exit_status = status;
	line_start = (size_t)snprintf(line, sizeof(line), "<%d>", LOG_DAEMON | LOG_ERR);
	snprintf(line + line_start, sizeof(line) - line_start,
		 "%.40s: it took longer than %u s, giving up: %.60s\n",
		 program_invocation_short_name, seconds, question);
	line_size = strlen(line);
	sigaction(SIGALRM, &deadline, NULL);
	alarm(seconds);
}

void deadline_close(const struct ifname *name)
{
	memcpy(closed.ifr_name, name->text, sizeof(closed.ifr_name));
}
