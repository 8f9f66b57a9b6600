#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is said to groups on a bridge: mDNS, SSDP, OSPF. A guest hears of the LAN what its own host file opens, and says
# what that lets it say. There is no answer to a group, so that this needs no connection tracking.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/frames

# to_groups FROM: each in both families; OSPF and IPv6 speak from link-local addresses
to_groups() {
	local link
	link=$(if [ "$1" = lan ]; then echo fe80::200:5eff:fe00:5304; else link_local "$1"; fi)
	frame mdns4 "ip daddr 224.0.0.251 udp dport 5353" udp4 hops=255 src="$(address "$1" 4)" dst=224.0.0.251 sport=5353 dport=5353 dmac=01:00:5e:00:00:fb
	frame mdns6 "ip6 daddr ff02::fb udp dport 5353" udp6 hops=255 src="$link" dst=ff02::fb sport=5353 dport=5353 dmac=33:33:00:00:00:fb
	frame ssdp4 "ip daddr 239.255.255.250 udp dport 1900" udp4 src="$(address "$1" 4)" dst=239.255.255.250 dport=1900 dmac=01:00:5e:7f:ff:fa
	frame ssdp6 "ip6 daddr ff02::c udp dport 1900" udp6 src="$link" dst=ff02::c dport=1900 dmac=33:33:00:00:00:0c
	frame ospf4 "ip daddr 224.0.0.5 ip protocol 89" ip4 hops=1 proto=89 src="$(address "$1" 4)" dst=224.0.0.5 payload=24 dmac=01:00:5e:00:00:05
	frame ospf6 "ip6 daddr ff02::5 ip6 nexthdr 89" ip6 hops=1 proto=89 src="$link" dst=ff02::5 payload=16 dmac=33:33:00:00:00:05
}
all="mdns4 mdns6 ospf4 ospf6 ssdp4 ssdp6"

# hear FROM TO LABEL...: of all these TO hears those, and nothing else. A last frame passes to whoever hears anything.
hear() {
	local from=$1 to=$2
	shift 2
	to_groups "$from"
	watch_all "$from" "$to"
	send_all "$from" "$to"
	frames=() labels=() matches=()
	inside "$from" send eth0 udp4 hops=1 dmac=01:00:5e:00:00:09 src="$(address "$from" 4)" dst=224.0.0.9 dport=7999
	arrives "$to" end
	equal "what $to hears" "$(seen_all "$to" | grep -v -e ' 0$' -e ^end | cut -d' ' -f1 | sort | xargs)" "$*"
	inside "$to" nft delete table netdev seen
}

# on_lan GUEST...: the LAN's switch floods, and these guests, whose files open the last frame
on_lan() {
	hear_reports
	neighbours "$@"
	for each; do attach "$each"; done
}

@test "a guest hears of the LAN's groups what its own host file opens, and another guest what its own does" {
	host b1 "PUBLIC_PORTS = 5353/udp 7999/udp"
	host b2 "PUBLIC_PORTS = 1900/udp */ospf 7999/udp"
	host b3 "FIREWALL = no"
	on_lan b1 b2 b3
	hear lan b1 mdns4 mdns6
	hear lan b2 ospf4 ospf6 ssdp4 ssdp6
	# shellcheck disable=SC2086 # words
	hear lan b3 $all
	FAMILIES=6 host b1 "PUBLIC_PORTS = 1900/udp"
	dom0 firewall reload
	hear lan b1 mdns4 ssdp6
}

@test "USERS open it to those they name, levels hold, and a guest without a file hears what the POLICY lets it" {
	rules "[forward]" "LEVEL_10 = DROP"
	FAMILIES=4 host b1 "USERS = 5353/udp@{lan} 1900/udp@192.0.2.200" "PUBLIC_PORTS = 7999/udp"
	FAMILIES=6 host b1 "USERS = 5353/udp@fe80::/10 1900/udp@2001:db8::/32"
	host b2 "PUBLIC_PORTS = 5353/udp */ospf 7999/udp"
	printf '[settings 10]\nPUBLIC_PORTS = */ospf\n' | tee -a "$TAOFIREWALL_CONFIG"/ipv{4,6}.d/b2.conf
	on_lan b1 b2 b3
	hear lan b1 mdns4 mdns6
	hear lan b2 mdns4 mdns6
	watch_frames b3 any "ip daddr 224.0.0.0/4 udp dport { 5353, 7999 }"
	hear lan b2 mdns4 mdns6
	arrives_not b3 any
	inside b3 nft delete table netdev seen
	rules "[forward]" "LEVEL_10 = DROP" "POLICY = ACCEPT"
	dom0 firewall reload
	hear lan b2 mdns4 mdns6 ssdp4 ssdp6
	# shellcheck disable=SC2086 # words
	hear lan b3 $all
}

