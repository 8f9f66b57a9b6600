#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What others take from guests that are online (a restart of the network, a daemon that manages interfaces or routes):
# `firewall status` names it, and a reload or a repair brings it back.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# misses WORDS: status names it as missing
misses() {
	run -0 dom0 firewall status
	[[ $output == *"  missing: $1"*"\`firewall reload\` sets it again."* ]]
}

misses_nothing() {
	run -0 dom0 firewall status
	[[ $output != *missing* ]]
}

# taken WORDS COMMAND...: it takes something from Dom0 that status then names, and that comes back
taken() {
	local words=$1 command
	shift
	for command in reload repair; do
		dom0 "$@"
		misses "$words"
		run -0 dom0 firewall "$command"
		[ $command = reload ] || [[ $output == *"missing of vif"*", and set again: $words"* ]]
		misses_nothing
		unchanged
	done
}

# write PATH VALUE: a sysctl
write() {
	# shellcheck disable=SC2016 # the inner shell's
	taken "sysctl $1 is not " sh -c 'echo "$1" >/proc/sys/"$0"' "$1" "$2"
}

@test "what is taken from a routed guest is named, and comes back" {
	guest_create g1
	dom0 firewall start
	attach g1
	misses_nothing
	remember
	taken "proxy entry $(address g1 4) on eth0 (was eth0 down for a moment?)" ip neighbour delete proxy "$(address g1 4)" dev eth0
	taken "proxy entry $(address g1 6) on eth0" ip neighbour delete proxy "$(address g1 6)" dev eth0
	taken "neighbour $(address g1 4) on vif1.0" ip neighbour delete "$(address g1 4)" dev vif1.0
	taken "neighbour $(address g1 6) on vif1.0" ip neighbour replace "$(address g1 6)" lladdr 00:16:3e:00:00:99 dev vif1.0
	taken "route $(address g1 4) on vif1.0" ip route delete "$(address g1 4)" dev vif1.0
	taken "route $(address g1 6) on vif1.0" ip route delete "$(address g1 6)" dev vif1.0
	taken "Dom0's address $(address dom0 4) on vif1.0" ip address flush dev vif1.0
	write net/ipv4/conf/vif1.0/rp_filter 0
	write net/ipv4/conf/vif1.0/forwarding 0
	write net/ipv6/conf/vif1.0/accept_ra 2
	write net/ipv6/conf/vif1.0/disable_ipv6 1
	write net/ipv6/conf/eth0/proxy_ndp 0
	write net/ipv4/conf/eth0/forwarding 0
	write net/ipv6/conf/eth0/forwarding 0
	write net/ipv4/neigh/eth0/proxy_delay 80
	serve world
	connects g1 world tcp/80
}

# is_up_to_you WORDS: status names it, and that a reload sets it again is nowhere said
is_up_to_you() {
	dom0 firewall repair
	run -0 dom0 firewall repair
	[ "$output" = "" ]
	run -0 dom0 firewall status
	[[ $output == *"  missing: $1"* && $output != *"sets it again"* ]]
}

@test "a machine that does not forward any more is named, with the remedy" {
	guest_create g1
	dom0 firewall start
	attach g1
	dom0 sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
	is_up_to_you "IPv4 forwarding is off (net.ipv4.ip_forward = 0)"
	dom0 sh -c 'cd /proc/sys/net; echo 1 >ipv4/ip_forward; echo 0 >ipv6/conf/all/forwarding'
	is_up_to_you "IPv6 forwarding is off (net.ipv6.conf.all.forwarding = 0)"
}

@test "a vif that somebody set down stays down, and is named" {
	guest_create g1
	dom0 firewall start
	attach g1
	remember
	dom0 ip link set vif1.0 down
	is_up_to_you "it is down, and a reload does not change that: ip link set vif1.0 up"
	dom0 firewall reload
	is_up_to_you "it is down"
	dom0 ip link set vif1.0 up
	dom0 firewall repair
	misses_nothing
	unchanged
}

@test "where an MTU takes IPv6 away, IPv4 comes back, and the MTU is named" {
	local each
	guest_create g1
	dom0 firewall start
	attach g1
	remember
	for each in vif1.0 eth0; do
		dom0 ip link set $each mtu 1200
		dom0 ip neighbour delete proxy "$(address g1 4)" dev eth0
		run -1 dom0 firewall repair
		FAMILIES=4 pings g1 world
		run -0 dom0 firewall status
		[[ $output == *"  missing: all of IPv6, as the MTU of $each is below 1280, and a reload does not change that"* ]]
		[[ $output != *"sets it again"* ]]
		dom0 ip link set $each mtu 1500
		[ $each = vif1.0 ] || ip -n "$scene-dom0" address add "$(address dom0 6)/64" dev eth0 nodad
		ip -n "$scene-dom0" route replace default via "$(address world 6)"
		dom0 firewall repair
		misses_nothing
		unchanged
	done
}

