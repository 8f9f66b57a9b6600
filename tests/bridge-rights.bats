#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the host file of one guest lets it do that no other guest may: ROLE, MACS, ETHERTYPES, SHARED.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/frames

vmac=00:00:5e:00:01:07	# of VRRP, group 7

# by_router: what routers and DHCP servers say, from addresses that are nobody's here; with a family, of that one alone
by_router() {
	if [[ ${1:-4} = 4 ]]; then
		frame lease4 "udp sport 67 udp dport 68" udp4 src="$(address b1 4)" dst=255.255.255.255 sport=67 dport=68 payload=240 dmac=ff:ff:ff:ff:ff:ff
		frame routed4 "ip saddr 203.0.113.9" udp4 src=203.0.113.9 dst="$(address b2 4)" dport=7001
		frame redirect4 "icmp type redirect" icmp4 src="$(address b1 4)" dst="$(address b2 4)" type=5 payload=32
		frame querier4 "ip protocol igmp" ip4 proto=2 hops=1 type=17 src="$(address b1 4)" dst=224.0.0.1 payload=8 dmac=01:00:5e:00:00:01
	fi
	if [[ ${1:-6} = 6 ]]; then
		frame router6 "icmpv6 type nd-router-advert" icmp6 hops=255 src="$(link_local b1)" dst=ff02::1 type=134 payload=8 dmac=33:33:00:00:00:01
		frame lease6 "udp sport 547 udp dport 546" udp6 src="$(link_local b1)" dst="$(link_local b2)" sport=547 dport=546
		frame routed6 "ip6 saddr 2001:db8:ffff::9" udp6 src=2001:db8:ffff::9 dst="$(address b2 6)" dport=7001
		frame redirect6 "icmpv6 type nd-redirect" icmp6 hops=255 src="$(link_local b1)" dst="$(address b2 6)" type=137 payload=32
	fi
}

@test "with ROLE = router a guest says what routers and DHCP servers say, and sends on from others' addresses" {
	hear_reports
	neighbours b1 b2
	attach b1
	attach b2
	by_router
	none_pass b1 b2
	host b1 "ROLE = router"
	dom0 firewall reload
	by_router
	all_pass b1 b2
}

@test "a router of one family is none in the other" {
	hear_reports
	neighbours b1 b2
	FAMILIES=6 host b1 "ROLE = router"
	dom0 firewall reload
	attach b1
	attach b2
	by_router 4
	none_pass b1 b2
	by_router 6
	all_pass b1 b2
}

@test "a router does not send from an address of another guest, of this machine, or from another's MAC" {
	local each
	neighbours b1 b2 b3
	host b1 "ROLE = router"
	dom0 firewall reload
	attach b1
	attach b2
	attach b3
	frame probe "arp saddr ip 0.0.0.0 arp daddr ip $(address b1 4)" arp spa=0.0.0.0 tpa="$(address b1 4)" dmac=ff:ff:ff:ff:ff:ff
	all_pass b1 b2
	frame mac "udp dport 7000" udp4 smac="$(mac b3)" src=203.0.113.9 dst="$(address b2 4)" dport=7000
	for each in b3 bridge; do
		frame "ip4$each" "ip saddr $(address $each 4)" udp4 src="$(address $each 4)" dst="$(address b2 4)" dport=7001
		frame "ip6$each" "ip6 saddr $(address $each 6)" udp6 src="$(address $each 6)" dst="$(address b2 6)" dport=7001
		frame "arp$each" "arp saddr ip $(address $each 4)" arp op=reply spa="$(address $each 4)" tpa="$(address b2 4)"
		frame "asks$each" "arp saddr ip $(address $each 4)" arp spa="$(address $each 4)" tpa="$(address b2 4)"
	done
	frame claims "arp operation reply arp saddr ip 192.0.2.201" arp op=reply spa=192.0.2.201 tpa="$(address b2 4)"
	frame asks "arp saddr ip 192.0.2.201 arp operation request" arp spa=192.0.2.201 tpa="$(address b2 4)" dmac=ff:ff:ff:ff:ff:ff
	frame asks_as "arp saddr ether 02:aa:aa:aa:aa:aa" arp sha=02:aa:aa:aa:aa:aa spa=192.0.2.201 tpa="$(address b2 4)" dmac=ff:ff:ff:ff:ff:ff
	frame ns "icmpv6 type nd-neighbor-solicit" icmp6 hops=255 src=2001:db8:b:1::77 dst=ff02::1:ff00:12 type=135 target="$(address b2 6)" option=1 dmac=33:33:ff:00:00:12
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src="$(link_local b1)" dst="$(address b2 6)" type=136 target=2001:db8:b:1::77 option=2
	none_pass b1 b2
}

