#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Turns one disk that Dom0 has under several numbers, and guests that want it, into promises kept or broken: a LUN over two
# paths, and an export of a server that is mounted twice, and then gone. Runs in Dom0; the guests are created, and never run.
# shellcheck source-path=SCRIPTDIR source=dom0/root/helpers.bash
. /root/helpers.bash

begin() { xl create -p "/root/$1.cfg"; }	# begin NAME
refused() { fails_with "$2" xl create -p "/root/$1.cfg"; }	# refused NAME TEXT

# taken_by NAME [DEVICE]: and by which name of the disk, as the next one is told
taken_by() { echo "guest $1 (domain $(xl domid "$1")) has it read-write${2:+ ($2)}"; }

# ---- two paths ----

path() { basename "/sys/bus/scsi/devices/$1:0:0:$2/block/"*; }	# path HOST LUN: its device
wwid() { cat "/sys/block/$1/device/wwid"; }
are_there() { test -b "/dev/$(path 0 0)" && test -b "/dev/$(path 0 1)" && test -b "/dev/$(path 1 0)"; }
is_one() { prints wwid "$1" && [ "$(wwid "$1")" = "$(wwid "$2")" ]; }
writes() { echo hello | dd of="/dev/$1" bs=512 seek=3 conv=fsync; }
reads() { dd if="/dev/$1" bs=512 skip=3 count=1; }

start_toolstack
modprobe -a loop dm-multipath dm-round-robin xen-blkback sd_mod ext4
modprobe scsi_debug add_host=2 max_luns=2 dev_size_mb=16 vpd_use_hostno=0
promise "a storage of two hosts is there" eventually are_there
first=$(path 0 0) second=$(path 1 0) other=$(path 0 1)
configuration first "vdev=xvda,access=rw,target=/dev/$first"
configuration second "vdev=xvda,access=rw,target=/dev/$second"
configuration reader "vdev=xvda,access=ro,target=/dev/$second"
configuration other "vdev=xvda,access=rw,target=/dev/$other"
promise "both have the LUN" is_one "$first" "$second"
promise "what is written by one" writes "$first"
promise "is read by the other" says hello reads "$second"
promise "and a second LUN is another one" not is_one "$first" "$other"

promise "a guest gets it by the first path" begin first
promise "nobody else gets it by the second" refused second "/dev/$second can't be attached read-write: $(taken_by first "$first")"
promise "nor for reading" refused reader "/dev/$second can't be attached read-only: $(taken_by first "$first")"
promise "but the other LUN" begin other
promise "they end" eval "xl destroy first && xl destroy other"
promise "now the second one gets it" begin second
promise "and the first one does not" refused first "/dev/$first can't be attached read-write: $(taken_by second "$second")"
promise "it ends, too" xl destroy second

mke2fs "/dev/$first" >/dev/null
mkdir /mnt
promise "Dom0 mounts it by the first path" mount -t ext4 "/dev/$first" /mnt
promise "no guest gets it by the second" refused second "it is mounted read-write in Dom0 at /mnt ($first)"
promise "Dom0 unmounts it" umount /mnt

export DM_DISABLE_UDEV=1	# there is none here
dmsetup create mpatha --table "0 $(blockdev --getsz "/dev/$first") multipath 0 0 1 1 \
round-robin 0 2 1 $(<"/sys/block/$first/dev") 1 $(<"/sys/block/$second/dev") 1"
volume=$(basename /sys/block/dm-*)
configuration both vdev=xvda,access=rw,target=/dev/mapper/mpatha
promise "a volume of both paths is a guest's" begin both
promise "no path is another's: not the first" refused first "it is a part of Dom0's mpatha ($volume)"
promise "nor the second" refused second "it is a part of Dom0's mpatha ($volume)"
promise "the guest of both ends" xl destroy both
promise "the volume goes" eventually dmsetup remove mpatha
promise "and a path is a disk again" begin second
xl destroy second

# ---- partitions in partitions ----

little() {	# little NUMBER BYTES: the number, lowest byte first
	local i

	for ((i = 0; i < $2; i++)); do
		printf %b "\\x$(printf %02x $(($1 >> 8 * i & 255)))"
	done
}

at() { dd of="/dev/$first" bs=1 seek="$1" conv=notrunc; }	# at OFFSET

# slice: a partition for BSD, and one in it. Source: the kernel's block/partitions/msdos.c
slice() {
	local label=$((2049 * 512))

	{ little 0 4; little 0xa5 1; little 0 3; little 2048 4; little 8192 4; } | at 446
	little 0xaa55 2 | at 510
	little 0x82564557 4 | at $label
	little 0x82564557 4 | at $((label + 132))
	little 1 2 | at $((label + 138))
	{ little 4096 4; little 1024 4; little 0 4; little 7 4; } | at $((label + 148))
	blockdev --rereadpt "/dev/$first" && blockdev --rereadpt "/dev/$second"
}

slices_are_there() { [ "$(<"/sys/class/block/${first}5/start")" = 3072 ] && test -b "/dev/${second}1"; }

configuration inner "vdev=xvda,access=rw,target=/dev/${first}5"
configuration slice "vdev=xvda,access=rw,target=/dev/${second}1"
promise "the LUN has a slice of BSD" slice
promise "the kernel knows what is in the slice" eventually slices_are_there
promise "a guest gets that" begin inner
promise "nobody gets the slice, by the other path either" refused slice "$(taken_by inner "${first}5")"
promise "with what is in it free" xl destroy inner
promise "the slice is" begin slice
promise "and what is in it is not" refused inner "$(taken_by slice "${second}1")"
promise "the guest of the slice ends" xl destroy slice

