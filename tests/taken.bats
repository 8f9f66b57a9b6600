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
		dom0 firewall "$command"
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
	write net/ipv4/neigh/eth0/proxy_delay 80
	serve world
	connects g1 world tcp/80
}

@test "an uplink that does not forward any more is named, with the remedy" {
	guest_create g1
	dom0 firewall start
	attach g1
	dom0 sh -c 'echo 0 >/proc/sys/net/ipv4/conf/eth0/forwarding'
	run -0 dom0 firewall status
	[[ $output == *"  missing: IPv4 forwarding of the uplink is off (net/ipv4/conf/eth0/forwarding = 0)"* ]]
}

@test "a daemon's route that goes before ours is named with the daemon, and not taken for a loss" {
	guest_create g1
	dom0 firewall start
	attach g1
	ip -n "$scene-dom0" route add "$(address g1 4)" dev eth0 metric 32 protocol bird
	run -0 dom0 firewall status
	[[ $output == *"  missing: route $(address g1 4): packets leave through eth0, by a route of BIRD's that goes before ours, and a reload does not change that"* ]]
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
	taken "it is no port of xenbr0" ip link set vif11.0 nomaster
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
