#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Turns the life of bridged guests on Debian's kernel, which tracks connections on bridges and filters VLANs there, into
# promises kept or broken. Runs in Dom0.
# shellcheck source-path=SCRIPTDIR source=dom0/root/helpers.bash
. /root/helpers.bash

# The LAN is a network namespace behind a port of the bridge, in the guests' own networks. It remembers every address
# that it got something from. One port of it is open to everybody, and says hello.
make_lan() {
	ip netns add world
	ip link add xenbr0 type bridge vlan_filtering 1 stp_state 0 forward_delay 0
	ip link add lan0 type veth peer name eth0 netns world
	ip link set lan0 master xenbr0
	ip link set lan0 up
	ip link set xenbr0 up
	world ip link set lo up
	world ip address add 192.0.2.254/24 dev eth0
	world ip address add 2001:db8:1::fe/64 dev eth0 nodad
	world ip address add 192.0.2.253/32 dev eth0
	world ip address add 2001:db8:1::fd/128 dev eth0 nodad preferred_lft 0
	world ip link set eth0 up
	world_remembers
	world nc -ll -p 80 -e echo hello &
}

configure_guest() {	# configure_guest NUMBER: with one listener more than the firewall lets anybody reach
	guest "ip link set lo up && echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad && ip link set eth0 up" &&
		guest "ip address add 192.0.2.$1/24 dev eth0 && ip address add 2001:db8:1::$1/64 dev eth0" &&
		guest "for port in 80 81; do nc -ll -p \$port -e echo hello & done"
}

guest_connects() { says hello guest "nc -w 4 $1 $2 </dev/null"; }	# guest_connects ADDRESS PORT

other_connects() {	# other_connects FROM ADDRESS PORT: as world_connects, from that address of the LAN
	local status=0

	world ip route replace "$2" dev eth0 src "$1"
	world_connects "$2" "$3" || status=$?
	world ip route delete "$2" dev eth0
	return "$status"
}

port() { ip -d link show dev "$vif"; }
# answers_large COUNT ADDRESS: so many of 40, at least; a machine under emulation is slow, and loses some
answers_large() {
	local answered

	answered=$(guest "ping -c 40 -i 0.2 -s 3000 $2" | sed -n 's/.* \([0-9]*\) packets received.*/\1/p')
	echo "$answered"
	[ "${answered:-0}" -ge "$1" ]
}

fragments_over() { nft list set bridge taofirewall over_fragments | grep elements; }

# places: that datagrams of the guest have now
places() { nft list set bridge taofirewall datagram4 | grep -o expires | wc -l; }

# keeps_places VALUE: 10 datagrams in three fragments each take a place, and where the header of the second fragment is
# made VALUE on its way, an expression of nft, no place is free again: the kernel still waits for that fragment
keeps_places() {
	local each status=0

	# those of before would end meanwhile on a slow machine
	for each in datagram4 datagram4_place large_datagram4 large_datagram4_place; do
		nft flush set bridge taofirewall $each
	done
	nft -f - <<-RULES
		table netdev malform {
			counter malformed { }
			chain middles {
				type filter hook ingress device $vif priority -500
				ip frag-off & 0x3fff == 0x20b9 counter name malformed $1
			}
		}
	RULES
	guest "ping -c 10 -i 0.01 -W 1 -s 3000 192.0.2.254" || status=$?
	nft list counter netdev malform malformed
	nft delete table netdev malform
	echo "$(places) places, ping's status $status"
	[ "$(places)" -ge 8 ] && [ "$status" = 1 ]
}

# helped: an administrator's own rules, by which the kernel expects what FTP opens
helped() {
	modprobe nf_conntrack_ftp
	nft -f - <<-RULES
		table bridge helped {
			ct helper ftp { type "ftp" protocol tcp; }
			chain asked {
				type filter hook prerouting priority -150
				tcp dport 21 ct helper set "ftp"
			}
		}
	RULES
}

