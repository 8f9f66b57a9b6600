#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# routing.cfg, where the next hop is a guest on a bridge, such as a VPN gateway in a virtual LAN.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# Behind b1 is a network with one machine in it:
#
#     world ---- eth0  dom0  xenbr0  vif11.0 ---- eth0 b1 eth1 ---- eth0 branch
#                                    vif12.0 ---- eth0 b2
branch4=10.8.0.0/24 branch6=2001:db8:8::/48
scene_addresses+=([branch 4]=10.8.0.5 [branch 6]=2001:db8:8::5)

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	configure XEN=yes
	bridge_create
	printf '%s\n' "[vpn]" "DESTINATION = $branch4 $branch6" "VIA = $(address b1 4) $(address b1 6)" \
		>"$TAOFIREWALL_CONFIG/routing.cfg"
	FAMILIES=4 host branch "TYPE = network" "IP = $branch4" "PUBLIC_PORTS = 80 53/udp"
	FAMILIES=6 host branch "TYPE = network" "IP = $branch6" "PUBLIC_PORTS = 80 53/udp"
	host b1 "PUBLIC_PORTS = 22"
}

branch_behind_b1() {
	namespace_add branch
	ip -n "$scene-branch" link add eth0 type veth peer name eth1 netns "$scene-b1"
	ip -n "$scene-branch" -batch - <<-END
		link set eth0 up
		address add $(address branch 4)/24 dev eth0
		address add $(address branch 6)/48 dev eth0 nodad
		route add default via 10.8.0.1
		route add default via 2001:db8:8::1
	END
	ip -n "$scene-b1" -batch - <<-END
		link set eth1 up
		address add 10.8.0.1/24 dev eth1
		address add 2001:db8:8::1/48 dev eth1 nodad
	END
	inside b1 sh -c 'cd /proc/sys/net; echo 1 >ipv4/ip_forward; echo 1 >ipv6/conf/all/forwarding'
	ip -n "$scene-world" route replace $branch4 via "$(address dom0 4)"
	ip -n "$scene-world" route replace $branch6 via "$(address dom0 6)"
	serve branch
}

# routes: those of ours to the branch, as Dom0 has them
routes() {
	ip -n "$scene-dom0" -4 route show $branch4 proto 116
	ip -n "$scene-dom0" -6 route show $branch6 proto 116
}

# lead_through BRIDGE: both do
lead_through() {
	grep -qF "via $(address b1 4) dev $1" <<<"$(routes)" || fail "$(routes)" || return
	grep -qF "via $(address b1 6) dev $1" <<<"$(routes)" || fail "$(routes)"
}

@test "they come and go with the guest, and packets take them in both directions" {
	dom0 firewall start
	serve world
	bridged_create b1
	branch_behind_b1
	equal routes "$(routes)" ""
	attach b1
	lead_through xenbr0
	connects world branch tcp/80 udp/53
	refuses world branch tcp/22
	connects branch world tcp/80 udp/53
	equal "drops" "$(dropped spoofed vif11.0 bridge)" 0
	detach b1
	equal routes "$(routes)" ""
	nothing_left
}

@test "only the next hop sends from there, and not from what another guest has of it" {
	local each
	dom0 firewall start
	for each in b1 b2; do
		vif_create $each
		lan_address $each
	done
	scene_addresses[g1\ 4]=10.8.0.9 scene_addresses[g1\ 6]=2001:db8:8::9
	vif_create g1
	attach g1
	attach b1
	attach b2
	trust_everybody
	watch b2 behind "udp dport 7001"
	watch b1 behind "udp dport 7001"
	watch b2 foreign "udp dport 7002"
	for each in 4 6; do
		inside b1 send eth0 "udp$each" dmac="$(mac b2)" src="$(address g1 $each)" dst="$(address b2 $each)" dport=7002
		inside b1 send eth0 "udp$each" dmac="$(mac b2)" src="$(address branch $each)" dst="$(address b2 $each)" dport=7001
		inside b2 send eth0 "udp$each" dmac="$(mac b1)" src="$(address branch $each)" dst="$(address b1 $each)" dport=7001
	done
	arrives b2 behind 2
	equal "what b2 sent" "$(seen b1 behind)" 0
	arrives_not b2 foreign
	equal "drops of b1" "$(dropped spoofed vif11.0 bridge)" 2
	equal "drops of b2" "$(dropped spoofed vif12.0 bridge)" 2
}

