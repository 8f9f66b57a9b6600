#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of a routed vif: what vif-route-taofw does when libxl calls it, what it answers, and what it takes back.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# link_shows GUEST|VIF TEXT: `ip -details link` says so
link_shows() { ip -n "$scene-dom0" -d link show dev "$1" | grep -qF "$2" || fail "$1 is not: $2"; }

# lists COMMAND... -- TEXT...: each text is a line's beginning in what `ip` lists in Dom0
lists() {
	local words=() out
	while [ "$1" != -- ]; do words+=("$1"); shift; done
	shift
	out=$(ip -n "$scene-dom0" "${words[@]}")
	for text; do grep -q "^$text" <<<"$out" || fail "ip ${words[*]} lists no '$text' but:"$'\n'"$out" || return; done
}

# is_whole GUEST VIF: everything that a vif with the guest's two addresses needs stands in Dom0, and it works
is_whole() {
	lists -4 address show dev "$2" -- "    inet $(address dom0 4)/32"
	lists -6 address show dev "$2" -- "    inet6 $(address dom0 6)/128"
	lists -4 route show proto 116 -- "$(address "$1" 4) dev $2"
	lists -6 route show proto 116 -- "$(address "$1" 6) dev $2"
	lists neighbour show dev "$2" nud permanent -- "$(address "$1" 4) lladdr $(mac "$1")" \
		"$(address "$1" 6) lladdr $(mac "$1")"
	lists -4 neighbour show proxy -- "$(address "$1" 4) dev eth0"
	lists -6 neighbour show proxy -- "$(address "$1" 6) dev eth0"
	FAMILIES=6 pings world "$1"
	connects "$1" world tcp/80 udp/53
}

# refused WORDS KEY=VALUE...: with these keys online fails with exactly these words, and changes nothing
refused() {
	local why=$1
	shift
	vif_destroy g1 2>/dev/null || true
	vif_create g1
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4)" "$@"
	run online 1 0
	equal "the status of online with $*" "$status" 1
	equal "hotplug-error with $*" "$(store 1 0 hotplug-error)" "$why"
	equal "hotplug-status with $*" "$(store 1 0 hotplug-status)" error
	[[ $output == *"$why"* ]]
	link_shows vif1.0 "state DOWN"
	unchanged
	store_forget 1 0
}

@test "online gives a vif all that a routed guest needs, and says connected" {
	serve world
	guest_create g1
	ip -n "$scene-dom0" link set vif1.0 address 02:00:00:00:00:01
	attach g1
	equal hotplug-status "$(store 1 0 hotplug-status)" connected
	equal hotplug-error "$(store 1 0 hotplug-error)" ""
	link_shows vif1.0 "link/ether fe:ff:ff:ff:ff:ff"
	link_shows vif1.0 "group 29793"
	link_shows vif1.0 "state UP"
	is_whole g1 vif1.0
}

@test "offline takes all of it back, with the interface still there" {
	dom0 firewall start
	remember
	guest_create g1
	attach g1
	run ! unchanged
	offline 1 0
	link_shows vif1.0 "state DOWN"
	nothing_left
	unchanged
}

@test "offline takes all of it back when netback has removed the interface already, as it mostly has" {
	dom0 firewall start
	remember
	guest_create g1
	attach g1
	detach g1
	nothing_left
	unchanged
}

@test "online twice is online once" {
	serve world
	dom0 firewall start
	guest_create g1
	attach g1
	remember
	online 1 0
	unchanged
	is_whole g1 vif1.0
	detach g1
	nothing_left
}

@test "without an offline, the next online of the same vif replaces what was left" {
	serve world
	dom0 firewall start
	guest_create g1
	attach g1 "ip=192.0.2.50 2001:db8:b::50"
	vif_destroy g1
	vif_create g1
	guest_address g1 "$(address g1 4)" "$(address g1 6)"
	attach g1
	is_whole g1 vif1.0
	run ! grep -E '192\.0\.2\.50|2001:db8:b::50' <<<"$(dom0_state)"
	detach g1
	nothing_left
}

@test "a missing type_if means vif, as with old versions of Xen" {
	guest_create g1
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4)"
	hotplug online "" 1 0
	equal hotplug-status "$(store 1 0 hotplug-status)" connected
	hotplug offline "" 1 0
	nothing_left
}

