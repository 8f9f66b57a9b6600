#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest without ip= takes neither the addresses of Dom0's gateways nor any that Dom0 has, however late they came.
# Each frame is really sent, and not seen by the neighbour; without rules the same frame is seen.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/frames

# claims NAME: what says that b1 is NAME, in each way there is
claims() {
	local four six last
	four=$(address "$1" 4) six=$(address "$1" 6)
	last=$(printf %04x "0x${six##*:}")
	frame "ip4$1" "ip saddr $four udp sport 40000" udp4 src="$four" dst="$(address b2 4)"
	frame "request$1" "arp operation request arp saddr ip $four" arp spa="$four" tpa="$(address b2 4)"
	frame "reply$1" "arp operation reply arp saddr ip $four" arp op=reply spa="$four" tpa="$(address b2 4)"
	frame "gratuitous$1" "arp saddr ip $four arp daddr ip $four" arp spa="$four" tpa="$four" dmac=ff:ff:ff:ff:ff:ff
	frame "probe$1" "arp saddr ip 0.0.0.0 arp daddr ip $four" arp spa=0.0.0.0 tpa="$four"
	frame "ip6$1" "ip6 saddr $six udp sport 40000" udp6 src="$six" dst="$(address b2 6)"
	frame "na$1" "icmpv6 type nd-neighbor-advert @th,176,16 0x$last" icmp6 hops=255 src=2001:db8:b:1::77 \
		dst="$(address b2 6)" type=136 target="$six" option=2
	frame "detection$1" "icmpv6 type nd-neighbor-solicit ip6 saddr :: @th,176,16 0x$last" icmp6 hops=255 src=:: \
		dst=ff02::1:ff00:1 type=135 target="$six" dmac=33:33:ff:00:00:01
}

# leads_by NAME [WORD...]: Dom0's default routes, by way of NAME
leads_by() {
	local family
	for family in 4 6; do
		ip -n "$scene-dom0" -$family route replace default via "$(address "$1" $family)" "${@:2}"
	done
}

# gets NAME: Dom0 has the addresses of NAME from now on
gets() {
	ip -n "$scene-dom0" address add "$(address "$1" 4)/25" dev xenbr0
	ip -n "$scene-dom0" address add "$(address "$1" 6)/64" dev xenbr0 nodad
}

scene_addresses+=(
	[router 4]=192.0.2.131	[router 6]=2001:db8:b:1::31
	[late 4]=192.0.2.132	[late 6]=2001:db8:b:1::32
)

@test "a guest without ip= is not Dom0's gateway, of one route or of several" {
	leads_by lan
	neighbours b1 b2
	attach b1 ip=
	attach b2
	run -1 dom0 firewall explain --from "$(address lan 6)" --to "$(address b2 6)" --in vif11.0
	[[ $output == *"spoofed: $(address lan 6) is the gateway of this machine, and it comes from vif11.0"* ]]
	claims lan
	none_pass b1 b2
	claims router
	all_pass b1 b2
	ip -n "$scene-dom0" route replace default nexthop via "$(address lan 4)" nexthop via "$(address router 4)"
	ip -n "$scene-dom0" -6 route append default via "$(address router 6)"
	dom0 firewall repair
	claims lan
	claims router
	none_pass b1 b2
}

@test "firewall repair knows a new gateway and a new address, and lets go of the old ones" {
	leads_by lan
	neighbours b1 b2
	attach b1 ip=
	attach b2
	leads_by router
	gets late
	dom0 firewall repair
	claims router
	claims late
	none_pass b1 b2
	claims lan
	all_pass b1 b2
}

@test "firewall watch has a new gateway and a new address known" {
	leads_by lan
	neighbours b1 b2
	attach b1 ip=
	attach b2
	watcher_start
	gets late
	eventually knows_machine "$(address late 4)"
	leads_by router
	eventually knows_machine "$(address router 4)"
	claims router
	claims late
	none_pass b1 b2
}

@test "a guest of Xen's script with a prefix of the LAN is not closed, and has no address of Dom0's in it, however late" {
	neighbours b1 b2
	store_vif 11 0 "mac=$(mac b1)" script=/etc/xen/scripts/vif-bridge "ip=192.0.2.128/25 2001:db8:b:1::/64"
	xenstore-write backend/vif/11/0/state 4
	ip -n "$scene-dom0" link set vif11.0 master xenbr0 up
	attach b2
	run -0 dom0 firewall reload
	[[ $output != *"left out"* ]]
	pings dom0 b1
	claims late
	all_pass b1 b2
	gets late
	run -0 dom0 firewall repair
	[[ $output != *"left out"* ]]
	claims late
	none_pass b1 b2
}

knows_machine() { dom0 nft list set bridge taofirewall machine4_32 | grep -q -w "$1"; }

@test "a gateway behind another interface than the bridge is none of its guests' business" {
	neighbours b1 b2
	attach b1 ip=
	attach b2
	frame ip4 "ip saddr $(address world 4)" udp4 src="$(address world 4)" dst="$(address b2 4)"
	frame ip6 "ip6 saddr $(address world 6)" udp6 src="$(address world 6)" dst="$(address b2 6)"
	all_pass b1 b2
}

