#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The policy for what comes from a bridge: routed by Dom0, switched between guests, and to ports that are no guests'. What
# it is for these where the kernel tracks connections on bridges, xen-bridge.bats shows on Debian's; here is what holds
# where it does not.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	configure XEN=yes
	bridge_create
}

untracked() {
	! dom0 nft -c 'add table bridge try; add chain bridge try c; add rule bridge try c ct state new' 2>/dev/null ||
		skip "this kernel tracks connections on bridges"
}

@test "what Dom0 routes from and to a bridged guest meets its host file, with br_netfilter and without" {
	local each
	host b1 "PUBLIC_PORTS = 80 53/udp" "USERS = 22@{office}" "OUT_PORTS = 443 53/udp"
	dom0 firewall start
	serve world
	bridged_create b1 b2
	attach b1
	attach b2
	for each in 1 0; do
		br_netfilter $each
		connects world b1 tcp/80 udp/53
		connects office b1 tcp/22
		refuses world b1 tcp/22 tcp/443
		refuses stranger b1 tcp/22
		refuses world b2 tcp/80
		connects b1 world tcp/443 udp/53
		refuses b1 world tcp/80 tcp/22
		connects b2 world tcp/80 tcp/22
	done
}

@test "the same holds where Dom0's address is on an interface above the bridge, as a VLAN's" {
	host b1 "PUBLIC_PORTS = 80 53/udp" "OUT_PORTS = 443 53/udp"
	dom0 firewall start
	serve world
	bridged_create b1
	ip -n "$scene-dom0" -batch - <<-END
		address flush dev xenbr0
		link add link xenbr0 name above address 00:00:5e:00:53:05 type macvlan mode bridge
		link set above up
		address add $(address bridge 4)/25 dev above
		address add $(address bridge 6)/64 dev above nodad
	END
	attach b1
	br_netfilter 0
	trust_everybody
	connects world b1 tcp/80 udp/53
	refuses world b1 tcp/22
	connects b1 world tcp/443 udp/53
	refuses b1 world tcp/22
	watch world claimed "udp dport 7777"
	claim_b1
	arrives_not world claimed
	dom0 firewall stop
	claim_b1
	arrives world claimed 4
}

# claim_b1: the LAN and the world send in b1's name to the world, by way of Dom0
claim_b1() {
	local family
	for family in 4 6; do
		inside lan send eth0 "udp$family" dmac=00:00:5e:00:53:05 src="$(address b1 $family)" \
			dst="$(address world $family)" dport=7777
	done
	send_as world b1 world dport=7777
}

@test "what Dom0 routes from and to a bridged guest meets its levels" {
	rules "[forward]" "LEVEL_10 = DROP" "LEVEL_20 = RETURN"
	host b1 "PUBLIC_PORTS = 80 443" "OUT_PORTS = 80 443" "[settings 10]" "USERS = 80@{stranger}" "OUT_PORTS = 443" \
		"[settings 20]" "USERS = 443@{office}" "OUT_PORTS = 53/udp"
	dom0 firewall start
	serve world
	bridged_create b1
	attach b1
	connects world b1 tcp/80 tcp/443
	refuses stranger b1 tcp/80
	connects stranger b1 tcp/443
	refuses office b1 tcp/443
	connects b1 world tcp/80 udp/53
	refuses b1 world tcp/443 tcp/22
}

@test "guests of one bridge speak freely whatever the policy says, with br_netfilter and without" {
	local each
	host b1 "OUT_PORTS = 443"
	dom0 firewall start
	bridged_create b1 b2
	attach b1
	attach b2
	for each in 1 0; do
		br_netfilter $each
		connects b1 b2 tcp/80 udp/53
		connects b2 b1 tcp/22 udp/123
		pings b1 b2
	done
}

@test "a frame to a neighbour opens no conversation with somebody else, with br_netfilter and without" {
	local each family frame
	host b1 "OUT_PORTS = 443"
	dom0 firewall start
	serve world
	bridged_create b1 b2
	attach b1
	attach b2
	watch_frames b2 opened "udp dport 7777"
	watch world answered "udp dport 7777"
	watch b1 answered "udp dport 6050"
	for each in 1 0; do
		br_netfilter $each
		for family in 4 6; do
			frame="udp$family src=$(address b1 $family) dst=$(address world $family) sport=6050 dport=7777"
			# shellcheck disable=SC2086 # words
			inside b1 send eth0 $frame dmac="$(mac b2)" + $frame dmac="$bridge_mac"
		done
		send_as world world b1 sport=7777 dport=6050
		connects b1 world tcp/443
	done
	arrives b2 opened 4
	arrives_not world answered
	arrives_not b1 answered
}