@test "an absolute XENBUS_PATH is as good as a relative one" {
	guest_create g1
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4)"
	hotplug online vif 1 0 XENBUS_PATH=/local/domain/0/backend/vif/1/0
	equal hotplug-status "$(store 1 0 hotplug-status)" connected
	hotplug offline vif 1 0 XENBUS_PATH=/local/domain/0/backend/vif/1/0
	nothing_left
}

@test "a path that is no vif's, an unknown verb and an unknown type are refused" {
	run -1 hotplug online vif 1 0 XENBUS_PATH=backend/vif/../1/0
	[[ $output == *'XENBUS_PATH="backend/vif/../1/0" is no backend/vif/DOMID/DEVID, nothing was done'* ]]
	run -1 hotplug online vif 1 0 XENBUS_PATH=
	[[ $output == *'XENBUS_PATH="" is no backend/vif/DOMID/DEVID, nothing was done'* ]]
	run -1 hotplug setup vif 1 0
	[[ $output == *'"setup" is none of online, offline, add and remove, nothing was done'* ]]
	run -1 hotplug online bridge 1 0
	[[ $output == *'type_if="bridge" is neither vif nor tap, nothing was done'* ]]
}

@test "the verbs of the other type are not ours to do, as with the scripts that come with Xen" {
	guest_create g1
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4)"
	hotplug add vif 1 0
	tap online 1 0
	equal hotplug-status "$(store 1 0 hotplug-status)" ""
	link_shows vif1.0 "state DOWN"
}

@test "mtu= is set on the link and told to the frontend" {
	guest_create g1
	attach g1 mtu=1400
	link_shows vif1.0 "mtu 1400"
	equal "the frontend's mtu" "$(xenstore-read /local/domain/1/device/vif/0/mtu)" 1400
}

@test "a guest whose link goes down and up again and again changes nothing" {
	serve world
	dom0 firewall start
	guest_create g1
	attach g1
	remember
	for _ in {1..50}; do
		ip -n "$scene-g1" link set eth0 down
		ip -n "$scene-g1" link set eth0 up
	done
	ip -n "$scene-g1" address flush dev eth0
	guest_address g1 "$(address g1 4)" "$(address g1 6)"
	connects g1 world tcp/80
	unchanged
}

@test "where the frontend is said to be nothing is written" {
	guest_create g1
	xenstore-write /local/domain/0/elsewhere/mtu 9000
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4)" mtu=1400 frontend=/local/domain/0/elsewhere
	online 1 0
	equal "what stands there" "$(xenstore-read /local/domain/0/elsewhere/mtu)" 9000
	equal "the frontend's mtu" "$(xenstore-read /local/domain/1/device/vif/0/mtu)" 1400
}

@test "vifname= renames the interface, once, and offline knows it by that name" {
	serve world
	dom0 firewall start
	remember
	guest_create g1
	attach g1 vifname=web1
	link_shows web1 "state UP"
	is_whole g1 web1
	online 1 0
	is_whole g1 web1
	dom0 cat /proc/sys/net/ipv4/conf/web1/proxy_arp | grep -x 1
	watch world spoofed "udp dport 7777"
	send_as g1 g2 world dport=7777
	connects g1 world tcp/80
	arrives_not world spoofed
	offline 1 0
	nothing_left
	unchanged
}

@test "a vifname= that another interface has is refused, and that interface left alone" {
	dom0 firewall start
	guest_create g1 g2
	attach g2 vifname=web
	remember
	refused "vifname=web: another interface has this name, it is left alone" vifname=web
	refused "vifname=eth0: another interface has this name, it is left alone" vifname=eth0
	refused "vifname=: vif7.0 is the kernel's name for another domain's vif" vifname=vif7.0
	link_shows web "state UP"
	link_shows eth0 "state UP"
}

@test "gatewaydev= makes another interface the uplink" {
	dom0 firewall start
	ip -n "$scene-dom0" link add wan2 type veth peer name wan2-far
	ip -n "$scene-dom0" link set wan2 up
	ip -n "$scene-dom0" address add 203.0.113.200/24 dev wan2
	remember
	guest_create g1
	attach g1 "ip=$(address g1 4)" gatewaydev=wan2
	lists -4 neighbour show proxy -- "$(address g1 4) dev wan2"
	lists -4 address show dev vif1.0 -- "    inet 203.0.113.200/32"
	detach g1
	unchanged
}