@test "an MTU that puts the uplink's proxy_delay back leaves a guest to that delay until a reload" {
	guest_create g1
	dom0 firewall start
	attach g1
	remember
	for each in reload repair; do
		mtu_changes
		misses "sysctl net/ipv6/conf/eth0/proxy_ndp is not 1"
		run -0 dom0 firewall $each
		equal "the delay" "$(delay_of 4) $(delay_of 6)" "0 0"
		misses_nothing
		unchanged
		FAMILIES=6 pings world g1
	done
}

delay_of() { dom0 cat "/proc/sys/net/ipv$1/neigh/eth0/proxy_delay"; }

# mtu_changes: the uplink's, and it is one that IPv6 needs again, with the administrator's address
mtu_changes() {
	ip -n "$scene-dom0" -batch - <<-END
		link set eth0 mtu 1200
		link set eth0 mtu 1500
		address add $(address dom0 6)/64 dev eth0 nodad
		route replace default via $(address world 6)
	END
	equal "the delay" "$(delay_of 6)" 80
}

@test "a daemon's route that goes before ours is named with the daemon, and not taken for a loss" {
	guest_create g1
	dom0 firewall start
	attach g1
	ip -n "$scene-dom0" route add "$(address g1 4)" dev eth0 metric 32 protocol bird
	is_up_to_you "route $(address g1 4): packets leave through eth0, by a route of BIRD's that goes before ours, and a reload does not change that"
	ip -n "$scene-dom0" route delete "$(address g1 4)" dev eth0
	misses_nothing
}

@test "of twins nothing is missing" {
	guest_twin g2 g1 2
	guest_create g1
	dom0 firewall start
	attach g1
	vif_create g2
	attach g2
	misses_nothing
}

@test "a port that was taken off its bridge is named, and goes back, also when that was made anew" {
	bridge_create
	bridged_create b1
	host b1 "FIREWALL = no"	# kernels without nf_conntrack_bridge drop all else
	dom0 firewall start
	attach b1
	misses_nothing
	pings dom0 b1
	remember
	taken "it is no port of xenbr0" sh -c 'ip link set vif11.0 nomaster; ip link set vif11.0 down'
	pings dom0 b1
	write net/ipv6/conf/vif11.0/disable_ipv6 0
	taken "its port is isolated" bridge link set dev vif11.0 isolated on
	ip -n "$scene-dom0" link delete xenbr0
	misses "it is no port of xenbr0"
	run dom0 firewall repair
	[[ $output == *"vif11.0 is on no bridge: "* ]]
	ip -n "$scene-dom0" -batch - <<-END
		link add xenbr0 address $bridge_mac type bridge stp_state 0 forward_delay 0
		link set xenbr0 up
		address add $(address bridge 4)/25 dev xenbr0
	END
	misses "it is no port of xenbr0"
	dom0 firewall repair
	misses_nothing
	FAMILIES=4 pings dom0 b1
}

@test "who manages the interface is named" {
	local index
	guest_create g1
	dom0 firewall start
	attach g1
	ip -n "$scene-dom0" neighbour delete proxy "$(address g1 4)" dev eth0
	index=$(ip -n "$scene-dom0" -o link show eth0 | cut -d: -f1)
	# suspected FOLDER LINE: as the daemon of that folder would have it
	suspected() {
		# shellcheck disable=SC2016 # the inner shell's
		run -0 dom0 sh -c 'for each in /run/systemd/netif /run/NetworkManager; do
			mkdir -p "$each"; mount -t tmpfs none "$each"; done
			mkdir "$0"; printf "%s\n" A=b "$2" C=d >"$0/$1"; firewall status' "$1" "$index" "$2"
	}
	suspected /run/systemd/netif/links NETWORK_FILE=/etc/systemd/network/all.network
	[[ $output == *"proxy entry $(address g1 4) on eth0 (taken by systemd-networkd, by /etc/systemd/network/all.network)"* ]]
	suspected /run/NetworkManager/devices managed=true
	[[ $output == *"proxy entry $(address g1 4) on eth0 (taken by NetworkManager)"* ]]
	suspected /run/NetworkManager/devices managed=false
	[[ $output == *"proxy entry $(address g1 4) on eth0 (was eth0 down for a moment?)"* ]]
}

