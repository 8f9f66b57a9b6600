#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests of vif-bridge-taofw in virtual LANs: networks, friends, translations and hairpins hold for them as for any
# machine there (networks.bats, nat.bats), and go with them.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/lan

scene_addresses+=(
	[b1 4]=192.168.1.21 [b1 6]=2001:db8:1::21
	[b2 4]=192.168.1.22 [b2 6]=2001:db8:1::22
	[b3 4]=192.168.2.23 [b3 6]=2001:db8:2::23
)

# joins GUEST LAN: it comes online there
joins() {
	vif_create "$1"
	ip -n "$scene-$1" -batch - <<-END
		address add $(address "$1" 4)/24 dev eth0
		address add $(address "$1" 6)/64 dev eth0 nodad
		route add default via $(address "gateway$2" 4)
		route add default via $(address "gateway$2" 6)
	END
	serve "$1"
	attach "$1" bridge="xenbr$2"
}

# all_leave: and nothing of them is left
all_leave() {
	local each
	for each; do detach "$each"; done
	nothing_left
}

@test "they reach the world behind MASQUERADE, their own LAN, and no other one but as friends" {
	rules "$(lan 1 "MASQUERADE = eth0" "FRIENDS = lan2")" "$(lan 2)"
	started
	joins b1 1
	joins b2 1
	joins b3 2
	sees world dom0 b1 world tcp/80
	sees world dom0 b1 world udp/53
	connects b1 b2 tcp/22
	connects b3 b1 tcp/22 udp/53
	refuses b1 b3 tcp/22 udp/53
	refuses b3 world tcp/80
	knows world b1 b3
	refuses world b1 tcp/80 udp/53
	refuses world b3 tcp/80 udp/53
	all_leave b1 b2 b3
}

@test "their forwarded ports are reached from the world, from neighbours, other LANs and themselves" {
	rules "$(lan 1 "MASQUERADE = eth0")" "$(lan 2)"
	host dom0 "TYPE = local" "PUBLIC_PORTS = 25"
	host b1 "NAT = {public}" "PAT = 8080:80 8443:443" "PUBLIC_PORTS = 80"
	host b2 "NAT = yes" "NAT_DEVICE = eth0" "PAT = 2222:22" "PUBLIC_PORTS = 22"
	started
	joins b1 1
	joins b2 1
	joins b3 2
	sees b1 world world public tcp/8080 tcp/80
	sees b2 world world dom0 tcp/2222 tcp/22
	sees world public b1 world tcp/443
	sees world dom0 b2 world tcp/443
	sees b1 gateway1 b2 public tcp/8080 tcp/80
	sees b1 gateway1 b1 public tcp/8080 tcp/80
	sees b2 gateway1 b1 dom0 tcp/2222 tcp/22
	sees b2 gateway1 b2 dom0 tcp/2222 tcp/22
	sees b1 b3 b3 public tcp/8080 tcp/80
	refuses b2 public tcp/8443
	equal "drops of b1" "$(dropped spoofed vif11.0 bridge)" 0
	all_leave b1 b2 b3
}

@test "with ISOLATE they reach each other's forwarded ports, and nothing else of each other, also by way of Dom0" {
	local each
	rules "$(lan 1 "MASQUERADE = eth0" "ISOLATE = yes")"
	host b1 "NAT = {public}" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	started
	joins b1 1
	joins b2 1
	sees b1 gateway1 b2 public tcp/8080 tcp/80
	sees b1 gateway1 b1 public tcp/8080 tcp/80
	refuses b2 b1 tcp/80 tcp/22
	for each in 4 6; do
		ip -n "$scene-b2" route replace "$(address b1 $each)" via "$(address gateway1 $each)"
		ip -n "$scene-b1" route replace "$(address b2 $each)" via "$(address gateway1 $each)"
	done
	refuses b2 b1 tcp/80 tcp/22
	all_leave b1 b2
}

@test "a frame to a neighbour does not take a guest past MASQUERADE, with br_netfilter and without" {
	local each family frame
	rules "$(lan 1 "MASQUERADE = eth0")"
	started
	joins b1 1
	joins b2 1
	watch world own "udp dport 7777 ip saddr $(address b1 4)"
	watch world own6 "udp dport 7777 ip6 saddr $(address b1 6)"
	watch world translated "udp dport 7777"
	for each in 1 0; do
		br_netfilter $each
		for family in 4 6; do
			frame="udp$family src=$(address b1 $family) dst=$(address world $family) sport=605$each dport=7777"
			# shellcheck disable=SC2086 # words
			inside b1 send eth0 $frame dmac="$(mac b2)" + $frame dmac="$(dom0 cat /sys/class/net/xenbr1/address)"
		done
	done
	arrives world translated 2	# without; with it nothing passes
	arrives_not world own
	arrives_not world own6
}
