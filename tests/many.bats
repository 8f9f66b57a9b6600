#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Many guests: neither of the two xenstored sets a limit to their number. oxenstored has no answer of more
# than 4,096 bytes, which are the names of 683 domains with numbers of five digits.
# shellcheck disable=SC2154 # scene and its like are scene.bash's

load lib/net
load lib/lan
load lib/records

many=${MANY:-1000}	# 5000 takes a quarter of an hour
first=20001

# in_place COMMAND...: in Dom0, or where $place is "driver", in what the programs take for a driver domain
in_place() {
	[ "${place:-}" = driver ] || { dom0 "$@"; return; }
	# shellcheck disable=SC2016 # the inner shell's
	dom0 unshare -m sh -ec 'mount -t tmpfs none /mnt
		for each in /sys/*; do mkdir "/mnt/${each##*/}"; mount --rbind "$each" "/mnt/${each##*/}"; done
		mkdir -p /mnt/hypervisor
		echo 3b0b1e42-9f6a-4d0c-8a7e-0d5a3c7f1b11 >/mnt/hypervisor/uuid
		mount --move /mnt /sys
		exec "$@"' - "$@"
}

# vifs FROM TO [KEY=VALUE...]: of guests that nobody ever talks to, and what libxl writes of them
vifs() {
	local id nodes=() each ip4 ip6
	for ((id = $1; id <= $2; id++)); do echo "link add vif$id.0 address $vif_mac type veth peer name p$id"; done |
		ip -n "$scene-dom0" -batch -
	for ((id = $1; id <= $2; id++)); do
		printf -v ip4 '198.18.%d.%d' $((id / 256 - 78)) $((id % 256))
		printf -v ip6 '2001:db8:b::%x' "$id"
		for each in frontend-id="$id" online=1 state=2 script="$scene_script" ip="$ip4 $ip6" "${@:3}" \
			mac="$(printf '00:16:3e:00:%02x:%02x' $((id / 256)) $((id % 256)))"; do
			nodes+=("backend/vif/$id/0/${each%%=*}" "${each#*=}")
		done
		((id % 50 == 0 || id == $2)) || continue
		xenstore-write "${nodes[@]}"
		nodes=()
	done
}

# each VERB FROM TO: the hotplug program, for one after the other
each() {
	# shellcheck disable=SC2016 # the inner shell's
	LIMIT=900 in_place bash -c 'for ((id = $2; id <= $3; id++)); do
			XENBUS_PATH=backend/vif/$id/0 vif=vif$id.0 vif-route-taofw "$1" type_if=vif || exit
		done' - "$@"
}

# one_of_many: a guest among them has what its host file opens, and may speak, but not as one of the others
one_of_many() {
	connects stranger g1 tcp/80
	refuses stranger g1 tcp/22
	FAMILIES=4 send_as g1 198.18.0.33 world
	FAMILIES=6 send_as g1 2001:db8:b::4e21 world
	connects g1 world tcp/80
	arrives_not dom0 others4
	arrives_not dom0 others6
}

# is_up NAME INTERFACE: so long packets are dropped there; the kernel's work on carriers has a thousand of them to do
is_up() { inside "$1" ip link show dev "$2" | grep -q " state UP "; }

# life_of_many: they come, are found by start and reload, others come and go, and all that is recorded of them is small
life_of_many() {
	local PATH=$PLAIN:$PATH last=$((first + many - 1)) size
	host g1 "PUBLIC_PORTS = 80"
	in_place firewall start
	vifs "$first" "$last"
	each online "$first" "$last"
	serve world
	watch dom0 others4 "ip saddr 198.18.0.33"
	watch dom0 others6 "ip6 saddr 2001:db8:b::4e21"
	guest_create g1
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4) $(address g1 6)"
	each online 1 1
	xenstore-write backend/vif/1/0/state 4
	eventually is_up dom0 vif1.0
	eventually is_up g1 eth0
	one_of_many
	vifs $((last + 1)) $((last + 100)) script=/etc/xen/scripts/vif-route state=4
	run -0 in_place firewall reload
	run -0 in_place firewall status
	[[ $output == *"$((many + 101)) guest interfaces online"* ]] || fail "${output:0:2000}" || return
	one_of_many
	each offline "$last" "$last"
	each online "$last" "$last"
	run -0 in_place firewall repair
	size=$(largest)
	echo "bytes of the largest node: $size"
	[ "$size" -lt 2048 ]
	each offline "$((last - 9))" "$last"
	each offline 1 1
	refuses stranger g1 tcp/80
	equal "guests on record" "$(xenstore-ls -f "$folder/domain" | grep -c '= "interface vif')" "$((many - 10))"
}

@test "more guests than can be listed, in Dom0" {
	folder=taofirewall
	life_of_many
}

@test "more guests than can be listed, in a driver domain" {
	place=driver folder=data/taofirewall
	life_of_many
}
