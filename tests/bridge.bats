#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of a bridged vif: what vif-bridge-taofw does when libxl calls it, what it answers, and what it takes back.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	configure XEN=yes
	scene_script=/etc/xen/scripts/vif-bridge-taofw
	bridge_create
}

# link_shows VIF TEXT...: `ip -details link` says each of them
link_shows() {
	local out text
	out=$(ip -n "$scene-dom0" -d link show dev "$1")
	for text in "${@:2}"; do
		grep -qF -- "$text" <<<"$out" || fail "$1 is not: $text"$'\n'"$out" || return
	done
}

# stations [BRIDGE]: which MAC is where, of those that the bridge was told
stations() { bridge -n "$scene-dom0" fdb show ${1:+br "$1"} | grep -w static | awk '{ print $1, $3 }' | sort; }

# refused WORDS KEY=VALUE...: with these keys online fails with exactly these words, and changes nothing
refused() {
	local why=$1
	shift
	vif_destroy b1 2>/dev/null || true
	vif_create b1
	store_vif 11 0 "mac=$(mac b1)" "ip=$(address b1 4)" "$@"
	run online 11 0
	equal "the status of online with $*" "$status" 1
	equal "hotplug-error with $*" "$(store 11 0 hotplug-error)" "$why"
	equal "hotplug-status with $*" "$(store 11 0 hotplug-status)" error
	[[ $output == *"$why"* ]]
	link_shows vif11.0 "state DOWN"
	unchanged
	store_forget 11 0
}

@test "online makes a vif a port of its bridge, and says connected" {
	bridged_create b1
	ip -n "$scene-dom0" link set vif11.0 address 02:00:00:00:00:01
	ip -n "$scene-dom0" address add 10.0.0.1/24 dev vif11.0
	ip -n "$scene-dom0" address add 10.0.0.2/24 dev vif11.0
	attach b1
	equal hotplug-status "$(store 11 0 hotplug-status)" connected
	equal hotplug-error "$(store 11 0 hotplug-error)" ""
	link_shows vif11.0 "link/ether fe:ff:ff:ff:ff:ff" "group 29793" "state UP" "master xenbr0"
	[ -z "$(ip -n "$scene-dom0" -o address show dev vif11.0)" ]
	equal "disable_ipv6" "$(dom0 cat /proc/sys/net/ipv6/conf/vif11.0/disable_ipv6)" 1
	equal "forwarding" "$(dom0 cat /proc/sys/net/ipv4/conf/vif11.0/forwarding)" 0
}

@test "the port is one for a single station: told, never learnt, and nothing for others is flooded to it" {
	bridged_create b1
	attach b1
	link_shows vif11.0 "learning off" "flood off" "mcast_flood on" "bcast_flood on" "mcast_router 0" "guard on" \
		"root_block on" "isolated off" "hairpin off"
	equal stations "$(stations)" "$(mac b1) vif11.0"
	# somebody else sends from its MAC
	dom0 firewall stop
	inside lan send eth0 udp4 smac="$(mac b1)" dmac=ff:ff:ff:ff:ff:ff src=192.0.2.130 dst=192.0.2.255
	equal stations "$(stations)" "$(mac b1) vif11.0"
	watch b1 flooded "udp dport 7777"
	inside lan send eth0 udp4 dmac=00:16:3e:00:77:77 src=192.0.2.130 dst=192.0.2.141 dport=7777
	inside lan send eth0 udp4 dmac="$(mac b1)" src=192.0.2.130 dst=192.0.2.141 dport=7777
	arrives b1 flooded
	equal "frames for the guest alone" "$(seen b1 flooded)" 1
}

@test "without rules the guest speaks with the LAN, its neighbours and Dom0" {
	dom0 firewall stop
	bridged_create b1 b2
	serve lan
	attach b1
	attach b2
	pings b1 b2
	pings lan b1
	pings b1 bridge
	connects b1 lan tcp/80 udp/53
	connects lan b2 tcp/80 udp/53
}

