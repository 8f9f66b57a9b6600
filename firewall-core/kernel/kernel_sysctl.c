/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of interfaces and of the machine's forwarding → /proc/sys, and back. */
#include "base/number.h"
#include "kernel/kernel.h"
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

/* The same sysctls are set, and looked at. */
enum purpose { SET, LOOK };

/*
 * path: from directory, or absolute. Opening it is what costs; the look before is free. Returns
 * false with errno set, 0 where the value is another one and was to be looked at alone.
 */
static bool hold_at(int directory, const char *path, const char *value, enum purpose purpose)
{
	auto_close int fd =
		openat(directory, path, (purpose == SET ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	char present[VALUE_SIZE];
	size_t size = strlen(value);

	if (fd < 0 || !read_value(present, fd))
		return false;
	errno = 0;
	return strcmp(present, value) == 0 ||
	       (purpose == SET && pwrite(fd, value, size, 0) == (ssize_t)size);
}

static bool not_held(const char *path, const char *value, enum purpose purpose, struct err *err)
{
	if (purpose == SET)
		return err_sys(err, "sysctl %s can't be set to %s", path, value);
	return errno ? err_sys(err, "sysctl %s", path)
		     : err_set(err, "sysctl %s is not %s", path, value);
}

/* Below /proc/sys; net/ there is of the network namespace that we are in. */
static bool print_sysctl_path(char out[static SYSCTL_SIZE], const char *path, struct err *err)
{
	if ((size_t)snprintf(out, SYSCTL_SIZE, "/proc/sys/%s", path) < SYSCTL_SIZE)
		return true;
	return err_set(err, "sysctl %s: the name is too long", path);
}

static bool hold_sysctl(const char *path, const char *value, enum purpose purpose, struct err *err)
{
	char file[SYSCTL_SIZE];

	if (!print_sysctl_path(file, path, err))
		return false;
	return hold_at(AT_FDCWD, file, value, purpose) || not_held(path, value, purpose, err);
}

bool kernel_sysctl_apply(const char *path, const char *value, struct err *err)
{
	return hold_sysctl(path, value, SET, err);
}

bool kernel_sysctl_read(long *value, const char *path, struct err *err)
{
	char file[SYSCTL_SIZE], text[VALUE_SIZE];
	auto_close int fd = -1;
	uint32_t number;
	bool is_negative;

	if (!print_sysctl_path(file, path, err))
		return false;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !read_value(text, fd))
		return err_sys(err, "sysctl %s can't be read", path);
	is_negative = *text == '-';
	if (!number_parse(&number, text + is_negative, UINT32_MAX))
		return err_set(err, "sysctl %s is no number", path);
	*value = is_negative ? -(long)number : (long)number;
	return true;
}

bool kernel_sysctl_fragments_apply(struct err *err)
{
	static const char *const paths[] = { "net/ipv4/ipfrag_high_thresh",
					     "net/netfilter/nf_conntrack_frag6_high_thresh" };
	static const long least = 64L << 20;
	char value[VALUE_SIZE];
	long bytes;

	snprintf(value, sizeof(value), "%ld", least);
	for (size_t i = 0; i < COUNT(paths); i++)
		if (!kernel_sysctl_read(&bytes, paths[i], err) ||
		    (bytes < least && !kernel_sysctl_apply(paths[i], value, err)))
			return false;
	return true;
}

/* ---- a vif's ---- */

/* All in one directory, which is looked up once. */
static bool hold_all(const char *directory, const struct sysctl *sysctls, size_t count,
		     enum purpose purpose, struct err *err)
{
	auto_close int fd = -1;
	char path[SYSCTL_SIZE], name[SYSCTL_SIZE];

	if (!print_sysctl_path(path, directory, err))
		return false;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "sysctl %s", directory);
	for (size_t i = 0; i < count; i++)
		if (!hold_at(fd, sysctls[i].name, sysctls[i].value, purpose)) {
			snprintf(name, sizeof(name), "%s/%s", directory, sysctls[i].name);
			return not_held(name, sysctls[i].value, purpose, err);
		}
	return true;
}

