#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# There is no moment at which a vif is up and its rules are not in place: guests and the world flood it all the while.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# flood SECONDS: from g1 what its rules allow, and what they do not
flood() {
	local family frames=()
	for family in 4 6; do
		frames+=(${frames:++}
			"udp$family" src="$(address g1 $family)" dst="$(address world $family)" dport=7778 +
			"udp$family" src="$(address g1 $family)" dst="$(address world $family)" dport=7779 +
			"udp$family" src="$(address g2 $family)" dst="$(address world $family)" dport=7777 +
			"udp$family" src="$(address stranger $family)" dst="$(address world $family)" dport=7777 +
			"udp$family" src="$(address g1 $family)" dst="$(address dom0 $family)" dport=7779)
	done
	background g1 send eth0 "seconds=$1" "${frames[@]}"
}

watch_flood() {
	watch world allowed "udp dport 7778"
	watch world unopened "udp dport 7779"
	watch world spoofed "udp dport 7777"
	dom0 nft -f - <<-'END'
		table inet heard {
			counter of_heard { }
			chain c {
				type filter hook input priority 10
				udp dport 7777-7779 counter name of_heard
			}
		}
	END
}

@test "of a flooding guest not one forbidden packet passes while its vif comes and goes" {
	host g1 "OUT_PORTS = 7778/udp"
	dom0 firewall start
	dom0 sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter; echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter'
	guest_create g1
	watch_flood
	flood 600
	for _ in 1 2 3 4 5; do
		unwatch world
		attach g1
		arrives world allowed 300
		arrives_not world unopened
		arrives_not world spoofed
		offline 1 0
		arrives_not world unopened
		arrives_not world spoofed
	done
	arrives_not dom0 heard
	dom0 firewall stop
	attach g1
	trust_everybody
	arrives world unopened 100
	arrives world spoofed 100
	arrives dom0 heard 100
}

@test "of a flooding world not one forbidden packet reaches a guest while its vif comes and goes" {
	local frames=(udp4 dmac="$dom0_mac" src="$(address world 4)" dst="$(address g1 4)")
	host g1 "PUBLIC_PORTS = 7778/udp"
	dom0 firewall start
	guest_create g1
	watch g1 allowed "udp dport 7778"
	watch g1 unopened "udp dport 7777"
	background world send eth0 seconds=600 "${frames[@]}" dport=7777 + "${frames[@]}" dport=7778 + \
		udp6 dmac="$dom0_mac" src="$(address world 6)" dst="$(address g1 6)" dport=7777
	for _ in 1 2 3 4 5; do
		unwatch g1
		attach g1
		arrives g1 allowed 300
		arrives_not g1 unopened
		offline 1 0
		arrives_not g1 unopened
	done
	dom0 firewall stop
	attach g1
	arrives g1 unopened 100
}

@test "a vif that somebody forces up before its attach is closed, both ways and in every protocol" {
	dom0 firewall start
	guest_create g1
	serve world
	serve dom0
	ip -n "$scene-dom0" -batch - <<-END
		link set vif1.0 up
		address add $(address dom0 4)/32 dev vif1.0
		address add $(address dom0 6)/128 dev vif1.0 nodad
		route add $(address g1 4) dev vif1.0
		route add $(address g1 6) dev vif1.0
		neighbour add $(address g1 4) lladdr $(mac g1) dev vif1.0
		neighbour add $(address g1 6) lladdr $(mac g1) dev vif1.0
		neighbour add proxy $(address g1 4) dev eth0
		neighbour add proxy $(address g1 6) dev eth0
	END
	dom0 sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/proxy_ndp'
	trust_everybody
	watch g1 forwarded "udp dport 7777"
	watch world forwarded "udp dport 7777"
	watch dom0 heard "udp dport 7777"
	watch_arp g1 answers "arp operation reply"
	send_as g1 g1 world dport=7777
	send_as g1 g1 dom0 dport=7777
	send_as world world g1 dport=7778
	inside g1 send eth0 arp dmac=ff:ff:ff:ff:ff:ff spa="$(address g1 4)" tpa="$(address dom0 4)"
	refuses g1 world tcp/80
	refuses g1 dom0 tcp/22 udp/53
	no_pings g1 dom0
	no_pings world g1
	no_pings dom0 g1
	arrives_not world forwarded
	arrives_not dom0 heard
	arrives_not g1 forwarded
	uses_iptables || arrives_not g1 answers	# ARP is none of iptables' business
	dom0 firewall stop
	send_as g1 g1 world dport=7777
	arrives world forwarded 2
	pings world g1
	inside g1 send eth0 arp dmac=ff:ff:ff:ff:ff:ff spa="$(address g1 4)" tpa="$(address dom0 4)"
	arrives g1 answers
}

@test "an attach that is killed at any moment leaves nothing open, and the next one heals it" {
	local ms
	host g1 "OUT_PORTS = 7778/udp"
	dom0 firewall start
	watch_flood
	remember
	guest_create g1
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4) $(address g1 6)"
	flood 40
	for ms in 2 4 6 8 10 12 14 16 18 20 25 30 35 40; do
		dom0 env XENBUS_PATH=backend/vif/1/0 vif=vif1.0 netdev= timeout -s KILL "0.0$(printf %02d "$ms")" \
			vif-route-taofw online type_if=vif </dev/null || true
		[ $((ms % 4)) -eq 0 ] || offline 1 0
	done
	online 1 0
	unwatch world
	arrives world allowed 100
	arrives_not world unopened
	arrives_not world spoofed
	arrives_not dom0 heard
	offline 1 0
	nothing_left
	unchanged
}
