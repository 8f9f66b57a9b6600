#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A connection is let on only where the policy let it begin. Whatever else gets a connection tracked, by addresses and ports
# that its sender chose, makes no answer of what is closed. The kernel's own filters are off in all of these tests.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/lan

# begun FROM CLAIMED TO OWN PORT: FROM claims to be CLAIMED, and sends from port OWN to an open PORT of TO's
begun() { send_as "$1" "$2" "$3" sport="$4" dport="$5"; }

# answers_not FROM TO PORT OWN: what FROM sends from there does not arrive, as it is no answer
answers_not() {
	watch "$2" answered "udp dport $4"
	[ "$2" != dom0 ] || watch_input dom0 answered "udp dport $4"
	send_as "$1" "$1" "$2" sport="$3" dport="$4"
	sleep 0.1
	arrives_not "$2" answered
}

# watch_input NAME LABEL MATCH: counted behind all rules, where a service would hear it
watch_input() {
	inside "$1" nft -f - <<-END
		table inet seen
		delete table inet seen
		table inet seen {
			counter of_$2 { }
			chain arrived {
				type filter hook input priority 200
				$3 counter name of_$2
			}
		}
	END
}

# ---- who claims to be one of ours ----

@test "who claims from outside to be Dom0 makes no answer of what goes to Dom0's closed ports" {
	host g1 "PUBLIC_PORTS = 53/udp"
	started g1 g2
	trust_everybody
	connects world g1 udp/53
	begun world dom0 g1 6050 53
	answers_not g1 dom0 53 6050
	connects dom0 g1 udp/53
}

# Dom0 is all routers of its networks, too, and with its neighbours everybody there.
@test "nor does who claims to be all routers of a network of Dom0's, or everybody in it" {
	host g1 "PUBLIC_PORTS = 53/udp"
	started g1
	trust_everybody
	scene_addresses+=([every 4]=198.51.100.255 [every 6]=2001:db8:a:a::)
	begun world every g1 6050 53
	begun world world g1 6050 53
	arrived() { dom0 grep -c "sport=6050 dport=53" /proc/net/nf_conntrack; }
	eventually eval '[ "$(arrived)" -ge 2 ]'
	watch_input dom0 answered "udp dport 6050"
	inside g1 send eth0 udp4 "src=$(address g1 4)" "dst=$(address every 4)" sport=53 dport=6050 + \
		udp6 "src=$(address g1 6)" "dst=$(address every 6)" sport=53 dport=6050
	sleep 0.1
	arrives_not dom0 answered
}

dom0_link_local=fe80::fcff:ffff:feff:ffff	# on each vif

# heard_from GUEST LABEL MATCH: what Dom0 hears through its vif
heard_from() {
	watch_input dom0 "$2" "iifname vif${1#g}.0 $3"
}

@test "of two guests one does not go on with what the other began from its link-local address" {
	local frame=(udp6 "src=$(link_local g2)" "dst=$dom0_link_local" sport=4000 dport=53)
	FAMILIES=6 host dom0 "TYPE = local" "IP = ::/0" "PUBLIC_PORTS = 53/udp"
	host g1 "OUT_PORTS = 80"
	started g1 g2
	heard_from g2 came "udp dport 53"
	inside g2 send eth0 "${frame[@]}"
	arrives dom0 came
	inside g2 send eth0 "${frame[@]}"
	arrives dom0 came 2
	heard_from g1 stolen "udp dport 53"
	inside g1 send eth0 "${frame[@]}"
	sleep 0.1
	arrives_not dom0 stolen
}

@test "nor does it answer what Dom0 asked the other by that, or tell of errors" {
	started g1 g2
	FAMILIES=6 asks_link_local g2
	inside g2 send eth0 udp6 "src=$(link_local g2)" "dst=$dom0_link_local" sport=53 dport=6003
	heard_from g2 came "udp sport 53"
	inside g2 send eth0 udp6 "src=$(link_local g2)" "dst=$dom0_link_local" sport=53 dport=6003
	arrives dom0 came
	heard_from g1 stolen "meta l4proto { udp, icmpv6 }"
	inside g1 send eth0 udp6 "src=$(link_local g2)" "dst=$dom0_link_local" sport=53 dport=6003 + \
		icmp6 "src=$(link_local g1)" "dst=$dom0_link_local" type=1 code=4 "qsrc=$dom0_link_local" "qdst=$(link_local g2)" qsport=6003 qdport=53
	sleep 0.1
	arrives_not dom0 stolen
}

