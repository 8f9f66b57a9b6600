/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The evaluator: where packets come from, over which bridge they go, and what translates them. */
#include "verdict.h"

#define NEIGHBOUR_SOLICITATION 135

static void test_spoofing(void)
{
	static const struct ask asks[] = {
		{ "192.0.2.10", "203.0.113.9", IPPROTO_TCP, 80, "vif2.0", "drop others-source" },
		{ "192.0.2.10", "203.0.113.9", IPPROTO_TCP, 80, "eth0", "drop others-source" },
		{ "192.0.2.50", "203.0.113.9", IPPROTO_TCP, 80, "vif1.0", "drop unknown-source" },
		{ "192.0.2.10", "203.0.113.9", IPPROTO_TCP, 80, "vif9.0", "drop no-rules" },
		{ "0.0.0.0", "255.255.255.255", IPPROTO_TCP, 67, "vif1.0", "drop unknown-source" },
		{ "::", "ff02::1", IPPROTO_ICMPV6, NEIGHBOUR_SOLICITATION, "vif1.0",
		  "accept link" },
		{ "::", "ff02::1", IPPROTO_ICMPV6, 128, "vif1.0", "drop unknown-source" },
		{ "fe80::9", "ff02::1", IPPROTO_ICMPV6, 128, "vif1.0", "accept icmp" },
		{ "fe80::9", "2001:db8:f::9", IPPROTO_TCP, 80, "vif1.0", "drop unknown-source" },
		/* A prefix, and within it another guest's address. */
		{ "192.0.2.70", "203.0.113.9", IPPROTO_TCP, 80, "vif3.0", "accept to-world" },
		{ "192.0.2.65", "203.0.113.9", IPPROTO_TCP, 80, "vif3.0", "drop others-source" },
		{ "192.0.2.65", "203.0.113.9", IPPROTO_TCP, 80, "vif4.0", "accept to-world" },
		/* Behind a guest. */
		{ "10.8.0.5", "203.0.113.9", IPPROTO_TCP, 80, "vif1.0",
		  "drop policy ipv4.conf: [forward] POLICY, its default" },
		{ "10.8.0.5", "203.0.113.9", IPPROTO_TCP, 80, "vif2.0", "drop unknown-source" },
		{ "10.8.1.5", "203.0.113.9", IPPROTO_TCP, 80, "vif1.0",
		  "drop stray-source ipv4.conf:1: [network lan1]" },
		{ "203.0.113.9", "10.8.0.5", IPPROTO_TCP, 80, NULL,
		  "drop policy ipv4.conf: [forward] POLICY, its default" },
		/* A network's, and nobody's. */
		{ "10.8.1.5", "203.0.113.9", IPPROTO_TCP, 80, "eth0",
		  "drop stray-source ipv4.conf:1: [network lan1]" },
		{ "10.8.1.5", "203.0.113.9", IPPROTO_TCP, 80, "xenbr1", "accept to-world" },
		{ "203.0.113.8", "203.0.113.9", IPPROTO_TCP, 80, "eth0",
		  "drop policy ipv4.conf: [forward] POLICY, its default" },
	};
	struct packet packet = { .source = address("192.0.2.10"),
				 .destination = address("203.0.113.9"),
				 .protocol = IPPROTO_TCP,
				 .port = 80 };

	begin();
	write_file("ipv4.conf", "[network lan1]\nSUBNET = 10.8.1.0/24\nINTERFACE = xenbr1\n");
	write_file("routing.cfg", "[vpn]\nDESTINATION = 10.8.0.0/16\nVIA = 192.0.2.10\n");
	load_policy(LOCKED_OUT);
	begin_topology();
	online("", "192.0.2.10");
	online("", "192.0.2.11");
	online("", "192.0.2.64/28");
	online("", "192.0.2.65");
	ARE_VERDICTS(asks);
	packet.has_mac = true;
	packet.mac = vifs[0].mac;
	is_verdict(&packet, "accept to-world", "a guest has its own MAC");
	packet.mac = vifs[1].mac;
	is_verdict(&packet, "drop wrong-mac", "and no other");
	policy.settings.antispoof = false;
	is_verdict(&packet, "accept to-world", "with ANTISPOOF = no it may have any");
}

