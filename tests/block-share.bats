#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may have a disk while somebody else has it: guests, and this machine itself with its mounts, swap and partitions.
# Device-mapper is shown on Debian's kernel: xen-block.bats.
# shellcheck disable=SC2154 # images and its like come from lib/disks.bash

load lib/disks

setup_file() { export other="guest guest1 (domain 1) has it"; }

# claims DEVICE SECONDS: somebody has it for himself, that long from now on
claims() {
	mkfifo "$scene_dir/ready"
	perl -e 'use Fcntl; use Time::HiRes "sleep"; sysopen(my $f, $ARGV[0], O_RDONLY | O_EXCL) or die;
		open(my $r, ">", $ARGV[2]); close $r; sleep $ARGV[1]' "$1" "$2" "$scene_dir/ready" 3>&- 4>&- &
	scene_processes+=($!)
	timeout 10 cat "$scene_dir/ready" >/dev/null
	rm "$scene_dir/ready"
}

# swap_file: a file that Dom0 swaps to (teardown ends it); its path
swap_file() {
	dd if=/dev/zero of="$images/swap" bs=1M count=4 status=none
	chmod 600 "$images/swap"
	mkswap -q "$images/swap"
	swapon "$images/swap"
	echo "$images/swap"
}

# ---- other guests ----

@test "two guests, one image, read-write: the second is refused, and the stock script lets it pass" {
	local file
	file=$(image a.img)
	attach 1 "$file"
	may_not "$file can't be attached read-write: $other read-write (" 2 "$file"
	has_loops 1
	remove 1
	forget 1
	disk 1 "$file"
	stock add 1
	disk 2 "$file"
	stock add 2
	equal "what the stock script said to the second" "$(node 2 hotplug-status)" connected
	has_loops 2
}

@test "what the stock script gave away counts for ours" {
	local file
	file=$(image a.img)
	disk 1 "$file"
	stock add 1
	may_not "$other read-write" 2 "$file"
	stock remove 1
	forget 1
	may 2 "$file"
}

@test "the table of an image and another guest" {
	local file
	file=$(image a.img)
	attach 1 "$file"
	may_not "can't be attached read-write: $other read-write" 2 "$file"
	may_not "can't be attached read-only: $other read-write" 2 "$file" r
	remove 1
	attach 1 "$file" r
	may_not "can't be attached read-write: $other read-only" 2 "$file"
	may 2 "$file" r
	remove 1
	may 2 "$file"
}

@test "the table of a device and another guest" {
	local device
	device=$(device)
	attach 1 "$device"
	may_not "$device can't be attached read-write: $other read-write: shut that guest down" 2 "$device"
	may_not "can't be attached read-only: $other read-write" 2 "$device" r
	remove 1
	attach 1 "$device" r
	may_not "can't be attached read-write: $other read-only" 2 "$device"
	may 2 "$device" r
	remove 1
	may 2 "$device"
}

@test "an image is one, whatever it is called: hard link, link, another path" {
	local file
	file=$(image a.img)
	ln "$file" "$images/hard.img"
	ln -s "$file" "$images/soft.img"
	attach 1 "$file"
	may_not "$images/hard.img can't be attached read-write: $other" 2 "$images/hard.img"
	may_not "$file can't be attached read-write: $other" 2 "$images/soft.img"
	may_not "$other" 2 "$images/../images/a.img"
	cp "$file" "$images/copy.img"
	may 2 "$images/copy.img"
}

@test "a device is one, whatever it is called: link, node of another name, its number" {
	local device
	device=$(device)
	ln -s "$device" "$scene_dir/disk"
	mknod "$scene_dir/node" b 7 "${device#/dev/loop}"
	attach 1 "$device"
	may_not "$device can't be attached read-write: $other" 2 "$scene_dir/disk"
	may_not "$scene_dir/node can't be attached read-write: $other" 2 "$scene_dir/node"
}

@test "an image and a loop device that is given as a device are the same" {
	local file device
	file=$(image a.img)
	device=$(loop_of "$file")
	attach 1 "$device"
	may_not "$other read-write (${device#/dev/})" 2 "$file"
	remove 1
	forget 1
	attach 1 "$file"
	may_not "$other read-write ($(basename "$(node 1 node)"))" 2 "$device"
}

@test "a loop device before a device is that device" {
	local device outer
	device=$(device)
	outer=$(losetup --find --show "$device")
	attach 1 "$outer"
	may_not "$other read-write (${outer#/dev/})" 2 "$device"
	remove 1
	forget 1
	attach 1 "$device"
	may_not "$other read-write (${device#/dev/})" 2 "$outer"
	losetup -d "$outer"
}

