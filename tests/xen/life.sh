#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Turns what becomes of a running guest (a second network card, a reboot, a crash, save, restore) into promises
# kept or broken. Runs in Dom0.
# shellcheck source-path=SCRIPTDIR source=dom0/root/helpers.bash
. /root/helpers.bash

elsewhere() {	# in another domain than before
	local now

	now=$(xl domid web1) && [ "$now" != "$domid" ]
}

crash() { echo "word echo c >/proc/sysrq-trigger" >&"$console"; }

lives() {	# lives WHEN: web1 has its network, nobody else's, and its old domain has nothing
	domid=$(xl domid web1)
	promise "$1, it is reached over IPv4" reaches world 192.0.2.10
	promise "$1, it is reached over IPv6" reaches world 2001:db8:1::10
	promise "$1, its vif alone is on record" says "$domid/0" recorded
	promise "$1, no rules or routes are left of another vif" not prints strangers
}

strangers() { nft -s list ruleset | grep 00:16:3e: | grep -vF "\"vif$domid."; ip route show proto 116 | grep -v "vif$domid."; }

attach() {	# attach SETTING...: a second card to the running guest
	xl network-attach web1 script=vif-bridge-taofw mac=00:16:3e:00:01:01 "$@"
}

second=(bridge=xenbr1 "ip=198.51.100.10 2001:db8:2::10")
set_up_second() { eventually guest "ip link set eth1 up" && guest "set_up eth1 198.51.100.10/24 2001:db8:2::10/64"; }

start_toolstack
make_world
make_lan
promise "firewall start loads the rules" firewall start
remember_state none

promise "a guest starts" xl create /root/life.cfg
open_console "$(xl domid web1)" || exit
lives "at first"
remember_state one

promise "a second card is attached while it runs" attach "${second[@]}"
promise "the guest sets it up" set_up_second
promise "the LAN reaches the guest over IPv4" reaches lan 198.51.100.10
promise "the LAN reaches the guest over IPv6" reaches lan 2001:db8:2::10
promise "the world still reaches its first one" reaches world 192.0.2.10
promise "the second card is taken from it" xl network-detach web1 1
promise "the LAN does not reach the guest any more" not lan ping -c 1 -W 2 198.51.100.10
promise "and all is as it was before that card" state_is one
promise "it can be attached again" attach "${second[@]}"
promise "and the guest sets it up again" set_up_second
promise "and the LAN reaches it" reaches lan 198.51.100.10
promise "it is taken away again" xl network-detach web1 1

promise "a card on a bridge that does not exist is refused, in our words" \
	fails_with "script: bridge=xenbr9: there is no such interface" attach bridge=xenbr9
promise "a card with the name of another interface is refused, in our words" \
	fails_with "script: vifname=lan0: another interface has this name, it is left alone" \
	attach bridge=xenbr1 vifname=lan0
promise "a card with an address that is none is refused, in our words" \
	fails_with 'script: ip=: "192.0.2.300" is not an address' attach bridge=xenbr1 ip=192.0.2.300
promise "libxl leaves the cards there, and they are down" says "3" eval "ip -br link | grep -c 'vif.* DOWN'"
promise "they can be taken away" eval "xl network-detach web1 1 && xl network-detach web1 2 && xl network-detach web1 3"
promise "and all is as it was before they were tried" state_is one
lives "after all this"

xl reboot web1
promise "xl reboot puts the guest into a new domain" eventually elsewhere
open_console "$(xl domid web1)" || exit
lives "after the reboot"

crash
promise "a crash with on_crash=restart puts the guest into a new domain" eventually elsewhere
open_console "$(xl domid web1)" || exit
lives "after the crash"

guest "echo 1 >/saved"
promise "xl save takes the guest away" xl save web1 /run/web1.saved
promise "a saved guest does not answer" not world_pings 192.0.2.10
promise "and all is as before the first guest" state_is none
promise "xl restore brings it back" xl restore /run/web1.saved
join_console "$(xl domid web1)"
promise "it is the same guest" says 1 guest cat /saved
lives "after the restore"
trust_vif "vif$domid.0"
guest_spoofs 192.0.2.77 203.0.113.1
promise "what it spoofs does not arrive" not seen 192.0.2.77
promise "what is its own does" seen 192.0.2.10

promise "xl destroy ends the guest" xl destroy web1
promise "and all is as before the first guest again" state_is none

promise "a guest starts that shall not be restarted" xl create /root/life.cfg 'on_crash="destroy"'
open_console "$(xl domid web1)" || exit
lives "at first, too"
crash
promise "a crash with on_crash=destroy ends it" eventually not xl domid web1
promise "and all is as before that guest" state_is none
all_promises_kept
