# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # scene_dir and its like are scene.bash's
# Gives each test of a .bats file a xenstored of its own, image files in a folder of its own, and a mount namespace in
# which the lock of the block scripts and Xen's logs are its own, too. Loop devices are the machine's: a test touches only
# those before its own files, and takes them all away at its end.
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/scene.bash"

bats_require_minimum_version 1.5.0

fail() {
	printf '%s\n' "$*" >&2
	return 1
}

# equal WHAT IS SHOULD
equal() { [ "$2" = "$3" ] || fail "$1 is '$2' and should be '$3'"; }

devid=$$	# of all disks of a test, and of no other test that runs: loop devices bear it

setup() {
	[ "$EUID" -eq 0 ] || skip "loop devices need root"
	scene_dir=$BATS_TEST_TMPDIR scene_processes=() scene_namespaces=()
	exec {turn}>"${RUN:-$BATS_RUN_TMPDIR}/disks"
	flock --shared "$turn"
	images_make
	xenstore_start
	place_start
}

# alone: no other test has disks until this one ends, for what hangs here would be in their way
alone() { flock "$turn"; }

# Images of guests, and swap, need a file system of a disk; where temporary files have none, they get one.
images_make() {
	images=$scene_dir/images
	mkdir "$images"
	[[ $(stat -f -c %T "$images") == @(tmpfs|ramfs|overlayfs) ]] || return 0
	truncate -s 8G "$BATS_FILE_TMPDIR/disk.$BATS_TEST_NUMBER"
	mkfs.ext4 -q -F "$BATS_FILE_TMPDIR/disk.$BATS_TEST_NUMBER"
	mount -o loop,discard "$BATS_FILE_TMPDIR/disk.$BATS_TEST_NUMBER" "$images"
}

# Where the programs run: $lock is the lock there, as it is seen from here.
place_start() {
	mkfifo "$scene_dir/place"
	# shellcheck disable=SC2016 # the inner shell's
	unshare -m --propagation slave sh -c 'mkdir -p /run/xen-hotplug /var/log/xen &&
		mount -t tmpfs none /run/xen-hotplug && mount -t tmpfs none /var/log/xen &&
		echo >"$0" && exec sleep 3600' "$scene_dir/place" 3>&- 4>&- &
	place=$!
	scene_processes+=("$place")
	timeout 10 cat "$scene_dir/place" >/dev/null
	lock=/proc/$place/root/run/xen-hotplug/block
}

teardown() {
	local each outer mounts
	# Without the place's mounts its loop devices would not say the whole names of their files any more.
	exec {mounts}<"/proc/$place/ns/mnt"
	[ -n "${BATS_TEST_COMPLETED:-}" ] || [ -n "${BATS_TEST_SKIPPED:-}" ] || { loops; xenstore-ls -f; } >&2
	scene_down
	swapoff "$scene_dir/images/swap" 2>/dev/null || true
	for each in $(loops | cut -d' ' -f1); do
		swapoff "/dev/$each" 2>/dev/null || swapoff "/dev/${each}p1" 2>/dev/null || true
		for outer in $(losetup --noheadings --output NAME --associated "/dev/$each"); do losetup -d "$outer"; done
		losetup -d "/dev/$each" || true
	done
	exec {mounts}<&-
	flock --unlock "$turn"	# whoever of our children still has it
	! mountpoint -q "$images" || umount -l "$images"
}

# ---- images and loop devices ----

# image NAME [SIZE]: an empty file; its path
image() {
	truncate -s "${2:-4M}" "$images/$1"
	echo "$images/$1"
}

