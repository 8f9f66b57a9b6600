/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is changed in the kernel for a vif: Dom0's address, neighbours, routes, proxy entries. */
#include "network/netconf.h"
#include "tap.h"

static const struct mac guest_mac = { { 0x00, 0x16, 0x3e, 0x00, 0x00, 0x01 } };

static struct prefix parse(const char *text)
{
	struct prefix prefix = { 0 };
	struct err err;

	if (!prefix_parse(&prefix, text, &err))
		ok(false, "%s", err.text);
	return prefix;
}

static struct vif make_vif(const char *ip)
{
	struct vif vif = { .name = { "vif1.0" }, .index = 7, .mac = guest_mac };
	struct err err;

	if (!vif_parse_ip(&vif, ip, &err))
		ok(false, "%s", err.text);
	return vif;
}

static struct uplink make_uplink(const char *ipv4, const char *ipv6)
{
	struct uplink uplink = { .name = { "eth0" }, .index = 2 };

	if (ipv4)
		uplink.address[IPV4] = parse(ipv4);
	if (ipv6)
		uplink.address[IPV6] = parse(ipv6);
	return uplink;
}

static struct settings make_settings(void)
{
	return (struct settings){ .proxy_arp = PROXY_ARP_YES, .proxy_ndp = true };
}

static void add_dom0(struct settings *settings, const char *text)
{
	struct prefix address = parse(text);

	settings->dom0[address.family][settings->dom0_count[address.family]++] = address;
}

/* One change a line, with all that it has. */
static const char *print(char out[static 1024], const struct netconf *changes)
{
	out[0] = '\0';
	for (unsigned i = 0; i < changes->count; i++) {
		const struct netconf_op *change = &changes->change[i];
		char text[NETCONF_OP_TEXT], mac[MAC_TEXT], address[PREFIX_TEXT];

		strcat(out, netconf_op_print(text, change));
		if (change->kind == NETCONF_NEIGHBOUR)
			strcat(strcat(out, " mac "), mac_print(mac, &change->mac));
		if (prefix_is_address(&change->gateway))
			strcat(strcat(out, " via "), prefix_print(address, &change->gateway));
		if (prefix_is_address(&change->source))
			strcat(strcat(out, " src "), prefix_print(address, &change->source));
		if (change->metric)
			sprintf(out + strlen(out), " metric %u", change->metric);
		strcat(out, "\n");
	}
	return out;
}

static void is_changes(const char *ip, const struct settings *settings, const char *should,
		       const char *name)
{
	const struct uplink uplink = make_uplink("192.0.2.2", "2001:db8:b:a::2");
	const struct vif vif = make_vif(ip);
	struct netconf changes;
	struct err err = { "" };
	char text[1024];

	if (netconf_vif(&changes, settings, &uplink, &vif, 1024, &err))
		is_text(print(text, &changes), should, name);
	else
		is_text(err.text, "", name);
}

static void test_addresses(void)
{
	struct settings settings = make_settings();

	is_changes("192.0.2.10", &settings,
		   "address 192.0.2.2 dev 7\n"
		   "neighbour 192.0.2.10 dev 7 mac 00:16:3e:00:00:01\n"
		   "route 192.0.2.10 dev 7 src 192.0.2.2 metric 1024\n"
		   "proxy 192.0.2.10 dev 2\n",
		   "an IPv4 address");
	is_changes("2001:db8:b:a::10 192.0.2.10", &settings,
		   "address 192.0.2.2 dev 7\n"
		   "address 2001:db8:b:a::2 dev 7\n"
		   "neighbour 2001:db8:b:a::10 dev 7 mac 00:16:3e:00:00:01\n"
		   "route 2001:db8:b:a::10 dev 7 src 2001:db8:b:a::2 metric 1024\n"
		   "proxy 2001:db8:b:a::10 dev 2\n"
		   "neighbour 192.0.2.10 dev 7 mac 00:16:3e:00:00:01\n"
		   "route 192.0.2.10 dev 7 src 192.0.2.2 metric 1024\n"
		   "proxy 192.0.2.10 dev 2\n",
		   "an address of each family");
	settings.proxy_arp = PROXY_ARP_NO;
	settings.proxy_ndp = false;
	is_changes("192.0.2.10 2001:db8:b:a::10", &settings,
		   "address 192.0.2.2 dev 7\n"
		   "address 2001:db8:b:a::2 dev 7\n"
		   "neighbour 192.0.2.10 dev 7 mac 00:16:3e:00:00:01\n"
		   "route 192.0.2.10 dev 7 src 192.0.2.2 metric 1024\n"
		   "neighbour 2001:db8:b:a::10 dev 7 mac 00:16:3e:00:00:01\n"
		   "route 2001:db8:b:a::10 dev 7 src 2001:db8:b:a::2 metric 1024\n",
		   "PROXY_ARP = no and PROXY_NDP = no");
	settings.proxy_arp = PROXY_ARP_STRICT;
	is_changes("192.0.2.10", &settings,
		   "address 192.0.2.2 dev 7\n"
		   "neighbour 192.0.2.10 dev 7 mac 00:16:3e:00:00:01\n"
		   "route 192.0.2.10 dev 7 src 192.0.2.2 metric 1024\n"
		   "proxy 192.0.2.10 dev 2\n",
		   "PROXY_ARP = strict has the uplink's entry all the same");
}