@test "offline takes all of it back, with the interface still there" {
	dom0 firewall start
	remember
	bridged_create b1
	attach b1
	run ! unchanged
	offline 11 0
	link_shows vif11.0 "state DOWN"
	run ! link_shows vif11.0 "master xenbr0"
	nothing_left
	unchanged
}

@test "offline takes all of it back when the interface is gone, the bridge, the backend, or all of them" {
	local gone
	dom0 firewall start
	for gone in interface backend bridge all; do
		ip -n "$scene-dom0" link show xenbr0 >/dev/null 2>&1 || {
			ip netns delete "$scene-lan"
			eventually run ! ip -n "$scene-dom0" link show lan0
			bridge_create
		}
		remember
		vif_create b1
		attach b1
		store_goodbye 11 0
		case $gone in interface | all) vif_destroy b1 ;; esac
		case $gone in backend | all) store_forget 11 0 ;; esac
		case $gone in bridge | all) ip -n "$scene-dom0" link delete xenbr0 ;; esac
		offline 11 0
		offline 11 0
		ip -n "$scene-b1" link delete eth0 2>/dev/null || true
		nothing_left || fail "with $gone gone" || return
		[ "$gone" = bridge ] || [ "$gone" = all ] || unchanged || fail "with $gone gone" || return
	done
}

@test "the record tells how to undo it, whichever program is called" {
	dom0 firewall start
	remember
	bridged_create b1
	attach b1
	[[ $(xenstore-read taofirewall/domain/0/11/0) == *"; bridge xenbr0 "* ]]
	xenstore-write backend/vif/11/0/script /etc/xen/scripts/vif-route-taofw
	offline 11 0
	run ! link_shows vif11.0 "master xenbr0"
	nothing_left
	unchanged
}

@test "online twice is online once, and another bridge takes the place of the first" {
	dom0 firewall start
	bridged_create b1
	attach b1
	remember
	online 11 0
	unchanged
	ip -n "$scene-dom0" link add xenbr1 type bridge
	attach b1 bridge=xenbr1
	link_shows vif11.0 "master xenbr1"
	equal stations "$(stations xenbr1)" "$(mac b1) vif11.0"
	equal stations "$(stations xenbr0)" ""
	offline 11 0
	nothing_left
}

# bridge_anew PORT...: somebody takes the bridge away and makes it again, with its address and these ports
bridge_anew() {
	local each
	ip -n "$scene-dom0" -batch - <<-END
		link delete xenbr0
		link add xenbr0 address $bridge_mac type bridge stp_state 0 forward_delay 0
		link set xenbr0 up
		address add $(address bridge 4)/25 dev xenbr0
		address add $(address bridge 6)/64 dev xenbr0 nodad
	END
	for each; do ip -n "$scene-dom0" link set "$each" master xenbr0; done
}

@test "a bridge that was made anew has its guests again from a reload on, as an attach makes them" {
	scene_addresses+=([g1 4]=192.0.2.151 [g1 6]=2001:db8:b:1::21)
	host b1 "PUBLIC_PORTS = 80"
	dom0 firewall start
	serve world
	bridged_create b1
	attach b1
	bridge_anew lan0 vif11.0
	dom0 firewall reload
	link_shows vif11.0 "learning off" "flood off" "mcast_router 0" "guard on" "root_block on"
	equal stations "$(stations)" "$(mac b1) vif11.0"
	connects b1 world tcp/80
	connects world b1 tcp/80
	# a routed guest that comes later finds it
	vif_create g1
	guest_address g1 "$(address g1 4)/24" "$(address g1 6)/64"
	attach g1
	connects g1 b1 tcp/80
	detach g1
	# and what the attach and the reload did is taken back
	offline 11 0
	run ! link_shows vif11.0 "master xenbr0"
	nothing_left
}