# ---- what is left of a guest ----

truncate -s 8M /root/left.img
configuration left vdev=xvda,access=rw,target=/root/left.img
promise "a guest has an image" begin left
dmsetup create left-root --table "0 8192 linear $(xenstore-read "backend/vbd/$(xl domid left)/51712/node") 0"
promise "while Dom0 has a volume of it, as LVM and kpartx make them, it ends" xl destroy left
promise "its restart is told who holds it" refused left "it is a part of Dom0's left-root ("
promise "that goes" eventually dmsetup remove left-root
promise "and it starts" begin left
xl destroy left

# ---- two mounts ----

# A server without helpers: what mountd would answer the kernel when it asks stands there before. All may mount /export, the
# root of what it exports, and root is root there. Source: the kernel's nfsd/export.c, nfs/exporting of its documentation
serve() {
	local channels=/proc/net/rpc flags=$((0x2 | 0x400 | 0x2000)) expiry=2147483647	# insecure, no_subtree_check, fsid=

	ip link set lo up
	mkdir /export
	mount -t tmpfs none /export
	mount -t nfsd none /proc/fs/nfsd
	echo "nfsd 127.0.0.1 $expiry client" >$channels/auth.unix.ip/channel
	echo "client /export $expiry $flags 65534 65534 0" >$channels/nfsd.export/channel
	printf '%s\n' "client 1 \x00000000 $expiry /export" >$channels/nfsd.fh/channel
	echo 10 >/proc/fs/nfsd/nfsv4leasetime
	echo 10 >/proc/fs/nfsd/nfsv4gracetime	# for who had a file open before: the least that can be set
	echo "-2 -3 +4 +4.1 +4.2" >/proc/fs/nfsd/versions
	echo "tcp 2049" >/proc/fs/nfsd/portlist
	echo 2 >/proc/fs/nfsd/threads
}

mounts() {	# mounts FOLDER OPTION...
	mkdir "/$1" && mount -t nfs4 -o "vers=4.2,addr=127.0.0.1,clientaddr=127.0.0.1$2" 127.0.0.1:/ "/$1"
}

modprobe -a nfsd nfsv4
serve
promise "an export is mounted" mounts one ""
promise "and once more, with other options" mounts two ,nosharecache,rsize=4096
truncate -s 8M /export/a.img /export/b.img
promise "its images can be opened" head -c 1 /one/a.img
promise "one of them has two numbers" not [ "$(stat -c %d /one/a.img)" = "$(stat -c %d /two/a.img)" ]
configuration one vdev=xvda,access=rw,target=/one/a.img
configuration two vdev=xvda,access=rw,target=/two/a.img
configuration three vdev=xvda,access=rw,target=/two/b.img
promise "a guest gets it by one mount" begin one
promise "nobody else gets it by the other" refused two "/two/a.img can't be attached read-write: $(taken_by one)"
promise "but another image of it" begin three
promise "both end" eval "xl destroy one && xl destroy three"
promise "and then it is free" begin two
promise "it ends" xl destroy two

# ---- a server that is gone ----

vanish() {	# nothing of what the server and the machine say to each other arrives, as if it had no power
	nft -f - <<-RULES
		table inet gone {
			chain arrivals {
				type filter hook input priority filter
				tcp dport 2049 drop
				tcp sport 2049 drop
			}
		}
	RULES
}

reappear() { nft delete table inet gone; }

# hangs COMMAND...: it has not answered after some seconds, and is killed
hangs() {
	"$@" >/dev/null 2>&1 &
	sleep 5
	kill -KILL $!
}

within() {	# within SECONDS COMMAND...: of a machine under emulation
	local start=$SECONDS

	"${@:2}" && [ $((SECONDS - start)) -le "$1" ]
}

# opens NAME FILE: a disk of the guest's that a device model opens by this name, as libxl writes it
opens() {
	local back

	back=backend/qdisk/$(xl domid "$1")/51728
	xenstore-write "$back/params" "aio:$2" "$back/mode" w
}

truncate -s 8M /export/{c,d}.img /root/here.img /root/there.img
configuration here vdev=xvda,access=rw,target=/root/here.img
configuration there vdev=xvda,access=rw,target=/root/there.img
configuration four vdev=xvda,access=rw,target=/one/c.img
promise "of two guests one has an image of the export" begin one
promise "and one an image that is here" begin here
opens one /one/d.img	# who asks for that has to ask the server
vanish
promise "the server is gone, and who asks it waits" hangs head -c 1 /one/c.img
promise "another image that is here comes all the same" within 30 begin there
promise "and the first one goes" within 30 xl destroy here
promise "an image of the export does not come, and xl says why in our words" within 60 \
	refused four "/one/c.img did not answer in 15 s, and is not attached: is its file server or its device gone?"
promise "the image that is here goes after that" within 30 xl destroy there
promise "so does the guest that had an image of the export" within 30 xl destroy one
xenstore-rm backend/qdisk
reappear
promise "the server is there again, and so is that image" within 60 eventually begin one
promise "and the one that did not come comes" begin four
promise "these two end" eval "xl destroy one && xl destroy four"
all_promises_kept