@test "an address that Dom0 speaks from is its own at once, and nobody had to be told" {
	neighbours b1 b2
	attach b1 ip=
	attach b2
	claims late
	all_pass b1 b2
	gets late
	dom0 ping -n -q -c 1 -w 5 -I "$(address late 4)" "$(address lan 4)"
	dom0 ping -n -q -c 1 -w 5 -I "$(address late 6)" "$(address lan 6)"
	claims late
	none_pass b1 b2
}

@test "an address is Dom0's as soon as it looks whether somebody else has it" {
	neighbours b1 b2
	attach b1 ip=
	attach b2
	ip -n "$scene-dom0" address add "$(address late 6)/64" dev xenbr0
	eventually spoken "$(address late 6)"
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src=2001:db8:b:1::77 dst="$(address b2 6)" type=136 \
		target="$(address late 6)" option=2
	none_pass b1 b2
}

spoken() { dom0 nft list set bridge taofirewall spoken_target6 | grep -q "0x20010db8000b00010000000000000032"; }

@test "who advertised himself as a router on the LAN is one, and no guest" {
	local from=fe80::200:5eff:fe00:5304
	hear_reports
	neighbours b1 b2
	attach b1 ip=
	attach b2
	inside lan send eth0 icmp6 hops=255 src=$from dst=ff02::1 type=134 payload=8 dmac=33:33:00:00:00:01
	frame ip6 "ip6 saddr $from" udp6 src=$from dst="$(link_local b2)"
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src=2001:db8:b:1::77 dst="$(address b2 6)" type=136 target=$from option=2
	none_pass b1 b2
}

@test "a guest is Dom0's gateway where its host file says so, and nobody else is" {
	leads_by b1
	host b1 "FIREWALL = no"
	neighbours b1 b2 b3
	attach b1
	attach b2
	attach b3 ip=
	attach b1
	frame reply "arp operation reply" arp op=reply spa="$(address b1 4)" tpa="$(address b2 4)"
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src="$(address b1 6)" dst="$(address b2 6)" type=136 target="$(address b1 6)" option=2
	all_pass b1 b2
	claims b1
	none_pass b3 b2
}

lan_router=fe80::200:5eff:fe00:5304
other_router=fe80::200:5eff:fe00:5399

# router_is_known: the LAN has told of its router, of which b1 may not say that it is it
router_is_known() {
	hear_reports
	neighbours b1 b2
	attach b1 ip=
	attach b2
	inside lan send eth0 icmp6 hops=255 src=$lan_router dst=ff02::1 type=134 payload=8 dmac=33:33:00:00:00:01
	frame ip6 "ip6 saddr $lan_router udp sport 40000" udp6 src=$lan_router dst="$(link_local b2)"
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src=2001:db8:b:1::77 dst="$(address b2 6)" type=136 \
		target=$lan_router option=2
}

@test "who advertised himself as a router is one after a reload, too" {
	router_is_known
	sleep 2
	dom0 firewall reload
	run -0 dom0 nft list set bridge taofirewall heard_router6
	[[ $output == *"expires 3h59m"* && $output != *"expires 3h59m59s"* ]]	# of four hours, from then on
	none_pass b1 b2
}

@test "and when Dom0 got another address" {
	router_is_known
	watcher_start
	ip -n "$scene-dom0" address add 192.0.2.133/25 dev xenbr0
	eventually is_machines 192.0.2.133
	none_pass b1 b2
}

is_machines() { dom0 nft list set bridge taofirewall machine4_32 | grep -q "$1"; }

@test "a guest without ip= is not the routers of its network all at once" {
	neighbours b1 b2
	attach b1 ip=
	attach b2
	frame ip6 "ip6 saddr 2001:db8:b:1:: udp sport 40000" udp6 src=2001:db8:b:1:: dst="$(address b2 6)"
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src=2001:db8:b:1::77 dst="$(address b2 6)" type=136 \
		target=2001:db8:b:1:: option=2
	none_pass b1 b2
}

@test "who claimed a guest's address before it came is forgotten when it comes" {
	vif_create b1; lan_address b1
	vif_create b2; lan_address b2
	dom0 firewall start
	attach b2 ip=
	inside lan send eth0 arp op=request dmac="$bridge_mac" spa="$(address b1 4)" tpa="$(address bridge 4)"
	inside b2 send eth0 icmp6 hops=255 dmac="$bridge_mac" src="$(address b1 6)" dst="$(address bridge 6)" type=135 \
		target="$(address bridge 6)" option=1
	eventually is_taken_for "$(address b1 4)" "$lan_mac"
	eventually is_taken_for "$(address b1 6)" "$(mac b2)"
	attach b1
	run ! is_taken_for "$(address b1 4)" "$lan_mac"
	run ! is_taken_for "$(address b1 6)" "$(mac b2)"
	serve b1
	connects dom0 b1 tcp/22
}

is_taken_for() { ip -n "$scene-dom0" neighbour show dev xenbr0 | grep -q "^$1 lladdr $2"; }
