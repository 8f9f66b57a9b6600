#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Turns the life of a guest on Open vSwitch, which meets no rules there, and of a routed one beside it, into promises kept
# or broken. Runs in Dom0. The uplink is a port of the switch, which has Dom0's addresses.
# shellcheck source-path=SCRIPTDIR source=dom0/root/helpers.bash
. /root/helpers.bash

# As Debian's openvswitch-switch does. In the first 10 s after boot ovs-vswitchd takes itself for a program without
# processors, and no thread gets what the kernel asks of it (count_cpu_cores(), COUNT_CPU_UPDATE_TIME_MS).
start_switch() {
	modprobe openvswitch
	mkdir -p /etc/openvswitch /run/openvswitch /var/log/openvswitch
	ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema &&
		ovsdb-server --remote=punix:/run/openvswitch/db.sock --detach --pidfile &&
		ovs-vsctl --no-wait init &&
		eventually is_up_for 11 &&
		ovs-vswitchd --detach --pidfile
}

is_up_for() { [ "$(cut -d . -f 1 /proc/uptime)" -ge "$1" ]; }	# is_up_for SECONDS: the machine

move_uplink() {
	ovs-vsctl add-br ovsbr0 -- add-port ovsbr0 eth0 &&
		ip address flush dev eth0 &&
		ip address add 192.0.2.1/24 dev ovsbr0 &&
		ip address add 2001:db8:1::1/64 dev ovsbr0 nodad &&
		ip link set ovsbr0 up &&
		ip route replace default via 192.0.2.254 &&
		ip route replace default via 2001:db8:1::fe
}

# The guest on the switch, whose router is the world's.
configure_open() {
	sed -e 's/web1/open/; s/vif-route-taofw/vif-openvswitch,bridge=ovsbr0/; s/00:00:01/00:00:20/' \
		-e 's/\(192\.0\.2\.\|2001:db8:1::\)10/\120/g; s/via="[^"]*"/via="192.0.2.254 2001:db8:1::fe"/' \
		/root/life.cfg >/root/open.cfg
}

# Dom0 is closed but for one of two ports.
configure_dom0() {
	local each

	sed -i 's/^UPLINK.*/UPLINK = ovsbr0/' /etc/taofirewall/taofirewall.conf
	sed -i '/^\[input\]/,/^$/s/ACCEPT/DROP/' /etc/taofirewall/ipv?.conf
	for each in "4 192.0.2.1" "6 2001:db8:1::1"; do
		printf '%s\n' '[header]' 'NAME = dom0' "IP = ${each#* }" 'TYPE = local' '[settings]' 'PUBLIC_PORTS = 22' \
			>"/etc/taofirewall/ipv${each% *}.d/dom0.conf"
	done
	for each in 22 23; do
		nc -ll -p $each -e echo hello &
	done
}

is_open() { eventually connects world "$1" 81 && world ping -c 1 -W 5 "$1"; }	# is_open ADDRESS: a guest's
hears_of() { says hello guest "nc -w 4 $1 $2 </dev/null"; }	# hears_of ADDRESS PORT: the guest on the open console

repairs_nothing() { not prints eval "firewall repair 2>&1"; }

watch_claims() {	# of the routed guest's address, as far as Dom0 takes it for that
	nft -f - <<-RULES
		table inet look {
			counter claimed { }
			chain input {
				type filter hook input priority 300
				ip saddr 192.0.2.10 counter name claimed
			}
		}
	RULES
}

# second_card GUEST SCRIPT [SETTING]...: while it runs
second_card() { xl network-attach "$1" script="$2" mac=00:16:3e:00:01:01 "${@:3}"; }
bridged=(vif-bridge-taofw bridge=xenbr1 "ip=198.51.100.10 2001:db8:2::10")

make_world
make_lan
world nc -ll -p 80 -e echo hello &
start_toolstack
promise "Open vSwitch starts" start_switch
promise "the uplink becomes a port of it" move_uplink
configure_open
configure_dom0
promise "firewall check says what becomes of its guest" \
	says "vif[0]: by vif-openvswitch it is neither filtered nor protected" firewall check /root/open.cfg