@test "ports that are no guests' are none of the policy's business, with br_netfilter and without" {
	local each
	dom0 firewall start
	namespace_add other
	ip -n "$scene-other" link add eth0 type veth peer name lan1 netns "$scene-dom0"
	ip -n "$scene-dom0" link set lan1 master xenbr0 up
	scene_addresses[other 4]=192.0.2.131 scene_addresses[other 6]=2001:db8:b:1::3
	lan_address other
	serve lan
	for each in 1 0; do
		br_netfilter $each
		connects other lan tcp/80 udp/53
	done
}

@test "where the kernel can't track connections on bridges, guests are cut off from other ports, and told so" {
	local each words
	untracked
	host b1 "PUBLIC_PORTS = 80"
	dom0 firewall start
	serve lan
	bridged_create b1 b2
	run attach b1
	[ "$status" -eq 0 ]
	words="his kernel tracks no connections on bridges, so frames between guests and ports that are no guests' are dropped, but for what links need (as ARP), what is for groups, hosts with FIREWALL = no and [unmanaged] networks: run modprobe nf_conntrack_bridge (or a kernel with CONFIG_NF_CONNTRACK_BRIDGE) and firewall reload"
	grep -qF "vif11.0: t$words" <<<"$output"
	attach b2
	for each in 1 0; do
		br_netfilter $each
		refuses lan b1 tcp/80 tcp/22
		refuses b1 lan tcp/80 udp/53
		no_pings b1 lan
	done
	watch lan crossed "udp dport 7777"
	watch b1 crossed "udp dport 7777"
	inside b1 send eth0 udp4 dmac="$lan_mac" src="$(address b1 4)" dst="$(address lan 4)" dport=7777
	inside lan send eth0 udp4 dmac="$(mac b1)" src="$(address lan 4)" dst="$(address b1 4)" dport=7777
	connects b1 b2 tcp/80
	arrives_not lan crossed
	arrives_not b1 crossed
	grep -qF "Beware: t$words" <<<"$(dom0 firewall status)"
	grep -qF "bridges: t$words" <<<"$(dom0 firewall check)"
	dom0 firewall status | grep "on vif11.0, a port of xenbr0" | grep -qE "0 spoofed, [1-9][0-9]* by policy"
	dom0 firewall status | grep "on vif12.0, a port of xenbr0" | grep -qE "0 spoofed, 0 by policy"
	dom0 firewall stop
	connects lan b1 tcp/80
	connects b1 lan udp/53
}

@test "without tracking, hosts with FIREWALL = no and unmanaged networks pass in both directions" {
	local each
	untracked
	host b1 "FIREWALL = no"
	rules "[unmanaged]" "NETWORKS = {b2}"
	dom0 firewall start
	serve lan
	bridged_create b1 b2 b3
	attach b1
	attach b2
	attach b3
	for each in 1 0; do
		br_netfilter $each
		connects lan b1 tcp/80 udp/53
		connects b1 lan tcp/22
		connects lan b2 tcp/80
		connects b2 lan tcp/22
		refuses b3 lan tcp/22
	done
}

@test "bridged frames are not translated, with br_netfilter and without" {
	local each
	FAMILIES=4 host b1 "FIREWALL = no" "NAT = {dom0}"
	dom0 firewall start
	vif_create b1
	lan_address b1
	attach b1
	watch lan own "ip saddr $(address b1 4) udp dport 7777"
	watch world translated "ip saddr $(address dom0 4) udp dport 7777"
	for each in 1 0; do
		br_netfilter $each
		inside b1 send eth0 udp4 dmac="$lan_mac" src="$(address b1 4)" dst="$(address lan 4)" dport=7777
	done
	arrives lan own 2
	inside b1 send eth0 udp4 dmac="$bridge_mac" src="$(address b1 4)" dst="$(address world 4)" dport=7777
	arrives world translated
}

