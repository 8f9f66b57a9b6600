/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The uplink, its addresses, whose an address is, counters: what we read, beside what was made. */
#include "kernel/kernel.h"
#include "netns.h"

static struct kernel_link *kernel;
static struct err err;

static void make_place(void)
{
	run("ip link add eth0 type veth peer name lan && ip link set eth0 up && ip link set lan "
	    "up");
	run("ip addr add 192.0.2.2/24 dev eth0 && ip addr add 192.0.2.3/24 dev eth0");
	run("ip addr add 2001:db8:b:a::2/64 dev eth0 nodad");
	run("ip link add vif1.0 type veth peer name guest1 && ip link set vif1.0 up && "
	    "ip link set guest1 up");
}

static uint32_t index_of(const char *name)
{
	struct ifname ifname = { "" };
	uint32_t index = 0;

	strcpy(ifname.text, name);
	ok(kernel_link_read_index(&index, &ifname, &err), "%s is there", name);
	return index;
}

/* ---- the uplink ---- */

static bool read_uplink(struct uplink *uplink, const char *name)
{
	struct ifname ifname = { "" };

	strcpy(ifname.text, name);
	return kernel_link_read_uplink(uplink, kernel, &ifname, &err);
}

static void is_uplink(const char *name, const char *ipv4, const char *ipv6, const char *what)
{
	char text[4 * PREFIX_TEXT], address[FAMILY_COUNT][PREFIX_TEXT] = { "-", "-" };
	char should[4 * PREFIX_TEXT];
	struct uplink uplink;

	snprintf(should, sizeof(should), "eth0 %s %s", ipv4, ipv6);
	if (!read_uplink(&uplink, name)) {
		is_text(err.text, should, what);
		return;
	}
	for (unsigned family = 0; family < FAMILY_COUNT; family++)
		if (prefix_is_address(&uplink.address[family]))
			prefix_print(address[family], &uplink.address[family]);
	snprintf(text, sizeof(text), "%s %s %s", uplink.name.text, address[IPV4], address[IPV6]);
	is_text(text, should, what);
}

static void no_uplink(const char *name, const char *should, const char *what)
{
	struct uplink uplink;

	if (read_uplink(&uplink, name))
		ok(false, "%s", what);
	else
		is_text(err.text, should, what);
}

static void test_uplink_addresses(void)
{
	char mac[OUTPUT_SIZE], text[MAC_TEXT];
	struct uplink uplink;

	is_uplink("eth0", "192.0.2.2", "2001:db8:b:a::2", "the uplink by its name");
	ok(read_uplink(&uplink, "eth0"), "once more");
	is_text(mac_print(text, &uplink.mac),
		output(mac, "ip -o -br link show eth0 | awk '{ print $3 }'"), "its MAC");
	ok(uplink.link_local.length == 128 && uplink.link_local.bytes[0] == 0xfe,
	   "its link-local address");
	ok(uplink.index == index_of("eth0"), "its index");
	run("ip addr add 2001:db8:b:a::9/64 dev eth0 nodad preferred_lft 0");
	is_uplink("eth0", "192.0.2.2", "2001:db8:b:a::2", "a deprecated address is none");
	run("echo 2 >/proc/sys/net/ipv6/conf/eth0/use_tempaddr");
	run("ip addr add 2001:db8:b:d::3/64 dev eth0 nodad mngtmpaddr");
	run("ip -6 addr show dev eth0 | grep -q temporary");
	is_uplink("eth0", "192.0.2.2", "2001:db8:b:a::2", "the newest is not, nor a temporary one");
	run("ip addr change 2001:db8:b:a::2/64 dev eth0 valid_lft 900 preferred_lft 900");
	is_uplink("eth0", "192.0.2.2", "2001:db8:b:d::3", "one without an end goes before older");
	ok(read_uplink(&uplink, "eth0") && uplink.candidates[IPV4] == 1 &&
		   uplink.candidates[IPV6] > 2,
	   "how many there are");
	run("ip addr del 2001:db8:b:d::3/64 dev eth0");
	is_uplink("eth0", "192.0.2.2", "2001:db8:b:a::2", "without another it is the one");
	run("ip addr change 2001:db8:b:a::2/64 dev eth0 valid_lft forever preferred_lft forever");
	no_uplink("eth9", "the uplink eth9: No such device", "no such uplink");
	run("ip link add nobody type veth peer name nothing");
	ok(read_uplink(&uplink, "nobody") && !prefix_is_address(&uplink.address[IPV4]) &&
		   !prefix_is_address(&uplink.address[IPV6]) &&
		   !prefix_is_address(&uplink.link_local),
	   "an uplink without addresses");
	run("ip link del nobody");
}

