/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program's arguments and input → what it printed. */
#include "kernel_program.h"
#include "child.h"
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Files in memory rather than pipes: nobody has to read and write at the same time. */
static int open_memory(const char *text)
{
	int fd = memfd_create("taofirewall", MFD_CLOEXEC);
	size_t length = strlen(text), done = 0;

	while (fd >= 0 && done < length) {
		ssize_t size = write(fd, text + done, length - done);

		if (size < 0) {
			close(fd);
			return -1;
		}
		done += (size_t)size;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* NULL without memory. */
static char *read_all(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = size < 0 ? NULL : calloc(1, (size_t)size + 1);

	if (text && pread(fd, text, (size_t)size, 0) != (ssize_t)size) {
		free(text);
		return NULL;
	}
	return text;
}

static void become(const char *const *arguments, int in, int out, int messages)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = { path, NULL };
	char **copy = NULL;

	memcpy(&copy, &arguments, sizeof(copy));
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(messages, STDERR_FILENO) < 0)
		_exit(126);
	execve(copy[0], copy, environment);
	dprintf(STDERR_FILENO, "%s", strerror(errno));
	_exit(127);
}

/* What went wrong, in the program's own words; what it only warns of is not why. */
static bool complain(const char *program, int status, int messages, struct err *err)
{
	auto_free char *text = read_all(messages);
	char *line = text;

	while (line && (!strncmp(line, "Warning", 7) || *line == '#') && strchr(line, '\n'))
		line = strchr(line, '\n') + 1;
	if (WIFSIGNALED(status))
		return err_set(err, "%s ended by signal %d", program, WTERMSIG(status));
	if (!line || !*line)
		return err_set(err, "%s failed with status %d", program, WEXITSTATUS(status));
	return err_set(err, "%s: %.*s", program, (int)strcspn(line, "\n"), line);
}

static bool run(const char *const *arguments, int in, int out, int messages, struct err *err)
{
	long deadline_ms = child_now_ms() + PROGRAM_TIMEOUT_MS;
	int status = 0;
	pid_t child;

	if (in < 0 || out < 0 || messages < 0)
		return err_sys(err, "%s can't be run", arguments[0]);
	child = fork();
	if (child < 0)
		return err_sys(err, "%s can't be run", arguments[0]);
	if (child == 0)
		become(arguments, in, out, messages);
	if (!child_wait(child, deadline_ms, &status))
		return err_set(err, "%s took longer than %d s and was killed", arguments[0],
			       PROGRAM_TIMEOUT_MS / 1000);
	return (WIFEXITED(status) && !WEXITSTATUS(status)) ||
	       complain(arguments[0], status, messages, err);
}

bool kernel_program_run(const char *const *arguments, const char *input, char **output,
			struct err *err)
{
	auto_close int in = open_memory(input), out = open_memory(""), messages = open_memory("");

	if (!run(arguments, in, out, messages, err))
		return false;
	if (!output)
		return true;
	*output = read_all(out);
	return *output || err_memory(err);
}
