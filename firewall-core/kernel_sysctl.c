/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of interfaces and of the machine's forwarding → /proc/sys, and back. */
#include "kernel.h"
#include <errno.h>
#include <fcntl.h>

#define VALUE_SIZE 32
#define SYSCTL_SIZE 128 /* a path, and an interface's name in it */

struct sysctl {
	const char *name, *value;
};

/* ---- one ---- */

/* What the file holds, without its newline. Returns false with errno set. */
static bool read_value(char value[static VALUE_SIZE], int fd)
{
	ssize_t size = pread(fd, value, VALUE_SIZE - 1, 0);

	if (size < 0)
		return false;
	value[size] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return true;
}

/*
 * path: from directory, or absolute. Opening it is what costs; the look before is free. Returns
 * false with errno set.
 */
static bool set_at(int directory, const char *path, const char *value)
{
	auto_close int fd = openat(directory, path, O_RDWR | O_CLOEXEC);
	char present[VALUE_SIZE];
	size_t size = strlen(value);

	if (fd < 0 || !read_value(present, fd))
		return false;
	return strcmp(present, value) == 0 || pwrite(fd, value, size, 0) == (ssize_t)size;
}

/* Below /proc/sys; net/ there is of the network namespace that we are in. */
static bool absolute(char out[static SYSCTL_SIZE], const char *path, struct err *err)
{
	if ((size_t)snprintf(out, SYSCTL_SIZE, "/proc/sys/%s", path) < SYSCTL_SIZE)
		return true;
	return err_set(err, "sysctl %s: the name is too long", path);
}

bool kernel_sysctl_apply(const char *path, const char *value, struct err *err)
{
	char file[SYSCTL_SIZE];

	if (!absolute(file, path, err))
		return false;
	return set_at(AT_FDCWD, file, value) ||
	       err_sys(err, "sysctl %s can't be set to %s", path, value);
}

bool kernel_sysctl_read(long *value, const char *path, struct err *err)
{
	char file[SYSCTL_SIZE], text[VALUE_SIZE], *end;
	auto_close int fd = -1;
	long number;

	if (!absolute(file, path, err))
		return false;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !read_value(text, fd))
		return err_sys(err, "sysctl %s can't be read", path);
	errno = 0;
	number = strtol(text, &end, 10);
	if (end == text || *end || errno)
		return err_set(err, "sysctl %s is no number", path);
	*value = number;
	return true;
}

/* ---- a vif's ---- */

/* All in one directory, which is looked up once. */
static bool set_all(const char *directory, const struct sysctl *sysctls, size_t count,
		    struct err *err)
{
	auto_close int fd = -1;
	char path[SYSCTL_SIZE];

	if (!absolute(path, directory, err))
		return false;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "sysctl %s", directory);
	for (size_t i = 0; i < count; i++)
		if (!set_at(fd, sysctls[i].name, sysctls[i].value))
			return err_sys(err, "sysctl %s/%s can't be set to %s", directory,
				       sysctls[i].name, sysctls[i].value);
	return true;
}

static bool vif_ipv4(const struct ifname *vif, const struct settings *settings, bool has_ipv4,
		     struct err *err)
{
	bool answers_all = has_ipv4 && settings->proxy_arp == PROXY_ARP_YES;
	const struct sysctl sysctls[] = {
		{ "forwarding", has_ipv4 ? "1" : "0" },
		{ "proxy_arp", answers_all ? "1" : "0" },
		/* 1: only for an address on this very interface, not for all of Dom0's. */
		{ "arp_ignore", answers_all ? "0" : "1" },
		{ "rp_filter", "1" },
		{ "accept_redirects", "0" },
		{ "send_redirects", "0" },
		{ "accept_source_route", "0" },
	};
	char path[SYSCTL_SIZE];

	snprintf(path, sizeof(path), "net/ipv4/conf/%s", vif->text);
	if (!set_all(path, sysctls, COUNT(sysctls), err))
		return false;
	snprintf(path, sizeof(path), "net/ipv4/neigh/%s/proxy_delay", vif->text);
	return !answers_all || kernel_sysctl_apply(path, "0", err);
}

/*
 * disable_ipv6 last: it is what makes the others matter. A guest could answer duplicate address
 * detection, hence none.
 */
static bool vif_ipv6(const struct ifname *vif, struct err *err)
{
	static const struct sysctl sysctls[] = {
		{ "forwarding", "1" },	     { "accept_ra", "0" },  { "autoconf", "0" },
		{ "accept_redirects", "0" }, { "accept_dad", "0" }, { "dad_transmits", "0" },
		{ "disable_ipv6", "0" },
	};
	char path[SYSCTL_SIZE];

	snprintf(path, sizeof(path), "net/ipv6/conf/%s", vif->text);
	return set_all(path, sysctls, COUNT(sysctls), err);
}

static bool has_ipv6_settings(const struct ifname *interface)
{
	char path[SYSCTL_SIZE];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s", interface->text);
	return !access(path, F_OK);
}

