#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A loop device that was set up in a mount namespace of its own (unshare -m, a unit with PrivateTmp= or ProtectSystem=) says
# only a part of its file's name once that namespace is gone: the mount that it was opened through belongs to none any
# more, so the name begins at that mount's root. /var/tmp/x/m/a.img on a mount at /var/tmp/x/m becomes /a.img. Whoever
# compares names, as Xen's own block script does with what `losetup -j` says, may find another file of that name. Device
# and inode stay right.
#
# Seen with util-linux 2.38.1 and 2.41.5 on Linux 6.18. Needs root, and Debian's package servers.
set -euo pipefail
version=2.38.1-5+deb12u3	# Debian 12's
work=$(mktemp -d)
loops=()
cleanup() {
	for each in "${loops[@]}"; do losetup -d "$each"; done
	umount "$work/mounted" || true
	rm -rf "$work"
}
trap cleanup EXIT
(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "mount=$version" && dpkg -x mount_*.deb .)
PATH=$work/sbin:$PATH
losetup --version
uname -sr

mkdir "$work/mounted"
mount -t tmpfs none "$work/mounted"
truncate -s 1M "$work/mounted/a.img"
set_up() { loops+=("$("$@" losetup --find --show "$work/mounted/a.img")"); }
name() { cat "/sys/block/${1#/dev/}/loop/backing_file"; }
set_up env
set_up unshare --mount
for each in "${loops[@]}"; do losetup -l "$each"; done
[ "$(name "${loops[0]}")" = "$work/mounted/a.img" ]
[ "$(name "${loops[1]}")" = /a.img ]
inode() { losetup --noheadings --output BACK-MAJ:MIN,BACK-INO "$1"; }
[ "$(inode "${loops[0]}")" = "$(inode "${loops[1]}")" ]
echo "as found: ${loops[1]} is before $work/mounted/a.img, and says /a.img"
