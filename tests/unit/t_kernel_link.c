/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links, addresses, neighbours and routes: what the kernel has of them, beside what was asked for.
 */
#include "kernel/kernel.h"
#include "netns.h"

static struct kernel_link *kernel;
static struct err err;

/* ---- the place: an uplink, and vifs of whose two ends we see both ---- */

static void make_place(void)
{
	run("ip link add eth0 type veth peer name lan && ip link set eth0 up && ip link set lan "
	    "up");
	run("ip addr add 192.0.2.2/24 dev eth0 && ip addr add 192.0.2.3/24 dev eth0");
	run("ip addr add 2001:db8:b:a::2/64 dev eth0 nodad");
	for (unsigned i = 1; i <= 2; i++)
		run("ip link add vif%u.0 type veth peer name guest%u && ip link set vif%u.0 up && "
		    "ip link set guest%u up",
		    i, i, i, i);
}

static uint32_t index_of(const char *name)
{
	struct ifname ifname = { "" };
	uint32_t index = 0;

	strcpy(ifname.text, name);
	ok(kernel_link_read_index(&index, &ifname, &err), "%s is there", name);
	return index;
}

/* ---- changes ---- */

static struct netconf make_changes(const char *vif_name, const char *ip, const char *dom0,
				   uint32_t metric)
{
	struct settings settings = { .proxy_arp = PROXY_ARP_YES, .proxy_ndp = true };
	struct vif vif = { .index = index_of(vif_name), .mac = { { 0, 0x16, 0x3e, 0, 0, 1 } } };
	struct netconf changes = { .count = 0 };
	const struct ifname eth0 = { "eth0" };
	struct uplink uplink;

	strcpy(vif.name.text, vif_name);
	if (dom0 && !prefix_parse(&settings.dom0[IPV4][settings.dom0_count[IPV4]++], dom0, &err))
		ok(false, "%s", err.text);
	if (!kernel_link_read_uplink(&uplink, kernel, &eth0, &err) ||
	    !vif_parse_ip(&vif, ip, &err) ||
	    !netconf_vif(&changes, &settings, &uplink, &vif, metric, &err))
		ok(false, "%s", err.text);
	return changes;
}

static void apply(const struct netconf *changes, const char *what)
{
	bool holds = kernel_link_apply(kernel, changes->change, changes->count, &err);

	ok(holds, "%s", what);
	if (!holds)
		printf("# %s\n", err.text);
}

static void undo(const struct netconf *changes, const char *what)
{
	bool holds = kernel_link_undo_apply(kernel, changes->change, changes->count, &err);

	ok(holds, "%s", what);
	if (!holds)
		printf("# %s\n", err.text);
}

#define says(should, what, ...)                                                                    \
	do {                                                                                       \
		char text_[OUTPUT_SIZE];                                                           \
                                                                                                   \
		is_text(output(text_, __VA_ARGS__), should, what);                                 \
	} while (0)

static const char everything[] = "192.0.2.10 198.51.100.8/29 2001:db8:b:a::10 2001:db8:b:b::/64";

static void has_everything(void)
{
	says("192.0.2.10 scope link src 192.0.2.2 metric 1024\n"
	     "198.51.100.8/29 via 198.51.100.8 src 192.0.2.2 metric 1024 onlink",
	     "IPv4 routes", "ip route show dev vif1.0 proto 116");
	says("2001:db8:b:a::10 src 2001:db8:b:a::2 metric 1024 pref medium\n"
	     "2001:db8:b:b::/64 via fe80::216:3eff:fe00:1 src 2001:db8:b:a::2 metric 1024 onlink "
	     "pref medium",
	     "IPv6 routes", "ip -6 route show dev vif1.0 proto 116");
	says("inet 192.0.2.2/32 scope global noprefixroute vif1.0\n"
	     "inet6 2001:db8:b:a::2/128 scope global nodad noprefixroute",
	     "Dom0's addresses, neither tried nor limited",
	     "ip addr show dev vif1.0 scope global | sed -n 's/^ *inet/inet/p'");
	says("192.0.2.10 lladdr 00:16:3e:00:00:01 PERMANENT proto 116\n"
	     "198.51.100.8 lladdr 00:16:3e:00:00:01 PERMANENT proto 116\n"
	     "2001:db8:b:a::10 lladdr 00:16:3e:00:00:01 PERMANENT proto 116\n"
	     "fe80::216:3eff:fe00:1 lladdr 00:16:3e:00:00:01 PERMANENT proto 116",
	     "neighbours", "ip -N neigh show dev vif1.0 nud permanent | sort");
	says("192.0.2.10 dev eth0 proxy proto 116\n2001:db8:b:a::10 dev eth0 proxy proto 116",
	     "proxy entries on the uplink, of addresses alone",
	     "ip -N neigh show proxy | sed 's/  */ /g' | sort");
}