@test "a guest calls a forwarded port of its own, but not with br_netfilter, and is told so" {
	local words="br_netfilter is on, so what a machine behind a bridge sends to a forwarded port of its own, or with ISOLATE = yes of its neighbour's, goes nowhere: run sysctl net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0"
	scene_addresses[public\ 4]=192.0.2.5 scene_addresses[public\ 6]=2001:db8:b::5
	scene_addresses[subnet\ 4]=192.0.2.128/26 scene_addresses[subnet\ 6]=2001:db8:b:1::/64
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0"
	host b1 "NAT = {public}" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	dom0 firewall start
	serve world
	bridged_create b1 b2
	attach b1
	attach b2
	br_netfilter 0
	connects world public tcp/8080
	connects b2 public tcp/8080
	connects b1 public tcp/8080
	run ! grep -F "br_netfilter is on" <<<"$(dom0 firewall status; dom0 firewall check)"
	br_netfilter 1
	connects world public tcp/8080
	connects b2 public tcp/8080
	refuses b1 public tcp/8080
	grep -qxF "Beware: $words." <<<"$(dom0 firewall status)"
	grep -qxF "  $words" <<<"$(dom0 firewall check)"
}

# lan_says LABEL MATCH WORD...: b1 hears it
lan_says() {
	watch_frames b1 "$1" "$2"
	inside lan send eth0 "${@:3}"
	arrives b1 "$1"
}

# b1_says LABEL MATCH WORD...: the LAN hears it
b1_says() {
	watch_frames lan "$1" "$2"
	inside b1 send eth0 "${@:3}"
	arrives lan "$1"
}

@test "neighbours, addresses and listeners are found through any port" {
	dom0 firewall start
	ip -n "$scene-dom0" link set xenbr0 type bridge mcast_snooping 0
	vif_create b1
	lan_address b1
	attach b1
	local to_b1 to_lan=dmac=$lan_mac
	to_b1=dmac=$(mac b1)
	lan_says arp "arp operation request" arp "$to_b1" spa="$(address lan 4)" tpa="$(address b1 4)"
	lan_says solicit "icmpv6 type nd-neighbor-solicit" icmp6 "$to_b1" hops=255 src="$(address lan 6)" dst="$(address b1 6)" type=135 target="$(address b1 6)"
	lan_says advert "icmpv6 type nd-router-advert" icmp6 dmac=33:33:00:00:00:01 hops=255 src=fe80::1 dst=ff02::1 type=134 payload=8
	lan_says query "icmpv6 type mld-listener-query" icmp6 dmac=33:33:00:00:00:01 hops=1 src=fe80::1 dst=ff02::1 type=130 payload=16 ext=hop
	lan_says query4 "ip protocol igmp" ip4 hops=1 dmac=01:00:5e:00:00:01 src="$(address lan 4)" dst=224.0.0.1 proto=2 type=0x11 payload=7
	lan_says offer "udp sport 67 udp dport 68" udp4 "$to_b1" src="$(address lan 4)" dst="$(address b1 4)" sport=67 dport=68
	lan_says reply6 "udp sport 547 udp dport 546" udp6 "$to_b1" src=fe80::1 dst="$(link_local b1)" sport=547 dport=546
	b1_says arp "arp operation request" arp "$to_lan" spa="$(address b1 4)" tpa="$(address lan 4)"
	b1_says solicit "icmpv6 type nd-neighbor-solicit" icmp6 "$to_lan" hops=255 src="$(address b1 6)" dst="$(address lan 6)" type=135 target="$(address lan 6)"
	b1_says discover "udp sport 68 udp dport 67" udp4 dmac=ff:ff:ff:ff:ff:ff src=0.0.0.0 dst=255.255.255.255 sport=68 dport=67
	b1_says solicit6 "udp sport 546 udp dport 547" udp6 dmac=33:33:00:01:00:02 src="$(link_local b1)" dst=ff02::1:2 sport=546 dport=547
	b1_says report "ip protocol igmp" ip4 hops=1 dmac=01:00:5e:00:00:16 src="$(address b1 4)" dst=224.0.0.22 proto=2 type=0x22 payload=15
	b1_says listener "icmpv6 type mld2-listener-report" icmp6 dmac=33:33:00:00:00:16 hops=1 src="$(link_local b1)" dst=ff02::16 type=143 payload=20 ext=hop
}

