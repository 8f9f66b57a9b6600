#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A routed address that several have (SHARED): guests here may all send from it, the one that came last is reached at it,
# and who goes leaves it to the others. Where this machine does not answer for it, others may have it, too. What the
# kernel itself holds against sources is as an attach sets it.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/lan

# loaded: an address in the uplink's network that guests share, in force
loaded() {
	scene_addresses+=([vip 4]=198.51.100.20 [vip 6]=2001:db8:a:a::20)
	host vip "SHARED = yes" "PUBLIC_PORTS = 80 7777/udp"
	host g3 "PUBLIC_PORTS = 7778/udp"
	dom0 firewall start
	remember
}

# came GUEST: it has that address beside its own
came() {
	if [[ " ${scene_namespaces[*]} " == *" $scene-$1 "* ]]; then
		vif_create "$1"
		guest_address "$1" "$(address "$1" 4)" "$(address "$1" 6)"
	else
		guest_create "$1"
		watch "$1" here "udp dport 7777"
	fi
	guest_address "$1" "$(address vip 4)" "$(address vip 6)"
	attach "$1" "ip=$(address "$1" 4) $(address "$1" 6) $(address vip 4) $(address vip 6)"
}

# has_it GUEST [OTHER]: it is reached there alone
has_it() {
	local each
	for each; do unwatch "$each"; done
	send_as world world vip dport=7777
	arrives "$1" here 2
	[ $# -eq 1 ] || arrives_not "$2" here
	connects world vip tcp/80
	refuses world vip tcp/22
}

# may_say FROM TO: what it says in that name arrives
may_say() {
	unwatch "$2"
	send_as "$1" vip "$2" dport=7778
	arrives "$2" said 2
}

# all_say_it GUEST...: these may, and who is elsewhere; a guest that has not the address may not
all_say_it() {
	for each; do
		may_say "$each" world
		may_say "$each" g3
	done
	may_say world g3
	unwatch world
	send_as g3 vip world dport=7778
	send_as g3 g3 world dport=7779
	arrives world honest 2
	arrives_not world said
}

# take_turns: g1 and g2 come and go, and nothing is left of them
take_turns() {
	guest_create g3
	attach g3
	serve world
	for each in world g3; do watch $each said "udp dport 7778"; done
	watch world honest "udp dport 7779"
	came g1
	has_it g1
	came g2
	has_it g2 g1
	all_say_it g1 g2
	dom0 firewall reload
	has_it g2 g1
	all_say_it g1 g2
	detach g2
	has_it g1
	all_say_it g1
	came g2
	has_it g2 g1
	detach g1
	has_it g2
	all_say_it g2
	answers_for 4 "$1"
	answers_for 6 "$1"
	detach g2
	detach g3
	nothing_left
	unchanged
}

# answers_for FAMILY N: this machine does on the uplink, for the shared address, in N entries
answers_for() {
	equal "entries for it" "$(ip -n "$scene-dom0" "-$1" neighbour show proxy | grep -cwF "$(address vip "$1")" || true)" "$2"
}

@test "two guests may have a shared address: the newest is reached at it, and when it goes the other one is" {
	loaded
	take_turns 1
}

@test "so they may where this machine does not answer for it, and then it moves between machines" {
	sed -i 's/^\[xen\]/&\nPROXY_ARP = no\nPROXY_NDP = no/' "$TAOFIREWALL_CONFIG/taofirewall.conf"
	loaded
	for each in 4 6; do
		for name in vip g3; do
			ip -n "$scene-world" route add "$(address $name $each)" via "$(address dom0 $each)"
		done
	done
	take_turns 0
	for each in 4 6; do
		ip -n "$scene-world" route delete "$(address vip $each)"
		ip -n "$scene-world" address add "$(address vip $each)" dev eth0
	done
	vif_create g3
	guest_address g3 "$(address g3 4)" "$(address g3 6)"
	attach g3
	connects g3 vip tcp/80
}

@test "who has it elsewhere is no guest: he does not go through this machine to others" {
	isp_up
	scene_addresses+=([vip 4]=198.51.100.20 [vip 6]=2001:db8:a:a::20)
	host vip "SHARED = yes"
	dom0 firewall start
	guest_create g1
	guest_address g1 "$(address vip 4)" "$(address vip 6)"
	attach g1 "ip=$(address g1 4) $(address g1 6) $(address vip 4) $(address vip 6)"
	trust_everybody
	watch isp came "udp dport 7777"
	send_as world vip isp dport=7777
	sleep 0.2
	arrives_not isp came
	send_as g1 vip isp dport=7777
	arrives isp came 2
}
