#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Turns the life of a guest's disks, from xl create to xl destroy, into promises kept or broken. Runs in Dom0.
# shellcheck source-path=SCRIPTDIR source=dom0/root/helpers.bash
. /root/helpers.bash

image() { truncate -s 8M "/root/$1.img"; }	# image NAME

# Where a disk stands in xenstore, and what it was given there
backend() { echo "backend/vbd/$1/51712"; }	# backend DOMID
given() { xenstore-read "$(backend "$domid")/$1"; }
loops() { cat /sys/block/loop*/loop/backing_file; }
bus() { cat "/sys/bus/xen-backend/devices/vbd-$domid-51712/physical_device"; }

start() {	# start TEXT NAME: a guest starts, with its console open; this is promised in these words
	promise "$1" xl create "/root/$2.cfg"
	meet "$2"
}

meet() {	# meet NAME: of a guest that starts, with its console open
	domid=$(xl domid "$1")
	open_console "$domid" >/dev/null || exit
	guest modprobe xen-blkfront
}

elsewhere() {	# elsewhere NAME: in another domain than before
	local now

	now=$(xl domid "$1") && [ "$now" != "$domid" ]
}

reboots() {	# reboots NAME: that is two of the machine's slow steps, an end and a start
	echo "word reboot -f" >&"$console"
	eventually elsewhere "$1" || eventually elsewhere "$1" || { cat "/var/log/xen/xl-$1.log"; return 1; }
}

sector() { dd if="/root/$1.img" bs=512 skip=3 count=1 | head -c 5; }	# sector NAME: what the guest wrote

guest_has_disk() { guest "test -b /dev/$1"; }
writes() { guest "test -b /dev/xvda && echo $1 | dd of=/dev/xvda bs=512 seek=3 conv=fsync"; }	# writes TEXT
reads() { guest "dd if=/dev/xvda bs=512 skip=3 count=1"; }

start_toolstack
modprobe -a loop dm-mod xen-blkback
image one
image two
configuration disk1 vdev=xvda,access=rw,target=/root/one.img
configuration disk2 vdev=xvda,access=rw,target=/root/one.img
configuration disk3 vdev=xvda,access=ro,target=/root/one.img
configuration reader vdev=xvda,access=ro,target=/root/two.img
configuration writer vdev=xvda,access=rw,target=/root/two.img

start "xl create starts a guest with a file for its disk" disk1
promise "hotplug-status is connected" says connected given hotplug-status
promise "its node is a loop device" says /dev/loop given node
promise "the backend is in state 4" eventually says 4 given state
promise "xen-backend's device says which device it opened" says "$(given physical-device)" bus
promise "the guest sees the disk" eventually guest_has_disk xvda
promise "the guest writes" writes hello

promise "a second guest on the same image fails, and xl says who has it" \
	fails_with "/root/one.img can't be attached read-write: guest disk1 (domain $domid) has it read-write" \
	xl create /root/disk2.cfg
promise "libxl says why in the words that a guest may read" \
	fails_with "somebody else has the disk: the log of the host says who" xl create /root/disk2.cfg
promise "one that would only read it fails, too" \
	fails_with "can't be attached read-only: guest disk1" xl create /root/disk3.cfg
promise "they are gone" not xl list disk2
promise "and left no loop device" says 1 eval 'loops | wc -l'

promise "a second disk comes to the running guest" \
	xl block-attach disk1 script=block-taofw,format=raw,vdev=xvdb,access=ro,target=/root/two.img
promise "the guest sees it" eventually guest_has_disk xvdb
promise "and can't write to it" not guest "echo hello | dd of=/dev/xvdb bs=512 conv=fsync"
promise "another guest may read it, too" xl create -p /root/reader.cfg
promise "but no guest may write to it" fails_with "has it read-only" xl create /root/writer.cfg
promise "the other one ends" xl destroy reader
promise "it goes again" xl block-detach disk1 xvdb
promise "and its loop device with it" eventually says 1 eval 'loops | wc -l'

promise "a reboot puts the guest into a new domain" reboots disk1
meet disk1
promise "there it reads what it wrote before" eventually says hello reads
promise "and has one loop device again" says 1 eval 'loops | wc -l'

