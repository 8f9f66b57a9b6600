#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One rule adds an element to a set for each packet, and the next one deletes it again (`add @set { … }`,
# `delete @set { … }`). With a key of its own for each packet that works at any pace. With the same key, many packets can't
# add it: `add` fails and ends its rule, while `nft list set` shows an empty set, far from its size. A packet only marks what
# it deletes; it stays in its bucket until it is collected, and a bucket that has 16 of one hash takes no other until the
# table was rebuilt. To be collected more often (gc-interval) does not mend that.
#
# Seen with nftables 1.0.6 on Linux 6.18. Needs root, and works in a network namespace of its own.
set -euo pipefail
work=$(mktemp -d)
trap 'ip netns delete deletes 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 2>/dev/null >&2
for each in *.deb; do dpkg -x "$each" .; done
nft() { ip netns exec deletes env LD_LIBRARY_PATH="$(echo "$work"/usr/lib/*-linux-gnu)" "$work/usr/sbin/nft" "$@"; }

ip netns add deletes
ip -n deletes link set lo up
nft --version
uname -sr

# adds KEY [OPTION]: how many of 1,000 packets could add it
adds() {
	nft -f - <<-END
		table ip t
		delete table ip t
		table ip t {
			set taken {
				typeof $1
				size 65536
				flags dynamic,timeout
				timeout 1m
				${2:-}
			}
			chain output {
				type filter hook output priority 0
				icmp type != echo-request return
				add @taken { $1 } counter
				delete @taken { $1 }
			}
		}
	END
	ip netns exec deletes ping -q -f -c 1000 127.0.0.1 >/dev/null
	if nft list set ip t taken | grep elements; then return 1; fi
	nft list chain ip t output | sed -n 's/.*add .* counter packets \([0-9]*\) .*/\1/p'
}

other=$(adds "ip id")
same=$(adds "ip daddr")
often=$(adds "ip daddr" "gc-interval 10ms")
echo "of 1000 packets could add: keys of their own $other, the same key $same, when it is collected each 10 ms $often"
[ "$other" -eq 1000 ]
[ "$same" -lt 900 ]
[ "$often" -lt 900 ]
echo "as found: a set that is empty takes no key that packets delete often"