static void test_prefixes(void)
{
	struct settings settings = make_settings();

	is_changes("198.51.100.8/29", &settings,
		   "address 192.0.2.2 dev 7\n"
		   "neighbour 198.51.100.8 dev 7 mac 00:16:3e:00:00:01\n"
		   "route 198.51.100.8/29 dev 7 via 198.51.100.8 src 192.0.2.2 metric 1024\n",
		   "an IPv4 prefix goes through its first address, without a proxy entry");
	is_changes("2001:db8:b:b::/64", &settings,
		   "address 2001:db8:b:a::2 dev 7\n"
		   "neighbour fe80::216:3eff:fe00:1 dev 7 mac 00:16:3e:00:00:01\n"
		   "route 2001:db8:b:b::/64 dev 7 via fe80::216:3eff:fe00:1 src 2001:db8:b:a::2 "
		   "metric 1024\n",
		   "an IPv6 prefix goes through the link-local address of the guest's MAC");
}

static void is_dom0(const struct settings *settings, const char *ip, enum family family,
		    const char *should, const char *name)
{
	const struct uplink uplink = make_uplink("192.0.2.2", "2001:db8:b:a::2");
	const struct vif vif = make_vif(ip);
	struct prefix address;
	struct err err = { "" };
	char text[PREFIX_TEXT];

	if (netconf_dom0_address(&address, settings, &uplink, &vif, family, &err))
		is_text(prefix_print(text, &address), should, name);
	else
		is_text(err.text, should, name);
}

static void test_dom0(void)
{
	struct settings settings = make_settings();

	is_dom0(&settings, "192.0.2.10", IPV4, "192.0.2.2", "auto: the uplink's");
	is_dom0(&settings, "2001:db8:b:b:1::2", IPV6, "2001:db8:b:a::2", "likewise of IPv6");
	add_dom0(&settings, "2001:db8:b:b::2");
	is_dom0(&settings, "2001:db8:b:b:1::2", IPV6, "2001:db8:b:b::2", "Hetzner's second /64");
	is_dom0(&settings, "2001:db8:b:c:1::2", IPV6, "2001:db8:b:b::2", "one counts everywhere");
	is_dom0(&settings, "192.0.2.10", IPV4, "192.0.2.2", "DOM0_IP6 is not for IPv4");
	add_dom0(&settings, "2001:db8:b:c::2");
	add_dom0(&settings, "2001:db8:b:d::2");
	add_dom0(&settings, "2001:db8:b:d::3");
	is_dom0(&settings, "2001:db8:b:d:1::2", IPV6, "2001:db8:b:d::2", "the first in its /64");
	is_dom0(&settings, "2001:db8:b:f::2 2001:db8:b:c::9", IPV6, "2001:db8:b:c::2",
		"in the /64 of any of its addresses");
	is_dom0(&settings, "2001:db8:b:f::2", IPV6, "2001:db8:b:b::2", "in none: the first");
	is_dom0(&settings, "2001:db8:b:d:8::/80", IPV6, "2001:db8:b:d::2", "a prefix in the /64");
	is_dom0(&settings, "2001:db8:b:c::/62", IPV6, "2001:db8:b:c::2", "a prefix of several");
	add_dom0(&settings, "192.0.2.1");
	add_dom0(&settings, "198.51.100.1");
	is_dom0(&settings, "198.51.100.77", IPV4, "198.51.100.1", "the first in its /24");
	is_dom0(&settings, "203.0.113.77", IPV4, "192.0.2.1", "in none of IPv4: the first");
}

static void is_refused(const char *ip, const struct settings *settings, const char *uplink_ipv6,
		       const char *should, const char *name)
{
	const struct uplink uplink = make_uplink("192.0.2.2", uplink_ipv6);
	const struct vif vif = make_vif(ip);
	struct netconf changes = { .count = 5 };
	struct err err = { "" };

	if (netconf_vif(&changes, settings, &uplink, &vif, 1024, &err))
		ok(false, "%s", name);
	else
		is_text(err.text, should, name);
	ok(changes.count == 5, "and leaves the changes alone");
}

