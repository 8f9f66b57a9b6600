#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Bridges with the iptables backends: whom ebtables protects, whom nobody can, and how its rules come and go beside those
# of others. Who says what on a bridge is in bridge-spoof.bats, which runs with iptables-restore too.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/iptables

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	use iptables-restore
	bridge_create
	br_netfilter 0
}

# in_ebtables: what of ours is on bridges; asked in a way that makes no tables
in_ebtables() { dom0 nft list ruleset bridge | grep -F taofw- || true; }

# refused REASON [KEY=VALUE...]: b1 does not come online with these keys, and libxl is told why
refused() {
	run -1 attach b1 "${@:2}"
	equal hotplug-error "$(store 11 0 hotplug-error)" "$1"
	[[ $(ip -n "$scene-dom0" link show vif11.0) == *"state DOWN"* ]] || fail "vif11.0 is up"
}

@test "a guest on a bridge of which more is wanted than ebtables can do is refused in words" {
	local with="with BACKEND = iptables-restore" nft="or set BACKEND to nft"
	dom0 firewall start
	dom0 firewall check >"$scene_dir/check"
	grep -F "  bridges: what passes between ports is not filtered, whatever host files say; a guest there needs " "$scene_dir/check"
	grep -F "  ARP: it is not filtered; " "$scene_dir/check"
	vif_create b1
	remember
	refused "192.0.2.141: $with nothing can be filtered on bridges: give it a host file with FIREWALL = no, $nft"
	host b1 "PUBLIC_PORTS = 80"
	dom0 firewall reload
	refused "192.0.2.141: $with nothing can be filtered on bridges: give it a host file with FIREWALL = no, $nft"
	FAMILIES=4 host b1 "FIREWALL = no" "IP = 192.0.2.136/29"
	dom0 firewall reload
	refused "192.0.2.136/29: $with a guest on a bridge has no prefixes: name the addresses, $nft" ip=192.0.2.136/29
	refused "2001:db8:b:1::11: $with a guest on a bridge has no IPv6 address, for ebtables can't see whose address neighbour \
discovery tells: leave it out, $nft" "ip=192.0.2.141 2001:db8:b:1::11"
	refused "$with a guest on a bridge needs ip=, $nft" ip=
	printf '%s\n' "[vpn]" "DESTINATION = 10.8.0.0/24" "VIA = 192.0.2.141" >"$TAOFIREWALL_CONFIG/routing.cfg"
	dom0 firewall reload
	refused "$with a guest on a bridge is no next hop: take it out of routing.cfg, $nft"
	use iptables-restore "EBTABLES = /usr/sbin/nowhere"
	dom0 firewall reload
	refused "$with guests on bridges need ebtables, and /usr/sbin/nowhere or /usr/sbin/ebtables-restore can't be run: \
install it, $nft"
	equal "what is left" "$(in_ebtables)" ""
	dom0 firewall check >"$scene_dir/check"
	grep -xF "  bridges: /usr/sbin/nowhere or /usr/sbin/ebtables-restore can't be run, so that vif-bridge-taofw refuses guests" \
		"$scene_dir/check"
}

@test "a reload that would leave a guest on a bridge without its rules changes nothing" {
	use nft
	dom0 firewall start
	vif_create b1
	attach b1 "ip=$(address b1 4) $(address b1 6)"
	use iptables-restore
	run -1 dom0 firewall reload
	[[ $output == *"vif11.0 is a port of xenbr0, and nothing was changed: 192.0.2.141: with BACKEND = iptables-restore "* ]]
	only_in nft
}

@test "a guest on a bridge has rules of ebtables, that come and go with it, and others' stay" {
	local each
	serve lan
	host b1 "FIREWALL = no"
	dom0 ebtables -t nat -A PREROUTING -p IPv4 --ip-protocol udp --ip-destination-port 9 -j ACCEPT
	dom0 ebtables -N mine
	bridged_create b1
	vif_destroy b1
	for each in iptables-restore iptables; do
		use $each
		dom0 firewall start
		remember
		vif_create b1
		lan_address b1
		attach b1
		FAMILIES=4 connects b1 lan tcp/80 udp/53
		FAMILIES=4 connects lan b1 tcp/80
		dom0 firewall reload
		FAMILIES=4 connects b1 lan tcp/80 udp/53
		dom0 firewall status
		detach b1
		unchanged
		dom0 firewall stop
		equal "what is left" "$(dom0 nft list ruleset | grep -F taofw- || true)" ""
	done
	equal "others' rules" "$(dom0 ebtables -t nat -L | grep -c -F -- "--ip-dport 9 -j ACCEPT")" 1
	dom0 ebtables -L | grep -F "Bridge chain: mine"
}