# asks_link_local GUEST: Dom0 asks it, from port 6003
asks_link_local() {
	dom0 perl -MSocket=:all -e 'my ($own, $guest, $vif) = @ARGV; my $link = 0 + (split / /, `cat /sys/class/net/$vif/ifindex`)[0];
		socket(my $s, AF_INET6, SOCK_DGRAM, 0); bind($s, pack_sockaddr_in6(6003, inet_pton(AF_INET6, $own), $link)) or die "$!";
		send($s, "x", 0, pack_sockaddr_in6(53, inet_pton(AF_INET6, $guest), $link)) or die "$!"' \
		"$dom0_link_local" "$(link_local "$1")" "vif${1#g}.0"
}

# own_link_local FROM IFACE [MAC]: it claims to be Dom0 by the link-local address of this interface
own_link_local() {
	local own
	own=$(ip -n "$scene-dom0" -6 -o address show dev "$2" scope link | sed 's,.*inet6 \([^/]*\)/.*,\1,')
	watch_input dom0 answered "udp dport 6050"
	inside "$1" send eth0 udp6 ${3:+dmac=$3} src="$own" dst="$own" sport=6050 dport=53
	inside "$1" send eth0 udp6 ${3:+dmac=$3} src="$own" dst="$own" sport=53 dport=6050
	sleep 0.1
	arrives_not dom0 answered
}

@test "nor who claims to be Dom0 by its link-local address, and asks it by that" {
	FAMILIES=4 host dom0 "TYPE = local" "IP = 0.0.0.0/0" "PUBLIC_PORTS = 53/udp"
	FAMILIES=6 host dom0 "TYPE = local" "IP = ::/0" "PUBLIC_PORTS = 53/udp"
	started g1
	trust_everybody
	own_link_local g1 vif1.0
	own_link_local world eth0 "$dom0_mac"
}

@test "who claims from elsewhere to be of a closed network makes no answer of what goes there" {
	local each
	host isp "TYPE = network"
	host g1 "PUBLIC_PORTS = 53/udp"
	isp_up
	knows isp g1
	started g1
	trust_everybody
	for each in "" "INTERFACE = eth1"; do
		host isp "TYPE = network" ${each:+"$each"}
		dom0 firewall reload
		trust_everybody
		begun world isp g1 6050 53
		answers_not g1 isp 53 6050
		connects isp g1 udp/53
		refuses g1 isp udp/6050
	done
}

@test "[unmanaged] is a right of what comes from there, not of who says so" {
	host isp "TYPE = domu"	# so that its address can be written
	rules "[unmanaged]" "NETWORKS = {isp}"
	isp_up
	knows isp g1
	started g1
	trust_everybody
	watch g1 reached "udp dport 7777"
	begun world isp g1 6050 7777
	sleep 0.1
	arrives_not g1 reached
	connects isp g1 udp/6050
	connects g1 isp udp/53
}

@test "FRIENDS are those who come from where they are, not who says so" {
	rules "$(lan 1 "FRIENDS = {isp}")"
	isp_up
	knows isp l1
	started
	lan_machine l1
	trust_everybody
	watch l1 reached "udp dport 7777"
	begun world isp l1 6050 7777
	sleep 0.1
	arrives_not l1 reached
	connects isp l1 udp/53
}

# ---- translated connections ----

@test "a guest behind MASQUERADE does not get what is meant for a service of Dom0's" {
	rules "$(lan 1 "MASQUERADE = eth0")"
	host dom0 "TYPE = local" "PUBLIC_PORTS = 53/udp 6000/udp"
	started
	lan_machine l1
	watch l1 stolen "udp sport 4000"
	watch_input dom0 heard "udp sport 4000"
	watch world translated "udp dport 4000"
	for port in 53 6000; do
		inside l1 send eth0 udp4 dmac="$(dom0 cat /sys/class/net/xenbr1/address)" src="$(address l1 4)" dst="$(address world 4)" sport=$port dport=4000
		inside l1 send eth0 udp6 dmac="$(dom0 cat /sys/class/net/xenbr1/address)" src="$(address l1 6)" dst="$(address world 6)" sport=$port dport=4000
		arrives world translated 2
		unwatch world
		begun world world dom0 4000 $port
		arrives dom0 heard 2
		unwatch dom0
		arrives_not l1 stolen
	done
	sees world dom0 l1 world udp/53
}

