#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ISOLATE by way of Dom0: what a guest of the bridge says never comes back to the network, whatever its source.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

link_shows() { ip -n "$scene-dom0" -d link show dev "$1" | grep -qF "$2" || fail "$1 is not: $2"; }

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	configure XEN=yes
	bridge_create
	br_netfilter 0
	scene_addresses[subnet 4]=192.0.2.128/26 scene_addresses[subnet 6]=2001:db8:b:1::/64
	scene_addresses[alias 4]=203.0.113.200 scene_addresses[alias 6]=2001:db8:f::200
	! uses_iptables || FAMILIES=4
}

@test "ISOLATE keeps them apart by way of Dom0 whatever their source, with or without ip=" {
	local each
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0" "ISOLATE = yes" "FRIENDS = {alias}" \
		"[unmanaged]" "NETWORKS = {alias}"
	for each in b1 b2 b3; do host $each "FIREWALL = no"; done
	host alias "FIREWALL = no"
	dom0 firewall start
	trust_everybody
	bridged_create b1 b2
	watch b2 spoofed "udp dport 7777"
	for each in "ip=" "ip=$(address b1 4) $(address alias 4)"; do
		[[ $each != "ip=" ]] || ! uses_iptables || continue
		[[ $each == "ip=" ]] || uses_iptables || each+=" $(address b1 6) $(address alias 6)"
		attach b1 "$each"
		attach b2
		send_by_dom0 b1 alias b2 dport=7777
		sleep 0.2
		arrives_not b2 spoofed
		rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0"
		dom0 firewall reload
		send_by_dom0 b1 alias b2 dport=7777
		arrives b2 spoofed "$(wc -w <<<"${FAMILIES:-4 6}")"
		unwatch b2
		rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0" "ISOLATE = yes" "FRIENDS = {alias}"
		dom0 firewall reload
	done
}

# send_by_dom0 NAME CLAIMED TO [WORD...]: as send_as, to the bridge's own MAC
send_by_dom0() {
	local vif_mac=$bridge_mac
	send_as "$@"
}

@test "nor does ISOLATE let one speak in a conversation of its neighbour's with the world" {
	! uses_iptables || return 0	# which have no guests without ip=
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0" "ISOLATE = yes"
	for each in b1 b2; do host $each "FIREWALL = no"; done
	dom0 firewall start
	trust_everybody
	serve world
	bridged_create b1 b2
	attach b1 ip=
	attach b2
	watch b2 answers "udp sport 123"
	watch b2 spoofed "udp sport 123 udp length 85"
	watch dom0 claimed "udp sport 123 udp length 85"
	send_by_dom0 b2 b2 world sport=5555 dport=123
	arrives b2 answers 2
	send_by_dom0 b1 world b2 sport=123 dport=5555 payload=77
	send_by_dom0 b2 b2 world sport=5555 dport=123
	arrives b2 answers 4
	arrives_not b2 spoofed
	arrives dom0 claimed 2
}

@test "nor in one that the world has with a forwarded port of its neighbour's" {
	! uses_iptables || return 0	# which have no guests without ip=
	FAMILIES=4
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0" "ISOLATE = yes"
	host b1 "FIREWALL = no"
	host b2 "NAT = yes" "PAT = 6100:53/udp" "PUBLIC_PORTS = 53/udp"
	dom0 firewall start
	trust_everybody
	bridged_create b1 b2
	attach b1 ip=
	attach b2
	watch b2 calls "udp dport 53"
	watch b2 spoofed "udp dport 53 udp length 85"
	watch dom0 claimed "udp dport 6100 udp length 85"
	send_as world world dom0 sport=123 dport=6100
	arrives b2 calls 1
	send_by_dom0 b1 world dom0 sport=123 dport=6100 payload=77
	send_as world world dom0 sport=123 dport=6100
	arrives b2 calls 2
	arrives dom0 claimed 1
	arrives_not b2 spoofed
}

@test "with ISOLATE the world reaches a routed guest of the network that it finds behind the bridge" {
	scene_addresses[g1 4]=192.0.2.150 scene_addresses[g1 6]=2001:db8:b:1::50
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0" "ISOLATE = yes"
	host g1 "FIREWALL = no"
	dom0 firewall start
	trust_everybody
	guest_create g1
	attach g1
	watch g1 world "udp dport 7777"
	vif_mac=$bridge_mac send_as lan stranger g1 dport=7777
	arrives g1 world "$(wc -w <<<"${FAMILIES:-4 6}")"
}

# apart FROM TO MAC: neither what is tracked passes from one to the other by way of Dom0, nor what is not
apart() {
	watch "$2" echo "icmpv6 type echo-request ip6 saddr $(address "$1" 6)"
	watch "$2" said "icmpv6 type nd-neighbor-advert ip6 saddr $(address "$1" 6) ip6 hoplimit < 255"
	inside "$1" send eth0 icmp6 hops=64 dmac="$3" src="$(address "$1" 6)" dst="$(address "$2" 6)" type=128
	watch "$2" hidden "ip6 nexthdr 51 ip6 saddr $(address "$1" 6)"
	inside "$1" send eth0 icmp6 hops=64 dmac="$3" src="$(address "$1" 6)" dst="$(address "$2" 6)" type=136 \
		target="$(address "$1" 6)" + icmp6 hops=64 dmac="$3" src="$(address "$1" 6)" dst="$(address "$2" 6)" type=136 \
		target="$(address "$1" 6)" ext=ah
	sleep 0.3
	arrives_not "$2" echo
	arrives_not "$2" said
	arrives_not "$2" hidden
}

