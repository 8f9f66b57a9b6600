/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a routed and a bridged vif of one network need to find each other. */
#include "network/subnet_member.h"
#include "tap.h"

static const struct settings by_default = { .proxy_arp = PROXY_ARP_YES, .proxy_ndp = true };

/* bridge  0: routed, with eth0, dev 2, as its uplink */
static struct subnet_member make_member(uint32_t index, uint32_t bridge, const char *ip)
{
	struct vif vif = { .index = index, .bridge_index = bridge };
	struct err err;

	if (!vif_parse_ip(&vif, ip, &err))
		ok(false, "%s", err.text);
	return subnet_member_of_vif(&vif, 2);
}

static const char *print_networks(char out[static 1024], const char *ip)
{
	struct subnet_member member = make_member(7, 0, ip);
	struct prefix networks[VIF_PREFIXES_MAX];
	unsigned count = subnet_member_networks(networks, &member);
	char text[PREFIX_TEXT];

	out[0] = '\0';
	for (unsigned i = 0; i < count; i++) {
		strcat(out, i ? " " : "");
		strcat(out, prefix_print(text, &networks[i]));
	}
	return out;
}

static const char *print_proxies(char out[static 1024], const struct settings *settings,
				 const char *network, const struct subnet_member *one,
				 const struct subnet_member *other)
{
	struct prefix parsed = { 0 };
	struct netconf changes;
	char text[NETCONF_OP_TEXT];
	struct err err;

	ok(prefix_parse(&parsed, network, &err), "%s is a network", network);
	subnet_member_proxies(&changes, settings, &parsed, one, other);
	out[0] = '\0';
	for (unsigned i = 0; i < changes.count; i++) {
		strcat(out, i ? ", " : "");
		strcat(out, netconf_op_print(text, &changes.change[i]));
	}
	return out;
}

static void test_networks(void)
{
	char out[1024];

	is_text(print_networks(out, "192.0.2.10 192.0.2.11 2001:db8::1 198.51.100.1"),
		"192.0.2.0/24 2001:db8::/64 198.51.100.0/24", "each network once");
	is_text(print_networks(out, "192.0.2.16/28 2001:db8:1::/48 2001:db8::1"), "2001:db8::/64",
		"what is routed is on no link");
}

static void test_proxies(void)
{
	static const struct settings strict = { .proxy_arp = PROXY_ARP_STRICT };
	static const struct settings none = { .proxy_arp = PROXY_ARP_NO };
	struct subnet_member routed = make_member(7, 0, "192.0.2.10 2001:db8::10 2001:db8:1::10");
	struct subnet_member bridged = make_member(8, 3, "192.0.2.20 2001:db8::20 2001:db8::21");
	struct subnet_member on_uplink = make_member(9, 2, "2001:db8::30");
	char out[1024];

	is_text(print_proxies(out, &by_default, "2001:db8::/64", &routed, &bridged),
		"proxy 2001:db8::10 dev 3, proxy 2001:db8::20 dev 7, proxy 2001:db8::21 dev 7",
		"IPv6: on both sides, of this network alone");
	is_text(print_proxies(out, &by_default, "2001:db8::/64", &bridged, &routed),
		"proxy 2001:db8::10 dev 3, proxy 2001:db8::20 dev 7, proxy 2001:db8::21 dev 7",
		"whichever is named first");
	is_text(print_proxies(out, &by_default, "192.0.2.0/24", &routed, &bridged),
		"proxy 192.0.2.10 dev 3", "IPv4: the vif answers for everybody");
	is_text(print_proxies(out, &strict, "192.0.2.0/24", &routed, &bridged),
		"proxy 192.0.2.10 dev 3, proxy 192.0.2.20 dev 7", "unless PROXY_ARP = strict");
	is_text(print_proxies(out, &none, "192.0.2.0/24", &routed, &bridged), "", "PROXY_ARP = no");
	is_text(print_proxies(out, &none, "2001:db8::/64", &routed, &bridged), "",
		"PROXY_NDP = no");
	is_text(print_proxies(out, &by_default, "2001:db8::/64", &routed, &on_uplink),
		"proxy 2001:db8::30 dev 7", "the uplink has its own entries");
}

int main(void)
{
	test_networks();
	test_proxies();
	return tap_done();
}
