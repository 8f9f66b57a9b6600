#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# One disk that has several numbers: paths, overlapping partitions, mounts of one server; and images that are mounted
# without a loop device. Where this machine has no such hardware, what sysfs would say of it is put over it.
# shellcheck disable=SC2154 # images and its like come from lib/disks.bash

load lib/disks

setup_file() { export other="guest guest1 (domain 1) has it"; }

# says DEVICE ATTRIBUTE VALUE: from now on sysfs says so of it, where the programs run
says() {
	# shellcheck disable=SC2016 # the inner shell's
	nsenter -t "$place" -m sh -c '[ -d "$0/upper" ] || { mkdir -p "$0" && mount -t tmpfs none "$0" &&
			mkdir "$0/upper" "$0/work" "$0/sys" && mount --bind /sys "$0/sys"; } &&
		at=$(realpath "/sys/class/block/$1") && mkdir -p "$(dirname "$0/upper${at#/sys}/$2")" &&
		echo "$3" >"$0/upper${at#/sys}/$2"' "$scene_dir/said" "${1#/dev/}" "$2" "$3"
}

said() { nsenter -t "$place" -m mount -t overlay none -o "lowerdir=$scene_dir/said/sys,upperdir=$scene_dir/said/upper,workdir=$scene_dir/said/work" /sys; }

@test "a disk with two paths is one: for guests, their partitions, and mounts of Dom0" {
	local a b c
	a=$(device) b=$(device) c=$(device 16M)
	add_partition "$a" 1 2048 8192
	add_partition "$b" 1 2048 8192
	add_partition "$b" 2 10240 8192
	says "$a" device/wwid naa.600140512345678
	says "$b" device/wwid naa.600140512345678
	says "$c" device/wwid naa.600140512345678	# of another size: a model whose disks have no names of their own
	said
	attach 1 "$a"
	may_not "$b can't be attached read-write: $other read-write (${a#/dev/})" 2 "$b"
	may_not "$other read-write (${a#/dev/})" 2 "${b}p1"
	may 2 "$c"
	remove 1
	attach 1 "${a}p1"
	may_not "$other read-write (${a#/dev/}p1)" 2 "$b"
	may_not "$other read-write (${a#/dev/}p1)" 2 "${b}p1"
	may 2 "${b}p2"
	remove 1
	mkfs.ext4 -q "${b}p1"
	mkdir "$scene_dir/mount"
	elsewhere "mount ${b}p1 $scene_dir/mount"
	may_not "it is mounted read-write in Dom0 at $scene_dir/mount (${b#/dev/}p1)" 2 "$a"
	may_not "it is mounted read-write in Dom0 at $scene_dir/mount (${b#/dev/}p1)" 2 "${a}p1"
	elsewhere_ends
	may 2 "${a}p1"
}

@test "a path of NVMe is named by the device itself" {
	local a b
	a=$(device) b=$(device)
	says "$a" wwid uuid.b2a16bbb-0000-4000-8000-000000000001
	says "$b" wwid uuid.b2a16bbb-0000-4000-8000-000000000001
	said
	attach 1 "$a"
	may_not "$other read-write (${a#/dev/})" 2 "$b"
}

@test "partitions that overlap stand in each other's way, and those beside them do not" {
	local a
	a=$(device)
	add_partition "$a" 1 2048 8192
	add_partition "$a" 5 10240 2048
	add_partition "$a" 6 12288 2048
	says "${a}p1" start 10240	# a slice, and two partitions in it
	said
	attach 1 "${a}p1"
	may_not "$other read-write (${a#/dev/}p1)" 2 "${a}p5"
	may_not "$other read-write (${a#/dev/}p1)" 2 "${a}p6"
	remove 1
	attach 1 "${a}p5"
	may_not "$other read-write (${a#/dev/}p5)" 2 "${a}p1"
	may 2 "${a}p6"
	remove 1
	mkfs.ext4 -q "${a}p6"
	mkdir "$scene_dir/mount"
	elsewhere "mount ${a}p6 $scene_dir/mount"
	may_not "it is mounted read-write in Dom0 at $scene_dir/mount (${a#/dev/}p6)" 2 "${a}p1"
	may 2 "${a}p5"
	elsewhere_ends
}