@test "a guest behind NAT does not get what is meant for another's forwarded port" {
	host p1 "NAT = yes" "PAT = 6100:53/udp" "PUBLIC_PORTS = 53/udp"
	host p2 "NAT = yes"
	started p1 p2
	trust_everybody
	watch p2 stolen "udp sport 4000"
	watch p1 heard "udp sport 4000"
	watch world translated "udp dport 4000"
	begun p2 p2 world 6100 4000
	arrives world translated 2
	begun world world dom0 4000 6100
	arrives p1 heard 2
	arrives_not p2 stolen
}

# tunnels PROTOCOL...: l1 speaks these with the world, and then the world GRE with Dom0; in both families
tunnels() {
	local family protocol
	for family in 4 6; do
		for protocol; do
			inside l1 send eth0 "ip$family" proto="$protocol" payload=20 dmac="$(dom0 cat /sys/class/net/xenbr1/address)" \
				src="$(address l1 $family)" dst="$(address world $family)"
		done
		inside world send eth0 "ip$family" proto=47 payload=20 dmac="$dom0_mac" \
			src="$(address world $family)" dst="$(address dom0 $family)"
	done
}

@test "a protocol without ports that Dom0 speaks is no guest's behind MASQUERADE" {
	rules "$(lan 1 "MASQUERADE = eth0")"
	host dom0 "TYPE = local" "PUBLIC_PORTS = */gre"
	started
	lan_machine l1
	watch l1 stolen "meta l4proto 47"
	watch_input dom0 heard "meta l4proto 47"
	watch world left "meta l4proto { 47, 50 }"
	tunnels 47 50
	arrives dom0 heard 2
	arrives_not l1 stolen
	arrives world left 4
}

@test "nor one that Dom0 speaks to others only" {
	rules "$(lan 1 "MASQUERADE = eth0")"
	host dom0 "TYPE = local" "SERVICES = */gre@{world}"
	started
	lan_machine l1
	watch l1 stolen "meta l4proto 47"
	watch dom0 came "meta l4proto 47"
	tunnels 47
	arrives dom0 came 4
	sleep 0.2
	arrives_not l1 stolen
}

# ---- what a guest says of connections ----

# error FROM TO QUOTED...: FROM tells TO that a packet of UDP could not be delivered; of both families
error() {
	local from=$1 to=$2 family frames=()
	shift 2
	for family in 4 6; do
		frames+=(${frames:++} "icmp$family" "type=$((family == 4 ? 3 : 1))" "code=$((family == 4 ? 3 : 4))"
			"src=$(address "$from" $family)" "dst=$(address "$to" $family)"
			"qsrc=$(address "$1" $family)" "qdst=$(address "$2" $family)" "qsport=$3" "qdport=$4")
	done
	inside "$from" send eth0 "${frames[@]}"
}

@test "a guest speaks of its own connections alone, not of another's" {
	host g1 "PUBLIC_PORTS = 53/udp"
	started g1 g2
	trust_everybody
	watch world told "icmp type destination-unreachable"
	watch world told6 "icmpv6 type destination-unreachable"
	begun world world g1 4000 53
	error g2 world world g1 4000 53
	sleep 0.1
	arrives_not world told
	arrives_not world told6
	error g1 world world g1 4000 53
	arrives world told
	arrives world told6
}

# The kernel sees an error behind an authentication header.
@test "nor does it behind an authentication header" {
	local error
	FAMILIES=6
	host g1 "PUBLIC_PORTS = 53/udp"
	started g1 g2
	trust_everybody
	watch world told "ip6 nexthdr 51"
	begun world world g1 4000 53
	error="icmp6 type=1 code=4 dst=$(address world 6) qsrc=$(address world 6) qdst=$(address g1 6) qsport=4000 qdport=53 ext=ah"
	# shellcheck disable=SC2086 # words
	inside g2 send eth0 $error src="$(address g2 6)"
	sleep 0.2
	arrives_not world told
	# shellcheck disable=SC2086
	inside g1 send eth0 $error src="$(address g1 6)"
	arrives world told
}

# ---- what there was before ----

# tracks: the kernel tracks connections, though no rules of ours are there
tracks() { dom0 nft "add table inet mine; add chain inet mine c { type filter hook prerouting priority 0; ct state invalid drop; }"; }

