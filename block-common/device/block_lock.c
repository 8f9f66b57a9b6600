/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /var/run/xen-hotplug/block ↔ the right to change which guest has which disk. */
#include "device/block_lock.h"
#include "base/child.h"
#include "base/lock.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#define FOLDER "/var/run/xen-hotplug"
#define LOCK FOLDER "/block"

/*
 * Who gives the lock back removes the file; so whoever got the lock of a file that is there no more
 * has nothing.
 */
static bool is_still_there(int fd)
{
	struct stat held, there;

	return !fstat(fd, &held) && !stat(LOCK, &there) && held.st_dev == there.st_dev &&
	       held.st_ino == there.st_ino;
}

int block_lock(unsigned timeout_ms, struct err *err)
{
	long deadline_ms = child_now_ms() + timeout_ms;

	/* As Xen's own scripts make it: our umask is narrower. */
	if (mkdir(FOLDER, 0700) ? errno != EEXIST : chmod(FOLDER, 0755) != 0) {
		err_sys(err, FOLDER " can't be made for the lock");
		return -1;
	}
	for (;;) {
		int fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (fd < 0) {
			err_sys(err, "the lock " LOCK " can't be opened");
			return -1;
		}
		if (!lock_wait(fd, deadline_ms)) {
			err_set(err, "other block scripts held the lock " LOCK " for %u ms",
				timeout_ms);
			close(fd);
			return -1;
		}
		if (is_still_there(fd))
			return fd;
		close(fd);
	}
}

void block_unlock(int lock)
{
	if (lock < 0)
		return;
	unlink(LOCK);
	close(lock);
}
