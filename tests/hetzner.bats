#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whole prefixes, Dom0's address of another network on the vif (as at Hetzner's), and two vifs with one address (as in
# a localhost migration).
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# dom0_has VIF ADDRESS: it is one on that vif
dom0_has() { ip -n "$scene-dom0" -o address show dev "$1" | grep -qwF "$2" || fail "$1 has no $2"; }

# route_of GUEST FAMILY: the vif to which Dom0 sends the guest's packets
route_of() { dom0 ip route get "$(address "$1" "$2")" | grep -oE 'dev [^ ]+' | cut -d ' ' -f 2; }

# interfaces_up GUEST: as its ifup reads it, with a private /run (which interfaces are up) and /etc (no hooks of this machine's)
interfaces_up() {
	# shellcheck disable=SC2016 # the inner shell's
	inside "$1" unshare --mount sh -c 'mount -t tmpfs run /run && mount -t tmpfs etc /etc &&
		for each in if-pre-up.d if-up.d; do mkdir -p /etc/network/$each; done &&
		busybox ifup -i "$1" eth0' - "$scene_dir/interfaces"
}

@test "Hetzner's second /64: a guest needs an address, a netmask and a gateway, and nothing else" {
	configure "[xen]" "DOM0_IP6 = 2001:db8:b:b::2"
	FAMILIES=6 host g1 "IP = 2001:db8:b:b:1::2" "PUBLIC_PORTS = 80"
	cat >"$scene_dir/interfaces" <<-END
		iface eth0 inet6 static
		  address 2001:db8:b:b:1::2
		  netmask 64
		  gateway 2001:db8:b:b::2
	END
	dom0 firewall start
	serve world
	vif_create g1
	guest g1 sh -c 'cd /proc/sys/net/ipv6/conf; echo 1 >all/accept_dad; echo 1 >eth0/accept_dad'
	serve g1
	attach g1 "ip=2001:db8:b:b:1::2"
	dom0_has vif1.0 2001:db8:b:b::2/128
	interfaces_up g1
	eventually is_settled g1
	FAMILIES=6 pings g1 2001:db8:b:b::2
	FAMILIES=6 connects g1 world tcp/80 udp/53
	FAMILIES=6 connects world 2001:db8:b:b:1::2 tcp/80
	FAMILIES=6 refuses world 2001:db8:b:b:1::2 tcp/22
	FAMILIES=6 pings world 2001:db8:b:b:1::2
}

is_settled() { ! ip -n "$scene-$1" -6 address show dev eth0 | grep -q tentative; }

@test "of a list in DOM0_IP6 the one in the vif's own /64 is taken, and the first where none is" {
	configure "[xen]" "DOM0_IP6 = 2001:db8:b:a::2 2001:db8:b:b::2 2001:db8:b:c::2"
	vif_create g1
	vif_create g2
	vif_create g3
	attach g1 "ip=2001:db8:b:b:1::2"
	attach g2 "ip=$(address g2 4) 2001:db8:b:c::7"
	attach g3 "ip=2001:db8:b:d::7"
	dom0_has vif1.0 2001:db8:b:b::2/128
	dom0_has vif2.0 2001:db8:b:c::2/128
	dom0_has vif2.0 "$(address dom0 4)/32"
	dom0_has vif3.0 2001:db8:b:a::2/128
}

@test "DOM0_IP gives Dom0 another IPv4 address on the vifs" {
	configure "[xen]" "DOM0_IP = 192.0.2.1"
	rules "[icmp]" "ACCEPT = echo-request"
	guest_create g1
	attach g1
	dom0_has vif1.0 192.0.2.1/32
	ip -n "$scene-g1" route replace default via 192.0.2.1 dev eth0 onlink
	FAMILIES=4 pings g1 192.0.2.1
	FAMILIES=4 pings g1 world
}

