#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# On a bridge nobody says that he is somebody else. Each frame is really sent, and not seen by the neighbour; without
# rules the same frame is seen. What a guest needs to say passes.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	configure XEN=yes
	bridge_create
	frames=() labels=() matches=()
}

# neighbours GUEST...: they are on the bridge, and nothing but rules keeps them from anything
neighbours() {
	local each
	dom0 firewall start
	for each; do
		vif_create "$each"
		lan_address "$each"
	done
	trust_everybody
}

# hear_reports: what multicast listeners and routers say goes to everybody, not only to routers
hear_reports() { ip -n "$scene-dom0" link set xenbr0 type bridge mcast_snooping 0; }

# frame LABEL MATCH WORD...: one more frame to send; by MATCH, an nft expression, the neighbour knows it
frame() {
	labels+=("$1") matches+=("$2")
	shift 2
	frames+=("$*")
}

# send_all FROM TO: each frame once, to the neighbour's MAC where the frame does not name another
send_all() {
	local each
	for each in "${frames[@]}"; do
		[[ " $each " == *" dmac="* ]] || each="${each/ / dmac=$(mac_of "$2") }"
		# shellcheck disable=SC2086 # words
		inside "$1" send eth0 $each
	done
}

mac_of() { if [ "$1" = lan ]; then echo "$lan_mac"; else mac "$1"; fi; }

watch_all() {
	local i
	for i in "${!labels[@]}"; do watch_frames "$1" "${labels[i]}" "${matches[i]}"; done
	watch_frames "$1" end "udp dport 7999"
}

# seen_all NAME: what arrived there, one "LABEL COUNT" a line
seen_all() { inside "$1" nft list counters | awk '$1 == "counter" { name = substr($2, 4) } $1 == "packets" { print name, $2 }'; }

# mark_end FROM TO: an honest packet that comes behind all others, and is waited for
mark_end() {
	local before
	before=$(seen "$2" end)
	inside "$1" send eth0 udp4 dmac="$(mac_of "$2")" src="$(address "$1" 4)" dst="$(address "$2" 4)" dport=7999
	arrives "$2" end $((before + 1))
}

