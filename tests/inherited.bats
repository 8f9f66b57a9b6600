#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a caller leaves to our programs: signals that it blocked or ignored, streams that it closed, limits that it set. None
# of it ends them half way, makes a failure look like a success, or leads their lines into a socket or a disk.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/iptables

# hostile COMMAND...: as a caller starts it that left all of this in its worst order
hostile() {
	dom0 env --block-signal=ALRM,USR1,CHLD --ignore-signal=CHLD,ALRM,USR1,HUP "$@" <&- >&- 2>&-
}

# line NAME: what the kernel says of the process, of its signals as a mask
line() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$process/status"; }

# waits_for_lock PROGRAM: such a process does, for the lock of this scene; it is $process then
waits_for_lock() {
	while read -r process; do
		[ "$(cat "/proc/$process/comm")" != "$1" ] || return 0
	done < <(sed -n "s/.* -> FLOCK .* \([0-9]*\) [^ ]*:$(stat -c %i "$scene_dir/run/lock") .*/\1/p" /proc/locks)
	return 1
}

# is_clean: what it has is what process_start() promises
is_clean() {
	local fd each ignored=()
	equal "blocked signals" "$(line SigBlk)" 0000000000000000
	for each in HUP USR1 PIPE ALRM CHLD XFSZ; do
		((16#$(line SigIgn) >> ($(kill -l $each) - 1) & 1)) && ignored+=("$each")
	done
	equal "ignored signals" "${ignored[*]}" "HUP PIPE XFSZ"
	equal umask "$(line Umask)" 0077
	for fd in 0 1 2; do equal "descriptor $fd" "$(readlink "/proc/$process/fd/$fd")" /dev/null; done
}

@test "firewall and the hotplug programs begin with streams, signals and a umask of their own" {
	local holder running=()
	dom0 firewall start
	guest_create g1
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4)"
	flock --no-fork "$scene_dir/run/lock" sleep 300 3>&- &
	holder=$!
	is_held() { grep -q -- ": FLOCK .* $holder " /proc/locks; }
	eventually is_held
	hostile firewall reload 3>&- &
	running+=($!)
	eventually waits_for_lock firewall
	is_clean
	LIMIT=40 hostile env XENBUS_PATH=backend/vif/1/0 vif=vif1.0 script="$scene_script" vif-route-taofw online 3>&- &
	running+=($!)
	eventually waits_for_lock vif-route-taofw
	is_clean
	kill "$holder"
	wait "${running[0]}"
	wait "${running[1]}"
	equal hotplug-status "$(store 1 0 hotplug-status)" connected
}

@test "a program that failed has failed, though the caller ignores the end of children" {
	use iptables-restore
	host g1 "PUBLIC_PORTS = 80"
	guest_create g1
	dom0 firewall start
	attach g1
	program ip6tables-restore 'exit 1'
	use iptables-restore "IP6TABLES_RESTORE = $scene_dir/ip6tables-restore"
	host g1 "PUBLIC_PORTS = 25"
	run -1 hostile firewall reload
	connects world g1 tcp/80
	refuses world g1 tcp/25
	dom0 firewall status
}

@test "a program gets no environment of the caller's" {
	program iptables-restore "env >>$scene_dir/environment"
	use iptables-restore "IPTABLES_RESTORE = $scene_dir/iptables-restore"
	dom0 env IFS=x BASH_ENV=/dev/null XTABLES_LIBDIR=/nowhere LD_BIND_NOW=1 PATH="$scene_dir:$PATH" firewall start
	[ -s "$scene_dir/environment" ]
	run ! grep -E "^(IFS|BASH_ENV|XTABLES_LIBDIR|LD_[A-Z_]*|TAOFIREWALL_[A-Z]*)=|$scene_dir" "$scene_dir/environment"
}

@test "a limit to the size of files, which the caller may raise, is none" {
	guest_create g1
	(ulimit -S -f 0; dom0 firewall start)
	attach g1
	dom0 firewall status
	[ -s "$scene_dir/run/snapshot" ]
}

@test "who reads no more keeps no load from its end" {
	host g1 "PUBLIC_PORTS = 80"
	guest_create g1
	# shellcheck disable=SC2016 # the inner shell's
	dom0 sh -c 'exec 3>&1; { firewall start; echo $? >"$0"; } 2>&1 3>&- | true' "$scene_dir/status" || true
	eventually test -s "$scene_dir/status"
	equal status "$(cat "$scene_dir/status")" 0
	dom0 firewall status
}
