#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Turns two boots of Dom0, with a guest that xendomains starts and that is saved in between, into promises kept or broken.
# Runs in Dom0. The first boot has the rules before the network and before xenstore, and its guest before they are loaded
# again. The second one starts the firewall last.
# shellcheck source-path=SCRIPTDIR source=dom0/root/helpers.bash
. /root/helpers.bash

network_is_right() {	# network_is_right WHEN: of both cards of the guest
	promise "$1, the world reaches its routed card over IPv4" reaches world 192.0.2.10
	promise "$1, the world reaches its routed card over IPv6" reaches world 2001:db8:1::10
	promise "$1, the LAN reaches its bridged card over IPv4" reaches lan 198.51.100.10
	promise "$1, the LAN reaches its bridged card over IPv6" reaches lan 2001:db8:2::10
}

xendomains() { bash /etc/init.d/xendomains "$1"; }

promise "before the network and before xenstored runs, the init script loads the rules" sh /etc/init.d/firewall start
promise "then they are there" firewall status
make_world
make_lan
start_toolstack
promise "firewall reload does not mind that xenstore answers now" firewall reload
promise "there are no guests yet" says "0 guest interfaces online" firewall status
remember_state none
mkdir -p /etc/xen/auto
cp /root/both.cfg /etc/xen/auto/web1.cfg
promise "xendomains starts the guest" says "Starting Xen domain web1" xendomains start
promise "it runs" xl domid web1
open_console "$(xl domid web1)" || exit
network_is_right "before any reload"
connect_out 99
promise "the guest opens a connection to the world, and hears it" hears hello
promise "then firewall reload finds it running" firewall reload
promise "it still hears the world over that connection" hears still
network_is_right "after the reload"
promise "firewall restart does it no harm, either" firewall restart
promise "and it still hears the world" hears after

promise "xendomains saves it when Dom0 goes down" says "Saving Xen domain web1" xendomains stop
promise "then it does not run" not xl domid web1
promise "and all is as before it" state_is none

nft flush ruleset
rm -r /run/taofirewall
promise "the next boot starts no firewall" exits 3 firewall status
promise "xendomains restores the guest" says "Restoring Xen domain web1" xendomains start
promise "its first vif has loaded all rules" firewall status
network_is_right "in the second boot"
promise "the init script comes late, and finds it" sh /etc/init.d/firewall start
promise "firewall status names it" says "web1 (domain $(xl domid web1))" firewall status
network_is_right "at last"
promise "xl destroy ends it" xl destroy web1
promise "and all is as before the first boot's guest" state_is none
all_promises_kept