@test "without UPLINK the default route shows the uplink" {
	configure "[xen]" "UPLINK = auto"
	guest_create g1
	attach g1
	lists -4 neighbour show proxy -- "$(address g1 4) dev eth0"
}

@test "what the toolstack says and can't be is refused by its exact words, and nothing is changed" {
	dom0 firewall start
	guest_create g1
	remember
	refused "no ip=: a routed vif without addresses could not send anything" ip=
	refused 'ip=: "198.51.100.300" is not an address' ip=198.51.100.300
	# shellcheck disable=SC2016 # no shell may ever expand it
	refused 'ip=: "$(touch" is not an address' 'ip=$(touch /tmp/p)'
	refused 'ip=: "192.0.2.17/28" has bits set behind its length: the one address is 192.0.2.17, the whole network 192.0.2.16/28' ip=192.0.2.17/28
	refused 'ip=: 198.51.100.11 is given twice' 'ip=198.51.100.11 198.51.100.11'
	refused 'ip=: 192.0.2.17 lies inside 192.0.2.16/28, which is given too' 'ip=192.0.2.16/28 192.0.2.17'
	refused "ip=: 224.0.0.1 is in 224.0.0.0/4 (multicast), which can't belong to a machine" ip=224.0.0.1
	refused "ip=: fe80::1 is in fe80::/10 (link-local), which can't belong to a machine" ip=fe80::1
	refused "ip=: 0.0.0.0/0 holds 0.0.0.0/8 (unspecified), which can't belong to a machine" ip=0.0.0.0/0
	refused "ip=: 198.51.100.2 is an address of this machine itself" ip=198.51.100.2
	refused 'mtu=: "67" is not between 68 and 65517' mtu=67
	refused 'mtu=: "15oo" is not between 68 and 65517' mtu=15oo
	refused "mtu=: 1279 is too small for IPv6, which needs 1280 (RFC 8200, 5)" mtu=1279 ip=2001:db8:b::1
	refused 'mac=: "00:16:3e" is not a MAC address' mac=00:16:3e
	refused 'mac=: "01:00:5e:00:00:01" is a multicast MAC address: no station has it' mac=01:00:5e:00:00:01
	refused 'vifname=: "averyveryverylongname" is too long for the name of an interface (at most 15)' \
		vifname=averyveryverylongname
	refused 'gatewaydev=: "a b" is not the name of an interface as this program takes it (letters, digits, and behind the first one also _ . -)' \
		"gatewaydev=a b"
	refused 'xenstore: backend/vif/1/0/ip holds bytes that are no plain text' "ip=192.0.2.10"$'\n'"192.0.2.11"
	[ ! -e /tmp/p ]
}

@test "a list of addresses may be parted by commas too" {
	guest_create g1
	attach g1 "ip=$(address g1 4), $(address g1 6)"
	FAMILIES=6 pings world g1
	lists -4 route show proto 116 -- "$(address g1 4) dev vif1.0"
}

@test "firewall repair sets again what somebody removed, by the configuration that is loaded" {
	printf '[far]\nDESTINATION = 10.9.0.0/24\nVIA = %s\n' "$(address world 4)" >"$TAOFIREWALL_CONFIG/routing.cfg"
	dom0 firewall repair
	host g1 "PUBLIC_PORTS = 80 53/udp"
	dom0 firewall start
	serve world
	guest_create g1
	attach g1
	is_whole g1 vif1.0
	remember
	lists -4 route show proto 116 -- "10.9.0.0/24 via $(address world 4) dev eth0"
	loaded=$(dom0 nft -st list ruleset)
	echo "PUBLIC_PORTS = eighty" >>"$TAOFIREWALL_CONFIG/ipv4.d/g1.conf"
	ip -n "$scene-dom0" -4 route flush proto 116
	ip -n "$scene-dom0" -6 route flush proto 116
	ip -n "$scene-dom0" neighbour flush nud permanent dev vif1.0
	ip -n "$scene-dom0" -4 neighbour delete proxy "$(address g1 4)" dev eth0
	ip -n "$scene-dom0" -6 neighbour delete proxy "$(address g1 6)" dev eth0
	refuses world g1 tcp/80
	dom0 firewall repair
	unchanged
	is_whole g1 vif1.0
	equal "the rules" "$(dom0 nft -st list ruleset | grep -c .)" "$(grep -c . <<<"$loaded")"
	ip -n "$scene-dom0" address delete "$(address dom0 4)/24" dev eth0
	run -1 dom0 firewall repair
	[[ $output == *"routing.cfg:2: "*": it is not set: "*"repair failed: not all of it is set" ]]
	dom0 firewall stop
	ip -n "$scene-dom0" -4 route flush proto 116
	dom0 firewall repair
	equal "routes after a stop" "$(ip -n "$scene-dom0" -4 route show proto 116)" ""
}