# expect_opened COUNT: of 10 connections that the guest asks the LAN for, by FTP, to a port that is closed, so many are
# opened, or one less; all of them stay
expect_opened() {
	local opened

	guest "nc -ll -p 30000 -e sleep 999 & mkfifo /ftp; sleep 999 >/ftp & nc 192.0.2.254 21 </ftp >/dev/null & sleep 1"
	for _ in {1..10}; do
		guest "printf 'PORT 192,0,2,10,117,48\\r\\n' >/ftp; sleep 1" >/dev/null
		world sh -c "sleep 999 | nc -w 2 192.0.2.10 30000" >/dev/null 2>&1 &
		sleep 3
	done
	opened=$(world grep -c ':7530 01 ' /proc/net/tcp)
	echo "$opened"
	[ "$opened" -ge $(($1 - 1)) ] && [ "$opened" -le "$1" ]
}

lose_middles() {	# of what the first guest sends, from now on: the second of three fragments, before any other rule
	nft -f - <<-RULES
		table netdev lose {
			chain middles {
				type filter hook ingress device $vif priority -500
				ip frag-off & 0x3fff == 0x20b9 drop
			}
		}
	RULES
}

# serves_dhcp COUNT: of 30 addresses of the LAN that send to the guest as DHCP servers do, no more have a place
serves_dhcp() {
	local each places

	for each in {100..129}; do
		world send eth0 udp4 dmac=00:16:3e:00:00:10 src="192.0.2.$each" dst=192.0.2.10 sport=67 dport=68
	done
	places=$(grep -c 'dst=192.0.2.10 sport=67 dport=68' /proc/net/nf_conntrack)
	echo "$places"
	[ "$places" -ge 5 ] && [ "$places" -le "$1" ]
}

watch_for() {	# watch_for MATCH: what goes on to ports, and matches
	nft -f - <<-RULES
		table bridge look {
			counter passed { }
			chain forward {
				type filter hook forward priority 300
				$1 counter name passed
			}
		}
	RULES
}

guest_says_as() {	# guest_says_as ADDRESS PORT: it calls the LAN from there
	guest "ip address add $1/32 dev eth0; ip route replace 192.0.2.254 dev eth0 src $1" || :
	guest "nc -w 2 192.0.2.254 $2 </dev/null; ip route delete 192.0.2.254; ip address delete $1/32 dev eth0" || :
}

# asks_by MAC: is the guest's ping of Dom0 answered, which goes to that MAC?
asks_by() { guest "arp -s 192.0.2.1 $1; ping -c 1 -W 2 192.0.2.1; status=\$?; arp -d 192.0.2.1; (exit \$status)"; }

spoofed() { nft list set bridge taofirewall spoofed | grep 'counter packets [1-9]'; }
elements() { nft list ruleset | sed '/^\tset domu[46]_/,/^\t}/d' | grep -E '192\.0\.2\.1[01]|2001:db8:1::1[01]|00:16:3e:'; }
records() { xenstore-ls -f taofirewall | grep -E '/(domain|owner)/[0-9]'; }
ports() { bridge link show | grep vif; }
leftovers() { elements; records; ports; }

example=/usr/share/doc/taofirewall/examples/mixed
warnings() { { firewall --config "$example" check >/dev/null; } 2>&1; }

