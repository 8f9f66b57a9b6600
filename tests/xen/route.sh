#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Turns a routed guest's life, from xl create to xl destroy, into promises kept or broken. Runs in Dom0.
# shellcheck source-path=SCRIPTDIR source=dom0/root/helpers.bash
. /root/helpers.bash

configure_guest() {	# as its administrator would, and with one listener more than the firewall lets anybody reach
	guest "ip link set lo up && ip link set eth0 up" &&
		guest "ip address add 192.0.2.10/24 dev eth0 && ip route add default via 192.0.2.1" &&
		guest "ip address add 2001:db8:1::10/64 dev eth0 && ip -6 route add default via 2001:db8:1::1" &&
		guest "for port in 80 81; do nc -ll -p \$port -e echo hello & done"
}

seen_at() {	# seen_at online|offline LINE: the hook saw it
	grep -Fqx "$2" "/run/seen/$1" || { cat "/run/seen/$1"; return 1; }
}

hook_line() {	# hook_line online|offline: what the hook sees when it hears of everything
	echo "hook command=$1 dev=$vif ip=192.0.2.10 2001:db8:1::10 XENBUS_PATH=$backend type_if=vif"
}

# What Dom0 has because of a guest, beside the vif itself
elements()  { nft list ruleset | sed '/^\tset domu[46]_/,/^\t}/d' | grep -E '192\.0\.2\.10|2001:db8:1::10|00:16:3e:'; }
counters()  { nft list set inet taofirewall spoofed | grep 'counter packets'; }
spoofed()   { counters | grep 'packets [1-9]'; }
routes()    { ip route show proto 116; ip -6 route show proto 116; }
proxies()   { ip neighbour show proxy; ip -6 neighbour show proxy; }
records()   { xenstore-ls -f taofirewall | grep -E '/(domain|owner)/[0-9]'; }
leftovers() { elements; counters; routes; proxies; records; }

# As libxl makes it for every domain, and a driver domain among them.
owns_data() { xenstore-ls -p "/local/domain/$domid" | grep -E "^data = .*\(n$domid\)"; }

# What a toolstack that died leaves of domain 99: netback makes a vif of it all the same.
ghost=backend/vif/99/0
haunt() {
	xenstore-write /local/domain/99/device/vif/0/state 1 "$ghost/frontend" /local/domain/99/device/vif/0 \
		"$ghost/frontend-id" 99 "$ghost/handle" 0 "$ghost/type" vif "$ghost/bridge" xenbr0 \
		"$ghost/script" /etc/xen/scripts/vif-route-taofw "$ghost/mac" 00:16:3e:00:00:99 \
		"$ghost/ip" 192.0.2.99 "$ghost/hotplug-status" "" "$ghost/online" 1 "$ghost/state" 1 &&
		eventually test -e /sys/bus/xen-backend/devices/vif-99-0/net/vif99.0 &&
		XENBUS_PATH=$ghost vif=vif99.0 /etc/xen/scripts/vif-route-taofw online type_if=vif
}
ghosts() { nft list ruleset | grep -F -e 192.0.2.99 -e 00:16:3e:00:00:99; ip route show dev vif99.0; records | grep /99/; }
helper=/usr/lib/taofirewall/xl-taofw

promise "before xenstored runs, firewall start loads the rules" firewall start
start_toolstack
mkdir -p /etc/xen/scripts/vif-post.d
cp /root/record.hook /etc/xen/scripts/vif-post.d
make_world
promise "firewall start loads the rules" firewall start
promise "firewall status finds them" firewall status

promise "xl create starts a guest" xl create /root/web1.cfg
domid=$(xl domid web1)
vif=vif$domid.0
backend=backend/vif/$domid/0
device=/sys/bus/xen-backend/devices/vif-$domid-0
open_console "$domid" || exit
promise "the guest brings up its network" configure_guest

promise "below its home, data is a domain's own to write: a driver domain's records go there" owns_data
promise "at online a hook hears of the vif" seen_at online "$(hook_line online)"
promise "at online xen-backend's device has the vif" \
	seen_at online "sysfs $device/net/$vif/address = fe:ff:ff:ff:ff:ff"
promise "at online the backend is in state 2" seen_at online "xenstore $backend/state = \"2\""
promise "at online hotplug-status is empty" seen_at online "xenstore $backend/hotplug-status = \"\""
promise "then hotplug-status is connected" says connected xenstore-read "$backend/hotplug-status"
promise "then the backend is in state 4" eventually says 4 xenstore-read "$backend/state"