# loops [FILE]: a line "loop3 FILE" of each loop device before a file of this test, or before that one
loops() {
	local each file
	for each in /sys/block/loop*/loop/backing_file; do
		file=	# and so it stays where the loop device has just gone
		IFS= read -r -d '' file <"$each" || true
		file=${file%$'\n'}
		[[ $file == "$scene_dir"/* ]] || continue
		[ -z "${1:-}" ] || [ "$file" = "$1" ] || continue
		printf '%s %s\n' "$(cut -d/ -f4 <<<"$each")" "${file//$'\n'/\\n}"
	done 2>/dev/null
}

# There are so many. One that is detached goes when everybody has closed it, who may be another test that looks around.
has_loops() { eventually are_loops "$@" || fail "the loop devices are: $(loops)"; }	# has_loops COUNT [FILE]
are_loops() { [ "$(loops "${@:2}" | wc -l)" -eq "$1" ]; }

no_loops() { has_loops 0; }

# one_loop FILE: there is one, and no more; its name
one_loop() {
	has_loops 1 "$1" || return
	loops "$1" | cut -d' ' -f1
}

# loop_of FILE [OPTION...]: somebody else puts a loop device before it; its path
loop_of() { losetup --find --show "${@:2}" "$1"; }

# device [SIZE]: a block device that is neither ours nor before the file of another test
device() { loop_of "$(mktemp -p "$images" device.XXXXXX | xargs -I{} sh -c "truncate -s ${1:-32M} {}; echo {}")" -P; }

# add_partition DEVICE NUMBER START SIZE, in sectors: as addpart(8) does, which Debian 13 has no more (BLKPG of linux/blkpg.h)
add_partition() {
	perl -e 'my ($device, $number, $start, $size) = @ARGV; open(my $file, "<", $device) or die;
		my $partition = pack("q q i Z64 Z64 x4", $start * 512, $size * 512, $number, "", "");
		ioctl($file, 0x1269, pack("i i i x4 P", 1, 0, length $partition, $partition)) or die "$device: $!"' "$@"
}

# elsewhere SHELL_LINE: done in a mount namespace of its own, which stays until elsewhere_ends
elsewhere() {
	mkfifo "$scene_dir/ready"
	# shellcheck disable=SC2016 # the inner shell's
	unshare -m --propagation private sh -c "$1"' && echo >"$0" && exec sleep 300' "$scene_dir/ready" 3>&- 4>&- &
	scene_processes+=($!)
	elsewhere=$!
	timeout 10 cat "$scene_dir/ready" >/dev/null
	rm "$scene_dir/ready"
}

elsewhere_ends() {
	kill "$elsewhere"
	wait "$elsewhere" || true
}

# ---- guests and their disks ----

# disk DOMID PARAMS [MODE [KEY=VALUE...]]: what libxl writes before it calls the script (to xenstore-write, a backslash
# begins an escape)
disk() {
	local domid=$1 back=backend/vbd/$1/$devid each
	local write=("/local/domain/$domid/name" "guest$domid" "/local/domain/$domid/vm" "/vm/uuid-$domid"
		"$back/frontend" "/local/domain/$domid/device/vbd/$devid" "$back/frontend-id" "$domid" "$back/online" 1
		"$back/state" 2 "$back/params" "${2//\\/\\\\}" "$back/mode" "${3:-w}" "$back/type" phy)
	for each in "${@:4}"; do write+=("$back/${each%%=*}" "${each#*=}"); done
	xenstore-write "${write[@]}"
	xenstore-chmod -r "$back" n0 "r$domid"
}

# node DOMID KEY: what stands there; nothing where there is none
node() { xenstore-read "backend/vbd/$1/$devid/$2" 2>/dev/null || true; }

# as_libxl DOMID COMMAND...: with the environment of a hotplug script
as_libxl() {
	timeout -k 5 "${LIMIT:-40}" nsenter -t "$place" -m env script=/etc/xen/scripts/block-taofw XENBUS_TYPE=vbd \
		XENBUS_PATH="backend/vbd/$1/$devid" XENBUS_BASE_PATH=backend "${@:2}" </dev/null
}

add() { as_libxl "$1" block-taofw add; }
remove() { as_libxl "$1" block-taofw remove; }

# attach DOMID PARAMS [MODE [KEY=VALUE...]]: a guest with that disk starts
attach() { disk "$@" && add "$1"; }

# forget DOMID: what libxl does last
forget() { xenstore-rm "backend/vbd/$1" "/local/domain/$1"; }

# stock VERB DOMID: the same by Xen's own script, which fails where another test takes the loop device that it has found
stock() {
	[ -x /etc/xen/scripts/block ] || fail "/etc/xen/scripts/block is not here: it is in Debian's xen-utils-common" || return
	eventually as_libxl "$2" /etc/xen/scripts/block "$1"
}

# connected DOMID FILE: the guest has a loop device before the file
connected() {
	local loop
	loop=$(one_loop "$2") || return
	equal hotplug-status "$(node "$1" hotplug-status)" connected &&
		equal node "$(node "$1" node)" "/dev/$loop" &&
		equal physical-device-path "$(node "$1" physical-device-path)" "/dev/$loop" &&
		equal physical-device "$(node "$1" physical-device)" "$(stat -c %t:%T "/dev/$loop")"
}

# is_device DOMID DEVICE: the guest has this device itself
is_device() {
	equal hotplug-status "$(node "$1" hotplug-status)" connected &&
		equal physical-device-path "$(node "$1" physical-device-path)" "$2" &&
		equal physical-device "$(node "$1" physical-device)" "$(stat -c %t:%T "$2")" &&
		equal node "$(node "$1" node)" ""
}

# refused DOMID STATUS WORDS: the add is, and says so on stderr
refused() {
	run -1 add "$1"
	[[ $output == *"$3"* ]] || fail "it said: $output" || return
	equal hotplug-status "$(node "$1" hotplug-status)" "$2" &&
		equal physical-device "$(node "$1" physical-device)" ""
}

# in_use DOMID WORDS: somebody else has it; the guest itself does not hear who
in_use() {
	refused "$1" busy "$2" &&
		equal hotplug-error "$(node "$1" hotplug-error)" \
			"somebody else has the disk: the log of the host says who (journalctl -t block-taofw)"
}

# may DOMID PARAMS [MODE]: the guest gets the disk, and gives it back
may() {
	disk "$@" && add "$1" && equal hotplug-status "$(node "$1" hotplug-status)" connected && remove "$1" && forget "$1"
}

# may_not WORDS DOMID PARAMS [MODE]: it does not
may_not() {
	disk "${@:2}" && in_use "$2" "$1" && forget "$2"
}

# model_disk KIND PARAMS [MODE]: guest1 has a disk that a program of Dom0 opens by its name
model_disk() {
	local back=backend/$1/1/$devid
	xenstore-write /local/domain/1/name guest1 /local/domain/1/vm /vm/uuid-1 "$back/params" "$2" "$back/mode" "${3:-w}"
}
