#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What counts is the thing itself: neither that a node is there, nor the name that something has.
# shellcheck disable=SC2154 # images and its like come from lib/disks.bash

load lib/disks

setup_file() { export other="guest guest1 (domain 1) has it"; }

# ---- what was given, and not that something was ----

@test "a loop device that is still open is in the way, though its disk has another image by now" {
	local file open
	file=$(image a.img)
	attach 1 "$file"
	exec {open}<>"$(node 1 node)"
	remove 1
	attach 1 "$(image b.img)"
	connected 1 "$images/b.img"
	may_not "$file can't be attached read-write: domain 1 had it, and has not closed it yet" 2 "$file"
	exec {open}<&-
	may 2 "$file"
	connected 1 "$images/b.img"
}

@test "so is that of a domain which is gone, and whose nodes nobody removed" {
	local file open
	file=$(image a.img)
	attach 1 "$file"
	exec {open}<>"$(node 1 node)"
	xenstore-rm /local/domain/1
	may_not "$file can't be attached read-write: domain 1 had it, and has not closed it yet" 2 "$file"
	exec {open}<&-
	may 2 "$file"
}

@test "a physical-device that names no device may be any, and is told" {
	local file open
	file=$(image a.img)
	disk 1 "$(image b.img)"
	xenstore-write "backend/vbd/1/$devid/physical-device" loop3
	disk 2 "$file"
	exec {open}<"$file"	# so that it is looked for at all
	refused 2 error "backend/vbd/1/$devid/physical-device is \"loop3\", which is no device: whether that guest"
	exec {open}<&-
	no_loops
}

@test "a mode that says nothing is read-write" {
	local file
	file=$(image a.img)
	attach 1 "$file" r
	xenstore-write "backend/vbd/1/$devid/mode" ""
	may_not "$other read-write" 2 "$file" r
}

# ---- what is open, and not what it is called ----

# model_opens FILE [r]: the device model of guest1 has it open, as a process of Dom0; its id is $!
model_opens() {
	local open
	if [ "${2:-w}" = r ]; then exec {open}<"$1"; else exec {open}<>"$1"; fi
	(cd "${1%/*}" && exec sleep 300 3>&- 4>&-) &
	exec {open}<&-
	scene_processes+=($!)
	xenstore-write /local/domain/1/image/device-model-pid $!
}

@test "an image of a virtio disk is one, though its name has colons" {
	local file open
	file=$(image inst:0)
	model_disk virtio_disk "$file"
	may_not "$other read-write" 2 "$file"
	exec {open}<"$file"
	may_not "$other read-write" 2 "$file"
	exec {open}<&-
	xenstore-rm backend/virtio_disk
	model_disk qdisk "aio:$file"
	may_not "$other read-write" 2 "$file"
}

@test "a relative name leads to the image in the folder of the device model, and before that to any of that name" {
	local file
	file=$(image a.img)
	mkdir "$images/web2"
	model_disk qdisk aio:a.img
	may_not "$other read-write" 2 "$file"
	may_not "$other read-write" 2 "$(image web2/a.img)"
	may 2 "$(image b.img)"
	may 2 "$(image aa.img)"
	model_opens "$file"
	may_not "$other read-write" 2 "$file"
	may 2 "$images/web2/a.img"
	xenstore-write "backend/qdisk/1/$devid/params" aio:./web2/../a.img
	may_not "$other read-write" 2 "$file"
}

@test "what a device model has open behind its image is in use as it has it open" {
	local file model
	file=$(image base.img)
	model_disk qdisk "qcow2:$(image top.qcow2)"
	model_opens "$file" r
	model=$!
	may_not "the device model of guest guest1 (domain 1), process $model, has it open read-only: shut that guest down" 2 "$file"
	may 2 "$file" r
	xenstore-write libxl/1/qdisk-backend-pid "$model"
	xenstore-rm /local/domain/1/image
	may_not "process $model, has it open read-only" 2 "$file"	# as in a driver domain
	disk 2 "$file"
	xenstore-write /local/domain/2/vm /vm/uuid-1
	add 2
}

@test "so is a device that it has open, by whatever name" {
	local device
	device=$(device)
	model_disk qdisk "raw:/dev/vg0/renamed"
	model_opens "$device"
	may_not "process $!, has it open read-write" 2 "$device"
	may_not "process $!, has it open read-write (${device#/dev/})" 2 "$(cat "/sys/block/${device#/dev/}/loop/backing_file")"
}

@test "an image that was moved away is in use, though another one has its name by now" {
	local file
	file=$(image a.img)
	model_disk qdisk "aio:$file"
	model_opens "$file"
	mv "$file" "$images/old.img"
	image a.img >/dev/null
	may_not "process $!, has it open read-write" 2 "$images/old.img"
	may_not "$other read-write" 2 "$file"	# the guest's, when it starts anew
}
