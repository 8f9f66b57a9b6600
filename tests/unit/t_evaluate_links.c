/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The evaluator: guests with several cards, and what is said on the link of a bridge. */
#include "verdict.h"

/* What one vif of a guest has, the others may say, where the files of both let them. */
static void test_cards(void)
{
	static const struct ask asks[] = {
		{ "192.0.2.11", "192.0.2.99", IPPROTO_TCP, 80, "vif1.0", "accept to-world" },
		{ "192.0.2.10", "192.0.2.99", IPPROTO_TCP, 80, "vif2.0", "accept to-world" },
		{ "192.0.2.12", "192.0.2.99", IPPROTO_TCP, 80, "vif1.0", "drop others-source" },
		{ "192.0.2.10", "192.0.2.99", IPPROTO_TCP, 80, "vif3.0", "drop others-source" },
		{ "192.0.2.13", "192.0.2.99", IPPROTO_TCP, 80, "vif1.0", "drop others-source" },
		{ "192.0.2.10", "192.0.2.99", IPPROTO_TCP, 80, "vif4.0", "drop others-source" },
	};

	begin();
	write_file("ipv4.d/guest.conf",
		   "[header]\nIP = 192.0.2.10 192.0.2.11 192.0.2.12\nFIREWALL = no\n"
		   "ANY_CARD = yes\n");
	write_file("ipv4.d/strict.conf", "[header]\nIP = 192.0.2.13\nFIREWALL = no\n");
	load_policy(LOCKED_OUT);
	begin_topology();
	online("", "192.0.2.10");
	online("", "192.0.2.11");
	online("", "192.0.2.12"); /* another guest's */
	online("", "192.0.2.13");
	vifs[1].id = (struct vif_id){ .domid = 1, .devid = 1 };
	vifs[3].id = (struct vif_id){ .domid = 1, .devid = 2 };
	ARE_VERDICTS(asks);
}

/* To groups and link-local addresses there, and from these. */
static void test_links(void)
{
	static const struct {
		const char *from, *to, *in, *out;
		uint8_t protocol;
		uint16_t port;
		const char *should;
	} asks[] = {
		{ "192.0.2.9", "224.0.0.251", "xenbr0", "vif1.0", IPPROTO_UDP, 5353,
		  "accept rule ipv4.d/a.conf:4: [settings] PUBLIC_PORTS" },
		{ "192.0.2.9", "239.255.255.250", "xenbr0", "vif1.0", IPPROTO_UDP, 1900,
		  "drop policy ipv4.conf: [forward] POLICY, its default" },
		{ "192.0.2.9", "224.0.0.5", "xenbr0", "vif1.0", 89, 0,
		  "drop rule ipv4.d/b.conf:4: [settings 10] PUBLIC_PORTS" },
		{ "192.0.2.9", "224.0.0.251", "xenbr0", "vif2.0", IPPROTO_UDP, 5353,
		  "accept unfiltered ipv4.d/free.conf:3: [header] FIREWALL" },
		{ "192.0.2.9", "224.0.0.251", "xenbr0", "vif3.0", IPPROTO_UDP, 5353,
		  "drop policy ipv4.conf: [forward] POLICY, its default" },
		{ "fe80::9", "ff02::5", "xenbr0", "vif1.0", 89, 0,
		  "accept rule ipv6.d/a.conf:4: [settings] PUBLIC_PORTS" },
		{ "fe80::9", "fe80::216:3eff:fe00:1", "xenbr0", "vif1.0", 89, 0,
		  "accept rule ipv6.d/a.conf:4: [settings] PUBLIC_PORTS" },
		{ "fe80::216:3eff:fe00:1", "ff02::fb", "vif1.0", "xenbr0", IPPROTO_UDP, 5353,
		  "accept to-world" },
		{ "fe80::216:3eff:fe00:1", "ff02::c", "vif1.0", "xenbr0", IPPROTO_UDP, 1900,
		  "drop limited ipv6.d/a.conf" },
		{ "fe80::216:3eff:fe00:1", "fe80::5", "vif1.0", NULL, IPPROTO_UDP, 5353,
		  "drop limited ipv6.d/a.conf" },
	};

	begin();
	write_file("ipv4.conf", "[forward]\nLEVEL_10 = DROP\n");
	write_file("ipv4.d/a.conf",
		   "[header]\nIP = 192.0.2.10\n[settings]\nPUBLIC_PORTS = 5353/udp */ospf\n");
	write_file("ipv4.d/b.conf",
		   "[header]\nIP = 192.0.2.11\n[settings 10]\nPUBLIC_PORTS = */ospf\n");
	write_file("ipv4.d/free.conf", "[header]\nIP = 192.0.2.12\nFIREWALL = no\n");
	write_file("ipv6.d/a.conf",
		   "[header]\nIP = 2001:db8::10\n[settings]\nPUBLIC_PORTS = */ospf\n"
		   "OUT_PORTS = 5353/udp\n");
	load_policy(LOCKED_OUT);
	begin_topology();
	online("xenbr0", "192.0.2.10 192.0.2.11 2001:db8::10");
	online("xenbr0", "192.0.2.12");
	online("xenbr0", "192.0.2.13");
	for (size_t i = 0; i < COUNT(asks); i++) {
		struct packet packet = { .source = address(asks[i].from),
					 .destination = address(asks[i].to),
					 .protocol = asks[i].protocol,
					 .port = asks[i].port };
		struct ifname in = name(asks[i].in), out = name("xenbr0");

		packet.from = topology_at(&topology, &in);
		if (asks[i].out)
			out = name(asks[i].out);
		packet.to = asks[i].out ? topology_at(&topology, &out)
					: (struct place){ .kind = PLACE_MACHINE };
		is_verdict(&packet, asks[i].should, asks[i].to);
	}
}

/* Frames that are neither IP nor ARP: ETHERTYPES of either end, and with MACS each of them. */
static void test_frames(void)
{
	static const struct {
		const char *in, *out;
		uint8_t mac; /* its last byte */
		const char *should;
	} asks[] = {
		{ "vif1.0", "xenbr0", 1, "accept ethertype" },
		{ "vif1.0", "xenbr0", 7, "accept ethertype" },
		{ "vif1.0", "xenbr0", 8, "drop wrong-mac" },
		{ "vif1.0", "vif2.0", 1, "accept switched" },
		{ "vif2.0", "vif1.0", 2, "drop ethertype" },
		{ "xenbr0", "vif1.0", 9, "accept ethertype" },
		{ "xenbr0", "vif2.0", 9, "drop ethertype" },
	};

	begin();
	write_file("ipv4.d/a.conf", "[header]\nIP = 192.0.2.10\nETHERTYPES = 0x8864\n"
				    "MACS = 00:16:3e:00:00:07\n");
	load_policy(LOCKED_OUT);
	begin_topology();
	online("xenbr0", "192.0.2.10");
	online("xenbr0", "192.0.2.11");
	for (size_t i = 0; i < COUNT(asks); i++) {
		struct ifname in = name(asks[i].in), out = name(asks[i].out);
		struct packet packet = { .ether_type = 0x8864,
					 .from = topology_at(&topology, &in),
					 .to = topology_at(&topology, &out),
					 .has_mac = true,
					 .mac = { { 0x00, 0x16, 0x3e, 0, 0, asks[i].mac } } };

		is_verdict(&packet, asks[i].should, asks[i].in);
	}
}

int main(void)
{
	make_folder();
	test_cards();
	test_links();
	test_frames();
	policy_done(&policy);
	remove_folder();
	return tap_done();
}
