#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Tables of the kernel that say nothing of whose an entry is: one guest that floods them leaves room for all others.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/lan

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	configure XEN=yes
	rules "[forward]" "POLICY = ACCEPT" "[input]" "POLICY = ACCEPT"
}

# over REASON VIF [TABLE]
over() { dropped "over_$1" "$2" "${3:-inet}"; }

# frames_of COUNT FORMAT: as many frames for `send`; each %d in the words of FORMAT is its number from 1 on
frames_of() {
	local i words=
	for ((i = 1; i <= $1; i++)); do words+="${words:+ + }${2//%d/$i}"; done
	printf '%s\n' "$words"
}

# ---- fragments ----

# pieces KIND GUEST FAMILY COUNT TO [MAC]: so many datagrams that never end, of each
#   half       the first fragment
#   gap        the first and the last one, without what is between them
#   protocols  the first one, with one ID in 250 protocols
#   middle     one from between
#   twice      all three, and the last one again
#   whole      all three; the first ID is 0
#   mixed      all three, but those of four datagrams in turn
pieces() {
	local kind=$1 guest=$2 family=$3 count=$4 to=$5 mac=${6:-$vif_mac} destination
	destination=$(address "$to" "$family" 2>/dev/null) || destination=$to
	inside "$guest" python3 - "$kind" "$family" "$count" "$mac" "$(mac "$guest")" \
		"$(address "$guest" "$family")" "$destination" <<-'END'
		import socket, struct, sys
		kind, family, count, to, own, source, destination = sys.argv[1:]
		wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		wire.bind(("eth0", 0))
		bytes_of = lambda mac: bytes(int(part, 16) for part in mac.split(":"))
		def checksum(data):	# RFC 1071, of an even number of bytes
		    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
		    total = (total & 0xffff) + (total >> 16)
		    return ~(total + (total >> 16)) & 0xffff
		def fragment(id, protocol, offset, more, body):
		    if family == "4":
		        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), id, more << 13 | offset >> 3, 64,
		                           protocol, 0, socket.inet_aton(source), socket.inet_aton(destination))
		        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
		        type = 0x0800
		    else:
		        head = struct.pack("!IHBB16s16sBBHI", 0x60000000, 8 + len(body), 44, 64,
		                           socket.inet_pton(socket.AF_INET6, source),
		                           socket.inet_pton(socket.AF_INET6, destination), protocol, 0, offset | more, id)
		        type = 0x86dd
		    wire.send(bytes_of(to) + bytes_of(own) + struct.pack("!H", type) + head + body)
		begin = struct.pack("!HHHH", 1000, 7777, 3000, 0) + bytes(8)
		def whole(id):
		    data = struct.pack("!HHHH", 1000, 7777, 3000, 0) + bytes(2992)
		    if family == "6":
		        pseudo = socket.inet_pton(socket.AF_INET6, source) + \
		            socket.inet_pton(socket.AF_INET6, destination) + struct.pack("!II", len(data), 17)
		        data = data[:6] + struct.pack("!H", checksum(pseudo + data)) + data[8:]
		    return [(id, 17, at, at < 2400, data[at:at + 1200]) for at in (0, 1200, 2400)]
		for i in range(int(count)):
		    if kind == "whole":
		        for each in whole(i):
		            fragment(*each)
		        continue
		    if kind == "twice":
		        for each in whole(i + 1) + whole(i + 1)[2:]:
		            fragment(*each)
		        continue
		    if kind == "mixed":
		        for each in zip(*(whole(4 * i + j + 1) for j in range(4))):
		            for one in each:
		                fragment(*one)
		        continue
		    if kind == "protocols":
		        fragment(1 + i // 250, 2 + i % 250, 0, 1, begin)
		    elif kind == "middle":
		        fragment(i + 1, 17, 1400, 1, bytes(1400))
		    else:
		        fragment(i + 1, 17, 0, 1, begin)
		    if kind == "gap":
		        fragment(i + 1, 17, 2984, 0, bytes(16))
	END
}

speaks() {	# speaks GUEST TO: in fragments, both versions
	local family
	for family in 4 6; do
		inside "$1" ping -n -q -c 1 -w 5 -s 3000 "$(address "$2" $family)" >/dev/null ||
			fail "$1 is not answered in fragments of IPv$family"
	done
}

