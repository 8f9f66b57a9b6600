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

@test "TYPE = network applies to machines behind the uplink, in both directions" {
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

@test "a prefix's host file applies to all of its addresses but those that have a file of their own" {
	host g1 "IP = {g1}" "PUBLIC_PORTS = 22"
	FAMILIES=4 host all "IP = 198.51.100.8/29" "PUBLIC_PORTS = 80"
	FAMILIES=6 host all "IP = 2001:db8:a:a::10/124" "PUBLIC_PORTS = 80"
	online_with g1 g2
	connects world g2 tcp/80
	connects world g1 tcp/22
	refuses world g2 tcp/22
	refuses world g1 tcp/80
}

# wide LINE...: a host file for the prefix that the guests' addresses are in
wide() {
	FAMILIES=4 host wide "IP = 198.51.100.8/29" "$@"
	FAMILIES=6 host wide "IP = 2001:db8:a:a::10/124" "$@"
}

@test "where the guest of the narrower file is offline, the wider one speaks" {
	wide "TYPE = network" "PUBLIC_PORTS = 80" "OUT_PORTS = 443"
	host g1 "PUBLIC_PORTS = 22"
	host g3 "PUBLIC_PORTS = 22"
	online_with g3
	# somebody elsewhere has the address
	for each in 4 6; do ip -n "$scene-world" address add "$(address g1 $each)" dev eth0 nodad; done
	opens g3 g1 tcp/80
	closes g3 g1 tcp/22 tcp/25
	for each in 4 6; do ip -n "$scene-world" address delete "$(address g1 $each)" dev eth0; done
	guest_create g1
	attach g1
	opens world g1 tcp/22
	closes world g1 tcp/80 tcp/25
	opens g1 world tcp/443 tcp/80
}

@test "for a guest that is online whose narrowest file is this machine's or another interface's, none speaks" {
	scene_vifs+=([g4]="4 0" [g5]="5 0")
	scene_addresses+=([g4 4]=198.51.100.14 [g4 6]=2001:db8:a:a::14 [g5 4]=198.51.100.9 [g5 6]=2001:db8:a:a::1f)
	wide "PUBLIC_PORTS = 80" "OUT_PORTS = 53"
	host g1 "TYPE = local" "PUBLIC_PORTS = 22"
	host g2 "INTERFACE = vif9.0" "PUBLIC_PORTS = 22"
	FAMILIES=4 host two "IP = 198.51.100.8/31" "TYPE = network" "INTERFACE = eth0" "PUBLIC_PORTS = 22"
	FAMILIES=6 host two "IP = 2001:db8:a:a::1e/127" "TYPE = network" "INTERFACE = eth0" "PUBLIC_PORTS = 22"
	host g3 "TYPE = network" "INTERFACE = eth0" "PUBLIC_PORTS = 22"
	online_with g1 g2 g3 g4 g5
	opens world g4 tcp/80
	closes world g4 tcp/22
	closes g4 world tcp/443
	# of this one, all is the guest's
	opens world g3 tcp/22
	closes world g3 tcp/80
	for each in g1 g2 g5; do
		closes world $each tcp/22 tcp/80
		opens $each world tcp/443
	done
	host g2 "INTERFACE = vif2.0" "PUBLIC_PORTS = 22"
	dom0 firewall reload
	opens world g2 tcp/22
	closes world g2 tcp/80
	rules "[forward]" "POLICY = ACCEPT"
	dom0 firewall reload
	for each in g1 g2 g5; do opens world $each tcp/22 tcp/80; done
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

@test "a lease of this machine is renewed: the server's answer to what it asks for comes in, and nobody else's" {
	local ask="import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 68))
s.settimeout(2)
s.sendto(b'renew', (sys.argv[1], 67))
print(s.recv(100))"
	dom0 firewall start
	serve world udp/67
	watch_input heard "udp sport 67 udp dport 68"
	inside world send eth0 udp4 dmac="$dom0_mac" src="$(address office 4)" dst="$(address dom0 4)" sport=67 dport=68
	run -0 dom0 python3 -c "$ask" "$(address world 4)"
	[[ $(dom0 nft list counters) == *"packets 1 "* ]]
}

# watch_input LABEL MATCH: counted in Dom0 behind all rules, where a service would hear it
watch_input() {
	dom0 nft -f - <<-END
		table inet heard {
			counter of_$1 { }
			chain input {
				type filter hook input priority 200
				$2 counter name of_$1
			}
		}
	END
}

@test "what a guest may not from its addresses it may not from its link-local one" {
	local each
	rules "[input]" "POLICY = ACCEPT"
	host g1 "OUT_PORTS = 80"
	FAMILIES=4 host g2 "OUT_PORTS = 80"
	FAMILIES=6 host g2
	online_with g1 g2 g3
	dom0 nft -f - <<-END
		table inet heard {
			counter of_$(vif g1 | tr . _) { }
			counter of_$(vif g2 | tr . _) { }
			counter of_$(vif g3 | tr . _) { }
			chain input {
				type filter hook input priority 200
				iifname vif1.0 udp dport 7777 counter name of_vif1_0
				iifname vif2.0 udp dport 7777 counter name of_vif2_0
				iifname vif3.0 udp dport 7777 counter name of_vif3_0
			}
		}
	END
	for each in g1 g2 g3; do
		inside $each send eth0 udp6 src="$(link_local $each)" dst=fe80::fcff:ffff:feff:ffff dport=7777
	done
	is_heard() { [[ $(dom0 nft list counter inet heard of_vif3_0) == *"packets 1 "* ]]; }
	eventually is_heard
	for each in 1 2; do [[ $(dom0 nft list counter inet heard of_vif${each}_0) == *"packets 0 "* ]]; done
	FAMILIES=6 pings g1 fe80::fcff:ffff:feff:ffff%eth0
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

# heard_by_dom0 LABEL MATCH: counted behind all rules
heard_by_dom0() {
	dom0 nft "table inet seen { counter of_$1 { }; chain heard { type filter hook input priority 200; $2 counter name of_$1; }; }"
}

@test "what a tunnel is made of passes where its protocol is named, and not else" {
	local each
	host g1 "OUT_PORTS = 80 */gre"
	host g2 "OUT_PORTS = *"
	online_with g1 g2
	heard_by_dom0 tunnels "meta l4proto { 4, 41, 47 }"
	watch world named "meta l4proto 47"
	watch world tunnels "meta l4proto { 4, 41 }"
	for each in 4 41 47; do
		inside g1 send eth0 ip4 proto=$each payload=40 src="$(address g1 4)" dst="$(address world 4)" + \
			ip6 proto=$each payload=40 src="$(address g1 6)" dst="$(address world 6)" + \
			ip4 proto=$each payload=40 src="$(address g1 4)" dst="$(address dom0 4)"
	done
	arrives world named 2
	arrives_not world tunnels
	inside g2 send eth0 ip4 proto=41 payload=40 src="$(address g2 4)" dst="$(address world 4)" + \
		ip4 proto=41 payload=40 src="$(address g2 4)" dst="$(address dom0 4)"
	arrives world tunnels
	arrives_not dom0 tunnels
}

@test "what is behind an authentication header passes where everything is open, and is tracked" {
	local to
	host g1 "FIREWALL = no"
	online_with g1
	watch g1 behind "ip6 nexthdr 51"
	watch world answered "ip6 nexthdr 51"
	to="dmac=$dom0_mac src=$(address world 6) dst=$(address g1 6) ext=ah"
	# shellcheck disable=SC2086 # words
	inside world send eth0 udp6 $to sport=500 dport=4500 + tcp6 $to sport=4000 dport=22 + icmp6 $to type=128
	arrives g1 behind 3
	inside g1 send eth0 udp6 src="$(address g1 6)" dst="$(address world 6)" sport=4500 dport=500 ext=ah
	arrives world answered
}

@test "what only a router says Dom0 does not hear from a guest, nor what is for its loopback address" {
	local from
	online_with g1
	trust_everybody
	heard_by_dom0 routers "icmpv6 type { nd-router-advert, nd-redirect }"
	heard_by_dom0 redirects "icmp type redirect"
	heard_by_dom0 loopback "ip daddr 127.0.0.1"
	from="icmp6 hops=255 src=$(link_local g1)"
	# shellcheck disable=SC2086 # words
	tell() {
		inside g1 send eth0 $from dst=ff02::1 dmac=33:33:00:00:00:01 type=134 payload=8 + \
			$from dst=fe80::fcff:ffff:feff:ffff type=137 target="$(address world 6)" payload=16 + \
			icmp4 src="$(address g1 4)" dst="$(address dom0 4)" type=5 code=1 payload=28 + \
			udp4 src="$(address g1 4)" dst=127.0.0.1 dport=53
	}
	tell
	FAMILIES=6 pings g1 dom0
	for each in routers redirects loopback; do arrives_not dom0 $each; done
	dom0 firewall stop
	tell
	arrives dom0 routers 2
	arrives dom0 redirects
	arrives dom0 loopback
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

# unasked: errors about packets that nobody sent, and answers to what nobody asked, for g1 and for Dom0
unasked() {
	local each family head frames=()
	for each in g1 dom0; do
		for family in 4 6; do
			head=("icmp$family" "src=$(address world $family)" "dst=$(address $each $family)" "dmac=$dom0_mac")
			frames+=("${head[@]}" type=$((family == 4 ? 3 : 1)) "qsrc=$(address $each $family)"
				"qdst=$(address stranger $family)" qsport=40000 qdport=53 +
				"${head[@]}" type=$((family == 4 ? 0 : 129)) payload=8 +)
		done
	done
	inside world send eth0 "${frames[@]:0:${#frames[@]}-1}" || return
	sleep 0.2
}

@test "an error about no connection, and an answer that nobody asked for, do not pass, though their types do" {
	local match="icmp type { 3, 0 }" match6="icmpv6 type { 1, 129 }"
	rules "[input]" "POLICY = ACCEPT" "[forward]" "POLICY = ACCEPT" "[icmp]" "ACCEPT = echo-reply destination-unreachable"
	online_with g1
	trust_everybody
	watch g1 four "$match"
	watch g1 six "$match6"
	heard_by_dom0 own4 "$match"
	heard_by_dom0 own6 "$match6"
	unasked
	arrives_not g1 four
	arrives_not g1 six
	arrives_not dom0 own4
	arrives_not dom0 own6
	dom0 firewall stop
	unasked
	arrives g1 four 2
	arrives g1 six 2
	arrives dom0 own4 2
	arrives dom0 own6 2
}

# told TYPE4 TYPE6: what the world says, as if they were errors, of what g1 and Dom0 asked it
told() {
	local each family port types=("$@") frames=()
	for each in g1 dom0; do
		for family in 4 6; do
			port=$(dom0 conntrack -L -f "ipv$family" -p udp --orig-src "$(address $each $family)" --dport 53 2>/dev/null |
				sed 's/[^=]*=[^=]*=[^=]*=\([0-9]*\) .*/\1/;q')
			frames+=("icmp$family" "dmac=$dom0_mac" "src=$(address world $family)" "dst=$(address $each $family)"
				"type=${types[family / 2 - 2]}" "qsrc=$(address $each $family)" "qdst=$(address world $family)"
				"qsport=$port" qdport=53 +)
		done
	done
	inside world send eth0 "${frames[@]:0:${#frames[@]}-1}"
}

@test "of a connection errors alone are heard, no redirects, no source quench, and no types that nobody knows" {
	local each
	online_with g1
	trust_everybody
	connects g1 world udp/53
	connects dom0 world udp/53
	watch g1 four "icmp type { 4, 5 }"
	watch g1 six "icmpv6 type 100"
	watch g1 error4 "icmp type 3"
	watch g1 error6 "icmpv6 type 1"
	heard_by_dom0 four "icmp type { 4, 5 }"
	heard_by_dom0 six "icmpv6 type 100"
	heard_by_dom0 error4 "icmp type 3"
	heard_by_dom0 error6 "icmpv6 type 1"
	told 4 100
	told 5 100
	told 3 1
	for each in g1 dom0; do
		arrives $each error4
		arrives $each error6
		arrives_not $each four
		arrives_not $each six
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
	background world send eth0 seconds=600 \
		udp4 dmac="$dom0_mac" src="$(address world 4)" dst="$(address g1 4)" dport=80 + \
		udp4 dmac="$dom0_mac" src="$(address world 4)" dst="$(address g1 4)" dport=81 + \
		udp6 dmac="$dom0_mac" src="$(address world 6)" dst="$(address g1 6)" dport=81
	for _ in 1 2 3 4 5 6 7 8 9 10; do dom0 firewall reload 2>/dev/null; done
	dom0 firewall force-reload
	dom0 firewall restart
	arrives g1 open 1000
	arrives_not g1 closed
}
