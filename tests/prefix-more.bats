#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# As prefix.bats, what only nft can tell: whom a guest speaks of that has a prefix, and what it has of that on a bridge.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/frames

scene_addresses+=([inner 4]=192.0.2.77 [inner 6]=2001:db8:b:7::77 [own 4]=192.0.2.1 [own 6]=2001:db8:b:7::1)

# error FROM SOURCE TO QSRC QDST QSPORT QDPORT: SOURCE tells TO of a packet between the two
error() {
	local family frames=()
	for family in 4 6; do
		frames+=(${frames:++} "icmp$family" "type=$((family == 4 ? 3 : 1))" "code=$((family == 4 ? 3 : 4))"
			"src=$(address "$2" $family)" "dst=$(address "$3" $family)" ${dmac:+dmac=$dmac}
			"qsrc=$(address "$4" $family)" "qdst=$(address "$5" $family)" "qsport=$6" "qdport=$7")
	done
	inside "$1" send eth0 "${frames[@]}"
}

@test "it speaks of no connection of a guest that has an address in it, but of its own" {
	host g2 "IP = {inner}" "PUBLIC_PORTS = 53/udp"
	FAMILIES=4 host g1 "IP = 192.0.2.0/25" "PUBLIC_PORTS = 53/udp"
	FAMILIES=6 host g1 "IP = 2001:db8:b:7::/64" "PUBLIC_PORTS = 53/udp"
	dom0 firewall start
	guest_create g1 g2
	attach g2 "ip=$(address inner 4) $(address inner 6)"
	attach g1 "ip=192.0.2.0/25 2001:db8:b:7::/64"
	trust_everybody
	watch world told "icmp type destination-unreachable"
	watch world told6 "icmpv6 type destination-unreachable"
	watch g2 came "udp dport 53"
	send_as world world inner sport=4000 dport=53
	arrives g2 came 2
	error g1 own world world inner 4000 53
	watch g1 came "udp dport 53"
	send_as world world own sport=4001 dport=53
	arrives g1 came 2
	arrives_not world told
	arrives_not world told6
	error g1 own world world own 4001 53
	arrives world told
	arrives world told6
}

@test "on a bridge it speaks of no packet of a guest that has an address in it, but of its own" {
	dom0 firewall start
	vif_create b1; vif_create b2; vif_create b3
	for each in b1 b2 b3; do lan_address $each; done
	attach b1 "ip=192.0.2.192/26 2001:db8:b:1:8000::/65"
	attach b2 "ip=192.0.2.200 2001:db8:b:1:8000::9"
	attach b3
	scene_addresses+=([own 4]=192.0.2.193 [own 6]=2001:db8:b:1:8000::1 [inner 4]=192.0.2.200 [inner 6]=2001:db8:b:1:8000::9)
	watch b3 told "icmp type destination-unreachable"
	watch b3 told6 "icmpv6 type destination-unreachable"
	dmac=$(mac b3) error b1 own b3 b3 inner 4000 53
	sleep 0.2
	arrives_not b3 told
	arrives_not b3 told6
	dmac=$(mac b3) error b1 own b3 b3 own 4000 53
	arrives b3 told
	arrives b3 told6
}

@test "on a bridge it does not send, or ask, from a network behind another guest" {
	printf '%s\n' "[vpn]" "DESTINATION = 192.0.2.224/27 2001:db8:b:1:8000:8000::/81" \
		"VIA = $(address b2 4) $(address b2 6)" >"$TAOFIREWALL_CONFIG/routing.cfg"
	host b2
	dom0 firewall start
	vif_create b1; vif_create b2; vif_create b3
	for each in b1 b2 b3; do lan_address $each; done
	attach b2
	attach b1 "ip=192.0.2.192/26 2001:db8:b:1:8000::/65"
	attach b3
	watch b3 came "udp dport 40001"
	watch_arp b3 arp "arp operation reply arp saddr ip 192.0.2.192/26"
	for each in "192.0.2.225 2001:db8:b:1:8000:8000::1" "192.0.2.195 2001:db8:b:1:8000::1"; do
		[[ $each == *.225* ]] || { arrives_not b3 came; arrives_not b3 arp; }
		inside b1 send eth0 udp4 dmac="$(mac b3)" src="${each% *}" dst="$(address b3 4)" dport=40001 + \
			udp6 dmac="$(mac b3)" src="${each#* }" dst="$(address b3 6)" dport=40001 + \
			arp op=reply dmac="$(mac b3)" spa="${each% *}" tpa="$(address b3 4)"
		sleep 0.2
	done
	arrives b3 came 2
	arrives b3 arp
}

@test "the next hop of a wider network sends nothing from its LAN's own, and does not ask as one of them" {
	printf '%s\n' "[wide]" "DESTINATION = 192.0.0.0/16 2001:db8::/32" \
		"VIA = $(address b1 4) $(address b1 6)" >"$TAOFIREWALL_CONFIG/routing.cfg"
	FAMILIES=4 rules "[network lan]" "SUBNET = 192.0.2.128/25" "INTERFACE = xenbr0"
	FAMILIES=6 rules "[network lan]" "SUBNET = 2001:db8:b:1::/64" "INTERFACE = xenbr0"
	neighbours b1 b2
	host b1
	dom0 firewall reload
	attach b1
	attach b2
	frame ip4 "ip saddr 192.0.2.200 udp sport 40000" udp4 src=192.0.2.200 dst="$(address b2 4)"
	frame arp "arp saddr ip 192.0.2.200" arp op=request spa=192.0.2.200 tpa="$(address b2 4)"
	frame ip6 "ip6 saddr 2001:db8:b:1::99 udp sport 40000" udp6 src=2001:db8:b:1::99 dst="$(address b2 6)"
	frame ns "ip6 saddr 2001:db8:b:1::99 icmpv6 type nd-neighbor-solicit" icmp6 hops=255 src=2001:db8:b:1::99 \
		dst="$(address b2 6)" type=135 target="$(address b2 6)" option=1
	none_pass b1 b2
}