static void test_refused(void)
{
	struct settings settings = make_settings();

	is_refused("192.0.2.10 2001:db8::10", &settings, NULL,
		   "eth0 has no global IPv6 address that Dom0 could have on vif1.0 too, so the "
		   "guest has no gateway: set DOM0_IP6 in taofirewall.conf",
		   "nothing to be Dom0's address");
	is_refused("192.0.2.2", &settings, NULL,
		   "192.0.2.2 is Dom0's own address on vif1.0, the guest can't have it",
		   "the guest has Dom0's address");
	is_refused("192.0.2.0/29", &settings, NULL,
		   "192.0.2.2 is Dom0's own address on vif1.0, the guest can't have it",
		   "the guest has it in its prefix");
	add_dom0(&settings, "2001:db8:b:b::2");
	is_refused("2001:db8:b:b::2", &settings, NULL,
		   "2001:db8:b:b::2 is Dom0's own address on vif1.0, the guest can't have it",
		   "the guest has what DOM0_IP6 gives Dom0");
}

static void test_most(void)
{
	const struct uplink uplink = make_uplink("192.0.2.2", "2001:db8:b:a::2");
	const struct settings settings = make_settings();
	struct vif vif = make_vif("2001:db8::1");
	struct netconf changes;
	struct err err;

	vif.prefix_count = VIF_PREFIXES_MAX;
	for (unsigned i = 1; i < VIF_PREFIXES_MAX; i++) {
		vif.prefixes[i] = parse("198.51.100.0");
		vif.prefixes[i].bytes[3] = (uint8_t)i;
	}
	ok(netconf_vif(&changes, &settings, &uplink, &vif, 1024, &err) &&
		   changes.count == NETCONF_MAX,
	   "a vif with all the addresses that there can be");
}

static void add_route(struct policy *policy, const char *destination, const char *via)
{
	struct policy_route *route = policy_add_route(policy);

	if (!route)
		abort();
	route->destination = parse(destination);
	route->via = parse(via);
	route->metric = 2048;
}

static void test_routes(void)
{
	const struct prefix dom0[FAMILY_COUNT] = { parse("192.0.2.2"), parse("2001:db8:b:a::2") };
	struct vif vif = make_vif("192.0.2.10 198.51.100.8/29 2001:db8:b:b::/64");
	struct policy policy = { .hosts = NULL };
	struct vif_routes routes;
	struct netconf changes;
	struct err err;
	char text[1024], many[PREFIX_TEXT];

	ok(netconf_find_routes(&routes, &policy, &vif, &err) && routes.count == 0, "no routes");
	add_route(&policy, "10.8.0.0/24", "192.0.2.10");
	add_route(&policy, "10.9.0.0/24", "192.0.2.11");
	add_route(&policy, "10.10.0.7", "198.51.100.13");
	add_route(&policy, "2001:db8:8::/48", "2001:db8:b:b::7");
	add_route(&policy, "2001:db8:9::/48", "2001:db8:b:c::7");
	ok(netconf_find_routes(&routes, &policy, &vif, &err) && routes.count == 3,
	   "those whose next hop is the vif's, or in a prefix of it");
	netconf_routes(&changes, &routes, &vif, dom0);
	is_text(print(text, &changes),
		"neighbour 192.0.2.10 dev 7 mac 00:16:3e:00:00:01\n"
		"route 10.8.0.0/24 via 192.0.2.10 via 192.0.2.10 src 192.0.2.2 metric 2048\n"
		"neighbour 198.51.100.13 dev 7 mac 00:16:3e:00:00:01\n"
		"route 10.10.0.7 via 198.51.100.13 via 198.51.100.13 src 192.0.2.2 metric 2048\n"
		"neighbour fe80::216:3eff:fe00:1 dev 7 mac 00:16:3e:00:00:01\n"
		"route 2001:db8:8::/48 via 2001:db8:b:b::7 via fe80::216:3eff:fe00:1 "
		"src 2001:db8:b:a::2 metric 2048\n",
		"a neighbour and a route each, of IPv6 by its link-local address");
	changes.change[0] = netconf_plain_route(&policy.routes[1]);
	changes.count = 1;
	is_text(print(text, &changes),
		"route 10.9.0.0/24 via 192.0.2.11 via 192.0.2.11 metric 2048\n",
		"one that leads to no guest is the kernel's to place");
	for (unsigned i = routes.count; i <= VIF_ROUTES_MAX; i++) {
		snprintf(many, sizeof(many), "10.11.%u.0/24", i);
		add_route(&policy, many, "192.0.2.10");
	}
	ok(!netconf_find_routes(&routes, &policy, &vif, &err), "more than fit");
	is_text(err.text, "routing.cfg: more than 64 destinations lead through vif1.0", "says so");
	policy_done(&policy);
}

int main(void)
{
	test_addresses();
	test_prefixes();
	test_dom0();
	test_refused();
	test_most();
	test_routes();
	return tap_done();
}
