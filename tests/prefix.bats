#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that has a prefix has not what is in it and somebody else's: a network behind another guest, an address that
# Dom0 got later, a network that the kernel routes elsewhere. What else is in it, it has. (What only nft can tell is in
# prefix-more.bats.)
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/lan

scene_addresses+=([inner 4]=192.0.2.77 [inner 6]=2001:db8:b:7::77 [own 4]=192.0.2.1 [own 6]=2001:db8:b:7::1
	[behind 4]=192.0.2.100 [behind 6]=2001:db8:b:7:8000::1 [later 4]=192.0.2.5 [later 6]=2001:db8:b:7::5
	[site 4]=10.77.1.5 [site 6]=2001:db8:77:1::5 [sites 4]=10.77.1.0/24 [sites 6]=2001:db8:77:1::/64
	[beside 4]=10.77.2.5 [beside 6]=2001:db8:77:2::5 [wide 4]=10.77.0.0/16 [wide 6]=2001:db8:77::/48)
prefixes="192.0.2.0/25 2001:db8:b:7::/64"

# two_guests: g1 has the prefixes, and g2 addresses of its own
two_guests() {
	guest_create g1 g2
	attach g2
	attach g1 "ip=$prefixes"
	trust_everybody
}

# has_not GUEST SOURCE TO OWN: from SOURCE the guest reaches nobody there, from OWN it does
has_not() {
	watch "$3" came "udp dport 7777"
	watch "$3" last "udp dport 7777 ip saddr $(address "$4" 4)"
	watch "$3" last6 "udp dport 7777 ip6 saddr $(address "$4" 6)"
	send_as "$1" "$2" "$3" dport=7777
	send_as "$1" "$4" "$3" dport=7777
	arrives "$3" last
	arrives "$3" last6
	equal "what arrived at all" "$(seen "$3" came)" 2
}

@test "it does not send from a network that routing.cfg has behind another guest" {
	printf '%s\n' "[vpn]" "DESTINATION = 192.0.2.96/27 2001:db8:b:7:8000::/65" \
		"VIA = $(address g2 4) $(address g2 6)" >"$TAOFIREWALL_CONFIG/routing.cfg"
	host g2
	dom0 firewall start
	two_guests
	has_not g1 behind dom0 own
}

@test "it begins nothing with an address in it that Dom0 got later" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 40002/udp"
	dom0 firewall start
	two_guests
	ip -n "$scene-dom0" address add "$(address later 4)/32" dev eth0
	ip -n "$scene-dom0" address add "$(address later 6)/128" dev eth0 nodad
	send_as g1 later dom0 dport=40002
	send_as g1 own dom0 dport=40002
	eventually is_tracked 192.0.2.1
	equal "what is tracked of Dom0's" "$(tracked_of "$(address later 4)\|2001:0db8:000b:0007:0000:0000:0000:0005")" 0
}

tracked_of() { dom0 grep -c "src=\($1\) .*dport=40002" /proc/net/nf_conntrack || true; }
is_tracked() { [ "$(tracked_of "$1")" -gt 0 ]; }

# a_site: a network behind another uplink, whose file says so, and which g2 serves
a_site() {
	local family
	isp_up
	for family in 4 6; do
		ip -n "$scene-dom0" route add "$(address sites $family)" via "$(address isp $family)"
	done
	host net "TYPE = network" "IP = {sites}"
	host g2 "USERS = 7777/udp@{wide}"
	dom0 firewall start
	guest_create g1 g2
}

# is_none_of_it: g1 reaches g2 from beside the site, and not from it
is_none_of_it() {
	attach g2
	trust_everybody
	has_not g1 site g2 beside
}

@test "it begins nothing as a network in it that the kernel routes elsewhere" {
	a_site
	attach g1 "ip=$(address wide 4) $(address wide 6)"
	is_none_of_it
}

@test "nor does the next hop of a wider network" {
	printf '%s\n' "[vpn]" "DESTINATION = $(address wide 4) $(address wide 6)" \
		"VIA = $(address g1 4) $(address g1 6)" >"$TAOFIREWALL_CONFIG/routing.cfg"
	host g1
	a_site
	attach g1
	is_none_of_it
}

@test "nor does it send from a narrower one behind another guest" {
	printf '%s\n' "[wide]" "DESTINATION = $(address wide 4) $(address wide 6)" \
		"VIA = $(address g1 4) $(address g1 6)" "[site]" "DESTINATION = $(address sites 4) $(address sites 6)" \
		"VIA = $(address g2 4) $(address g2 6)" >"$TAOFIREWALL_CONFIG/routing.cfg"
	host g1
	host g2
	dom0 firewall start
	guest_create g1 g2
	attach g1
	attach g2
	trust_everybody
	has_not g1 site dom0 beside
	send_as g2 site dom0 dport=7777
	arrives dom0 came 4
}

# is_answered FAMILY...: g2 asks the world, and hears what that says
is_answered() {
	local family
	watch g2 heard "udp sport 7000"
	for family; do
		inside g2 send eth0 "udp$family" "src=$(address g2 "$family")" "dst=$(address world "$family")" sport=4000 dport=7000
	done
	hears_more $#
}

# hears_more COUNT: an answer in each version of IP
hears_more() {
	local before
	before=$(seen g2 heard)
	send_as world world g2 sport=7000 dport=4000
	arrives g2 heard $((before + $1))
}

@test "when it comes or goes, connections of what is in it and another's go on, and its own are forgotten" {
	scene_addresses+=([g2 4]=192.0.2.20 [g2 6]=2001:db8:b:7::20)
	host g2
	dom0 firewall start
	guest_create g1 g2
	attach g2
	is_answered 4 6
	attach g1 "ip=$prefixes"
	hears_more 2
	send_as g1 own world sport=4001 dport=7001
	eventually is_known own 4001
	detach g1
	hears_more 2
	run ! is_known own 4001
}

# is_known NAME PORT: a connection from its addresses and this port is tracked
is_known() {
	local four
	printf -v four 'src=%s .*sport=%s ' "$(address "$1" 4)" "$2"
	dom0 grep -q "$four" /proc/net/nf_conntrack
}

# asks GUEST...: each asks for an address by DHCP, and that is let in
asks() {
	local each
	dom0 nft "table inet seen { counter of_asked { }; chain arrived { type filter hook prerouting priority -290
		udp sport 68 udp dport 67 counter name of_asked; }; }"
	for each; do inside "$each" send eth0 udp4 dmac=ff:ff:ff:ff:ff:ff src=0.0.0.0 dst=255.255.255.255 sport=68 dport=67; done
	arrives dom0 asked $#
}

@test "it asks for an address by DHCP as others do, also where routing.cfg has a route" {
	printf '%s\n' "[site]" "DESTINATION = $(address sites 4) $(address sites 6)" \
		"VIA = $(address g2 4) $(address g2 6)" >"$TAOFIREWALL_CONFIG/routing.cfg"
	host g2
	dom0 firewall start
	two_guests
	asks g1 g2
}