@test "a partition, its disk, and the partition beside it" {
	local device
	device=$(device)
	add_partition "$device" 1 2048 8192
	add_partition "$device" 2 10240 8192
	attach 1 "$device"
	may_not "$other read-write (${device#/dev/})" 2 "${device}p1"
	may_not "$other" 2 "${device}p1" r
	remove 1
	attach 1 "${device}p1"
	may_not "$other read-write (${device#/dev/}p1)" 2 "$device"
	may_not "$other" 2 "$device" r
	may 2 "${device}p2"
}

@test "disks that a device model or tapback opens count, too" {
	local file device
	file=$(image a.img)
	device=$(device)
	model_disk qdisk "raw:$file"
	exec {open}<"$file"	# as a device model has it
	may_not "$other read-write: shut that guest down" 2 "$file"
	xenstore-write "backend/qdisk/1/$devid/params" "raw:$device"
	may_not "$other read-write: shut that guest down" 2 "$device"
	xenstore-rm backend/qdisk
	model_disk vbd3 "aio:$file" r
	may_not "$other read-only: shut that guest down" 2 "$file"
	may 2 "$file" r
	exec {open}<&-
}

@test "an image that a device model is about to open counts, too" {
	local file
	file=$(image a.img)
	model_disk qdisk "aio:$file"
	may_not "$file can't be attached read-write: $other read-write: shut that guest down" 2 "$file"
	may_not "can't be attached read-only: $other read-write" 2 "$file" r
	may 2 "$file" 'w!'
	may 2 "$(image b.img)"
	xenstore-rm backend/qdisk
	model_disk vbd3 "aio:$file" r
	may_not "$other read-only" 2 "$file"
	may 2 "$file" r
}

@test "a guest may have a name of any letters" {
	local file
	file=$(image a.img)
	disk 1 "$file"
	xenstore-write /local/domain/1/name $'b\303\274ro'
	add 1
	may_not "guest b??ro (domain 1) has it read-write" 2 "$file"
	disk 3 "$(device)"
	xenstore-write /local/domain/3/name $'b\303\274ro'
	add 3
}

@test "an image that a device model has open is in use, though it was renamed" {
	local file open
	file=$(image a.img)
	model_disk qdisk "aio:$file"
	exec {open}<>"$file"
	mv "$file" "$images/b.img"
	may_not "$other read-write (its image was renamed): shut that guest down" 2 "$images/b.img"
	sleep 60 3>&- 4>&- &	# it has the image open, as a device model has
	scene_processes+=($!)
	xenstore-write /local/domain/1/image/device-model-pid $!
	exec {open}<&-
	may_not "the device model of guest guest1 (domain 1), process $!, has it open read-write: shut" 2 "$images/b.img" r
	exec {open}<"$(image c.img)"
	may 2 "$images/c.img"
	exec {open}<&-
	kill $!
	wait $! || true
	may 2 "$images/b.img"
}

@test "an image of a virtio disk is in use, too" {
	local file
	file=$(image a.img)
	model_disk virtio_disk "$file"
	may_not "$other read-write: shut that guest down" 2 "$file"
}

# ---- the same machine ----

@test "a ! in the mode asks for no check" {
	local file device
	file=$(image a.img)
	device=$(device)
	attach 1 "$file"
	may 2 "$file" 'w!'
	may_not "can't be attached read-only" 2 "$file" 'r!'	# as Xen's own script reads it
	attach 3 "$device"
	may 4 "$device" 'w!'
	file=$(image b.img)
	chmod a-w "$file"
	may 5 "$file" 'w!'
}

@test "the same machine may have its disk twice: reboot, migration to the same host" {
	local file
	file=$(image a.img)
	attach 1 "$file"
	disk 2 "$file"
	xenstore-write /local/domain/2/vm /vm/uuid-1
	add 2
	has_loops 2
	remove 1
	has_loops 1
	equal node "/dev/$(one_loop "$file")" "$(node 2 node)"
}

@test "a guest and its stub domain have the disk together, those of another guest do not" {
	local device
	device=$(device)
	attach 1 "$device"
	disk 11 "$device"
	xenstore-write /local/domain/11/target 1
	add 11
	disk 2 "$device"
	in_use 2 "has it read-write"
	disk 12 "$device"
	xenstore-write /local/domain/12/target 2
	in_use 12 "has it read-write"
	remove 1
	forget 1
	disk 1 "$device"
	add 1
}

@test "two guests of which xenstore says nothing are not the same" {
	local file
	file=$(image a.img)
	attach 1 "$file"
	xenstore-rm /local/domain/1/vm
	disk 2 "$file"
	xenstore-rm /local/domain/2/vm
	in_use 2 "$other read-write"
}

@test "a guest that is gone has nothing, and its loop device goes with the next who has the image" {
	local file
	file=$(image a.img)
	attach 1 "$file"
	xenstore-rm /local/domain/1
	may 2 "$file"
	xenstore-rm backend/vbd/1
	attach 2 "$file"
	connected 2 "$file"
}

