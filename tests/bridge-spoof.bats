#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# On a bridge nobody says that he is somebody else. Each frame is really sent, and not seen by the neighbour; without
# rules the same frame is seen. What a guest needs to say passes. (What only nft can tell is in bridge-more.bats.)
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/frames

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

# The bridge takes IGMP and PIM from a later fragment, too.
@test "a guest is no router by what is in a later fragment either" {
	hear_reports
	neighbours b1 b2
	attach b1
	attach b2
	frame query "ip protocol igmp ip frag-off & 0x1fff 1" ip4 src="$(address b1 4)" dst=224.0.0.1 proto=2 type=0x11 payload=7 dmac=01:00:5e:00:00:01 id=1 frag=8
	frame query_part "ip protocol igmp ip frag-off 0x2000" ip4 src="$(address b1 4)" dst=224.0.0.1 proto=2 type=0x11 payload=7 dmac=01:00:5e:00:00:01 id=2 frag=0+
	frame multicast_router "ip protocol igmp ip frag-off & 0x1fff 2" ip4 src="$(address b1 4)" dst=224.0.0.106 proto=2 type=0x30 payload=7 dmac=01:00:5e:00:00:6a id=3 frag=16
	frame pim "ip protocol pim ip frag-off & 0x1fff 3" ip4 src="$(address b1 4)" dst=224.0.0.13 proto=103 payload=8 dmac=01:00:5e:00:00:0d id=4 frag=24
	none_pass b1 b2
	frame report "igmp type membership-report-v2" ip4 src="$(address b1 4)" dst=239.1.1.1 proto=2 type=0x16 payload=7 dmac=01:00:5e:01:01:01
	frame leave "igmp type leave-group" ip4 src="$(address b1 4)" dst=224.0.0.2 proto=2 type=0x17 payload=7 dmac=01:00:5e:00:00:02
	frame report_v3 "igmp type membership-report-v3" ip4 src="$(address b1 4)" dst=224.0.0.22 proto=2 type=0x22 payload=15 dmac=01:00:5e:00:00:16
	all_pass b1 b2
}

@test "neighbour discovery and MLD do not pass in fragments, for the kernel puts them together" {
	local nd mld
	hear_reports
	neighbours b1 b2
	attach b1
	attach b2
	nd="src=$(address b1 6) dst=$(address b2 6) type=136 target=$(address b1 6)"
	mld="hops=1 src=$(link_local b1) dst=ff02::16 dmac=33:33:00:00:00:16"
	frame first "icmpv6 type nd-neighbor-advert ip6 hoplimit 255 frag more-fragments 1" icmp6 hops=255 "$nd" ext=frag0+ cut=16
	frame unlike "icmpv6 type nd-neighbor-advert ip6 hoplimit 64 frag more-fragments 1" icmp6 hops=64 "$nd" ext=frag0+ cut=16
	frame atomic "icmpv6 type nd-neighbor-advert frag more-fragments 0" icmp6 hops=255 "$nd" ext=frag
	frame report "icmpv6 type mld2-listener-report exthdr hbh exists frag more-fragments 1" icmp6 "$mld" type=143 payload=200 ext=hop ext=frag0+
	frame report_hidden "ip6 nexthdr 44 exthdr hbh exists" icmp6 "$mld" type=143 payload=200 ext=frag0+ ext=hop
	none_pass b1 b2
}