@test "who is connected when the rules come goes on, as far as the policy lets him begin; and who is logged in to Dom0" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 53/udp"
	host l1 "TYPE = network" "PUBLIC_PORTS = 53/udp 80"
	lans_up
	lan_machine l1
	knows world l1
	serve dom0
	tracks
	connects world l1 udp/53 tcp/80
	for FAMILIES in 4 6; do
		hold ssh$FAMILIES world dom0 tcp/22
		hold own$FAMILIES world dom0 udp/53
		hold lan$FAMILIES world l1 udp/53
		hold web$FAMILIES world l1 tcp/80
		hold closed$FAMILIES world l1 udp/22
		hold denied$FAMILIES world dom0 udp/123
	done
	unset FAMILIES
	dom0 firewall start
	for each in {ssh,own,lan,web}{4,6}; do held "$each"; done
	for each in {closed,denied}{4,6}; do run ! held "$each"; done
	refuses world dom0 tcp/22
	dom0 firewall reload
	for each in {ssh,own,lan,web}{4,6}; do held "$each"; done
}

@test "other bits of a connection's mark are somebody else's" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 53/udp"
	serve dom0
	configure XEN=yes "CONNECTION_MARK = 0x00030000"
	host dom0 "TYPE = local" "PUBLIC_PORTS = 53/udp"
	dom0 nft "add table inet mine; add chain inet mine c { type filter hook prerouting priority -100; ct state new ct mark set 0x5; }"
	FAMILIES=4 hold old world dom0 udp/53
	dom0 firewall start
	held old
	connects world dom0 udp/53
	uses_iptables || dom0 nft list table inet taofirewall | grep -q 'ct mark set ct mark | 0x00010000'
	[[ $(dom0 cat /proc/net/nf_conntrack) != *" mark=5 "* ]]
	[[ $(dom0 conntrack -L) == *" mark=65541 "* && $(dom0 conntrack -L) == *" mark=196613 "* ]]
}

@test "what the kernel saw on a bridge first is let begin when it is routed, unless it would be translated" {
	host g1 "PUBLIC_PORTS = 22 53/udp"
	bridge_create
	dom0 firewall start
	guest_create g1
	attach g1
	trust_everybody
	inside lan sh -c 'cd /proc/sys/net/ipv4; echo 1 >ip_forward; echo 0 >conf/all/send_redirects; echo 0 >conf/eth0/send_redirects'
	namespace_add other
	ip -n "$scene-other" link add eth0 type veth peer name other0 netns "$scene-dom0"
	ip -n "$scene-dom0" link set other0 master xenbr0 up
	ip -n "$scene-other" -batch - <<-END
		link set eth0 up
		address add 192.0.2.150/25 dev eth0
		route add default via $(address lan 4)
	END
	br_netfilter 1	# frames to the LAN's router are tracked, and come back to be routed
	FAMILIES=4 connects other g1 tcp/22 udp/53
	FAMILIES=4 refuses other g1 tcp/80
}