/* Two virtual LANs, with two guests each, and a network in a network. */
static void begin_networks(void)
{
	begin();
	write_file("ipv4.conf",
		   "[network lan1]\nSUBNET = 192.168.1.0/24\nINTERFACE = xenbr1\nFRIENDS = lan2\n"
		   "[network lan2]\nSUBNET = 192.168.2.0/24\nINTERFACE = xenbr2\nISOLATE = yes\n"
		   "[unmanaged]\nNETWORKS = 10.9.0.0/16\n");
	write_file("ipv4.d/wide.conf", "[header]\nIP = 198.18.0.0/24\nTYPE = network\n"
				       "[settings]\nOUT_PORTS = 443\nPUBLIC_PORTS = 80\n");
	write_file("ipv4.d/narrow.conf",
		   "[header]\nIP = 198.18.0.9\nTYPE = network\nINTERFACE = wg0\n"
		   "[settings]\nPUBLIC_PORTS = 443\n");
	write_file("ipv4.d/b1.conf",
		   "[header]\nIP = 192.168.1.10\n[settings]\nPUBLIC_PORTS = 80\n");
	write_file("routing.cfg", "[r]\nDESTINATION = 10.10.0.0/16\nVIA = 192.168.1.11\n");
	load_policy(LOCKED_OUT);
	begin_topology();
	own[1] = address("10.10.0.2");
	online("xenbr1", "192.168.1.10");
	online("xenbr1", "192.168.1.11");
	online("xenbr2", "192.168.2.10");
	online("xenbr2", "192.168.2.11");
}

static void test_networks(void)
{
	static const struct ask asks[] = {
		{ "192.168.2.5", "192.168.1.5", IPPROTO_TCP, 22, NULL,
		  "accept friend ipv4.conf:4: [network lan1] FRIENDS" },
		{ "192.168.1.5", "192.168.2.5", IPPROTO_TCP, 22, NULL,
		  "drop policy ipv4.conf: [forward] POLICY, its default" },
		{ "10.9.0.1", "192.168.1.5", IPPROTO_TCP, 22, NULL,
		  "accept unmanaged ipv4.conf:10: [unmanaged] NETWORKS" },
		{ "192.168.1.5", "10.9.0.1", IPPROTO_TCP, 22, NULL,
		  "accept unmanaged ipv4.conf:10: [unmanaged] NETWORKS" },
		/*
		 * A right by source is of what comes from there, and this machine does not come in.
		 */
		{ "192.168.2.5", "192.168.1.5", IPPROTO_TCP, 22, "eth0",
		  "drop stray-source ipv4.conf:5: [network lan2]" },
		{ "198.51.100.2", "192.168.1.5", IPPROTO_TCP, 22, "eth0", "drop machine-source" },
		/* The narrower file speaks, and only where its INTERFACE is. */
		{ "203.0.113.9", "198.18.0.5", IPPROTO_TCP, 80, NULL,
		  "accept rule ipv4.d/wide.conf:6: [settings] PUBLIC_PORTS" },
		{ "203.0.113.9", "198.18.0.5", IPPROTO_TCP, 443, NULL,
		  "drop policy ipv4.conf: [forward] POLICY, its default" },
		{ "203.0.113.9", "198.18.0.9", IPPROTO_TCP, 443, NULL,
		  "accept rule ipv4.d/narrow.conf:6: [settings] PUBLIC_PORTS" },
		{ "198.18.0.9", "203.0.113.9", IPPROTO_TCP, 80, "eth1", "drop claimed-source" },
		{ "198.18.0.9", "203.0.113.9", IPPROTO_TCP, 80, "wg0", "accept to-world" },
	};

	begin_networks();
	ARE_VERDICTS(asks);
}

/* With an address of lan2, a friend, on the bridge of lan1. */
static void test_bridged_friends(void)
{
	static const struct ask asks[] = {
		{ "192.168.2.5", "192.168.1.5", IPPROTO_TCP, 22, "vif5.0",
		  "drop stray-source ipv4.conf:5: [network lan2]" },
		{ "192.168.1.77", "192.168.1.5", IPPROTO_TCP, 22, "vif5.0", "accept to-world" },
		{ "192.168.2.5", "192.168.1.10", IPPROTO_TCP, 80, "xenbr1",
		  "drop stray-source ipv4.conf:5: [network lan2]" },
		{ "192.168.2.5", "192.168.1.10", IPPROTO_TCP, 22, "xenbr2",
		  "accept friend ipv4.conf:4: [network lan1] FRIENDS" },
	};

	begin_networks();
	online("xenbr1", "");
	ARE_VERDICTS(asks);
}

