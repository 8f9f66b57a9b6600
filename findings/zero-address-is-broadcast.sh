#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# To fib lookups of the kernel every address in 0.0.0.0/8 has the type broadcast, as 255.255.255.255 has: `fib saddr type
# broadcast` of nft and `-m addrtype --src-type BROADCAST` of iptables match who has no address yet. So a rule that drops
# sources which are some network's broadcast address drops DHCP requests as well, which come from 0.0.0.0 (RFC 2131, 4.1).
#
# Seen with nftables 1.0.6 on Linux 6.18, x86-64. Needs root, and works in two network namespaces of its own.
set -euo pipefail
work=$(mktemp -d)
trap 'ip netns delete asks 2>/dev/null || true; ip netns delete hears 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 2>/dev/null >&2
for each in *.deb; do dpkg -x "$each" .; done
nft() { ip netns exec hears env LD_LIBRARY_PATH="$(echo "$work"/usr/lib/*-linux-gnu)" "$work/usr/sbin/nft" "$@"; }

ip netns add asks
ip netns add hears
ip -n asks link add eth0 type veth peer name eth0 netns hears
ip -n asks link set eth0 up
ip -n asks route add 255.255.255.255 dev eth0
ip -n hears link set eth0 up
ip -n hears address add 192.0.2.1/24 dev eth0
nft --version
uname -srm
nft -f - <<-'END'
	table ip look {
		chain came {
			type filter hook prerouting priority 0
			udp dport != 67 accept
			ip saddr 0.0.0.0 counter comment "without an address"
			fib saddr type broadcast counter comment "broadcast"
			fib saddr type { local, unicast, unspec } counter comment "anything else"
		}
	}
END
# shellcheck disable=SC2016 # perl's
ip netns exec asks perl -MSocket -e 'socket(my $s, AF_INET, SOCK_DGRAM, 0); setsockopt($s, SOL_SOCKET, SO_BROADCAST, 1);
	send($s, "hello", 0, pack_sockaddr_in(67, inet_aton("255.255.255.255"))) or die "$!"'
sleep 0.2
nft list chain ip look came | tee counted
for each in "1 without an address" "1 broadcast" "0 anything else"; do
	grep -q "packets ${each%% *} bytes [0-9]* comment \"${each#* }\"$" counted
done
echo "as found: who has no address has a broadcast address"
