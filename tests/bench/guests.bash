# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # scene and its like are scene.bash's; kind and ours are those of the run
# Who is online while something is measured: a configuration, and any number of guests that really came online.

# Guests are 1, 2, 3 and so on; their addresses are set aside for benchmarks (RFC 2544) and for documentation. The one
# that is measured has host files from the beginning, and so has another one that speaks with it on the same bridge.
measured=30000
partner=30001
bridge_ports=1000	# on each bridge of the others; the kernel's limit is 1023

name_guest() {	# name_guest ID: sets ip4, ip6 and mac
	printf -v ip4 '198.18.%d.%d' $(($1 / 256)) $(($1 % 256))
	printf -v ip6 '2001:db8:b::%x' "$1"
	printf -v mac '00:16:3e:00:%02x:%02x' $(($1 / 256)) $(($1 % 256))
}

host_files() {	# host_files FROM TO: two files each, of a usual size
	local id ip4 ip6 mac office4 office6
	office4=$(address office 4)
	office6=$(address office 6)
	for ((id = $1; id <= $2; id++)); do
		name_guest "$id"
		host_file 4 "$id" "$ip4" "$office4"
		host_file 6 "$id" "$ip6" "$office6"
	done
}

host_file() {	# host_file FAMILY ID ADDRESS OFFICE
	printf '%s\n' '[header]' "NAME = guest$2" "IP = $3" '[settings]' 'PUBLIC_PORTS = 80 443 53/udp' "USERS = 22@$4" \
		'OUT_PORTS = 53/udp 80 443' >"$TAOFIREWALL_CONFIG/ipv$1.d/guest$2.conf"
}

configuration() {
	local family ip ip4 ip6 mac
	mkdir "$TAOFIREWALL_CONFIG"/ipv{4,6}.d
	printf '%s\n' '[firewall]' '[xen]' 'UPLINK = eth0' 'CONNECTIONS = 1000000' >"$TAOFIREWALL_CONFIG/taofirewall.conf"
	name_guest $partner
	for family in 4 6; do
		ip=ip$family
		echo '[input]' >"$TAOFIREWALL_CONFIG/ipv$family.conf"
		printf '%s\n' '[header]' 'NAME = dom0' "IP = $(address dom0 $family)" 'TYPE = local' '[settings]' \
			'PUBLIC_PORTS = 22' >"$TAOFIREWALL_CONFIG/ipv$family.d/dom0.conf"
		printf '%s\n' '[header]' 'NAME = partner' "IP = ${!ip}" 'FIREWALL = no' \
			>"$TAOFIREWALL_CONFIG/ipv$family.d/partner.conf"
	done
	host_files $measured $measured
}

# Nothing that a guest's end says by itself disturbs what is measured.
guests_up() {	# guests_up DOM0: a namespace for the other ends of all its vifs
	namespace_add "guests-$1"
	ip netns exec "$scene-guests-$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
}

# What is said on a bridge doesn't come to the rules for what is routed: few machines have br_netfilter, which does that.
switch_only() {	# switch_only DOM0
	# shellcheck disable=SC2016 # the inner shell's
	inside "$1" sh -c 'for each in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do
		[ ! -e $each ] || echo 0 >$each; done'
}

bridge_of() {	# bridge_of ID: sets bridge; who is measured is on one with few ports
	bridge=xenbr0
	(($1 >= measured)) || bridge=xenbr$((1 + ($1 - 1) / bridge_ports))
}

bridges() {	# bridges FROM TO: those that come with these guests
	local id bridge
	for ((id = $1; id <= $2; id++)); do
		((id % bridge_ports == 1)) || continue
		bridge_of "$id"
		printf 'link add %s type bridge\nlink set %s up\n' "$bridge" "$bridge"
	done | ip -n "$scene-dom0" -batch -
}

# The other ends are up: those guests run.
interfaces() {	# interfaces DOM0 FROM TO
	local id
	for ((id = $2; id <= $3; id++)); do
		echo "link add vif$id.0 address $vif_mac type veth peer name eth$id netns $scene-guests-$1"
	done | ip -n "$scene-$1" -batch -
	for ((id = $2; id <= $3; id++)); do
		echo "link set eth$id up"
	done | ip -n "$scene-guests-$1" -batch -
}

store_vifs() {	# store_vifs FROM TO: what libxl writes, for fifty guests at a time
	local id ip4 ip6 mac bridge nodes=()
	for ((id = $1; id <= $2; id++)); do
		name_guest "$id"
		bridge_of "$id"
		nodes+=("backend/vif/$id/0/frontend" "/local/domain/$id/device/vif/0"
			"backend/vif/$id/0/frontend-id" "$id" "backend/vif/$id/0/online" 1
			"backend/vif/$id/0/state" 2 "backend/vif/$id/0/script" "$scene_script"
			"backend/vif/$id/0/mac" "$mac" "backend/vif/$id/0/bridge" "$bridge"
			"backend/vif/$id/0/ip" "$ip4 $ip6" "/local/domain/$id/name" "guest$id")
		((id % 50 == 0 || id == $2)) || continue
		xenstore-write "${nodes[@]}"
		nodes=()
	done
}

# quietly COMMAND...: what it says is of interest only when it fails
quietly() {
	"$@" 2>"$scene_dir/said" && return
	cat "$scene_dir/said" >&2
	return 1
}

# Every one of them really comes online, by the program itself.
bring_online() {	# bring_online FROM TO
	# shellcheck disable=SC2016 # the inner shell's
	LIMIT=900 quietly dom0 bash -c 'for ((id = $1; id <= $2; id++)); do
			XENBUS_PATH=backend/vif/$id/0 vif=vif$id.0 "$3" online type_if=vif || exit
		done' - "$1" "$2" "$ours"
}