@test "a guest that was moved to another bridge leaves nothing there, nor where it was" {
	dom0 firewall start
	bridged_create b1
	ip -n "$scene-dom0" link add xenbr1 type bridge
	remember
	attach b1
	ip -n "$scene-dom0" link set vif11.0 master xenbr1
	dom0 firewall reload
	[[ $(xenstore-read taofirewall/domain/0/11/0) == *"; bridge xenbr1 "* ]]
	offline 11 0
	nothing_left
	unchanged
}

@test "addresses in ip= are optional" {
	dom0 firewall start
	remember
	bridged_create b1
	attach b1 ip=
	equal hotplug-status "$(store 11 0 hotplug-status)" connected
	link_shows vif11.0 "master xenbr0"
	online 11 0
	offline 11 0
	nothing_left
	dom0 firewall reload	# which of them are this machine's addresses stays known until then
	unchanged
}

@test "vifname= renames the interface, and offline knows it by that name" {
	dom0 firewall start
	remember
	bridged_create b1
	attach b1 vifname=web1
	link_shows web1 "master xenbr0" "state UP" "group 29793"
	online 11 0
	link_shows web1 "master xenbr0"
	offline 11 0
	ip -n "$scene-dom0" link delete web1
	nothing_left
	unchanged
}

@test "without bridge= the only bridge is taken, however many ports it has" {
	ip -n "$scene-dom0" link add other type veth peer name other-far
	ip -n "$scene-dom0" link set other master xenbr0
	bridged_create b1
	attach b1 bridge=
	link_shows vif11.0 "master xenbr0"
}

@test "xenbrN means ethN where that is the bridge, as configurations of old ask for it" {
	ip -n "$scene-dom0" link add eth5 type bridge
	bridged_create b1
	attach b1 bridge=xenbr5
	link_shows vif11.0 "master eth5"
	[[ $(xenstore-read taofirewall/domain/0/11/0) == *"; bridge eth5 "* ]]
}

@test "what can't be is refused by its exact words, and nothing is changed" {
	dom0 firewall start
	remember
	refused "bridge=xenbr7: there is no such interface" bridge=xenbr7
	refused "bridge=xenbr1: there is no such interface" bridge=xenbr1	# eth1 is no bridge
	refused "bridge=eth0: this interface is no bridge" bridge=eth0
	refused 'bridge=: "a b" is not the name of an interface as this program takes it (letters, digits, and behind the first one also _ . -)' \
		"bridge=a b"
	refused "vlan=10: xenbr0 knows no VLANs, so the guest would see all of them: ip link set xenbr0 type bridge vlan_filtering 1" \
		vlan=10
	refused 'vlan=: "10,20" is not a list of VLANs like 10p/20/100-110u' vlan=10,20
	refused 'ip=: "192.0.2.300" is not an address' ip=192.0.2.300
	refused "ip=: 192.0.2.129 is an address of this machine itself" ip=192.0.2.129
	refused "mtu=: 1279 is too small for IPv6, which needs 1280 (RFC 8200, 5)" mtu=1279 ip=2001:db8:b::1
	refused 'mac=: "01:00:5e:00:00:01" is a multicast MAC address: no station has it' mac=01:00:5e:00:00:01
	ip -n "$scene-dom0" link add xenbr3 type bridge
	remember
	refused "no bridge= was given, and this machine has more than one: xenbr0, xenbr3" bridge=
	ip -n "$scene-dom0" link delete xenbr3
	ip -n "$scene-dom0" link delete xenbr0
	remember
	refused "no bridge= was given, and this machine has no bridge" bridge=
}

@test "mtu= is set on the link and told to the frontend, and without it the bridge's is" {
	bridged_create b1 b2
	ip -n "$scene-dom0" link set xenbr0 mtu 1450
	attach b1
	link_shows vif11.0 "mtu 1450"
	equal "the frontend's mtu" "$(xenstore-read /local/domain/11/device/vif/0/mtu)" 1450
	attach b2 mtu=1400 vifname=web2
	link_shows web2 "mtu 1400"
	equal "the frontend's mtu" "$(xenstore-read /local/domain/12/device/vif/0/mtu)" 1400
	run -1 xenstore-exists /local/domain/web2
}