@test "a guest whose interface has a name of its own is protected all the same" {
	FAMILIES=4 host b1 "FIREWALL = no"
	dom0 firewall start
	bridged_create b1
	attach b1 vifname=web1
	watch_frames lan spoofed "ip saddr $(address b2 4)"
	watch_frames lan honest "udp dport 7001"
	inside b1 send eth0 ether type=0x88cc dmac=01:80:c2:00:00:03 + \
		udp4 dmac="$lan_mac" src="$(address b2 4)" dst="$(address lan 4)" + \
		udp4 dmac="$lan_mac" src="$(address b1 4)" dst="$(address lan 4)" dport=7001
	arrives lan honest
	arrives_not lan spoofed
	# what it said to the bridge itself
	dom0 ebtables -L --Lc | grep -- "-i web1 -j DROP , pcnt = 1 "
	FAMILIES=4 connects lan b1 tcp/80
}

@test "names of protocols are not looked up, for their tables may be missing" {
	host b1 "FIREWALL = no"
	# shellcheck disable=SC2016 # the inner shell's
	dom0 unshare -m sh -c 'for each in ethertypes protocols services; do
		[ ! -e /etc/$each ] || mount --bind /dev/null /etc/$each; done; firewall show >"$0"; firewall start' "$scene_dir/shown"
	[ -n "$(in_ebtables)" ]
	run ! grep -E -- "-p (IP|ARP)" "$scene_dir/shown"
}

@test "rules of ebtables that somebody took away are missed, and come back with the next vif" {
	host b1 "FIREWALL = no"
	dom0 firewall start
	dom0 ebtables -t nat -F PREROUTING
	run -3 dom0 firewall status
	vif_create b1
	attach b1
	dom0 firewall status
	dom0 ebtables -F FORWARD
	run -3 dom0 firewall status
	detach b1
	dom0 firewall status
}

@test "on a bridge nobody but the guest has its address, be that guest a routed one" {
	host b1 "FIREWALL = no"
	dom0 firewall start
	guest_create g1
	bridged_create b1
	attach g1
	attach b1
	watch_frames b1 spoofed "ip saddr $(address g1 4)"
	watch_frames b1 honest "udp dport 7001"
	inside lan send eth0 udp4 dmac="$(mac b1)" src="$(address g1 4)" dst="$(address b1 4)" + \
		udp4 dmac="$(mac b1)" src="$(address lan 4)" dst="$(address b1 4)" dport=7001
	arrives b1 honest
	arrives_not b1 spoofed
	detach g1
	inside lan send eth0 udp4 dmac="$(mac b1)" src="$(address g1 4)" dst="$(address b1 4)"
	arrives b1 spoofed
}


@test "a guest of another script, whom nobody protects, does not say that it is one that is protected" {
	FAMILIES=4 host b1 "FIREWALL = no"
	serve lan
	dom0 firewall start
	bridged_create b1 b2
	attach b1
	ip -n "$scene-dom0" link set vif12.0 master xenbr0 up
	store_vif 12 0 "mac=$(mac b2)" script=/etc/xen/scripts/vif-bridge state=4
	run -0 dom0 firewall reload
	[[ $output == *"vif12.0, a port of xenbr0, is neither filtered nor protected: "* ]]
	watch_frames lan ip4 "ip saddr $(address b1 4)"
	watch_frames lan arp "arp saddr ip $(address b1 4)"
	watch_frames lan honest "ip saddr $(address b2 4) udp dport 7001"
	inside b2 send eth0 udp4 dmac="$lan_mac" src="$(address b1 4)" dst="$(address lan 4)" + \
		arp op=reply dmac="$lan_mac" spa="$(address b1 4)" tpa="$(address lan 4)" + \
		udp4 dmac="$lan_mac" src="$(address b2 4)" dst="$(address lan 4)" dport=7001
	arrives lan honest
	arrives_not lan ip4
	arrives_not lan arp
	FAMILIES=6 connects b2 lan tcp/80
}

