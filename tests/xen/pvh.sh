#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Turns a PVH guest with a routed and a bridged card, which gets its scripts and its bridge from xl.conf and migrates from
# this machine to this machine, into promises kept or broken; before it, guests that must not start. Runs in Dom0.
# shellcheck source-path=SCRIPTDIR source=dom0/root/helpers.bash
. /root/helpers.bash

cards=("'ip=192.0.2.10 2001:db8:1::10,mac=00:16:3e:00:00:01,mtu=1400,vifname=public'"
	"'script=vif-bridge-taofw,ip=198.51.100.10 2001:db8:2::10,mac=00:16:3e:00:01:01'")
create() {	# create CARD...: the guest with these
	local IFS=,

	xl create /root/life.cfg "type='pvh'" "vif=[$*]"
}

cards_of_guest() { guest ip link show | grep -c ' eth[0-9]: '; }

link() { ip -br link show dev "$1" && cat "/sys/class/net/$1/mtu"; }
route_to_guest() { world ip route get 192.0.2.10; }
narrow() { eventually world ping -c 1 -W 5 -s 1400 192.0.2.10 && says "mtu 1400" route_to_guest; }

# The world counts what tells it where the guest is.
counts_telling() {
	world nft -f - <<-RULES
		table arp told {
			chain arrivals {
				type filter hook input priority filter
				arp operation request arp saddr ip 192.0.2.10 arp daddr ip 192.0.2.10 counter
			}
		}
		table ip6 told {
			chain arrivals {
				type filter hook input priority filter
				icmpv6 type nd-neighbor-advert @th,64,128 0x20010db8000100000000000000000010 counter
			}
		}
	RULES
}

told() { world nft list table arp told && world nft list table ip6 told; }
was_told() { [ "$(told | grep -c "counter packets $1 ")" = 2 ]; }	# was_told N: so often, in both families

migrate() { xl migrate -s /root/migrate-here web1 localhost; }

start_toolstack
make_world
make_lan
printf '%s\n' 'vif.default.script="vif-route-taofw"' 'vif.default.bridge="xenbr1"' >>/etc/xen/xl.conf
printf '%s\n' '#!/bin/sh' 'shift' 'exec "$@"' >/root/migrate-here
chmod +x /root/migrate-here
promise "firewall start loads the rules" firewall start
remember_state none

promise "a guest of whose cards one has a bad address does not start, and libxl says why in our words" \
	fails_with 'script: ip=: "198.51.100.300" is not an address' \
	create "${cards[0]}" "'script=vif-bridge-taofw,ip=198.51.100.300'"
promise "nothing is left of it, nor of its good card" state_is none
promise "a guest of whose cards one has no bridge does not start, and libxl says why in our words" \
	fails_with "script: bridge=xenbr9: there is no such interface" \
	create "${cards[0]}" "'script=vif-bridge-taofw,bridge=xenbr9'"
promise "nothing is left of this one, either" state_is none
promise "a guest of whose cards one takes a taken name does not start, and libxl says why in our words" \
	fails_with "script: vifname=lan0: another interface has this name, it is left alone" \
	create "${cards[0]}" "'script=vif-bridge-taofw,vifname=lan0'"
promise "nothing is left, and lan0 is what it was" state_is none

promise "a PVH guest with two cards starts" create "${cards[@]}"
domid=$(xl domid web1)
open_console "$domid" || exit
promise "the first one has the default script, and vifname=" link public
promise "the second one the default bridge" says "master xenbr1" ip link show dev "vif$domid.1"
promise "the guest has both" says 2 cards_of_guest
promise "the world reaches the first one over IPv4" reaches world 192.0.2.10
promise "the world reaches the first one over IPv6" reaches world 2001:db8:1::10
promise "the LAN reaches the second one over IPv4" reaches lan 198.51.100.10
promise "the LAN reaches the second one over IPv6" reaches lan 2001:db8:2::10
promise "mtu= is the vif's" says 1400 link public
promise "the guest is told" says 1400 xenstore-read "/local/domain/$domid/device/vif/0/mtu"
promise "the world is told by a packet that is too large, and smaller ones arrive" narrow
promise "firewall status names the vif as vifname= does" says "web1 (domain $domid) on public" firewall status

counts_telling
firewall watch &
watch=$!
connect_out 98
promise "the guest opens a connection to the world, and hears the world" hears hello
promise "nobody tells neighbours where a guest is that was there all the time" was_told 0
promise "with vifname= it cannot migrate to this machine, and libxl says why in our words" \
	fails_with "script: vifname=public: another interface has this name, it is left alone" migrate
promise "then it is in its old domain" says "$domid" xl domid web1
promise "and neighbours are told again where that is, by firewall watch" eventually was_told 1
promise "it still hears the world" hears still
promise "and the world still reaches it" reaches world 192.0.2.10

promise "the card is taken from it" xl network-detach web1 0
promise "and attached again without vifname=" \
	xl network-attach web1 'ip=192.0.2.10 2001:db8:1::10' mac=00:16:3e:00:00:01
promise "the guest sets it up" guest \
	"set_up eth0 192.0.2.10/24 2001:db8:1::10/64; for to in 192.0.2.1 2001:db8:1::1; do ip route add default via \$to; done"
promise "the world reaches it again" reaches world 192.0.2.10
connect_out 99
promise "it opens another connection, and hears the world" hears again
promise "now it migrates" migrate
promise "it is in a new domain" not says "$domid" xl domid web1
domid=$(xl domid web1)
join_console "$domid"
promise "it still hears the world over that connection" hears after
promise "the world reaches it over IPv4" reaches world 192.0.2.10
promise "the world reaches it over IPv6" reaches world 2001:db8:1::10
promise "so does the LAN" reaches lan 198.51.100.10
promise "its vifs of that domain alone are on record" says "$domid/1 $domid/2" recorded

kill $watch
promise "xl shutdown ends it" xl shutdown -w web1
promise "nothing is left of it" state_is none
all_promises_kept
