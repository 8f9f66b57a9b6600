/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes through a next hop: what the kernel has of them, and what is read of ours. */
#include "kernel/kernel.h"
#include "netns.h"

static struct kernel_link *kernel;
static struct err err;

#define says(should, what, ...)                                                                    \
	do {                                                                                       \
		char text_[OUTPUT_SIZE];                                                           \
                                                                                                   \
		is_text(output(text_, __VA_ARGS__), should, what);                                 \
	} while (0)

static void make_place(void)
{
	run("ip link add eth0 type veth peer name lan && ip link set eth0 up && ip link set lan "
	    "up");
	run("ip addr add 192.0.2.2/24 dev eth0 && ip addr add 2001:db8:b:a::2/64 dev eth0 nodad");
	for (unsigned i = 1; i <= 2; i++)
		run("ip link add vif%u.0 type veth peer name guest%u && ip link set vif%u.0 up && "
		    "ip link set guest%u up && ip addr add 192.0.2.2/32 dev vif%u.0 && "
		    "ip addr add 2001:db8:b:a::2/128 dev vif%u.0 nodad",
		    i, i, i, i, i, i);
}

static struct prefix parse(const char *text)
{
	struct prefix prefix = { 0 };

	if (!prefix_parse(&prefix, text, &err))
		ok(false, "%s: %s", text, err.text);
	return prefix;
}

static struct policy_route make_route(const char *destination, const char *via)
{
	return (struct policy_route){ .destination = parse(destination),
				      .via = parse(via),
				      .metric = 2048 };
}

static struct netconf_op plain(const char *destination, const char *via)
{
	struct policy_route route = make_route(destination, via);

	return netconf_plain_route(&route);
}

/* Through vif1.0 or vif2.0, which have the same MAC as twins have. */
static struct netconf through(unsigned vif_number, const char *destination, const char *via)
{
	const struct prefix dom0[FAMILY_COUNT] = { parse("192.0.2.2"), parse("2001:db8:b:a::2") };
	struct vif vif = { .mac = { { 0, 0x16, 0x3e, 0, 0, 1 } } };
	struct vif_routes routes = { .count = 1 };
	struct ifname name;
	struct netconf changes;

	snprintf(name.text, sizeof(name.text), "vif%u.0", vif_number);
	ok(kernel_link_read_index(&vif.index, &name, &err), "%s is there", name.text);
	routes.route[0] = (struct vif_route){ parse(destination), parse(via), 2048 };
	netconf_routes(&changes, &routes, &vif, dom0);
	return changes;
}

static void apply(const struct netconf_op *changes, unsigned count, const char *what)
{
	bool holds = kernel_link_apply(kernel, changes, count, &err);

	ok(holds, "%s", what);
	if (!holds)
		printf("# %s\n", err.text);
}

static void undo(const struct netconf_op *changes, unsigned count, const char *what)
{
	bool holds = kernel_link_undo_apply(kernel, changes, count, &err);

	ok(holds, "%s", what);
	if (!holds)
		printf("# %s\n", err.text);
}

static void test_plain(void)
{
	const struct netconf_op four = plain("10.8.0.0/24", "192.0.2.7");
	const struct netconf_op six = plain("2001:db8:8::/48", "2001:db8:b:a::7");
	const struct netconf_op far = plain("10.9.0.0/24", "198.51.100.1");
	const struct netconf_op far_six = plain("2001:db8:9::/48", "2001:db8:c::1");

	apply(&four, 1, "a next hop on the uplink");
	apply(&six, 1, "and one of IPv6");
	says("10.8.0.0/24 via 192.0.2.7 dev eth0 metric 2048\n"
	     "2001:db8:8::/48 via 2001:db8:b:a::7 dev eth0 metric 2048 pref medium",
	     "the kernel finds their interface",
	     "ip route show proto 116; ip -6 route show proto 116");
	apply(&four, 1, "again is once");
	ok(!kernel_link_apply(kernel, &far, 1, &err), "a next hop that can't be reached");
	printf("# %s\n", err.text);
	ok(!strncmp(err.text, "route 10.9.0.0/24 via 198.51.100.1: ", 36), "is named");
	ok(!kernel_link_apply(kernel, &far_six, 1, &err), "and one of IPv6");
	printf("# %s\n", err.text);
	undo(&four, 1, "taken back");
	undo(&six, 1, "and of IPv6");
	undo(&far, 1, "what was never there is no error");
	says("", "all are gone", "ip route show proto 116; ip -6 route show proto 116");
}

