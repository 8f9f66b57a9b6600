/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program's arguments and input → what it printed. */
#include "kernel/kernel_program.h"
#include "base/child.h"
#include "base/trust.h"
#include <sys/mman.h>

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
static char *read_memory(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = size < 0 ? NULL : calloc(1, (size_t)size + 1);

	if (text && pread(fd, text, (size_t)size, 0) != (ssize_t)size) {
		free(text);
		return NULL;
	}
	return text;
}

/* What went wrong, in the program's own words; what it only warns of is not why. */
static void quote_messages(const char *program, int messages, struct err *err)
{
	auto_free char *text = read_memory(messages);
	char *line = text;

	while (line && (!strncmp(line, "Warning", 7) || *line == '#') && strchr(line, '\n'))
		line = strchr(line, '\n') + 1;
	if (line && *line)
		err_set(err, "%s: %.*s", program, (int)strcspn(line, "\n"), line);
}

bool kernel_program_run(const char *const *arguments, const char *input, char **output,
			struct err *err)
{
	auto_close int in = open_memory(input), out = open_memory(""), messages = open_memory("");
	const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	const struct child_program program = { .arguments = arguments,
					       .environment = environment,
					       .streams = { in, out, messages } };
	int exit_status;

	if (in < 0 || out < 0 || messages < 0)
		return err_sys(err, "%s can't be run", arguments[0]);
	if (!trust_path(arguments[0], err))
		return err_prefix(err, "%s can't be run: ", arguments[0]);
	if (!child_run(&exit_status, &program, PROGRAM_TIMEOUT_MS, err)) {
		if (exit_status > 0)
			quote_messages(arguments[0], messages, err);
		return false;
	}
	if (!output)
		return true;
	*output = read_memory(out);
	return *output || err_memory(err);
}