# from_vmac FROM [TO]: what a guest says as its virtual router
from_vmac() {
	frame ip4 "udp dport 7001" udp4 smac=$vmac src="$(address b1 4)" dst="$(address "$1" 4)" dport=7001
	frame ip6 "udp dport 7002" udp6 smac=$vmac src="$(address b1 6)" dst="$(address "$1" 6)" dport=7002
	frame arp "arp saddr ether $vmac" arp smac=$vmac sha=$vmac spa="$(address b1 4)" tpa="$(address b1 4)" dmac=ff:ff:ff:ff:ff:ff
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 smac=$vmac src=fe80::200:5eff:fe00:107 dst=ff02::1 type=136 target="$(address b1 6)" option="2:$vmac" dmac=33:33:00:00:00:01
}

@test "with MACS a guest sends from these, too, and is reached there" {
	neighbours b1 b2
	attach b1
	attach b2
	from_vmac b2
	none_pass b1 b2
	host b1 "MACS = 02:00:00:00:00:07 $vmac"
	dom0 firewall reload
	from_vmac b2
	frame mac "udp dport 7003" udp4 smac=02:00:00:00:00:07 src="$(address b1 4)" dst="$(address b2 4)" dport=7003
	all_pass b1 b2
	equal "where the MAC is" "$(learnt $vmac)" vif11.0
	inside lan send eth0 udp4 smac="$(mac b1)" src="$(address lan 4)" dst=192.0.2.255 dmac=ff:ff:ff:ff:ff:ff
	is_at "$(mac b1)" vif11.0
	frame other "udp dport 7004" udp4 smac=02:00:00:00:00:08 src="$(address b1 4)" dst="$(address b2 4)" dport=7004
	frame strangers4 "udp dport 7005" udp4 smac=$vmac src=192.0.2.201 dst="$(address b2 4)" dport=7005
	frame strangers6 "udp dport 7006" udp6 smac=$vmac src="$(link_local b1)" dst="$(address b2 6)" dport=7006
	none_pass b1 b2
	frame to_vmac "udp dport 7007" udp4 dmac=$vmac src="$(address b2 4)" dst="$(address b1 4)" dport=7007
	all_pass b2 b1
}

@test "a guest's limits hold for the link-local addresses of its MACS, and explain knows both" {
	local asked=(--from fe80::200:5eff:fe00:107 --to fe80::200:5eff:fe00:5303 --port 7001/udp)
	rules "[input]" "POLICY = ACCEPT" "[forward]" "POLICY = ACCEPT"
	host b1 "MACS = $vmac" "OUT_PORTS = 53/udp"
	neighbours b1 b2
	attach b1
	frame dom0 "udp dport 7001" udp6 smac=$vmac src=fe80::200:5eff:fe00:107 dst=fe80::200:5eff:fe00:5303 dport=7001 dmac="$(mac_of_bridge)"
	dom0 nft -f - <<-'END'
		table inet seen {
			counter of_link { }
			chain arrived {
				type filter hook input priority 100
				iifname "xenbr0" ip6 saddr fe80::/10 udp dport 7001 counter name of_link
			}
		}
	END
	send_all b1 bridge
	inside b1 ping -n -q -c 1 -w 5 "$(address bridge 4)" || true
	arrives_not dom0 link
	run -1 dom0 firewall explain "${asked[@]}"
	FAMILIES=6 host b1 "MACS = $vmac"
	FAMILIES=4 host b1
	dom0 firewall reload
	send_all b1 bridge
	arrives dom0 link
	run -0 dom0 firewall explain "${asked[@]}"
}

