#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Turns a routed guest's life behind a driver domain into promises kept or broken. Runs in Dom0.
# shellcheck source-path=SCRIPTDIR source=dom0/root/helpers.bash
. /root/helpers.bash

configure_driver() {	# Dom0's own root, with less in it, is the driver domain's
	(cd / && find . -xdev ! -path './boot/*' ! -path '*/python3*' | cpio -o -H newc) >/run/driver.img
	printf '%s\n' 'name = "driver"' 'type = "pv"' 'kernel = "/boot/vmlinux"' 'ramdisk = "/run/driver.img"' \
		'extra = "console=hvc0 quiet rdinit=/root/driver-init"' 'memory = 400' 'driver_domain = 1' >/root/driver.cfg
}

driver() {	# driver COMMAND: as guest, in the driver domain, which has the helpers, too
	local console=$driver

	guest "$@"
}

create_guest() {
	xl create /root/life.cfg "vif=[\"backend=driver,script=vif-route-taofw,$1,mac=00:16:3e:00:00:01\"]"
}

world_forgets() { driver world_forgets; }	# it is in there

spoofed() { driver nft list set inet taofirewall spoofed | grep 'counter packets [1-9]'; }
records() { driver xenstore-ls -f data | grep -E '/(domain|owner)/[0-9]'; }

start_toolstack
configure_driver
promise "a driver domain starts" xl create /root/driver.cfg
rm /run/driver.img
driverid=$(xl domid driver)
open_console "$driverid" || exit
driver=$console
promise "its firewall runs" driver firewall status
driver remember_state none

promise "a guest starts whose card is to be served there" create_guest "ip=192.0.2.10 2001:db8:1::10"
domid=$(xl domid web1)
vif=vif$domid.0
backend=/local/domain/$driverid/backend/vif/$domid/0
open_console "$domid" || exit
promise "the driver domain has its vif" driver ip link show "$vif"
promise "Dom0 has not" not ip link show "$vif"
promise "there our script said that it is connected" says connected xenstore-read "$backend/hotplug-status"
promise "then the backend is in state 4" eventually says 4 xenstore-read "$backend/state"
promise "its record is below data, where the driver domain may write" prints records
promise "Dom0 has no record of it" not prints recorded
promise "the driver domain's firewall status counts it" says "1 guest interface online" driver firewall status

promise "an open port answers over IPv4" eventually driver world_connects 192.0.2.10 80
promise "an open port answers over IPv6" eventually driver world_connects 2001:db8:1::10 80
promise "a closed port would answer over IPv4" says hello guest nc 192.0.2.10 81
promise "a closed port would answer over IPv6" says hello guest nc 2001:db8:1::10 81
promise "a closed port does not answer over IPv4" driver not world_connects 192.0.2.10 81
promise "a closed port does not answer over IPv6" driver not world_connects 2001:db8:1::10 81

driver trust_vif "$vif"
promise "nothing genuine is counted as spoofed" not prints spoofed
guest_spoofs 192.0.2.77 203.0.113.1
promise "a spoofed IPv4 packet is counted" prints spoofed
promise "a spoofed IPv4 packet does not arrive" driver not seen 192.0.2.77
promise "a genuine IPv4 packet behind it does" driver seen 192.0.2.10
guest_spoofs 2001:db8:1::77 2001:db8:ffff::1
promise "a spoofed IPv6 packet does not arrive" driver not seen 2001:db8:1::77
promise "a genuine IPv6 packet behind it does" driver seen 2001:db8:1::10

promise "firewall stop removes the driver domain's rules" driver firewall stop
guest_spoofs 192.0.2.77 203.0.113.1
promise "without rules a spoofed IPv4 packet arrives" driver seen 192.0.2.77
guest_spoofs 2001:db8:1::77 2001:db8:ffff::1
promise "without rules a spoofed IPv6 packet arrives" driver seen 2001:db8:1::77
promise "without rules a closed port answers" driver world_connects 192.0.2.10 81
promise "firewall start finds the running guest" driver firewall start
promise "it is reached over IPv4 as before" driver reaches world 192.0.2.10
promise "it is reached over IPv6 as before" driver reaches world 2001:db8:1::10

promise "xl destroy ends the guest" xl destroy web1
promise "in the driver domain all is as before it" eventually driver state_is none
promise "no record is left there" not prints records

promise "xl create does not wait for that script: a guest with a bad address starts, too" create_guest ip=192.0.2.300
vif=vif$(xl domid web1).0
backend=/local/domain/$driverid/backend/vif/$(xl domid web1)/0
promise "what is wrong is in xenstore" \
	eventually says '"192.0.2.300" is not an address' xenstore-read "$backend/hotplug-error"
promise "and in the words of xl devd" says 'script: ip=: "192.0.2.300" is not an address' driver cat /run/devd.log
promise "its vif is down" says DOWN driver ip -br link show "$vif"
promise "it has no record" not prints records
promise "xl destroy ends this one, too" xl destroy web1
promise "in the driver domain nothing is left of it" eventually driver state_is none
promise "the driver domain ends" xl destroy driver
all_promises_kept
