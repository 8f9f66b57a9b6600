#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A family that is off is off on bridges, too: between guests, and between them and other ports. The other one is not.
# (IPV4 = no is in bridge-links.bats, for with iptables guests of bridges have IPv4 alone.)
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/frames

# ipv6_frames: what b1 may say by its addresses
ipv6_frames() {
	frame local6 "udp dport 7001" udp6 src="$(link_local b1)" dst="$(link_local b2)" dport=7001
	frame global6 "udp dport 7002" udp6 src=2001:db8:b:1::77 dst="$(address b2 6)" dport=7002
	frame solicit6 "icmpv6 type nd-neighbor-solicit" icmp6 hops=255 src="$(link_local b1)" dst="$(address b2 6)" type=135 target="$(address b2 6)"
	frame multicast6 "ip6 daddr ff02::fb" udp6 src="$(link_local b1)" dst=ff02::fb dport=5353 dmac=33:33:00:00:00:fb
}

@test "with IPV6 = no no guest of a bridge says anything in IPv6, be it to its neighbour or to the LAN" {
	configure XEN=yes IPV6=no
	hear_reports
	neighbours b1 b2
	attach b1 "ip=$(address b1 4)"
	attach b2 "ip=$(address b2 4)"
	ipv6_frames
	frame other "udp dport 7003" udp4 src="$(address b1 4)" dst="$(address b2 4)" dport=7003
	only_pass b1 b2 other
	unset "labels[-1]" "matches[-1]" "frames[-1]"
	frame arp "arp daddr ip $(address lan 4)" arp spa="$(address b1 4)" tpa="$(address lan 4)"
	only_pass b1 lan arp
	uses_iptables || [ "$(dropped refused vif11.0 bridge)" -ge 4 ]
}

@test "with IPV6 = no guests hear no IPv6 from other ports either, not even of a router" {
	configure XEN=yes IPV6=no
	hear_reports
	neighbours b1
	attach b1 "ip=$(address b1 4)"
	frame router "icmpv6 type nd-router-advert" icmp6 hops=255 src=fe80::200:5eff:fe00:5304 dst=ff02::1 type=134 payload=8 dmac=33:33:00:00:00:01
	frame udp6 "udp dport 7001" udp6 src=2001:db8:b:1::77 dst="$(address b1 6)" dport=7001
	frame arp "arp daddr ip $(address b1 4)" arp spa="$(address lan 4)" tpa="$(address b1 4)"
	only_pass lan b1 arp
}
