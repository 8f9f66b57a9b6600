#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A file server that is gone holds whoever asks it, past every signal; nobody else's disk waits for that.
# shellcheck disable=SC2154 # images and its like come from lib/disks.bash

load lib/disks

# serve: $served is an image on a file system whose server $server is a process of ours
serve() {
	[ -c /dev/fuse ] || skip "the kernel has no FUSE"
	mkdir "$scene_dir/served"
	mkfifo "$scene_dir/serves"
	nsenter -t "$place" -m perl "$BATS_TEST_DIRNAME/tools/server.pl" "$scene_dir/served" "$(image behind.img)" \
		"$scene_dir/serves" 3>&- 4>&- &
	server=$!
	scene_processes+=("$server")
	timeout 10 cat "$scene_dir/serves" >/dev/null
	served=$scene_dir/served/a.img
}

# hang, answer: the server does so from now on
hang() { kill -STOP "$server"; }
answer() { kill -CONT "$server"; }

@test "while a server hangs, disks on others come and go, and so does the one that is on it" {
	local file device open status=0
	alone
	serve
	file=$(image b.img)
	device=$(device)
	attach 1 "$served"
	equal hotplug-status "$(node 1 hotplug-status)" connected
	attach 3 "$(image c.img)"
	model_disk qdisk "aio:$scene_dir/served/other.img"
	hang
	disk 2 "$file"
	LIMIT=10 add 2 || status=1
	disk 4 "$device"
	LIMIT=10 add 4 || status=2
	LIMIT=10 remove 3 || status=3
	LIMIT=10 remove 1 || status=4
	answer
	equal "what did not go on" "$status" 0
	connected 2 "$file"
	is_device 4 "$device"
	has_loops 0 "$images/c.img"
	equal physical-device "$(node 1 physical-device)" ""
	has_loops 0 "$served"
}
