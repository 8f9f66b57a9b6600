#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The scene itself: where there are no rules everything passes, so that what is dropped elsewhere is dropped by rules.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# route_by_hand GUEST...: what a routed vif needs at least, with plain commands
route_by_hand() {
	local each
	# shellcheck disable=SC2016 # the inner shell's
	dom0 sh -c 'cd /proc/sys/net; echo 1 >ipv6/conf/all/proxy_ndp
		for each in ipv4 ipv6; do echo 0 >$each/neigh/eth0/proxy_delay; done
		for each in ipv6/conf/vif*; do echo 0 >$each/accept_dad; done'
	for each; do
		ip -n "$scene-dom0" -batch - <<-END
			link set $(vif "$each") up
			address add $(address dom0 4)/32 dev $(vif "$each")
			address add $(address dom0 6)/128 dev $(vif "$each") nodad
			route add $(address "$each" 4) dev $(vif "$each")
			route add $(address "$each" 6) dev $(vif "$each")
			neighbour add proxy $(address "$each" 4) dev eth0
			neighbour add proxy $(address "$each" 6) dev eth0
		END
	done
}

@test "without rules every service of every machine answers everybody" {
	guest_create g1 g2
	route_by_hand g1 g2
	serve world
	serve dom0
	connects world g1 "${scene_services[@]}"
	connects office g2 "${scene_services[@]}"
	connects g1 world "${scene_services[@]}"
	connects g1 g2 "${scene_services[@]}"
	connects g1 dom0 "${scene_services[@]}"
	connects dom0 g1 "${scene_services[@]}"
	pings world g1
	pings g1 world
	pings g1 dom0
}

@test "without rules whatever a guest or the world claims to be arrives" {
	guest_create g1 g2
	route_by_hand g1 g2
	trust_everybody
	watch world spoofed "udp dport 7777"
	watch g1 spoofed "udp dport 7777"
	send_as g2 g1 world dport=7777
	send_as g2 stranger world dport=7777
	arrives world spoofed 4
	send_as world g2 g1 dport=7777
	arrives g1 spoofed 2
}

@test "without rules ARP with another machine's address is answered" {
	guest_create g1 g2
	route_by_hand g1 g2
	watch_arp g2 answer "arp operation reply"
	inside g2 send eth0 arp spa="$(address g1 4)" tpa="$(address dom0 4)" dmac=ff:ff:ff:ff:ff:ff
	arrives g2 answer
}

@test "what nobody listens to is told apart from what nobody lets through" {
	guest_create g1
	route_by_hand g1
	hears refused 3000 world g1 tcp/9 udp/9
	run ! refuses world g1 tcp/9
	run ! connects world g1 tcp/9
	dom0 nft 'add table inet closed; add chain inet closed c { type filter hook forward priority 0; policy drop; }'
	refuses world g1 tcp/80 udp/53
	no_pings world g1
	run ! pings world g1
}

@test "a change in Dom0 is found as left behind" {
	remember
	unchanged
	nothing_left
	ip -n "$scene-dom0" route add 192.0.2.77 via "$(address world 4)" proto 116
	run ! unchanged
	run ! nothing_left
	ip -n "$scene-dom0" route delete 192.0.2.77
	dom0 nft add table inet taofirewall
	run ! unchanged
	dom0 nft delete table inet taofirewall
	xenstore-write taofirewall/domain/0/1/0/index 7
	run ! unchanged
	run ! nothing_left
}

@test "the store is a real one: relative paths, and guests that may read but not write" {
	store_vif 1 0 ip=192.0.2.10
	equal ip "$(xenstore-read /local/domain/0/backend/vif/1/0/ip)" 192.0.2.10
	equal ip "$(store 1 0 ip)" 192.0.2.10
	xenstore-ls -p backend/vif/1/0 | grep -E '^ip = "192.0.2.10"[ .]*\(n0,r1\)'
	xenstore-ls -p /local/domain/1/device/vif | grep -E '^0 = ""[ .]*\(n1,r0\)'
}

@test "the vif-route that comes with Xen brings a guest online here (IPv4 is all that it knows)" {
	mkdir -p /var/log/xen
	guest_create g1
	store_vif 1 0 "ip=$(address g1 4)"
	stock_hotplug online
	equal hotplug-status "$(store 1 0 hotplug-status)" connected
	ip -n "$scene-dom0" neighbour add proxy "$(address g1 4)" dev eth0
	FAMILIES=4 pings g1 world
	FAMILIES=4 pings world g1
	stock_hotplug offline
}

# stock_hotplug VERB: vif-route for vif1.0
stock_hotplug() {
	dom0 env XENBUS_PATH=backend/vif/1/0 vif=vif1.0 netdev=eth0 XENBUS_TYPE=vif XENBUS_BASE_PATH=backend \
		/etc/xen/scripts/vif-route "$1" type_if=vif </dev/null
}
