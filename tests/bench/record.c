/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program sends to xenstore and to the kernel → a file, for floor.c to send again.
 *
 *	LD_PRELOAD=record.so RECORD=FILE program ...
 *
 * One struct message with its bytes after the other, as floor.c reads them; what children send is
 * left out.
 */
#include "record.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static pid_t recorded;

__attribute__((constructor)) static void record_begin(void)
{
	recorded = getpid();
}

/* The libraries' own function of that name. */
static void *original(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found)
		abort();
	return found;
}

static int option(int fd, int name)
{
	socklen_t size = sizeof(int);
	int value = -1;

	getsockopt(fd, SOL_SOCKET, name, &value, &size);
	return value;
}

/*
 * A stream is xenstore's: syslog's socket is none, and is not written to from outside of the C
 * library.
 */
static bool channel_of(int32_t *channel, int fd)
{
	int domain = option(fd, SO_DOMAIN);

	if (domain == AF_NETLINK)
		*channel = option(fd, SO_PROTOCOL);
	else if (domain == AF_UNIX && option(fd, SO_TYPE) == SOCK_STREAM)
		*channel = CHANNEL_XENSTORE;
	else
		return false;
	return true;
}

/* The file is opened each time: a program may close all descriptors that it doesn't know. */
static void record(int fd, const struct iovec *parts, size_t count)
{
	const char *path = getenv("RECORD");
	struct message message = { .size = 0 };
	FILE *file;

	if (!path || getpid() != recorded || !channel_of(&message.channel, fd))
		return;
	for (size_t i = 0; i < count; i++)
		message.size += (uint32_t)parts[i].iov_len;
	file = fopen(path, "ae");
	if (!file || fwrite(&message, sizeof(message), 1, file) != 1)
		abort();
	for (size_t i = 0; i < count; i++)
		fwrite(parts[i].iov_base, 1, parts[i].iov_len, file);
	if (fclose(file))
		abort();
}

static void record_bytes(int fd, const void *bytes, size_t size)
{
	struct iovec part = { (void *)(uintptr_t)bytes, size };

	record(fd, &part, 1);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	ssize_t (*next)(int, const void *, size_t);

	record_bytes(fd, bytes, size);
	*(void **)&next = original("write");
	return next(fd, bytes, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	ssize_t (*next)(int, const struct iovec *, int);

	record(fd, parts, (size_t)count);
	*(void **)&next = original("writev");
	return next(fd, parts, count);
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
	ssize_t (*next)(int, const void *, size_t, int);

	record_bytes(fd, bytes, size);
	*(void **)&next = original("send");
	return next(fd, bytes, size, flags);
}

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, __CONST_SOCKADDR_ARG to,
	       socklen_t to_size)
{
	ssize_t (*next)(int, const void *, size_t, int, __CONST_SOCKADDR_ARG, socklen_t);

	record_bytes(fd, bytes, size);
	*(void **)&next = original("sendto");
	return next(fd, bytes, size, flags, to, to_size);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t (*next)(int, const struct msghdr *, int);

	record(fd, message->msg_iov, message->msg_iovlen);
	*(void **)&next = original("sendmsg");
	return next(fd, message, flags);
}
