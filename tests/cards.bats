#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest with two cards sends by either of them from the addresses of both, where its host files say ANY_CARD.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/frames

# Further cards of b1 and g1.
scene_vifs+=([b1b]="11 1" [b1c]="11 2" [g1b]="1 1")
scene_addresses+=([b1b 4]=192.0.2.151 [b1b 6]=2001:db8:b:1::51 [b1c 4]=192.0.2.152 [b1c 6]=2001:db8:b:1::52 [g1b 4]=198.51.100.51 [g1b 6]=2001:db8:a:a::51)

# by_card WHOSE FROM TO: what FROM says to TO with the addresses of WHOSE, and its own MAC
by_card() {
	frame ip4 "udp dport 7001" udp4 src="$(address "$1" 4)" dst="$(address "$3" 4)" dport=7001
	frame ip6 "udp dport 7002" udp6 src="$(address "$1" 6)" dst="$(address "$3" 6)" dport=7002
	frame reply "arp operation reply arp saddr ip $(address "$1" 4)" arp op=reply spa="$(address "$1" 4)" tpa="$(address "$3" 4)"
	frame asks "arp operation request arp saddr ip $(address "$1" 4)" arp spa="$(address "$1" 4)" tpa="$(address "$3" 4)" dmac=ff:ff:ff:ff:ff:ff
	frame na "ip6 saddr $(address "$1" 6) icmpv6 type nd-neighbor-advert" icmp6 hops=255 src="$(address "$1" 6)" dst="$(address "$3" 6)" type=136 target="$(address "$1" 6)" option=2
	frame ns "ip6 saddr $(address "$1" 6) icmpv6 type nd-neighbor-solicit" icmp6 hops=255 src="$(address "$1" 6)" dst="$(address "$3" 6)" type=135 target="$(address "$3" 6)" option=1
}

# may WHOSE FROM TO, and may_not
may() {
	by_card "$@"
	all_pass "$2" "$3"
}
may_not() {
	by_card "$@"
	none_pass "$2" "$3"
}

@test "on a bridge each card of a guest sends from the addresses of the other one, where both files say so" {
	neighbours b1 b1b b2 b3
	host b1
	host b1b
	for each in b1 b1b b2 b3; do attach $each; done
	may_not b1b b1 b2
	host b1b "ANY_CARD = yes"
	dom0 firewall reload
	may_not b1b b1 b2
	host b1 "ANY_CARD = yes"
	dom0 firewall reload
	may b1b b1 b2
	may b1 b1b b2
	may b1 b1 b2
}

@test "no card has an address of another guest by that, and no other guest one of its" {
	for each in b1 b1b b2 b3; do host $each "ANY_CARD = yes"; done
	neighbours b1 b1b b2 b3
	for each in b1 b1b b2 b3; do attach $each; done
	may_not b3 b1 b2
	may_not b1 b3 b2
	may_not b1b b3 b2
	frame mac "udp dport 7001" udp4 smac="$(mac b1b)" src="$(address b1b 4)" dst="$(address b2 4)" dport=7001
	frame link "udp dport 7002" udp6 src="$(link_local b1b)" dst="$(address b2 6)" dport=7002
	none_pass b1 b2
}

@test "the right comes with the other card, and ends with it" {
	for each in b1 b1b; do host $each "ANY_CARD = yes"; done
	neighbours b1 b1b b2
	attach b1
	attach b2
	remember
	may_not b1b b1 b2
	attach b1b
	may b1b b1 b2
	may b1 b1b b2
	resting_rules >"$scene_dir/attached"
	dom0 firewall reload
	diff -u "$scene_dir/attached" <(resting_rules)
	detach b1b
	unchanged
	may_not b1b b1 b2
	vif_create b1b
	attach b1b
	may b1b b1 b2
	detach b1
	may_not b1 b1b b2
}

@test "what a third card has, too, stays when one of them goes" {
	for each in b1 b1b; do host $each "ANY_CARD = yes"; done
	neighbours b1 b1b b1c b2
	attach b1
	attach b1b
	attach b1c "ip=$(address b1b 4) $(address b1b 6)"
	attach b2
	may b1b b1 b2
	detach b1b
	may b1b b1 b2
	detach b1c
	may_not b1b b1 b2
}