static void has_nothing(const char *what)
{
	says("", what,
	     "ip route show proto 116; ip -6 route show proto 116; ip neigh show proxy; "
	     "ip neigh show nud permanent | grep 3e:; ip addr show dev vif1.0 | grep 'scope "
	     "global'; "
	     "true");
}

static void test_changes(void)
{
	struct netconf changes = make_changes("vif1.0", everything, NULL, 1024), other;

	apply(&changes, "all that a vif needs");
	has_everything();
	apply(&changes, "all of it again");
	has_everything();
	other = make_changes("vif1.0", "192.0.2.10", "192.0.2.3", 1024);
	apply(&other, "Dom0 has another address on the vif now");
	says("192.0.2.10 dev vif1.0 proto 116 scope 253 src 192.0.2.3 metric 1024",
	     "the route has it", "ip -N route show 192.0.2.10");
	undo(&other, "take that back");
	apply(&changes, "the former again");
	has_everything();
	undo(&changes, "take all of it back");
	has_nothing("nothing is left");
	undo(&changes, "take back what is gone");
}

static void leads_to(const char *vif, const char *what)
{
	static const char *const addresses[] = { "192.0.2.10", "198.51.100.9", "2001:db8:b:a::10",
						 "2001:db8:b:b::9" };

	for (size_t i = 0; i < COUNT(addresses); i++)
		says(vif, what, "ip route get %s | sed -n 's/.* dev \\([^ ]*\\) .*/\\1/p'",
		     addresses[i]);
}

/* Without the proxy entries, which are for the last of them to remove. */
static void drop_proxies(struct netconf *changes)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < changes->count; i++)
		if (changes->change[i].kind != NETCONF_PROXY)
			changes->change[kept++] = changes->change[i];
	changes->count = kept;
}

static void test_duplicates(void)
{
	struct netconf older = make_changes("vif1.0", everything, NULL, 1024);
	struct netconf newer = make_changes("vif2.0", everything, NULL, 1023);

	apply(&older, "an older vif");
	leads_to("vif1.0", "it has the traffic");
	apply(&newer, "and a newer one with the same addresses");
	leads_to("vif2.0", "it has the traffic now");
	drop_proxies(&older);
	undo(&older, "the older goes");
	leads_to("vif2.0", "that takes nothing from the newer");
	says("2", "nor the proxy entries", "ip neigh show proxy | wc -l");
	apply(&older, "the older once more");
	leads_to("vif2.0", "the newer keeps the traffic");
	drop_proxies(&newer);
	undo(&newer, "the newer goes");
	leads_to("vif1.0", "the older has the traffic again");
	older = make_changes("vif1.0", everything, NULL, 1024);
	undo(&older, "the last one goes");
	has_nothing("and leaves nothing");
}

static void is_refused(const struct netconf *changes, const char *should, const char *what)
{
	bool done = kernel_link_apply(kernel, changes->change, changes->count, &err);

	ok(!done && !strncmp(err.text, should, strlen(should)), "%s", what);
	printf("# %s\n", done ? "done" : err.text);
}

