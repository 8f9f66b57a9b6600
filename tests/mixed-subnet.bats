#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests of one network, some routed and some on a bridge, reach each other, under the rules of their host files.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# g1 and g2 are routed, and have addresses of the bridge's networks:
scene_addresses+=(
	[g1 4]=192.0.2.151	[g1 6]=2001:db8:b:1::21
	[g2 4]=192.0.2.152	[g2 6]=2001:db8:b:1::22
)

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	configure XEN=yes
	bridge_create
	host g1 "PUBLIC_PORTS = 80 53/udp"
	host b1 "PUBLIC_PORTS = 80 53/udp"
}

# neighbourly GUEST: a routed guest takes the whole network for its link, as with netmask 24 or 64
neighbourly() {
	vif_create "$1"
	guest_address "$1" "$(address "$1" 4)/24" "$(address "$1" 6)/64"
	serve "$1"
}

# proxies INTERFACE: whom Dom0 answers for there, by entries of ours
proxies() {
	ip -N -n "$scene-dom0" -4 neighbour show proxy dev "$1" | grep -F "proto 116" | cut -d ' ' -f 1
	ip -N -n "$scene-dom0" -6 neighbour show proxy dev "$1" | grep -F "proto 116" | cut -d ' ' -f 1
}

# answers_on INTERFACE ADDRESS...: for these and no others
answers_on() {
	equal "proxies on $1" "$(proxies "$1" | sort | xargs)" "$(printf '%s\n' "${@:2}" | sort | xargs)"
}

# they_meet: under the rules of both
they_meet() {
	connects g1 b1 tcp/80 udp/53
	connects b1 g1 tcp/80 udp/53
	refuses g1 b1 tcp/22 udp/123
	refuses b1 g1 tcp/22 udp/123
}

@test "a routed and a bridged guest of one network reach each other, whoever comes first" {
	dom0 firewall start
	neighbourly g1
	bridged_create b1
	attach g1
	attach b1
	they_meet
	detach b1
	answers_on xenbr0
	answers_on vif1.0
	detach g1
	nothing_left
}

@test "the bridged one may be there before" {
	dom0 firewall start
	neighbourly g1
	bridged_create b1
	attach b1
	attach g1
	they_meet
	equal "drops of b1" "$(dropped spoofed vif11.0 bridge)" 0
	detach g1
	answers_on xenbr0
	detach b1
	nothing_left
}

@test "each side answers for those of the other alone, and for none that is elsewhere" {
	dom0 firewall start
	neighbourly g1
	neighbourly g2
	bridged_create b1 b2
	vif_create g3	# in another network
	attach g1
	attach b1
	attach g2
	attach b2
	attach g3
	answers_on xenbr0 "$(address g1 4)" "$(address g1 6)" "$(address g2 4)" "$(address g2 6)"
	answers_on vif1.0 "$(address b1 6)" "$(address b2 6)"	# PROXY_ARP = yes answers there for IPv4
	answers_on vif2.0 "$(address b1 6)" "$(address b2 6)"
	answers_on vif3.0
	detach b1
	answers_on xenbr0 "$(address g1 4)" "$(address g1 6)" "$(address g2 4)" "$(address g2 6)"
	answers_on vif1.0 "$(address b2 6)"
	detach g1
	answers_on xenbr0 "$(address g2 4)" "$(address g2 6)"
	detach b2
	answers_on xenbr0
	answers_on vif2.0
	detach g2
	detach g3
	nothing_left
}

@test "of two vifs with one address, the one that goes takes nothing from the one that stays" {
	dom0 firewall start
	neighbourly g1
	bridged_create b1
	attach b1
	attach g1
	guest_twin g2 g1 2
	guest_twin b2 b1 12
	vif_create g2
	vif_create b2
	attach g2
	attach b2
	detach g2
	detach b2
	they_meet
	answers_on xenbr0 "$(address g1 4)" "$(address g1 6)"
	answers_on vif1.0 "$(address b1 6)"
	detach g1
	detach b1
	nothing_left
}

@test "where the uplink is the bridge, its own entries do, and stay" {
	dom0 firewall start
	neighbourly g1
	bridged_create b1
	attach g1 gatewaydev=xenbr0
	attach b1
	they_meet
	answers_on xenbr0 "$(address g1 4)" "$(address g1 6)"
	detach b1
	answers_on xenbr0 "$(address g1 4)" "$(address g1 6)"
	detach g1
	nothing_left
}

@test "PROXY_ARP = strict has entries on both sides" {
	configure XEN=yes "[xen]" PROXY_ARP=strict
	dom0 firewall start
	neighbourly g1
	bridged_create b1
	attach b1
	attach g1
	answers_on vif1.0 "$(address b1 4)" "$(address b1 6)"
	they_meet
	detach b1
	answers_on vif1.0
	detach g1
	nothing_left
}

@test "PROXY_ARP = no and PROXY_NDP = no leave it to the administrator" {
	configure XEN=yes "[xen]" PROXY_ARP=no PROXY_NDP=no
	dom0 firewall start
	neighbourly g1
	bridged_create b1
	attach b1
	attach g1
	answers_on xenbr0
	answers_on vif1.0
	refuses g1 b1 tcp/80
	refuses b1 g1 tcp/80
}

@test "a reload brings back what went while the bridge was down, and takes what nobody needs" {
	dom0 firewall start
	neighbourly g1
	bridged_create b1
	attach g1
	attach b1
	ip -n "$scene-dom0" link set xenbr0 down
	ip -n "$scene-dom0" link set xenbr0 up
	ip -n "$scene-dom0" address replace "$(address bridge 6)/64" dev xenbr0 nodad
	ip -n "$scene-dom0" neighbour add proxy 2001:db8:b:1::99 dev vif1.0 proto 116
	answers_on xenbr0
	dom0 firewall reload
	answers_on xenbr0 "$(address g1 4)" "$(address g1 6)"
	answers_on vif1.0 "$(address b1 6)"
	they_meet
}

@test "a vif that went without an offline is no reason to fail" {
	dom0 firewall start
	neighbourly g1
	bridged_create b1
	attach g1
	vif_destroy g1
	attach b1
	answers_on xenbr0
	dom0 firewall reload
	detach b1
	nothing_left
}
