#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who puts a loop device before a file on a server that is gone waits for it in LOOP_CONFIGURE, which asks for the file
# system's statfs. Until that ends the kernel believes the device to be free: LOOP_CTL_GET_FREE gives its number to
# everybody, and whoever opens it waits, too. So one such server holds up all `losetup --find` and `mount -o loop` of the
# machine. LOOP_CTL_ADD with -1 makes another one, which is as good.
#
# Seen with util-linux 2.38.1 on Linux 6.18. Needs root and FUSE, and does that to this machine for five seconds.
set -euo pipefail
tools=$(dirname "$(realpath "$0")")/../tests/tools
work=$(mktemp -d)
processes=()
cleanup() {
	kill -CONT "${processes[0]}" || true
	for each in "${waits:-}" "${taken:-}"; do [ -z "$each" ] || losetup -d "$each" || true; done
	umount -l "$work/served" || true
	kill "${processes[@]}" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
losetup --version
uname -sr

mkdir "$work/served"
mkfifo "$work/ready"
truncate -s 1M "$work/a.img" "$work/b.img"
perl "$tools/server.pl" "$work/served" "$work/a.img" "$work/ready" &
processes=($!)
cat "$work/ready" >/dev/null
waits=$(losetup --find)
perl -e 'my ($device, $name, $server) = @ARGV; open(my $loop, "+<", $device) or die; open(my $file, "+<", $name) or die;
	kill("STOP", $server); ioctl($loop, 0x4C0A, pack("L L x296", fileno($file), 512)) or die "$!"' \
	"$waits" "$work/served/a.img" "${processes[0]}" &
processes+=($!)
sleep 1
grep loop_configure "/proc/${processes[1]}/stack"
[ "$(losetup --find)" = "$waits" ]
status=0
timeout -s KILL 3 losetup --find "$work/b.img" || status=$?
[ "$status" -eq 137 ]
number=$(perl -e 'open(my $control, "+<", "/dev/loop-control") or die; print ioctl($control, 0x4C80, -1) + 0')
taken=/dev/loop$number
losetup "$taken" "$work/b.img"
echo "as found: $waits is free for losetup, which waits for it; $taken was made, and is before $work/b.img"
