#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The policy, with real packets in both families: what a host file opens is open, and what it does not is closed.
# shellcheck disable=SC2154,SC2119 # scene and its like come from lib/net.bash; `rules` may go without lines

load lib/net

# online_with GUEST...: the configuration in force, these guests online, everything listening
online_with() {
	local each
	guest_create "$@"
	serve world
	serve dom0
	dom0 firewall start
	for each; do attach "$each"; done
}

@test "a guest without a host file may open anything, and nobody reaches it" {
	online_with g1
	connects g1 world tcp/22 tcp/80 udp/53 udp/123
	pings g1 world
	refuses world g1 tcp/22 tcp/80 udp/53 udp/123
	FAMILIES=4 no_pings world g1
}

@test "PUBLIC_PORTS opens its ports to everybody, and no others" {
	host g1 "PUBLIC_PORTS = 80 443 53/tcp+udp 6000-6100/udp"
	online_with g1 g2
	connects world g1 tcp/80 tcp/443 tcp/53 udp/53 udp/6000 udp/6050 udp/6100
	connects stranger g1 tcp/80 udp/6100
	connects g2 g1 tcp/80 udp/6000
	refuses world g1 tcp/22 udp/80 udp/443 udp/5999 udp/6101 tcp/6000 tcp/6050
	refuses g2 g1 tcp/22 udp/5999
	refuses world g2 tcp/80 udp/53
}

@test "PUBLIC_PROTOCOLS says the protocol of the port at its place, and tcp where it says nothing" {
	host g1 "PUBLIC_PORTS = 53 123 80" "PUBLIC_PROTOCOLS = tcp+udp udp"
	online_with g1
	connects world g1 tcp/53 udp/53 udp/123 tcp/80
	refuses world g1 tcp/2222 udp/80
}

@test "a protocol without ports is opened by its name" {
	host g1 "PUBLIC_PORTS = */gre"
	online_with g1
	watch g1 gre "meta l4proto gre"
	watch g1 esp "meta l4proto esp"
	for protocol in 50 47; do
		for family in 4 6; do
			inside world send eth0 "ip$family" "proto=$protocol" dmac="$dom0_mac" payload=64 \
				src="$(address world $family)" dst="$(address g1 $family)"
		done
	done
	arrives g1 gre 2
	arrives_not g1 esp
}

@test "a star opens everything" {
	host g1 "PUBLIC_PORTS = *"
	online_with g1
	connects world g1 "${scene_services[@]}"
	pings world g1
}

@test "USERS opens its services to those users alone" {
	host g1 "USERS = 22,3306@{office} 5432@{world} *@{g2}"
	online_with g1 g2 g3
	connects office g1 tcp/22 tcp/3306
	connects world g1 tcp/5432
	connects g2 g1 "${scene_services[@]}"
	refuses office g1 tcp/5432 tcp/80 udp/22
	refuses world g1 tcp/22 tcp/3306
	refuses stranger g1 tcp/22 tcp/3306 tcp/5432
	refuses g3 g1 tcp/22 tcp/5432
}

@test "USERS takes networks and the names of groups" {
	printf '%s\n' '[groups]' 'colleagues = 203.0.113.0/26 198.51.100.13' >>"$TAOFIREWALL_CONFIG/ipv4.conf"
	printf '%s\n' '[groups]' 'colleagues = 2001:db8:f::/122 2001:db8:a:a::13' >>"$TAOFIREWALL_CONFIG/ipv6.conf"
	host g1 "USERS = 22,6000-6100/udp@colleagues"
	online_with g1 g2 g3
	connects office g1 tcp/22 udp/6000 udp/6050 udp/6100
	connects g3 g1 tcp/22 udp/6050
	refuses stranger g1 tcp/22 udp/6050
	refuses g2 g1 tcp/22
	refuses office g1 udp/5999 udp/6101 tcp/80
}

@test "OUT_PORTS lets a guest open those alone" {
	host g1 "OUT_PORTS = 53/udp 80 443 6000-6100/udp" "PUBLIC_PORTS = 22"
	host g2 "PUBLIC_PORTS = 80 25"
	online_with g1 g2
	connects g1 world udp/53 tcp/80 tcp/443 udp/6000 udp/6100
	connects g1 g2 tcp/80
	refuses g1 world tcp/53 tcp/25 udp/80 udp/5999 udp/6101
	refuses g1 g2 tcp/25
	connects world g1 tcp/22
	connects g2 world tcp/25 udp/123
}

@test "OUT_PROTOCOLS says the protocol of the port at its place" {
	host g1 "OUT_PORTS = 53 80" "OUT_PROTOCOLS = tcp+udp"
	online_with g1
	connects g1 world tcp/53 udp/53 tcp/80
	refuses g1 world udp/80 tcp/22
}