# two_mounts ID: the same file of a server under two mounts; the kernel says that the second one is of the file system ID
two_mounts() {
	# shellcheck disable=SC2016 # the inner shell's
	nsenter -t "$place" -m sh -c 'mkdir -p "$0/a" "$0/b" && mount -t tmpfs none "$0/a" && mount -t tmpfs none "$0/b" &&
		truncate -s 4M "$0/a/a.img" "$0/b/a.img" && mount -t tmpfs none /proc/fs && mkdir /proc/fs/nfsfs && {
		echo "NV SERVER   PORT DEV          FSID                              FSC"
		echo "v4 c0000201  801 $(mountpoint -d "$0/a")         b2a16bbb00004000:0                no"
		echo "v4 c0000201  801 $(mountpoint -d "$0/b")         $1                no"; } >/proc/fs/nfsfs/volumes' "$scene_dir" "$1"
}

@test "an image of one NFS export is one, though it is mounted twice" {
	two_mounts b2a16bbb00004000:0
	attach 1 "$scene_dir/a/a.img"
	may_not "$scene_dir/b/a.img can't be attached read-write: $other read-write" 2 "$scene_dir/b/a.img"
	remove 1
}

@test "and of two exports two, though their images have the same number" {
	two_mounts b2a16bbb00004000:1
	attach 1 "$scene_dir/a/a.img"
	may 2 "$scene_dir/b/a.img"
	remove 1
}

# erofs NAME: an image of EROFS, with an empty folder and no more; its path. Source: fs/erofs/erofs_fs.h
erofs() {
	image "$1"
	perl -e 'open(my $f, "+<", $ARGV[0]) or die; seek($f, 1024, 0); print $f pack("V x8 C C v Q< x12 V x88", 0xe0f5e1e2, 12, 0, 64, 1, 2);
		seek($f, 64 * 32, 0); print $f pack("v v v v V V V V x8", 0, 0, 040755, 2, 0, 0, 0, 1)' "$images/$1"
}

# As fsmount(2) and systemd do it: mount(8) takes a loop device.
# shellcheck disable=SC2016 # Perl's
mount_erofs='my %call = (x86_64 => 165, aarch64 => 40); my $arch = `uname -m`; chomp $arch; my $type = "erofs";
	syscall($call{$arch}, $ARGV[0], $ARGV[1], $type, 1, 0) == 0 or die "mount: $!"'

@test "an image that is mounted without a loop device is mounted: EROFS" {
	local file
	alone	# without its name, it may be any file, of other tests too
	file=$(erofs a.img)
	mkdir "$scene_dir/mount"
	unshare -m perl -e "$mount_erofs" "$file" "$scene_dir/mount" || skip "the kernel mounts no EROFS without a loop device"
	elsewhere "perl -e '$mount_erofs' $file $scene_dir/mount"
	no_loops
	may_not "$file can't be attached read-write: it is mounted read-only in Dom0 at $scene_dir/mount: unmount it there" 2 "$file"
	may 2 "$file" r
	mv "$file" "$images/b.img"
	may_not "it is mounted read-only in Dom0 at $scene_dir/mount" 2 "$images/b.img"
	elsewhere_ends
	may 2 "$images/b.img"
}

@test "a program that has an image open, and serves it as a file system, has mounted it" {
	local file server
	[ -c /dev/fuse ] || skip "the kernel has no FUSE"
	file=$(image a.img)
	mkdir "$scene_dir/served"
	mkfifo "$scene_dir/serves"
	nsenter -t "$place" -m mount -t fusectl none /sys/fs/fuse/connections	# as systemd does
	nsenter -t "$place" -m perl "$BATS_TEST_DIRNAME/tools/server.pl" "$scene_dir/served" "$file" "$scene_dir/serves" 3>&- 4>&- &
	server=$!
	scene_processes+=("$server")
	timeout 10 cat "$scene_dir/serves" >/dev/null
	may_not "$file can't be attached read-write: the program perl, process $server, has it open read-write, and serves it" 2 "$file"
	may_not "can't be attached read-only: the program perl" 2 "$file" r
	may 2 "$(image b.img)"
	kill "$server"
	wait "$server" || true
	may 2 "$file"
}