promise "the world pings the guest over IPv4" eventually world_pings 192.0.2.10
promise "the world pings the guest over IPv6" eventually world_pings 2001:db8:1::10
promise "the guest pings the world over IPv4" eventually guest ping -c 1 -W 5 203.0.113.1
promise "the guest pings the world over IPv6" eventually guest ping -c 1 -W 5 2001:db8:ffff::1

promise "an open port answers over IPv4" eventually world_connects 192.0.2.10 80
promise "an open port answers over IPv6" eventually world_connects 2001:db8:1::10 80
promise "a closed port would answer over IPv4" says hello guest nc 192.0.2.10 81
promise "a closed port would answer over IPv6" says hello guest nc 2001:db8:1::10 81
promise "a closed port does not answer over IPv4" not world_connects 192.0.2.10 81
promise "a closed port does not answer over IPv6" not world_connects 2001:db8:1::10 81

trust_vif "$vif"
promise "nothing genuine is counted as spoofed" not prints spoofed
guest_spoofs 192.0.2.77 203.0.113.1
promise "a spoofed IPv4 packet is counted" prints spoofed
promise "a spoofed IPv4 packet does not arrive" not seen 192.0.2.77
promise "a genuine IPv4 packet behind it does" seen 192.0.2.10
before=$(spoofed)
guest_spoofs 2001:db8:1::77 2001:db8:ffff::1
promise "a spoofed IPv6 packet is counted" not says "$before" spoofed
promise "a spoofed IPv6 packet does not arrive" not seen 2001:db8:1::77
promise "a genuine IPv6 packet behind it does" seen 2001:db8:1::10

promise "firewall stop removes the rules" firewall stop
promise "firewall status misses them" exits 3 firewall status
guest_spoofs 192.0.2.77 203.0.113.1
promise "without rules a spoofed IPv4 packet arrives" seen 192.0.2.77
guest_spoofs 2001:db8:1::77 2001:db8:ffff::1
promise "without rules a spoofed IPv6 packet arrives" seen 2001:db8:1::77
promise "firewall start finds the running guest" firewall start
promise "the world pings it again" eventually world_pings 192.0.2.10
promise "its open port answers again" eventually world_connects 192.0.2.10 80
promise "firewall status names the guest" says web1 firewall status

promise "the running guest has elements" prints elements
promise "the running guest has routes" prints routes
promise "the running guest has proxy neighbours" prints proxies
promise "the running guest has a record" prints records
promise "firewall check explains its configuration, and knows that it runs" \
	says "web1 (/root/web1.cfg), which runs as domain $domid:" firewall check /root/web1.cfg
promise "the vif of a dead domain comes up" haunt
promise "it has all that a guest's has" prints ghosts
promise "firewall status says whose it was" says "vif99.0 is no guest's: there is no domain 99 any more" firewall status
promise "firewall status counts the running guest alone" says "1 guest interface online" firewall status
mv $helper $helper.away
promise "when the hypervisor can't be asked, firewall status says so" \
	says "all guests that xenstore knows of are taken to run" firewall status
promise "then nobody is left out" says "2 guest interfaces online" firewall status
mv $helper.away $helper
promise "firewall reload takes the dead one away" firewall reload
promise "a dead domain leaves nothing" not prints ghosts
promise "the running one keeps its rules" eventually world_connects 192.0.2.10 80
xenstore-rm "$ghost" /local/domain/99

promise "xl destroy ends the guest" xl destroy web1
promise "xl destroy leaves no elements" not prints elements
promise "xl destroy leaves no counters" not prints counters
promise "xl destroy leaves no routes" not prints routes
promise "xl destroy leaves no proxy neighbours" not prints proxies
promise "xl destroy leaves no record" not prints records
promise "firewall status counts no guest any more" says "0 guest interfaces online" firewall status
promise "at offline a hook hears of the vif" seen_at offline "$(hook_line offline)"
promise "at offline the backend is in state 6" seen_at offline "xenstore $backend/state = \"6\""

promise "firewall check finds a bad address before xl does" \
	fails_with '/root/bad.cfg: vif[0]: ip=: "192.0.2.300" is not an address' firewall check /root/bad.cfg
promise "xl create with a bad address fails, and libxl says why in our words" \
	fails_with 'script: ip=: "192.0.2.300" is not an address' xl create /root/bad.cfg
promise "the guest with a bad address is gone" not xl domid bad
promise "the guest with a bad address leaves nothing" not prints leftovers

for moment in online offline; do
	echo "# what the hook saw at $moment"
	comment <"/run/seen/$moment"
done
all_promises_kept
