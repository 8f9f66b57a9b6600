#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Translated addresses and ports, with real packets in both families. The world knows no way to a private address, so
# who gets an answer there was translated; who hears whom from where is looked at all the same.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/lan

# ---- sources ----

@test "a LAN with MASQUERADE reaches the world, which sees this machine's address" {
	rules "$(lan 1 "MASQUERADE = eth0")" "$(lan 2)"
	started
	lan_machine l1 m1
	sees world dom0 l1 world tcp/80
	sees world dom0 l1 world udp/53
	pings l1 world
	refuses m1 world tcp/80 udp/53
	no_pings m1 world
	knows world m1
	sees world m1 m1 world tcp/443
}

@test "who is behind MASQUERADE is reached by nobody from outside" {
	rules "$(lan 1 "MASQUERADE = eth0")"
	started g1
	lan_machine l1
	knows world l1
	watch l1 reached "udp dport 53"
	refuses world l1 tcp/22 tcp/80 udp/53
	refuses g1 l1 tcp/22 udp/53
	FAMILIES=4 no_pings world l1
	arrives_not l1 reached
	connects dom0 l1 tcp/80
}

@test "NAT = ADDRESS is what the world sees of a guest; without it the guest's own address" {
	host p1 "NAT = {public}"
	started p1 p2
	sees world public p1 world tcp/80
	sees world public p1 world udp/53
	pings p1 world
	refuses p2 world tcp/80
	knows world p2
	sees world p2 p2 world tcp/443
}

@test "NAT = yes is the address of whichever device a packet leaves through" {
	host p1 "NAT = yes"
	isp_up
	started p1 p2
	sees world dom0 p1 world tcp/80
	sees isp dom0isp p1 isp tcp/80
	refuses p2 world tcp/80
}

@test "with NAT_DEVICE only what leaves there is translated" {
	host p1 "NAT = yes" "NAT_DEVICE = eth0"
	host p2 "NAT = {public}" "NAT_DEVICE = eth1"
	isp_up
	started p1 p2
	knows isp p1
	knows world p2
	sees world dom0 p1 world tcp/80
	sees isp p1 p1 isp tcp/80
	sees world p2 p2 world tcp/443
	ip -n "$scene-isp" route add "$(address public 4)" via "$(address dom0isp 4)"
	ip -n "$scene-isp" route add "$(address public 6)" via "$(address dom0isp 6)"
	sees isp public p2 isp tcp/443
}

@test "a guest's own NAT goes before its LAN's MASQUERADE" {
	rules "$(lan 1 "MASQUERADE = eth0")"
	host l1 "TYPE = network" "NAT = {public}"
	started
	lan_machine l1 l2
	sees world public l1 world tcp/80
	sees world dom0 l2 world tcp/443
}

@test "a prefix's NAT holds for all of it but what has a host file of its own" {
	FAMILIES=4 host all "IP = 10.0.0.0/28" "NAT = {public}"
	FAMILIES=6 host all "IP = 2001:db8:10::/124" "NAT = {public}"
	scene_addresses+=([p1 4]=10.0.0.1 [p1 6]=2001:db8:10::1 [p2 4]=10.0.0.2 [p2 6]=2001:db8:10::2)
	host p2
	started p1 p2
	sees world public p1 world tcp/80
	knows world p2
	sees world p2 p2 world tcp/443
	detach p1
	vif_create p1
	scene_addresses+=([p1 4]=10.0.0.9 [p1 6]=2001:db8:10::9)
	guest_address p1 10.0.0.9 2001:db8:10::9
	attach p1 "ip=10.0.0.8/29 2001:db8:10::8/125"
	sees world public p1 world tcp/80
}

@test "a network host's NAT holds behind its interface alone" {
	host isp "TYPE = network" "INTERFACE = eth1" "NAT = {public}"
	isp_up
	started
	ip -n "$scene-isp" route add default via "$(address dom0isp 4)"
	ip -n "$scene-isp" route add default via "$(address dom0isp 6)"
	sees world public isp world tcp/80
	rules "[forward]" "POLICY = ACCEPT"
	host isp "TYPE = network" "INTERFACE = eth9" "NAT = {public}"
	dom0 firewall reload
	knows world isp
	sees world isp isp world tcp/443
}

