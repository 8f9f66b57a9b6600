#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Nobody sends from an address that is another's. The kernel's own filters are off in all of these tests, so that the
# rules alone have to do it; and each packet that is dropped is sent again where it passes.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# everybody_online GUEST...: and what could be opened is open
everybody_online() {
	local each
	rules "[forward]" "POLICY = ACCEPT" "[input]" "POLICY = ACCEPT"
	dom0 firewall start
	guest_create "$@"
	for each; do attach "$each"; done
	trust_everybody
}

# is_dropped FROM CLAIMED TO [WORD...]: three packets of each family that claim to come from CLAIMED don't arrive, while
# honest ones do; the drops of a guest are counted; and without rules the same packets arrive.
is_dropped() {
	local from=$1 claimed=$2 to=$3 families counted
	shift 3
	families=$(wc -w <<<"${FAMILIES:-4 6}")
	watch "$to" spoofed "udp dport 7777"
	watch "$to" honest "udp dport 7778"
	counted=$([ "$from" = world ] || dropped spoofed "$(vif "$from")")
	for _ in 1 2 3; do send_as "$from" "$claimed" "$to" dport=7777 "$@"; done
	send_as "$from" "$from" "$to" dport=7778
	arrives "$to" honest "$families"
	arrives_not "$to" spoofed
	[ "$from" = world ] ||
		equal "the drops counted for $from" "$(dropped spoofed "$(vif "$from")")" $((counted + 3 * families))
	dom0 firewall stop
	send_as "$from" "$claimed" "$to" dport=7777 "$@"
	arrives "$to" spoofed "$families"
	dom0 firewall start
	trust_everybody # which a start takes back
	unwatch "$to"
}

@test "a guest that claims to be another guest gets nothing through to the world" {
	everybody_online g1 g2
	is_dropped g2 g1 world
}

@test "a guest that claims to be another guest gets nothing through to a third one" {
	everybody_online g1 g2 g3
	is_dropped g2 g1 g3
}

@test "a guest that claims to be another guest gets nothing through to that guest or to Dom0" {
	everybody_online g1 g2
	is_dropped g2 g1 g1
	is_dropped g2 g1 dom0
}

@test "a guest that claims to be Dom0 gets nothing through" {
	everybody_online g1 g2
	is_dropped g2 dom0 world
	is_dropped g2 dom0 g1
	is_dropped g2 dom0 dom0
}

@test "a guest that claims an outside address gets nothing through" {
	everybody_online g1 g2
	is_dropped g2 stranger g1
	is_dropped g2 world dom0
	is_dropped g2 office world
}

@test "a guest that claims an address of nobody gets nothing through" {
	everybody_online g1 g2
	FAMILIES=4 is_dropped g2 192.0.2.200 g1
	FAMILIES=6 is_dropped g2 2001:db8:b::200 g1
	FAMILIES=4 is_dropped g2 127.0.0.1 g1
}

@test "a guest's own address from another MAC gets nothing through" {
	everybody_online g1 g2
	is_dropped g2 g2 world smac=00:16:3e:00:00:77
	is_dropped g2 g2 g1 smac="$(mac g1)"
	is_dropped g2 g1 dom0 smac="$(mac g1)"
}

@test "the uplink that sends with a guest's address gets nothing through" {
	everybody_online g1 g2
	is_dropped world g1 g2
	is_dropped world g1 dom0
	is_dropped world g2 g2
}

@test "a spoofed packet of a connection that is established gets nothing through" {
	local family port
	rules "[forward]" "POLICY = ACCEPT"
	dom0 firewall start
	guest_create g1 g2
	serve world
	attach g1
	attach g2
	trust_everybody
	watch world foreign "udp length 107"
	for family in 4 6; do
		FAMILIES=$family hold "flow$family" g1 world udp/53
		port=$(inside g1 ss -Hun "-$family" "dport = 53" | awk '{ print $4 }' | grep -oE '[0-9]+$')
		FAMILIES=$family send_as g2 g1 world sport="$port" dport=53 payload=99
		held "flow$family"
	done
	arrives_not world foreign
	dom0 firewall stop
	send_as g2 g1 world dport=53 payload=99
	arrives world foreign 2
}