mac_of_bridge() { dom0 cat /sys/class/net/xenbr0/address; }

@test "a file for a part of a guest's prefix gives it no right of the guest that has this part" {
	host b1 "ROLE = router" "MACS = $vmac" "ETHERTYPES = 0x8864"
	neighbours b1 b2
	attach b1 "ip=192.0.2.140/30 2001:db8:b:1::10/124"
	attach b2
	by_router 6
	frame mac "udp dport 7003" udp4 smac=$vmac src=192.0.2.140 dst="$(address b2 4)" dport=7003
	pppoe
	none_pass b1 b2
}

pppoe() { frame pppoe "ether type 0x8864" ether type=0x8864 payload=40; }

@test "with ETHERTYPES a guest sends and gets frames of these types, to and from guests and the LAN" {
	for each in b1 b2; do host $each "FIREWALL = no"; done
	neighbours b1 b2
	attach b1
	attach b2
	pppoe
	none_pass b1 b2
	host b1 "FIREWALL = no" "ETHERTYPES = 0x8863 0x8864"
	dom0 firewall reload
	pppoe
	all_pass b1 b2
	pppoe
	all_pass b1 lan
	pppoe
	all_pass lan b1
	frame lldp "ether type 0x88cc" ether type=0x88cc payload=40
	frame mac "ether type 0x8864" ether type=0x8864 smac=02:00:00:00:00:07 payload=40
	none_pass b1 b2
	pppoe
	none_pass b2 b1
}

# by_peer FROM TO: who has the address of b1 now, on another host, says so to TO
by_peer() {
	frame ip4 "ip saddr $(address b1 4) udp dport 7001" udp4 src="$(address b1 4)" dst="$(address "$1" 4)" dport=7001
	frame ip6 "ip6 saddr $(address b1 6) udp dport 7002" udp6 src="$(address b1 6)" dst="$(address "$1" 6)" dport=7002
	frame arp "arp saddr ip $(address b1 4)" arp spa="$(address b1 4)" tpa="$(address b1 4)" dmac=ff:ff:ff:ff:ff:ff
	frame reply "arp operation reply arp saddr ip $(address b1 4)" arp op=reply spa="$(address b1 4)" tpa="$(address "$1" 4)"
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src="$(address b1 6)" dst=ff02::1 type=136 target="$(address b1 6)" option=2 dmac=33:33:00:00:00:01
}

@test "with SHARED an address may be used here, and come from the LAN" {
	for each in b1 b2 b3; do host $each "FIREWALL = no"; done
	neighbours b1 b2 b3
	attach b1
	attach b2
	by_peer b2
	none_pass lan b2
	host b1 "FIREWALL = no" "SHARED = yes"
	dom0 firewall reload
	by_peer b2
	all_pass lan b2
	by_peer b2
	all_pass b1 b2
	attach b3
	by_peer b2
	none_pass b3 b2
	frame ip4 "udp dport 7001" udp4 src="$(address b3 4)" dst="$(address b2 4)" dport=7001
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src="$(address b1 6)" dst=ff02::1 type=136 target="$(address b3 6)" option=2 dmac=33:33:00:00:00:01
	none_pass lan b2
}

# vrrp FROM: an advertisement of it, in both families
vrrp() {
	frame vrrp4 "ip protocol 112" ip4 hops=255 proto=112 src="$(address "$1" 4)" dst=224.0.0.18 payload=20 dmac=01:00:5e:00:00:12
	frame vrrp6 "ip6 nexthdr 112" ip6 hops=255 proto=112 src="$(address "$1" 6)" dst=ff02::12 payload=40 dmac=33:33:00:00:00:12
}

