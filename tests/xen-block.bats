#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks on the real hypervisor, with xen-blkback and device-mapper: xen/block.sh runs once, in Dom0, and each test here is
# one of the promises that it reports on, in the same words.

bats_require_minimum_version 1.5.0

load lib/xen

setup_file() { boot_dom0 block.sh LIMIT=880; }

@test "xl create starts a guest with a file for its disk" { kept; }
@test "hotplug-status is connected" { kept; }
@test "its node is a loop device" { kept; }
@test "the backend is in state 4" { kept; }
@test "xen-backend's device says which device it opened" { kept; }
@test "the guest sees the disk" { kept; }
@test "the guest writes" { kept; }
@test "a second guest on the same image fails, and xl says who has it" { kept; }
@test "libxl says why in the words that a guest may read" { kept; }
@test "one that would only read it fails, too" { kept; }
@test "they are gone" { kept; }
@test "and left no loop device" { kept; }
@test "a second disk comes to the running guest" { kept; }
@test "the guest sees it" { kept; }
@test "and can't write to it" { kept; }
@test "another guest may read it, too" { kept; }
@test "but no guest may write to it" { kept; }
@test "the other one ends" { kept; }
@test "it goes again" { kept; }
@test "and its loop device with it" { kept; }
@test "a reboot puts the guest into a new domain" { kept; }
@test "there it reads what it wrote before" { kept; }
@test "and has one loop device again" { kept; }
@test "xl destroy ends the guest" { kept; }
@test "the loop device is gone" { kept; }
@test "what the guest wrote is in the file" { kept; }
@test "the second guest starts now" { kept; }
@test "and reads what the first one wrote" { kept; }
@test "it ends" { kept; }
@test "its loop device is gone" { kept; }
@test "a device that another one is built on is refused" { kept; }
@test "and so is the file behind it, for reading too" { kept; }
@test "a guest starts with the volume for its disk" { kept; }
@test "it was given the device itself" { kept; }
@test "it writes" { kept; }
@test "another guest does not get the volume" { kept; }
@test "it ends with its volume left alone" { kept; }
@test "which can be taken away" { kept; }
@test "what was written lies below" { kept; }
@test "a driver domain starts" { kept; }
@test "it sees two guests that want the same device" { kept; }
@test "it gives a guest its device" { kept; }
@test "and says so in its xenstore" { kept; }
@test "another guest does not get the device" { kept; }
@test "the driver domain ends" { kept; }

@test "nothing else went wrong" { all_kept; }