/* With ISOLATE: b1 is a router, b2 none, and b3 has no ip=. */
static void test_isolated_router(void)
{
	static const struct ask asks[] = {
		{ "192.0.2.10", "192.0.2.11", IPPROTO_TCP, 22, "vif1.0", "accept switched" },
		{ "192.0.2.11", "192.0.2.10", IPPROTO_TCP, 22, "vif2.0", "accept switched" },
		{ "203.0.113.9", "192.0.2.11", IPPROTO_TCP, 22, "vif1.0", "accept switched" },
		{ "192.0.2.13", "192.0.2.11", IPPROTO_TCP, 22, "vif1.0",
		  "drop isolated ipv4.conf:4: [network lan] ISOLATE" },
		{ "192.0.2.13", "192.0.2.11", IPPROTO_TCP, 22, "vif3.0",
		  "drop isolated ipv4.conf:4: [network lan] ISOLATE" },
		{ "192.0.2.13", "192.0.2.10", IPPROTO_TCP, 22, "vif3.0", "accept switched" },
	};

	begin();
	write_file("ipv4.conf",
		   "[network lan]\nSUBNET = 192.0.2.0/24\nINTERFACE = xenbr0\nISOLATE = yes\n");
	write_file("ipv4.d/b1.conf", "[header]\nIP = 192.0.2.10\nROLE = router\n");
	load_policy(LOCKED_OUT);
	begin_topology();
	online("xenbr0", "192.0.2.10");
	online("xenbr0", "192.0.2.11");
	online("xenbr0", "");
	ARE_VERDICTS(asks);
}

static void test_bridges(void)
{
	static const struct ask asks[] = {
		{ "192.168.1.10", "192.168.1.11", IPPROTO_TCP, 22, NULL, "accept switched" },
		{ "192.168.2.10", "192.168.2.11", IPPROTO_TCP, 22, NULL,
		  "drop isolated ipv4.conf:8: [network lan2] ISOLATE" },
		{ "192.168.1.5", "192.168.1.10", IPPROTO_TCP, 80, NULL,
		  "accept rule ipv4.d/b1.conf:4: [settings] PUBLIC_PORTS" },
		{ "192.168.1.5", "192.168.1.10", IPPROTO_TCP, 22, NULL,
		  "drop policy ipv4.conf: [forward] POLICY, its default" },
		{ "192.168.1.10", "192.168.1.5", IPPROTO_TCP, 22, NULL, "accept to-world" },
		{ "192.168.1.10", "203.0.113.9", IPPROTO_TCP, 22, NULL, "accept to-world" },
		{ "192.168.1.11", "192.168.1.5", IPPROTO_TCP, 22, "vif1.0", "drop others-source" },
		{ "192.168.1.10", "192.168.1.5", IPPROTO_TCP, 22, "xenbr1", "drop others-source" },
		{ "192.168.1.5", "192.168.1.6", IPPROTO_TCP, 22, NULL, "accept other-ports" },
		/* Behind a guest, and what is this machine's all the same. */
		{ "10.10.0.5", "192.168.1.10", IPPROTO_TCP, 22, "vif2.0", "accept switched" },
		{ "10.10.0.5", "192.168.1.11", IPPROTO_TCP, 22, "vif1.0", "drop unknown-source" },
		{ "10.10.0.2", "192.168.1.10", IPPROTO_TCP, 22, "vif2.0", "drop machine-source" },
	};
	struct packet packet = { .source = address("192.168.1.5"),
				 .destination = address("192.168.1.10"),
				 .protocol = IPPROTO_TCP,
				 .port = 80 };

	begin_networks();
	ARE_VERDICTS(asks);
	policy.family[IPV4].enabled = false;
	is_verdict(&packet, "drop family-off taofirewall.conf: [firewall] IPV4, its default",
		   "a family that is off is off on bridges, too");
	packet.source = address("192.168.1.11");
	is_verdict(&packet, "drop family-off taofirewall.conf: [firewall] IPV4, its default",
		   "also between guests");
	packet.source = address("192.168.1.5");
	policy.family[IPV4].enabled = true;
	topology.tracks_bridges = false;
	is_verdict(&packet, "drop untracked",
		   "where the kernel tracks nothing on bridges, nothing passes from other ports");
	packet.protocol = IPPROTO_UDP;
	packet.source_port = 68;
	packet.port = 67;
	is_verdict(&packet, "drop untracked", "not even what only sounds like DHCP");
	packet.destination = address("255.255.255.255");
	packet.to = topology_find(&topology, &vifs[0].prefixes[0]);
	is_verdict(&packet, "accept link", "but DHCP itself does");
	packet.protocol = IPPROTO_IGMP;
	packet.type = 0x16;
	packet.destination = address("224.0.0.251");
	is_verdict(&packet, "accept link", "and what is said to a group about it");
	packet.destination = address("192.168.1.10");
	is_verdict(&packet, "drop untracked", "but to no single guest");
	packet.protocol = IPPROTO_UDP;
	packet.to = (struct place){ .kind = PLACE_UNKNOWN };
	packet.destination = address("192.168.1.6");
	is_verdict(&packet, "accept other-ports", "but what is none of our business");
}