# fragments_have_room KIND FLOODING OTHER TO TABLE LEAST [MAC]: 4,065 small incomplete datagrams are all that the kernel's default
# keeps; at least LEAST of 5,000 are dropped. Longer than a place is kept goes by between two of these.
fragments_have_room() {
	local family before
	for family in 4 6; do
		[ "$family:$1" != 6:protocols ] || continue	# there the protocol tells nothing
		before=$(over fragments "$(vif "$2")" "$5")
		pieces "$1" "$2" $family 5000 "$4" "$7"
		[ "$(over fragments "$(vif "$2")" "$5")" -ge $((before + $6)) ] ||
			fail "only $(over fragments "$(vif "$2")" "$5") fragments were dropped ($1, IPv$family)"
	done
	speaks "$3" "$4"
}

# Of 5,000 datagrams the vif keeps 256, or of those with something in the middle 64.
never_ends() {	# never_ends KIND LEAST
	dom0 firewall start
	serve world
	guest_create g1 g2
	attach g1
	attach g2
	speaks g1 world
	fragments_have_room "$1" g1 g2 world inet "$2"
}

@test "a guest that never ends its datagrams leaves room for those of others" {
	never_ends half 4700
	[[ $(dom0 firewall status) == *" fragments too many"* ]]
}

@test "so does one that sends their last fragments without what is in the middle" {
	never_ends gap 9400
}

@test "so does one that uses an ID in many protocols" {
	never_ends protocols 4700
}

@test "so does one that sends only what is in the middle" {
	never_ends middle 4900
}

@test "so does one on a bridge" {
	bridge_create
	dom0 firewall start
	bridged_create b1 b2
	attach b1
	attach b2
	fragments_have_room half b1 b2 bridge bridge 4700 "$bridge_mac"
}

@test "whole datagrams have no limit" {
	local family
	dom0 firewall start
	guest_create g1
	attach g1
	for family in 4 6; do
		inside g1 ping -n -q -A -c 1500 -s 2000 "$(address world $family)" | grep -q " 0% packet loss"
		inside g1 ping -n -q -A -c 1500 -s 30000 "$(address world $family)" | grep -q " 0% packet loss"
	done
	equal "what is counted" "$(over fragments vif1.0)" 0
}

# arrive KIND COUNT SENT: so many of them come to the world; of as many in turn some may want the same place
arrive() {
	local family
	dom0 firewall start
	guest_create g1
	attach g1
	watch world datagrams "udp dport 7777"
	for family in 4 6; do pieces "$1" g1 $family "$2" world; done
	eventually is_seen world datagrams "$3"
}

@test "datagrams arrive whatever their ID" { arrive whole 1000 2000; }

@test "datagrams arrive whose last fragment comes twice" { arrive twice 200 400; }

@test "most datagrams arrive whose fragments are mixed" { arrive mixed 50 340; }

# Another datagram of the same ID is put together on another processor, between the look at a datagram's last fragment and
# at the whole of it: of both looks at the ID the second one finds nothing, or that it was lost.
declare -gA datagram_key=([4]="iif . ip saddr . ip daddr . ip protocol . meta mark" [6]="iif . ip6 saddr . ip6 daddr . meta mark")
another_is_whole() {	# another_is_whole FAMILY delete @datagram | add @lost
	dom0 nft insert rule inet taofirewall whole meta mark != 0 "$2" "$3$1" "{ ${datagram_key[$1]} }"
}

@test "two datagrams of one ID at once do not get past the policy by what the ID is as a mark" {
	local family
	host g1 "OUT_PORTS = 80"
	serve world
	guest_create g1
	for family in 4 6; do
		# Among the IDs from 1 to 12 are some whose mark is this one.
		configure XEN=yes "PACKET_MARK = $([ "$family" = 4 ] && echo 0x00000c00 || echo 0x0c000000)"
		rules "$(lan 1)"
		dom0 firewall start
		attach g1
		watch world datagrams$family "udp dport 7777"
		another_is_whole $family delete @datagram
		pieces twice g1 $family 12 world
		connects g1 world tcp/80
		arrives_not world datagrams$family
	done
}