static void test_uplink_default(void)
{
	static const char none[] = "there is no default route, so no uplink for the guests: set "
				   "UPLINK in taofirewall.conf";

	no_uplink("", none, "no default route");
	run("ip route add 128.0.0.0/1 via 192.0.2.1 && ip route add 0.0.0.0/1 dev vif1.0");
	no_uplink("", none, "a route to half of the world is not the default");
	run("ip -6 route add default via 2001:db8:b:a::1");
	is_uplink("", "192.0.2.2", "2001:db8:b:a::2", "IPv6's default route, without one of IPv4");
	run("ip -6 route del default && ip route add unreachable default metric 7");
	no_uplink("", none, "an unreachable default is none");
	run("ip route add default dev vif1.0 metric 500");
	run("ip route add default via 192.0.2.1 metric 100");
	is_uplink("", "192.0.2.2", "2001:db8:b:a::2", "the default route of the lowest metric");
	run("ip route del default via 192.0.2.1 && ip route del default dev vif1.0");
	run("ip route add default nexthop via 192.0.2.1 nexthop dev vif1.0");
	is_uplink("", "192.0.2.2", "2001:db8:b:a::2", "the first of several next hops");
	run("ip route flush root 0/0 table main && ip route add 192.0.2.0/24 dev eth0 src "
	    "192.0.2.2");
	run("ip route add default via 192.0.2.1");
	is_uplink("", "192.0.2.2", "2001:db8:b:a::2", "the plain default route");
}

/* ---- questions ---- */

static void test_is_free(void)
{
	static const struct {
		const char *text, *why;
	} prefixes[] = {
		{ "192.0.2.2", "is an address of this machine itself" },
		{ "192.0.2.3", "is an address of this machine itself" },
		{ "127.0.0.1", "is an address of this machine itself" },
		{ "192.0.2.1", "is the gateway of this machine's own default route" },
		{ "192.0.2.4", "" },
		{ "192.0.2.2/31", "holds 192.0.2.3, an address of this machine itself" },
		{ "192.0.2.0/31", "holds 192.0.2.1, the gateway of this machine's own default "
				  "route" },
		{ "192.0.2.8/29", "" },
		{ "198.51.100.1", "" },
		{ "203.0.113.1", "" },
		{ "2001:db8:b:a::2", "is an address of this machine itself" },
		{ "2001:db8:b:a::/80", "holds 2001:db8:b:a::2, an address of this machine itself" },
		{ "::1", "is an address of this machine itself" },
		{ "2001:db8:b:a::1", "is the gateway of this machine's own default route" },
		{ "2001:db8:b:a:1::/80", "" },
		{ "2001:db8:f::1", "" },
	};
	struct prefix prefix;

	run("ip link set lo up && ip route add unreachable 203.0.113.0/24");
	run("ip -6 route add default via 2001:db8:b:a::1");
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		bool parsed = prefix_parse(&prefix, prefixes[i].text, &err);

		ok(parsed, "%s", prefixes[i].text);
		is_text(kernel_link_check_free(kernel, &prefix, false, &err) ? "" : err.text,
			prefixes[i].why, prefixes[i].text);
	}
}

static void test_read(void)
{
	uint32_t index = index_of("vif1.0");
	struct link_counters counters;
	struct ifname name = { "eth9" };

	ok(kernel_link_read_counters(&counters, kernel, index, &err) && counters.is_up &&
		   counters.rx_packets > 0 && counters.rx_bytes >= counters.rx_packets,
	   "counters of a vif");
	is_text(kernel_link_read_counters(&counters, kernel, 4711, &err) ? "" : err.text,
		"dev 4711: No such device", "counters of none");
	is_text(kernel_link_read_index(&index, &name, &err) ? "" : err.text,
		"interface eth9: No such device", "the index of none");
	ok(kernel_link_read_name(&name, index, &err) && !strcmp(name.text, "vif1.0"),
	   "the name of an index");
	is_text(kernel_link_read_name(&name, 4711, &err) ? "" : err.text,
		"dev 4711: No such device or address", "the name of none");
}

int main(void)
{
	if (!netns_enter())
		return 0;
	make_place();
	kernel = kernel_link_open(&err);
	if (!kernel)
		return 1;
	test_uplink_addresses();
	test_uplink_default();
	test_is_free();
	test_read();
	kernel_link_close(kernel);
	return tap_done();
}