@test "what goes from one of ours to another is not translated" {
	rules "$(lan 1 "MASQUERADE = eth0" "FRIENDS = {p1}")" "$(lan 2)"
	host g1 "PUBLIC_PORTS = 80"
	host p1 "NAT = {public}"
	host p2 "NAT = yes" "PUBLIC_PORTS = 80"
	host m1 "TYPE = network" "PUBLIC_PORTS = 80"
	started g1 p1 p2
	lan_machine l1 m1
	sees g1 l1 l1 g1 tcp/80
	sees m1 l1 l1 m1 tcp/80
	sees g1 p1 p1 g1 tcp/80
	sees g1 p2 p2 g1 tcp/80
	sees p2 p1 p1 p2 tcp/80
	sees m1 p2 p2 m1 tcp/80
	sees l1 p1 p1 l1 tcp/80
}

@test "what goes to a network behind one of ours is not translated, unless a device is named" {
	rules "[forward]" "POLICY = ACCEPT"
	host p1 "NAT = {public}"
	host p2 "NAT = yes" "NAT_DEVICE = vif1.0"
	printf '%s\n' "[vpn]" "DESTINATION = 10.8.0.0/24 2001:db8:8::/48" "VIA = $(address g1 4) $(address g1 6)" \
		>"$TAOFIREWALL_CONFIG/routing.cfg"
	scene_addresses+=([vpn 4]=10.8.0.1 [vpn 6]=2001:db8:8::1)
	started g1 p1 p2
	ip -n "$scene-g1" address add "$(address vpn 4)/32" dev lo
	ip -n "$scene-g1" address add "$(address vpn 6)/128" dev lo
	connects g1 world tcp/80	# so it knows its gateway, and need not ask with a sender that is no guest's
	sees g1 p1 p1 vpn tcp/80
	sees g1 dom0 p2 vpn tcp/443
}

@test "two routed guests with addresses of one LAN hear each other as they are" {
	rules "$(lan 1)"
	scene_addresses+=([p1 4]=192.168.1.77 [p1 6]=2001:db8:1::77 [p2 4]=192.168.1.78 [p2 6]=2001:db8:1::78)
	host p2 "NAT = {public}" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	started p1 p2
	sees p2 p1 p1 p2 tcp/80
	connects p1 public tcp/8080
	host p1 "NAT = yes"
	dom0 firewall reload
	sees p2 p1 p1 p2 tcp/80
	sees world dom0 p1 world tcp/80
}

@test "a network host out in the world hears who leaves through a device by the device's address" {
	rules "$(lan 1 "MASQUERADE = eth0")"
	host office "TYPE = network" "PUBLIC_PORTS = 80"
	host p1 "NAT = yes" "NAT_DEVICE = eth0"
	started p1
	lan_machine l1
	sees world dom0 l1 office tcp/80
	sees world dom0 p1 office tcp/80
	refuses l1 office tcp/443
}

@test "an unmanaged network's packets are left as they are" {
	rules "[unmanaged]" "NETWORKS = {office} {p2}" "$(lan 1 "MASQUERADE = eth0")"
	host p1 "NAT = {public}"
	host p2 "NAT = {public}"
	started p1 p2
	lan_machine l1
	knows world l1 p1 p2
	sees world l1 l1 office tcp/80
	sees world p1 p1 office tcp/80
	sees world p2 p2 world tcp/80
	sees world dom0 l1 world tcp/443
	sees world public p1 world tcp/443
}

# ---- forwarded ports ----

