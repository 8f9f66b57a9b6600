/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network namespace of a test's own, gone with it, in which it runs commands and reads what they
 * say.
 */
#ifndef NETNS_H
#define NETNS_H

#include "tap.h"
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#define COMMAND_SIZE 512
#define OUTPUT_SIZE 4096

static inline bool netns_map_root(unsigned uid)
{
	int fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	char map[64];
	bool done;

	snprintf(map, sizeof(map), "0 %u 1", uid);
	done = fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map);
	if (fd >= 0)
		close(fd);
	return done;
}

/*
 * Root needs one namespace; others a second one, in which they are root, and which the kernel may
 * refuse them.
 */
static inline bool netns_enter(void)
{
	unsigned uid = geteuid();

	if (!unshare(CLONE_NEWNET | (uid ? CLONE_NEWUSER : 0)) && (!uid || netns_map_root(uid)))
		return true;
	printf("ok 1 - all of it # skip takes a network namespace\n1..1\n");
	return false;
}

/* Run a shell command; its failure is the test's. */
static inline void __attribute__((format(printf, 1, 2))) run(const char *format, ...)
{
	char command[COMMAND_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	fflush(stdout);
	if (system(command) != 0)
		ok(false, "%s", command);
}

/*
 * What a shell command says, its lines without blanks at their ends, the last one without newline.
 * Returns out.
 */
static inline const char *__attribute__((format(printf, 2, 3))) output(char out[static OUTPUT_SIZE],
								       const char *format, ...)
{
	char command[COMMAND_SIZE];
	size_t size = 0;
	va_list args;
	FILE *pipe;
	int c;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	fflush(stdout);
	pipe = popen(command, "r");
	while (pipe && (c = getc(pipe)) != EOF && size < OUTPUT_SIZE - 1) {
		while (c == '\n' && size > 0 && out[size - 1] == ' ')
			size--;
		out[size++] = (char)c;
	}
	while (size > 0 && strchr(" \n", out[size - 1]))
		size--;
	out[size] = '\0';
	if (!pipe || pclose(pipe) != 0)
		ok(false, "%s", command);
	return out;
}

#endif