@test "a guest that is gone, and has not closed its image yet, is waited for, and is in the way while it lasts" {
	local file open
	file=$(image a.img)
	attach 1 "$file"
	exec {open}<>"$(node 1 node)"
	remove 1
	may_not "$file can't be attached read-write: domain 1 had it, and has not closed it yet ($(one_loop "$file"))" 2 "$file"
	forget 1
	may_not "can't be attached read-only: domain 1 had it, and has not closed it yet" 2 "$file" r
	has_loops 1
	sleep 1 3>&- 4>&- &
	exec {open}<&-
	attach 2 "$file"
	connected 2 "$file"
	wait $!
	remove 2
	attach 2 "$file" r
	exec {open}<"$(node 2 node)"
	remove 2
	forget 2
	may 3 "$file" r
	disk 3 "$file" 'w!'
	add 3
	exec {open}<&-
	connected 3 "$file"
}

@test "who keeps the loop device of a guest that has ended is told: a mount, a program" {
	local file device opener
	file=$(image a.img 32M)
	mkfs.ext4 -q "$file"
	attach 1 "$file"
	device=$(node 1 node)
	mkdir "$scene_dir/mount"
	elsewhere "mount -r $device $scene_dir/mount"
	remove 1
	forget 1
	may_not "it is mounted read-only in Dom0 at $scene_dir/mount (${device#/dev/}): unmount it there first" 2 "$file"
	may_not "it is mounted read-only in Dom0 at $scene_dir/mount" 2 "$file" r
	elsewhere_ends
	attach 1 "$file"
	exec {open}<"$(node 1 node)"
	sleep 300 3>&- 4>&- &
	opener=$!
	scene_processes+=("$opener")
	exec {open}<&-
	remove 1
	device=$(one_loop "$file")
	may_not "has not closed it yet ($device): the program sleep, process $opener, has that open, end it first" 2 "$file"
	kill "$opener"
	wait "$opener" || true
	may 2 "$file"
}

# on_bus NAME NUMBERS DOMID: an add of that guest, where xen-blkback has the device of these numbers open for NAME
on_bus() {
	# shellcheck disable=SC2016 # the inner shell's
	as_libxl "$3" unshare -m sh -c 'bus=/sys/bus/xen-backend/devices/$1 && mount -t tmpfs none /sys/bus &&
		mkdir -p "$bus" && echo "$2" >"$bus/physical_device" && exec block-taofw add' - "$1" "$2"
}

@test "whom xenstore does not know any more has what the backend driver says that it has" {
	local device
	device=$(device)
	disk 2 "$device"
	run -1 on_bus "vbd-1-$devid" "$(stat -c %t:%T "$device")" 2
	[[ $output == *"$device can't be attached read-write: guest ? (domain 1) has it read-write"* ]]
	equal hotplug-status "$(node 2 hotplug-status)" busy
	on_bus "vbd-1-$devid" 7:fffff 2
	is_device 2 "$device"
}

# ---- Dom0 itself ----

@test "the table of a device and a mount in Dom0" {
	local device
	device=$(device)
	mkfs.ext4 -q "$device"
	mkdir "$scene_dir/a mount"
	elsewhere "mount $device '$scene_dir/a mount'"
	may_not "$device can't be attached read-write: it is mounted read-write in Dom0 at $scene_dir/a mount: unmount" \
		2 "$device"
	may_not "can't be attached read-only: it is mounted read-write in Dom0" 2 "$device" r
	elsewhere_ends
	elsewhere "mount -o ro $device '$scene_dir/a mount'"
	may_not "can't be attached read-write: it is mounted read-only in Dom0" 2 "$device"
	may 2 "$device" r
	elsewhere_ends
	elsewhere "mount $device '$scene_dir/a mount' && mount -o remount,bind,ro '$scene_dir/a mount'"
	may_not "can't be attached read-only: it is mounted read-write in Dom0" 2 "$device" r
	elsewhere_ends
	may 2 "$device"
}

@test "the table of an image and a mount of it in Dom0" {
	local file device
	file=$(image a.img 32M)
	mkfs.ext4 -q "$file"
	device=$(loop_of "$file")
	may 2 "$file"	# a loop device alone is nobody's use
	mkdir "$scene_dir/mount"
	elsewhere "mount $device $scene_dir/mount"
	may_not "$file can't be attached read-write: it is mounted read-write in Dom0 at $scene_dir/mount (${device#/dev/})" \
		2 "$file"
	may_not "can't be attached read-only: it is mounted read-write" 2 "$file" r
	elsewhere_ends
	elsewhere "mount -o ro $device $scene_dir/mount"
	may_not "can't be attached read-write: it is mounted read-only" 2 "$file"
	may 2 "$file" r
	elsewhere_ends
	may 2 "$file"
}