# hears_of GUEST...: the world counts what tells it where they are, ARP as "here4_GUEST", IPv6 as "here6_GUEST"
hears_of() {
	local each
	for each; do
		watch_arp world "here4_$each" "arp operation request arp saddr ether $dom0_mac arp saddr ip $(address "$each" 4) arp daddr ip $(address "$each" 4)"
		watch world "here6_$each" "ether saddr $dom0_mac icmpv6 type nd-neighbor-advert @th,176,16 0x$(printf %04x "0x${scene_addresses[$each 6]##*:}")"
	done
}

# was_told N GUEST: so often, in both families
was_told() { [ "$(seen world "here4_$2") $(seen world "here6_$2")" = "$1 $1" ]; }
is_told() { eventually was_told "$@" || fail "the world was told of $2 $(seen world "here4_$2") and $(seen world "here6_$2") times"; }

# flap GUEST [N]: it loses its carrier, and has it again
flap() {
	local i
	for ((i = 0; i < ${2:-1}; i++)); do
		ip -n "$scene-$1" link set eth0 down
		ip -n "$scene-$1" link set eth0 up
	done
}

# ---- by itself ----

# heals COMMAND...: it takes something from Dom0, and that comes back without a word; each has a watcher of its own, to
# whom it does not come again and again
heals() {
	watcher_start
	dom0 "$@"
	eventually is_as_before
	kill "$watcher"
}

is_as_before() { misses_nothing && unchanged; }

# heals_routes COMMAND...: the same, and Dom0's own default routes are the administrator's
heals_routes() {
	heals sh -c "$1; ip route replace default via $(address world 4); ip route replace default via $(address world 6)"
}

@test "firewall watch sets again what the kernel tells of" {
	bridge_create
	guest_create g1
	bridged_create b1
	host b1 "FIREWALL = no"
	printf '[far]\nDESTINATION = 10.9.0.0/24\nVIA = %s\n' "$(address world 4)" >"$TAOFIREWALL_CONFIG/routing.cfg"
	serve world
	dom0 firewall start
	attach g1
	attach b1
	misses_nothing
	remember
	heals_routes "ip address delete $(address dom0 4)/24 dev eth0; ip address add $(address dom0 4)/24 dev eth0"
	heals_routes "ip link set eth0 down; sleep 0.3; ip link set eth0 up; ip address replace $(address dom0 6)/64 dev eth0 nodad"
	heals_routes "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1 net.ipv6.conf.eth0.disable_ipv6=0; ip address add $(address dom0 6)/64 dev eth0 nodad"
	heals_routes "ip link set eth0 mtu 1200; ip link set eth0 mtu 1500; ip address add $(address dom0 6)/64 dev eth0 nodad"
	connects g1 world tcp/80
	heals ip address flush dev vif1.0
	heals sh -c 'ip link set vif1.0 down; sleep 0.3; ip link set vif1.0 up'
	heals sh -c 'ip link set vif11.0 nomaster; ip link set vif11.0 down'
	heals ip route flush proto 116
	heals sh -c 'echo 0 >/proc/sys/net/ipv4/conf/eth0/forwarding'
	heals sh -c 'echo 0 >/proc/sys/net/ipv6/conf/eth0/proxy_ndp'
	connects g1 world tcp/80
	pings dom0 b1
	grep -F "missing of vif11.0, and set again: it is no port of xenbr0" "$scene_dir/watch"
	grep -F "missing of routing.cfg, and set again: 1 route" "$scene_dir/watch"
}

@test "firewall watch looks for what nobody tells of: proxy entries, of all guests at once" {
	local PATH=$PLAIN:$PATH	# it looks the more rarely the longer that takes
	guest_create g1 g2
	dom0 firewall start
	attach g1
	attach g2
	remember
	watcher_start
	dom0 ip -4 neighbour flush proxy
	dom0 ip -6 neighbour flush proxy
	for each in 4 6; do
		for guest in g1 g2; do misses "proxy entry $(address $guest $each) on eth0"; done
	done
	ip -n "$scene-world" neighbour flush dev eth0
	PATIENCE=90 eventually is_as_before
	pings g1 world
	pings g2 world
}

@test "firewall watch lets whoever takes it again and again win, for ever longer" {
	local PATH=$PLAIN:$PATH count end
	guest_create g1
	dom0 firewall start
	attach g1
	hears_of g1
	watcher_start
	end=$((SECONDS + 6))
	while ((SECONDS < end)); do
		dom0 ip address flush dev vif1.0
		sleep 0.4	# then it is quiet, and a repair follows each time, but for the pauses
	done
	count=$(grep -c "set again: Dom0's address" "$scene_dir/watch")
	((count > 1 && count < 12)) || fail "$count repairs in 6 seconds, of two addresses each"
	flap g1
	PATIENCE=2 is_told 1 g1	# who comes back does not wait for the next repair
	eventually misses_nothing
}

# closed N PORT: so many connections, which were closed; each tenth one of IPv6
closed() {
	awk -v n="$1" -v port="$2" 'BEGIN {
		for (i = 0; i < n; i++) {
			ends = i % 10 ? "-s 203.0.113." int(i / 60000) + 1 " -d 198.51.100.1" \
				: "-s 2001:db8:f:f::" int(i / 60000) + 1 " -d 2001:db8:f::1"
			print "-I -t 600 -p tcp --state " (i % 3 ? "TIME_WAIT" : "CLOSE"), ends, "--sport", i % 60000 + 1, "--dport", port
		}
	}' | dom0 conntrack -R - 2>/dev/null
}

