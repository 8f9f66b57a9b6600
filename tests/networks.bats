#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Virtual LANs, their friends, and networks that are left alone, with real packets in both families. The world knows a
# way to each of them, so what does not pass is dropped by rules.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/lan

# all_known: nobody is out of reach for want of a route
all_known() { knows world lan1 lan2; }

@test "a machine of a LAN may open anything in the world, and nobody opens anything at it" {
	rules "$(lan 1)"
	started g1
	all_known
	lan_machine l1 l2
	connects l1 world tcp/22 tcp/80 udp/53 udp/123
	pings l1 world
	refuses world l1 tcp/22 tcp/80 udp/53
	refuses g1 l1 tcp/22 udp/53
	FAMILIES=4 no_pings world l1
	connects l1 l2 tcp/22 udp/53
}

@test "two LANs do not reach each other" {
	rules "$(lan 1)" "$(lan 2)"
	started
	lan_machine l1 m1
	watch m1 reached "udp dport 53"
	refuses l1 m1 tcp/22 tcp/80 udp/53
	refuses m1 l1 tcp/22 tcp/80 udp/53
	FAMILIES=4 no_pings l1 m1
	arrives_not m1 reached
	rules "[forward]" "POLICY = ACCEPT" "$(lan 1)" "$(lan 2)"
	dom0 firewall reload
	connects l1 m1 tcp/22 udp/53
}

@test "what a host file opens at a machine of a LAN is open, and what it does not is closed" {
	rules "$(lan 1)" "$(lan 2)"
	host l1 "TYPE = network" "PUBLIC_PORTS = 80" "USERS = 22@{m1}" "OUT_PORTS = 443"
	started g1
	all_known
	lan_machine l1 l2 m1
	connects world l1 tcp/80
	connects m1 l1 tcp/22
	connects g1 l1 tcp/80
	refuses world l1 tcp/22
	refuses world l2 tcp/80
	connects l1 world tcp/443
	refuses l1 world tcp/80
	connects l2 world tcp/80
}

@test "friends reach all of a LAN, and it does not reach them" {
	rules "$(lan 1 "FRIENDS = lan2 {office} {g1}")" "$(lan 2)"
	host l2 "TYPE = network" "PUBLIC_PORTS = 80"
	host g1 "OUT_PORTS = 80"
	started g1 g2
	all_known
	lan_machine l1 l2 m1
	connects m1 l1 tcp/22 udp/53
	connects m1 l2 tcp/22 tcp/80 udp/53
	connects office l1 tcp/22 udp/53
	connects g1 l1 tcp/22 udp/53
	pings m1 l1
	refuses l1 m1 tcp/22 tcp/80 udp/53
	refuses l1 g1 tcp/22
	refuses stranger l1 tcp/22 udp/53
	refuses g2 l1 tcp/22 udp/53
	refuses g1 world tcp/22
}

@test "friends of a LAN have no more of this machine's address in it, nor has this machine more of the LAN as a friend" {
	rules "[output]" "POLICY = DROP" "$(lan 1 "FRIENDS = {office} {dom0} {gateway1}")"
	started
	all_known
	lan_machine l1
	opens office l1 tcp/22 udp/53
	closes stranger l1 tcp/22 udp/53
	closes office gateway1 tcp/22 udp/53
	closes dom0 l1 tcp/22 udp/53
	explains 1 gateway1 l1 tcp/22 udp/53
	rules "[input]" "POLICY = ACCEPT" "$(lan 1)"
	dom0 firewall reload
	closes office l1 tcp/22 udp/53
	opens office gateway1 tcp/22 udp/53
	opens dom0 l1 tcp/22 udp/53
}

@test "a source of a LAN is accepted from its interface alone" {
	local family
	rules "[forward]" "POLICY = ACCEPT" "[input]" "POLICY = ACCEPT" "$(lan 1)" "$(lan 2)"
	started g1
	lan_machine l1 m1
	trust_everybody
	watch g1 claimed "udp dport 7777"
	watch dom0 claimed "udp dport 7777"
	claim_l1
	FAMILIES='4 6' send_as g1 l1 dom0 dport=7777
	arrives_not g1 claimed
	arrives_not dom0 claimed
	connects l1 g1 tcp/80 udp/53
	connects l1 gateway1 tcp/80
	connects dom0 gateway1 tcp/80 udp/53
	dom0 firewall stop
	claim_l1
	arrives g1 claimed 4
	arrives dom0 claimed 4
}

# claim_l1: the world and m1 send in l1's name to g1 and to Dom0
claim_l1() {
	local family gateway
	gateway=$(dom0 cat /sys/class/net/xenbr2/address)
	for family in 4 6; do
		for to in g1 dom0; do
			inside world send eth0 "udp$family" dmac="$dom0_mac" src="$(address l1 $family)" \
				dst="$(address $to $family)" dport=7777
			inside m1 send eth0 "udp$family" dmac="$gateway" src="$(address l1 $family)" \
				dst="$(address $to $family)" dport=7777
		done
	done
}

@test "nor from a guest that is the next hop of a wider network" {
	rules "[forward]" "POLICY = ACCEPT" "$(lan 1)"
	printf '%s\n' "[wide]" "DESTINATION = 192.168.0.0/16 2001:db8:1::/48" \
		"VIA = $(address g1 4) $(address g1 6)" >"$TAOFIREWALL_CONFIG/routing.cfg"
	scene_addresses+=([behind 4]=192.168.77.5 [behind 6]=2001:db8:1:77::5)
	started g1 g2
	trust_everybody
	watch g2 claimed "udp dport 7777"
	watch g2 honest "udp dport 7778"
	send_as g1 l1 g2 dport=7777
	send_as g1 behind g2 dport=7778
	arrives g2 honest 2
	arrives_not g2 claimed
}