@test "PAT leads a port of the NAT address to a port of the guest, and opens nothing by itself" {
	host p1 "NAT = {public}" "PAT = 8080:80 2222:22 5999:5999/udp 443:443 6000:6000/udp" \
		"PUBLIC_PORTS = 80 443 5999/udp 3306" "USERS = 22@{office}"
	started p1
	sees p1 world world public tcp/8080 tcp/80
	sees p1 world world public udp/5999
	sees p1 office office public tcp/2222 tcp/22
	connects world public tcp/443
	refuses world public tcp/2222 udp/6000
	refuses stranger public tcp/2222
	refuses world public tcp/80 tcp/22 tcp/5999 tcp/3306 tcp/8081 udp/8080
	knows world p1
	connects world p1 tcp/80
}

@test "PAT takes two protocols for a port" {
	host p1 "NAT = {public}" "PAT = 53:5999/tcp+udp 80:80/tcp" "PUBLIC_PORTS = 5999/tcp+udp 80/tcp+udp"
	started p1
	sees p1 world world public tcp/53 tcp/5999
	sees p1 world world public udp/53 udp/5999
	connects world public tcp/80
	refuses world public udp/80
}

@test "PAT with NAT = yes is at every address of this machine, and its own services are where they were" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 22 80"
	host p1 "NAT = yes" "PAT = 8080:80 443:443" "PUBLIC_PORTS = 80 443"
	isp_up
	started p1
	sees p1 world world dom0 tcp/8080 tcp/80
	sees p1 isp isp dom0isp tcp/443
	watch p1 own "tcp dport 22"
	connects world dom0 tcp/22 tcp/80
	arrives_not p1 own
	refuses world dom0 tcp/25
	sees world dom0 p1 world tcp/8080
}

@test "the NAT address may be this machine's own" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 80"
	host p1 "NAT = {dom0}" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	started p1
	sees p1 world world dom0 tcp/8080 tcp/80
	sees dom0 world world dom0 tcp/80
	sees world dom0 p1 world tcp/8080
}

@test "PAT with a NAT_DEVICE is at that device alone" {
	host p1 "NAT = yes" "NAT_DEVICE = eth0" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	host p2 "NAT = yes" "NAT_DEVICE = eth1" "PAT = 8080:80 443:443" "PUBLIC_PORTS = 80 443"
	isp_up
	started p1 p2
	sees p1 world world dom0 tcp/8080 tcp/80
	sees p2 isp isp dom0isp tcp/8080 tcp/80
	sees p2 isp isp dom0isp tcp/443
	refuses world dom0 tcp/443
}

@test "PAT with a NAT_DEVICE is at that device's addresses from wherever one comes, and at no others" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 443"
	host g1
	host p1 "NAT = yes" "NAT_DEVICE = eth0" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	host p2 "NAT = yes" "NAT_DEVICE = eth1" "PAT = 443:443" "PUBLIC_PORTS = 443"
	isp_up
	started g1 p1 p2
	for each in 4 6; do
		ip -n "$scene-isp" route add "$(address dom0 $each)" via "$(address dom0isp $each)"
		ip -n "$scene-world" route add "$(address dom0isp $each)" via "$(address dom0 $each)"
	done
	sees p1 isp isp dom0 tcp/8080 tcp/80
	sees p2 world world dom0isp tcp/443
	sees p2 g1 g1 dom0isp tcp/443
	sees p2 dom0isp dom0 dom0isp tcp/443
	refuses world dom0isp tcp/8080
	watch p2 stolen "tcp dport 443"
	connects isp dom0 tcp/443
	connects g1 dom0 tcp/443
	connects dom0 dom0 tcp/443
	arrives_not p2 stolen
}

@test "what comes through a NAT_DEVICE for an address that it got later reaches PAT, too" {
	host p1 "NAT = yes" "NAT_DEVICE = eth0" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	scene_addresses+=([late 4]=198.51.100.77 [late 6]=2001:db8:a:a::77)
	started p1
	ip -n "$scene-dom0" address add "$(address late 4)/24" dev eth0
	ip -n "$scene-dom0" address add "$(address late 6)/64" dev eth0 nodad
	sees p1 world world late tcp/8080 tcp/80
	dom0 firewall reload
	# what the kernel calls its own addresses from: in IPv4 the network's first one, in IPv6 the one that is called
	FAMILIES=4 sees p1 dom0 dom0 late tcp/8080 tcp/80
	FAMILIES=6 sees p1 late dom0 late tcp/8080 tcp/80
}