tracked() { dom0 conntrack -C; }

@test "firewall watch forgets closed connections where they fill half of the table, and no others" {
	local half before family PATH=$PLAIN:$PATH
	half=$(($(dom0 cat /proc/sys/net/netfilter/nf_conntrack_max) / 2))
	guest_create g1
	serve world
	dom0 firewall start
	attach g1
	for family in 4 6; do FAMILIES=$family hold "flow$family" g1 world tcp/22; done
	closed $((half - 100)) 80
	before=$(tracked)
	watcher_start
	sleep 12	# it has looked at least once
	equal "what is tracked" "$(tracked)" "$before"
	closed 200 81
	is_less() { [ "$(tracked)" -lt $((half - 1000)) ]; }
	PATIENCE=120 eventually is_less
	held flow4
	held flow6
	equal "what is established" "$(dom0 conntrack -L -f ipv4 2>/dev/null | grep -c 'ESTABLISHED.*dport=22')" 1
}

# ---- who comes back ----

@test "firewall watch tells neighbours again of a guest whose carrier comes back, and of no other" {
	local other=02:00:00:00:00:99
	guest_create g1 g2
	dom0 firewall start
	attach g1
	attach g2
	hears_of g1 g2
	flap g1
	sleep 1
	was_told 0 g1	# nobody watches
	watcher_start
	for each in 4 6; do
		ip -n "$scene-world" neighbour replace "$(address g1 $each)" lladdr $other nud stale dev eth0
	done
	sleep 1.5	# what is quicker than a second behind the last word nobody believes (neigh/locktime)
	was_told 0 g1
	flap g1
	is_told 1 g1
	for each in 4 6; do
		ip -n "$scene-world" neighbour show "$(address g1 $each)" dev eth0 | grep "lladdr $dom0_mac"
	done
	was_told 0 g2
	equal "what it says" "$(<"$scene_dir/watch")" ""
}

@test "a guest whose carrier comes and goes all the time is told of once in ten seconds, and at its last" {
	local PATH=$PLAIN:$PATH
	guest_create g1 g2
	dom0 firewall start
	attach g1
	attach g2
	hears_of g1 g2
	watcher_start
	for _ in {1..20}; do
		flap g1 3
		sleep 0.1
	done
	was_told 1 g1
	flap g2
	is_told 1 g2	# it waits for nobody else
	was_told 1 g1
	is_told 2 g1
	sleep 11
	was_told 2 g1
	flap g1
	is_told 3 g1
	ip -n "$scene-g1" link set eth0 down
	ip -n "$scene-g1" link set eth0 up
	ip -n "$scene-g1" link set eth0 down	# its turn comes, and it is not there
	sleep 11
	was_told 3 g1
	ip -n "$scene-g1" link set eth0 up
	is_told 4 g1
	was_told 1 g2
}

@test "firewall watch tells nobody of a guest without a record, of a shared address, or where the firewall is stopped" {
	scene_addresses+=([vip 4]=198.51.100.20 [vip 6]=2001:db8:a:a::20)
	host vip "SHARED = yes"
	guest_create g1 g2
	dom0 firewall start
	attach g1 "ip=$(address g1 4) $(address g1 6) $(address vip 4) $(address vip 6)"
	attach g2
	hears_of g1 g2 vip
	watcher_start
	flap g1
	is_told 1 g1
	was_told 0 vip
	offline 2 0	# its interface is still there
	flap g2
	sleep 2
	was_told 0 g2
	dom0 firewall stop
	flap g1
	sleep 12
	was_told 1 g1
}
