#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the records of vifs take of xenstore. A driver domain may have 1,000 nodes, of which libxl and netback take some 30
# for each vif, and none of 2,048 bytes or more, the names of what is in it included (xenstored's quotas, which do not hold
# for the Dom0 of the tests; oxenstored's do: no value of more than 2,048 bytes, no list of more than 4,096).
# shellcheck disable=SC2154 # scene and its like are scene.bash's

load lib/net
load lib/lan
load lib/records

# many COUNT SCRIPT: as many vifs of guests that nobody ever talks to come online
many() {
	local each
	for each in $(seq "$1"); do
		ip -n "$scene-dom0" link add "vif$((100 + each)).0" address "$vif_mac" type veth peer name "peer$each"
		store_vif $((100 + each)) 0 "mac=00:16:3e:00:01:$(printf %02x "$each")" "script=${scene_script%/*}/$2" \
			"ip=198.51.100.$((100 + each)) 2001:db8:a:a:0:ffff:eeee:$((1000 + each))"
		online $((100 + each)) 0
	done
}

@test "100 routed vifs with two addresses each take six nodes each, and none is large" {
	local PATH=$PLAIN:$PATH count size
	dom0 firewall start
	many 100 vif-route-taofw
	count=$(nodes) size=$(largest)
	echo "nodes: $count, bytes: $size"
	[ "$count" -gt 100 ]
	[ "$count" -le $((100 * 6 + 50)) ]
	[ "$size" -lt 2048 ]
	[[ $(xenstore-read taofirewall/domain/0/101/0) == "interface vif101.0 "* ]]
	for each in $(seq 100); do
		ip -n "$scene-dom0" link delete "vif$((100 + each)).0"
		offline $((100 + each)) 0
	done
	run ! grep -E '/(domain|owner|subnet)/.' <<<"$(xenstore-ls -f taofirewall)"
}

@test "100 vifs on a bridge, which have a link-local address, too, take seven" {
	local PATH=$PLAIN:$PATH count size
	bridge_create
	dom0 firewall start
	many 100 vif-bridge-taofw
	count=$(nodes) size=$(largest)
	echo "nodes: $count, bytes: $size"
	[ "$count" -gt 100 ]
	[ "$count" -le $((100 * 7 + 50)) ]
	[ "$size" -lt 2048 ]
}

# make_old DOMID ADDRESS...: the record as versions before wrote it, with all domains and all networks in one folder
make_old() {
	local record each
	record=$(xenstore-read "taofirewall/domain/0/$1/0")
	xenstore-rm taofirewall/domain taofirewall/owner taofirewall/subnet
	xenstore-write "taofirewall/vif/$1/0" "$record"
	for each in "${@:2}"; do
		xenstore-write "taofirewall/address/7/${each//[.:]/-}" "$1/0@1024"
	done
	xenstore-write taofirewall/network/198-51-100-0_24 "1 0" \
		"taofirewall/network/198-51-100-0_24/routed/$1-0" "routed 2 2 $(address g1 4)"
}

@test "what an older version recorded is understood, and written anew by a reload" {
	local before
	dom0 firewall start
	remember
	guest_create g1
	attach g1
	before=$(xenstore-ls -f taofirewall | sort)
	make_old 1 "$(address g1 4)" "$(address g1 6)"
	run -0 dom0 firewall status
	[[ $output == *"1 guest interface online"* ]]
	dom0 firewall reload
	diff <(echo "$before") <(xenstore-ls -f taofirewall | sort)
	FAMILIES=6 pings world g1
	make_old 1 "$(address g1 4)" "$(address g1 6)"
	detach g1
	xenstore-ls -f taofirewall/vif | grep /. && return 1
	unchanged
}

@test "the record of a vif that nobody can read leaves the others alone" {
	host g1 "PUBLIC_PORTS = 80"
	dom0 firewall start
	guest_create g1
	attach g1
	for each in "nonsense" "interface vif9.0 9; mac x; metric 1; uplink eth0 1" "interface vif9.0 9; mac 00:16:3e:00:00:09; metric 1; " ";" "; ; "; do
		xenstore-write taofirewall/domain/0/9/0 "$each"
		run -0 dom0 firewall reload
		[[ $output == *"vif 9/0 is left out, its traffic is dropped: xenstore: taofirewall/domain/0/9/0: "* ]] || fail "$each: $output" || return
	done
	connects world g1 tcp/80
}

@test "a vif whose addresses are more than a node can hold has a record of several, and loses nothing" {
	local each ip=
	for each in $(seq 57); do
		printf -v each '2001:db8:b:b:ffff:eeee:dddd:f%03x' "$each"
		ip+=${ip:+ }$each
	done
	dom0 firewall start
	remember
	guest_create g1
	guest_address g1 "${ip##* }"
	attach g1 "ip=$ip"
	[ "$(largest)" -lt 2048 ]
	dom0 firewall reload
	FAMILIES=6 pings world "${ip##* }"
	equal routes "$(ip -n "$scene-dom0" -6 route show proto 116 | wc -l)" 57
	detach g1
	nothing_left
	unchanged
}