@test "nor does an ID stay as a mark" {
	local family
	dom0 firewall start
	serve world
	guest_create g1
	attach g1
	dom0 nft -f - <<-END
		table inet spy {
			counter marked { }
			chain prerouting {
				type filter hook prerouting priority -389
				iifname "vif1.0" meta mark != 0 counter name marked
			}
		}
	END
	for family in 4 6; do
		another_is_whole $family delete @datagram
		another_is_whole $family add @lost
		pieces twice g1 $family 12 world
	done
	connects g1 world tcp/80
	[[ $(dom0 nft list counter inet spy marked) == *"packets 0 "* ]]
}

@test "a fragment in a fragment is refused" {
	local guest table mac
	dom0 firewall start
	guest_create g1
	attach g1
	bridge_create
	bridged_create b1
	attach b1
	while read -r guest table mac; do
		# shellcheck disable=SC2046 # words
		inside "$guest" send eth0 $(frames_of 20 "udp6 dmac=$mac src=$(address "$guest" 6) dst=$(address world 6) dport=7777 ext=frag0 ext=frag0+")
		eventually is_over fragments "$(vif "$guest")" 20 "$table"
	done <<-END
		g1 inet $vif_mac
		b1 bridge $bridge_mac
	END
}

# ---- neighbours ----

@test "a guest with a prefix, or none, becomes eight neighbours at once and not more, by whatever it sends" {
	dom0 firewall start
	guest_create g1
	attach g1 ip="198.51.100.64/26 2001:db8:a:a:1::/80"
	# shellcheck disable=SC2046 # words
	inside g1 send eth0 $(frames_of 40 "icmp6 type=133 hops=255 src=2001:db8:a:a:1::%d dst=ff02::2 dmac=33:33:00:00:00:02 option=1")
	eventually is_over neighbours vif1.0 30
	# shellcheck disable=SC2046
	inside g1 send eth0 $(frames_of 40 "arp dmac=ff:ff:ff:ff:ff:ff spa=198.51.100.1%d tpa=198.51.100.2" | sed 's/100\.1\([0-9]\) /100.7\1 /g; s/100\.1\([1-2][0-9]\) /100.1\1 /g')
	eventually is_over neighbours vif1.0 10 arp
	[ "$(ip -n "$scene-dom0" neighbour show dev vif1.0 | grep -c '^198')" -le 10 ]
	[[ $(dom0 firewall status) == *" of new neighbours too many"* ]]
}

@test "what is behind a guest is eight neighbours at once and not more" {
	printf '%s\n' "[vpn]" "DESTINATION = 10.8.0.0/24 2001:db8:8::/48" "VIA = $(address g1 4) $(address g1 6)" \
		>"$TAOFIREWALL_CONFIG/routing.cfg"
	dom0 firewall start
	guest_create g1
	attach g1
	trust_everybody
	# shellcheck disable=SC2046 # words
	inside g1 send eth0 $(frames_of 40 "icmp6 type=135 hops=255 src=2001:db8:8::%d dst=$(address dom0 6) target=$(address dom0 6) option=1")
	eventually is_over neighbours vif1.0 30
	# shellcheck disable=SC2046
	inside g1 send eth0 $(frames_of 40 "arp dmac=ff:ff:ff:ff:ff:ff spa=10.8.0.%d tpa=$(address dom0 4)")
	eventually is_over neighbours vif1.0 30 arp
	[ "$(ip -n "$scene-dom0" neighbour show dev vif1.0 | grep -c -e '^10\.8' -e '^2001:db8:8:')" -le 20 ]
}

is_over() { [ "$(over "$1" "$2" "${4:-inet}")" -ge "$3" ]; }