# none_pass FROM TO: none of the frames arrives, each is counted for its vif, and without rules all of them arrive
none_pass() {
	local from=$1 to=$2 counted=0
	[ "$from" = lan ] || counted=$(dropped spoofed "$(vif "$from")" bridge)
	watch_all "$to"
	send_all "$from" "$to"
	if [ "$from" = lan ]; then sleep 0.2; else mark_end "$from" "$to"; fi
	equal "what arrived" "$(seen_all "$to" | grep -v -e ' 0$' -e '^end')" ""
	[ "$from" = lan ] || equal "the drops counted for $from" \
		"$(dropped spoofed "$(vif "$from")" bridge)" $((counted + ${#frames[@]}))
	dom0 firewall stop
	send_all "$from" "$to"
	mark_end "$from" "$to"
	equal "what did not arrive without rules" "$(seen_all "$to" | grep ' 0$')" ""
	dom0 firewall start
	frames=() labels=() matches=()
	inside "$to" nft delete table netdev seen
}

# all_pass FROM TO: every one of the frames arrives
all_pass() {
	watch_all "$2"
	send_all "$1" "$2"
	mark_end "$1" "$2"
	equal "what did not arrive" "$(seen_all "$2" | grep ' 0$')" ""
	frames=() labels=() matches=()
	inside "$2" nft delete table netdev seen
}

@test "a frame from another MAC does not pass, be it the neighbour's, the bridge's or anybody's" {
	neighbours b1 b2 b3
	attach b1
	attach b2
	attach b3
	frame neighbour "udp dport 7001" udp4 smac="$(mac b3)" src="$(address b1 4)" dst="$(address b2 4)" dport=7001
	frame bridge "udp dport 7002" udp4 smac="$bridge_mac" src="$(address b1 4)" dst="$(address b2 4)" dport=7002
	frame lan "udp dport 7003" udp6 smac="$lan_mac" src="$(address b1 6)" dst="$(address b2 6)" dport=7003
	frame arp "arp operation request" arp smac="$(mac b3)" sha="$(mac b1)" spa="$(address b1 4)" tpa="$(address b2 4)"
	none_pass b1 b2
	equal "where the MAC of b3 is" "$(bridge -n "$scene-dom0" fdb show | awk -v mac="$(mac b3)" '$1 == mac { print $3 }' | sort -u)" vif13.0
}

@test "a packet from another IP address does not pass" {
	local each port=7100
	neighbours b1 b2 b3
	for each in b1 b2 b3; do attach $each; done
	for each in b2 b3 bridge lan 192.0.2.200 203.0.113.66 127.0.0.1 224.0.0.5 0.0.0.0; do
		frame "from$((++port))" "udp dport $port" udp4 src="$(address $each 4)" dst="$(address b2 4)" dport=$port
	done
	for each in b2 b3 bridge lan 2001:db8:b:1::99 2001:db8:f::1 ::1 ff02::1 fe80::1 "$(link_local b3)" ::; do
		frame "from$((++port))" "udp dport $port" udp6 src="$(address "$each" 6)" dst="$(address b2 6)" dport=$port
	done
	none_pass b1 b2
}

@test "ARP with another sender does not pass, in any of its forms" {
	local each
	neighbours b1 b2 b3
	for each in b1 b2 b3; do attach $each; done
	frame request "arp operation request arp saddr ip $(address b3 4)" arp spa="$(address b3 4)" tpa="$(address b2 4)"
	frame reply "arp operation reply arp saddr ip $(address bridge 4)" arp op=reply spa="$(address bridge 4)" tpa="$(address b2 4)"
	frame gratuitous "arp saddr ip $(address lan 4)" arp spa="$(address lan 4)" tpa="$(address lan 4)" dmac=ff:ff:ff:ff:ff:ff
	frame mac "arp saddr ether $(mac b3)" arp sha="$(mac b3)" spa="$(address b1 4)" tpa="$(address b2 4)"
	frame probe "arp daddr ip 192.0.2.201" arp spa=0.0.0.0 tpa=192.0.2.201 dmac=ff:ff:ff:ff:ff:ff
	frame probed_reply "arp operation reply arp saddr ip 0.0.0.0" arp op=reply spa=0.0.0.0 tpa="$(address b1 4)"
	frame hardware "arp htype 6" arp htype=6 spa="$(address b1 4)" tpa="$(address b2 4)"
	frame protocol "arp ptype 0x86dd" arp ptype=0x86dd spa="$(address b1 4)" tpa="$(address b2 4)"
	frame size "arp hlen 8" arp hlen=8 spa="$(address b1 4)" tpa="$(address b2 4)"
	frame size_of_address "arp plen 16" arp plen=16 spa="$(address b1 4)" tpa="$(address b2 4)"
	frame reverse "arp operation 3" arp op=3 spa="$(address b1 4)" tpa="$(address b2 4)"
	none_pass b1 b2
}

@test "an advertisement of another's address does not pass, nor its own with another's MAC" {
	local each nd na="icmpv6 type nd-neighbor-advert"
	nd="icmp6 hops=255 src=$(address b1 6) dst=$(address b2 6)"
	neighbours b1 b2 b3
	for each in b1 b2 b3; do attach $each; done
	frame neighbour "$na @th,64,128 0x20010db8000b00010000000000000013" "$nd" type=136 target="$(address b3 6)" option=2
	frame gateway "$na @th,64,128 0x20010db8000b00010000000000000001" "$nd" type=136 target="$(address bridge 6)" option=2
	frame router "$na @th,64,128 0xfe800000000000000000000000000001" "$nd" type=136 target=fe80::1
	frame option "$na @th,208,48 0x00163e00000d" "$nd" type=136 target="$(address b1 6)" option="2:$(mac b3)"
	frame two "$na ip6 length 40" "$nd" type=136 target="$(address b1 6)" option=2 option="2:$(mac b3)"
	frame kind "$na @th,192,16 0x0101" "$nd" type=136 target="$(address b1 6)" option="1:$(mac b1)"
	frame behind "$na exthdr dst exists" "$nd" type=136 target="$(address b1 6)" ext=dst
	frame atomic "$na exthdr frag exists" "$nd" type=136 target="$(address b1 6)" ext=frag
	frame solicit "icmpv6 type nd-neighbor-solicit @th,208,48 0x00163e00000d" "$nd" type=135 target="$(address b2 6)" option="1:$(mac b3)"
	frame solicit_two "icmpv6 type nd-neighbor-solicit ip6 length 40" "$nd" type=135 target="$(address b2 6)" option=1 option="1:$(mac b3)"
	frame solicit_router "icmpv6 type nd-router-solicit" "$nd" type=133 option="1:$(mac b3)"
	frame detection "ether saddr $(mac b1) icmpv6 type nd-neighbor-solicit ip6 saddr :: ip6 length 24" icmp6 hops=255 src=:: dst=ff02::1:ff00:13 type=135 target="$(address b3 6)" dmac=33:33:ff:00:00:13
	frame detection_option "icmpv6 type nd-neighbor-solicit @th,192,16 0x0101 ip6 saddr ::" icmp6 hops=255 src=:: dst=ff02::1:ff00:11 type=135 target="$(address b1 6)" option=1 dmac=33:33:ff:00:00:11
	none_pass b1 b2
}

@test "a guest is no router: advertisements, redirects and queries do not pass, hidden or not" {
	local from ra="icmpv6 type nd-router-advert"
	hear_reports
	neighbours b1 b2
	attach b1
	attach b2
	from="icmp6 hops=255 src=$(link_local b1) dst=ff02::1 dmac=33:33:00:00:00:01"
	frame plain "$ra exthdr dst missing exthdr hbh missing exthdr frag missing" "$from" type=134 payload=8
	frame destination "$ra exthdr dst exists exthdr frag missing" "$from" type=134 payload=8 ext=dst
	frame hop "$ra exthdr hbh exists" "$from" type=134 payload=8 ext=hop
	frame atomic "$ra exthdr frag exists exthdr dst missing" "$from" type=134 payload=8 ext=frag
	# RFC 7113: the first fragment ends before ICMPv6 begins
	frame first "frag frag-off 0 frag more-fragments 1" "$from" type=134 payload=8 ext=frag0+ ext=dst cut=16
	frame second "frag frag-off 1" "$from" type=134 payload=8 ext=frag8 next=60
	frame unlike "frag frag-off 0 frag more-fragments 1 ip6 hoplimit 64" "$from" hops=64 type=134 payload=8 ext=frag0+ next=60 cut=8
	frame unicast "$ra ip6 daddr $(address b2 6)" icmp6 hops=255 src="$(link_local b1)" dst="$(address b2 6)" type=134 payload=8
	frame redirect "icmpv6 type nd-redirect" "$from" type=137 target="$(address b2 6)" payload=16
	frame query "icmpv6 type mld-listener-query" "$from" type=130 payload=16
	frame multicast_router "icmpv6 type 151" "$from" type=151
	frame source_routed "rt type 0" udp6 src="$(address b1 6)" dst="$(address b2 6)" ext=rt
	frame redirect4 "icmp type redirect" icmp4 src="$(address b1 4)" dst="$(address b2 4)" type=5 payload=28
	frame advert4 "icmp type router-advertisement" icmp4 src="$(address b1 4)" dst="$(address b2 4)" type=9 payload=8
	frame query4 "igmp type membership-query" ip4 src="$(address b1 4)" dst=224.0.0.1 proto=2 type=0x11 payload=7 dmac=01:00:5e:00:00:01
	frame pim4 "ip protocol pim" ip4 src="$(address b1 4)" dst=224.0.0.13 proto=103 payload=8 dmac=01:00:5e:00:00:0d
	frame pim6 "ip6 nexthdr pim" ip6 src="$(link_local b1)" dst=ff02::d proto=103 payload=8 dmac=33:33:00:00:00:0d
	none_pass b1 b2
}

@test "a guest is no DHCP server: replies do not pass, from whichever port" {
	neighbours b1 b2
	attach b1
	attach b2
	frame reply4 "udp sport 67 udp dport 68" udp4 src="$(address b1 4)" dst=255.255.255.255 sport=67 dport=68 payload=240 dmac=ff:ff:ff:ff:ff:ff
	frame port4 "udp sport 4011 udp dport 68" udp4 src="$(address b1 4)" dst="$(address b2 4)" sport=4011 dport=68 payload=240
	frame relay4 "udp sport 67 udp dport 67" udp4 src="$(address b1 4)" dst="$(address b2 4)" sport=67 dport=67 payload=240
	frame nobody4 "udp sport 67 ip saddr 0.0.0.0" udp4 src=0.0.0.0 dst=255.255.255.255 sport=67 dport=68 dmac=ff:ff:ff:ff:ff:ff
	frame reply6 "udp sport 547 udp dport 546 exthdr dst missing" udp6 src="$(link_local b1)" dst="$(link_local b2)" sport=547 dport=546 payload=60
	frame port6 "udp sport 4011 udp dport 546" udp6 src="$(address b1 6)" dst="$(address b2 6)" sport=4011 dport=546 payload=60
	frame relay6 "udp sport 547 udp dport 547" udp6 src="$(address b1 6)" dst="$(address b2 6)" sport=547 dport=547 payload=60
	frame hidden6 "udp sport 547 exthdr dst exists" udp6 src="$(link_local b1)" dst="$(link_local b2)" sport=547 dport=546 payload=60 ext=dst
	# all that announces the ports, and the ports in the next fragment
	frame fragment6 "frag frag-off 0 frag more-fragments 1" udp6 src="$(link_local b1)" dst="$(link_local b2)" sport=547 dport=546 payload=60 ext=frag0+ ext=dst cut=16
	none_pass b1 b2
}

@test "nothing but IPv4, IPv6 and ARP passes: no tags, and no other protocols" {
	neighbours b1 b2
	attach b1
	attach b2
	frame arp_tagged "vlan id 7" arp vlan=7 spa="$(address b2 4)" tpa="$(address b1 4)"
	frame honest_tagged "vlan id 8" udp4 vlan=8 src="$(address b1 4)" dst="$(address b2 4)"
	frame advert_priority "ether type vlan vlan id 0" icmp6 vlan=0 hops=255 src="$(link_local b1)" dst=ff02::1 type=134 payload=8 dmac=33:33:00:00:00:01
	frame double "ether type 0x88a8" arp vlan=0x88a8:9 vlan=7 spa="$(address b2 4)" tpa="$(address b1 4)"
	frame lldp "ether type 0x88cc" ether type=0x88cc
	frame pppoe "ether type 0x8863" ether type=0x8863
	frame backbone "ether type 0x88e7" ether type=0x88e7
	frame rarp "ether type 0x8035" ether type=0x8035
	frame eapol "ether type 0x888e" ether type=0x888e
	frame llc "ether type 0x0026" ether type=0x26
	none_pass b1 b2
}

@test "what a guest says to the bridge itself does not reach this machine" {
	neighbours b1
	attach b1
	dom0 nft -f - <<-'END'
		table netdev seen {
			counter of_lldp { }
			chain arrived {
				type filter hook ingress device vif11.0 priority 0
				ether type 0x88cc counter name of_lldp
			}
		}
	END
	inside b1 send eth0 count=3 ether type=0x88cc dmac=01:80:c2:00:00:03
	arrives dom0 lldp 3
	equal "drops" "$(dropped spoofed vif11.0 bridge)" 3
}

# learns_nothing: b1 says to LLDP's address, and to some others of the bridge's own, that it is the LAN
learns_nothing() {
	inside lan send eth0 arp dmac=ff:ff:ff:ff:ff:ff spa="$(address lan 4)" tpa="$(address lan 4)"
	equal "where the LAN's MAC is" "$(learnt "$lan_mac")" lan0
	for each in 00 03 0e 0f; do
		inside b1 send eth0 ether type=0x88cc smac="$lan_mac" dmac=01:80:c2:00:00:$each
	done
	equal "where the LAN's MAC is" "$(learnt "$lan_mac")" lan0
	inside b1 send eth0 udp4 dmac=ff:ff:ff:ff:ff:ff src="$(address b1 4)" dst=192.0.2.255
	eventually is_at "$(mac b1)" vif11.0
}

learnt() { bridge -n "$scene-dom0" fdb show br xenbr0 | awk -v mac="$1" '$1 == mac { print $3 }'; }

@test "a port that learns learns nothing from what a guest says to the bridge itself" {
	neighbours b1
	ip -n "$scene-b1" link add eth1 address "$(mac b1)" type veth peer name vif11.0-emu netns "$scene-dom0"
	attach b1 type=vif_ioemu
	scene_script=${scene_script%/*}/vif-bridge-taofw tap add 11 0
	learns_nothing
}

@test "nor does the port of a guest of Xen's own script, from a reload on" {
	neighbours b1
	store_vif 11 0 "mac=$(mac b1)" "ip=$(address b1 4) $(address b1 6)" script=/etc/xen/scripts/vif-bridge state=4
	ip -n "$scene-dom0" link set vif11.0 master xenbr0 up
	dom0 firewall reload
	learns_nothing
}

is_at() { bridge -n "$scene-dom0" fdb show br xenbr0 | grep -q "^$1 dev $2 "; }

@test "what a guest needs passes: it is found, finds others, and has its addresses" {
	local each nd na nobody
	hear_reports
	neighbours b1 b2
	attach b1
	attach b2
	nd="icmp6 hops=255 src=$(address b1 6) dst=$(address b2 6)"
	nobody="icmp6 hops=255 src=:: dst=ff02::1:ff00:11 dmac=33:33:ff:00:00:11"
	frame udp4 "udp dport 7001" udp4 src="$(address b1 4)" dst="$(address b2 4)" dport=7001
	frame udp6 "udp dport 7002" udp6 src="$(address b1 6)" dst="$(address b2 6)" dport=7002
	frame tcp4 "tcp dport 7003" tcp4 src="$(address b1 4)" dst="$(address b2 4)" dport=7003
	frame broadcast "udp dport 7004" udp4 src="$(address b1 4)" dst=192.0.2.255 dport=7004 dmac=ff:ff:ff:ff:ff:ff
	frame multicast4 "ip daddr 224.0.0.251" udp4 src="$(address b1 4)" dst=224.0.0.251 dport=5353 dmac=01:00:5e:00:00:fb
	frame multicast6 "ip6 daddr ff02::fb" udp6 src="$(link_local b1)" dst=ff02::fb dport=5353 dmac=33:33:00:00:00:fb
	frame report4 "igmp type 0x22" ip4 src="$(address b1 4)" dst=224.0.0.22 proto=2 type=0x22 payload=15 dmac=01:00:5e:00:00:16
	frame arp_request "arp operation request arp daddr ip $(address b2 4)" arp spa="$(address b1 4)" tpa="$(address b2 4)"
	frame arp_reply "arp operation reply" arp op=reply spa="$(address b1 4)" tpa="$(address b2 4)" tha="$(mac b2)"
	frame arp_gratuitous "arp saddr ip $(address b1 4) arp daddr ip $(address b1 4)" arp spa="$(address b1 4)" tpa="$(address b1 4)" dmac=ff:ff:ff:ff:ff:ff
	frame arp_probe "arp saddr ip 0.0.0.0" arp spa=0.0.0.0 tpa="$(address b1 4)" dmac=ff:ff:ff:ff:ff:ff
	frame solicit "icmpv6 type nd-neighbor-solicit @th,208,48 0x00163e00000b" "$nd" type=135 target="$(address b2 6)" option=1
	frame solicit_bare "icmpv6 type nd-neighbor-solicit ip6 length 24" "$nd" type=135 target="$(address b2 6)"
	frame solicit_nonce "icmpv6 type nd-neighbor-solicit @th,192,16 0x0e01 ip6 saddr $(address b1 6)" "$nd" type=135 target="$(address b2 6)" option=14
	frame solicit_local "icmpv6 type nd-neighbor-solicit ip6 saddr $(link_local b1)" icmp6 hops=255 src="$(link_local b1)" dst="$(address b2 6)" type=135 target="$(address b2 6)" option=1
	frame advert "icmpv6 type nd-neighbor-advert ip6 length 32" "$nd" type=136 target="$(address b1 6)" option=2
	frame advert_bare "icmpv6 type nd-neighbor-advert ip6 length 24" "$nd" type=136 target="$(address b1 6)"
	frame advert_local "icmpv6 type nd-neighbor-advert ip6 saddr $(link_local b1)" icmp6 hops=255 src="$(link_local b1)" dst="$(address b2 6)" type=136 target="$(link_local b1)" option=2
	frame detection "icmpv6 type nd-neighbor-solicit ip6 saddr :: ip6 length 24" "$nobody" type=135 target="$(address b1 6)"
	frame detection_nonce "icmpv6 type nd-neighbor-solicit ip6 saddr :: ip6 length 32" "$nobody" type=135 target="$(link_local b1)" option=14
	frame router "icmpv6 type nd-router-solicit ip6 length 16" icmp6 hops=255 src="$(link_local b1)" dst=ff02::2 type=133 option=1 dmac=33:33:00:00:00:02
	frame router_bare "icmpv6 type nd-router-solicit ip6 length 8 ip6 saddr $(link_local b1)" icmp6 hops=255 src="$(link_local b1)" dst=ff02::2 type=133 dmac=33:33:00:00:00:02
	frame router_early "icmpv6 type nd-router-solicit ip6 saddr ::" icmp6 hops=255 src=:: dst=ff02::2 type=133 dmac=33:33:00:00:00:02
	frame listener "icmpv6 type mld2-listener-report ip6 saddr $(link_local b1)" icmp6 hops=1 src="$(link_local b1)" dst=ff02::16 type=143 payload=20 ext=hop dmac=33:33:00:00:00:16
	frame listener_early "icmpv6 type mld2-listener-report ip6 saddr ::" icmp6 hops=1 src=:: dst=ff02::16 type=143 payload=20 ext=hop dmac=33:33:00:00:00:16
	frame dhcp4 "udp sport 68 udp dport 67 ip saddr 0.0.0.0" udp4 src=0.0.0.0 dst=255.255.255.255 sport=68 dport=67 payload=240 dmac=ff:ff:ff:ff:ff:ff
	frame dhcp4_renewal "udp sport 68 udp dport 67 ip saddr $(address b1 4)" udp4 src="$(address b1 4)" dst="$(address b2 4)" sport=68 dport=67 payload=240
	frame dhcp6 "udp sport 546 udp dport 547" udp6 src="$(link_local b1)" dst=ff02::1:2 sport=546 dport=547 payload=60 dmac=33:33:00:01:00:02
	frame behind "exthdr dst exists udp dport 7005" udp6 src="$(address b1 6)" dst="$(address b2 6)" dport=7005 ext=dst
	all_pass b1 b2
	equal "drops" "$(dropped spoofed vif11.0 bridge)" 0
}

@test "neighbours speak with each other and with Dom0, in whole packets, fragments and over link-local addresses" {
	dom0 firewall start
	rules "[icmp]" "ACCEPT = echo-request"
	dom0 firewall reload
	bridged_create b1 b2
	attach b1
	attach b2
	pings b1 b2
	pings b2 b1 -s 3000
	pings b1 bridge
	connects b1 b2 tcp/80 udp/53
	inside b1 ping -n -q -c 1 -w 5 "$(link_local b2)%eth0"
	equal "drops of b1" "$(dropped spoofed vif11.0 bridge)" 0
	equal "drops of b2" "$(dropped spoofed vif12.0 bridge)" 0
}

@test "a guest that detects duplicates gets its addresses" {
	dom0 firewall start
	neighbours b1 b2
	ip -n "$scene-b2" link set eth0 down
	ip -n "$scene-b2" address flush dev eth0
	# shellcheck disable=SC2016 # the inner shell's
	inside b2 sh -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_dad'
	attach b1
	attach b2
	ip -n "$scene-b2" link set eth0 up
	ip -n "$scene-b2" address add "$(address b2 6)/64" dev eth0
	eventually has_addresses b2
	FAMILIES=6 pings b2 b1
	equal "drops of b2" "$(dropped spoofed vif12.0 bridge)" 0
}

has_addresses() {
	local out
	out=$(ip -n "$scene-$1" -6 -o address show dev eth0)
	[[ $out == *" $(address "$1" 6)/"* && $out == *" fe80::"* && $out != *tentative* && $out != *dadfailed* ]]
}

@test "a guest whose traffic Dom0 routes comes through, and its address from elsewhere does not" {
	dom0 firewall start
	serve world
	guest_create g1
	bridged_create b1
	attach g1
	attach b1
	host g1 "PUBLIC_PORTS = 80"
	dom0 firewall reload
	connects b1 world tcp/80 udp/53
	connects b1 g1 tcp/80
	trust_everybody
	watch g1 spoofed "udp dport 7777"
	send_as world b1 g1 dport=7777
	send_as world world g1 dport=7777
	connects world g1 tcp/80
	arrives_not g1 spoofed
	# somebody on the LAN claims to be the routed guest, or the bridged one
	inside lan send eth0 udp4 dmac="$bridge_mac" src="$(address b1 4)" dst="$(address world 4)" dport=7778 + \
		udp4 dmac="$bridge_mac" src="$(address g1 4)" dst="$(address world 4)" dport=7778
	watch world spoofed "udp dport 7778"
	connects b1 world tcp/80
	arrives_not world spoofed
}

@test "a port that is no guest's does not bring a guest's address, whether it is bridged or routed" {
	local each
	guest_create g1
	neighbours b1 b2
	attach g1
	attach b1
	attach b2
	frame bridged4 "ip saddr $(address b1 4)" udp4 src="$(address b1 4)" dst="$(address b2 4)"
	frame bridged6 "ip6 saddr $(address b1 6)" udp6 src="$(address b1 6)" dst="$(address b2 6)"
	frame local6 "ip6 saddr $(link_local b1) udp sport 40000" udp6 src="$(link_local b1)" dst="$(link_local b2)"
	frame routed4 "ip saddr $(address g1 4)" udp4 src="$(address g1 4)" dst="$(address b2 4)"
	frame routed6 "ip6 saddr $(address g1 6)" udp6 src="$(address g1 6)" dst="$(address b2 6)"
	frame arp "arp saddr ip $(address b1 4)" arp op=reply spa="$(address b1 4)" tpa="$(address b2 4)"
	frame arp_tagged "vlan id 7" arp vlan=7 spa="$(address b1 4)" tpa="$(address b2 4)"
	frame advert "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src="$(address lan 6)" dst="$(address b2 6)" type=136 target="$(address b1 6)" option=2
	frame advert_routed "icmpv6 type nd-neighbor-advert ip6 daddr ff02::1" icmp6 hops=255 src="$(address lan 6)" dst=ff02::1 type=136 target="$(address g1 6)" dmac=33:33:00:00:00:01
	none_pass lan b2
}

@test "a vif without addresses has its MAC, and any address but other guests' and this machine's" {
	local each nd na="icmpv6 type nd-neighbor-advert"
	guest_create g1
	neighbours b1 b2 b3
	attach g1
	attach b1 ip=
	attach b2
	attach b3
	nd="icmp6 hops=255 src=2001:db8:b:1::77 dst=$(address b2 6)"
	frame mac "udp dport 7001" udp4 smac="$(mac b3)" src=192.0.2.201 dst="$(address b2 4)" dport=7001
	for each in b2 b3 g1 bridge; do
		frame "ip4$each" "ip saddr $(address $each 4) udp sport 40000" udp4 src="$(address $each 4)" dst="$(address b2 4)"
		frame "ip6$each" "ip6 saddr $(address $each 6) udp sport 40000" udp6 src="$(address $each 6)" dst="$(address b2 6)"
		frame "arp$each" "arp saddr ip $(address $each 4)" arp op=reply spa="$(address $each 4)" tpa="$(address b2 4)"
		frame "probe$each" "arp saddr ip 0.0.0.0 arp daddr ip $(address $each 4)" arp spa=0.0.0.0 tpa="$(address $each 4)"
		frame "na$each" "$na @th,176,16 0x$(printf %04x "0x${scene_addresses[$each 6]##*:}")" "$nd" type=136 target="$(address $each 6)" option=2
		frame "detection$each" "icmpv6 type nd-neighbor-solicit ip6 saddr :: @th,176,16 0x$(printf %04x "0x${scene_addresses[$each 6]##*:}")" \
			icmp6 hops=255 src=:: dst=ff02::1:ff00:1 type=135 target="$(address $each 6)" dmac=33:33:ff:00:00:01
	done
	frame local "ip6 saddr $(link_local b3) udp sport 40000" udp6 src="$(link_local b3)" dst="$(address b2 6)"
	frame local_bridge "ip6 saddr fe80::200:5eff:fe00:5303 udp sport 40000" udp6 src=fe80::200:5eff:fe00:5303 dst="$(address b2 6)"
	frame option "$na @th,208,48 0x00163e00000d" "$nd" type=136 target=2001:db8:b:1::77 option="2:$(mac b3)"
	frame detection_option "icmpv6 type nd-neighbor-solicit @th,192,16 0x0101 ip6 saddr ::" icmp6 hops=255 src=:: dst=ff02::1:ff00:77 type=135 target=2001:db8:b:1::77 option=1 dmac=33:33:ff:00:00:77
	frame router "icmpv6 type nd-router-advert" icmp6 hops=255 src="$(link_local b1)" dst=ff02::1 type=134 payload=8 dmac=33:33:00:00:00:01
	frame server "udp dport 68" udp4 src=192.0.2.201 dst=255.255.255.255 sport=67 dport=68 dmac=ff:ff:ff:ff:ff:ff
	frame tagged "vlan id 7" udp4 vlan=7 src=192.0.2.201 dst="$(address b2 4)"
	none_pass b1 b2

	frame ip4 "udp dport 7001" udp4 src=192.0.2.201 dst="$(address b2 4)" dport=7001
	frame ip6 "udp dport 7002" udp6 src=2001:db8:b:1::77 dst="$(address b2 6)" dport=7002
	frame private "udp dport 7003" udp6 src=fe80::1234:5678:9abc:def0 dst="$(link_local b2)" dport=7003
	frame arp "arp saddr ip 192.0.2.201" arp spa=192.0.2.201 tpa="$(address b2 4)"
	frame probe "arp saddr ip 0.0.0.0" arp spa=0.0.0.0 tpa=192.0.2.201
	frame na "$na" "$nd" type=136 target=2001:db8:b:1::77 option=2
	frame detection "icmpv6 type nd-neighbor-solicit ip6 saddr ::" icmp6 hops=255 src=:: dst=ff02::1:ff00:77 type=135 target=2001:db8:b:1::77 option=14 dmac=33:33:ff:00:00:77
	frame dhcp "udp sport 68 udp dport 67" udp4 src=0.0.0.0 dst=255.255.255.255 sport=68 dport=67 payload=240 dmac=ff:ff:ff:ff:ff:ff
	all_pass b1 b2
}

@test "a prefix in ip= is the guest's whole, and nothing beside it" {
	local each
	neighbours b1 b2
	attach b1 "ip=$(address b1 4) 192.0.2.176/29 2001:db8:b:1::11 2001:db8:b:5::/64"
	attach b2
	frame ip4 "udp dport 7001" udp4 src=192.0.2.184 dst="$(address b2 4)" dport=7001
	frame ip6 "udp dport 7002" udp6 src=2001:db8:b:6::1 dst="$(address b2 6)" dport=7002
	frame arp "arp saddr ip 192.0.2.175" arp spa=192.0.2.175 tpa="$(address b2 4)"
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src=2001:db8:b:5::1 dst="$(address b2 6)" type=136 target=2001:db8:b:6::1
	none_pass b1 b2
	frame ip4 "udp dport 7001" udp4 src=192.0.2.183 dst="$(address b2 4)" dport=7001
	frame ip6 "udp dport 7002" udp6 src=2001:db8:b:5::abc dst="$(address b2 6)" dport=7002
	frame arp "arp saddr ip 192.0.2.177" arp spa=192.0.2.177 tpa="$(address b2 4)"
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src=2001:db8:b:5::1 dst="$(address b2 6)" type=136 target=2001:db8:b:5::ffff option=2
	all_pass b1 b2
	frame ip4 "udp dport 7001" udp4 src=192.0.2.183 dst="$(address b1 4)" dport=7001
	none_pass lan b2
}

# as_b2: what speaks from, and for, the addresses of b2
as_b2() {
	frame ip4 "udp dport 7001" udp4 src="$(address b2 4)" dst="$(address b3 4)" dport=7001
	frame ip6 "udp dport 7002" udp6 src="$(address b2 6)" dst="$(address b3 6)" dport=7002
	frame arp "arp saddr ip $(address b2 4)" arp spa="$(address b2 4)" tpa="$(address b3 4)"
	frame probe "arp saddr ip 0.0.0.0" arp spa=0.0.0.0 tpa="$(address b2 4)" dmac=ff:ff:ff:ff:ff:ff
	frame na "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src="$(link_local b1)" dst="$(address b3 6)" type=136 target="$(address b2 6)" option=2
	frame detection "icmpv6 type nd-neighbor-solicit ip6 saddr ::" icmp6 hops=255 src=:: dst=ff02::1:ff00:12 type=135 target="$(address b2 6)" dmac=33:33:ff:00:00:12
}

@test "a guest with a prefix does not speak from an address in it that another guest has" {
	neighbours b1 b2 b3
	attach b1 "ip=192.0.2.136/29 2001:db8:b:1::10/124"
	attach b3
	as_b2
	all_pass b1 b3
	attach b2
	as_b2
	none_pass b1 b3
	as_b2
	detach b2
	all_pass b1 b3
}

@test "attach and detach change elements alone" {
	dom0 firewall start
	handles() { dom0 nft -a list ruleset | grep -oE '(table|chain|set|map) [a-z]* ?[a-z0-9_]* \{ # handle [0-9]+'; }
	handles >"$scene_dir/before"
	remember
	vif_create b1
	vif_create b2
	attach b1
	attach b2 ip=
	handles | diff "$scene_dir/before" -
	grep -qF "$(mac b2)" <<<"$(dom0 nft list set bridge taofirewall open)"
	detach b1
	detach b2
	handles | diff "$scene_dir/before" -
	dom0 firewall reload
	unchanged
}

@test "a port without rules is closed in both directions, from before its attach on" {
	neighbours b1 b2
	attach b2
	ip -n "$scene-dom0" link set vif11.0 master xenbr0 up
	frame out "udp dport 7001" udp4 src="$(address b1 4)" dst="$(address b2 4)" dport=7001
	frame arp "arp saddr ip $(address b1 4)" arp spa="$(address b1 4)" tpa="$(address b2 4)" dmac=ff:ff:ff:ff:ff:ff
	watch_all b2
	send_all b1 b2
	watch_frames b1 into "udp dport { 7002, 7003 }"
	watch_frames b1 arp "arp operation request"
	inside b2 send eth0 udp4 dmac="$(mac b1)" src="$(address b2 4)" dst="$(address b1 4)" dport=7002 + \
		udp4 dmac=ff:ff:ff:ff:ff:ff src="$(address b2 4)" dst=192.0.2.255 dport=7003 + \
		arp dmac=ff:ff:ff:ff:ff:ff spa="$(address b2 4)" tpa="$(address b1 4)"
	dom0 ping -n -q -c 1 -W 0.3 "$(address b1 4)" || true
	arrives_not b1 into
	arrives_not b1 arp
	equal "what arrived" "$(seen_all b2 | grep -v ' 0$')" ""
	attach b1
	send_all b1 b2
	arrives b2 out
	inside b2 send eth0 udp4 dmac="$(mac b1)" src="$(address b2 4)" dst="$(address b1 4)" dport=7002
	arrives b1 into
}

@test "of two vifs with one address, the one that goes takes nothing from the one that stays" {
	dom0 firewall start
	bridged_create b1 b3
	attach b1
	attach b3
	guest_twin b2 b1 12
	mac() { if [ "$1" = b2 ]; then echo 00:16:3e:00:00:0b; else printf '00:16:3e:00:00:%02x' "${scene_vifs[$1]% *}"; fi; }
	ip -n "$scene-b1" link set eth0 down
	bridged_create b2
	attach b2
	connects b2 b3 tcp/80
	detach b1
	connects b2 b3 tcp/80
	FAMILIES=6 pings b2 bridge
	detach b2
	detach b3
	nothing_left
}

@test "of two vifs with one address on two bridges, the one that goes leaves it to the other" {
	local sources
	dom0 firewall start
	ip -n "$scene-dom0" link add xenbr1 type bridge
	vif_create b1
	attach b1
	guest_twin b2 b1 12
	vif_create b2
	attach b2 bridge=xenbr1
	detach b1
	sources=$(dom0 nft list set bridge taofirewall source4_32)
	grep -qF '"vif12.0"' <<<"$sources"
	run ! grep -F vif11.0 <<<"$(resting_rules)"
	grep -qwF "$(address b1 4)" <<<"$(dom0 nft list set bridge taofirewall guest4_32)"
	detach b2
	nothing_left
}

@test "a guest that was started with Xen's own script is protected from a reload on" {
	neighbours b1 b2
	attach b2
	store_vif 11 0 "mac=$(mac b1)" "ip=$(address b1 4) $(address b1 6)" script=/etc/xen/scripts/vif-bridge state=4
	ip -n "$scene-dom0" link set vif11.0 master xenbr0 up
	dom0 firewall reload
	frame ip4 "udp dport 7001" udp4 src=192.0.2.201 dst="$(address b2 4)" dport=7001
	frame mac "udp dport 7003" udp4 smac="$(mac b3)" src="$(address b1 4)" dst="$(address b2 4)" dport=7003
	none_pass b1 b2
	frame ip4 "udp dport 7001" udp4 src="$(address b1 4)" dst="$(address b2 4)" dport=7001
	all_pass b1 b2
}

@test "ANTISPOOF = no leaves it to somebody else, and ports without rules stay closed" {
	configure XEN=yes "[xen]" "ANTISPOOF = no"
	neighbours b1 b2 b3
	attach b1
	attach b2
	ip -n "$scene-dom0" link set vif13.0 master xenbr0 up
	frame ip4 "udp dport 7001" udp4 src="$(address b3 4)" dst="$(address b2 4)" dport=7001
	frame tagged "vlan id 7" udp4 vlan=7 src="$(address b1 4)" dst="$(address b2 4)"
	all_pass b1 b2
	watch_frames b2 closed "udp dport 7002"
	inside b3 send eth0 udp4 dmac="$(mac b2)" src="$(address b3 4)" dst="$(address b2 4)" dport=7002
	inside b1 send eth0 udp4 dmac="$(mac b2)" src="$(address b1 4)" dst="$(address b2 4)" dport=7002
	arrives b2 closed
	equal "what arrived" "$(seen b2 closed)" 1
}

@test "status tells how many frames of which bridged guest were dropped" {
	neighbours b1 b2
	attach b1
	attach b2
	inside b1 send eth0 count=3 udp4 dmac="$(mac b2)" src="$(address b2 4)" dst="$(address b2 4)"
	dom0 firewall status | grep -A 1 "on vif11.0" | grep -F "dropped: 3 spoofed, 0 by policy"
	dom0 firewall status | grep "on vif12.0" | grep -F "dropped: 0 spoofed, 0 by policy"
}
