/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The evaluator: which packets pass, and what it names as the reason. */
#include "verdict.h"

#define NEIGHBOUR_SOLICITATION 135
#define ROUTER_ADVERTISEMENT 134

static void test_steps_4_and_5(void)
{
	static const struct ask asks[] = {
		{ "203.0.113.9", "192.0.2.10", IPPROTO_TCP, 80, NULL,
		  "accept rule ipv4.d/web.conf:4: [settings] PUBLIC_PORTS" },
		{ "203.0.113.9", "192.0.2.10", IPPROTO_UDP, 6050, NULL,
		  "accept rule ipv4.d/web.conf:4: [settings] PUBLIC_PORTS" },
		{ "203.0.113.9", "192.0.2.10", IPPROTO_UDP, 6101, NULL,
		  "drop policy ipv4.conf: [forward] POLICY, its default" },
		{ "203.0.113.9", "192.0.2.10", IPPROTO_GRE, 0, NULL,
		  "accept rule ipv4.d/web.conf:4: [settings] PUBLIC_PORTS" },
		{ "203.0.113.66", "192.0.2.10", IPPROTO_TCP, 80, NULL,
		  "drop rule ipv4.d/web.conf:9: [settings 10] USERS" },
		{ "203.0.113.67", "192.0.2.10", IPPROTO_TCP, 80, NULL,
		  "drop policy ipv4.conf: [forward] POLICY, its default" },
		{ "203.0.113.9", "192.0.2.10", IPPROTO_TCP, 22, NULL,
		  "accept rule ipv4.d/web.conf:5: [settings] USERS" },
		{ "192.0.2.10", "203.0.113.9", IPPROTO_TCP, 443, NULL, "accept to-world" },
		{ "192.0.2.10", "203.0.113.9", IPPROTO_TCP, 80, NULL,
		  "drop limited ipv4.d/web.conf" },
		{ "192.0.2.10", "203.0.113.25", IPPROTO_TCP, 25, NULL, "accept to-world" },
		{ "192.0.2.10", "203.0.113.9", IPPROTO_TCP, 8443, NULL,
		  "drop rule ipv4.d/web.conf:10: [settings 10] OUT_PORTS" },
		{ "192.0.2.10", "203.0.113.9", IPPROTO_TCP, 9000, NULL, "accept to-world" },
		{ "192.0.2.10", "192.0.2.11", IPPROTO_TCP, 443, NULL,
		  "drop policy ipv4.conf: [forward] POLICY, its default" },
		{ "192.0.2.11", "192.0.2.10", IPPROTO_TCP, 80, NULL,
		  "accept rule ipv4.d/web.conf:4: [settings] PUBLIC_PORTS" },
		{ "192.0.2.11", "203.0.113.9", IPPROTO_TCP, 22, NULL, "accept to-world" },
		{ "192.0.2.12", "203.0.113.9", IPPROTO_TCP, 22, NULL, "accept to-world" },
		{ "203.0.113.9", "192.0.2.12", IPPROTO_TCP, 22, NULL,
		  "accept unfiltered ipv4.d/free.conf:3: [header] FIREWALL" },
		{ "203.0.113.9", "192.0.2.77", IPPROTO_TCP, 80, NULL, "drop off" },
	};

	begin();
	write_file("ipv4.conf", "[forward]\nLEVEL_10 = DROP\nLEVEL_20 = RETURN\n");
	write_file("ipv4.d/web.conf",
		   "[header]\nIP = 192.0.2.10\n[settings]\n"
		   "PUBLIC_PORTS = 80 6000-6100/udp */gre\nUSERS = 22@203.0.113.0/24\n"
		   "OUT_PORTS = 443\nSERVICES = 25@203.0.113.25\n"
		   "[settings 10]\nUSERS = *@203.0.113.66\nOUT_PORTS = 8443\n"
		   "[settings 20]\nUSERS = 80@203.0.113.67\nOUT_PORTS = 9000\n");
	write_file("ipv4.d/free.conf", "[header]\nIP = 192.0.2.12\nFIREWALL = no\n");
	write_file("ipv4.d/offline.conf",
		   "[header]\nIP = 192.0.2.77\n[settings]\nPUBLIC_PORTS = 80\n");
	load_policy(LOCKED_OUT);
	begin_topology();
	online("", "192.0.2.10");
	online("", "192.0.2.11");
	online("", "192.0.2.12");
	ARE_VERDICTS(asks);
}