@test "so does one on a bridge that may have any address" {
	bridge_create
	dom0 firewall start
	vif_create b1
	lan_address b1
	attach b1 ip=
	trust_everybody
	# shellcheck disable=SC2046
	inside b1 send eth0 $(frames_of 40 "arp dmac=ff:ff:ff:ff:ff:ff spa=192.0.2.2%d tpa=192.0.2.129" | sed 's/2\.2\([0-9]\) /2.20\1 /g')
	eventually is_over neighbours vif11.0 30 bridge
	[ "$(ip -n "$scene-dom0" -4 neighbour show dev xenbr0 | wc -l)" -le 12 ]
	# shellcheck disable=SC2046
	inside b1 send eth0 $(frames_of 40 "icmp6 type=135 hops=255 src=2001:db8:b:1::5%d dst=2001:db8:b:1::1 dmac=$bridge_mac target=2001:db8:b:1::1 option=1")
	eventually is_over neighbours vif11.0 60 bridge
	[ "$(ip -n "$scene-dom0" -6 neighbour show dev xenbr0 | grep -c '::5')" -le 12 ]
}

# ---- groups ----

@test "reports of one port fill no bridge's table of groups" {
	local before
	bridge_create
	ip -n "$scene-dom0" link set xenbr0 type bridge mcast_snooping 1 mcast_querier 1
	dom0 firewall start
	vif_create b1
	lan_address b1
	attach b1
	# shellcheck disable=SC2046
	inside b1 send eth0 $(frames_of 100 "icmp6 type=131 hops=1 ext=hop src=$(link_local b1) dst=ff05::1:%d dmac=33:33:00:01:00:01 target=ff05::1:%d")
	eventually is_over groups vif11.0 48 bridge
	[ "$(bridge -n "$scene-dom0" mdb show dev xenbr0 | grep -c ff05::1:)" -le 52 ]
	# shellcheck disable=SC2046
	inside b1 send eth0 $(frames_of 100 "ip4 hops=1 src=$(address b1 4) dst=239.1.1.%d proto=2 type=0x16 payload=7 dmac=01:00:5e:01:01:%d" | sed 's/:\([0-9]\{3\}\)\( \|$\)/:00\2/g')
	eventually is_over groups vif11.0 140 bridge
	before=$(over groups vif11.0 bridge)
	inside b1 send eth0 ip4 hops=1 src="$(address b1 4)" dst=224.0.0.22 proto=2 type=0x22 payload=600 dmac=01:00:5e:00:00:16
	eventually is_over groups vif11.0 $((before + 1)) bridge
	[[ $(dom0 firewall status) == *" group reports too many"* ]]
}

@test "nor do those behind an authentication header, whatever ANTISPOOF says" {
	local antispoof
	bridge_create
	bridged_create b1
	ip -n "$scene-dom0" link set xenbr0 type bridge mcast_snooping 1 mcast_querier 1
	attach b1
	for antispoof in yes no; do
		configure XEN=yes "[xen]" "ANTISPOOF = $antispoof"
		dom0 firewall start
		# shellcheck disable=SC2046
		inside b1 send eth0 $(frames_of 100 "icmp6 type=131 hops=1 ext=hop ext=ah src=$(link_local b1) dst=ff05::2:%d dmac=33:33:00:02:00:01 target=ff05::2:%d")
		sleep 0.3
		equal "the groups" "$(bridge -n "$scene-dom0" mdb show dev xenbr0 | grep -c ff05::2:)" 0
		[ "$(dropped spoofed vif11.0 bridge)" -ge 100 ]
	done
}

# knows_groups PATTERN N: the bridge does, so many at least
knows_groups() { [ "$(bridge -n "$scene-dom0" mdb show dev xenbr0 | grep -c "$1")" -ge "$2" ]; }

# bridge_says KEY: what the bridge has there
bridge_says() { ip -n "$scene-dom0" -d link show xenbr0 | grep -oE "$1 [0-9]+"; }

@test "a bridge has room for the groups that several ports report" {
	local each
	bridge_create
	ip -n "$scene-dom0" link set xenbr0 type bridge mcast_snooping 1 mcast_querier 1 mcast_hash_max 32
	dom0 firewall start
	bridged_create b1 b2
	attach b1
	attach b2
	equal "the room" "$(bridge_says mcast_hash_max)" "mcast_hash_max 65536"
	for each in b1 b2; do
		# shellcheck disable=SC2046
		inside $each send eth0 $(frames_of 30 "icmp6 type=131 hops=1 ext=hop src=$(link_local $each) dst=ff05::$each:%d dmac=33:33:00:01:00:01 target=ff05::$each:%d")
	done
	eventually knows_groups ff05:: 60
	equal "the bridge" "$(bridge_says mcast_snooping)" "mcast_snooping 1"
	ip -n "$scene-dom0" link set xenbr0 type bridge mcast_hash_max 4096
	dom0 firewall reload
	equal "the room" "$(bridge_says mcast_hash_max)" "mcast_hash_max 65536"
	ip -n "$scene-dom0" link set xenbr0 type bridge mcast_hash_max 131072
	dom0 firewall reload
	detach b1
	vif_create b1
	attach b1
	equal "the room that somebody made" "$(bridge_says mcast_hash_max)" "mcast_hash_max 131072"
}