@test "ISOLATE holds for what the kernel does not track, too" {
	FAMILIES=6
	scene_addresses+=([g1 6]=2001:db8:b:1::71 [g2 6]=2001:db8:b:1::72)
	rules "[network lan]" "SUBNET = 2001:db8:b:1::/64" "INTERFACE = xenbr0" "ISOLATE = yes"
	for each in b1 b2 g1 g2; do host $each "FIREWALL = no"; done
	dom0 firewall start
	guest_create g1 g2
	attach g1
	attach g2
	trust_everybody
	apart g1 g2 "$vif_mac"
	! uses_iptables || return 0	# which have no IPv6 for guests on bridges
	bridged_create b1 b2
	attach b1
	attach b2
	trust_everybody
	connects dom0 b2 tcp/22
	apart b1 b2 "$bridge_mac"
}

@test "ISOLATE holds for their link-local addresses, too, which a guest of the bridge would reach by way of Dom0" {
	! uses_iptables || return 0	# which have no IPv6 for guests on bridges
	local each
	FAMILIES=6
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0" "ISOLATE = yes"
	for each in b1 b2; do host $each "FIREWALL = no"; done
	dom0 firewall start
	trust_everybody
	bridged_create b1 b2
	attach b1
	attach b2
	by_links
	sleep 2
	for each in b1 b2; do arrives_not $each said; done
	dom0 firewall stop	# which leaves the ports isolated
	by_links
	for each in b1 b2; do arrives $each said; done
}

# by_links: b1 and b2 talk, each to the other's link-local address by way of Dom0, so that to Dom0 each is answered
by_links() {
	watch b1 said "udp dport 5555 udp sport 7777"
	watch b2 said "udp dport 7777 udp sport 5555"
	inside b1 send eth0 udp6 dmac="$bridge_mac" src="$(address b1 6)" dst="$(link_local b2)" sport=5555 dport=7777
	inside b2 send eth0 udp6 dmac="$bridge_mac" src="$(address b2 6)" dst="$(link_local b1)" sport=7777 dport=5555
}

@test "with ISOLATE a router is reached by the guests whose router it is, and reaches them; they do not see each other" {
	! uses_iptables || return 0	# where no guest on a bridge is a router
	local each
	scene_addresses+=([b4 4]=192.0.2.150 [b4 6]=2001:db8:b:1::50)
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0" "ISOLATE = yes"
	host b1 "ROLE = router" "FIREWALL = no"
	for each in b2 b3; do host $each "FIREWALL = no"; done
	dom0 firewall start
	trust_everybody
	bridged_create b1 b2 b3
	for each in b1 b2; do attach $each; done
	attach b3 ip=
	link_shows "$(vif b1)" "isolated off"
	link_shows "$(vif b2)" "isolated on"
	pings b1 b2
	pings b2 b1
	no_pings b2 b3
	for each in b2 b3; do watch $each said "udp dport 7777"; done
	vif_mac=$(mac b1) send_as b2 b2 world dport=7777	# to be sent on
	for each in world stranger; do vif_mac=$(mac b2) send_as b1 $each b2 dport=7777; done
	arrives b2 said 4
	unwatch b2
	# b3 has an address in SUBNET, which no ip= names, and the router sends on what it says
	vif_mac=$(mac b2) send_as b1 b4 b2 dport=7777
	sleep 0.3
	arrives_not b2 said
	arrives_not b3 said
	host b1 "FIREWALL = no"
	dom0 firewall reload
	link_shows "$(vif b1)" "isolated on"
	no_pings b1 b2
}

@test "a router guest sends on to the LAN what one in SUBNET says that no ip= names" {
	! uses_iptables || return 0
	scene_addresses+=([b4 4]=192.0.2.150 [b4 6]=2001:db8:b:1::50)
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0" "ISOLATE = yes" "[unmanaged]" "NETWORKS = {world} {b4}"
	host b1 "ROLE = router" "FIREWALL = no"
	dom0 firewall start
	trust_everybody
	bridged_create b1
	attach b1
	watch lan said "udp dport 7777"
	vif_mac=$lan_mac send_as b1 b4 world dport=7777
	arrives lan said 2
}

@test "nor does a guest reach what its neighbour has elsewhere than in SUBNET by way of Dom0, but the LAN does" {
	! uses_iptables || return 0	# which know no guest by its port
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0" "ISOLATE = yes"
	for each in b1 b2 alias; do host $each "FIREWALL = no"; done
	dom0 firewall start
	trust_everybody
	bridged_create b1 b2
	attach b1
	attach b2 "ip=$(address b2 4) $(address b2 6) $(address alias 4) $(address alias 6)"
	ip -n "$scene-b2" address add "$(address alias 4)/32" dev eth0
	ip -n "$scene-b2" address add "$(address alias 6)/128" dev eth0 nodad
	ip -n "$scene-dom0" route add "$(address alias 4)/32" dev xenbr0
	ip -n "$scene-dom0" route add "$(address alias 6)/128" dev xenbr0
	watch b2 said "udp dport 7777"
	send_by_dom0 b1 b1 alias dport=7777
	sleep 1
	arrives_not b2 said
	send_by_dom0 lan lan alias dport=7777
	arrives b2 said 2
}
