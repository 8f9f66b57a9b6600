/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of vifs and the uplink: what /proc/sys says behind what was asked for, and the words
 * when forwarding is off.
 */
#include "kernel/kernel.h"
#include "netns.h"

static const struct ifname vif = { "vif1.0" };
static const struct uplink uplink = { .name = { "eth0" } };
static struct err err;

/* What stands in files of /proc/sys/net, one after the other. */
static void is_set(const char *directory, const char *names, const char *should, const char *what)
{
	char text[OUTPUT_SIZE];

	is_text(output(text, "cd /proc/sys/net/%s && cat %s | tr '\\n' ' '", directory, names),
		should, what);
}

static void set(const char *path, const char *value)
{
	ok(kernel_sysctl_apply(path, value, &err), "%s = %s", path, value);
}

static void test_one(void)
{
	long value = 4711;

	set("net/ipv4/conf/vif1.0/rp_filter", "2");
	ok(kernel_sysctl_read(&value, "net/ipv4/conf/vif1.0/rp_filter", &err) && value == 2,
	   "it can be read");
	set("net/ipv4/conf/vif1.0/rp_filter", "2");
	is_text(kernel_sysctl_apply("net/ipv4/conf/vif9.0/rp_filter", "1", &err) ? "" : err.text,
		"sysctl net/ipv4/conf/vif9.0/rp_filter can't be set to 1: No such file or "
		"directory",
		"of an interface that isn't there");
	is_text(kernel_sysctl_apply("net/ipv4/conf/vif1.0/rp_filter", "x", &err) ? "" : err.text,
		"sysctl net/ipv4/conf/vif1.0/rp_filter can't be set to x: Invalid argument",
		"a value that can't be");
	is_text(kernel_sysctl_read(&value, "net/ipv4/conf/vif9.0/rp_filter", &err) ? "" : err.text,
		"sysctl net/ipv4/conf/vif9.0/rp_filter can't be read: No such file or directory",
		"nothing to read");
	is_text(kernel_sysctl_read(&value, "net/ipv4/ip_local_port_range", &err) ? "" : err.text,
		"sysctl net/ipv4/ip_local_port_range is no number", "two numbers are none");
	ok(value == 2, "a failure leaves the value alone");
}

static void set_vif(const struct settings *settings, bool has_ipv4, bool has_ipv6)
{
	bool done = kernel_sysctl_vif_apply(&vif, settings, has_ipv4, has_ipv6, false, &err);

	ok(done, "a vif with%s IPv4 and with%s IPv6", has_ipv4 ? "" : "out", has_ipv6 ? "" : "out");
	if (!done)
		printf("# %s\n", err.text);
}

static void test_vif(void)
{
	static const char ipv4[] = "forwarding proxy_arp arp_ignore rp_filter accept_redirects "
				   "send_redirects accept_source_route",
			  ipv6[] = "forwarding accept_ra autoconf accept_dad dad_transmits "
				   "accept_redirects disable_ipv6";
	struct settings settings = { .proxy_arp = PROXY_ARP_YES };

	set_vif(&settings, true, true);
	is_set("ipv4/conf/vif1.0", ipv4, "1 1 0 1 0 0 0", "its IPv4 settings, PROXY_ARP = yes");
	is_set("ipv4/neigh/vif1.0", "proxy_delay", "0", "and it answers at once");
	is_set("ipv6/conf/vif1.0", ipv6, "1 0 0 0 0 0 0", "its IPv6 settings");
	settings.proxy_arp = PROXY_ARP_STRICT;
	set_vif(&settings, true, false);
	is_set("ipv4/conf/vif1.0", ipv4, "1 0 1 1 0 0 0", "its IPv4 settings, PROXY_ARP = strict");
	is_set("ipv6/conf/vif1.0", "disable_ipv6", "1", "no IPv6");
	settings.proxy_arp = PROXY_ARP_YES;
	set_vif(&settings, false, true);
	is_set("ipv4/conf/vif1.0", ipv4, "0 0 1 1 0 0 0", "no IPv4, whatever PROXY_ARP says");
	is_set("ipv6/conf/vif1.0", ipv6, "1 0 0 0 0 0 0", "IPv6 again");
	set("net/ipv6/conf/default/disable_ipv6", "1");
	run("ip link add vif2.0 type veth peer name guest2 && ip link del vif1.0 && "
	    "ip link set vif2.0 name vif1.0");
	set_vif(&settings, true, true);
	is_set("ipv6/conf/vif1.0", "disable_ipv6", "0", "IPv6 where it is off by default");
}

/* An MTU below 1280 takes IPv6 from an interface. */
static void test_vif_without_ipv6(void)
{
	const struct settings settings = { .proxy_arp = PROXY_ARP_YES };

	run("ip link set vif1.0 up && ip link set vif1.0 mtu 1000");
	is_text(kernel_sysctl_vif_apply(&vif, &settings, true, true, false, &err) ? "" : err.text,
		"vif1.0 can't have IPv6 addresses: the kernel has no IPv6, or the interface an MTU "
		"below 1280",
		"IPv6 addresses where IPv6 can't be");
	set_vif(&settings, true, false);
}