@test "a guest asks for its address by broadcasts alone: to one machine it speaks as its host file says" {
	host b1 "OUT_PORTS = 443"
	dom0 firewall start
	vif_create b1
	lan_address b1
	attach b1
	watch_frames lan asked "udp sport 68 udp dport 67 ip daddr != 255.255.255.255"
	inside b1 send eth0 udp4 dmac="$lan_mac" src="$(address b1 4)" dst="$(address stranger 4)" sport=68 dport=67
	b1_says request "udp sport 68 udp dport 67" udp4 dmac=ff:ff:ff:ff:ff:ff src="$(address b1 4)" dst=255.255.255.255 sport=68 dport=67
	arrives_not lan asked
	equal "drops of b1" "$(dropped refused vif11.0 bridge)" 1
}

@test "no other protocols come to a guest" {
	dom0 firewall start
	vif_create b1
	lan_address b1
	attach b1
	watch_frames b1 pppoe "ether type 0x8863"
	inside lan send eth0 ether type=0x8863 dmac="$(mac b1)"
	lan_says arp "arp operation request" arp dmac="$(mac b1)" spa="$(address lan 4)" tpa="$(address b1 4)"
	arrives_not b1 pppoe
	dom0 firewall stop
	inside lan send eth0 ether type=0x8863 dmac="$(mac b1)"
	arrives b1 pppoe
}

@test "the mark that lets bridged frames pass is nobody's to bring along" {
	dom0 firewall start
	guest_create g1
	serve world
	bridged_create b1
	attach g1
	attach b1
	# somebody marks whatever comes in, before all of our own rules
	dom0 nft -f - <<-'END'
		table inet marking {
			chain early { type filter hook prerouting priority -460; meta mark set 0x08000001; }
		}
		table bridge marking {
			chain early { type filter hook prerouting priority -310; meta mark set 0x08000001; }
		}
	END
	refuses world g1 tcp/80
	refuses world b1 tcp/80
	refuses lan g1 tcp/80
	connects g1 world tcp/80
	# and what he means by his other bits is left alone
	dom0 nft 'table inet marking { counter of_rest { }; chain late { type filter hook forward priority 10; meta mark 0x1 counter name of_rest; } ; }'
	connects b1 world tcp/80
	arrives dom0 rest
}

@test "a guest without ip= that claims to be of a closed network makes no answer of what goes there" {
	host office "TYPE = network"
	host g1 "PUBLIC_PORTS = 53/udp"
	dom0 firewall start
	serve world
	guest_create g1
	bridged_create b1
	attach g1
	attach b1 ip=
	br_netfilter 0
	trust_everybody
	watch world answered "udp dport 6050"
	vif_mac=$bridge_mac send_as b1 office g1 sport=6050 dport=53
	send_as g1 g1 office sport=53 dport=6050
	connects office g1 udp/53
	refuses g1 office udp/6050
	arrives_not world answered
	dom0 firewall stop
	send_as g1 g1 office sport=53 dport=6050
	arrives world answered 2
}

@test "a bridged guest that may not open what it likes may not from its link-local address, either" {
	rules "[input]" "POLICY = ACCEPT"
	host b1 "OUT_PORTS = 80"
	dom0 firewall start
	bridged_create b1 b2
	attach b1
	attach b2
	dom0 nft -f - <<-END
		table inet heard {
			counter of_b1 { }
			counter of_b2 { }
			chain input {
				type filter hook input priority 200
				ip6 saddr $(link_local b1) udp dport 7777 counter name of_b1
				ip6 saddr $(link_local b2) udp dport 7777 counter name of_b2
			}
		}
	END
	FAMILIES=6 pings b2 fe80::200:5eff:fe00:5303%eth0	# it has been detected by now
	for each in b1 b2; do
		inside $each send eth0 udp6 dmac="$bridge_mac" src="$(link_local $each)" dst=fe80::200:5eff:fe00:5303 dport=7777
	done
	is_heard() { [[ $(dom0 nft list counter inet heard of_b2) == *"packets 1 "* ]]; }
	eventually is_heard
	[[ $(dom0 nft list counter inet heard of_b1) == *"packets 0 "* ]]
	detach b1
	[[ $(dom0 nft list set inet taofirewall egress_limited_link6_128) != *elements* ]]
}