@test "a guest with a shared address hears who else has it by VRRP, whatever is closed, and others hear it" {
	hear_reports
	rules "[forward]" "POLICY = DROP"
	host b1 "SHARED = yes"
	host b2 "OUT_PORTS = 53/udp"
	neighbours b1 b2
	attach b1
	attach b2
	for each in b1 b2 lan; do
		watch_frames $each vrrp4 "ip protocol 112"
		watch_frames $each vrrp6 "ip6 nexthdr 112"
	done
	vrrp lan
	send_all lan b1
	arrives b1 vrrp4
	arrives b1 vrrp6
	arrives_not b2 vrrp4
	arrives_not b2 vrrp6
	frames=()
	vrrp b2
	send_all b2 lan
	frames=()
	vrrp b1
	send_all b1 lan
	arrives lan vrrp6
	sleep 0.2
	equal "what arrived at the LAN in IPv4" "$(seen lan vrrp4)" 1
	equal "what arrived at the LAN in IPv6" "$(seen lan vrrp6)" 1
}

@test "two guests of this machine may have a shared address, and the one that goes leaves it to the other" {
	for each in b2 b3; do host $each "FIREWALL = no"; done
	host vip "IP = {b1}" "FIREWALL = no" "SHARED = yes"
	neighbours b1 b2 b3
	attach b1
	attach b2 "ip=$(address b2 4) $(address b2 6) $(address b1 4) $(address b1 6)"
	attach b3
	by_peer b3
	all_pass b1 b3
	by_peer b3
	all_pass b2 b3
	detach b1
	by_peer b3
	all_pass b2 b3
	by_peer b3
	all_pass lan b3
}

port() { bridge -n "$scene-dom0" -d link show dev vif11.0 | grep -oE " (guard|root_block|learning|flood|mcast_router) [a-z0-9]+" | sort | tr -d '\n'; }

@test "ANTISPOOF = no, ROLE and MACS hold for the bridge's ports too, from a reload on" {
	hear_reports
	host b2 "ROLE = router" "MACS = $vmac"
	neighbours b1 b2
	attach b1
	attach b2
	equal "the port" "$(port)" " flood off guard on learning off mcast_router 0 root_block on"
	[[ $(bridge -n "$scene-dom0" -d link show dev vif12.0) == *"learning on flood on"*"mcast_router 1"* ]]
	sed -i 's/^\[xen\]/&\nANTISPOOF = no/' "$TAOFIREWALL_CONFIG/taofirewall.conf"
	dom0 firewall reload
	equal "the port" "$(port)" " flood on guard off learning on mcast_router 1 root_block off"
	from_vmac b2
	by_router
	all_pass b1 b2
	sed -i '/^ANTISPOOF/d' "$TAOFIREWALL_CONFIG/taofirewall.conf"
	dom0 firewall reload
	equal "the port" "$(port)" " flood off guard on learning off mcast_router 0 root_block on"
}

# advertised NAME IFACE FROM: a router's advertisement, to all
advertised() { inside "$1" send "$2" icmp6 hops=255 src="$3" dst=ff02::1 type=134 payload=8 dmac=33:33:00:00:00:01; }

@test "a guest whose ip= names IPv4 alone hears of no router: not from the LAN, another guest or this machine" {
	host b3 "ROLE = router"
	neighbours b1 b2 b3
	attach b1 "ip=$(address b1 4)"
	attach b2 ip=
	attach b3
	for each in b1 b2; do
		watch_frames $each heard "icmpv6 type nd-router-advert"
		watch_frames $each end "udp dport 7999"
	done
	advertised lan eth0 fe80::1
	advertised b3 eth0 "$(link_local b3)"
	advertised dom0 xenbr0 fe80::200:5eff:fe00:5303
	arrives b2 heard 3
	inside b2 send eth0 udp4 dmac="$(mac b1)" src=192.0.2.201 dst="$(address b1 4)" dport=7999
	arrives b1 end
	arrives_not b1 heard
	equal "drops to b1" "$(dropped refused vif11.0 bridge)" 0
}