@test "ANTISPOOF = no leaves that to somebody else too" {
	configure "[xen]" "ANTISPOOF = no"
	rules "[forward]" "POLICY = ACCEPT" "[input]" "POLICY = ACCEPT" "$(lan 1)"
	started g1
	trust_everybody
	watch g1 claimed "udp dport 7777"
	send_as world l1 g1 dport=7777
	arrives g1 claimed 2
}

@test "a machine of a LAN has this machine's services as anybody has" {
	rules "$(lan 1)"
	host dom0 "TYPE = local" "IP = {dom0} {gateway1}" "PUBLIC_PORTS = 53/udp" "USERS = 22@{l1}"
	started
	lan_machine l1 l2
	connects l1 gateway1 udp/53 tcp/22
	connects l2 dom0 udp/53
	refuses l2 gateway1 tcp/22
	refuses l1 gateway1 tcp/80
}

@test "a routed guest may have an address of a LAN's network, and then has its own host file" {
	rules "$(lan 1 "MASQUERADE = eth0")"
	scene_addresses+=([p1 4]=192.168.1.77 [p1 6]=2001:db8:1::77)
	host p1 "PUBLIC_PORTS = 80" "OUT_PORTS = 443"
	started p1
	sees world dom0 p1 world tcp/443
	refuses p1 world tcp/80
	knows world p1
	connects world p1 tcp/80
	refuses world p1 tcp/22
}

@test "what comes from or goes to an unmanaged network passes, through this machine, to it and from it" {
	rules "[output]" "POLICY = DROP" "[unmanaged]" "NETWORKS = {office} {isp}" "$(lan 1)"
	host g1 "OUT_PORTS = 80"
	isp_up
	started g1 g2
	all_known
	knows isp lan1 g1
	lan_machine l1
	connects office g1 tcp/22 udp/53
	connects isp g1 tcp/22 udp/53
	connects isp l1 tcp/22 udp/53
	connects office dom0 tcp/22 udp/53
	connects isp dom0isp tcp/22 udp/53
	connects g1 office tcp/22 udp/53
	connects g1 isp tcp/22 udp/53
	connects dom0 office tcp/22 udp/53
	pings g1 office
	refuses stranger g1 tcp/22 udp/53
	refuses world g1 tcp/22
	refuses stranger l1 tcp/22
	refuses world dom0 tcp/22 udp/53
	refuses g1 world tcp/22
	refuses dom0 world tcp/22 udp/53
}

@test "a guest that claims an unmanaged source gets nothing through" {
	rules "[unmanaged]" "NETWORKS = {office}"
	started g1 g2
	trust_everybody
	watch g2 claimed "udp dport 7777"
	watch dom0 claimed "udp dport 7777"
	send_as g1 office g2 dport=7777
	send_as g1 office dom0 dport=7777
	arrives_not g2 claimed
	arrives_not dom0 claimed
	send_as world office g2 dport=7777
	arrives g2 claimed 2
}

@test "ISOLATE goes before [unmanaged] and FRIENDS, also of routed guests and in both IP versions" {
	scene_addresses+=([p1 4]=192.168.1.77 [p1 6]=2001:db8:1::77 [p2 4]=192.168.1.78 [p2 6]=2001:db8:1::78)
	rules "$(lan 1 "ISOLATE = yes" "FRIENDS = {lan1}")" "[unmanaged]" "NETWORKS = {lan1}"
	host p2 "PUBLIC_PORTS = 80"
	started p1 p2
	knows world p1
	connects p1 world tcp/80
	refuses p1 p2 tcp/80 udp/53
	no_pings p1 p2
	rules "$(lan 1)" "[unmanaged]" "NETWORKS = {lan1}"
	dom0 firewall reload
	connects p1 p2 tcp/80 udp/53
}

@test "unmanaged networks are as wide as they are written" {
	FAMILIES=4 rules "[unmanaged]" "NETWORKS = 203.0.113.0/26"
	FAMILIES=6 rules "[unmanaged]" "NETWORKS = 2001:db8:f::/122"
	started g1
	connects office g1 tcp/22
	refuses stranger g1 tcp/22
}

@test "nobody routes what is for a link-local address, or from one, and be it back to its own link" {
	FAMILIES=6 rules "[forward]" "POLICY = ACCEPT" "$(lan 1)"
	started
	lan_machine l1 l2
	for each in l1 l2; do ip -n "$scene-$each" address add "fe80::1${each#l}/64" dev eth0 nodad; done
	watch l2 routed "udp dport 7777"
	watch l2 to "udp dport 7778"
	watch l2 from "udp dport 7779"
	by_dom0 "$(address l1 6)" fe80::12 dport=7778
	by_dom0 fe80::11 "$(address l2 6)" dport=7779
	by_dom0 "$(address l1 6)" "$(address l2 6)" dport=7777
	arrives l2 routed
	sleep 1
	arrives_not l2 to
	arrives_not l2 from
	dom0 firewall stop
	by_dom0 "$(address l1 6)" fe80::12 dport=7778
	by_dom0 fe80::11 "$(address l2 6)" dport=7779
	arrives l2 to
	arrives l2 from
}

# by_dom0 FROM TO WORD...: l1 sends it to the MAC of its gateway
by_dom0() {
	inside l1 send eth0 udp6 dmac="$(dom0 cat /sys/class/net/xenbr1/address)" src="$1" dst="$2" "${@:3}"
}
