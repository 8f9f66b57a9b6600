#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# More of who says what on a bridge: guests without ip= or with prefixes, twins, neighbour discovery.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/frames

@test "what a guest says to the bridge itself does not reach this machine" {
	neighbours b1
	attach b1
	dom0 nft -f - <<-'END'
		table netdev seen {
			counter of_lldp { }
			chain arrived {
				type filter hook ingress device vif11.0 priority 0
				ether type 0x88cc counter name of_lldp
			}
		}
	END
	inside b1 send eth0 count=3 ether type=0x88cc dmac=01:80:c2:00:00:03
	arrives dom0 lldp 3
	equal "drops" "$(dropped spoofed vif11.0 bridge)" 3
}

@test "a guest of Xen's own script tells its port nothing by what it says to the bridge itself, from a reload on" {
	neighbours b1
	store_vif 11 0 "mac=$(mac b1)" "ip=$(address b1 4) $(address b1 6)" script=/etc/xen/scripts/vif-bridge state=4
	ip -n "$scene-dom0" link set vif11.0 master xenbr0 up
	dom0 firewall reload
	learns_nothing
}

@test "neighbours speak with each other and with Dom0, in whole packets, fragments and over link-local addresses" {
	dom0 firewall start
	rules "[icmp]" "ACCEPT = echo-request"
	dom0 firewall reload
	bridged_create b1 b2
	attach b1
	attach b2
	pings b1 b2
	pings b2 b1 -s 3000
	pings b1 b2 -s 3000 -p 05	# as a redirect's type, where a fragment begins
	pings b1 b2 -s 3000 -p 01
	pings b1 bridge
	connects b1 b2 tcp/80 udp/53
	inside b1 ping -n -q -c 1 -w 5 "$(link_local b2)%eth0"
	equal "drops of b1" "$(dropped spoofed vif11.0 bridge)" 0
	equal "drops of b2" "$(dropped spoofed vif12.0 bridge)" 0
}

@test "a guest that detects duplicates gets its addresses" {
	dom0 firewall start
	neighbours b1 b2
	ip -n "$scene-b2" link set eth0 down
	ip -n "$scene-b2" address flush dev eth0
	# shellcheck disable=SC2016 # the inner shell's
	inside b2 sh -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_dad'
	attach b1
	attach b2
	ip -n "$scene-b2" link set eth0 up
	ip -n "$scene-b2" address add "$(address b2 6)/64" dev eth0
	eventually has_addresses b2
	FAMILIES=6 pings b2 b1
	equal "drops of b2" "$(dropped spoofed vif12.0 bridge)" 0
}

has_addresses() {
	local out
	out=$(ip -n "$scene-$1" -6 -o address show dev eth0)
	[[ $out == *" $(address "$1" 6)/"* && $out == *" fe80::"* && $out != *tentative* && $out != *dadfailed* ]]
}