@test "forwarding that is off is an error with its remedy, in a family that the guest has" {
	dom0 firewall start
	guest_create g1
	remember
	dom0 sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
	refused "IPv4 forwarding is off (net.ipv4.ip_forward = 0), the guest would have no network: set net.ipv4.ip_forward = 1 in /etc/sysctl.d and run sysctl --system"
	dom0 sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'
	refused "IPv6 forwarding is off (net.ipv6.conf.all.forwarding = 0), the guest would have no network: set net.ipv6.conf.all.forwarding = 1 in /etc/sysctl.d and run sysctl --system (with net/ipv6/conf/eth0/accept_ra = 2 before it, where this machine has its default route from router advertisements)" \
		ip=2001:db8:b::1
	vif_destroy g1
	vif_create g1
	attach g1 "ip=$(address g1 4)"
}

@test "an online without backend, interface or address of Dom0 says which of them is missing" {
	dom0 firewall start
	run -1 online 1 0
	[[ $output == *"xenstore has no mac of vif 0 of domain 1: is it gone?"* ]]
	[ -z "$(store 1 0 hotplug-status)" ]
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4)"
	run -1 online 1 0
	equal hotplug-error "$(store 1 0 hotplug-error)" "there is no interface vif1.0: is xen-netback loaded?"
	guest_create g1
	remember
	ip -n "$scene-dom0" link add wan2 type veth peer name wan2-far
	ip -n "$scene-dom0" link set wan2 up
	refused "wan2 has no global IPv4 address that Dom0 could have on vif1.0 too, so the guest has no gateway: set DOM0_IP in taofirewall.conf" \
		gatewaydev=wan2
	ip -n "$scene-dom0" link delete wan2
}

@test "offline is done whatever is gone already: interface, backend, name, or all of them" {
	local gone key
	dom0 firewall start
	remember
	for gone in interface backend name renamed all-but-record; do
		vif_create g1
		key=vifname=
		[ "$gone" != renamed ] || key=vifname=web1
		attach g1 "$key"
		store_goodbye 1 0
		case $gone in interface | all*) vif_destroy g1 ;; esac
		case $gone in backend | all*) store_forget 1 0 ;; esac
		case $gone in name | all*) xenstore-rm /local/domain/1/name ;; esac
		case $gone in renamed) ip -n "$scene-dom0" link delete web1 ;; esac
		offline 1 0
		offline 1 0
		ip -n "$scene-g1" link delete eth0 2>/dev/null || true
		nothing_left || fail "with $gone gone" || return
		unchanged || fail "with $gone gone" || return
	done
}

@test "a record that is gone makes no offline fail, and a reload takes what nothing names any more" {
	dom0 firewall start
	guest_create g1
	attach g1
	store_goodbye 1 0
	vif_destroy g1
	xenstore-rm taofirewall
	offline 1 0
	resting_rules | grep -qF "$(address g1 4)"
	dom0 firewall reload
	run ! grep -F -e "$(address g1 4)" -e "$(address g1 6)" <<<"$(resting_rules)"
	nothing_left
}

@test "an offline of a vif that never came online is done" {
	offline 1 0
	store_vif 1 0
	offline 1 0
	tap remove 1 0
}

@test "a vif of an HVM guest has its emulated twin: each comes and goes alone, and both carry packets" {
	serve world
	dom0 firewall start
	remember
	guest_create g1
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4) $(address g1 6)" type=vif_ioemu
	ip -n "$scene-g1" link add eth1 address "$(mac g1)" type veth peer name vif1.0-emu netns "$scene-dom0"
	online 1 0
	tap add 1 0
	equal hotplug-status "$(store 1 0 hotplug-status)" connected
	link_shows vif1.0-emu "state"
	# the guest still uses the emulated one
	ip -n "$scene-g1" link set eth1 address 02:00:00:00:00:01
	ip -n "$scene-g1" link set eth0 down
	ip -n "$scene-g1" link set eth1 address "$(mac g1)" up
	ip -n "$scene-g1" route replace default via "$(address dom0 4)" dev eth1 onlink
	FAMILIES=4 connects g1 world tcp/80 udp/53
	tap remove 1 0
	FAMILIES=4 refuses g1 world tcp/80
	# its own driver takes over
	ip -n "$scene-g1" link delete eth1
	ip -n "$scene-g1" link set eth0 up
	guest_address g1 "$(address g1 6)"
	is_whole g1 vif1.0
	detach g1
	nothing_left
	unchanged
}

