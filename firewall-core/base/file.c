/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of the administrator's → its bytes. */
#include "base/file.h"
#include <fcntl.h>
#include <sys/stat.h>

bool file_read(char **bytes, size_t *length, int directory_fd, const char *path, size_t most,
	       struct err *err)
{
	/* O_NONBLOCK keeps a FIFO or a device that lies there from holding us up. */
	auto_close int fd =
		openat(directory_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	auto_free char *buffer = NULL;
	struct stat status;
	size_t used = 0;
	ssize_t got;

	if (fd < 0 || fstat(fd, &status) < 0)
		return err_sys(err, "it can't be read");
	if (!S_ISREG(status.st_mode))
		return err_set(err, "it is not a regular file");
	if (status.st_mode & S_IWOTH)
		return err_set(err, "every user may write to it (chmod o-w): it is not trusted");
	buffer = malloc(most + 1);
	if (!buffer)
		return err_memory(err);
	do {
		got = read(fd, buffer + used, most + 1 - used);
		if (got < 0)
			return err_sys(err, "it can't be read");
		used += (size_t)got;
	} while (got > 0 && used <= most);
	if (used > most)
		return err_set(err, "it is larger than %zu bytes", most);
	*length = used;
	*bytes = buffer;
	buffer = NULL;
	return true;
}