# Behind an authentication header nft sees nothing, and snooping does.
@test "neighbour discovery and MLD do not pass behind an authentication header" {
	local nd mld
	hear_reports
	neighbours b1 b2
	attach b1
	attach b2
	nd="hops=255 src=$(address b1 6) dst=$(address b2 6) type=136 target=$(address b1 6)"
	mld="hops=1 src=$(link_local b1) dst=ff02::16 dmac=33:33:00:00:00:16 ext=hop"
	frame advert "ip6 nexthdr 51 @nh,320,8 58" icmp6 "$nd" ext=ah
	frame advert_behind "ip6 nexthdr 51 @nh,320,8 60" icmp6 "$nd" ext=ah ext=dst
	frame advert_options "ip6 nexthdr 60 @nh,320,8 51" icmp6 "$nd" ext=dst ext=ah
	frame advert_part "ip6 nexthdr 44 @nh,320,8 51" icmp6 "$nd" ext=frag0+ ext=ah
	frame report "ip6 nexthdr 0 @nh,320,8 51" icmp6 "$mld" type=131 payload=16 ext=ah
	frame query "ip6 nexthdr 0 @nh,320,8 60" icmp6 "$mld" type=130 payload=16 ext=dst ext=ah
	frame query_part "ip6 nexthdr 0 @nh,320,8 44" icmp6 "$mld" type=130 payload=16 ext=frag0+ ext=ah
	none_pass b1 b2
	! uses_iptables || return 0
	br_netfilter 0	# which keeps fragments until the last one has come
	frame udp "ip6 nexthdr 51 @nh,320,8 17" udp6 src="$(address b1 6)" dst="$(address b2 6)" ext=ah
	frame ospf "ip6 nexthdr 51 @nh,320,8 89" ip6 hops=1 src="$(link_local b1)" dst=ff02::5 dmac=33:33:00:00:00:05 proto=89 payload=44 ext=ah
	frame echo "ip6 nexthdr 51 @nh,320,8 58" icmp6 src="$(address b1 6)" dst="$(address b2 6)" type=128 ext=ah
	frame part "ip6 nexthdr 44 @nh,320,8 51" udp6 src="$(address b1 6)" dst="$(address b2 6)" ext=frag0+ ext=ah payload=24
	all_pass b1 b2
}

@test "a routing header of type 0 does not pass, behind another one or not" {
	local udp
	neighbours b1 b2
	attach b1
	attach b2
	udp="src=$(address b1 6) dst=$(address b2 6)"
	frame second "rt type 4 @nh,320,8 43" udp6 "$udp" ext=rt4 ext=rt
	frame behind_options "rt type 4 @nh,320,8 60" udp6 "$udp" ext=rt4 ext=dst ext=rt
	frame behind_ah "rt type 4 @nh,320,8 51" udp6 "$udp" ext=rt4 ext=ah ext=rt
	frame in_fragment "rt type 4 @nh,320,8 44 frag nexthdr 43" udp6 "$udp" ext=rt4 ext=frag0+ ext=rt payload=24
	frame behind_both "rt type 4 @nh,320,8 44 frag nexthdr 60" udp6 "$udp" ext=rt4 ext=frag0+ ext=dst ext=rt payload=24
	none_pass b1 b2
	! uses_iptables || return 0
	br_netfilter 0
	frame alone "rt type 4 @nh,320,8 17" udp6 "$udp" ext=rt4
	frame options "rt type 4 ip6 nexthdr 60" udp6 "$udp" ext=dst ext=rt4
	frame part "rt type 4 frag nexthdr 17" udp6 "$udp" ext=rt4 ext=frag0+ payload=24
	all_pass b1 b2
}

# What a later fragment begins with is no port and no type, though nft reads it as one.
@test "fragments pass whatever is in them, and whichever hop limit they have" {
	local ip4 ip6
	br_netfilter 0	# which keeps them until the last one has come
	neighbours b1 b2
	attach b1
	attach b2
	ip4="src=$(address b1 4) dst=$(address b2 4)" ip6="src=$(address b1 6) dst=$(address b2 6)"
	frame client4 "ip id 1" udp4 "$ip4" dport=68 id=1 frag=1480
	frame server4 "ip id 2" udp4 "$ip4" sport=67 id=2 frag=1480+ payload=1200
	frame redirect4 "ip id 3" icmp4 "$ip4" type=5 payload=28 id=3 frag=1480
	frame error4 "ip id 4" icmp4 "$ip4" type=3 payload=28 id=4 frag=1480
	frame client6 "frag id 5" udp6 "$ip6" dport=546 id=5 ext=frag1480
	frame server6 "frag id 6" udp6 "$ip6" sport=547 id=6 ext=frag1480
	frame router6 "frag id 7" icmp6 "$ip6" type=134 payload=28 id=7 ext=frag1480
	frame advert6 "frag id 8" icmp6 "$ip6" type=136 payload=28 id=8 ext=frag1480
	frame error6 "frag id 9" icmp6 "$ip6" type=1 payload=28 id=9 ext=frag1480
	frame near6 "frag id 10" udp6 "$ip6" hops=255 id=10 ext=frag0+ payload=1200
	frame near_later6 "frag id 11" udp6 "$ip6" hops=255 id=11 ext=frag1208 payload=24
	all_pass b1 b2
}

