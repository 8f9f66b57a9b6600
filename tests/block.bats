#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of a guest's disk: files before which a loop device is put, block devices, and helpers for all else.
# shellcheck disable=SC2154 # images and its like come from lib/disks.bash

load lib/disks

is_direct() { cat "/sys/block/$1/loop/dio"; }	# is_direct LOOP: 1 or 0

# size DEVICE: in bytes
size() { blockdev --getsize64 "$1"; }

@test "a file gets a loop device, and all nodes that the backend driver waits for" {
	local file
	file=$(image a.img)
	attach 1 "$file"
	connected 1 "$file"
	remove 1
	no_loops
}

@test "what a guest writes arrives in the file" {
	local file loop
	file=$(image a.img)
	attach 1 "$file"
	loop=$(one_loop "$file")
	echo hello | dd of="/dev/$loop" bs=512 seek=7 conv=notrunc,fsync status=none
	remove 1
	equal "the sector" "$(dd if="$file" bs=512 skip=7 count=1 status=none | head -c 5)" hello
}

@test "read-only is a read-only loop device" {
	local file
	file=$(image a.img)
	attach 1 "$file" r
	equal "read-only" "$(blockdev --getro "/dev/$(one_loop "$file")")" 1
	run ! dd if=/dev/zero of="/dev/$(one_loop "$file")" bs=512 count=1 conv=fsync
}

@test "a loop device has sectors of 512 bytes and the size of the file" {
	local file loop
	file=$(image a.img 5M)
	attach 1 "$file"
	loop=$(one_loop "$file")
	equal "the sector" "$(blockdev --getss "/dev/$loop")" 512
	equal "the size" "$(size "/dev/$loop")" $((5 * 1024 * 1024))
}

