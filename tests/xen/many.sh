#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Turns 10 guests that are created at once, and destroyed at once, into promises kept or broken. Runs in Dom0. Half of
# them are routed and half are bridged; one host file applies to all. They are created paused, so that their attaches
# meet, and four of them then run: under emulation the other six would need minutes to come up.
# shellcheck source-path=SCRIPTDIR source=dom0/root/helpers.bash
. /root/helpers.bash

all=$(seq 64 73) guests=$all

address() {	# address NUMBER: of a guest, in both families
	if is_routed "$1"; then
		echo "192.0.2.$1 2001:db8:1::$1"
	else
		echo "198.51.100.$1 2001:db8:2::$1"
	fi
}

is_routed() { [ $(($1 % 2)) = 0 ]; }

configure() {	# configure NUMBER: its guest's file
	local ip script=vif-bridge-taofw,bridge=xenbr1 via=

	ip=$(address "$1")
	if is_routed "$1"; then
		script=vif-route-taofw via='192.0.2.1 2001:db8:1::1'
	fi
	cat >"/root/g$1.cfg" <<-GUEST
		name = "g$1"
		type = "pv"
		kernel = "/boot/vmlinux"
		ramdisk = "/boot/guest.img"
		extra = 'console=hvc0 quiet eth0="${ip/ //24 }/64" via="$via"'
		memory = 96
		vif = ["script=$script,ip=$ip,mac=00:16:3e:00:02:$1"]
	GUEST
}

# Promises are kept or broken for all of them; what one said is told when it failed.
each() {	# each COMMAND...: with each guest's number behind it
	local number failed=0

	for number in $guests; do
		"$@" "$number" || { echo "guest $number: $*"; failed=1; }
	done
	return "$failed"
}

at_once() {	# at_once COMMAND...: with each guest's number behind it, all at the same time
	local number failed=0 run

	for number in $guests; do
		("$@" "$number" >"/run/said.$number" 2>&1; echo "$?" >"/run/status.$number") &
	done
	wait
	for number in $guests; do
		run=$(<"/run/status.$number")
		[ "$run" = 0 ] || { cat "/run/said.$number"; failed=1; }
	done
	return "$failed"
}

create() { xl create -p "/root/g$1.cfg"; }
unpause() { xl unpause "g$1" && open_console "$(xl domid "g$1")"; }	# and wait until it is up
destroy() { xl destroy "g$1"; }
is_connected() { says connected xenstore-read "backend/vif/$(xl domid "g$1")/0/hotplug-status"; }
has_record() { xenstore-exists "taofirewall/domain/0/$(xl domid "g$1")/0"; }

is_reached() {	# is_reached NUMBER: from its own side, over both, and what is closed is not
	local who=world ip

	is_routed "$1" || who=lan
	for ip in $(address "$1"); do
		eventually connects "$who" "$ip" 80 && not connects "$who" "$ip" 81 || return
	done
}

neighbour_spoofs() {	# the first guest uses the third one's address, and then its own again
	local vif

	vif=vif$(xl domid g64).0
	echo 0 >"/proc/sys/net/ipv4/conf/$vif/rp_filter"	# the kernel's own check hides no lack of ours
	world_forgets
	guest "ip address add 192.0.2.66 dev lo; ping -c 1 -W 1 -I 192.0.2.66 203.0.113.1; ping -c 1 -W 30 203.0.113.1" \
		>/dev/null
}

start_toolstack
make_world
make_lan
promise "firewall start loads the rules" firewall start
each configure
remember_state none

start=$SECONDS
promise "10 guests are created at once" at_once create
echo "# it took $((SECONDS - start)) s"
promise "all are connected" each is_connected
promise "all are on record" each has_record
promise "firewall status counts them" says "10 guest interfaces online" firewall status
guests=$(seq 64 67)
promise "four of them may run" each unpause
promise "each is reached over IPv4 and IPv6, and no closed port of it" each is_reached
guests=$all

join_console "$(xl domid g64)" || exit
neighbour_spoofs
promise "one that uses another's address does not get out with it" not seen 192.0.2.66
promise "with its own it does" seen 192.0.2.64

start=$SECONDS
promise "all are destroyed at once" at_once destroy
echo "# it took $((SECONDS - start)) s"
promise "nothing is left of any of them" state_is none
all_promises_kept