@test "what a card had whose offline never came is not given to the next domain of that number" {
	for each in b1 b1b b1c; do host $each "ANY_CARD = yes"; done
	neighbours b1 b1b b2
	for each in b1 b1b b2; do attach $each; done
	may b1b b1 b2
	detach b1
	vif_destroy b1b
	xenstore-rm backend/vif/11/1
	vif_create b1
	scene_addresses[b1 4]=$(address b1c 4) scene_addresses[b1 6]=$(address b1c 6)
	attach b1
	may b1 b1 b2
	may_not b1b b1 b2
}

# two_cards GUEST CARD LENGTH4 LENGTH6: the namespace of GUEST has both of them, with an address on each
two_cards() {
	vif_create "$1"
	ip -n "$scene-$1" link add eth1 address "$(mac "$2")" type veth peer name "$(vif "$2")" address "$vif_mac" netns "$scene-dom0"
	ip -n "$scene-$1" -batch - <<-END
		link set eth1 up
		address add $(address "$1" 4)/$3 dev eth0
		address add $(address "$1" 6)/$4 dev eth0 nodad
		address add $(address "$2" 4)/$3 dev eth1
		address add $(address "$2" 6)/$4 dev eth1 nodad
	END
	serve "$1"
}

@test "a Linux guest with two cards in one LAN is reached at both addresses, though it answers by the first" {
	local each
	for each in b1 b1b; do host $each "FIREWALL = no"; done
	dom0 firewall start
	two_cards b1 b1b 25 64
	attach b1
	attach b1b
	connects lan b1 tcp/22
	refuses lan b1b tcp/22
	for each in b1 b1b; do host $each "FIREWALL = no" "ANY_CARD = yes"; done
	dom0 firewall reload
	connects lan b1 tcp/22
	connects lan b1b tcp/22
	connects dom0 b1b tcp/22
}

@test "a routed guest with two cards is reached at both addresses, though it answers by the first" {
	local each
	for each in g1 g1b; do host $each "PUBLIC_PORTS = 22"; done
	dom0 firewall start
	two_cards g1 g1b 32 128
	ip -n "$scene-g1" -batch - <<-END
		route add default via $(address dom0 4) dev eth0 onlink
		route add default via $(address dom0 6) dev eth0 onlink
	END
	attach g1
	attach g1b
	connects world g1 tcp/22
	refuses world g1b tcp/22
	for each in g1 g1b; do host $each "PUBLIC_PORTS = 22" "ANY_CARD = yes"; done
	dom0 firewall reload
	connects world g1b tcp/22
	refuses world g1b tcp/25
	equal "the kernel's filter" "$(dom0 cat /proc/sys/net/ipv4/conf/vif1.0/rp_filter)" 2
	dom0 firewall status | grep -c "rp_filter" | grep -qx 0
	guest_create g2
	attach g2
	watch world spoofed "udp dport 7777"
	watch world honest "udp dport 7778"
	send_as g1 g2 world dport=7777
	send_as g2 g1b world dport=7777
	send_as g2 g2 world dport=7778
	send_as g1 g1b world dport=7778
	arrives world honest 4
	arrives_not world spoofed
	ip -n "$scene-g1" address add "$(address g1b 4)/32" dev eth0
	ip -n "$scene-g1" address add "$(address g1b 6)/128" dev eth0 nodad
	detach g1b
	send_as g1 g1b world dport=7777
	send_as g1 g1 world dport=7778
	arrives world honest 6
	arrives_not world spoofed
}

@test "explain tells of the other card, and how to let it" {
	local asked
	for each in b1 b1b; do host $each "FIREWALL = no"; done
	neighbours b1 b1b
	attach b1
	attach b1b
	asked=(dom0 firewall explain --from "$(address b1b 4)" --to "$(address lan 4)" --port 80 --in vif11.0)
	run "${asked[@]}"
	[[ $output == *"belongs to vif11.1, and it comes from vif11.0"*"ANY_CARD = yes"* ]]
	for each in b1 b1b; do host $each "FIREWALL = no" "ANY_CARD = yes"; done
	dom0 firewall reload
	run "${asked[@]}"
	[[ $output == *"belongs to another card of vif11.0 (ANY_CARD)"* ]]
}

@test "the iptables backends refuse it in words" {
	host b1 "FIREWALL = no" "ANY_CARD = yes"
	FAMILIES="4 6" configure "BACKEND = iptables-restore"
	run dom0 firewall check
	[ "$status" -eq 1 ]
	[[ $output == *"ipv4.d/b1.conf: with BACKEND = iptables-restore there is no ANY_CARD: take it out, or set BACKEND to nft"* ]]
}
