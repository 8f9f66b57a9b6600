#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `@th,0,32` is a number in network byte order where nft compares it: a packet to port 999, 0x3e7, matches
# `@th,0,32 & 0x0000ffff == 0x000003e7`. Put into the mark by `meta mark set`, the same four bytes are copied as they stand,
# while the mark is a number in the host's order: behind it `meta mark 0x000003e7` does not match on a little-endian
# machine, and `meta mark 0xe7030000` does. A constant joined by `|` moves with them: 0x8000000 is the bit 0x8 of the mark.
# What nft lists shows the same numbers in both places.
#
# Seen with nftables 1.0.6 on Linux 6.18, x86-64. Needs root, and works in a network namespace of its own.
set -euo pipefail
work=$(mktemp -d)
trap 'ip netns delete marks 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 2>/dev/null >&2
for each in *.deb; do dpkg -x "$each" .; done
nft() { ip netns exec marks env LD_LIBRARY_PATH="$(echo "$work"/usr/lib/*-linux-gnu)" "$work/usr/sbin/nft" "$@"; }
[ "$(printf '\1\0' | od -An -tu2 | tr -d ' ')" = 1 ]	# little-endian

ip netns add marks
ip -n marks link set lo up
nft --version
uname -srm
nft -f - <<-'END'
	table ip look {
		chain said {
			type filter hook output priority 0
			ip protocol != udp accept
			udp dport != 999 accept
			@th,0,32 & 0x0000ffff == 0x000003e7 counter comment "compared"
			meta mark set @th,0,32 & 0x0000ffff | 0x08000000
			meta mark & 0x0000ffff == 0x000003e7 counter comment "a number"
			meta mark & 0xffff0000 == 0xe7030000 counter comment "its bytes"
			meta mark & 0x08000000 != 0 counter comment "the bit"
			meta mark & 0x00000008 != 0 counter comment "the bit elsewhere"
		}
	}
END
ip netns exec marks bash -c 'echo hello >/dev/udp/127.0.0.1/999'
nft list chain ip look said | tee counted
for each in "1 compared" "0 a number" "1 its bytes" "0 the bit" "1 the bit elsewhere"; do
	grep -q "packets ${each%% *} bytes [0-9]* comment \"${each#* }\"$" counted
done
echo "as found: the mark has the packet's bytes, and none of the rule's numbers"
