#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks of so many guests that oxenstored has no list of them: it has no answer of more than 4,096 bytes.

load lib/disks

# others KIND IMAGE: a thousand guests with a disk of that kind, of which the last has the image
others() {
	local id nodes=()
	for ((id = 20001; id <= 21000; id++)); do
		nodes+=("backend/$1/$id/51712/params" "aio:$images/$id.img" "backend/$1/$id/51712/mode" w)
		((id % 50 == 0)) || continue
		xenstore-write "${nodes[@]}"
		nodes=()
	done
	xenstore-write /local/domain/21000/name last /local/domain/21000/vm /vm/uuid-21000 "backend/$1/21000/51712/params" "aio:$2"
}

@test "what the last of a thousand guests has by a device model, nobody else gets" {
	local kind
	image free.img
	for kind in qdisk vbd3; do
		others "$kind" "$(image taken.img)"
		disk 1 "$images/taken.img"
		in_use 1 'guest last (domain 21000) has it read-write'
		attach 2 "$images/free.img"
		remove 2
		xenstore-rm "backend/$kind"
	done
	no_loops
}