# quoting SOURCE DESTINATION FAMILY: the packet that an error of b1's to b2 is about
quoting() { echo "src=$(address b1 "$3") dst=$(address b2 "$3") qsrc=$(address "$1" "$3") qdst=$(address "$2" "$3") qsport=4000 qdport=53"; }

@test "a guest speaks of packets that were for it alone: errors about others' do not pass" {
	! uses_iptables || return 0	# ebtables does not see what an error quotes
	neighbours b1 b2
	attach b1
	attach b2
	frame unreachable4 "icmp type destination-unreachable" icmp4 type=3 code=3 "$(quoting b2 world 4)"
	frame exceeded4 "icmp type time-exceeded" icmp4 type=11 "$(quoting b2 lan 4)"
	frame unreachable6 "icmpv6 type destination-unreachable" icmp6 type=1 code=4 "$(quoting b2 world 6)"
	frame big6 "icmpv6 type packet-too-big" icmp6 type=2 "$(quoting b2 b3 6)"
	none_pass b1 b2
	frame own4 "icmp type destination-unreachable" icmp4 type=3 code=3 "$(quoting b2 b1 4)"
	frame own6 "icmpv6 type packet-too-big" icmp6 type=2 "$(quoting b2 b1 6)"
	all_pass b1 b2
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

@test "a port that learns learns nothing from what a guest says to the bridge itself" {
	neighbours b1
	ip -n "$scene-b1" link add eth1 address "$(mac b1)" type veth peer name vif11.0-emu netns "$scene-dom0"
	attach b1 type=vif_ioemu
	scene_script=${scene_script%/*}/vif-bridge-taofw tap add 11 0
	learns_nothing
}

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
	# ebtables does not look behind a tag
	uses_iptables || frame arp_tagged "vlan id 7" arp vlan=7 spa="$(address b1 4)" tpa="$(address b2 4)"
	frame advert "icmpv6 type nd-neighbor-advert" icmp6 hops=255 src="$(address lan 6)" dst="$(address b2 6)" type=136 target="$(address b1 6)" option=2
	frame advert_routed "icmpv6 type nd-neighbor-advert ip6 daddr ff02::1" icmp6 hops=255 src="$(address lan 6)" dst=ff02::1 type=136 target="$(address g1 6)" dmac=33:33:00:00:00:01
	none_pass lan b2
}

# advertise_in_parts DMAC DESTINATION: the LAN has b1's address, in two fragments, the first of which ends before it
advertise_in_parts() {
	local advert
	advert="icmp6 hops=255 dmac=$1 src=$(address lan 6) dst=$2 type=136 sport=0x2000 target=$(address b1 6) option=2"
	# shellcheck disable=SC2086 # words
	inside lan send eth0 $advert ext=frag0+ cut=16 + $advert ext=frag8 skip=8
	sleep 0.3
}

# mac_at NAME INTERFACE: where b1 is to that one
mac_at() { ip -n "$scene-$1" -6 neighbour show "$(address b1 6)" dev "$2" | sed 's/.*lladdr \([^ ]*\).*/\1/'; }

@test "nor does it advertise a guest's address in fragments, which br_netfilter puts together" {
	local on
	! uses_iptables || return 0	# IPv6 of guests does not pass
	host b2 "FIREWALL = no"
	neighbours b1 b2
	attach b1
	attach b2
	serve b1
	for on in 0 1; do
		br_netfilter $on
		FAMILIES=6 connects dom0 b1 tcp/22
		FAMILIES=6 connects b2 b1 tcp/22
		sleep 1.2	# they believe their neighbour so long
		advertise_in_parts "$bridge_mac" "$(address bridge 6)"
		advertise_in_parts "$(mac b2)" "$(address b2 6)"
		equal "b1 to Dom0" "$(mac_at dom0 xenbr0)" "$(mac b1)"
		equal "b1 to b2" "$(mac_at b2 eth0)" "$(mac b1)"
	done
	br_netfilter 0
	frame part "frag more-fragments 1 icmpv6 type nd-neighbor-advert" icmp6 hops=255 src="$(address lan 6)" dst="$(address b2 6)" type=136 target="$(address b1 6)" ext=frag0+ cut=16
	frame hidden "frag more-fragments 1 ip6 hoplimit 255 frag nexthdr 60" icmp6 hops=255 src="$(address lan 6)" dst="$(address b2 6)" type=136 target="$(address b1 6)" ext=frag0+ ext=dst cut=16
	none_pass lan b2
	frame later "frag frag-off 1 ip6 hoplimit 255" icmp6 hops=255 src="$(address lan 6)" dst="$(address b2 6)" type=136 payload=40 ext=frag8
	frame udp "frag more-fragments 1 ip6 nexthdr 44 frag nexthdr 17" udp6 src="$(address lan 6)" dst="$(address b2 6)" ext=frag0+ payload=24
	all_pass lan b2
}

@test "a port without rules is closed in both directions, from before its attach on" {
	neighbours b1 b2
	attach b2
	ip -n "$scene-dom0" link set vif11.0 master xenbr0 up
	frame out "udp dport 7001" udp4 src="$(address b1 4)" dst="$(address b2 4)" dport=7001
	frame arp "arp saddr ip $(address b1 4)" arp spa="$(address b1 4)" tpa="$(address b2 4)" dmac=ff:ff:ff:ff:ff:ff
	watch_all b1 b2
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

# behind_tags TAGS...: what the LAN sends to Dom0 behind them, with a guest's address, does not arrive, and Dom0 takes it
# for no guest
behind_tags() {
	local family
	for family in $families; do
		watch dom0 "came$family" "udp dport 7001 meta nfproto ipv$family"
		watch dom0 "own$family" "udp dport 7002 meta nfproto ipv$family"
		inside lan send eth0 "udp$family" dmac="$bridge_mac" src="$(address b1 "$family")" \
			dst="$(address bridge "$family")" dport=7001 "$@"
	done
	inside lan send eth0 arp op=reply dmac="$bridge_mac" spa="$(address b1 4)" tpa="$(address bridge 4)" "$@"
	[[ $families == 4 ]] || inside lan send eth0 icmp6 hops=255 dmac="$bridge_mac" src="$(link_local b2)" \
		dst="$(address bridge 6)" type=136 code=0 target="$(address b1 6)" option=2 "$@"
	for family in $families; do
		inside lan send eth0 "udp$family" dmac="$bridge_mac" src="$(address lan "$family")" \
			dst="$(address bridge "$family")" dport=7002 vlan=0
		# iptables lets nothing in behind such a tag
		if uses_iptables; then sleep 0.3; else arrives dom0 "own$family"; fi
		arrives_not dom0 "came$family"
	done
	[[ $(ip -n "$scene-dom0" neighbour show dev xenbr0) != *"$lan_mac"* ]]
}

@test "nor does the LAN bring a guest's address to Dom0 behind priority tags" {
	local families="4 6"
	! uses_iptables || families=4
	neighbours b1
	attach b1
	serve b1
	FAMILIES=$families connects dom0 b1 tcp/22
	sleep 1.2	# the kernel believes its neighbour so long
	behind_tags vlan=0
	behind_tags vlan=0x88a8:0
	behind_tags vlan=0 vlan=0
}

@test "nor to a neighbour, whose kernel takes them off" {
	neighbours b1 b2
	attach b1
	attach b2
	watch b2 came "ip saddr $(address b1 4) udp dport 7001"
	watch_arp b2 told "arp saddr ip $(address b1 4) arp saddr ether $lan_mac"
	by_tags
	sleep 0.3
	arrives_not b2 came
	arrives_not b2 told
	dom0 firewall stop
	by_tags
	arrives b2 came 2
	arrives b2 told 2
}

# by_tags: the LAN speaks to b2 as b1 behind tags of VLAN 0, of 802.1Q and of 802.1ad
by_tags() {
	local each
	for each in 0 0x88a8:0; do
		inside lan send eth0 udp4 dmac="$(mac b2)" src="$(address b1 4)" dst="$(address b2 4)" dport=7001 vlan=$each
		inside lan send eth0 arp op=reply dmac="$(mac b2)" spa="$(address b1 4)" tpa="$(address b2 4)" vlan=$each
	done
}
