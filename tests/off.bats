#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the world sends to a guest that is off does not go back to it, be it let in by the policy or not.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/lan

scene_addresses+=(
	[off 4]=192.0.2.77	[off 6]=2001:db8:b::77
	[nobody 4]=192.0.2.98	[nobody 6]=2001:db8:b::78
)
scene_vifs+=([off]="7 0")

# asks FROM: for the guest, and for an address that nobody claims and that comes back, which is waited for
asks() {
	send_as "$1" stranger off dport=7777
	send_as "$1" stranger nobody dport=7778
	arrives "$1" nobody 2
}

watch_both() {
	watch "$1" off "udp dport 7777"
	watch "$1" nobody "udp dport 7778"
}

@test "what comes for a guest that is off does not go back, and reaches it when it is there" {
	rules "[forward]" "POLICY = ACCEPT"
	host off "PUBLIC_PORTS = 80"
	dom0 firewall start
	trust_everybody
	watch_both world
	asks world
	arrives_not world off
	guest_create off
	attach off
	connects world off tcp/80
	unwatch world
	asks world
	arrives_not world off
	offline 7 0
	asks world
	arrives_not world off
	run -1 dom0 firewall explain --online "$(address g1 4)" --from "$(address stranger 4)" --to "$(address off 4)" --proto udp --port 7777 --in eth0
	[[ $output == *"$(address off 4) is a guest's that is not online, and it would go back to where it came from"*"ipv4.d/off.conf applies to it"* ]] || fail "$output"
}

@test "nor does what always passes, nor what is for a prefix of the guest's" {
	FAMILIES=6 host off "IP = 2001:db8:b:7::/64"
	FAMILIES=4 host off "IP = 192.0.2.64/28"
	rules "[icmp]" "ACCEPT = echo-request" "[unmanaged]" "NETWORKS = {stranger}"
	scene_addresses[off 6]=2001:db8:b:7::77
	dom0 firewall start
	trust_everybody
	watch_both world
	asks world
	arrives_not world off
	watch world echo "icmp type echo-request ip daddr 192.0.2.77"
	watch world echo6 "icmpv6 type echo-request ip6 daddr 2001:db8:b:7::77"
	no_pings world off
	arrives_not world echo
	arrives_not world echo6
}

@test "a guest that is off here and online elsewhere is reached by the route that leads there, and by our own" {
	local family
	rules "[forward]" "POLICY = ACCEPT"
	host off "PUBLIC_PORTS = 80"
	isp_up
	dom0 firewall start
	trust_everybody
	guest_create g1
	attach g1
	watch world off "udp dport 7777"
	send_as g1 g1 off dport=7777
	arrives world off 2
	for family in 4 6; do
		ip -n "$scene-dom0" -$family route add "$(address off $family)" via "$(address isp $family)"
	done
	watch isp off "udp dport 7777"
	send_as world stranger off dport=7777
	arrives isp off 2
}

@test "what came through a bridge does not go back there either" {
	rules "[forward]" "POLICY = ACCEPT"
	host off "PUBLIC_PORTS = 80"
	bridge_create
	br_netfilter 0
	for family in 4 6; do
		ip -n "$scene-dom0" -$family route replace default via "$(address lan $family)"
		ip -n "$scene-lan" -$family route replace "$(address off $family)" via "$(address bridge $family)"
	done
	scene_addresses[nobody 4]=203.0.113.200 scene_addresses[nobody 6]=2001:db8:f::200
	scene_addresses[off 4]=203.0.113.201 scene_addresses[off 6]=2001:db8:f::201
	host off "PUBLIC_PORTS = 80"
	dom0 firewall start
	trust_everybody
	watch_both lan
	vif_mac=$bridge_mac asks lan
	arrives_not lan off
}