/* Loose where it sends from addresses that the kernel routes to another vif. */
static bool vif_ipv4(const struct ifname *vif, const struct settings *settings, bool has_ipv4,
		     bool strays, enum purpose purpose, struct err *err)
{
	bool answers_all = has_ipv4 && settings->proxy_arp == PROXY_ARP_YES;
	const struct sysctl sysctls[] = {
		{ "forwarding", has_ipv4 ? "1" : "0" },
		{ "proxy_arp", answers_all ? "1" : "0" },
		/* 1: only for an address on this very interface, not for all of Dom0's. */
		{ "arp_ignore", answers_all ? "0" : "1" },
		{ "rp_filter", strays ? "2" : "1" },
		{ "accept_redirects", "0" },
		{ "send_redirects", "0" },
		{ "accept_source_route", "0" },
	};
	char path[SYSCTL_SIZE];

	snprintf(path, sizeof(path), "net/ipv4/conf/%s", vif->text);
	if (!hold_all(path, sysctls, COUNT(sysctls), purpose, err))
		return false;
	snprintf(path, sizeof(path), "net/ipv4/neigh/%s/proxy_delay", vif->text);
	return !answers_all || hold_sysctl(path, "0", purpose, err);
}

/*
 * disable_ipv6 last: it is what makes the others matter. A guest could answer duplicate address
 * detection, hence none.
 */
static bool vif_ipv6(const struct ifname *vif, enum purpose purpose, struct err *err)
{
	static const struct sysctl sysctls[] = {
		{ "forwarding", "1" },	     { "accept_ra", "0" },  { "autoconf", "0" },
		{ "accept_redirects", "0" }, { "accept_dad", "0" }, { "dad_transmits", "0" },
		{ "disable_ipv6", "0" },
	};
	char path[SYSCTL_SIZE];

	snprintf(path, sizeof(path), "net/ipv6/conf/%s", vif->text);
	return hold_all(path, sysctls, COUNT(sysctls), purpose, err);
}

bool kernel_sysctl_has_ipv6(const struct ifname *interface)
{
	char path[SYSCTL_SIZE];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s", interface->text);
	return !access(path, F_OK);
}

static bool hold_vif(const struct ifname *vif, const struct settings *settings, bool has_ipv4,
		     bool has_ipv6, bool strays, enum purpose purpose, struct err *err)
{
	static const struct sysctl off = { "disable_ipv6", "1" };
	char path[SYSCTL_SIZE];

	if (!vif_ipv4(vif, settings, has_ipv4, strays, purpose, err))
		return false;
	if (!kernel_sysctl_has_ipv6(vif))
		return !has_ipv6 ||
		       err_set(err,
			       "%s can't have IPv6 addresses: the kernel has no IPv6, or the "
			       "interface an MTU below 1280",
			       vif->text);
	if (has_ipv6)
		return vif_ipv6(vif, purpose, err);
	snprintf(path, sizeof(path), "net/ipv6/conf/%s", vif->text);
	return hold_all(path, &off, 1, purpose, err);
}

bool kernel_sysctl_vif_apply(const struct ifname *vif, const struct settings *settings,
			     bool has_ipv4, bool has_ipv6, bool strays, struct err *err)
{
	return hold_vif(vif, settings, has_ipv4, has_ipv6, strays, SET, err);
}

bool kernel_sysctl_vif_check(const struct ifname *vif, const struct settings *settings,
			     bool has_ipv4, bool has_ipv6, bool strays, struct err *err)
{
	return hold_vif(vif, settings, has_ipv4, has_ipv6, strays, LOOK, err);
}

/* ---- proxy entries ---- */

/*
 * An entry is answered for after a random time of up to proxy_delay (0.8 s), and on ours nobody
 * else could answer. The interface's own proxy_ndp makes it answer; packets to an entry that were
 * sent to Dom0's own MAC, the probes of a router among them, are looked at only with the one for
 * all (ip6_forward()).
 */
