#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Many guests at once: nothing is lost and nothing is left.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

guests=200

# both VERB: that for every guest, 20 at a time
both() {
	export -f hotplug dom0 inside
	export scene scene_script
	seq "$guests" | xargs -P 20 -I{} bash -c "LIMIT=60 hotplug $1 vif {} 0"
}

make_guests() {
	local each
	for each in $(seq "$guests"); do
		echo "link add vif$each.0 type veth peer name p$each"
	done | ip -n "$scene-dom0" -batch -
	for each in $(seq "$guests"); do
		xenstore-write "backend/vif/$each/0/mac" "00:16:3e:00:00:$(printf %02x "$each")" \
			"backend/vif/$each/0/ip" "192.0.2.$each 2001:db8:b::$each" "backend/vif/$each/0/state" 2
	done
}

# rules_are_complete: each guest's addresses, and its vif, are in them, and in those of one generation alone
rules_are_complete() {
	resting_rules >"$scene_dir/rules"
	equal "IPv4 addresses" "$(grep -o '192\.0\.2\.[0-9]*' "$scene_dir/rules" | sort -u | wc -l)" "$guests"
	equal "IPv6 addresses" "$(grep -o '2001:db8:b::[0-9a-f]*' "$scene_dir/rules" | sort -u | wc -l)" "$guests"
	equal vifs "$(grep -o '\<vif[0-9]*\.0\>' "$scene_dir/rules" | sort -u | wc -l)" "$guests"
	! uses_iptables || equal generations "$(ip_rules | grep -o 'taofw-[a-z]-' | sort -u | wc -l)" 1
}

@test "200 guests come and go, 20 at a time: no rule, route, proxy entry or record is lost or left" {
	local each
	dom0 firewall start
	make_guests
	remember

	both online
	for each in $(seq "$guests"); do
		equal "hotplug-status of $each" "$(store "$each" 0 hotplug-status)" connected
	done
	rules_are_complete
	equal routes "$(ip -n "$scene-dom0" -4 route show proto 116 | wc -l)" "$guests"
	equal routes "$(ip -n "$scene-dom0" -6 route show proto 116 | wc -l)" "$guests"
	equal proxies "$(ip -n "$scene-dom0" -4 neighbour show proxy | wc -l)" "$guests"
	equal records "$(xenstore-ls -f taofirewall/domain | grep -c '= "interface vif')" "$guests"
	equal owners "$(xenstore-ls -f taofirewall/owner | grep -o @ | wc -l)" "$((2 * guests))"

	both offline
	unchanged
}

@test "guests that come while the rules are loaded anew, again and again, are in them all" {
	local each guests=12 reload
	dom0 firewall start
	make_guests
	while [ ! -e "$scene_dir/done" ]; do dom0 firewall reload; done 2>"$scene_dir/said" 3>&- &
	reload=$!
	both online
	touch "$scene_dir/done"
	wait $reload
	rules_are_complete
	equal "what the reloads say" "$(grep -v 'no local host opens a TCP port' "$scene_dir/said")" ""
	both offline
	nothing_left
}

@test "attaches and detaches of one vif at the same time leave it either whole or gone" {
	dom0 firewall start
	vif_create g1
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4) $(address g1 6)"
	remember
	for _ in 1 2 3 4 5; do
		local running=()
		for verb in online offline online offline; do
			hotplug "$verb" vif 1 0 3>&- &
			running+=($!)
		done
		wait "${running[@]}" || true	# an online may lose its vif to an offline, and say so
	done
	online 1 0
	equal routes "$(ip -n "$scene-dom0" -4 route show proto 116 | wc -l)" 1
	offline 1 0
	nothing_left
}

@test "runs that wait for each other have their turn in the order in which they came" {
	local each guests=5 order=(5 3 1 4 2) running=()
	dom0 firewall start
	make_guests
	# In a process namespace the kernel lists only locks whose process lives.
	flock --no-fork "$scene_dir/run/lock" sleep 300 3>&- &
	local holder=$! monitor
	dom0 ip -N -4 monitor route 3>&- >"$scene_dir/routes" &
	monitor=$!
	is_held() { grep -q -- ": FLOCK.* $holder .*:$(stat -c %i "$scene_dir/run/lock") " /proc/locks; }
	eventually is_held
	waiting() { equal waiting "$(grep -c -- "-> FLOCK.*:$(stat -c %i "$scene_dir/run/lock") " /proc/locks)" "$1"; }
	for each in "${order[@]}"; do
		hotplug online vif "$each" 0 3>&- &
		running+=($!)
		eventually waiting ${#running[@]}
	done
	kill $holder
	wait "${running[@]}"
	kill $monitor
	equal "the order of their routes" \
		"$(sed -n 's/.* dev vif\([0-9]*\)\.0 proto 116 .*/\1/p' "$scene_dir/routes" | xargs)" "${order[*]}"
}