@test "a reload brings new ones and takes those that are no more" {
	dom0 firewall start
	vif_create b1
	lan_address b1
	attach b1
	rm "$TAOFIREWALL_CONFIG/routing.cfg"
	dom0 firewall reload
	equal routes "$(routes)" ""
	printf '%s\n' "[vpn]" "DESTINATION = $branch4 $branch6" "VIA = $(address b1 4) $(address b1 6)" "METRIC = 70" \
		>"$TAOFIREWALL_CONFIG/routing.cfg"
	dom0 firewall reload
	lead_through xenbr0
	equal "with metric 70" "$(routes | grep -c "metric 70")" 2
	offline 11 0
	equal routes "$(routes)" ""
}

@test "of two vifs with the next hop, the one that goes leaves the routes to the one that stays" {
	dom0 firewall start
	vif_create b1
	lan_address b1
	attach b1
	guest_twin b2 b1 12
	vif_create b2
	attach b2
	lead_through xenbr0
	detach b1
	lead_through xenbr0
	detach b2
	equal routes "$(routes)" ""
	nothing_left
}

@test "the next hop asks for MAC addresses from behind it, not from what this machine or another guest has" {
	local each
	scene_addresses[g1\ 4]=10.8.0.9
	dom0 firewall start
	ip -n "$scene-dom0" address add 10.8.0.1/32 dev lo
	for each in b1 b2; do
		vif_create $each
		lan_address $each
		attach $each
	done
	vif_create g1
	attach g1
	watch_arp b2 asked "arp saddr ether $(mac b1)"
	inside b1 send eth0 arp dmac=ff:ff:ff:ff:ff:ff spa=10.8.0.1 tpa="$(address b2 4)"
	inside b1 send eth0 arp dmac=ff:ff:ff:ff:ff:ff spa=10.8.0.9 tpa="$(address b2 4)"
	inside b1 send eth0 arp dmac=ff:ff:ff:ff:ff:ff spa=10.8.0.5 op=reply tpa="$(address b2 4)"
	arrives_not b2 asked
	inside b1 send eth0 arp dmac=ff:ff:ff:ff:ff:ff spa=10.8.0.5 tpa="$(address b2 4)"
	arrives b2 asked
	equal "what b2 heard" "$(seen b2 asked)" 1
	equal "drops" "$(dropped spoofed vif11.0 bridge)" 3
}

@test "a guest without ip= does not send from behind another one" {
	local each
	dom0 firewall start
	for each in b1 b2; do
		vif_create $each
		lan_address $each
	done
	attach b1
	attach b2 ip=
	trust_everybody
	watch b1 foreign "udp dport 7002"
	watch b1 own "udp dport 7001"
	watch_arp b1 asked "arp saddr ip 10.8.0.5"
	for each in 4 6; do
		inside b2 send eth0 "udp$each" dmac="$(mac b1)" src="$(address branch $each)" dst="$(address b1 $each)" dport=7002
		inside b2 send eth0 "udp$each" dmac="$(mac b1)" src="$(address b2 $each)" dst="$(address b1 $each)" dport=7001
	done
	inside b2 send eth0 arp dmac=ff:ff:ff:ff:ff:ff spa=10.8.0.5 tpa="$(address b1 4)"
	arrives b1 own 2
	arrives_not b1 foreign
	arrives_not b1 asked
	equal "drops of b2" "$(dropped spoofed vif12.0 bridge)" 3
	detach b1
	bridged_create b3
	attach b3
	watch b3 foreign "udp dport 7002"
	for each in 4 6; do
		inside b2 send eth0 "udp$each" dmac="$(mac b3)" src="$(address branch $each)" dst="$(address b3 $each)" dport=7002
	done
	arrives b3 foreign 2	# nobody is the next hop any more
}