bool kernel_sysctl_vif_apply(const struct ifname *vif, const struct settings *settings,
			     bool has_ipv4, bool has_ipv6, struct err *err)
{
	static const struct sysctl off = { "disable_ipv6", "1" };
	char path[SYSCTL_SIZE];

	if (!vif_ipv4(vif, settings, has_ipv4, err))
		return false;
	if (!has_ipv6_settings(vif))
		return !has_ipv6 ||
		       err_set(err,
			       "%s can't have IPv6 addresses: the kernel has no IPv6, or the "
			       "interface an MTU below 1280",
			       vif->text);
	if (has_ipv6)
		return vif_ipv6(vif, err);
	snprintf(path, sizeof(path), "net/ipv6/conf/%s", vif->text);
	return set_all(path, &off, 1, err);
}

/* ---- proxy entries ---- */

/*
 * An entry is answered for after a random time of up to proxy_delay (0.8 s), and on ours nobody
 * else could answer. The interface's own proxy_ndp makes it answer; packets to an entry that were
 * sent to Dom0's own MAC, the probes of a router among them, are looked at only with the one for
 * all (ip6_forward()).
 */
bool kernel_sysctl_proxy_apply(const struct ifname *interface, const struct settings *settings,
			       bool has_ipv4, bool has_ipv6, struct err *err)
{
	const char *name = interface->text;
	char path[SYSCTL_SIZE];

	if (has_ipv4 && settings->proxy_arp != PROXY_ARP_NO) {
		snprintf(path, sizeof(path), "net/ipv4/neigh/%s/proxy_delay", name);
		if (!kernel_sysctl_apply(path, "0", err))
			return false;
	}
	if (!has_ipv6 || !settings->proxy_ndp)
		return true;
	snprintf(path, sizeof(path), "net/ipv6/conf/%s/proxy_ndp", name);
	if (!kernel_sysctl_apply("net/ipv6/conf/all/proxy_ndp", "1", err) ||
	    !kernel_sysctl_apply(path, "1", err))
		return false;
	snprintf(path, sizeof(path), "net/ipv6/neigh/%s/proxy_delay", name);
	return kernel_sysctl_apply(path, "0", err);
}

/* ---- forwarding ---- */

static const char no_network[] = "the guest would have no network";

/*
 * A machine that forwards forgets the routes that routers advertised, unless it was told to listen
 * all the same.
 */
static void print_hint(char *out, size_t size, const struct ifname *listener)
{
	char path[SYSCTL_SIZE];
	struct err unused;
	long value = 0;

	out[0] = '\0';
	if (!listener)
		return;
	snprintf(path, sizeof(path), "net/ipv6/conf/%s/accept_ra", listener->text);
	if (kernel_sysctl_read(&value, path, &unused) && value == 1)
		snprintf(out, size,
			 " (with %s = 2 before it, where this machine has its default route from "
			 "router advertisements)",
			 path);
}

/*
 * shown     the sysctl as people write it
 * listener  an interface that might learn its routes from routers; NULL: of no matter
 */
static bool check_is_on(const char *path, const char *shown, const char *what,
			const char *consequence, const struct ifname *listener, struct err *err)
{
	char hint[256];
	long value = 0;

	if (!kernel_sysctl_read(&value, path, err))
		return false;
	if (value)
		return true;
	print_hint(hint, sizeof(hint), listener);
	return err_set(
		err,
		"%s is off (%s = 0), %s: set %s = 1 in /etc/sysctl.d and run sysctl --system%s",
		what, shown, consequence, shown, hint);
}

static bool check_ipv4(const struct ifname *uplink, struct err *err)
{
	char path[SYSCTL_SIZE];

	snprintf(path, sizeof(path), "net/ipv4/conf/%s/forwarding", uplink->text);
	return check_is_on("net/ipv4/ip_forward", "net.ipv4.ip_forward", "IPv4 forwarding",
			   no_network, NULL, err) &&
	       check_is_on(path, path, "IPv4 forwarding of the uplink", no_network, NULL, err);
}

/*
 * Whether IPv6 packets are forwarded, the kernel asks the one for all; an interface's own says
 * whether its proxies answer.
 */
static bool check_ipv6(const struct ifname *uplink, bool proxy_ndp, struct err *err)
{
	char path[SYSCTL_SIZE];

	if (!check_is_on("net/ipv6/conf/all/forwarding", "net.ipv6.conf.all.forwarding",
			 "IPv6 forwarding", no_network, uplink, err))
		return false;
	snprintf(path, sizeof(path), "net/ipv6/conf/%s/forwarding", uplink->text);
	return !proxy_ndp ||
	       check_is_on(path, path, "IPv6 forwarding of the uplink",
			   "it would not answer for the guest (PROXY_NDP)", uplink, err);
}

bool kernel_sysctl_check_forwarding(const struct uplink *uplink, const struct settings *settings,
				    bool has_ipv4, bool has_ipv6, struct err *err)
{
	return (!has_ipv4 || check_ipv4(&uplink->name, err)) &&
	       (!has_ipv6 || check_ipv6(&uplink->name, settings->proxy_ndp, err));
}