promise "xl destroy ends the guest" xl destroy disk1
promise "the loop device is gone" eventually not prints loops
promise "what the guest wrote is in the file" says hello sector one
start "the second guest starts now" disk2
promise "and reads what the first one wrote" eventually says hello reads
promise "it ends" xl destroy disk2
promise "its loop device is gone" eventually not prints loops

# Devices of device-mapper, as LVM makes them; there is no udev here
export DM_DISABLE_UDEV=1
below=$(losetup -f)
losetup "$below" /root/two.img
dmsetup create volume --table "0 8192 linear $below 0"
volume=$(basename /sys/block/dm-*)
configuration disk4 "vdev=xvda,access=rw,target=/dev/mapper/volume"
configuration disk5 "vdev=xvda,access=rw,target=$below"
configuration disk6 "vdev=xvda,access=ro,target=/root/two.img"
promise "a device that another one is built on is refused" \
	fails_with "it is a part of Dom0's volume ($volume)" xl create /root/disk5.cfg
promise "and so is the file behind it, for reading too" \
	fails_with "it is a part of Dom0's volume ($volume)" xl create /root/disk6.cfg
start "a guest starts with the volume for its disk" disk4
promise "it was given the device itself" says /dev/mapper/volume given physical-device-path
promise "it writes" eventually writes below
configuration disk7 "vdev=xvda,access=rw,target=/dev/mapper/volume"
promise "another guest does not get the volume" fails_with "guest disk4 (domain $domid) has it" xl create /root/disk7.cfg
promise "it ends with its volume left alone" xl destroy disk4
promise "which can be taken away" eventually dmsetup remove volume
losetup -d "$below"
promise "what was written lies below" says below sector two

# In a driver domain xenstore tells nothing of other guests. No toolstack runs there: the program is run as it would run it.
program=/usr/lib/taofirewall/block-taofw

driver_image() {	# the guest's, with the program, what that needs, and loop devices
	local file

	for file in "$program" /usr/lib/*/libxenstore.so.4 /lib/modules/*/kernel/drivers/block/loop.ko; do
		echo "$file"
		/lib64/ld-linux-x86-64.so.2 --list "$file" 2>/dev/null | grep -o '/[^ ]*'
	done | sort -u | while read -r file; do
		file=$(realpath "$(dirname "$file")")/$(basename "$file")
		mkdir -p "/run/driver$(dirname "$file")"
		cp "$file" "/run/driver$file"
	done
	cp /boot/guest.img /run/driver.img
	(cd /run/driver && find . | cpio -o -H newc) >>/run/driver.img
}

at_driver() { echo "/local/domain/$domid/backend/vbd/$1/51712"; }	# at_driver DOMID: where its disk stands there

wants() {	# wants DOMID: as libxl tells the driver domain, whose kernel makes a device of it
	local back front=/local/domain/$1/device/vbd/51712

	back=$(at_driver "$1")
	# Both are Dom0's alone: of what is not there at all, oxenstored tells every domain.
	xenstore-write "$front/state" 1 "/local/domain/$1/name" "guest$1" "/local/domain/$1/vm" "/vm/uuid-$1"
	xenstore-chmod -r "$front" n0 "r$domid"	# there is no such guest here to own it
	xenstore-write "$back/frontend" "$front" "$back/frontend-id" "$1" "$back/params" /dev/loop0 "$back/mode" w \
		"$back/type" phy "$back/state" 1
	xenstore-chmod -r "/local/domain/$domid/backend" "n$domid"
	eventually guest "test -e /sys/bus/xen-backend/devices/vbd-$1-51712" && xenstore-write "$back/state" 2
}

driver_adds() { guest "XENBUS_PATH=backend/vbd/$1/51712 $program add"; }	# driver_adds DOMID

driver_image
configuration driver
sed -i s,/boot/guest.img,/run/driver.img, /root/driver.cfg
start "a driver domain starts" driver
guest "insmod /lib/modules/*/kernel/drivers/block/loop.ko && truncate -s 4M /disk.img && losetup /dev/loop0 /disk.img"
promise "it sees two guests that want the same device" eval "wants 77 && wants 78"
promise "it gives a guest its device" driver_adds 77
promise "and says so in its xenstore" says connected xenstore-read "$(at_driver 77)/hotplug-status"
promise "another guest does not get the device" fails_with "guest ? (domain 77) has it read-write" driver_adds 78
promise "the driver domain ends" xl destroy driver
all_promises_kept