static void test_this_machine(void)
{
	static const struct ask asks[] = {
		{ "203.0.113.9", "198.51.100.2", IPPROTO_TCP, 22, NULL,
		  "accept rule ipv4.d/dom0.conf:5: [settings] PUBLIC_PORTS" },
		{ "203.0.113.9", "198.51.100.2", IPPROTO_TCP, 80, NULL,
		  "drop policy ipv4.conf:2: [input] POLICY" },
		{ "192.0.2.10", "198.51.100.2", IPPROTO_TCP, 22, NULL,
		  "drop rule ipv4.d/web.conf:4: [settings 10] OUT_PORTS" },
		{ "198.51.100.2", "192.0.2.10", IPPROTO_TCP, 25, NULL,
		  "accept rule ipv4.d/dom0.conf:6: [settings] OUT_PORTS" },
		{ "198.51.100.2", "203.0.113.9", IPPROTO_TCP, 80, NULL,
		  "drop limited ipv4.d/dom0.conf" },
		{ "198.51.100.2", "198.51.100.2", IPPROTO_TCP, 80, NULL, "accept loopback" },
		{ "127.0.0.1", "127.0.0.1", IPPROTO_TCP, 80, NULL, "accept loopback" },
		{ "203.0.113.9", "198.51.100.2", IPPROTO_ICMP, 8, NULL,
		  "accept icmp-accepted ipv4.conf:6: [icmp] ACCEPT" },
		{ "203.0.113.9", "198.51.100.2", IPPROTO_ICMP, 3, NULL, "drop invalid" },
		{ "203.0.113.9", "198.51.100.2", IPPROTO_ICMP, 0, NULL, "drop invalid" },
		{ "2001:db8:f::9", "2001:db8:a::2", IPPROTO_ICMPV6, 1, NULL, "drop invalid" },
		{ "203.0.113.9", "198.51.100.2", IPPROTO_ICMP, 13, NULL,
		  "drop policy ipv4.conf:2: [input] POLICY" },
		{ "fe80::1", "2001:db8:a::2", IPPROTO_ICMPV6, NEIGHBOUR_SOLICITATION, "eth0",
		  "accept link" },
		{ "fe80::1", "ff02::1", IPPROTO_ICMPV6, ROUTER_ADVERTISEMENT, "eth0",
		  "accept link" },
		{ "fe80::1", "ff02::1", IPPROTO_ICMPV6, ROUTER_ADVERTISEMENT, "vif1.0",
		  "drop limited ipv4.d/web.conf" },
		{ "2001:db8:f::9", "2001:db8:a::2", IPPROTO_ICMPV6, 128, NULL, "accept icmp" },
		{ "2001:db8:f::9", "2001:db8:a::2", IPPROTO_TCP, 22, NULL,
		  "drop policy ipv6.conf: [input] POLICY, its default" },
		{ "2001:db8:a::2", "2001:db8:f::9", IPPROTO_TCP, 22, NULL,
		  "accept policy ipv6.conf: [output] POLICY, its default" },
	};

	begin();
	write_file("ipv4.conf", "[input]\nPOLICY = DROP\n[forward]\nLEVEL_10 = DROP\n"
				"[icmp]\nACCEPT = echo-request\n");
	write_file("ipv4.d/dom0.conf", "[header]\nIP = 0.0.0.0/0\nTYPE = local\n[settings]\n"
				       "PUBLIC_PORTS = 22\nOUT_PORTS = 25\n");
	write_file("ipv4.d/web.conf", "[header]\nIP = 192.0.2.10\n[settings 10]\nOUT_PORTS = 22\n");
	load_policy("");
	begin_topology();
	online("", "192.0.2.10");
	ARE_VERDICTS(asks);
}

static void test_connections(void)
{
	struct packet packet = { .source = address("203.0.113.9"),
				 .destination = address("192.0.2.10"),
				 .protocol = IPPROTO_TCP,
				 .port = 22 };

	begin();
	write_file("taofirewall.conf", "[firewall]\nIPV6 = no\n");
	load_policy(LOCKED_OUT);
	begin_topology();
	online("", "192.0.2.10");
	is_verdict(&packet, "drop policy ipv4.conf: [forward] POLICY, its default", "new");
	packet.connection = CONNECTION_ESTABLISHED;
	is_verdict(&packet, "accept answer", "an answer");
	packet.source = address("192.0.2.10");
	packet.from = topology_at(&topology, &topology.uplink);
	is_verdict(&packet, "drop others-source", "an answer with a guest's source");
	packet = (struct packet){ .source = address("192.0.2.10"),
				  .destination = address("203.0.113.9"),
				  .protocol = IPPROTO_TCP,
				  .connection = CONNECTION_INVALID };
	is_verdict(&packet, "drop invalid", "what belongs to no connection");
	packet = (struct packet){ .source = address("2001:db8:f::9"),
				  .destination = address("2001:db8:f::8"),
				  .protocol = IPPROTO_ICMPV6,
				  .type = 128 };
	is_verdict(&packet, "drop family-off taofirewall.conf:2: [firewall] IPV6",
		   "a family that is off");
}

int main(void)
{
	make_folder();
	test_steps_4_and_5();
	test_this_machine();
	test_connections();
	policy_done(&policy);
	remove_folder();
	return tap_done();
}
