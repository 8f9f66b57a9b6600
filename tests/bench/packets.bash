# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # scene and its like are scene.bash's; kind and ours are those of the run
# How many packets a second come through Dom0 and our rules, and through another one, called plain, which has the same
# guests and an empty ruleset that tracks connections.

batches=200 new_batches=100 packet_rounds=5
outside_mac=00:00:5e:00:53:05	# nobody's, so that what arrives is not looked at any further

# ---- the plain one ----

# Where the kernel tracks no connections on bridges, nothing looks at frames.
empty_ruleset() {
	local hook='type filter hook forward priority filter' tracks='ct state established,related accept'
	inside plain nft "table inet empty { chain forward { $hook; $tracks; }; }"
	inside plain nft "table bridge empty { chain forward { $hook; $tracks; }; }" 2>/dev/null ||
		inside plain nft "table bridge empty { chain forward { $hook; }; }"
}

uplink_plain_route() {
	ip -n "$scene-world" link add eth1 address "$world_mac" type veth peer name eth0 address "$dom0_mac" netns "$scene-plain"
	ip -n "$scene-world" link set eth1 up
	ip -n "$scene-plain" -batch - <<-END
		link set eth0 up
		address add $(address dom0 4)/24 dev eth0
		address add $(address dom0 6)/64 dev eth0 nodad
		route add default via $(address world 4)
		route add default via $(address world 6)
	END
	world_away plain
	# rp_filter: as vif-route-taofw sets it, for the vifs to come
	inside plain sh -c 'cd /proc/sys/net
		echo 1 >ipv4/ip_forward; echo 1 >ipv6/conf/all/forwarding; echo 1 >ipv4/conf/default/rp_filter'
}

uplink_plain_bridge() {
	ip -n "$scene-plain" -batch - <<-END
		link add xenbr0 type bridge
		link add lan0 type veth peer name eth1 netns $scene-lan
		link set lan0 master xenbr0 up
		link set xenbr0 up
	END
	ip -n "$scene-lan" link set eth1 up
	switch_only plain
}

plain_up() {
	namespace_add plain
	guests_up plain
	"uplink_plain_$kind"
	empty_ruleset
}

# What is routed to the world goes to nobody there.
world_away() {	# world_away DOM0
	local family
	for family in 4 6; do
		ip -n "$scene-$1" neighbour replace "$(address world $family)" lladdr $outside_mac dev eth0
	done
}

plain_guests_route() {	# plain_guests_route FROM TO
	local id ip4 ip6 mac
	interfaces plain "$1" "$2"
	for ((id = $1; id <= $2; id++)); do
		name_guest "$id"
		printf '%s\n' "link set vif$id.0 up" \
			"route add $ip4 dev vif$id.0" "neighbour add $ip4 lladdr $mac dev vif$id.0" \
			"route add $ip6 dev vif$id.0" "neighbour add $ip6 lladdr $mac dev vif$id.0"
	done | ip -n "$scene-plain" -batch -
}

plain_guests_bridge() {	# plain_guests_bridge FROM TO
	local id
	interfaces plain "$1" "$2"
	for ((id = $1; id <= $2; id++)); do
		echo "link set vif$id.0 master xenbr0 up"
	done | ip -n "$scene-plain" -batch -
}

# ---- both ----

# An end of a path, as flood.c has it; without IFACE it is the guest's own.
guest_end() {	# guest_end FAMILY DOM0 ID NEXTHOP [IFACE]
	local ip=ip$1 ip4 ip6 mac
	name_guest "$3"
	echo "$scene-guests-$2,${5:-eth$3},$mac,$4,${!ip}"
}

# count_packets WAY FAMILY old|new HOSTS FROM TO FROM TO: a line "KIND GUESTS WAY FAMILY OURS PLAIN", packets a second
count_packets() {
	local count=$batches
	[ "$3" = old ] || count=$new_batches
	dom0 conntrack -F 2>/dev/null
	inside plain conntrack -F 2>/dev/null
	flood $count "${@:3}" >"$scene_dir/rates"
	echo "$kind $guests $1 $2 $(paste -s -d ' ' "$scene_dir/rates")"
}

packets_route() {	# packets_route FAMILY [NAME]
	local name=${2:-$1} world guest each hosts=$guests in=() all=() out=()
	world="$world_mac,$dom0_mac,$(address office "$1")"
	for each in dom0,eth0 plain,eth1; do
		guest=$(guest_end "$1" "${each%,*}" "$measured" "$vif_mac")
		in+=("$scene-world,${each#*,},$world" "$guest")
		out+=("$guest" "$scene-world,${each#*,},$world")
		((guests == 0)) || guest=$(guest_end "$1" "${each%,*}" 1 "$vif_mac" -)
		all+=("$scene-world,${each#*,},$world" "$guest")
	done
	((guests > 0)) || hosts=1
	count_packets in-old "$name" old 1 "${in[@]}"
	count_packets out-old "$name" old 1 "${out[@]}"
	count_packets in-new "$name" new "$hosts" "${all[@]}"
	count_packets out-new "$name" new 1 "${out[@]}"
}

# What the kernel does for each packet that it forwards, since it answers for others' addresses.
look_for_proxies() { dom0 sh -c "echo $1 >/proc/sys/net/ipv6/conf/all/proxy_ndp"; }	# look_for_proxies 0|1

round_route() {
	packets_route 4
	packets_route 6
	look_for_proxies 0
	packets_route 6 6-unproxied
	look_for_proxies 1
}

packets_bridge() {	# packets_bridge FAMILY
	local lan guest each ip4 ip6 mac measured_mac partner_mac in=() out=() between=()
	name_guest "$measured"
	measured_mac=$mac
	name_guest "$partner"
	partner_mac=$mac
	for each in dom0,eth0 plain,eth1; do
		lan="$scene-lan,${each#*,},$outside_mac,$partner_mac,$(address lan "$1")"
		guest=$(guest_end "$1" "${each%,*}" "$partner" "$outside_mac")
		in+=("$lan" "$guest")
		out+=("$guest" "$lan")
		between+=("$(guest_end "$1" "${each%,*}" "$measured" "$partner_mac")"
			"$(guest_end "$1" "${each%,*}" "$partner" "$measured_mac")")
	done
	count_packets between "$1" old 1 "${between[@]}"
	count_packets in "$1" old 1 "${in[@]}"
	count_packets out "$1" old 1 "${out[@]}"
}

round_bridge() {
	packets_bridge 4
	packets_bridge 6
}

# Who is measured is online only meanwhile.
take_packets() {	# take_packets FROM TO: the guests that came
	local guests=$2 round id
	[ "$kind" = bridge ] || plain_guests_route "$1" "$2"
	interfaces dom0 "$measured" "$last_measured"
	store_vifs "$measured" "$last_measured"
	bring_online "$measured" "$last_measured"
	for ((round = 0; round < packet_rounds; round++)); do "round_$kind"; done
	for ((id = measured; id <= last_measured; id++)); do
		ip -n "$scene-dom0" link delete "vif$id.0"
		XENBUS_PATH=backend/vif/$id/0 vif=vif$id.0 dom0 "$ours" offline type_if=vif
	done
}