# ---- destinations ----

# asked NETWORK: how many addresses of it Dom0 looks for
asked() { ip -n "$scene-dom0" neighbour show dev "$1" | grep -c "$2"; }

@test "packets to addresses that nobody has fill no table of neighbours" {
	local start most
	bridge_create
	dom0 firewall start
	guest_create g1
	attach g1
	connects g1 lan 2>/dev/null || true
	start=$SECONDS
	# shellcheck disable=SC2046
	for _ in 1 2; do
		inside g1 send eth0 $(frames_of 120 "udp6 src=$(address g1 6) dst=2001:db8:b:1::9:%d dport=7777")
		inside world send eth0 $(frames_of 120 "udp6 dmac=$dom0_mac src=$(address world 6) dst=2001:db8:b:1::8:%d dport=7777")
	done
	eventually is_over destinations vif1.0 40
	most=$((64 + 16 * (SECONDS - start + 1)))
	[ "$(asked xenbr0 '::9:')" -le $most ]
	[ "$(asked xenbr0 '::8:')" -le $most ]
	pings world lan
}

is_known_hop() { dom0 nft get element inet taofirewall hop6 "{ xenbr0 . $(address lan 6) }" >/dev/null 2>&1; }

@test "whom somebody speaks to again and again is no stranger" {
	local element
	bridge_create
	serve lan
	dom0 firewall start
	guest_create g1
	attach g1
	FAMILIES=6 connects g1 lan udp/53
	element="xenbr0 . $(address lan 6)"
	dom0 nft "delete element inet taofirewall hop6 { $element }; add element inet taofirewall hop6 { $element timeout 10m expires 2s }"
	FAMILIES=6 connects g1 lan udp/53
	sleep 2.5
	is_known_hop
}

# tunnel_create: tun0 of Dom0's, which somebody reads from (TUNSETIFF, IFF_TUN | IFF_NO_PI), and what leaves by it is counted
tunnel_create() {
	background dom0 perl -e 'open(my $tun, "+<", "/dev/net/tun") or die;
		my $wanted = pack("a16 s x22", "tun0", 0x1001); ioctl($tun, 0x400454ca, $wanted) or die; 1 while sysread($tun, my $packet, 2000)'
	eventually dom0 ip link set tun0 up 2>/dev/null
	dom0 nft "table inet seen { counter of_four { }; counter of_six { }; chain left { type filter hook postrouting priority 200
		oifname tun0 ip daddr 203.0.113.0/24 counter name of_four; oifname tun0 ip6 daddr 2001:db8:f::/64 counter name of_six; }; }"
}

@test "by an uplink without neighbours, as PPP or a tunnel is, a guest reaches as many machines as it likes" {
	tunnel_create
	dom0 firewall start
	guest_create g1
	attach g1
	dom0 ip route add 203.0.113.0/24 dev tun0
	dom0 sh -c 'echo 0 >/proc/sys/net/ipv6/conf/tun0/disable_ipv6'
	dom0 ip -6 route replace 2001:db8:f::/64 dev tun0
	# shellcheck disable=SC2046
	inside g1 send eth0 $(frames_of 120 "udp4 src=$(address g1 4) dst=203.0.113.%d dport=7777")
	# shellcheck disable=SC2046
	inside g1 send eth0 $(frames_of 120 "udp6 src=$(address g1 6) dst=2001:db8:f::7:%d dport=7777")
	arrives dom0 four 120
	arrives dom0 six 120
}

