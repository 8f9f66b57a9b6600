#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# One disk under several numbers, and one whose server is gone, with real paths and a real server: xen/numbers.sh runs once,
# in Dom0, and each test here is one of the promises that it reports on, in the same words.

bats_require_minimum_version 1.5.0

load lib/xen

setup_file() { boot_dom0 numbers.sh MODULES="scsi_debug sd_mod ext4 dm-multipath dm-round-robin nfsd nfsv4"; }

@test "a storage of two hosts is there" { kept; }
@test "both have the LUN" { kept; }
@test "what is written by one" { kept; }
@test "is read by the other" { kept; }
@test "and a second LUN is another one" { kept; }
@test "a guest gets it by the first path" { kept; }
@test "nobody else gets it by the second" { kept; }
@test "nor for reading" { kept; }
@test "but the other LUN" { kept; }
@test "they end" { kept; }
@test "now the second one gets it" { kept; }
@test "and the first one does not" { kept; }
@test "it ends, too" { kept; }
@test "Dom0 mounts it by the first path" { kept; }
@test "no guest gets it by the second" { kept; }
@test "Dom0 unmounts it" { kept; }
@test "a volume of both paths is a guest's" { kept; }
@test "no path is another's: not the first" { kept; }
@test "nor the second" { kept; }
@test "the guest of both ends" { kept; }
@test "the volume goes" { kept; }
@test "and a path is a disk again" { kept; }
@test "the LUN has a slice of BSD" { kept; }
@test "the kernel knows what is in the slice" { kept; }
@test "a guest gets that" { kept; }
@test "nobody gets the slice, by the other path either" { kept; }
@test "with what is in it free" { kept; }
@test "the slice is" { kept; }
@test "and what is in it is not" { kept; }
@test "the guest of the slice ends" { kept; }
@test "a guest has an image" { kept; }
@test "while Dom0 has a volume of it, as LVM and kpartx make them, it ends" { kept; }
@test "its restart is told who holds it" { kept; }
@test "that goes" { kept; }
@test "and it starts" { kept; }
@test "an export is mounted" { kept; }
@test "and once more, with other options" { kept; }
@test "its images can be opened" { kept; }
@test "one of them has two numbers" { kept; }
@test "a guest gets it by one mount" { kept; }
@test "nobody else gets it by the other" { kept; }
@test "but another image of it" { kept; }
@test "both end" { kept; }
@test "and then it is free" { kept; }
@test "it ends" { kept; }
@test "of two guests one has an image of the export" { kept; }
@test "and one an image that is here" { kept; }
@test "the server is gone, and who asks it waits" { kept; }
@test "another image that is here comes all the same" { kept; }
@test "and the first one goes" { kept; }
@test "an image of the export does not come, and xl says why in our words" { kept; }
@test "the image that is here goes after that" { kept; }
@test "so does the guest that had an image of the export" { kept; }
@test "the server is there again, and so is that image" { kept; }
@test "and the one that did not come comes" { kept; }
@test "these two end" { kept; }

@test "nothing else went wrong" { all_kept; }
