/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real xenstored and oxenstored of Debian (4.17, 4.20) → the same daemons on a machine without
 * Xen.
 *
 *	cc -D_GNU_SOURCE -shared -fPIC -o shim.so shim.c -ldl
 *	LD_PRELOAD=$PWD/shim.so /usr/lib/xen-VERSION/bin/xenstored --no-fork
 *
 * The daemons ask the hypervisor for three things only: dom0's ring page, event channels, and which
 * domains there are. Clients of their sockets need no more than that every domain which they name
 * exists, so here the handles are dummies and the page is a file: for xenstored an anonymous one,
 * for oxenstored one that its configuration names. The store, its transactions, permissions and
 * quotas are the real ones. XENSTORED_RUNDIR and XENSTORED_PATH give each test a store of its own.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* These stand in for functions of Xen's libraries, whose headers this must build without. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define PAGE_BYTES 4096 /* XC_PAGE_SIZE: the daemon maps this much of xsd_kva */

static int handle;

void *xc_interface_open(void *log, void *builder, unsigned flags)
{
	return &handle;
}

int xc_interface_close(void *xch)
{
	return 0;
}

/* The part of xc_dominfo_t (xenctrl.h, until Xen 4.17) that the daemon looks at. */
struct domain_info {
	uint32_t domid, ssidref;
	uint32_t flags; /* dying, crashed, shutdown, ...: none of them */
};

/* Every domain exists: permissions are given to it, and nodes that it owns are kept. */
int xc_domain_getinfo(void *xch, uint32_t domid, unsigned count, struct domain_info *info)
{
	*info = (struct domain_info){ .domid = domid };
	return 1;
}

/* The part of xc_domaininfo_t (domctl.h) that it looks at since Xen 4.18. */
struct single_domain_info {
	uint16_t domid, pad;
	uint32_t flags; /* likewise */
};

int xc_domain_getinfo_single(void *xch, uint32_t domid, struct single_domain_info *info)
{
	*info = (struct single_domain_info){ .domid = (uint16_t)domid };
	return 0;
}

void *xengnttab_open(void *log, unsigned flags)
{
	return &handle;
}

int xengnttab_close(void *xgt)
{
	return 0;
}

int xengnttab_set_max_grants(void *xgt, uint32_t count)
{
	return 0;
}

void *xenevtchn_open(void *log, unsigned flags)
{
	return &handle;
}

/* A descriptor on which nothing ever arrives. */
int xenevtchn_fd(void *xce)
{
	static int fd = -1;

	if (fd < 0)
		fd = eventfd(0, EFD_CLOEXEC);
	return fd;
}

/* Any port will do for these two, as long as they differ. */
int xenevtchn_bind_interdomain(void *xce, uint32_t domid, uint32_t port)
{
	return 2;
}

int xenevtchn_bind_virq(void *xce, unsigned virq)
{
	return 3;
}

int xenevtchn_notify(void *xce, uint32_t port)
{
	return 0;
}

int xenevtchn_unbind(void *xce, uint32_t port)
{
	return 0;
}

int xenevtchn_pending(void *xce)
{
	return -1;
}

int xenevtchn_unmask(void *xce, uint32_t port)
{
	return 0;
}

/* An anonymous file that starts with content and is bytes long; -1 when there is none to be had. */
static int anonymous_file(const char *content, off_t bytes)
{
	int fd = memfd_create("xenstored", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (write(fd, content, strlen(content)) < 0 || ftruncate(fd, bytes) ||
	    lseek(fd, 0, SEEK_SET)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* oxenstored does not start without more open files than root may have in a container. */
int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	return 0;
}

/* xenstored's open(2): two files of /proc/xen are ours, all others the system's. */
int open(const char *path, int flags, ...)
{
	int (*system_open)(const char *, int, ...);
	mode_t mode = 0;
	va_list list;

	if (!strcmp(path, "/proc/xen/xsd_kva"))
		return anonymous_file("", PAGE_BYTES);
	if (!strcmp(path, "/proc/xen/xsd_port"))
		return anonymous_file("1", 1);
	if (flags & O_CREAT) {
		va_start(list, flags);
		mode = va_arg(list, mode_t);
		va_end(list);
	}
	*(void **)&system_open = dlsym(RTLD_NEXT, "open");
	return system_open(path, flags, mode);
}
