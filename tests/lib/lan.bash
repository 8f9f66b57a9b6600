# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # scene and its like are scene.bash's
# Extends the scene by virtual LANs behind bridges of Dom0, and by a second uplink:
#
#     world ---- eth0  dom0  xenbr1 ---- eth0 l1, l2
#       isp ---- eth1        xenbr2 ---- eth0 m1
#
# Their machines are no guests: ports of the bridges, always there. Neither world nor isp knows a way to them.

scene_addresses+=(
	[lan1 4]=192.168.1.0/24		[lan1 6]=2001:db8:1::/64
	[lan2 4]=192.168.2.0/24		[lan2 6]=2001:db8:2::/64
	[gateway1 4]=192.168.1.1	[gateway1 6]=2001:db8:1::1
	[gateway2 4]=192.168.2.1	[gateway2 6]=2001:db8:2::1
	[l1 4]=192.168.1.11		[l1 6]=2001:db8:1::11
	[l2 4]=192.168.1.12		[l2 6]=2001:db8:1::12
	[m1 4]=192.168.2.11		[m1 6]=2001:db8:2::11
	[isp 4]=198.18.0.1		[isp 6]=2001:db8:c::1
	[dom0isp 4]=198.18.0.2		[dom0isp 6]=2001:db8:c::2
	[public 4]=192.0.2.5		[public 6]=2001:db8:b::5
	[public2 4]=192.0.2.6		[public2 6]=2001:db8:b::6
	[p1 4]=10.0.0.11		[p1 6]=2001:db8:10::11
	[p2 4]=10.0.0.12		[p2 6]=2001:db8:10::12
)
declare -gA lan_of=([l1]=1 [l2]=1 [m1]=2)
scene_vifs+=([p1]="11 0" [p2]="12 0")	# routed guests with private addresses

# lans_up: the bridges. Their frames are switched and not routed, whatever the machine that the tests run on wants of
# new namespaces: what is said inside a LAN is none of Dom0's rules' business.
lans_up() {
	local each
	br_netfilter 0
	for each in 1 2; do
		ip -n "$scene-dom0" -batch - <<-END
			link add xenbr$each type bridge
			link set xenbr$each up
			address add $(address gateway$each 4)/24 dev xenbr$each
			address add $(address gateway$each 6)/64 dev xenbr$each nodad
		END
	done
}

# lan_machine NAME...: each a port of its LAN's bridge, with its addresses and its services
lan_machine() {
	local each bridge
	for each; do
		bridge=${lan_of[$each]}
		namespace_add "$each"
		ip -n "$scene-$each" link add eth0 type veth peer name "port-$each" netns "$scene-dom0"
		ip -n "$scene-dom0" link set "port-$each" master "xenbr$bridge" up
		ip -n "$scene-$each" -batch - <<-END
			link set eth0 up
			address add $(address "$each" 4)/24 dev eth0
			address add $(address "$each" 6)/64 dev eth0 nodad
			route add default via $(address "gateway$bridge" 4)
			route add default via $(address "gateway$bridge" 6)
		END
		serve "$each"
	done
}

# isp_up: a second uplink, eth1
isp_up() {
	namespace_add isp
	ip -n "$scene-isp" link add eth0 type veth peer name eth1 netns "$scene-dom0"
	ip -n "$scene-isp" -batch - <<-END
		link set eth0 up
		address add $(address isp 4)/24 dev eth0
		address add $(address isp 6)/64 dev eth0 nodad
	END
	ip -n "$scene-dom0" -batch - <<-END
		link set eth1 up
		address add $(address dom0isp 4)/24 dev eth1
		address add $(address dom0isp 6)/64 dev eth1 nodad
	END
	serve isp
}

# knows PLACE NAME...: PLACE, world or isp, has a route to these by way of Dom0 after all
knows() {
	local place=$1 by=dom0 family each
	[ "$place" = world ] || by=dom0isp
	shift
	for each; do
		for family in 4 6; do
			ip -n "$scene-$place" route replace "$(address "$each" $family)" via "$(address $by $family)"
		done
	done
}

# sees AT SOURCE FROM TO SERVICE [PRIVATE]: FROM calls TO, and AT hears it from SOURCE alone, as PRIVATE where the port
# is another one there
sees() {
	local at=$1 source=$2 from=$3 to=$4 service=$5 private=${6:-$5} family header match
	for family in ${FAMILIES:-4 6}; do
		header=ip
		[ "$family" = 4 ] || header=ip6
		match="${private%/*} dport ${private#*/} $header saddr"
		((++seen_count))
		watch "$at" "right$seen_count" "$match $(address "$source" "$family")"
		watch "$at" "wrong$seen_count" "$match != $(address "$source" "$family")"
		FAMILIES=$family connects "$from" "$to" "$service"
		is_seen "$at" "right$seen_count" ||
			fail "$at hears nothing of $from's call of $to from $source (IPv$family)" || return
		arrives_not "$at" "wrong$seen_count" || return
	done
}
seen_count=0

# started GUEST...: the LANs, the configuration in force, these guests online, everything listening
started() {
	local each
	lans_up
	serve world
	serve dom0
	dom0 firewall start
	guest_create "$@"
	for each; do attach "$each"; done
}

# lan NUMBER LINE...: a section [network lanNUMBER]
lan() {
	printf '%s\n' "[network lan$1]" "SUBNET = {lan$1}" "INTERFACE = xenbr$1" "${@:2}"
}
