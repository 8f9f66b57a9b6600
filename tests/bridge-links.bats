#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What passes between guests and other ports whatever the host files say is what listeners and routers of multicast say:
# from neighbour to neighbour, to groups, and of their types alone.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/frames

@test "IGMP passes to groups, with TTL 1 and of its own types, and not otherwise" {
	host b1 "OUT_PORTS = 22"
	hear_reports
	neighbours b1
	attach b1
	igmp_frames "$(address b1 4)" "$(address lan 4)" b1
	only_pass b1 lan report1 report2 report3 leave
	frames=() labels=() matches=()
	igmp_frames "$(address lan 4)" "$(address b1 4)" lan
	only_pass lan b1 report1 report2 report3 query leave
}

# igmp_frames SOURCE TO FROM: the last one is the last
igmp_frames() {
	local group="dst=224.0.0.251 dmac=01:00:5e:00:00:fb" from="ip4 hops=1 src=$1 proto=2"
	frame unicast "ip daddr $2 igmp type 0x16" "$from" dst="$2" type=0x16 payload=7
	frame content "ip daddr $2 igmp type 0xde" "$from" dst="$2" type=0xde payload=200
	frame broadcast "ip daddr 255.255.255.255 ip protocol igmp" "$from" dst=255.255.255.255 type=0x16 payload=7 dmac=ff:ff:ff:ff:ff:ff
	frame far "ip ttl 64 igmp type 0x16" "$from" hops=64 "$group" type=0x16 payload=7
	frame dvmrp "igmp type 0x13" "$from" "$group" type=0x13 payload=200
	frame any "igmp type 0xde" "$from" "$group" type=0xde payload=200
	frame report1 "igmp type 0x12" "$from" "$group" type=0x12 payload=7
	frame report2 "ip ttl 1 ip daddr 224.0.0.251 igmp type 0x16" "$from" "$group" type=0x16 payload=7
	frame report3 "igmp type 0x22" "$from" dst=224.0.0.22 dmac=01:00:5e:00:00:16 type=0x22 payload=15
	[ "$3" = b1 ] || frame query "igmp type 0x11" "$from" dst=224.0.0.1 dmac=01:00:5e:00:00:01 type=0x11 payload=7
	frame leave "igmp type 0x17" "$from" dst=224.0.0.2 dmac=01:00:5e:00:00:02 type=0x17 payload=7
}

@test "MLD passes to groups and with hop limit 1, and not otherwise" {
	host b1 "OUT_PORTS = 22"
	hear_reports
	neighbours b1
	attach b1
	mld_frames "$(link_local b1)" "$(address lan 6)"
	only_pass b1 lan report1 report2
	frames=() labels=() matches=()
	mld_frames fe80::200:5eff:fe00:5304 "$(address b1 6)"
	only_pass lan b1 report1 report2
}

mld_frames() {
	local group="dst=ff02::fb dmac=33:33:00:00:00:fb" from="icmp6 hops=1 src=$1"
	frame unicast "ip6 daddr $2 icmpv6 type mld-listener-report" "$from" dst="$2" type=131 payload=216
	frame unicast2 "ip6 daddr $2 icmpv6 type mld2-listener-report" "$from" dst="$2" type=143 payload=216
	frame far "ip6 hoplimit 64 icmpv6 type mld-listener-report" "$from" hops=64 "$group" type=131 payload=16
	frame report1 "ip6 hoplimit 1 ip6 daddr ff02::fb icmpv6 type mld-listener-report" "$from" "$group" type=131 payload=16 ext=hop
	frame report2 "icmpv6 type mld2-listener-report ip6 daddr ff02::16" "$from" dst=ff02::16 dmac=33:33:00:00:00:16 type=143 payload=20 ext=hop
}

@test "with IPV4 = no no guest of a bridge says anything in IPv4, be it to its neighbour or to the LAN" {
	configure XEN=yes IPV4=no
	hear_reports
	neighbours b1 b2
	attach b1 ip=
	attach b2 ip=
	frame udp4 "udp dport 7001" udp4 src="$(address b1 4)" dst="$(address b2 4)" dport=7001
	frame broadcast4 "udp dport 7002" udp4 src="$(address b1 4)" dst=255.255.255.255 dport=7002 dmac=ff:ff:ff:ff:ff:ff
	frame dhcp4 "udp sport 68 udp dport 67" udp4 src=0.0.0.0 dst=255.255.255.255 sport=68 dport=67 payload=240 dmac=ff:ff:ff:ff:ff:ff
	frame report4 "igmp type 0x16" ip4 hops=1 src="$(address b1 4)" dst=224.0.0.251 proto=2 type=0x16 payload=7 dmac=01:00:5e:00:00:fb
	frame other "icmpv6 type nd-neighbor-solicit" icmp6 hops=255 src="$(link_local b1)" dst="$(address b2 6)" type=135 target="$(address b2 6)"
	only_pass b1 b2 other
	only_pass b1 lan other
}

lan_link=fe80::200:5eff:fe00:5304	# that its MAC gives

untracked() {
	! dom0 nft -c 'add table bridge try; add chain bridge try c; add rule bridge try c ct state new' 2>/dev/null ||
		skip "this kernel tracks connections on bridges"
}

# by_links FROM TO SOURCE DESTINATION: a routing protocol, a service, and an echo, by one's address on the link alone
by_links() {
	frame ospf "ip6 nexthdr 89" ip6 hops=1 proto=89 src="$3" dst="$4" payload=16
	frame service "udp dport 7001" udp6 src="$3" dst="$4" dport=7001
	frame echo "icmpv6 type echo-request" icmp6 src="$3" dst="$4" type=128
	watch_all "$1" "$2"
	send_all "$1" "$2"
	frames=() labels=() matches=()
}

# heard NAME: how many of those arrived there
heard() { seen_all "$1" | grep -vc ' 0$' || true; }

# links_are GUEST COUNT: so many of those from the LAN arrive at the guest, and of the guest's at the LAN
links_are() {
	by_links lan "$1" $lan_link "$(link_local "$1")"
	by_links "$1" lan "$(link_local "$1")" $lan_link
	sleep 0.3
	equal "what $1 hears" "$(heard "$1")" "$2"
	equal "what the LAN hears of $1" "$(heard lan)" "$2"
	for each in "$1" lan; do inside "$each" nft delete table netdev seen; done
}

@test "without tracking, hosts with FIREWALL = no speak and are spoken to on their link, but no others" {
	untracked
	host b1 "FIREWALL = no"
	FAMILIES=4 host b2 "FIREWALL = no"
	FAMILIES=6 host b2 "PUBLIC_PORTS = 80"
	neighbours b1 b2 b3
	for each in b1 b2 b3; do attach $each; done
	links_are b1 3
	links_are b2 0
	links_are b3 0
}

@test "without tracking, who is of a network with FIREWALL = no reaches no closed port on a guest's link, nor a limited guest it" {
	untracked
	host lan "TYPE = network" "FIREWALL = no"
	host b1 "FIREWALL = no"
	host b2 "OUT_PORTS = 53"
	neighbours b1 b2
	for each in b1 b2; do attach $each; done
	by_links lan b1 "$(address lan 6)" "$(link_local b1)"
	by_links lan b2 "$(address lan 6)" "$(link_local b2)"
	by_links b2 lan "$(link_local b2)" "$(address lan 6)"
	sleep 0.3
	equal "what b1 hears" "$(heard b1)" 3
	equal "what b2 hears" "$(heard b2)" 0
	equal "what the LAN hears of b2" "$(heard lan)" 0
}