@test "there is no moment at which a spoofed frame passes, while rules are loaded and guests come and go" {
	FAMILIES=4 host b1 "FIREWALL = no"
	FAMILIES=4 host b2 "FIREWALL = no"
	dom0 firewall start
	bridged_create b1
	vif_create b2
	attach b1
	watch_frames lan spoofed "ip saddr $(address b2 4) udp dport 7777"
	watch_frames lan arp "arp saddr ip $(address b2 4)"
	watch_frames lan tagged "vlan id 7"
	watch_frames lan honest "udp dport 7778"
	background b1 send eth0 seconds=600 udp4 dmac="$lan_mac" src="$(address b2 4)" dst="$(address lan 4)" dport=7777 + \
		arp op=reply dmac="$lan_mac" spa="$(address b2 4)" tpa="$(address lan 4)" + \
		udp4 vlan=7 dmac="$lan_mac" src="$(address b1 4)" dst="$(address lan 4)" dport=7777 + \
		udp4 dmac="$lan_mac" src="$(address b1 4)" dst="$(address lan 4)" dport=7778
	for _ in 1 2 3; do
		attach b2
		dom0 firewall reload
		offline 12 0
		dom0 firewall reload
	done
	use iptables
	dom0 firewall reload
	arrives lan honest 300
	arrives_not lan spoofed
	arrives_not lan arp
	arrives_not lan tagged
	dom0 firewall stop
	arrives lan spoofed
	arrives lan arp
	arrives lan tagged
}

@test "an attach that ebtables refuses is undone, also when nothing can be loaded any more, and a load changes nothing" {
	host b1 "FIREWALL = no"
	# shellcheck disable=SC2016 # the program's own
	program ebtables-restore '[ ! -e "$0.broken" ] || { echo "not today" >&2; exit 7; }'
	use iptables-restore "EBTABLES_RESTORE = $scene_dir/ebtables-restore"
	dom0 firewall start
	vif_create b1
	remember
	resting_rules >"$scene_dir/before"
	touch "$scene_dir/ebtables-restore.broken"
	run -1 attach b1
	[[ $(store 11 0 hotplug-error) == *"not today" ]]
	ip -n "$scene-dom0" link show vif11.0 | grep -F "state DOWN"
	run -1 dom0 firewall reload
	[[ $output == *"reload failed: "*"not today" ]]
	resting_rules | diff -u "$scene_dir/before" -
	rm "$scene_dir/ebtables-restore.broken"
	offline 11 0
	unchanged
	attach b1
	offline 11 0
	unchanged
}

@test "what ebtables had goes with another backend, and without Xen" {
	host b1 "FIREWALL = no"
	dom0 firewall start
	[ -n "$(in_ebtables)" ]
	use nft
	dom0 firewall reload
	equal "what is left" "$(in_ebtables)" ""
	use iptables
	dom0 firewall reload
	[ -n "$(in_ebtables)" ]
	configure XEN=no
	dom0 firewall reload
	equal "what is left" "$(in_ebtables)" ""
	use iptables
	dom0 firewall reload
	[ -n "$(in_ebtables)" ]
	configure XEN=no
	dom0 firewall stop
	equal "what is left" "$(in_ebtables)" ""
}

@test "what a guest on a bridge says passes with br_netfilter, too, and reaches this machine and others through it" {
	local each
	host b1 "FIREWALL = no"
	rules "[input]" "POLICY = ACCEPT"
	dom0 firewall start
	bridged_create b1
	serve lan
	serve dom0
	serve world
	attach b1
	for each in 1 0; do
		br_netfilter $each
		FAMILIES=4 connects b1 lan tcp/80 udp/53
		FAMILIES=4 connects lan b1 tcp/80 udp/53
		FAMILIES=4 connects b1 bridge tcp/80
		FAMILIES=4 connects b1 world tcp/80
		FAMILIES=4 connects world b1 tcp/80
	done
}