xl_reads_example() {	# and understands of each guest the addresses that stand in its file
	local each vif ip count=0

	for each in "$example"/xen/*.cfg; do
		vif=$(grep '^vif = ' "$each")
		ip=${vif##*,ip=}
		says "\"ip\": \"${ip%%\'*}\"" xl -N create "$each" || return
		count=$((count + 1))
	done
	[ "$count" -ge 9 ]
}

# what_passes WHEN: the policy of web1's host files, between it and the LAN
what_passes() {
	promise "$1 an open port answers the LAN over IPv4" eventually world_connects 192.0.2.10 80
	promise "$1 an open port answers the LAN over IPv6" eventually world_connects 2001:db8:1::10 80
	promise "$1 a closed port does not answer the LAN over IPv4" not world_connects 192.0.2.10 81
	promise "$1 a closed port does not answer the LAN over IPv6" not world_connects 2001:db8:1::10 81
	promise "$1 the LAN pings the guest over IPv4" eventually world_pings 192.0.2.10
	promise "$1 the LAN pings the guest over IPv6" eventually world_pings 2001:db8:1::10
	promise "$1 the guest connects to the LAN over IPv4" eventually guest_connects 192.0.2.254 80
	promise "$1 the guest connects to the LAN over IPv6" eventually guest_connects 2001:db8:1::fe 80
	promise "$1 guests reach each other's closed ports over IPv4" eventually guest_connects 192.0.2.11 81
	promise "$1 guests reach each other's closed ports over IPv6" eventually guest_connects 2001:db8:1::11 81
}

# opens_about COUNT ADDRESS: of 30 pings of the guest at once, each a connection of its own, so many are answered, or
# two less: what the guest says by itself has places, too
opens_about() {
	# shellcheck disable=SC2016 # the guest's shell
	local answered words='echo answered=$(grep -l " 1 packets received" /tmp/ping.* | wc -l)'

	answered=$(guest "(for i in \$(seq 30); do ping -c 1 -W 20 $2 >/tmp/ping.\$i & done; wait); $words" |
		sed -n 's/.*answered=//p')
	echo "$answered"
	[ "$answered" -ge $(($1 - 2)) ] && [ "$answered" -le $(($1 + 2)) ]
}

vlans() { bridge vlan show dev "${1:-$vif}" | xargs; }

watch_tracking() {	# of what the first guest sends through the bridge: does the kernel know of a connection?
	nft -f - <<-RULES
		table bridge look {
			counter tracked { }
			counter untracked { }
			chain forward {
				type filter hook forward priority 300
				ip saddr 192.0.2.10 ct state untracked counter name untracked
				ip saddr 192.0.2.10 ct state new,established counter name tracked
			}
		}
	RULES
}

say_to_groups() {	# the LAN does, in both families: mDNS, which the guest opens by then, and SSDP, which it does not
	local each

	for each in 224.0.0.251/5353 ff02::fb%eth0/5353 224.0.0.251/1900 ff02::fb%eth0/1900; do
		world bash -c "echo hello >/dev/udp/$each"
	done
}

watch_groups() {	# what of that goes on to the guest
	nft -f - <<-RULES
		table bridge look {
			counter opened4 { }
			counter opened6 { }
			counter closed { }
			chain forward {
				type filter hook forward priority 300
				oifname $vif ip daddr 224.0.0.251 udp dport 5353 counter name opened4
				oifname $vif ip6 daddr ff02::fb udp dport 5353 counter name opened6
				oifname $vif udp dport 1900 counter name closed
			}
		}
	RULES
}

watch_networks() {	# what goes on to the guest from another network
	nft -f - <<-RULES
		table bridge look {
			counter stray { }
			chain forward {
				type filter hook forward priority 300
				oifname $vif ip saddr 198.51.100.0/24 tcp dport 80 counter name stray
				oifname $vif ip6 saddr 2001:db8:2::/64 tcp dport 80 counter name stray
			}
		}
	RULES
}

world_says_as() {	# world_says_as ADDRESS TO: it calls the open port from there
	world ip address add "$1" dev eth0 nodad
	not other_connects "$1" "$2" 80 >/dev/null
	world ip address delete "$1" dev eth0
}

start_toolstack
make_lan
printf '%s\n' '[firewall]' 'XEN = yes' >>/etc/taofirewall/taofirewall.conf
promise "firewall start loads the rules" firewall start
promise "firewall check says that the policy holds on bridges" \
	says "what passes between guests and ports that are no guests' is policy" firewall check

promise "a first guest starts on the bridge" xl create /root/lan1.cfg
domid=$(xl domid lan1)
vif=vif$domid.0 backend=backend/vif/$domid/0
open_console "$domid" || exit
first=$console
promise "it brings up its network" configure_guest 10
promise "hotplug-status is connected" says connected xenstore-read "$backend/hotplug-status"
promise "its vif is a port of the bridge" says "master xenbr0" port
promise "a second guest starts there" xl create /root/lan2.cfg
open_console "$(xl domid lan2)" || exit
second=$console backend2=backend/vif/$(xl domid lan2)/0
promise "the second one brings up its network" configure_guest 11
promise "its closed port would answer" guest_connects 192.0.2.11 81
console=$first

what_passes "with rules,"
for each in "192.0.2.253 192.0.2.10" "2001:db8:1::fd 2001:db8:1::10"; do
	promise "a level closes the open port to ${each% *}" not other_connects "${each% *}" "${each#* }" 80
	promise "a level keeps the guest from ${each% *}" not guest_connects "${each% *}" 80
done
promise "nothing genuine is counted as spoofed" not prints spoofed
guest_spoofs 192.0.2.77 192.0.2.254
promise "a spoofed IPv4 frame is counted" prints spoofed
promise "a spoofed IPv4 frame does not arrive" not seen 192.0.2.77
promise "a genuine IPv4 frame behind it does" seen 192.0.2.10
guest_spoofs 2001:db8:1::77 2001:db8:1::fe
promise "a spoofed IPv6 frame does not arrive" not seen 2001:db8:1::77
promise "a genuine IPv6 frame behind it does" seen 2001:db8:1::10

watch_tracking
promise "a guest's connection to another is made once more" guest_connects 192.0.2.11 81
promise "no frame of it was tracked" says "packets 0 " nft list counter bridge look tracked
promise "though it passed there" not says "packets 0 " nft list counter bridge look untracked
nft reset counters table bridge look >/dev/null
promise "to a group's MAC it is sent as well" guest "arp -s 192.0.2.11 01:00:5e:7f:00:01 && ping -c 1 -W 1 192.0.2.11; arp -d 192.0.2.11"
promise "that was not tracked either" says "packets 0 " nft list counter bridge look tracked
promise "and passed, too" not says "packets 0 " nft list counter bridge look untracked
promise "and one to the LAN is tracked" guest_connects 192.0.2.254 80
promise "as is seen" not says "packets 0 " nft list counter bridge look tracked
nft delete table bridge look

sed -i 's,^PUBLIC_PORTS.*,& 5353/udp,' /etc/taofirewall/ipv?.d/web1.conf
promise "a guest may open a group's service" firewall reload
world ip route add 224.0.0.0/4 dev eth0
watch_groups
promise "the LAN speaks to groups" say_to_groups
promise "the guest hears what it opened over IPv4" not says "packets 0 " nft list counter bridge look opened4
promise "the guest hears what it opened over IPv6" not says "packets 0 " nft list counter bridge look opened6
promise "and nothing else that is said there" says "packets 0 " nft list counter bridge look closed
nft delete table bridge look

sed -i 's/^\[xen\]/&\nCONNECTIONS = 20/' /etc/taofirewall/taofirewall.conf
promise "CONNECTIONS can be set" firewall reload
promise "a guest has as many connections to the LAN, and no more" opens_about 20 2001:db8:1::fe
promise "to another guest, which takes no place, it has more" opens_about 28 2001:db8:1::11
promise "what was beyond is told" says "beyond CONNECTIONS" firewall status
promise "the LAN still reaches it" eventually world_connects 2001:db8:1::10 80
promise "the kernel has not forgotten its share" says "goto share_from_20" nft list map bridge taofirewall share_from
promise "who sends it what DHCP servers do has no more places" serves_dhcp 20
sed -i 's/^CONNECTIONS.*/CONNECTIONS = 5/' /etc/taofirewall/taofirewall.conf
promise "CONNECTIONS can be less" firewall reload
world nc -ll -p 21 -e cat &
promise "an administrator may give connections a helper of the kernel" helped
promise "what that expects takes places, too" expect_opened 5
promise "and what is beyond is told as well" says "beyond CONNECTIONS" firewall status
nft delete table bridge helped
sed -i '/^CONNECTIONS/d' /etc/taofirewall/taofirewall.conf
promise "and it can be taken back" firewall reload

ip address add 192.0.2.1/24 dev xenbr0
promise "to this machine's own address nothing comes by a group's MAC, which is not tracked" not asks_by 01:00:5e:7f:00:01
promise "by its own it does" asks_by "$(cat /sys/class/net/xenbr0/address)"
ip address delete 192.0.2.1/24 dev xenbr0

cp -r /etc/taofirewall /run/router
sed -i 's/^IP = .*/&\nROLE = router/; s/^PUBLIC_PORTS.*/&\nOUT_PORTS = 53/' /run/router/ipv4.d/web1.conf
promise "a guest is a router that may open one port" firewall --config /run/router reload
watch_for "ip saddr 192.0.2.77 tcp dport 80"
guest_says_as 192.0.2.77 80
promise "from an address that is nobody's it opens no other one" says "packets 0 " nft list counter bridge look passed
sed -i '/^OUT_PORTS/d' /run/router/ipv4.d/web1.conf
promise "it may open what it likes" firewall --config /run/router reload
guest_says_as 192.0.2.77 80
promise "from there, too" not says "packets 0 " nft list counter bridge look passed
nft delete table bridge look
promise "it is as it was" firewall reload

promise "most datagrams in three fragments are answered" answers_large 20 192.0.2.254
promise "and none had no place" not prints fragments_over
promise "a fragment that claims to be longer than it is keeps its datagram's place" keeps_places "ip length set 9000"
promise "so does one with a short header" keeps_places "@nh,0,8 set 0x44"
promise "so does one of another version of IP" keeps_places "@nh,0,8 set 0x65"
lose_middles
promise "200 of a guest lose what is in the middle" not guest "ping -c 200 -i 0.01 -W 1 -s 3000 192.0.2.254"
nft delete table netdev lose
promise "it has no places for so many" says "fragments too many" firewall status
console=$second
promise "another guest's are put together" eventually guest "ping -c 1 -W 4 -s 3000 192.0.2.254"
console=$first

modprobe br_netfilter
promise "br_netfilter is on" says 1 cat /proc/sys/net/bridge/bridge-nf-call-iptables
what_passes "with br_netfilter,"

ip link set xenbr0 type bridge vlan_filtering 0
what_passes "without VLANs,"
ip link set xenbr0 type bridge vlan_filtering 1

# libxl of this version writes no vlan=; later ones do
xenstore-write "$backend/vlan" 10
promise "vlan= is taken" env XENBUS_PATH="$backend" /etc/xen/scripts/vif-bridge-taofw online type_if=vif
promise "then the port is in its VLAN alone" says "$vif 10 PVID Egress Untagged" vlans
promise "the LAN, which is in another one, does not reach it" not world_pings 2001:db8:1::10
bridge vlan add dev lan0 vid 10 pvid untagged
promise "a LAN in the same VLAN does" eventually world_pings 2001:db8:1::10
promise "and meets the same policy" not world_connects 192.0.2.10 81
promise "its open port answers" eventually world_connects 192.0.2.10 80
ip link set "$vif" nomaster
promise "off its bridge nobody reaches it" not world_connects 192.0.2.10 80
promise "reload puts it back" firewall reload
promise "into its VLAN alone" says "$vif 10 PVID Egress Untagged" vlans
promise "where its open port answers again" eventually world_connects 192.0.2.10 80
promise "and no closed one" not world_connects 192.0.2.10 81
ip link set "$vif" nomaster
firewall watch &
watcher=$!
promise "watch puts it into its VLAN by itself" eventually says "$vif 10 PVID Egress Untagged" vlans
promise "where its open port answers once more" eventually world_connects 192.0.2.10 80
kill "$watcher"
wait "$watcher"
promise "the other guest is where it was" says " 1 PVID Egress Untagged" vlans "vif$(xl domid lan2).0"
xenstore-write "$backend/vlan" 10p/20
promise "a tagged VLAN is refused, in our words" fails_with "so it can't be in VLANs that have one" \
	env XENBUS_PATH="$backend" /etc/xen/scripts/vif-bridge-taofw online type_if=vif
xenstore-write "$backend/vlan" 1
bridge vlan add dev lan0 vid 1 pvid untagged
promise "VLAN 1 brings it back" env XENBUS_PATH="$backend" /etc/xen/scripts/vif-bridge-taofw online type_if=vif
promise "and it answers" eventually world_connects 192.0.2.10 80

xenstore-write "$backend2/ip" ""
console=$second
promise "a guest without ip= is attached" env XENBUS_PATH="$backend2" /etc/xen/scripts/vif-bridge-taofw online type_if=vif
promise "it connects to the LAN" eventually guest_connects 192.0.2.254 80
promise "and nobody there reaches it" not world_connects 192.0.2.11 80
guest_spoofs 192.0.2.10 192.0.2.254
promise "another guest's address is not its own to take" not seen 192.0.2.10
promise "but others are" seen 192.0.2.11
cp -r /etc/taofirewall /run/networks
for each in "ipv4 one 192.0.2.0/24 xenbr0" "ipv4 two 198.51.100.0/24 xenbr1" "ipv6 one 2001:db8:1::/64 xenbr0" \
	"ipv6 two 2001:db8:2::/64 xenbr1"; do
	read -r family name subnet bridge <<<"$each"
	printf '%s\n' "[network $name]" "SUBNET = $subnet" "INTERFACE = $bridge" >>"/run/networks/$family.conf"
done
for each in "198.51.100.77 192.0.2.254 192.0.2.11 4" "2001:db8:2::77 2001:db8:1::fe 2001:db8:1::11 6"; do
	read -r stray to own family <<<"$each"
	guest_spoofs "$stray" "$to"
	promise "it sends from another network over IPv$family" seen "$stray"
done
promise "networks behind two bridges are taken" firewall --config /run/networks reload
for each in "198.51.100.77 192.0.2.254 192.0.2.11 4" "2001:db8:2::77 2001:db8:1::fe 2001:db8:1::11 6"; do
	read -r stray to own family <<<"$each"
	guest_spoofs "$stray" "$to"
	promise "it no longer sends from that behind the other bridge over IPv$family" not seen "$stray"
	promise "but from its own over IPv$family" seen "$own"
done
console=$first
watch_networks
world_says_as 198.51.100.78 192.0.2.10
world_says_as 2001:db8:2::78 2001:db8:1::10
promise "from the other network the LAN does not reach a guest" says "packets 0 " nft list counter bridge look stray
promise "from its own it does" eventually world_connects 192.0.2.10 80
promise "with networks, too, over IPv6" eventually world_connects 2001:db8:1::10 80
promise "the first configuration is in force again" firewall reload
world_says_as 198.51.100.78 192.0.2.10
world_says_as 2001:db8:2::78 2001:db8:1::10
promise "without networks the LAN reaches it from there" not says "packets 0 " nft list counter bridge look stray
nft delete table bridge look

cp -r /etc/taofirewall /run/behind
printf '%s\n' '[vpn]' 'DESTINATION = 10.8.0.0/24 2001:db8:8::/48' 'VIA = 192.0.2.10 2001:db8:1::10' >/run/behind/routing.cfg
world ip route add 10.8.0.0/24 dev eth0
world ip -6 route add 2001:db8:8::/48 dev eth0
watch_for "iifname vif* ip saddr 10.8.0.7 tcp dport 80"
guest_says_as 10.8.0.7 80
promise "a guest does not send from a network that is not behind it" says "packets 0 " nft list counter bridge look passed
promise "a network may be behind a guest" firewall --config /run/behind reload
guest_says_as 10.8.0.7 80
promise "then it calls the LAN from there" not says "packets 0 " nft list counter bridge look passed
nft reset counters table bridge look >/dev/null
console=$second
guest_says_as 10.8.0.7 80
promise "which the other guest, that has no ip=, does not" says "packets 0 " nft list counter bridge look passed
console=$first
nft delete table bridge look
promise "the first configuration is in force once more" firewall reload

promise "firewall stop removes the rules" firewall stop
promise "without rules its closed port answers" eventually world_connects 192.0.2.10 81
guest_spoofs 192.0.2.77 192.0.2.254
promise "without rules a spoofed IPv4 frame arrives" seen 192.0.2.77
for each in "192.0.2.253 192.0.2.10" "2001:db8:1::fd 2001:db8:1::10"; do
	promise "without rules ${each% *} reaches the open port" eventually other_connects "${each% *}" "${each#* }" 80
	promise "without rules the guest reaches ${each% *}" eventually guest_connects "${each% *}" 80
done
# No two neighbours are of one kind: more than a message of rtnetlink has room for
cp -r /etc/taofirewall /run/open
sed -i 's/^UPLINK.*/&\nANTISPOOF = no/' /run/open/taofirewall.conf
xenstore-write "$backend/vlan" 1p/2+2x2046/3+2x2045u
promise "without protection against spoofing" firewall --config /run/open start
promise "it may be in all VLANs there are" env XENBUS_PATH="$backend" /etc/xen/scripts/vif-bridge-taofw online type_if=vif
promise "and is in each of them" says 4094 eval "bridge vlan show dev $vif | tail -n +2 | wc -l"
xenstore-write "$backend/vlan" 1
promise "VLAN 1 brings it back again" env XENBUS_PATH="$backend" /etc/xen/scripts/vif-bridge-taofw online type_if=vif
promise "firewall start finds the running guests" firewall start
promise "its closed port does not answer again" not world_connects 192.0.2.10 81
promise "firewall status names the bridge" says "a port of xenbr0" firewall status

promise "xl destroy ends the guests" eval "xl destroy lan1 && xl destroy lan2"
promise "they leave nothing" not prints leftovers

promise "the installed example of a whole server can be loaded" firewall --config "$example" check
promise "of which nothing is warned" not prints warnings
promise "xl reads the files of its guests" xl_reads_example

all_promises_kept