@test "a frontend that has taken its directory away keeps nobody from being connected" {
	bridged_create b1
	store_vif 11 0 "mac=$(mac b1)" "ip=$(address b1 4)" mtu=1400
	xenstore-rm /local/domain/11/device
	online 11 0
	equal hotplug-status "$(store 11 0 hotplug-status)" connected
	run -1 xenstore-exists /local/domain/11/device
}

@test "an HVM guest's vif and tap are both ports, and the bridge finds out which of them speaks" {
	dom0 firewall stop
	remember
	bridged_create b1
	ip -n "$scene-b1" link add eth1 address "$(mac b1)" type veth peer name vif11.0-emu netns "$scene-dom0"
	attach b1 type=vif_ioemu
	tap add 11 0
	link_shows vif11.0 "master xenbr0" "learning on" "flood on"
	link_shows vif11.0-emu "master xenbr0" "learning on" "flood on"
	# the guest still uses the emulated one
	ip -n "$scene-b1" link set eth0 down
	ip -n "$scene-b1" link set eth1 up
	ip -n "$scene-b1" address add "$(address b1 4)/25" dev eth1
	FAMILIES=4 pings b1 lan
	# its own driver takes over, and the device model lets go of the tap, of which nobody tells us
	ip -n "$scene-b1" link delete eth1
	ip -n "$scene-b1" link set eth0 up
	lan_address b1
	pings b1 lan
	tap remove 11 0
	detach b1
	nothing_left
	unchanged
}

@test "of two vifs with one MAC, as in a migration, the bridge learns where the guest is" {
	dom0 firewall stop
	remember
	bridged_create b1
	attach b1
	guest_twin b2 b1 12
	mac() { if [ "$1" = b2 ]; then echo 00:16:3e:00:00:0b; else printf '00:16:3e:00:00:%02x' "${scene_vifs[$1]% *}"; fi; }
	bridged_create b2
	ip -n "$scene-b2" link set eth0 down
	attach b2
	equal stations "$(stations)" ""
	pings b1 lan
	ip -n "$scene-b1" link set eth0 down
	ip -n "$scene-b2" link set eth0 up
	lan_address b2
	pings b2 lan
	# the one that stays is told again, and learns no more
	detach b1
	equal stations "$(stations)" "$(mac b1) vif12.0"
	link_shows vif12.0 "learning off" "flood off"
	pings b2 lan
	pings lan b2
	detach b2
	nothing_left
	unchanged
}

@test "a second vif with a MAC whose attach fails leaves the first one as it was" {
	bridged_create b1
	attach b1
	remember
	guest_twin b2 b1 12
	mac() { if [ "$1" = b2 ]; then echo 00:16:3e:00:00:0b; else printf '00:16:3e:00:00:%02x' "${scene_vifs[$1]% *}"; fi; }
	vif_create b2
	failing_hook
	run -1 attach b2
	[[ $output == *"hook $scene_dir/hooks/a.hook failed with status 7"* ]]
	vif_destroy b2
	link_shows vif11.0 "learning off" "flood off"
	unchanged
}

# failing_hook: the next attach fails when all else of it is done
failing_hook() {
	mkdir "$scene_dir/hooks"
	printf '%s\n' '#!/bin/sh' 'exit 7' >"$scene_dir/hooks/a.hook"
	chmod +x "$scene_dir/hooks/a.hook"
	configure XEN=yes "[xen]" "HOOKS = $scene_dir/hooks"
	dom0 firewall reload
}

@test "hooks hear of the bridge" {
	mkdir -p "$scene_dir/hooks"
	printf '%s\n' '#!/bin/sh' "echo \"\$command \$dev \$bridge \$ip\" >>'$scene_dir/seen'" >"$scene_dir/hooks/1.hook"
	chmod +x "$scene_dir/hooks/1.hook"
	configure XEN=yes "[xen]" "HOOKS = $scene_dir/hooks"
	bridged_create b1
	attach b1
	offline 11 0
	diff -u - "$scene_dir/seen" <<-END
		online vif11.0 xenbr0 $(address b1 4) $(address b1 6)
		offline vif11.0 xenbr0 $(address b1 4) $(address b1 6)
	END
}