# dccp FROM TO SPORT DPORT: a request of each family
dccp() {
	local family
	for family in ${FAMILIES:-4 6}; do
		inside "$1" python3 - "$(address "$2" "$family")" "$3" "$4" <<-'END'
			import socket, struct, sys
			family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
			wire = socket.socket(family, socket.SOCK_RAW, 33)
			wire.connect((sys.argv[1], 0))
			request = lambda sum: struct.pack("!HHBBHBBHIII", int(sys.argv[2]), int(sys.argv[3]), 5, 0, sum, 1, 0, 0, 1, 0, 0)
			ends = [socket.inet_pton(family, each) for each in (wire.getsockname()[0], sys.argv[1])]
			data = b"".join(ends) + struct.pack("!II", len(request(0)), 33) + request(0)
			sum = sum(struct.unpack("!%dH" % (len(data) // 2), data))
			wire.send(request(0xffff - (sum % 0xffff)))
		END
	done
}

@test "one port of a protocol that the kernel tracks without ports lets no other one on" {	# DCCP, from Linux 6.16 on
	host g1 "PUBLIC_PORTS = 80/dccp"
	dom0 firewall start
	guest_create g1
	attach g1
	watch g1 open "meta l4proto 33 th dport 80"
	watch g1 closed "meta l4proto 33 th dport 443"
	dccp world g1 1000 80
	dccp g1 world 80 1000
	dccp world g1 1000 443
	dccp world g1 1000 80
	arrives g1 open 4
	arrives_not g1 closed
}

@test "and goes on by each packet, also with an address of NAT" {
	host g1 "NAT = yes"
	dom0 firewall start
	guest_create g1
	attach g1
	watch world calls "meta l4proto 33 th dport 80"
	FAMILIES=4 dccp g1 world 1000 80
	FAMILIES=4 dccp g1 world 1000 80
	arrives world calls 2
}

@test "nor does one that was there before the rules" {
	dom0 firewall start
	guest_create g1
	attach g1
	watch g1 closed "meta l4proto 33 th dport 443"
	watch world begun "meta l4proto 33 th dport 1000"
	dccp g1 world 80 1000
	arrives world begun 2
	dom0 firewall reload
	dccp world g1 1000 443
	arrives_not g1 closed
}

# tcp_frame FROM MAC SOURCE DESTINATION SPORT DPORT FLAGS SEQUENCE ACKNOWLEDGED: one packet of TCP in IPv4
tcp_frame() {
	inside "$1" python3 - "${@:2}" <<-'END'
		import socket, struct, sys
		mac, source, destination, sport, dport, flags, sequence, acknowledged = sys.argv[1:]
		def checksum(data):	# RFC 1071, of an even number of bytes
		    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
		    total = (total & 0xffff) + (total >> 16)
		    return ~(total + (total >> 16)) & 0xffff
		ends = socket.inet_aton(source) + socket.inet_aton(destination)
		body = struct.pack("!HHIIBBHHH", int(sport), int(dport), int(sequence), int(acknowledged), 0x50,
		                   int(flags), 65535, 0, 0)
		body = body[:16] + struct.pack("!H", checksum(ends + struct.pack("!HH", 6, 20) + body)) + body[18:]
		head = struct.pack("!BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + ends
		head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
		wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		wire.bind(("eth0", 0))
		own = open("/sys/class/net/eth0/address").read()
		bytes_of = lambda mac: bytes(int(part, 16) for part in mac.split(":"))
		wire.send(bytes_of(mac) + bytes_of(own) + b"\x08\x00" + head + body)
	END
}

# speaks_tcp FROM TO PORT: it calls from the port of the handshake, as the kernel does
speaks_tcp() {
	inside "$1" python3 -c 'import socket, sys
call = socket.socket()
call.bind((sys.argv[1], 5000))
call.settimeout(3)
call.connect((sys.argv[2], int(sys.argv[3])))' "$(address "$1" 4)" "$(address "$2" 4)" "$3"
}

# The kernel tracks what passes a bridge where br_netfilter is on, and by itself where it can.
@test "what Dom0 says to itself when the rules come is nobody else's" {
	FAMILIES=6
	serve dom0
	dom0 firewall start
	connects dom0 dom0 udp/53
	own=$(dom0 conntrack -L -f ipv6 -p udp --orig-src "$(address dom0 6)" --dport 53 2>/dev/null | sed 's/.* sport=\([0-9]*\) dport=53 .*/\1/;q')
	dom0 firewall reload
	watch_input dom0 answered "iifname eth0 udp sport 53"
	inside world send eth0 udp6 "dmac=$dom0_mac" "src=$(address dom0 6)" "dst=$(address dom0 6)" sport=53 dport="$own"
	sleep 0.1
	arrives_not dom0 answered
}

@test "a handshake that neighbours on a bridge pretend is none with Dom0 when the rules come" {
	local b1 dom0
	bridge_create
	br_netfilter 1
	host b1 "FIREWALL = no"
	host dom0 "TYPE = local" "IP = {bridge}" "PUBLIC_PORTS = 53"
	serve dom0
	dom0 firewall start
	FAMILIES=4
	bridged_create b1
	attach b1
	b1=$(address b1 4) dom0=$(address bridge 4)
	ip -n "$scene-b1" address delete "$b1/25" dev eth0
	tcp_frame b1 "$lan_mac" "$b1" "$dom0" 5000 22 2 100 0
	tcp_frame lan "$(mac b1)" "$dom0" "$b1" 22 5000 18 900 101
	tcp_frame b1 "$lan_mac" "$b1" "$dom0" 5000 22 16 101 901
	eventually dom0 grep -q "ESTABLISHED src=$b1 dst=$dom0 sport=5000 .*ASSURED" /proc/net/nf_conntrack
	ip -n "$scene-b1" address add "$b1/25" dev eth0
	dom0 firewall reload
	run ! speaks_tcp b1 bridge 22
	speaks_tcp b1 bridge 53
}

@test "who is logged in by a port that another program leads to this machine's goes on" {
	dom0 nft -f - <<-END
		table inet other {
			chain arriving {
				type nat hook prerouting priority -110
				tcp dport 2222 redirect to :22
			}
		}
	END
	serve dom0
	tracks
	for FAMILIES in 4 6; do hold led$FAMILIES world dom0 tcp/2222; done
	unset FAMILIES
	dom0 firewall start
	for each in led4 led6; do held $each; done
	refuses world dom0 tcp/2222
}
