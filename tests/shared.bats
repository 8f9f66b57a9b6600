#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A routed address that several have (SHARED): guests here may all send from it, the one that came last is reached at it,
# and who goes leaves it to the others. Where this machine does not answer for it, others may have it, too. What the
# kernel itself holds against sources is as an attach sets it. And one that this machine itself has, now and then.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/lan

# loaded: an address in the uplink's network that guests share, in force
loaded() {
	scene_addresses+=([vip 4]=198.51.100.20 [vip 6]=2001:db8:a:a::20)
	host vip "SHARED = yes" "PUBLIC_PORTS = 80 7777/udp"
	host g3 "PUBLIC_PORTS = 7778/udp"
	dom0 firewall start
	remember
}

# came GUEST: it has that address beside its own
came() {
	if [[ " ${scene_namespaces[*]} " == *" $scene-$1 "* ]]; then
		vif_create "$1"
		guest_address "$1" "$(address "$1" 4)" "$(address "$1" 6)"
	else
		guest_create "$1"
		watch "$1" here "udp dport 7777"
	fi
	guest_address "$1" "$(address vip 4)" "$(address vip 6)"
	attach "$1" "ip=$(address "$1" 4) $(address "$1" 6) $(address vip 4) $(address vip 6)"
}

# has_it GUEST [OTHER]: it is reached there alone
has_it() {
	local each
	for each; do unwatch "$each"; done
	send_as world world vip dport=7777
	arrives "$1" here 2
	[ $# -eq 1 ] || arrives_not "$2" here
	connects world vip tcp/80
	refuses world vip tcp/22
}

# may_say FROM TO: what it says in that name arrives
may_say() {
	unwatch "$2"
	send_as "$1" vip "$2" dport=7778
	arrives "$2" said 2
}

# all_say_it GUEST...: these may, and who is elsewhere; a guest that has not the address may not
all_say_it() {
	for each; do
		may_say "$each" world
		may_say "$each" g3
	done
	may_say world g3
	unwatch world
	send_as g3 vip world dport=7778
	send_as g3 g3 world dport=7779
	arrives world honest 2
	arrives_not world said
}

# take_turns: g1 and g2 come and go, and nothing is left of them
take_turns() {
	guest_create g3
	attach g3
	serve world
	for each in world g3; do watch $each said "udp dport 7778"; done
	watch world honest "udp dport 7779"
	came g1
	has_it g1
	came g2
	has_it g2 g1
	all_say_it g1 g2
	dom0 firewall reload
	has_it g2 g1
	all_say_it g1 g2
	detach g2
	has_it g1
	all_say_it g1
	came g2
	has_it g2 g1
	detach g1
	has_it g2
	all_say_it g2
	answers_for 4 "$1"
	answers_for 6 "$1"
	detach g2
	detach g3
	nothing_left
	unchanged
}

# answers_for FAMILY N: this machine does on the uplink, for the shared address, in N entries
answers_for() {
	equal "entries for it" "$(ip -n "$scene-dom0" "-$1" neighbour show proxy | grep -cwF "$(address vip "$1")" || true)" "$2"
}

@test "two guests may have a shared address: the newest is reached at it, and when it goes the other one is" {
	loaded
	take_turns 1
}

@test "so they may where this machine does not answer for it, and then it moves between machines" {
	sed -i 's/^\[xen\]/&\nPROXY_ARP = no\nPROXY_NDP = no/' "$TAOFIREWALL_CONFIG/taofirewall.conf"
	loaded
	for each in 4 6; do
		for name in vip g3; do
			ip -n "$scene-world" route add "$(address $name $each)" via "$(address dom0 $each)"
		done
	done
	take_turns 0
	for each in 4 6; do
		ip -n "$scene-world" route delete "$(address vip $each)"
		ip -n "$scene-world" address add "$(address vip $each)" dev eth0
	done
	vif_create g3
	guest_address g3 "$(address g3 4)" "$(address g3 6)"
	attach g3
	connects g3 vip tcp/80
}

@test "who has it elsewhere is no guest: he does not go through this machine to others" {
	isp_up
	scene_addresses+=([vip 4]=198.51.100.20 [vip 6]=2001:db8:a:a::20)
	host vip "SHARED = yes"
	dom0 firewall start
	guest_create g1
	guest_address g1 "$(address vip 4)" "$(address vip 6)"
	attach g1 "ip=$(address g1 4) $(address g1 6) $(address vip 4) $(address vip 6)"
	trust_everybody
	watch isp came "udp dport 7777"
	send_as world vip isp dport=7777
	sleep 0.2
	arrives_not isp came
	send_as g1 vip isp dport=7777
	arrives isp came 2
}

# ---- this machine itself has it, now and then ----

# elects PEER: so this machine and PEER agree by VRRP (keepalived); $dev is where this machine has it then
elects() {
	peer=$1 dev=$2
	scene_addresses+=([vip 4]=$3 [vip 6]=$4 [any 4]=0.0.0.0/0 [any 6]=::/0 [peer 4]=$(address "$peer" 4)
		[peer 6]=$(ip -n "$scene-$peer" -6 -o address show dev eth0 scope link | awk '{ sub("/.*", "", $4); print $4 }'))
	host any "TYPE = local" "PUBLIC_PORTS = 22 7780/udp" "USERS = */vrrp@{peer}"
	serve "$peer"
	serve dom0
	ip -n "$scene-dom0" address add 224.0.0.18/32 dev "$dev" autojoin	# this machine listens to them
	ip -n "$scene-dom0" address add ff02::12/128 dev "$dev" autojoin
	heard dom0 elected "meta l4proto 112"
	heard dom0 here "udp dport 7780"
}

# heard NAME LABEL MATCH: counted behind all rules, where a service would hear it
heard() {
	inside "$1" nft -f - <<-END
		table inet seen {
			counter of_$2 { }
			chain heard {
				type filter hook input priority 200
				$3 counter name of_$2
			}
		}
	END
}

# takes PLACE: it has the address from now on, nobody else, and says so
takes() {
	local family each=$dev
	leaves
	[ "$1" = dom0 ] || each=eth0
	for family in ${FAMILIES:-4 6}; do ip -n "$scene-$1" address add "$(address vip "$family")" dev "$each"; done
	inside "$1" send "$each" arp op=request dmac=ff:ff:ff:ff:ff:ff "spa=$(address vip 4)" "tpa=$(address vip 4)"
	for each in "$peer" g1 b1; do
		[[ " ${scene_namespaces[*]} " != *" $scene-$each "* ]] || ip -n "$scene-$each" -6 neighbour flush dev eth0
	done
}

# leaves: neither this machine nor the other one has it any more
leaves() {
	local family
	for family in ${FAMILIES:-4 6}; do
		ip -n "$scene-dom0" address flush to "$(address vip "$family")" dev "$dev"
		ip -n "$scene-$peer" address flush to "$(address vip "$family")" dev eth0
	done
}

# advert FROM [NAME]: one of VRRP with the address of NAME, in each family
advert() {
	inside "$1" send eth0 ip4 hops=255 proto=112 src="$(address "${2:-peer}" 4)" dst=224.0.0.18 payload=20 dmac=01:00:5e:00:00:12 + \
		ip6 hops=255 proto=112 src="$(address "${2:-peer}" 6)" dst=ff02::12 payload=40 dmac=33:33:00:00:00:12
}

@test "an address moves between this machine and one elsewhere, and is reached where it is; nobody else may claim it, nor any other of this machine" {
	elects world eth0 198.51.100.20 2001:db8:a:a::20
	host vip "TYPE = local" "PUBLIC_PORTS = 80"
	host g1 "PUBLIC_PORTS = 80 7778/udp"
	dom0 firewall start
	guest_create g1
	attach g1
	watch world said "udp dport 7777"
	watch g1 told "udp dport 7778"
	for each in dom0 world dom0 world; do
		trust_everybody
		takes $each
		opens world dom0 tcp/22
		closes world dom0 tcp/80
		if [ $each = dom0 ]; then
			opens world vip tcp/80
			closes world vip tcp/443
			opens g1 vip tcp/80
		else
			opens g1 vip tcp/80
			opens dom0 vip tcp/80
			unwatch g1
			send_as world vip g1 dport=7778
			arrives g1 told 2
		fi
		unwatch dom0
		send_as world vip dom0 dport=7780
		send_as world dom0 dom0 dport=7780
		sleep 0.2
		if [ $each = dom0 ]; then arrives_not dom0 here; else equal "what comes from there" "$(seen dom0 here)" 2; fi
		unwatch world
		send_as g1 vip world dport=7777
		send_as g1 dom0 world dport=7777
		sleep 0.2
		arrives_not world said
		dom0 firewall reload
	done
	unwatch dom0
	advert world
	arrives dom0 elected 2
}

@test "on a bridge it does, too: ARP passes, and its guests reach it where it is, and can't claim it" {
	bridge_create
	br_netfilter 0
	FAMILIES=4
	uses_iptables || FAMILIES="4 6"
	elects lan xenbr0 192.0.2.150 2001:db8:b:1::20
	host vip "TYPE = local" "PUBLIC_PORTS = 80"
	for each in b1 b2; do host $each "FIREWALL = no"; done
	dom0 firewall start
	bridged_create b1
	attach b1
	if ! uses_iptables; then	# those protect no guest without ip=
		bridged_create b2
		attach b2 ip=
		watch_frames lan claimed "arp saddr ip $(address vip 4) ether saddr $(mac b2)"
	fi
	watch_frames lan said "udp dport 7777"
	watch_frames lan spoofed "arp saddr ip $(address vip 4) ether saddr $(mac b1)"
	for each in dom0 lan dom0 lan; do
		takes $each
		connects b1 vip tcp/80
		connects lan dom0 tcp/22
		if [ $each = dom0 ]; then connects lan vip tcp/80; else connects dom0 vip tcp/80; fi
		inside b1 send eth0 arp op=request dmac=ff:ff:ff:ff:ff:ff "spa=$(address vip 4)" "tpa=$(address vip 4)"
		inside b1 send eth0 udp4 "dmac=$lan_mac" "src=$(address vip 4)" "dst=$(address lan 4)" dport=7777
		if [ $each = dom0 ] && ! uses_iptables; then
			inside b2 send eth0 arp op=request dmac=ff:ff:ff:ff:ff:ff "spa=$(address vip 4)" "tpa=$(address vip 4)"
			inside b2 send eth0 udp4 "dmac=$lan_mac" "src=$(address vip 4)" "dst=$(address lan 4)" dport=7777
		fi
		sleep 0.2
		arrives_not lan said
		arrives_not lan spoofed
		uses_iptables || arrives_not lan claimed
		dom0 firewall repair
	done
	advert lan
	arrives dom0 elected "$(wc -w <<<"$FAMILIES")"
	unwatch dom0
	advert b1 b1
	sleep 0.2
	arrives_not dom0 elected
}

# is_at NAME OTHER: what is sent to the shared address arrives there
is_at() {
	unwatch dom0
	unwatch g1
	send_as world world vip dport=7777
	arrives "$1" here 2
	arrives_not "$2" here
}

@test "a guest may share an address with this machine, whoever has it when it comes or the rules are loaded" {
	loaded
	scene_addresses+=([any 4]=0.0.0.0/0 [any 6]=::/0)
	host any "TYPE = local" "PUBLIC_PORTS = 7777/udp"
	dom0 firewall reload
	heard dom0 here "udp dport 7777"
	remember
	peer=world dev=eth0
	takes dom0
	came g1
	is_at dom0 g1
	dom0 firewall reload
	run -0 dom0 firewall status
	[[ $output == *guest1* && $output != *missing* ]] || fail "$output"
	leaves
	is_at g1 dom0
	takes dom0
	is_at dom0 g1
	detach g1
	for each in "ip=$(address dom0 4)" "ip=$(address dom0 6)"; do
		vif_create g1
		run ! attach g1 "$each"
		detach g1
	done
	leaves
	nothing_left
	unchanged
}
