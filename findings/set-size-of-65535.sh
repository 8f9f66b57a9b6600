#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The size of a set that packets put elements in bounds it, one would think, and says nothing of what an empty one costs. But
# the kernel makes room at once for as many elements as the last 16 bits of the size say: a set of 65535, which is what nft
# takes where no size is given, has a table of a megabyte from the start, and one of 65536 or 131072 has next to nothing. A
# thread looks through that table once a second.
#
# Seen with nftables 1.0.6 on Linux 6.18. Needs root, 400 MB of memory, and works in a network namespace of its own.
set -euo pipefail
work=$(mktemp -d)
trap 'ip netns delete sizes 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 2>/dev/null >&2
for each in *.deb; do dpkg -x "$each" .; done
nft() { ip netns exec sizes env LD_LIBRARY_PATH="$(echo "$work"/usr/lib/*-linux-gnu)" "$work/usr/sbin/nft" "$@"; }
free_mb() { awk '$1 == "MemFree:" { print int($2 / 1024) }' /proc/meminfo; }

ip netns add sizes
nft --version
uname -sr

takes_mb() {	# takes_mb SIZE: what 300 empty sets of that size take
	local before i
	nft flush ruleset
	sleep 3	# the kernel gives back what the last ones had
	before=$(free_mb)
	{
		echo "table ip t {"
		for ((i = 0; i < 300; i++)); do echo "set s$i { type ipv4_addr; size $1; flags dynamic,timeout; timeout 1m; }"; done
		echo "}"
	} | nft -f -
	echo $((before - $(free_mb)))
}

takes_mb 65536 >/dev/null	# what is taken but once
many=$(takes_mb 65535) more=$(takes_mb 65536) most=$(takes_mb 131072)
echo "300 empty sets take: of 65535 elements $many MB, of 65536 $more MB, of 131072 $most MB"
[ "$many" -gt 200 ]
[ "$more" -lt 100 ]
[ "$most" -lt 100 ]
echo "as found: of one element more a set is smaller"