@test "with SHARED a guest gives itself addresses of the LAN's prefix, but none that another guest or this machine has" {
	local each
	for each in b1 b2; do host $each "FIREWALL = no"; done
	FAMILIES=6 host slaac "IP = 2001:db8:b:1::/64" "SHARED = yes" "FIREWALL = no"
	neighbours b1 b2 b3
	attach b1 "ip=$(address b1 4) 2001:db8:b:1::/64"
	attach b2
	attach b3 "ip=$(address b3 4) 2001:db8:b:1::/64"
	for each in b1 b3; do
		frame own "ip6 saddr 2001:db8:b:1::77" udp6 src=2001:db8:b:1::77 dst="$(address b2 6)" dport=7001
		frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src=2001:db8:b:1::77 dst="$(address b2 6)" type=136 target=2001:db8:b:1::77 option=2
		all_pass $each b2
	done
	frame lan "ip6 saddr 2001:db8:b:1::88" udp6 src=2001:db8:b:1::88 dst="$(address b2 6)" dport=7001
	frame lan_na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src=2001:db8:b:1::88 dst="$(address b2 6)" type=136 target=2001:db8:b:1::88 option=2
	all_pass lan b2
	for each in b2 bridge; do
		frame "ip6$each" "ip6 saddr $(address $each 6)" udp6 src="$(address $each 6)" dst="$(address b3 6)" dport=7001
		frame "na$each" "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src="$(link_local b1)" dst="$(address b3 6)" type=136 target="$(address $each 6)" option=2
		frame "detection$each" "icmpv6 type nd-neighbor-solicit ip6 saddr ::" icmp6 hops=255 src=:: dst=ff02::1:ff00:12 type=135 target="$(address $each 6)" dmac=33:33:ff:00:00:12
	done
	frame beside "ip6 saddr 2001:db8:b:2::77" udp6 src=2001:db8:b:2::77 dst="$(address b3 6)" dport=7001
	none_pass b1 b3
	frame ip6 "ip6 saddr $(address b2 6)" udp6 src="$(address b2 6)" dst="$(address b1 6)" dport=7001
	none_pass lan b1
}

@test "a router tells of routes and routers from its own addresses alone" {
	host b1 "ROLE = router"
	hear_reports
	neighbours b1 b2
	attach b1
	attach b2
	frame advert "icmpv6 type nd-router-advert ip6 saddr fe80::77" icmp6 hops=255 src=fe80::77 dst=ff02::1 type=134 \
		payload=8 dmac=33:33:00:00:00:01
	frame redirect "icmpv6 type nd-redirect ip6 saddr fe80::77" icmp6 hops=255 src=fe80::77 dst="$(address b2 6)" \
		type=137 payload=40
	frame redirect4 "icmp type redirect" icmp4 src=192.0.2.131 dst="$(address b2 4)" type=5 code=1
	none_pass b1 b2
	frames=() labels=() matches=()
	dom0 firewall start
	frame own "icmpv6 type nd-router-advert" icmp6 hops=255 src="$(link_local b1)" dst=ff02::1 type=134 \
		payload=8 dmac=33:33:00:00:00:01
	frame own4 "icmp type redirect" icmp4 src="$(address b1 4)" dst="$(address b2 4)" type=5 code=1
	all_pass b1 b2
}

@test "the virtual router of IPv6 says that it is one from the link-local address that its MAC gives alone" {
	local link=fe80::200:5eff:fe00:207 vmac=00:00:5e:00:02:07
	hear_reports
	host b1 "ROLE = router" "MACS = $vmac"
	neighbours b1 b2
	attach b1
	attach b2
	by_virtual "$link"
	frame vrrp "ip6 nexthdr 112" ip6 smac=$vmac hops=255 proto=112 src="$link" dst=ff02::12 payload=24 dmac=33:33:00:00:00:12
	all_pass b1 b2
	by_virtual fe80::1
	none_pass b1 b2
	run dom0 firewall explain --from fe80::1 --to ff02::1 --icmp nd-router-advert --in "$(vif b1)" --out "$(vif b2)"
	[ "$status" -eq 1 ]
	[[ $output == *"those alone that its MAC and MACS give (EUI-64)"* ]]
}

# by_virtual ADDRESS: what it says as that of a virtual router
by_virtual() {
	frame router "icmpv6 type nd-router-advert" icmp6 smac=$vmac hops=255 src="$1" dst=ff02::1 type=134 payload=8 dmac=33:33:00:00:00:01
	frame advert "icmpv6 type nd-neighbor-advert" icmp6 smac=$vmac hops=255 src="$1" dst=ff02::1 type=136 target="$1" \
		option=2:$vmac dmac=33:33:00:00:00:01
}