promise "the guest starts" xl create /root/open.cfg
open_console "$(xl domid open)" || exit
open=$console
unprotected="is neither filtered nor protected: what passes there meets none of the kernel's rules for bridges"
named="vif$(xl domid open).0, a port of ovs-system, $unprotected"
promise "firewall status names it before the start" fails_with "$named" firewall status
promise "firewall start does" says "$named" firewall start
promise "firewall status does after it" says "$named" firewall status
promise "a repair does not name it each time" repairs_nothing
for each in "IPv4 20 192.0.2." "IPv6 20 2001:db8:1::"; do
	read -r family number network <<<"$each"
	router=${network}fe
	[ "$family" = IPv6 ] || router=${network}254
	promise "the world reaches what no file opens over $family" is_open "$network$number"
	promise "it reaches the world over $family" eventually hears_of "$router" 80
	promise "it reaches the port of Dom0 that is open over $family" eventually hears_of "${network}1" 22
	promise "and not the other one over $family" not hears_of "${network}1" 23
done
guest_spoofs 192.0.2.77 192.0.2.254
promise "what it spoofs arrives" seen 192.0.2.77
remember_state open

promise "a routed guest starts behind the switch" xl create /root/life.cfg
open_console "$(xl domid web1)" || exit
routed=vif$(xl domid web1)
promise "it is reached over IPv4" reaches world 192.0.2.10
promise "it is reached over IPv6" reaches world 2001:db8:1::10
promise "it reaches the guest on the switch" eventually hears_of 192.0.2.20 81
console=$open
promise "that one reaches its open port" eventually hears_of 192.0.2.10 80
promise "and no closed one" not hears_of 192.0.2.10 81
watch_claims
guest "ip address add 192.0.2.10 dev lo" >/dev/null
promise "when it claims the address of the routed one, it has no answer" not guest "ping -c 3 -W 1 -I 192.0.2.10 192.0.2.1"
guest "ip address delete 192.0.2.10 dev lo" >/dev/null
promise "and Dom0 does not hear that" says "packets 0 " nft list counter inet look claimed
nft delete table inet look
promise "firewall status has one guest online" says "1 guest interface online." firewall status
promise "and names the other one" says "$named" firewall status
promise "firewall reload does, too" says "$named" firewall reload
promise "nothing is closed by that" is_open 192.0.2.20
remember_state both

promise "a card of ours for the switch is refused, in our words" \
	fails_with "script: bridge=ovsbr0: this interface is no bridge" second_card open vif-bridge-taofw bridge=ovsbr0
promise "that card goes" xl network-detach open 1
promise "and nothing is left of it" state_is both
promise "one of Xen's comes" second_card open vif-openvswitch bridge=ovsbr0
promise "and is named" eventually says "vif$(xl domid open).1, a port of ovs-system, $unprotected" firewall status
promise "it goes" xl network-detach open 1
promise "and all is as before" state_is both

# What stays in the database of Open vSwitch, as when Dom0 lost its power, becomes a port again when it is there again.
ovs-vsctl --no-wait add-port ovsbr0 "$routed.1"
taken="script: $routed.1 is a port of ovs-system already, where no rules would hold for it"
promise "a bridged card that the switch took first is refused, in our words" fails_with "$taken" second_card web1 "${bridged[@]}"
promise "that goes" xl network-detach web1 1
promise "and leaves nothing" state_is both
promise "so is a routed one" fails_with "$taken" second_card web1 vif-route-taofw ip=192.0.2.65
promise "that goes, too" xl network-detach web1 1
promise "and leaves nothing either" state_is both
ovs-vsctl del-port "$routed.1"
promise "once the switch has forgotten it, it comes" second_card web1 "${bridged[@]}"
promise "protected" not says "$routed.1, a port of ovs-system" firewall status

ovs-vsctl add-port ovsbr0 "$routed.0"
ip link set "$routed.1" nomaster
ovs-vsctl add-port ovsbr0 "$routed.1"
for each in 0 1; do
	promise "card $each that somebody gives to the switch is named" \
		says "$routed.$each, a port of ovs-system, $unprotected" firewall status
	promise "by a reload as well, of card $each" says "$routed.$each, a port of ovs-system, $unprotected" firewall reload
done
promise "nobody takes that for what could be set again" not says "sets it again" firewall status
promise "a repair is not tried" repairs_nothing
promise "this guest ends" xl destroy web1
ovs-vsctl del-port "$routed.0" -- del-port "$routed.1"
promise "and all is as before it came" state_is open
promise "the one on the switch ends" xl destroy open
promise "then nobody is named" not says "ovs-system" firewall status
all_promises_kept