static void test_foreign(void)
{
	const struct netconf_op ours = plain("10.8.0.0/24", "192.0.2.7");

	run("ip route add 10.8.0.0/24 via 192.0.2.7 metric 2048");
	run("ip route add 10.8.0.0/24 via 192.0.2.7 metric 5 proto 116");
	ok(!kernel_link_apply(kernel, &ours, 1, &err), "somebody else has this route");
	is_text(err.text, "route 10.8.0.0/24 via 192.0.2.7: File exists", "says so");
	undo(&ours, 1, "and ours taken back");
	says("10.8.0.0/24 via 192.0.2.7 dev eth0 proto 116 metric 5\n"
	     "10.8.0.0/24 via 192.0.2.7 dev eth0 metric 2048",
	     "both are as they were", "ip route show 10.8.0.0/24 | sed s/taofirewall/116/");
	run("ip route del 10.8.0.0/24 metric 5 && ip route del 10.8.0.0/24");
}

/* From wherever it leads to the vif, from there to a twin; what is left behind stays gone. */
static void test_moves(const char *destination, const char *via, int version)
{
	const struct netconf_op uplink = plain(destination, via);
	struct netconf older = through(1, destination, via);
	struct netconf newer = through(2, destination, via);

	apply(&uplink, 1, "on the uplink");
	apply(older.change, older.count, "then through a vif");
	says("vif1.0", "it has moved there",
	     "ip -%d route show proto 116 | grep -o 'dev [^ ]*' | cut -c5-", version);
	apply(newer.change, newer.count, "then through a twin");
	says("vif2.0", "it has moved again",
	     "ip -%d route show proto 116 | grep -o 'dev [^ ]*' | cut -c5-", version);
	undo(older.change, older.count, "the older goes");
	says("vif2.0", "and takes nothing from the newer",
	     "ip -%d route show proto 116 | grep -o 'dev [^ ]*' | cut -c5-", version);
	undo(newer.change, newer.count, "the newer goes");
	says("", "nothing is left",
	     "ip -%d route show proto 116; ip -%d neigh show nud permanent | grep 3e:; true",
	     version, version);
}

static bool is_same(const struct netconf_op *one, const struct netconf_op *other)
{
	return one->kind == other->kind && one->index == other->index &&
	       one->metric == other->metric && !prefix_compare(&one->prefix, &other->prefix) &&
	       !prefix_compare(&one->gateway, &other->gateway);
}

static void test_read(void)
{
	const struct netconf_op six = plain("2001:db8:8::/48", "2001:db8:b:a::7");
	struct netconf four = through(1, "10.8.0.0/24", "192.0.2.7");
	struct netconf_op *read = NULL;
	size_t count = 7;

	ok(kernel_link_read_routes(&read, &count, kernel, &err) && count == 0, "there are none");
	free(read);
	run("ip route add 192.0.2.10 dev vif1.0 proto 116 && ip route add 10.9.0.0/24 via "
	    "192.0.2.7");
	run("ip route add 10.9.0.0/24 via 192.0.2.7 proto 116 table 7");
	apply(&six, 1, "one on the uplink");
	apply(four.change, four.count, "one through a vif");
	read = NULL;
	ok(kernel_link_read_routes(&read, &count, kernel, &err) && count == 2,
	   "no others than those of ours in table main that have a gateway");
	ok(count == 2 && is_same(&read[0], &four.change[1]) && is_same(&read[1], &six),
	   "both are read as they were made");
	if (count == 2)
		undo(read, 2, "and so can be taken back");
	free(read);
	says("192.0.2.10 dev vif1.0 scope link", "those alone", "ip route show proto 116");
	says("", "and that of IPv6", "ip -6 route show proto 116");
}

int main(void)
{
	if (!netns_enter())
		return 0;
	make_place();
	kernel = kernel_link_open(&err);
	if (!kernel)
		return 1;
	test_plain();
	test_foreign();
	test_moves("10.8.0.0/24", "192.0.2.7", 4);
	test_moves("2001:db8:8::/48", "2001:db8:b:a::7", 6);
	test_read();
	kernel_link_close(kernel);
	return tap_done();
}