@test "SERVICES lets a guest open those services at those servers alone" {
	host g1 "SERVICES = 25@{office} 53/udp@{world} *@{g2}"
	host g2 "PUBLIC_PORTS = 80"
	online_with g1 g2
	connects g1 office tcp/25
	connects g1 world udp/53
	connects g1 g2 tcp/80
	refuses g1 world tcp/25 tcp/80
	refuses g1 office udp/53 tcp/80
	refuses g1 stranger tcp/25
	refuses g1 g2 tcp/22
}

@test "FIREWALL = no lets everything through to and from a guest that filters itself" {
	host g1 "FIREWALL = no"
	host g2 "OUT_PORTS = 80" "PUBLIC_PORTS = 443"
	online_with g1 g2
	connects world g1 "${scene_services[@]}"
	pings world g1
	connects g1 world tcp/22 udp/123
	connects g1 g2 tcp/443
	refuses g1 g2 tcp/22
	connects g2 g1 tcp/80
	refuses g2 g1 tcp/22
}

@test "TYPE = network speaks for machines behind the uplink, in both directions" {
	host offices TYPE\ =\ network "IP = {office}" "OUT_PORTS = 22" "PUBLIC_PORTS = 25"
	host g1 "PUBLIC_PORTS = 22 80"
	online_with g1
	connects office g1 tcp/22
	refuses office g1 tcp/80
	connects world g1 tcp/22 tcp/80
	connects g1 office tcp/25
	refuses g1 office tcp/80
	connects g1 world tcp/80
}

@test "INTERFACE = counts a network only behind that interface" {
	host offices TYPE\ =\ network "IP = {office}" "INTERFACE = wan9" "OUT_PORTS = 22"
	host strangers TYPE\ =\ network "IP = {stranger}" "INTERFACE = eth0" "OUT_PORTS = 22"
	host g1 "PUBLIC_PORTS = 22 80"
	online_with g1
	connects stranger g1 tcp/22
	refuses stranger g1 tcp/80
	connects office g1 tcp/22 tcp/80
}

@test "a prefix's host file speaks for all of its addresses but those that have a file of their own" {
	host g1 "IP = {g1}" "PUBLIC_PORTS = 22"
	FAMILIES=4 host all "IP = 198.51.100.8/29" "PUBLIC_PORTS = 80"
	FAMILIES=6 host all "IP = 2001:db8:a:a::10/124" "PUBLIC_PORTS = 80"
	online_with g1 g2
	connects world g2 tcp/80
	connects world g1 tcp/22
	refuses world g2 tcp/22
	refuses world g1 tcp/80
}

@test "TYPE = local opens this machine's own services, and to guests too" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 80" "USERS = 22@{office} 53/udp@{g1}"
	online_with g1 g2
	connects world dom0 tcp/80
	connects office dom0 tcp/22
	connects g1 dom0 tcp/80 udp/53
	refuses world dom0 tcp/22 udp/53 tcp/443
	refuses g1 dom0 tcp/22 tcp/443
	refuses g2 dom0 udp/53
	connects dom0 world tcp/22 udp/123
}

@test "what a guest sends to Dom0 has to pass its own outgoing settings first" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 80 443"
	host g1 "OUT_PORTS = 80"
	online_with g1 g2
	connects g1 dom0 tcp/80
	refuses g1 dom0 tcp/443
	connects g2 dom0 tcp/80 tcp/443
}

@test "OUT_PORTS of the local host limits what this machine opens itself" {
	host dom0 "TYPE = local" "OUT_PORTS = 80"
	host g1 "PUBLIC_PORTS = 80 443"
	online_with g1
	connects dom0 world tcp/80
	connects dom0 g1 tcp/80
	refuses dom0 world tcp/443 udp/53
	refuses dom0 g1 tcp/443
}

@test "POLICY = ACCEPT lets through what nothing names, and still nothing from a vif without rules" {
	rules "[forward]" "POLICY = ACCEPT" "[input]" "POLICY = ACCEPT"
	online_with g1
	connects world g1 tcp/22 udp/53
	connects g1 dom0 tcp/22
	connects world dom0 tcp/22
	pings world g1
	guest_create g2
	ip -n "$scene-dom0" link set vif2.0 up
	ip -n "$scene-dom0" route add "$(address g2 4)" dev vif2.0
	ip -n "$scene-dom0" route add "$(address g2 6)" dev vif2.0
	refuses g2 world tcp/80 udp/53
	refuses g2 dom0 tcp/22
	refuses g2 g1 tcp/22
	watch g2 reached "udp dport 7777"
	send_as world world g2 dport=7777
	send_as world world g1 dport=7777
	arrives_not g2 reached
}