@test "a guest that is given a prefix has all of its addresses, and none beside it" {
	dom0 firewall start
	remember
	guest_create g2
	vif_create g1
	guest_address g1 192.0.2.17/28 192.0.2.30/28 2001:db8:b:b:1::2/80 2001:db8:b:b:1:ffff::9/80 192.0.2.33 \
		2001:db8:b:b:2::2
	serve g1
	serve world
	FAMILIES=4 host g1 "IP = 192.0.2.16/28" "PUBLIC_PORTS = 80"
	FAMILIES=6 host g1 "IP = 2001:db8:b:b:1::/80" "PUBLIC_PORTS = 80"
	dom0 firewall reload
	attach g1 "ip=192.0.2.16/28 2001:db8:b:b:1::/80"
	attach g2
	trust_everybody
	prefix_holds
	watch world beside "udp dport 7777"
	FAMILIES=4 send_as g1 192.0.2.33 world dport=7777
	FAMILIES=6 send_as g1 2001:db8:b:b:2::2 world dport=7777
	FAMILIES=4 send_as g2 192.0.2.30 world dport=7777
	FAMILIES=6 send_as g2 2001:db8:b:b:1::2 world dport=7777
	arrives_not world beside
	equal "spoofed of g1" "$(dropped spoofed vif1.0)" 2
	equal "spoofed of g2" "$(dropped spoofed vif2.0)" 2
	FAMILIES=4 send_as g1 192.0.2.30 world dport=7777
	FAMILIES=6 send_as g1 2001:db8:b:b:1::2 world dport=7777
	arrives world beside 2
	dom0 firewall reload
	prefix_holds
	detach g2
	detach g1
	rm "$TAOFIREWALL_CONFIG"/ipv?.d/*
	dom0 firewall reload
	unchanged
}

prefix_holds() {
	FAMILIES=4 connects world 192.0.2.17 tcp/80
	FAMILIES=4 connects world 192.0.2.30 tcp/80
	FAMILIES=4 refuses world 192.0.2.17 tcp/22
	FAMILIES=6 connects world 2001:db8:b:b:1::2 tcp/80
	FAMILIES=6 connects world 2001:db8:b:b:1:ffff::9 tcp/80
	FAMILIES=6 refuses world 2001:db8:b:b:1::2 tcp/22
	FAMILIES=6 pings world 2001:db8:b:b:1::2
}

@test "a guest may be a router for its prefix" {
	dom0 firewall start
	guest_create g1
	ip -n "$scene-g1" address add 192.0.2.81/32 dev lo
	ip -n "$scene-g1" address add 2001:db8:b:80::1/128 dev lo
	attach g1 "ip=$(address g1 4) $(address g1 6) 192.0.2.80/29 2001:db8:b:80::/64"
	FAMILIES=6 pings world 2001:db8:b:80::1
	FAMILIES=6 pings g1 world -I 2001:db8:b:80::1
	FAMILIES=4 pings g1 world -I 192.0.2.81
}

# twins: g1, and g4 with the same addresses and MAC, both online, g4 the newer. Each has a counter of what reaches it.
twins() {
	host g1 "PUBLIC_PORTS = 80 7777/udp"
	dom0 firewall start
	remember
	guest_twin g4 g1 4
	guest_create g1
	attach g1
	connects world g1 tcp/80
	guest_create g4
	attach g4
	watch g1 here "udp dport 7777"
	watch g4 here "udp dport 7777"
}

# only GUEST OTHER: what is for their address reaches GUEST alone
only() {
	unwatch g1
	unwatch g4
	send_as world world "$1" dport=7777
	arrives "$1" here 2
	arrives_not "$2" here
	connects world "$1" tcp/80
	refuses world "$1" tcp/22
}

@test "of two vifs with one address the newer gets the traffic, and keeps it when the older goes offline" {
	twins
	only g4 g1
	offline 1 0
	only g4 g1
	pings g4 world
	equal route "$(route_of g4 4) $(route_of g4 6)" "vif4.0 vif4.0"
	offline 4 0
	nothing_left
	unchanged
}

@test "of two vifs with one address the older gets the traffic back when the newer goes offline" {
	twins
	only g4 g1
	offline 4 0
	only g1 g4
	pings g1 world
	equal route "$(route_of g1 4) $(route_of g1 6)" "vif1.0 vif1.0"
	offline 1 0
	nothing_left
	unchanged
}

@test "a connection goes on through a localhost migration" {
	host g1 "PUBLIC_PORTS = 53/udp"
	dom0 firewall start
	guest_twin g4 g1 4
	guest_create g1
	attach g1
	FAMILIES=4 hold flow4 world g1 udp/53
	FAMILIES=6 hold flow6 world g1 udp/53
	host g1 "PUBLIC_PORTS = 80"
	dom0 firewall reload
	guest_create g4
	attach g4
	held flow4
	held flow6
	detach g1
	held flow4
	held flow6
	refuses world g4 udp/53
}

@test "a third vif with the address goes before the second, and a reload in between changes nothing" {
	twins
	guest_twin g5 g1 5
	guest_create g5
	attach g5
	dom0 firewall reload
	equal route "$(route_of g1 4) $(route_of g1 6)" "vif5.0 vif5.0"
	connects world g5 tcp/80
	detach g4
	equal route "$(route_of g1 4) $(route_of g1 6)" "vif5.0 vif5.0"
	connects world g5 tcp/80
	detach g5
	equal route "$(route_of g1 4) $(route_of g1 6)" "vif1.0 vif1.0"
	connects world g1 tcp/80
	detach g1
	nothing_left
	unchanged
}

@test "where one guest's address lies in another's prefix, neither takes the other's rules along" {
	local -x FAMILIES=6
	scene_addresses[g1 6]=2001:db8:b:1::1
	scene_addresses[g2 6]=2001:db8:b:1::5
	host wide "IP = 2001:db8:b:1::/80" "FIREWALL = no"
	host narrow "IP = 2001:db8:b:1::5" "PUBLIC_PORTS = 22"
	guest_create g1
	guest_address g1 2001:db8:b:1::5
	dom0 firewall start
	attach g1 "ip=2001:db8:b:1::/80"
	connects world 2001:db8:b:1::5 tcp/22
	refuses world 2001:db8:b:1::5 tcp/80
	vif_create g2
	attach g2 "ip=2001:db8:b:1::5"
	detach g2
	connects world 2001:db8:b:1::5 tcp/22
	refuses world 2001:db8:b:1::5 tcp/80
	guest_create g3
	guest_address g3 2001:db8:b:1::5
	attach g3 "ip=2001:db8:b:1::/96"
	connects world 2001:db8:b:1::5 tcp/22
	detach g1
	connects world 2001:db8:b:1::5 tcp/22
	refuses world 2001:db8:b:1::5 tcp/80
	detach g3
	nothing_left
	run ! grep -F 2001:db8:b:1:: <<<"$(guests_rules)"
}

@test "a prefix that holds this machine's own address or its gateway is no guest's" {
	guest_create g1
	run -1 attach g1 "ip=198.51.100.0/30"
	[[ $output == *"ip=: 198.51.100.0/30 holds 198.51.100.2, an address of this machine itself"* ]]
	run -1 attach g1 "ip=$(address world 4)"
	[[ $output == *"ip=: 198.51.100.1 is the gateway of this machine's own default route"* ]]
	run -1 attach g1 "ip=$(address world 6)"
	[[ $output == *"ip=: 2001:db8:a:a::1 is the gateway of this machine's own default route"* ]]
}

@test "INTERFACE = and vifname= agree also when an attach has to load everything" {
	host g1 "INTERFACE = web1" "PUBLIC_PORTS = 22" "OUT_PORTS = 53/udp"
	serve world
	guest_create g1
	dom0 firewall start
	dom0 nft flush ruleset
	attach g1 vifname=web1
	connects world g1 tcp/22
	connects g1 world udp/53
	refuses g1 world tcp/80
}