@test "a mounted partition stands in the way of its disk, and a mounted disk in that of its partitions" {
	local device
	device=$(device)
	add_partition "$device" 1 2048 8192
	add_partition "$device" 2 10240 8192
	mkfs.ext4 -q "${device}p1"
	mkdir "$scene_dir/mount"
	elsewhere "mount ${device}p1 $scene_dir/mount"
	may_not "it is mounted read-write in Dom0 at $scene_dir/mount (${device#/dev/}p1)" 2 "$device"
	may_not "it is mounted read-write in Dom0 at $scene_dir/mount: unmount" 2 "${device}p1"
	may 2 "${device}p2"
	elsewhere_ends
	mkfs.ext4 -q -F "$device"
	elsewhere "mount $device $scene_dir/mount"
	may_not "it is mounted read-write in Dom0 at $scene_dir/mount (${device#/dev/})" 2 "${device}p2"
	elsewhere_ends
}

@test "swap of Dom0 is not given away: a device, a partition, a file" {
	local device file
	device=$(device 4M)
	mkswap -q "$device"
	swapon "$device"
	may_not "$device can't be attached read-write: Dom0 swaps to it: run \`swapoff $device\` first" 2 "$device"
	may_not "Dom0 swaps to it" 2 "$device" r
	swapoff "$device"
	may 2 "$device"
	device=$(device)
	add_partition "$device" 1 2048 8192
	mkswap -q "${device}p1"
	swapon "${device}p1"
	may_not "Dom0 swaps to it (${device#/dev/}p1): run \`swapoff ${device}p1\` first" 2 "$device"
	swapoff "${device}p1"
	file=$(swap_file)
	disk 3 "$file"
	run -1 add 3
	swapoff "$file"
	[[ $output == *"$file can't be attached read-write: Dom0 swaps to it: run \`swapoff $file\` first"* ]]
	no_loops_of_guests() { [ -z "$(loops "$file")" ]; }
	no_loops_of_guests
}

@test "a device that somebody in Dom0 has for himself is not given away, whoever it is" {
	local device
	device=$(device)
	claims "$device" 300
	may_not "$device can't be attached read-write: it is opened exclusively in Dom0, and no mount, swap" 2 "$device"
	may_not "can't be attached read-only: it is opened exclusively in Dom0" 2 "$device" r
	kill $!
	wait $! || true
	may 2 "$device"
}

@test "who claims a new device only to look at it, as udev does, is waited for" {
	local device
	device=$(device)
	disk 2 "$device"
	claims "$device" 0.4
	add 2
	equal hotplug-status "$(node 2 hotplug-status)" connected
}

@test "what explains one claim does not explain another" {
	local device
	device=$(device)
	add_partition "$device" 1 2048 8192
	add_partition "$device" 2 10240 8192
	mkfs.ext4 -q "${device}p1"
	mkdir "$scene_dir/mount"
	elsewhere "mount -o ro ${device}p1 $scene_dir/mount"
	may 2 "$device" r
	claims "${device}p2" 300
	may_not "can't be attached read-only: it is opened exclusively in Dom0 (${device#/dev/}p2)" 2 "$device" r
	elsewhere_ends
}

@test "what Dom0 has behind a loop device, or beside it before the same file, counts" {
	local file device outer beside
	device=$(device)
	outer=$(losetup --find --show "$device")
	mkfs.ext4 -q "$device"
	mkdir "$scene_dir/mount"
	elsewhere "mount $device $scene_dir/mount"
	may_not "it is mounted read-write in Dom0 at $scene_dir/mount (${device#/dev/})" 2 "$outer"
	elsewhere_ends
	may 2 "$outer"
	losetup -d "$outer"

	file=$(image parts.img 32M)
	device=$(loop_of "$file" -P) beside=$(loop_of "$file" -P)	# or their partitions would outlive them
	add_partition "$device" 1 2048 8192
	add_partition "$beside" 1 2048 8192
	mkfs.ext4 -q "${beside}p1"
	elsewhere "mount ${beside}p1 $scene_dir/mount"
	may_not "it is mounted read-write in Dom0 at $scene_dir/mount (${beside#/dev/}p1)" 2 "${device}p1"
	elsewhere_ends
	may 2 "${device}p1"

	file=$(swap_file)
	device=$(loop_of "$file")
	disk 2 "$device"
	run -1 add 2
	swapoff "$file"
	[[ $output == *"$device can't be attached read-write: Dom0 swaps to it: run \`swapoff $file\` first"* ]]
}

@test "an image that somebody only reads, or copies, may be given away" {
	local file
	file=$(image a.img)
	exec {open}<>"$file"
	may 1 "$file"
	may 1 "$file" r
	exec {open}<&-
}