# asks GUEST WORD...: one ARP request of the guest's to Dom0
asks() {
	local guest=$1
	shift
	inside "$guest" send eth0 arp dmac=ff:ff:ff:ff:ff:ff tpa="$(address dom0 4)" "$@"
}

@test "ARP with a foreign sender is not answered, and changes nothing" {
	everybody_online g1 g2
	# iptables leaves it to what the kernel itself holds against spoofed sources
	! uses_iptables || dom0 sh -c 'echo 1 >/proc/sys/net/ipv4/conf/vif2.0/rp_filter'
	watch_arp g2 answers "arp operation reply"
	ip -n "$scene-dom0" neighbour show >"$scene_dir/neighbours"
	asks g2 spa="$(address g1 4)"
	asks g2 spa="$(address world 4)"
	asks g2 spa="$(address g2 4)" sha="$(mac g1)"
	asks g2 spa="$(address g1 4)" op=reply
	arrives_not g2 answers
	asks g2 spa="$(address g2 4)"
	arrives g2 answers 1
	equal "the count of answers" "$(seen g2 answers)" 1
	ip -n "$scene-dom0" neighbour show | diff "$scene_dir/neighbours" -
	if uses_iptables; then trust_everybody; else dom0 firewall stop; fi
	asks g2 spa="$(address g1 4)"
	arrives g2 answers 2
}

@test "a neighbour advertisement for another guest's address moves nothing" {
	everybody_online g1 g2
	inside g2 send eth0 count=5 icmp6 type=136 hops=255 src="$(address g2 6)" dst="$(address dom0 6)" \
		target="$(address g1 6)" + icmp6 type=136 hops=255 src=fe80::216:3eff:fe00:2 dst=ff02::1 \
		dmac=33:33:00:00:00:01 target="$(address g1 6)"
	[ -z "$(ip -n "$scene-dom0" neighbour show "$(address g1 6)" dev vif2.0)" ]
	FAMILIES=6 pings world g1
}

@test "what DHCP and duplicate address detection need passes, with the guest's own MAC alone" {
	everybody_online g1
	watch dom0 dhcp "udp dport 67"
	watch dom0 detection "ip6 saddr :: icmpv6 type nd-neighbor-solicit"
	local dhcp=(udp4 src=0.0.0.0 dst=255.255.255.255 sport=68 dport=67 dmac=ff:ff:ff:ff:ff:ff)
	local detection=(icmp6 src=:: dst=ff02::1:ff00:11 hops=255 type=135 target="$(address g1 6)" dmac=33:33:ff:00:00:11)
	inside g1 send eth0 "${dhcp[@]}" smac="$(mac g2)" + "${detection[@]}" smac="$(mac g2)"
	arrives_not dom0 dhcp
	arrives_not dom0 detection
	inside g1 send eth0 "${dhcp[@]}" + "${detection[@]}"
	arrives dom0 dhcp
	arrives dom0 detection
	asks g1 spa=0.0.0.0
}

@test "fragments of a spoofed packet don't get through either" {
	everybody_online g1 g2
	watch g1 fragments "udp dport 7777"
	inside g2 ping -n -q -c 1 -W 2 -s 3000 "$(address g1 4)" >/dev/null	# an honest one, in three pieces
	ip -n "$scene-g2" address add 198.51.100.99/32 dev eth0
	run -1 inside g2 ping -n -q -c 1 -W 0.3 -s 3000 -I 198.51.100.99 "$(address g1 4)"
	# iptables has no place before the kernel puts them together
	equal "the drops" "$(dropped spoofed vif2.0)" "$(if uses_iptables; then echo 1; else echo 3; fi)"
}

@test "ANTISPOOF = no leaves it to somebody else" {
	configure "[xen]" "ANTISPOOF = no"
	everybody_online g1 g2
	watch world spoofed "udp dport 7777"
	send_as g2 g1 world dport=7777
	arrives world spoofed 2
}