@test "the LAN hears of a guest what its outgoing settings let it say, from link-local addresses, too" {
	host b1 "OUT_PORTS = 5353/udp 7999/udp"
	FAMILIES=4 host b2 "SERVICES = 1900/udp@239.255.255.250 5353/udp@224.0.0.252 */ospf@224.0.0.0/4" "OUT_PORTS = 7999/udp"
	FAMILIES=6 host b2 "SERVICES = 1900/udp@ff02::c 5353/udp@ff02::fc */ospf@ff00::/8"
	on_lan b1 b2 b3
	hear b1 lan mdns4 mdns6
	hear b2 lan ospf4 ospf6 ssdp4 ssdp6
	# shellcheck disable=SC2086 # words
	hear b3 lan $all
}

@test "another source than its own a guest has in groups no more than else" {
	host b1 "FIREWALL = no"
	on_lan b1 b2
	frame others "ip daddr 224.0.0.251" udp4 src="$(address b2 4)" dst=224.0.0.251 dport=5353 dmac=01:00:5e:00:00:fb
	frame others6 "ip6 daddr ff02::fb" udp6 src="$(link_local b2)" dst=ff02::fb dport=5353 dmac=33:33:00:00:00:fb
	none_pass b1 lan
}

@test "what a guest opens to groups goes with it" {
	host b1 "PUBLIC_PORTS = 5353/udp 7999/udp"
	hear_reports
	neighbours b1 b2
	attach b2
	remember
	attach b1
	resting_rules >"$scene_dir/attached"
	dom0 firewall reload
	diff -u "$scene_dir/attached" <(resting_rules)
	hear lan b1 mdns4 mdns6
	detach b1
	unchanged
}

@test "explain tells what becomes of a group's packet at a guest, and what opens it" {
	local asked
	host b1 "PUBLIC_PORTS = 5353/udp"
	on_lan b1
	asked=(dom0 firewall explain --from "$(address lan 4)" --in xenbr0 --out vif11.0 --proto udp)
	run "${asked[@]}" --to 224.0.0.251 --port 5353
	[ "$status" -eq 0 ]
	[[ $output == *"b1 names it: 5353/udp"* ]]
	run "${asked[@]}" --to 255.255.255.255 --port 5353
	[ "$status" -eq 0 ]
	[[ $output == *"b1 names it: 5353/udp"* ]]
	run "${asked[@]}" --to 239.255.255.250 --port 1900
	[ "$status" -eq 1 ]
	[[ $output == *"write into ipv4.d/b1.conf, [settings]: USERS = 1900/udp@$(address lan 4)"* ]]
}

# to_all FROM TO COUNT: of three broadcasts, to the LAN's last address, to that of each network and to one that is nobody's,
# so many arrive
to_all() {
	local each
	watch_frames "$2" all "ether saddr $(mac_of "$1") udp dport 137 ether daddr ff:ff:ff:ff:ff:ff"
	for each in 192.0.2.255 255.255.255.255 192.0.2.200; do
		inside "$1" send eth0 udp4 dmac=ff:ff:ff:ff:ff:ff src="$(address "$1" 4)" dst=$each sport=137 dport=137
	done
	if [ "$3" -eq 0 ]; then sleep 0.3; else arrives "$2" all "$3"; fi
	equal "what $2 hears of $1" "$(seen "$2" all)" "$3"
	inside "$2" nft delete table netdev seen
}

@test "a guest hears the broadcasts of the LAN that its own host file opens, and the LAN those that a guest may send" {
	FAMILIES=4
	host b1 "PUBLIC_PORTS = 137/udp"
	host b2 "USERS = 137/udp@{lan}" "OUT_PORTS = 137/udp"
	host b3 "FIREWALL = no"
	neighbours b1 b2 b3
	for each in b1 b2 b3; do
		attach $each
		to_all lan $each 3
		to_all $each lan 3
	done
	host b1 "PUBLIC_PORTS = 138/udp"
	host b2 "USERS = 137/udp@192.0.2.200" "OUT_PORTS = 138/udp"
	dom0 firewall reload
	to_all lan b1 0
	to_all lan b2 0
	to_all b2 lan 0
	to_all b2 b1 3
}

@test "in a frame for everybody what is for a guest's own address is no broadcast, nor is an error" {
	FAMILIES=4
	scene_addresses[other 4]=192.0.2.150
	host b1 "PUBLIC_PORTS = 137/udp"
	host other "PUBLIC_PORTS = 138/udp"
	neighbours b1
	attach b1 "ip=$(address b1 4) $(address other 4)"
	to_all lan b1 3
	frame own "ip daddr $(address other 4) udp dport 137" udp4 src="$(address lan 4)" dst="$(address other 4)" dport=137 \
		dmac=ff:ff:ff:ff:ff:ff
	frame error "icmp type destination-unreachable" icmp4 type=3 code=4 src="$(address lan 4)" dst=192.0.2.200 \
		qsrc=192.0.2.200 qdst="$(address lan 4)" dmac=ff:ff:ff:ff:ff:ff
	watch_all lan b1
	send_all lan b1
	sleep 0.3
	equal "what arrived" "$(seen_all b1 | grep -v ' 0$')" ""
	dom0 firewall stop
	send_all lan b1
	arrives b1 error
	arrives b1 own
}