@test "a tap that is not there fails cleanly, and the vif beside it lives on" {
	serve world
	dom0 firewall start
	guest_create g1
	attach g1
	remember
	run -1 tap add 1 0
	[[ $output == *"there is no interface vif1.0-emu"* ]]
	unchanged
	is_whole g1 vif1.0
}

# hook NAME LINE...: an executable hook
hook() {
	local name=$1
	shift
	mkdir -p "$scene_dir/hooks"
	printf '%s\n' '#!/bin/sh' "$@" >"$scene_dir/hooks/$name"
	chmod +x "$scene_dir/hooks/$name"
	configure "[xen]" "HOOKS = $scene_dir/hooks"
}

@test "hooks run at the end of online and offline, with the variables that Xen's own scripts give them" {
	hook 10-seen.hook "echo \"\$command \$dev \$ip \$main_ip \$type_if \$XENBUS_PATH\" >>'$scene_dir/seen'"
	hook 20-state.hook "ip route get $(address g1 4) | head -n 1 >>'$scene_dir/route'"
	hook not-a-hook.sh "echo wrong >>'$scene_dir/seen'"
	hook 30-not-executable.hook "echo wrong >>'$scene_dir/seen'"
	chmod -x "$scene_dir/hooks/30-not-executable.hook"
	guest_create g1
	attach g1 vifname=web1
	offline 1 0
	diff -u - "$scene_dir/seen" <<-END
		online web1 $(address g1 4) $(address g1 6) $(address dom0 4) vif backend/vif/1/0
		offline web1 $(address g1 4) $(address g1 6) $(address dom0 4) vif backend/vif/1/0
	END
	grep "dev web1" "$scene_dir/route"
}

@test "a hook that fails makes the online fail, and everything is undone" {
	hook 10-fails.hook "exit 7"
	dom0 firewall start
	guest_create g1
	remember
	refused "hook $scene_dir/hooks/10-fails.hook failed with status 7"
}

@test "a hook that hangs is killed, and libxl hears of it in time" {
	hook 10-hangs.hook "exec sleep 60"
	dom0 firewall start
	guest_create g1
	remember
	refused "hook $scene_dir/hooks/10-hangs.hook took longer than 8 s and was killed"
	((SECONDS < 30))
}

@test "without a xenstored online fails at once, and offline is done" {
	guest_create g1
	xenstore_stop
	local start=$SECONDS
	run -1 online 1 0
	[[ $output == *"xenstore does not answer: "* ]]
	offline 1 0
	((SECONDS - start <= 2))
}

@test "the world hears at once that an address has moved to this host" {
	guest_create g1
	ip -n "$scene-world" neighbour replace "$(address g1 4)" lladdr 02:00:00:00:00:99 nud stale dev eth0
	ip -n "$scene-world" neighbour replace "$(address g1 6)" lladdr 02:00:00:00:00:99 nud stale dev eth0
	attach g1
	eventually knows_dom0 4
	eventually knows_dom0 6
}

knows_dom0() { ip -n "$scene-world" neighbour show "$(address g1 "$1")" dev eth0 | grep -q "lladdr $dom0_mac"; }

@test "the gateway of a guest stays when its uplink gets one more address" {
	dom0 firewall start
	guest_create g1
	attach g1
	ip -n "$scene-dom0" -batch - <<-END
		address add 198.51.100.53/24 dev eth0
		address add 2001:db8:a:a::53/64 dev eth0 nodad
	END
	remember
	dom0 firewall reload
	dom0 firewall repair
	unchanged
	detach g1
	vif_create g1
	guest_address g1 "$(address g1 4)" "$(address g1 6)"
	attach g1
	pings g1 world
	run -0 dom0 firewall status
	[[ $output == *$'\n'"  gateway: $(address dom0 4), $(address dom0 6)"* ]] || fail "$output" || return
	run -0 dom0 firewall check
	[[ $output == *"DOM0_IP = auto: the gateway of routed guests is $(address dom0 4), the address of eth0"* ]] || fail "$output" || return
	[[ $output == *"DOM0_IP6 = auto: the gateway of routed guests is $(address dom0 6), of 2 addresses of eth0 the one that is likely to stay"* ]] ||
		fail "$output"
}