static bool hold_proxy(const struct ifname *interface, const struct settings *settings,
		       bool has_ipv4, bool has_ipv6, enum purpose purpose, struct err *err)
{
	const char *name = interface->text;
	char path[SYSCTL_SIZE];

	if (has_ipv4 && settings->proxy_arp != PROXY_ARP_NO) {
		snprintf(path, sizeof(path), "net/ipv4/neigh/%s/proxy_delay", name);
		if (!hold_sysctl(path, "0", purpose, err))
			return false;
	}
	if (!has_ipv6 || !settings->proxy_ndp)
		return true;
	snprintf(path, sizeof(path), "net/ipv6/conf/%s/proxy_ndp", name);
	if (!hold_sysctl("net/ipv6/conf/all/proxy_ndp", "1", purpose, err) ||
	    !hold_sysctl(path, "1", purpose, err))
		return false;
	snprintf(path, sizeof(path), "net/ipv6/neigh/%s/proxy_delay", name);
	return hold_sysctl(path, "0", purpose, err);
}

bool kernel_sysctl_proxy_apply(const struct ifname *interface, const struct settings *settings,
			       bool has_ipv4, bool has_ipv6, struct err *err)
{
	return hold_proxy(interface, settings, has_ipv4, has_ipv6, SET, err);
}

bool kernel_sysctl_proxy_check(const struct ifname *interface, const struct settings *settings,
			       bool has_ipv4, bool has_ipv6, struct err *err)
{
	return hold_proxy(interface, settings, has_ipv4, has_ipv6, LOOK, err);
}

/* ---- forwarding ---- */

static bool is_number(const char *path, long number)
{
	struct err ignored;
	long value = -1;

	return kernel_sysctl_read(&value, path, &ignored) && value == number;
}

/* As check_ipv4() and check_ipv6() want it, where the machine does. */
static bool hold_forwarding(const struct ifname *uplink, const struct settings *settings,
			    bool has_ipv4, bool has_ipv6, enum purpose purpose, struct err *err)
{
	char path[SYSCTL_SIZE];

	snprintf(path, sizeof(path), "net/ipv4/conf/%s/forwarding", uplink->text);
	if (has_ipv4 && is_number("net/ipv4/ip_forward", 1) &&
	    !hold_sysctl(path, "1", purpose, err))
		return false;
	snprintf(path, sizeof(path), "net/ipv6/conf/%s/forwarding", uplink->text);
	return !has_ipv6 || !settings->proxy_ndp || !is_number("net/ipv6/conf/all/forwarding", 1) ||
	       hold_sysctl(path, "1", purpose, err);
}

bool kernel_sysctl_forwarding_apply(const struct ifname *uplink, const struct settings *settings,
				    bool has_ipv4, bool has_ipv6, struct err *err)
{
	return hold_forwarding(uplink, settings, has_ipv4, has_ipv6, SET, err);
}

bool kernel_sysctl_forwarding_check(const struct ifname *uplink, const struct settings *settings,
				    bool has_ipv4, bool has_ipv6, struct err *err)
{
	return hold_forwarding(uplink, settings, has_ipv4, has_ipv6, LOOK, err);
}

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

/*
 * The larger one counts of this and the vif's own. From a guest, whose network Dom0's address on
 * the vif is not in, 2 takes no question, and 8 from nobody.
 */
static bool check_arp_ignore(struct err *err)
{
	long value = 0;

	if (!kernel_sysctl_read(&value, "net/ipv4/conf/all/arp_ignore", err))
		return false;
	return (value != 2 && value != 8) ||
	       err_set(err,
		       "net.ipv4.conf.all.arp_ignore = %ld: this machine would not answer when the "
		       "guest asks for its gateway, %s: set it to 0 or 1 in /etc/sysctl.d and run "
		       "sysctl --system",
		       value, no_network);
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
	return (!has_ipv4 || (check_ipv4(&uplink->name, err) && check_arp_ignore(err))) &&
	       (!has_ipv6 || check_ipv6(&uplink->name, settings->proxy_ndp, err));
}