@test "a vif without addresses has its MAC, and any address but other guests' and this machine's" {
	local each nd na="icmpv6 type nd-neighbor-advert"
	guest_create g1
	neighbours b1 b2 b3
	attach g1
	attach b1 ip=
	attach b2
	attach b3
	nd="icmp6 hops=255 src=2001:db8:b:1::77 dst=$(address b2 6)"
	frame mac "udp dport 7001" udp4 smac="$(mac b3)" src=192.0.2.201 dst="$(address b2 4)" dport=7001
	for each in b2 b3 g1 bridge; do
		frame "ip4$each" "ip saddr $(address $each 4) udp sport 40000" udp4 src="$(address $each 4)" dst="$(address b2 4)"
		frame "ip6$each" "ip6 saddr $(address $each 6) udp sport 40000" udp6 src="$(address $each 6)" dst="$(address b2 6)"
		frame "arp$each" "arp saddr ip $(address $each 4)" arp op=reply spa="$(address $each 4)" tpa="$(address b2 4)"
		frame "probe$each" "arp saddr ip 0.0.0.0 arp daddr ip $(address $each 4)" arp spa=0.0.0.0 tpa="$(address $each 4)"
		frame "na$each" "$na @th,176,16 0x$(printf %04x "0x${scene_addresses[$each 6]##*:}")" "$nd" type=136 target="$(address $each 6)" option=2
		frame "detection$each" "icmpv6 type nd-neighbor-solicit ip6 saddr :: @th,176,16 0x$(printf %04x "0x${scene_addresses[$each 6]##*:}")" \
			icmp6 hops=255 src=:: dst=ff02::1:ff00:1 type=135 target="$(address $each 6)" dmac=33:33:ff:00:00:01
	done
	frame local "ip6 saddr $(link_local b3) udp sport 40000" udp6 src="$(link_local b3)" dst="$(address b2 6)"
	frame local_bridge "ip6 saddr fe80::200:5eff:fe00:5303 udp sport 40000" udp6 src=fe80::200:5eff:fe00:5303 dst="$(address b2 6)"
	frame option "$na @th,208,48 0x00163e00000d" "$nd" type=136 target=2001:db8:b:1::77 option="2:$(mac b3)"
	frame detection_option "icmpv6 type nd-neighbor-solicit @th,192,16 0x0101 ip6 saddr ::" icmp6 hops=255 src=:: dst=ff02::1:ff00:77 type=135 target=2001:db8:b:1::77 option=1 dmac=33:33:ff:00:00:77
	frame router "icmpv6 type nd-router-advert" icmp6 hops=255 src="$(link_local b1)" dst=ff02::1 type=134 payload=8 dmac=33:33:00:00:00:01
	frame server "udp dport 68" udp4 src=192.0.2.201 dst=255.255.255.255 sport=67 dport=68 dmac=ff:ff:ff:ff:ff:ff
	frame tagged "vlan id 7" udp4 vlan=7 src=192.0.2.201 dst="$(address b2 4)"
	none_pass b1 b2

	frame ip4 "udp dport 7001" udp4 src=192.0.2.201 dst="$(address b2 4)" dport=7001
	frame ip6 "udp dport 7002" udp6 src=2001:db8:b:1::77 dst="$(address b2 6)" dport=7002
	frame private "udp dport 7003" udp6 src=fe80::1234:5678:9abc:def0 dst="$(link_local b2)" dport=7003
	frame arp "arp saddr ip 192.0.2.201" arp spa=192.0.2.201 tpa="$(address b2 4)"
	frame probe "arp saddr ip 0.0.0.0" arp spa=0.0.0.0 tpa=192.0.2.201
	frame na "$na" "$nd" type=136 target=2001:db8:b:1::77 option=2
	frame detection "icmpv6 type nd-neighbor-solicit ip6 saddr ::" icmp6 hops=255 src=:: dst=ff02::1:ff00:77 type=135 target=2001:db8:b:1::77 option=14 dmac=33:33:ff:00:00:77
	frame dhcp "udp sport 68 udp dport 67" udp4 src=0.0.0.0 dst=255.255.255.255 sport=68 dport=67 payload=240 dmac=ff:ff:ff:ff:ff:ff
	all_pass b1 b2
}

@test "a prefix in ip= is the guest's whole, and nothing beside it" {
	local each
	neighbours b1 b2
	attach b1 "ip=$(address b1 4) 192.0.2.176/29 2001:db8:b:1::11 2001:db8:b:5::/64"
	attach b2
	frame ip4 "udp dport 7001" udp4 src=192.0.2.184 dst="$(address b2 4)" dport=7001
	frame ip6 "udp dport 7002" udp6 src=2001:db8:b:6::1 dst="$(address b2 6)" dport=7002
	frame arp "arp saddr ip 192.0.2.175" arp spa=192.0.2.175 tpa="$(address b2 4)"
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src=2001:db8:b:5::1 dst="$(address b2 6)" type=136 target=2001:db8:b:6::1
	none_pass b1 b2
	frame ip4 "udp dport 7001" udp4 src=192.0.2.183 dst="$(address b2 4)" dport=7001
	frame ip6 "udp dport 7002" udp6 src=2001:db8:b:5::abc dst="$(address b2 6)" dport=7002
	frame arp "arp saddr ip 192.0.2.177" arp spa=192.0.2.177 tpa="$(address b2 4)"
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src=2001:db8:b:5::1 dst="$(address b2 6)" type=136 target=2001:db8:b:5::ffff option=2
	all_pass b1 b2
	frame ip4 "udp dport 7001" udp4 src=192.0.2.183 dst="$(address b1 4)" dport=7001
	none_pass lan b2
}

# as_b2: what speaks from, and for, the addresses of b2
as_b2() {
	frame ip4 "udp dport 7001" udp4 src="$(address b2 4)" dst="$(address b3 4)" dport=7001
	frame ip6 "udp dport 7002" udp6 src="$(address b2 6)" dst="$(address b3 6)" dport=7002
	frame arp "arp saddr ip $(address b2 4)" arp spa="$(address b2 4)" tpa="$(address b3 4)"
	frame probe "arp saddr ip 0.0.0.0" arp spa=0.0.0.0 tpa="$(address b2 4)" dmac=ff:ff:ff:ff:ff:ff
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src="$(link_local b1)" dst="$(address b3 6)" type=136 target="$(address b2 6)" option=2
	frame detection "icmpv6 type nd-neighbor-solicit ip6 saddr ::" icmp6 hops=255 src=:: dst=ff02::1:ff00:12 type=135 target="$(address b2 6)" dmac=33:33:ff:00:00:12
}

@test "a guest with a prefix does not speak from an address in it that another guest has" {
	neighbours b1 b2 b3
	attach b1 "ip=192.0.2.136/29 2001:db8:b:1::10/124"
	attach b3
	as_b2
	all_pass b1 b3
	attach b2
	as_b2
	none_pass b1 b3
	as_b2
	detach b2
	all_pass b1 b3
}

@test "attach and detach change elements alone" {
	dom0 firewall start
	handles() { dom0 nft -a list ruleset | grep -oE '(table|chain|set|map) [a-z]* ?[a-z0-9_]* \{ # handle [0-9]+'; }
	handles >"$scene_dir/before"
	remember
	vif_create b1
	vif_create b2
	attach b1
	attach b2 ip=
	handles | diff "$scene_dir/before" -
	grep -qF "$(mac b2)" <<<"$(dom0 nft list set bridge taofirewall any_source)"
	detach b1
	detach b2
	handles | diff "$scene_dir/before" -
	dom0 firewall reload
	unchanged
}

# twins_have_one_mac: b2 has that of b1
# shellcheck disable=SC2317 # attach calls it
twins_have_one_mac() {
	mac() { if [ "$1" = b2 ]; then echo 00:16:3e:00:00:0b; else printf '00:16:3e:00:00:%02x' "${scene_vifs[$1]% *}"; fi; }
}

@test "of two vifs with one address, the one that goes takes nothing from the one that stays" {
	dom0 firewall start
	bridged_create b1 b3
	attach b1
	attach b3
	guest_twin b2 b1 12
	twins_have_one_mac
	ip -n "$scene-b1" link set eth0 down
	bridged_create b2
	attach b2
	connects b2 b3 tcp/80
	detach b1
	connects b2 b3 tcp/80
	FAMILIES=6 pings b2 bridge
	detach b2
	detach b3
	nothing_left
}

@test "of two vifs with one address the newer one comes to a bridge that was made anew, of which the older is no port" {
	dom0 firewall start
	bridged_create b1
	attach b1
	guest_twin b2 b1 12
	twins_have_one_mac
	ip -n "$scene-dom0" link delete xenbr0
	ip -n "$scene-dom0" link add xenbr0 address "$bridge_mac" type bridge stp_state 0 forward_delay 0
	ip -n "$scene-dom0" link set xenbr0 up
	bridged_create b2
	attach b2
}

@test "of two vifs with one address on two bridges, the one that goes leaves it to the other" {
	local sources
	dom0 firewall start
	ip -n "$scene-dom0" link add xenbr1 type bridge
	vif_create b1
	attach b1
	guest_twin b2 b1 12
	vif_create b2
	attach b2 bridge=xenbr1
	detach b1
	sources=$(dom0 nft list set bridge taofirewall source4_32)
	grep -qF '"vif12.0"' <<<"$sources"
	run ! grep -F vif11.0 <<<"$(resting_rules)"
	grep -qwF "$(address b1 4)" <<<"$(dom0 nft list set bridge taofirewall guest4_32)"
	detach b2
	nothing_left
}

@test "a guest that was started with Xen's own script is protected from a reload on" {
	neighbours b1 b2
	attach b2
	store_vif 11 0 "mac=$(mac b1)" "ip=$(address b1 4) $(address b1 6)" script=/etc/xen/scripts/vif-bridge state=4
	ip -n "$scene-dom0" link set vif11.0 master xenbr0 up
	dom0 firewall reload
	frame ip4 "udp dport 7001" udp4 src=192.0.2.201 dst="$(address b2 4)" dport=7001
	frame mac "udp dport 7003" udp4 smac="$(mac b3)" src="$(address b1 4)" dst="$(address b2 4)" dport=7003
	none_pass b1 b2
	frame ip4 "udp dport 7001" udp4 src="$(address b1 4)" dst="$(address b2 4)" dport=7001
	all_pass b1 b2
}