@test "PAT reaches a network host, and a guest that filters itself" {
	host l1 "TYPE = network" "NAT = {public}" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	host p1 "FIREWALL = no" "NAT = {public2}" "PAT = 2222:22"
	rules "$(lan 1)"
	started p1
	lan_machine l1
	sees l1 world world public tcp/8080 tcp/80
	sees p1 world world public2 tcp/2222 tcp/22
	refuses world public tcp/2222
	sees world public2 p1 world tcp/80
}

@test "this machine itself reaches a forwarded port" {
	host p1 "NAT = yes" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	host p2 "NAT = {public}" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	started p1 p2
	sees p2 dom0 dom0 public tcp/8080 tcp/80
	sees p1 dom0 dom0 dom0 tcp/8080 tcp/80
	watch p1 loopback "tcp dport 80 ip saddr 127.0.0.1"
	FAMILIES=4 connects dom0 127.0.0.1 tcp/8080
	arrives_not p1 loopback
}

@test "what this machine may not open it may not open by a forwarded port either" {
	rules "[output]" "POLICY = DROP"
	host dom0 "TYPE = local" "PUBLIC_PORTS = 25" "SERVICES = 80@{p1}"
	host p1 "NAT = yes" "PAT = 8080:80 8443:443" "PUBLIC_PORTS = *"
	started p1
	connects dom0 dom0 tcp/8080 tcp/25
	refuses dom0 dom0 tcp/8443
}

# ---- hairpins ----

@test "machines of a LAN call each other, and themselves, by the public address" {
	rules "$(lan 1 "MASQUERADE = eth0")"
	host l1 "TYPE = network" "NAT = {public}" "PAT = 8080:80 8443:443" "PUBLIC_PORTS = 80"
	started
	lan_machine l1 l2
	sees l1 gateway1 l2 public tcp/8080 tcp/80
	sees l1 gateway1 l1 public tcp/8080 tcp/80
	connects l2 l1 tcp/443
	refuses l2 public tcp/8443
	refuses l1 public tcp/8443
	sees l1 world world public tcp/8080 tcp/80
}

@test "they do so too where the public address is this machine's" {
	rules "$(lan 1 "MASQUERADE = eth0")" "$(lan 2)"
	host dom0 "TYPE = local" "IP = {dom0} {gateway1}" "PUBLIC_PORTS = 8080"
	host l1 "TYPE = network" "NAT = yes" "NAT_DEVICE = eth0" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	started
	lan_machine l1 l2 m1
	sees l1 gateway1 l2 dom0 tcp/8080 tcp/80
	sees l1 gateway1 l1 dom0 tcp/8080 tcp/80
	sees l1 m1 m1 dom0 tcp/8080 tcp/80
	watch l1 hijacked "tcp dport 80"
	connects l2 gateway1 tcp/8080
	arrives_not l1 hijacked
}

@test "guests with private addresses call each other, and themselves, by the public address" {
	host p1 "NAT = {public}" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	host p2 "NAT = yes" "NAT_DEVICE = eth0" "PAT = 2222:22" "USERS = 22@{p1} 22@{p2}"
	started p1 p2 g1
	sees p1 p2 p2 public tcp/8080 tcp/80
	sees p1 g1 g1 public tcp/8080 tcp/80
	sees p1 dom0 p1 public tcp/8080 tcp/80
	sees p2 p1 p1 dom0 tcp/2222 tcp/22
	sees p2 dom0 p2 dom0 tcp/2222 tcp/22
	refuses g1 dom0 tcp/2222
}

# ---- coming and going ----