/* A bridged guest with two more MACs: one in a file with outgoing settings, one in one without. */
static void test_link_locals(void)
{
	static const struct ask asks[] = {
		{ "fe80::216:3eff:fe00:1", "2001:db8:a::2", IPPROTO_TCP, 22, NULL,
		  "drop limited ipv6.d/a.conf" },
		{ "fe80::200:5eff:fe00:107", "2001:db8:a::2", IPPROTO_TCP, 22, NULL,
		  "drop limited ipv6.d/a.conf" },
		{ "fe80::200:5eff:fe00:108", "2001:db8:a::2", IPPROTO_TCP, 22, NULL,
		  "accept policy ipv6.conf:2: [input] POLICY" },
		{ "fe80::200:5eff:fe00:108", "2001:db8:f::9", IPPROTO_TCP, 22, "vif2.0",
		  "drop unknown-source" },
		{ "fe80::200:5eff:fe00:109", "2001:db8:a::2", IPPROTO_TCP, 22, "vif1.0",
		  "drop unknown-source" },
		{ "fe80::200:5eff:fe00:107", "fe80::216:3eff:fe00:2", IPPROTO_TCP, 22, NULL,
		  "accept switched" },
		{ "fe80::216:3eff:fe00:2", "fe80::200:5eff:fe00:108", IPPROTO_TCP, 22, NULL,
		  "accept switched" },
	};
	struct packet packet = { .source = address("fe80::200:5eff:fe00:108"),
				 .destination = address("2001:db8:a::2"),
				 .protocol = IPPROTO_TCP,
				 .port = 22,
				 .has_mac = true };

	begin();
	write_file("ipv6.conf", "[input]\nPOLICY = ACCEPT\n");
	write_file("ipv6.d/a.conf", "[header]\nIP = 2001:db8:b::1\nMACS = 00:00:5e:00:01:07\n"
				    "[settings]\nOUT_PORTS = 53/udp\n");
	write_file("ipv6.d/b.conf", "[header]\nIP = 2001:db8:b::2\nMACS = 00:00:5e:00:01:08\n");
	load_policy("");
	begin_topology();
	online("xenbr1", "2001:db8:b::1 2001:db8:b::2");
	online("xenbr1", "2001:db8:b::3");
	ARE_VERDICTS(asks);
	packet.from = topology_at(&topology, &vifs[0].name);
	packet.mac = vifs[0].mac;
	is_verdict(&packet, "drop unknown-source", "each goes with its own MAC");
}

static void is_translated(const char *from, const char *to, uint16_t port, const char *in,
			  const char *should)
{
	struct ask ask = { from, to, IPPROTO_TCP, port, in, NULL };
	struct packet packet = packet_of(&ask);
	char is[200], destination[PREFIX_TEXT], source[PREFIX_TEXT] = "itself";
	struct evaluation evaluation;

	evaluate(&evaluation, &topology, &packet);
	if (evaluation.is_translated && prefix_is_address(&evaluation.source))
		prefix_print(source, &evaluation.source);
	else if (evaluation.is_translated)
		snprintf(source, sizeof(source), "%s", evaluation.source_link.text);
	snprintf(is, sizeof(is), "%s %s %u as %s", evaluation.is_accepted ? "accept" : "drop",
		 prefix_print(destination, &evaluation.destination), evaluation.port, source);
	is_text(is, should, to);
}

/* The kernel has the address there. */
static void has_device(const char *device, const char *text)
{
	*policy_add_device(&policy) = (struct device_address){ name(device), address(text) };
}