@test "status tells how many packets of which guest were dropped" {
	everybody_online g1 g2
	for _ in 1 2 3; do send_as g2 g1 world; done
	dom0 firewall status | grep -A 1 "on vif2.0" | grep -F "dropped: 6 spoofed, 0 by policy"
	dom0 firewall status | grep "on vif1.0" | grep -F "dropped: 0 spoofed, 0 by policy"
}

# solicits ADDRESS...: g1 solicits Dom0 from each of them
solicits() {
	local each frames=()
	for each; do
		frames+=(${frames:++} icmp6 type=135 hops=255 "src=$each" "dst=$(address dom0 6)" "target=$(address dom0 6)")
	done
	inside g1 send eth0 "${frames[@]}"
}

neighbours() { ip -n "$scene-dom0" -6 neighbour show dev vif1.0 | wc -l; }
has_neighbours() { [ "$(neighbours)" -gt "$1" ] || fail "there are $(neighbours)"; }	# has_neighbours N: more than so many

@test "a guest with a new address for each solicitation does not fill the table that all share" {
	local on_link=(fe80::{10..99}) routed=(2001:db8:b:1::{10..99})
	guest_create g1
	dom0 firewall start
	attach g1 "ip=$(address g1 4) $(address g1 6) 2001:db8:b:1::/80"
	solicits "${on_link[@]}"
	solicits "${routed[@]}"
	FAMILIES=6 pings g1 dom0	# so Dom0 has seen what was sent before
	[ "$(neighbours)" -lt 20 ]
	dom0 firewall stop
	solicits "${on_link[@]}"
	eventually has_neighbours 80
	solicits "${routed[@]}"
	eventually has_neighbours 160
}

@test "a guest with a prefix does not send from an address in it that another guest has" {
	local -x FAMILIES=6
	scene_addresses[g2 6]=2001:db8:b:1::5
	guest_create g1 g2
	dom0 firewall start
	attach g1 "ip=2001:db8:b:1::/80"
	watch world spoofed "udp dport 7777"
	send_as g1 g2 world dport=7777
	arrives world spoofed
	unwatch world
	attach g2 "ip=2001:db8:b:1::5"
	send_as g1 g2 world dport=7777
	send_as g2 g2 world dport=7778
	inside g1 send eth0 udp6 src=2001:db8:b:1::6 dst="$(address world 6)" dport=7777
	arrives world spoofed
	equal "the packets from g1" "$(seen world spoofed)" 1
	detach g2
	send_as g1 g2 world dport=7777
	arrives world spoofed 2
}

# says_to_group: Dom0 speaks to groups through the guest's vif that it listens to itself, as routing daemons do
says_to_group() {
	dom0 python3 - "$(vif "$1")" <<-'END'
		import socket, struct, sys
		index = socket.if_nametoindex(sys.argv[1])
		for family, group in (socket.AF_INET, "224.0.0.251"), (socket.AF_INET6, "ff02::fb"):
		    s = socket.socket(family, socket.SOCK_DGRAM)
		    if family == socket.AF_INET:
		        request = struct.pack("4s4si", socket.inet_aton(group), bytes(4), index)
		        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
		        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, request)
		    else:
		        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(family, group) + struct.pack("i", index))
		        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
		    s.sendto(b"hello", (group, 7777))
	END
}

@test "what Dom0 says to a group through a vif, and hears itself, is not the guest's spoofing" {
	everybody_online g1
	watch_frames g1 group "udp dport 7777"
	says_to_group g1
	arrives g1 group 2
	equal "the drops counted for g1" "$(dropped spoofed vif1.0)" 0
	inside g1 send eth0 udp4 src="$(address dom0 4)" dst=224.0.0.251 dport=7778 dmac=01:00:5e:00:00:fb + \
		udp6 src="$(address dom0 6)" dst=ff02::fb dport=7778 dmac=33:33:00:00:00:fb
	eventually counted 2
}

counted() { [ "$(dropped spoofed vif1.0)" -eq "$1" ]; }