static void set_uplink(const struct settings *settings, bool has_ipv4, bool has_ipv6)
{
	ok(kernel_sysctl_proxy_apply(&uplink.name, settings, has_ipv4, has_ipv6, &err),
	   "the uplink, for IPv%s", has_ipv4 ? has_ipv6 ? "4 and IPv6" : "4" : "6");
}

static void is_uplink(const char *should, const char *what)
{
	is_set(".",
	       "ipv4/neigh/eth0/proxy_delay ipv6/neigh/eth0/proxy_delay "
	       "ipv6/conf/all/proxy_ndp ipv6/conf/eth0/proxy_ndp ipv4/conf/eth0/proxy_arp",
	       should, what);
}

static void test_uplink(void)
{
	struct settings settings = { .proxy_arp = PROXY_ARP_NO };

	set("net/ipv4/neigh/eth0/proxy_delay", "80");
	set("net/ipv6/neigh/eth0/proxy_delay", "80");
	set("net/ipv6/conf/all/proxy_ndp", "0");
	set("net/ipv6/conf/eth0/proxy_ndp", "0");
	set("net/ipv4/conf/eth0/proxy_arp", "0");
	set_uplink(&settings, true, true);
	is_uplink("80 80 0 0 0", "PROXY_ARP = no and PROXY_NDP = no leave it alone");
	settings.proxy_arp = PROXY_ARP_STRICT;
	settings.proxy_ndp = true;
	set_uplink(&settings, true, false);
	is_uplink("0 80 0 0 0", "it answers ARP at once");
	set_uplink(&settings, false, true);
	is_uplink("0 0 1 1 0", "and NDP too; proxy_arp stays off");
}

static void is_off(bool has_ipv4, const char *should, const char *what)
{
	const struct settings settings = { .proxy_ndp = true };

	is_text(kernel_sysctl_check_forwarding(&uplink, &settings, has_ipv4, !has_ipv4, &err)
			? "it is on"
			: err.text,
		should, what);
}

static void test_forwarding(void)
{
	const struct settings no_proxy = { .proxy_ndp = false };

	set("net/ipv4/ip_forward", "0");
	set("net/ipv6/conf/all/forwarding", "0");
	set("net/ipv6/conf/eth0/accept_ra", "2");
	is_off(true,
	       "IPv4 forwarding is off (net.ipv4.ip_forward = 0), the guest would have no network: "
	       "set "
	       "net.ipv4.ip_forward = 1 in /etc/sysctl.d and run sysctl --system",
	       "IPv4 forwarding is off");
	is_off(false,
	       "IPv6 forwarding is off (net.ipv6.conf.all.forwarding = 0), the guest would have no "
	       "network: set net.ipv6.conf.all.forwarding = 1 in /etc/sysctl.d and run sysctl "
	       "--system",
	       "IPv6 forwarding is off");
	set("net/ipv6/conf/eth0/accept_ra", "1");
	is_off(false,
	       "IPv6 forwarding is off (net.ipv6.conf.all.forwarding = 0), the guest would have no "
	       "network: set net.ipv6.conf.all.forwarding = 1 in /etc/sysctl.d and run sysctl "
	       "--system "
	       "(with net/ipv6/conf/eth0/accept_ra = 2 before it, where this machine has its "
	       "default "
	       "route from router advertisements)",
	       "and the remedy might cost Dom0 its own route");
	ok(kernel_sysctl_check_forwarding(&uplink, &no_proxy, false, false, &err),
	   "which is of no matter without addresses");
	set("net/ipv4/ip_forward", "1");
	set("net/ipv6/conf/all/forwarding", "1");
	is_off(true, "it is on", "IPv4 forwarding is on");
	is_off(false, "it is on", "IPv6 forwarding is on");
	set("net/ipv4/conf/eth0/forwarding", "0");
	set("net/ipv6/conf/eth0/accept_ra", "2");
	set("net/ipv6/conf/eth0/forwarding", "0");
	is_off(true,
	       "IPv4 forwarding of the uplink is off (net/ipv4/conf/eth0/forwarding = 0), the "
	       "guest "
	       "would have no network: set net/ipv4/conf/eth0/forwarding = 1 in /etc/sysctl.d and "
	       "run "
	       "sysctl --system",
	       "off on the uplink alone");
	is_off(false,
	       "IPv6 forwarding of the uplink is off (net/ipv6/conf/eth0/forwarding = 0), it would "
	       "not "
	       "answer for the guest (PROXY_NDP): set net/ipv6/conf/eth0/forwarding = 1 in "
	       "/etc/sysctl.d and run sysctl --system",
	       "likewise IPv6");
	ok(kernel_sysctl_check_forwarding(&uplink, &no_proxy, false, true, &err),
	   "which is of no matter with PROXY_NDP = no");
}

int main(void)
{
	if (!netns_enter())
		return 0;
	run("ip link add eth0 type veth peer name lan && ip link set eth0 up");
	run("ip link add vif1.0 type veth peer name guest1");
	test_one();
	test_vif();
	test_vif_without_ipv6();
	test_uplink();
	test_forwarding();
	return tap_done();
}
