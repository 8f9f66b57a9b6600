#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A run-time folder in which there is no room left: nothing is half done, and guests start.
# shellcheck disable=SC2154 # scene and its like are scene.bash's

load lib/net

setup() {
	[ "$EUID" -eq 0 ] || skip "mounts, network namespaces and rules need root"
	scene_up
	configure XEN=yes
	host g1 "PUBLIC_PORTS = 80"
	mkdir -m 0700 "$TAOFIREWALL_RUN"
	mount -t tmpfs -o mode=0700,size=2M,nr_inodes=16 none "$TAOFIREWALL_RUN"
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || [ -n "${BATS_TEST_SKIPPED:-}" ] || scene_describe
	scene_down
	umount -l "$TAOFIREWALL_RUN"
}

# fill: neither bytes nor names are left
fill() {
	local i=0
	head -c 4M /dev/zero >"$TAOFIREWALL_RUN/fill" 2>/dev/null && return 1
	while : >"$TAOFIREWALL_RUN/fill.$i"; do i=$((i + 1)); done 2>/dev/null
	! : >"$TAOFIREWALL_RUN/another"
} 2>/dev/null

files() { find "$TAOFIREWALL_RUN" ! -name 'fill*' -printf '%P\n' | sort; }

# cannot COMMAND WORDS: it fails, says so, and nothing is changed
cannot() {
	local before
	before=$(files)
	remember
	run -1 dom0 firewall "$1"
	[[ $output == *"$2"* ]] || fail "it said: $output" || return
	unchanged
	equal "the run-time folder" "$(files)" "$before"
}

@test "a reload without room for the snapshot changes nothing, and guests start as before" {
	dom0 firewall start
	head -c 4M /dev/zero >"$TAOFIREWALL_RUN/fill" || true
	host g2 "PUBLIC_PORTS = 80"
	cannot reload "the snapshot can't be written, nothing was changed: No space left on device"
	guest_create g1
	attach g1
	connects world g1 tcp/80
	refuses world g1 tcp/22
	rm "$TAOFIREWALL_RUN/fill"
	dom0 firewall reload
	guest_create g2
	attach g2
	connects world g2 tcp/80
}

@test "nor without a name for it" {
	dom0 firewall start
	fill
	cannot reload "the snapshot can't be written, nothing was changed: No space left on device"
	guest_create g1
	attach g1
	connects world g1 tcp/80
}

@test "a stop that can't be marked opens nothing" {
	dom0 firewall start
	guest_create g1
	attach g1
	fill
	cannot stop "stop failed: the mark of a stop can't be made, nothing was changed: No space left on device"
	connects world g1 tcp/80
	refuses world g1 tcp/22
	rm "$TAOFIREWALL_RUN"/fill*
	dom0 firewall stop
	run -3 dom0 firewall status
	connects world g1 tcp/22
	fill
	run -0 dom0 firewall stop	# the mark is there
}

@test "a stop that can't remove the rules leaves no mark" {
	[ "${BACKEND:-nft}" = nft ] || skip "it is about a program in between"
	configure XEN=yes "BACKEND = iptables-restore"
	dom0 firewall start
	configure XEN=yes "BACKEND = iptables-restore" "[programs]" "IPTABLES = /usr/bin/false" "[xen]"
	run -1 dom0 firewall stop
	[ ! -e "$TAOFIREWALL_RUN/stopped" ]
}