@test "translations come and go with their guest, and nothing is left" {
	local each
	host p1 "NAT = {public}" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	host p2 "NAT = yes" "NAT_DEVICE = eth0" "PAT = 2222:22" "PUBLIC_PORTS = 22"
	started
	remember
	refuses world public tcp/8080
	guest_create p1 p2
	for each in 1 2; do
		attach p1
		attach p2
		connects world public tcp/8080
		connects world dom0 tcp/2222
		detach p1
		refuses world public tcp/8080
		connects world dom0 tcp/2222
		detach p2
		refuses world dom0 tcp/2222
		unchanged
		vif_create p1
		vif_create p2
		guest_address p1 "$(address p1 4)" "$(address p1 6)"
		guest_address p2 "$(address p2 4)" "$(address p2 6)"
	done
}

# tracked NAME: how many tracked connections have its address, on whichever side
tracked() {
	local family
	for family in 4 6; do
		dom0 conntrack -L -f "ipv$family" 2>/dev/null | grep -cFw "$(address "$1" $family)" || true
	done | awk '{ n += $1 } END { print n }'
}

@test "translated connections are forgotten when their guest goes, and no others" {
	local family
	host p1 "NAT = {public}" "PAT = 8080:80 5999:5999/udp" "PUBLIC_PORTS = 80 5999/udp"
	host p2 "NAT = {public}" "PAT = 8443:443" "PUBLIC_PORTS = 443"
	started p1 p2
	for family in 4 6; do
		FAMILIES=$family hold "in$family" world public tcp/8080
		FAMILIES=$family hold "udp$family" world public udp/5999
		FAMILIES=$family hold "out$family" p1 world tcp/443
		FAMILIES=$family hold "other$family" world public tcp/8443
	done
	equal "the count of p1's connections" "$(tracked p1)" 6
	detach p1
	equal "the count of p1's connections" "$(tracked p1)" 0
	equal "the count of p2's connections" "$(tracked p2)" 2
	for family in 4 6; do held "other$family"; done
}

@test "a reload keeps translated connections, and changes where new ones lead" {
	host p1 "NAT = {public}" "PAT = 8080:80" "PUBLIC_PORTS = 80 443"
	started p1
	FAMILIES=4 hold tcp4 world public tcp/8080
	FAMILIES=6 hold tcp6 world public tcp/8080
	host p1 "NAT = {public2}" "PAT = 8443:443" "PUBLIC_PORTS = 80 443"
	dom0 firewall reload
	sees p1 world world public2 tcp/8443 tcp/443
	sees world public2 p1 world tcp/25
	refuses world public tcp/8080
	held tcp4
	held tcp6
}

@test "a twin of a guest keeps its translations while the other one goes" {
	host p1 "NAT = {public}" "PAT = 8080:80" "PUBLIC_PORTS = 80"
	started p1
	guest_twin p3 p1 13
	guest_create p3
	dom0 firewall reload
	attach p3
	detach p1
	sees p3 world world public tcp/8080 tcp/80
	sees world public p3 world tcp/80
	detach p3
	refuses world public tcp/8080
}

# The kernel tracks neither neighbour discovery nor MLD, and so translates none of it.
@test "what is said on a link alone does not leave with a private address, nor at all" {
	local type
	FAMILIES=6
	host p1 "NAT = yes"
	started p1
	watch world private "icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 143 } ip6 hoplimit 63"
	watch world hidden "ip6 nexthdr 51 ip6 saddr $(address p1 6)"
	watch world last "udp dport 53 ip6 saddr $(address dom0 6)"
	for type in 130 131 132 133 134 135 136 143; do
		inside p1 send eth0 icmp6 src="$(address p1 6)" dst="$(address world 6)" type=$type payload=64 + \
			icmp6 src="$(address p1 6)" dst="$(address world 6)" type=$type payload=64 ext=ah
	done
	inside p1 send eth0 udp6 src="$(address p1 6)" dst="$(address world 6)" dport=53
	arrives world last
	arrives_not world private
	arrives_not world hidden
}