# ---- beside Xen's own script ----

# result PROGRAM [KEY=VALUE...]: what a vif, its port and its xenstore nodes are after an online of the program
result() {
	local program=$1
	shift
	ip -n "$scene-b1" link delete eth0 2>/dev/null
	vif_create b1
	store_vif 11 0 "mac=$(mac b1)" "ip=$(address b1 4)" "script=/etc/xen/scripts/$program" "$@"
	PATH=/etc/xen/scripts:$PATH hotplug online vif 11 0 >/dev/null 2>&1
	ip -n "$scene-dom0" -d link show dev "$(store_name)" | grep -oE \
		'state [A-Z]+|mtu [0-9]+|link/ether [0-9a-f:]+|master [a-z0-9]+|group [a-z0-9]+|(learning|flood|mcast_flood|bcast_flood|guard|root_block|isolated|hairpin|fastleave|neigh_suppress|locked|mab) (on|off)|mcast_router [0-9]|priority [0-9]+ cost [0-9]+' |
		sed 's/^/link: /'
	ip -n "$scene-dom0" -o -4 address show dev "$(store_name)" | sed 's/^/address: /'
	echo "IPv6 off: $(dom0 cat "/proc/sys/net/ipv6/conf/$(store_name)/disable_ipv6")"
	xenstore-ls -f backend/vif/11/0 | grep -vF /script
	xenstore-ls -f /local/domain/11/device/vif/0
	xenstore-ls -f /local/domain | grep -F '/local/domain/web1' || true
	stations | sed 's/^/told: /'
	PATH=/etc/xen/scripts:$PATH hotplug offline vif 11 0 >/dev/null 2>&1
	ip -n "$scene-dom0" -d link show dev "$(store_name)" | grep -oE 'state [A-Z]+|master [a-z0-9]+' | sed 's/^/after offline: /'
	xenstore-rm taofirewall /local/domain/web1 2>/dev/null
	store_forget 11 0
}

store_name() { local name; name=$(store 11 0 vifname); echo "${name:-vif11.0}"; }

# differ KEY=VALUE...: the lines that are not the same, "-" as the stock script has them, "+" as we do
differ() {
	result vif-bridge "$@" >"$scene_dir/stock"
	result vif-bridge-taofw "$@" >"$scene_dir/ours"
	diff "$scene_dir/stock" "$scene_dir/ours" | sed -n 's/^</-/p; s/^>/+/p'
}

# On purpose we differ here, and nowhere else:
#   group                                 the rules know a renamed vif by it
#   learning, flood, and the told station what a guest sends must not move others' MACs, nor others' frames reach it
#   guard, root_block, mcast_router       a guest is no bridge and no router
#   IPv6 off                              Dom0 has no link-local address on the port that the guest could talk to
port_differences='- link: group default
+ link: group 29793
- link: guard off
+ link: guard on
- link: root_block off
+ link: root_block on
- link: learning on
+ link: learning off
- link: flood on
+ link: flood off
- link: mcast_router 1
+ link: mcast_router 0
- IPv6 off: 0
+ IPv6 off: 1
+ told: 00:16:3e:00:00:0b vif11.0'

# same_but DIFFERENCES KEY=VALUE...: the two programs differ in these lines, in any order, and in no other
same_but() {
	local is
	is=$(differ "${@:2}" | sort)
	diff -u <(sort <<<"$1") - <<<"$is"
}

@test "beside Xen's own vif-bridge: links, MTU, port and xenstore are the same, but for what we mean to do otherwise" {
	[ -x /etc/xen/scripts/vif-bridge ] || skip "xen-utils-common is not here"
	dom0 firewall stop
	namespace_add b1
	same_but "$port_differences"
	same_but "$port_differences" mtu=1400
	ip -n "$scene-dom0" link set xenbr0 mtu 1450
	same_but "$port_differences"
	ip -n "$scene-dom0" link set xenbr0 name eth5
	same_but "$port_differences" bridge=xenbr5
}