@test "nor do advertisements, which the kernel does not track" {
	local i frames=()
	host g1
	dom0 firewall start
	guest_create g1
	attach g1
	for ((i = 1; i <= 300; i++)); do
		frames+=(${frames:++} icmp6 "src=$(address g1 6)" "dst=2001:db8:a:a:2::$i" type=136 payload=64)
		((i % 60)) || { inside g1 send eth0 "${frames[@]}"; frames=(); }
	done
	sleep 0.3
	equal "the neighbours that Dom0 looks for" "$(asked eth0 '^2001:db8:a:a:2:')" 0
	[ "$(dropped refused vif1.0)" -ge 300 ]
	for ((i = 1; i <= 300; i++)); do
		frames+=(${frames:++} icmp6 "src=$(address g1 6)" "dst=2001:db8:a:a:3::$i" type=136 payload=64 ext=ah)
		((i % 60)) || { inside g1 send eth0 "${frames[@]}"; frames=(); }
	done
	sleep 0.3
	equal "the neighbours that Dom0 looks for" "$(asked eth0 '^2001:db8:a:a:3:')" 0
	[ "$(dropped refused vif1.0)" -ge 600 ]
}

# ---- with iptables ----

@test "with iptables router solicitations from a prefix are limited, too" {
	BACKEND=iptables-restore configure XEN=yes
	rules "[forward]" "POLICY = ACCEPT" "[input]" "POLICY = ACCEPT"
	dom0 firewall start
	guest_create g1
	attach g1 ip="198.51.100.64/26 2001:db8:a:a:1::/80"
	# shellcheck disable=SC2046 # words
	inside g1 send eth0 $(frames_of 40 "icmp6 type=133 hops=255 src=2001:db8:a:a:1::%d dst=ff02::2 dmac=33:33:00:00:00:02 option=1")
	BACKEND=iptables-restore eventually eval '[ "$(dropped spoofed vif1.0)" -ge 30 ]'
}

@test "a guest on a bridge tells of all addresses that it has, be they many, and others find them" {
	local each ip="" frames=()
	for each in {40..59}; do
		ip+=" 192.0.2.1$each 2001:db8:b:1::$each"
		frames+=(${frames:++} arp op=request dmac=ff:ff:ff:ff:ff:ff spa="192.0.2.1$each" tpa="192.0.2.1$each")
	done
	bridge_create
	br_netfilter 0
	ip -n "$scene-dom0" link set xenbr0 type bridge mcast_snooping 1 mcast_querier 1
	dom0 firewall start
	bridged_create b1
	ip -n "$scene-b1" address flush dev eth0 scope global
	attach b1 "ip=$ip"
	{	# as at its boot: its groups are told of at once, however slow the machine is with the addresses
		echo "link set eth0 down"
		for each in $ip; do
			if [[ $each == *:* ]]; then each+="/64 nodad"; else each+=/25; fi
			echo "address add $each dev eth0"
		done
		echo "link set eth0 up"
	} | ip -n "$scene-b1" -batch -
	watch_arp lan announced "arp operation request"
	inside b1 send eth0 "${frames[@]}"
	arrives lan announced 20
	inside lan send eth0 icmp6 type=130 hops=1 ext=hop src="$(address lan 6)" dst=ff02::1 dmac=33:33:00:00:00:01 target=::
	sleep 1
	eventually knows_groups "vif11.0 .*ff02::1:ff" 20
	equal "what is counted" "$(dropped over_neighbours vif11.0 bridge)$(dropped over_groups vif11.0 bridge)" 00
}

@test "who looks for machines in one network keeps nobody from another's" {
	local i frames=()
	rules "$(lan 1)" "$(lan 2)"
	host l1 "IP = {lan1}" "TYPE = network" "PUBLIC_PORTS = 22"
	host m1 "IP = {lan2}" "TYPE = network" "PUBLIC_PORTS = 22"
	started
	lan_machine l1 m1
	knows world l1 m1
	ip -n "$scene-world" route replace "$(address lan1 4)" via "$(address dom0 4)"
	for ((i = 60; i < 180; i++)); do
		frames+=(${frames:++} tcp4 dmac="$dom0_mac" src="$(address world 4)" dst="192.168.1.$i" sport=4000 dport=22)
	done
	inside world send eth0 "${frames[@]}"
	eventually is_over destinations eth0 1
	FAMILIES=4 hears answered 700 world m1 tcp/22
}
