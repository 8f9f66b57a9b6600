#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A file server that is gone holds whoever asks it, past every signal; nobody else's disk waits for that.
# shellcheck disable=SC2154 # images and its like come from lib/disks.bash

load lib/disks

# serve NAME [N]: $served is an image on a file system whose server $server is a process of ours, and hangs at its Nth request
serve() {
	[ -c /dev/fuse ] || skip "the kernel has no FUSE"
	mkdir "$scene_dir/$1"
	mkfifo "$scene_dir/serves"
	nsenter -t "$place" -m perl "$BATS_TEST_DIRNAME/tools/server.pl" "$scene_dir/$1" "$(image "behind-$1.img")" \
		"$scene_dir/serves" "${@:2}" 3>&- 4>&- &
	server=$!
	scene_processes+=("$server")
	timeout 10 cat "$scene_dir/serves" >/dev/null
	rm "$scene_dir/serves"
	served=$scene_dir/$1/a.img
}

# hang, answer: the server does so from now on
hang() { kill -STOP "$server"; }
answer() { kill -CONT "$server"; }

@test "while a server hangs, disks on others come and go, and so does the one that is on it" {
	local file device waits status=0
	alone
	serve served
	file=$(image b.img)
	device=$(device)
	attach 1 "$served"
	equal hotplug-status "$(node 1 hotplug-status)" connected
	attach 3 "$(image c.img)"
	model_disk qdisk "aio:$scene_dir/served/other.img"
	hang
	disk 2 "$file"
	LIMIT=10 add 2 || status=1
	xenstore-rm backend/qdisk
	disk 4 "$device"
	LIMIT=10 add 4 3>&- &
	waits=$!
	disk 5 "$(image e.img)"
	sleep 0.5
	LIMIT=10 add 5 || status=5
	[ -z "$(node 4 hotplug-status)" ] || status=6	# it asks what is behind the first one's loop device, without the lock
	wait "$waits" || status=2
	LIMIT=10 remove 3 || status=3
	LIMIT=10 remove 1 || status=4
	answer
	equal "what did not go on" "$status" 0
	connected 2 "$file"
	is_device 4 "$device"
	connected 5 "$images/e.img"
	has_loops 0 "$images/c.img"
	equal physical-device "$(node 1 physical-device)" ""
	has_loops 0 "$served"
}

# The first three hang while the image is opened, the others with the lock: there they hold a loop device that the kernel
# believes to be free, and are in the way of all who do not know that. So each of them answers as soon as it was seen.
@test "a server that hangs at any step of an add fails that one alone, and nothing of it stays" {
	local n servers=() adds=() failed=0 status=0
	alone
	for n in {2..8}; do
		serve "at$n" "$n"
		servers[n]=$server
		disk "$n" "$served"
	done
	for n in 2 3 4; do
		add "$n" 2>"$scene_dir/said$n" 3>&- &
		adds[n]=$!
	done
	disk 1 "$(image b.img)"
	for n in {5..8}; do
		add "$n" 2>"$scene_dir/said$n" || failed=$((failed + 1))
		LIMIT=10 add 1 || status=1
		LIMIT=10 remove 1 || status=2
		kill -CONT "${servers[n]}"
	done
	for n in 2 3 4; do
		wait "${adds[n]}" || failed=$((failed + 1))
		kill -CONT "${servers[n]}"
	done
	cat "$scene_dir"/said*
	equal "what went wrong" "$status" 0
	[ "$failed" -ge 5 ] || fail "only $failed of them hung"
	for n in {2..8}; do
		if [ -s "$scene_dir/said$n" ]; then
			equal hotplug-status "$(node "$n" hotplug-status)" error
			grep -q "$scene_dir/at$n/a.img did not answer in .* s, and is not attached" "$scene_dir/said$n"
		else
			equal hotplug-status "$(node "$n" hotplug-status)" connected
			remove "$n"
		fi
		has_loops 0 "$scene_dir/at$n/a.img"
	done
}