@test "beside Xen's own vif-bridge: its mistakes are not ours" {
	[ -x /etc/xen/scripts/vif-bridge ] || skip "xen-utils-common is not here"
	dom0 firewall stop
	namespace_add b1
	# with vifname= it tells the MTU to a domain called web1, and the guest never hears of it
	same_but "${port_differences/vif11.0/web1}
- /local/domain/web1 = \"\"
- /local/domain/web1/device = \"\"
- /local/domain/web1/device/vif = \"\"
- /local/domain/web1/device/vif/web1 = \"\"
- /local/domain/web1/device/vif/web1/mtu = \"1500\"
+ /local/domain/11/device/vif/0/mtu = \"1500\"" vifname=web1
	# without bridge= it takes each port for a bridge, and no offline finds the only one
	same_but "$port_differences
- after offline: master xenbr0
- after offline: state UP
+ after offline: state DOWN" bridge=
}

@test "ISOLATE keeps the guests of a network apart, and from nobody else; a reload changes it" {
	scene_addresses[subnet 4]=192.0.2.128/26 scene_addresses[subnet 6]=2001:db8:b:1::/64
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0" "ISOLATE = yes"
	dom0 firewall start
	bridged_create b1 b2
	attach b1
	attach b2
	link_shows vif11.0 "isolated on"
	no_pings b1 b2
	inside b1 ip neighbour flush dev eth0
	dom0 firewall stop
	pings lan b1
	pings b2 bridge
	no_pings b1 b2
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0"
	dom0 firewall start
	link_shows vif11.0 "isolated off"
	dom0 firewall stop
	pings b1 b2
}

@test "ISOLATE for an interface that is no bridge is told by check and start" {
	local words="[network lan] ISOLATE: eth0 is no bridge, so on the bridge below it guests see each other all the same"
	FAMILIES=4 rules "[network lan]" "SUBNET = 192.0.2.128/25" "INTERFACE = eth0" "ISOLATE = yes"
	run -0 dom0 firewall check
	[[ $output == *"ipv4.conf:1: $words"* ]]
	run -0 dom0 firewall start
	[[ $output == *"$words"* ]]
	FAMILIES=4 rules "[network lan]" "SUBNET = 192.0.2.128/25" "INTERFACE = xenbr0" "ISOLATE = yes"
	run -0 dom0 firewall check
	[[ $output != *"is no bridge"* ]]
}

@test "ISOLATE keeps them apart by way of Dom0, too, whatever their host files open, but for forwarded ports" {
	scene_addresses[subnet 4]=192.0.2.128/26 scene_addresses[subnet 6]=2001:db8:b:1::/64
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0" "ISOLATE = yes" "FRIENDS = lan"
	scene_addresses[public 4]=192.0.2.5 scene_addresses[public 6]=2001:db8:b::5
	host b2 "PUBLIC_PORTS = 80" "NAT = {public}" "PAT = 8080:80"
	# what is translated while it is on the bridge, the bridge would switch
	br_netfilter 0
	dom0 firewall start
	serve world
	bridged_create b1 b2
	attach b1
	attach b2
	through_dom0 b1 b2
	through_dom0 b2 b1
	no_pings b1 b2
	refuses b1 b2 tcp/80
	connects b1 public tcp/8080
	connects world b2 tcp/80
	connects b1 world tcp/80
	rules "[network lan]" "SUBNET = {subnet}" "INTERFACE = xenbr0"
	dom0 firewall reload
	connects b1 b2 tcp/80
}

# through_dom0 GUEST OTHER: to that one, it takes Dom0 for a router
through_dom0() {
	ip -n "$scene-$1" route replace "$(address "$2" 4)/32" via "$(address bridge 4)"
	ip -n "$scene-$1" route replace "$(address "$2" 6)/128" via "$(address bridge 6)"
}