static void test_translations(void)
{
	begin();
	write_file("ipv4.conf", "[network lan1]\nSUBNET = 192.168.1.0/24\nINTERFACE = xenbr1\n"
				"MASQUERADE = eth0\n[unmanaged]\nNETWORKS = 10.9.0.0/16\n");
	write_file("ipv4.d/web.conf", "[header]\nIP = 192.168.1.10\n[settings]\n"
				      "NAT = 203.0.113.5\nPAT = 8080:80\nPUBLIC_PORTS = 80\n");
	write_file("ipv4.d/db.conf", "[header]\nIP = 192.168.1.11\n[settings]\n"
				     "NAT = yes\nPAT = 3306:3306\nPUBLIC_PORTS = 3306\n");
	write_file("ipv4.d/dev.conf",
		   "[header]\nIP = 192.168.1.12\n[settings]\n"
		   "NAT = yes\nNAT_DEVICE = eth1\nPAT = 99:9\nPUBLIC_PORTS = 9\n");
	load_policy(LOCKED_OUT);
	begin_topology();
	online("", "192.168.1.10");
	online("", "192.168.1.11");
	online("", "192.168.1.12");
	is_translated("203.0.113.9", "203.0.113.5", 8080, NULL, "accept 192.168.1.10 80 as itself");
	is_translated("203.0.113.9", "203.0.113.5", 80, NULL, "drop 203.0.113.5 80 as itself");
	is_translated("203.0.113.9", "198.51.100.2", 3306, NULL,
		      "accept 192.168.1.11 3306 as itself");
	is_translated("203.0.113.9", "198.51.100.2", 99, "eth0", "drop 198.51.100.2 99 as itself");
	is_translated("203.0.113.9", "198.51.100.2", 99, "eth1", "accept 192.168.1.12 9 as itself");
	has_device("eth0", "198.51.100.2");
	has_device("eth1", "198.51.100.6");
	own[topology.own_count++] = address("198.51.100.6");
	is_translated("203.0.113.9", "198.51.100.2", 99, "eth1", "drop 198.51.100.2 99 as itself");
	is_translated("203.0.113.9", "198.51.100.6", 99, "eth1", "accept 192.168.1.12 9 as itself");
	is_translated("203.0.113.9", "198.51.100.6", 99, "eth0", "accept 192.168.1.12 9 as itself");
	is_translated("192.168.1.10", "198.51.100.2", 99, NULL, "drop 198.51.100.2 99 as itself");
	is_translated("192.168.1.10", "198.51.100.6", 99, NULL, "accept 192.168.1.12 9 as vif3.0");
	is_translated("198.51.100.2", "198.51.100.2", 99, NULL, "accept 198.51.100.2 99 as itself");
	is_translated("198.51.100.2", "198.51.100.6", 99, NULL, "accept 192.168.1.12 9 as itself");
	is_translated("192.168.1.10", "203.0.113.5", 8080, NULL,
		      "accept 192.168.1.10 80 as vif1.0");
	is_translated("192.168.1.10", "203.0.113.9", 80, NULL,
		      "accept 203.0.113.9 80 as 203.0.113.5");
	is_translated("192.168.1.11", "203.0.113.9", 80, NULL, "accept 203.0.113.9 80 as eth0");
	is_translated("192.168.1.11", "192.168.1.10", 80, NULL, "accept 192.168.1.10 80 as itself");
	is_translated("192.168.1.12", "203.0.113.9", 80, NULL, "accept 203.0.113.9 80 as eth0");
	is_translated("192.168.1.77", "203.0.113.9", 80, NULL, "accept 203.0.113.9 80 as eth0");
	is_translated("192.168.1.77", "10.9.0.1", 80, NULL, "accept 10.9.0.1 80 as itself");
	is_translated("198.51.100.2", "198.51.100.2", 3306, NULL,
		      "accept 192.168.1.11 3306 as itself");
	is_translated("127.0.0.1", "127.0.0.1", 3306, NULL, "accept 127.0.0.1 3306 as itself");
	topology.vif_count = 2;
	is_translated("203.0.113.9", "198.51.100.6", 99, "eth1", "drop 198.51.100.6 99 as itself");
}

int main(void)
{
	make_folder();
	test_spoofing();
	test_networks();
	test_bridged_friends();
	test_isolated_router();
	test_bridges();
	test_link_locals();
	test_translations();
	policy_done(&policy);
	remove_folder();
	return tap_done();
}