@test "POLICY = DROP of the output chain keeps this machine silent but for what its host file names" {
	rules "[output]" "POLICY = DROP"
	host dom0 "TYPE = local" "PUBLIC_PORTS = 22" "SERVICES = 80@{world}"
	online_with
	connects dom0 world tcp/80
	connects world dom0 tcp/22
	refuses dom0 office tcp/80
	refuses dom0 world tcp/443
}

@test "an IPv4 echo passes where [icmp] says so, an IPv6 echo always (RFC 4890)" {
	online_with g1
	FAMILIES=6 pings world g1
	FAMILIES=6 pings world dom0
	FAMILIES=4 no_pings world g1
	FAMILIES=4 no_pings world dom0
	rules "[icmp]" "ACCEPT = echo-request"
	dom0 firewall reload
	pings world g1
	pings world dom0
	pings g1 dom0
}

@test "ICMP errors come through, so that nobody waits for an answer that is known" {
	host g1 "PUBLIC_PORTS = 9 9/udp"
	online_with g1
	hears refused 3000 world g1 tcp/9 udp/9
	hears refused 3000 g1 world udp/9
	for family in 4 6; do
		ping_says "Time to live exceeded|Hop limit" "$(address world $family)" -t 1
	done
	ip -n "$scene-dom0" link set eth0 mtu 1280
	for family in 4 6; do
		ping_says "mtu ?= ?1280|Packet too big" "$(address world $family)" -M "do" -s 1400
	done
}

# ping_says PATTERN ADDRESS OPTION...: what g1's ping prints matches
ping_says() {
	local pattern=$1 to=$2 out
	shift 2
	out=$(inside g1 ping -n -c 1 -W 3 "$@" "$to" 2>&1) || true
	grep -qE "$pattern" <<<"$out" || fail "ping $* $to says no '$pattern' but:"$'\n'"$out"
}

@test "the settings of one family are not the other's" {
	FAMILIES=4 host g1 "PUBLIC_PORTS = 80"
	FAMILIES=6 host g1 "PUBLIC_PORTS = 443"
	online_with g1
	FAMILIES=4 connects world g1 tcp/80
	FAMILIES=4 refuses world g1 tcp/443
	FAMILIES=6 connects world g1 tcp/443
	FAMILIES=6 refuses world g1 tcp/80
}

@test "a guest with addresses of one family has no network in the other" {
	guest_create g1
	serve world
	dom0 firewall start
	attach g1 "ip=$(address g1 4)"
	FAMILIES=4 connects g1 world tcp/80
	watch world from_g1 "ip6 saddr $(address g1 6)"
	FAMILIES=6 send_as g1 g1 world
	FAMILIES=4 pings g1 world
	arrives_not world from_g1
}

@test "settings go with the guest: another one at the same address comes without them" {
	host g1 "PUBLIC_PORTS = 80"
	online_with g1
	connects world g1 tcp/80
	rm "$TAOFIREWALL_CONFIG"/ipv?.d/g1.conf
	dom0 firewall reload
	refuses world g1 tcp/80
	connects g1 world tcp/80
}

@test "established connections go on through a reload, even of rules that would not let them begin" {
	host g1 "PUBLIC_PORTS = 80 53/udp"
	online_with g1
	FAMILIES=4 hold tcp4 world g1 tcp/80
	FAMILIES=6 hold tcp6 world g1 tcp/80
	FAMILIES=4 hold udp4 world g1 udp/53
	FAMILIES=6 hold udp6 g1 world udp/53
	dom0 firewall reload
	host g1 "PUBLIC_PORTS = 443"
	dom0 firewall reload
	dom0 firewall restart
	refuses world g1 tcp/80 udp/53
	connects world g1 tcp/443
	for each in tcp4 tcp6 udp4 udp6; do held "$each"; done
}

@test "nothing passes unfiltered while the rules are replaced again and again" {
	host g1 "PUBLIC_PORTS = 80"
	online_with g1
	watch g1 open "udp dport 80"
	watch g1 closed "udp dport 81"
	host g1 "PUBLIC_PORTS = 80/udp"
	dom0 firewall reload
	background world send eth0 seconds=3 \
		udp4 dmac="$dom0_mac" src="$(address world 4)" dst="$(address g1 4)" dport=80 + \
		udp4 dmac="$dom0_mac" src="$(address world 4)" dst="$(address g1 4)" dport=81 + \
		udp6 dmac="$dom0_mac" src="$(address world 6)" dst="$(address g1 6)" dport=81
	for _ in 1 2 3 4 5 6 7 8 9 10; do dom0 firewall reload 2>/dev/null; done
	dom0 firewall force-reload
	dom0 firewall restart
	arrives g1 open 1000
	arrives_not g1 closed
}