@test "after a migration away that failed, a reload tells neighbours where the guest is" {
	local other=00:00:5e:00:53:99
	dom0 firewall start
	guest_create g1
	attach g1
	pings g1 world
	ip -n "$scene-world" neighbour replace "$(address g1 4)" lladdr $other dev eth0 nud stale
	ip -n "$scene-world" neighbour replace "$(address g1 6)" lladdr $other dev eth0 nud stale
	sleep 1.5	# what is quicker than a second behind the last word nobody believes (neigh/locktime)
	dom0 firewall reload
	for each in "$(address g1 4)" "$(address g1 6)"; do
		eventually eval "ip -n '$scene-world' neighbour show to $each dev eth0 | grep -q $dom0_mac"
	done
}

@test "where Dom0 would not answer its guests' ARP, no guest comes up, and hears why" {
	dom0 firewall start
	guest_create g1
	remember
	for each in 2 8; do
		dom0 sysctl -q "net.ipv4.conf.all.arp_ignore=$each"
		refused "net.ipv4.conf.all.arp_ignore = $each: this machine would not answer when the guest asks for its gateway, the guest would have no network: set it to 0 or 1 in /etc/sysctl.d and run sysctl --system"
	done
	dom0 sysctl -q net.ipv4.conf.all.arp_ignore=1
	vif_destroy g1 2>/dev/null || true
	vif_create g1
	guest_address g1 "$(address g1 4)" "$(address g1 6)"
	attach g1
	pings g1 world
}

@test "a guest can use Dom0's constant link-local address as its gateway" {
	serve world
	guest_create g1
	attach g1
	ip -n "$scene-g1" -6 route replace default via fe80::fcff:ffff:feff:ffff dev eth0
	FAMILIES=6 connects g1 world tcp/80
}

gateway_is_good() {
	local addresses
	addresses=$(ip -n "$scene-dom0" -6 -o address show dev vif1.0)
	[[ $addresses == *" fe80::fcff:ffff:feff:ffff/64 "* && $addresses != *tentative* && $addresses != *dadfailed* ]]
}

@test "a guest that answers every duplicate address detection does not take the gateway away" {
	serve world
	guest_create g1
	background g1 send eth0 seconds=600 icmp6 src=fe80::fcff:ffff:feff:ffff dst=ff02::1 hops=255 type=136 \
		target=fe80::fcff:ffff:feff:ffff dmac=33:33:00:00:00:01
	attach g1
	kill $!
	eventually gateway_is_good	# what has failed stays so
	is_whole g1 vif1.0
}

@test "a connection of the address's former owner is not the next one's" {
	local -x FAMILIES=4
	host g1 "PUBLIC_PORTS = 53/udp"
	guest_create g1
	attach g1
	hold before world g1 udp/53
	detach g1
	host g1 "PUBLIC_PORTS = 80"
	dom0 firewall reload
	vif_create g1
	guest_address g1 "$(address g1 4)"
	attach g1
	connects world g1 tcp/80
	run ! held before
}

@test "somebody else's tables, routes, proxy entries and records are left alone" {
	dom0 nft -f - <<-'END'
		table inet mine {
			set guests { type ipv4_addr; elements = { 198.51.100.11 }; }
			chain c { type filter hook forward priority 10; counter; }
		}
		table ip taofirewall {
			chain c { }
		}
	END
	ip -n "$scene-dom0" route add 192.0.2.99 via "$(address world 4)" proto static
	ip -n "$scene-dom0" neighbour add proxy 198.51.100.99 dev eth0
	xenstore-write somebody/vif/1/0/ip 192.0.2.99
	dom0_state >"$scene_dir/before"
	guest_create g1
	attach g1
	detach g1
	dom0 firewall reload
	dom0 firewall stop
	dom0_state | diff -u "$scene_dir/before" -
	equal record "$(xenstore-read somebody/vif/1/0/ip)" 192.0.2.99
}