static void test_foreign(void)
{
	struct netconf changes = make_changes("vif1.0", "192.0.2.10 2001:db8::10", NULL, 1024);
	char should[64];

	run("ip route add 192.0.2.10 dev eth0 metric 1024");
	run("ip -6 route add 2001:db8::10 dev vif1.0 metric 1024");
	snprintf(should, sizeof(should), "route 192.0.2.10 dev %u: File exists",
		 index_of("vif1.0"));
	is_refused(&changes, should, "somebody else's route is not replaced");
	says("192.0.2.10 dev eth0 scope link metric 1024\n"
	     "2001:db8::10 dev vif1.0 metric 1024 pref medium",
	     "it is as it was, and so is one on the vif itself",
	     "ip route show 192.0.2.10; ip -6 route show 2001:db8::10");
	undo(&changes, "take back what was made");
	says("192.0.2.10 dev eth0 scope link metric 1024\n"
	     "2001:db8::10 dev vif1.0 metric 1024 pref medium",
	     "that does not take it either",
	     "ip route show 192.0.2.10; ip -6 route show 2001:db8::10");
	run("ip route del 192.0.2.10 && ip -6 route del 2001:db8::10");
	has_nothing("nothing else is left");
}

static void test_gone(void)
{
	struct netconf changes = make_changes("vif2.0", everything, NULL, 1024);
	char should[64];

	snprintf(should, sizeof(should), "address 192.0.2.2 dev %u: ", index_of("vif2.0"));
	run("ip link set vif2.0 down");
	ok(!kernel_link_apply(kernel, changes.change, changes.count, &err) &&
		   !strncmp(err.text, "route 192.0.2.10 dev ", 21),
	   "there is no route through a vif that is down");
	printf("# %s\n", err.text);
	run("ip link set vif2.0 up");
	apply(&changes, "all of it");
	run("ip link del vif2.0");
	is_refused(&changes, should, "nothing can be made on a vif that is gone");
	undo(&changes, "all can be taken back");
	has_nothing("nothing is left, also on the uplink");
}

/* ---- the interface itself ---- */

static bool set(const struct link_settings *settings, uint32_t index)
{
	return kernel_link_set_apply(kernel, index, settings, &err);
}

static void test_settings(void)
{
	uint32_t index = index_of("vif1.0");
	struct link_settings down = { .has_up = true }, up = { .has_up = true, .up = true };
	struct link_settings all = {
		.has_mac = true,
		.has_mtu = true,
		.has_group = true,
		.has_name = true,
		.has_up = true,
		.mac = { { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff } },
		.mtu = 1400,
		.group = LINK_GROUP,
		.name = { "web1" },
		.up = true,
	};
	char should[128];

	ok(set(&down, index) && set(&all, index), "all of its settings in one message");
	says("web1\n,UP\nmtu 1400\ngroup 29793\nether fe:ff:ff:ff:ff:ff", "they are set",
	     "ip -o link show web1 | grep -oE 'web1|,UP\\b|mtu [0-9]+|group [0-9]+|ether [^ ]+'");
	all.up = false;
	ok(set(&all, index), "the same again, and down");
	says("", "it is down", "ip -o link show web1 up");
	all.name = (struct ifname){ "eth0" };
	ok(set(&down, index) && !set(&all, index), "a name that another one has");
	snprintf(should, sizeof(should),
		 "dev %u can't be called eth0: another interface has this name", index);
	is_text(err.text, should, "says so");
	all = (struct link_settings){ .has_mtu = true, .mtu = 1000000 };
	snprintf(should, sizeof(should), "dev %u can't be set (MTU 1000000): ", index);
	ok(!set(&all, index) && !strncmp(err.text, should, strlen(should)), "no such MTU");
	printf("# %s\n", err.text);
	all = (struct link_settings){ .has_name = true, .name = { "vif1.0" } };
	ok(set(&all, index) && set(&up, index), "its old name");
	is_text(set(&up, 4711) ? "done" : err.text, "dev 4711 can't be set (up): No such device",
		"no such interface");
}

int main(void)
{
	if (!netns_enter())
		return 0;
	make_place();
	kernel = kernel_link_open(&err);
	if (!kernel)
		return 1;
	test_changes();
	test_duplicates();
	test_foreign();
	test_gone();
	test_settings();
	kernel_link_close(kernel);
	return tap_done();
}