@test "direct-io-safe asks for direct I/O, and only that" {
	local other
	other=$(loop_of "$(image a.img)" --direct-io=on)
	attach 1 "$(image b.img)" w direct-io-safe=1
	equal "direct I/O" "$(is_direct "$(one_loop "$images/b.img")")" "$(is_direct "${other#/dev/}")"
	attach 2 "$(image c.img)"
	equal "direct I/O" "$(is_direct "$(one_loop "$images/c.img")")" 0
}

@test "where a file system can't do direct I/O, an image is attached all the same" {
	mkdir "$scene_dir/ramfs"
	# shellcheck disable=SC2016 # the inner shell's
	disk 1 "$scene_dir/ramfs/a.img" w direct-io-safe=1
	as_libxl 1 unshare -m sh -c 'mount -t ramfs none "$1" && truncate -s 1M "$1/a.img" && exec block-taofw add' - \
		"$scene_dir/ramfs"
	equal "direct I/O" "$(is_direct "$(basename "$(node 1 node)")")" 0
	remove 1
}

@test "a block device is given as it is, under its own name" {
	local device
	device=$(loop_of "$(image a.img)")
	attach 1 "$device"
	is_device 1 "$device"
	remove 1
	equal "the loop devices" "$(loops)" "${device#/dev/} $images/a.img"
	equal physical-device "$(node 1 physical-device)" ""
}

@test "a name without a folder is a device below /dev" {
	local device
	device=$(loop_of "$(image a.img)")
	attach 1 "${device#/dev/}"
	is_device 1 "$device"
}

@test "a link to a device, and a link to a file, are what they lead to" {
	local device
	device=$(loop_of "$(image a.img)")
	ln -s "$device" "$scene_dir/disk"
	ln -s "$(image b.img)" "$scene_dir/file"
	attach 1 "$scene_dir/disk"
	is_device 1 "$device"
	attach 2 "$scene_dir/file"
	connected 2 "$images/b.img"
}

@test "names with blanks, quotes, newlines, and what a shell would obey" {
	local name file domid=1 by
	for name in "a b.img" "it's \"it\".img" $'new\nline.img' '$(touch pwned).img' '`id`;.img' 'back\slash.img' \
		$'b\303\274cher.img' '-n.img' '*.img' '%s%n.img' 'dev:name,x.img'; do
		file=$(image "$name")
		attach "$domid" "$file"
		connected "$domid" "$file"
		by=$domid
		domid=$((domid + 1))
		disk "$domid" "$file"
		in_use "$domid" "guest guest$by (domain $by) has it read-write"
		domid=$((domid + 1))
	done
	[ ! -e pwned ]
	[ ! -e /pwned ]
}

@test "sparse, empty and odd-sized images" {
	local file
	attach 1 "$(image sparse.img 3T)"
	equal "the size" "$(size "/dev/$(one_loop "$images/sparse.img")")" $((3 << 40))
	equal "blocks on the disk" "$(stat -c %b "$images/sparse.img")" 0
	attach 2 "$(image empty.img 0)"
	equal "the size" "$(size "/dev/$(one_loop "$images/empty.img")")" 0
	file=$(image odd.img 1300)
	run -0 attach 3 "$file"
	[[ $output == *"odd.img: its last 276 bytes are no whole sector, the guest does not see them"* ]]
	equal "the size" "$(size "/dev/$(one_loop "$file")")" 1024
}

@test "a file that is read-only is not given away read-write, but read-only it is" {
	local file
	file=$(image a.img)
	chmod a-w "$file"
	disk 1 "$file"
	refused 1 busy "$file is read-only, it can't be attached read-write"
	equal hotplug-error "$(node 1 hotplug-error)" "$file is read-only, it can't be attached read-write"
	no_loops
	attach 2 "$file" r
	connected 2 "$file"
}

@test "a file on a file system that is read-only, and a device that is, are likewise" {
	local device file=$scene_dir/frozen/a.img
	mkdir "$scene_dir/frozen"
	truncate -s 1M "$file"
	disk 1 "$file"
	# shellcheck disable=SC2016 # the inner shell's
	run -1 as_libxl 1 unshare -m sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" &&
		exec block-taofw add' - "$scene_dir/frozen"
	[[ $output == *"a.img is read-only, it can't be attached read-write"* ]]
	device=$(loop_of "$(image b.img)" -r)
	disk 2 "$device"
	refused 2 busy "$device is read-only, it can't be attached read-write"
	attach 3 "$device" r
	is_device 3 "$device"
}

@test "a file that its server does not let root write to is not called read-only" {
	local file
	file=$(image a.img)
	chown nobody "$file"
	chmod 644 "$file"
	disk 1 "$file"
	run -1 as_libxl 1 setpriv --bounding-set=-dac_override block-taofw add	# as root_squash does
	[[ $output == *"$file can't be attached read-write: root may not write to it (an NFS server with root_squash"*"Permission denied"* ]]
	equal hotplug-status "$(node 1 hotplug-status)" error
	disk 1 "$file" r
	as_libxl 1 setpriv --bounding-set=-dac_override block-taofw add
	connected 1 "$file"
}

@test "a format that libxl gives to tapback is told to be block-tap's" {
	local back=backend/vbd3/1/$devid
	xenstore-write /local/domain/1/name guest1 "$back/state" 2 "$back/params" "vhd:$(image a.vhd)" "$back/mode" w "$back/type" phy
	run -1 as_libxl 1 env XENBUS_PATH="$back" block-taofw add
	[[ $output == *"vhd:$images/a.vhd is for tapback, as each format but raw, and its script is block-tap: leave script= away"* ]]
	equal hotplug-status "$(xenstore-read "$back/hotplug-status")" error
}

@test "what is no disk is refused, and nothing is done to it" {
	mkfifo "$scene_dir/pipe"
	disk 1 "$scene_dir/pipe"
	refused 1 error "pipe is neither a block device nor a file"
	disk 2 "$scene_dir"
	refused 2 error "is neither a block device nor a file"
	disk 3 /dev/null
	refused 3 error "/dev/null is neither a block device nor a file"
	disk 4 "$scene_dir/missing.img"
	refused 4 error "missing.img can't be opened: No such file or directory"
	equal hotplug-error "$(node 4 hotplug-error)" "$scene_dir/missing.img can't be opened: No such file or directory"
	disk 5 vg0/missing
	refused 5 error "/dev/vg0/missing can't be opened: No such file or directory"
	disk 6 ""
	refused 6 error "xenstore has no params of it: is it gone?"
	no_loops
}

@test "an add that comes twice is done once" {
	local file used
	file=$(image a.img)
	attach 1 "$file"
	used=$(cat "/sys/block/$(one_loop "$file")/diskseq")
	add 1
	connected 1 "$file"
	equal "the use of the loop device" "$(cat "/sys/block/$(one_loop "$file")/diskseq")" "$used"
}

@test "a remove that comes twice is done once, and one of what never was is nothing" {
	attach 1 "$(image a.img)"
	remove 1
	no_loops
	run -0 remove 1
	equal "what it said" "$output" ""
	run -0 remove 77
	equal "what it said" "$output" ""
}

@test "an image that is deleted or replaced while it is attached is detached all the same" {
	local file
	file=$(image a.img)
	attach 1 "$file"
	rm "$file"
	remove 1
	no_loops
	attach 2 "$(image b.img)"
	mv "$images/b.img" "$images/c.img"
	image b.img >/dev/null
	remove 2
	no_loops
}

@test "a loop device of somebody else's is never detached" {
	local device
	attach 1 "$(image a.img)"
	device=$(node 1 node)
	losetup -d "$device"
	losetup "$device" "$(image other.img)"
	run -0 remove 1
	[[ $output == *"$device is not ours, or not any more: it is left alone"* ]]
	equal "the loop devices" "$(loops)" "${device#/dev/} $images/other.img"
}

@test "nor is one of ours that another guest has by now" {
	local device
	attach 1 "$(image a.img)"
	device=$(node 1 node)
	losetup -d "$device"
	attach 2 "$(image b.img)"
	xenstore-write "backend/vbd/1/$devid/node" "$(node 2 node)"
	remove 1
	connected 2 "$images/b.img"
}

@test "a loop device that is still open goes when it is closed" {
	local device
	attach 1 "$(image a.img)"
	device=$(node 1 node)
	exec {open}<"$device"
	remove 1
	exec {open}<&-
	eventually no_loops
}

@test "a disk whose state is no longer 2 is not connected, and no loop device is left" {
	local file
	file=$(image a.img)
	disk 1 "$file" w state=5
	refused 1 error "the toolstack is removing the disk already (state 5)"
	no_loops
	disk 2 "$file"
	xenstore-rm "backend/vbd/2/$devid/state"
	run -1 add 2
	[[ $output == *"the toolstack has removed the disk already"* ]]
	equal hotplug-status "$(node 2 hotplug-status)" ""
	no_loops
}

@test "disks of the toolstack itself (pygrub), of vbd3, and below an absolute path" {
	attach 0 "$(image a.img)"
	connected 0 "$images/a.img"
	disk 1 "$(image b.img)"
	as_libxl 1 env XENBUS_PATH="/local/domain/0/backend/vbd/1/$devid" block-taofw add
	connected 1 "$images/b.img"
}

@test "when nobody reads what it says any more, a disk comes all the same, and a refusal still stands in xenstore" {
	local unread=(perl -e 'pipe(my $r, my $w); close $r; open(STDERR, ">&", $w); exec @ARGV')
	disk 1 "$(image odd.img 1300)"
	as_libxl 1 "${unread[@]}" block-taofw add
	connected 1 "$images/odd.img"
	disk 2 "$scene_dir/missing.img"
	run -1 as_libxl 2 "${unread[@]}" block-taofw add
	equal hotplug-status "$(node 2 hotplug-status)" error
}

@test "a caller that closed the first descriptors gets no words into the disk" {
	disk 1 "$(image odd.img 1300)"
	as_libxl 1 sh -c 'exec block-taofw add <&- >&- 2>&-'
	connected 1 "$images/odd.img"
	disk 2 "$images/odd.img"
	run -1 as_libxl 2 sh -c 'exec block-taofw add <&- >&- 2>&-'
	remove 1
	cmp -n 1300 "$images/odd.img" /dev/zero
}

@test "a run that is called in the wrong way says so" {
	run -1 as_libxl 1 block-taofw online
	[[ $output == 'block-taofw: "online" is neither add nor remove, nothing was done' ]]
	run -1 env XENBUS_PATH=backend/vif/1/0 block-taofw add
	[[ $output == 'block-taofw: XENBUS_PATH="backend/vif/1/0" is no backend/vbd/DOMID/DEVID, nothing was done' ]]
	run -1 env -u XENBUS_PATH block-taofw remove
	[[ $output == *'XENBUS_PATH="" is no backend/vbd/DOMID/DEVID'* ]]
}

@test "a xenstored that does not answer is an error, and of a remove none" {
	disk 1 "$(image a.img)"
	xenstore_stop
	run -1 add 1
	[[ $output == *"add of disk $devid of domain 1 failed: xenstore does not answer"* ]]
	run -0 remove 1
	no_loops
}

# ---- helpers ----

# helper LINE...: a block-test of these lines, beside the program
helper() {
	mkdir "$scene_dir/scripts"
	ln -s "$(command -v block-taofw)" "$scene_dir/scripts/block-taofw"
	printf '%s\n' '#!/bin/bash' "$@" >"$scene_dir/scripts/block-test"
	chmod +x "$scene_dir/scripts/block-test"
}

@test "a disk of another type is for its helper, which is called as by Xen's own script" {
	helper "xenstore-write \"\$XENBUS_PATH/seen\" \"\$1 \$XENBUS_TYPE \$XENBUS_BASE_PATH \$script\"" \
		"flock -n /var/run/xen-hotplug/block true"
	disk 1 test:something w type=test
	as_libxl 1 "$scene_dir/scripts/block-taofw" add
	equal seen "$(node 1 seen)" "add vbd backend /etc/xen/scripts/block-taofw"
	as_libxl 1 "$scene_dir/scripts/block-taofw" remove
	equal seen "$(node 1 seen)" "remove vbd backend /etc/xen/scripts/block-taofw"
}

@test "a helper ends, as any program does, when nobody reads what it says" {
	# shellcheck disable=SC2016 # the helper's
	helper 'kill -PIPE $$'
	disk 1 test:something w type=test
	run -141 as_libxl 1 "$scene_dir/scripts/block-taofw" add
}

@test "what the helper's status is ours is; without one, the disk fails" {
	helper "exit 7"
	disk 1 test:something w type=test
	run -7 as_libxl 1 "$scene_dir/scripts/block-taofw" add
	disk 2 other:something w type=other
	run -1 as_libxl 2 "$scene_dir/scripts/block-taofw" add
	[[ $output == *"disks of type other are for $scene_dir/scripts/block-other, which can't be run: No such file"* ]]
	equal hotplug-status "$(node 2 hotplug-status)" error
	disk 3 x w type=../../bin/true
	run -1 as_libxl 3 "$scene_dir/scripts/block-taofw" add
	[[ $output != *"disks of type"* ]]
}

@test "Xen's own helper works behind it" {
	mkdir "$scene_dir/scripts"
	ln -s /etc/xen/scripts/* "$scene_dir/scripts/"
	ln -s "$(command -v block-taofw)" "$scene_dir/scripts/block-taofw"
	image a.img >/dev/null
	disk 1 "dummy:$images/a.img" w type=dummy
	eventually as_libxl 1 "$scene_dir/scripts/block-taofw" add	# another test may take the loop device that it found
	connected 1 "$images/a.img"
}
