#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What nobody took back, and what goes wrong half way: a guest without an offline, a full disk, a silent xenstored, an
# uplink that was down, guests of other scripts.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# lose GUEST: it is gone, and nobody calls offline
lose() {
	local id
	read -ra id <<<"${scene_vifs[$1]}"
	vif_destroy "$1"
	store_forget "${id[@]}"
}

@test "a guest that is gone without an offline is nobody's twin: its connections are forgotten" {
	local -x FAMILIES=4
	host g1 "PUBLIC_PORTS = 53/udp"
	guest_create g1
	attach g1
	hold before world g1 udp/53
	host g1 "PUBLIC_PORTS = 80"
	dom0 firewall reload
	held before
	lose g1
	scene_vifs[g1]="9 0"
	vif_create g1
	guest_address g1 "$(address g1 4)"
	attach g1
	connects world g1 tcp/80
	run ! held before
}

@test "a guest that is gone without an offline is nobody's twin: the next one takes its left-overs along" {
	dom0 firewall start
	remember
	for domid in {11..30}; do
		scene_vifs[g1]="$domid 0"
		vif_create g1
		attach g1
		lose g1
	done
	scene_vifs[g1]="9 0"
	vif_create g1
	attach g1
	detach g1
	nothing_left
	unchanged
}

@test "an owner without a record does not count, and goes with the next one" {
	local node
	guest_create g1
	attach g1
	node=$(xenstore-ls -f taofirewall/owner | sed -n 's,^\(.*\) = "198\.51\.100\.11 .*,\1,p')
	equal "the owner" "$(xenstore-read "$node")" "198.51.100.11 1/0@1024;"
	offline 1 0
	xenstore-write "$node" "198.51.100.11 77/0@1024;"
	attach g1
	equal "the owner" "$(xenstore-read "$node")" "198.51.100.11 1/0@1024;"
}

@test "a guest of another script that has no ip= is closed from the next start on, whatever it is called" {
	host g2 "PUBLIC_PORTS = 80"
	guest_create g1 g2
	store_vif 1 0 "mac=$(mac g1)" script=/etc/xen/scripts/vif-route vifname=web1
	xenstore-write backend/vif/1/0/state 4
	ip -n "$scene-dom0" link set vif1.0 name web1
	ip -n "$scene-dom0" -batch - <<-END
		link set web1 up
		address add $(address dom0 4)/32 dev web1
		address add $(address dom0 6)/128 dev web1 nodad
		route add $(address g1 4) dev web1
		route add $(address g1 6) dev web1
	END
	trust_everybody
	attach g2
	connects g1 g2 tcp/80	# the rules can't know it by its name
	# This machine has no bus of xen-backend, by which the renamed interface would be found.
	ip -n "$scene-dom0" link set web1 down
	ip -n "$scene-dom0" link set web1 name vif1.0
	run -0 dom0 firewall reload
	[[ $output == *"vif1.0 is left out, its traffic is dropped: no ip=: "* ]]
	ip -n "$scene-dom0" link set vif1.0 name web1
	ip -n "$scene-dom0" -batch - <<-END
		link set web1 up
		address replace $(address dom0 4)/32 dev web1
		address replace $(address dom0 6)/128 dev web1 nodad
		route replace $(address g1 4) dev web1
		route replace $(address g1 6) dev web1
	END
	refuses g1 g2 tcp/80
	dom0 firewall stop
	connects g1 g2 tcp/80
}

# runs GUEST SCRIPT [IP]: Xen's own script brought it up
runs() {
	local id
	read -ra id <<<"${scene_vifs[$1]}"
	vif_create "$1"
	store_vif "${id[@]}" "mac=$(mac "$1")" "script=/etc/xen/scripts/$2" ${3:+"ip=$3"}
	xenstore-write "backend/vif/${id[0]}/${id[1]}/state" 4
	ip -n "$scene-dom0" link set "$(vif "$1")" up
}

@test "who would lose its network by a start is named before, by status and by check, and after" {
	local each
	bridge_create
	runs b1 vif-bridge "$(address b1 4) $(address b1 4)"
	runs b2 vif-bridge "$(address b2 4)/25"
	runs b3 vif-bridge "$(address b3 4)"
	runs g1 vif-route
	for each in b1 b2 b3; do ip -n "$scene-dom0" link set "$(vif "$each")" master xenbr0; done
	left_out() {
		[[ $output == *"vif11.0 is left out, its traffic is dropped: ip=: $(address b1 4) is given twice"* ]]
		[[ $output == *"vif12.0 is left out, its traffic is dropped: ip=: \"$(address b2 4)/25\" has bits set"* ]]
		[[ $output == *"vif1.0 is left out, its traffic is dropped: no ip=: "* && $output != *"vif13.0 is left"* ]]
	}
	run -3 dom0 firewall status
	[[ $output == "The firewall was not started since boot."*"What \`firewall start\` would make of the guests that run:"* ]]
	left_out
	run -0 dom0 firewall start
	left_out
	run -0 dom0 firewall status
	left_out
	dom0 firewall stop
	run -3 dom0 firewall status
	left_out
}

# words_of FILE: what it says of vifs that are refused, "vif1.0 WORDS" a line
words_of() {
	sed -nE 's/^.*online of vif 0 of domain ([0-9]+) failed: /vif\1.0 /p; s/^.*(vif[0-9.]+) is left out, its traffic is dropped: /\1 /p
		s/^.*\/(vif[0-9.]+)\.cfg: vif\[0\]: (.*): it comes up by .*/\1 \2/p
		s/^.*\/(vif[0-9.]+)\.cfg: vif\[0\]: (.*)$/\1 \2/p' "$1" | sort
}

# refused_as_known HOW COMMAND...: that says of all vifs what $scene_dir/known holds, and nothing of others
refused_as_known() {
	dom0 "${@:2}" >"$scene_dir/said" 2>&1 || true
	words_of "$scene_dir/said" | diff -u --label "an attach" --label "$1" "$scene_dir/known" -
}

@test "who is refused by an attach of ours is closed where he came by Xen's script, and all say so in the same words" {
	local -A addresses=([g1]="" [g2]="{dom0}" [g3]="2001:db8:a:a::13" [b1]="{b1} {b1}" [b2]="{b2}/25" [b3]="{bridge}")
	local guest script each
	configure XEN=yes IPV6=no
	bridge_create
	for guest in "${!addresses[@]}"; do
		addresses[$guest]=$(for_family 4 "${addresses[$guest]}")
		script=$(if [[ $guest == b* ]]; then echo vif-bridge; else echo vif-route; fi)
		vif_create "$guest"
		run -1 attach "$guest" "ip=${addresses[$guest]}" "script=${scene_script%/*}/$script-taofw"
		printf '%s\n' "$output" >>"$scene_dir/attached"
		vif_destroy "$guest"
		runs "$guest" "$script" "${addresses[$guest]}"
		[ "$script" = vif-route ] || ip -n "$scene-dom0" link set "$(vif "$guest")" master xenbr0
		for each in "$scene_dir"/{xen,ours}; do
			mkdir -p "$each"
			printf 'name = "%s"\nvif = [ "script=%s,bridge=xenbr0,ip=%s" ]\n' "$guest" \
				"$script$([ "${each##*/}" = xen ] || echo -taofw)" "${addresses[$guest]}" >"$each/$(vif "$guest").cfg"
		done
	done
	words_of "$scene_dir/attached" >"$scene_dir/known"
	equal "those that an attach refuses" "$(wc -l <"$scene_dir/known")" 6
	refused_as_known "check, with Xen's scripts" firewall check "$scene_dir"/xen/*.cfg
	refused_as_known "check, with ours" firewall check "$scene_dir"/ours/*.cfg
	refused_as_known "status, before" firewall status
	refused_as_known "start" firewall start
	refused_as_known "status" firewall status
	dom0 firewall status | grep -qxF "0 guest interfaces online."
}

@test "a guest that is closed on a bridge is so whatever it is called" {
	local ip
	bridge_create
	for ip in "$(address b1 4)/25" "$(address bridge 4)"; do
		runs b1 vif-bridge "$ip"
		ip -n "$scene-dom0" link set vif11.0 master xenbr0
		lan_address b1
		pings b1 lan
		dom0 firewall start
		ip -n "$scene-dom0" link set vif11.0 down
		ip -n "$scene-dom0" link set vif11.0 name web1
		ip -n "$scene-dom0" link set web1 up
		run ! pings b1 lan
		dom0 firewall stop
		ip -n "$scene-dom0" link delete web1
	done
}

@test "a guest of Xen's script that is this machine's gateway stays that" {
	local family
	bridge_create
	runs b1 vif-bridge "$(address b1 4) $(address b1 6)"
	ip -n "$scene-dom0" link set vif11.0 master xenbr0
	lan_address b1
	pings dom0 b1
	for family in 4 6; do
		ip -n "$scene-dom0" -$family route replace default via "$(address b1 $family)"
	done
	printf 'name = "b1"\nvif = [ "script=vif-bridge,bridge=xenbr0,ip=%s %s" ]\n' "$(address b1 4)" "$(address b1 6)" \
		>"$scene_dir/b1.cfg"
	run -0 dom0 firewall check "$scene_dir/b1.cfg"
	run -0 dom0 firewall start
	[[ $output != *"left out"* ]]
	pings dom0 b1
}

@test "a vif whose name no interface can have is left out, and stops nobody else" {
	store_vif 32000 10000000 "mac=$(mac g1)" "ip=$(address g1 4)"
	xenstore-write backend/vif/32000/10000000/state 4
	run -0 dom0 firewall start
	[[ $output == *"vif 10000000 of domain 32000 has a name that is too long: it is left out"* ]]
	guest_create g1
	attach g1
}

@test "a reload that can't keep its snapshot changes nothing" {
	host g1 "PUBLIC_PORTS = 80"
	guest_create g1
	dom0 firewall start
	attach g1
	remember
	host g1 "PUBLIC_PORTS = 25"
	mkdir "$scene_dir/run/snapshot.new"	# as good as a full disk
	run -1 dom0 firewall reload
	[[ $output == *"the snapshot can't be written"* ]]
	unchanged
	connects world g1 tcp/80
	refuses world g1 tcp/25
	rmdir "$scene_dir/run/snapshot.new"
	dom0 firewall reload
	connects world g1 tcp/25
	refuses world g1 tcp/80
}

@test "the proxy entries that an uplink loses when it goes down come back with a reload" {
	local family
	serve world
	guest_create g1
	attach g1
	remember
	ip -n "$scene-dom0" link set eth0 down
	ip -n "$scene-dom0" -batch - <<-END
		link set eth0 up
		address replace $(address dom0 6)/64 dev eth0 nodad
		route replace default via $(address world 4)
		route replace default via $(address world 6)
	END
	for family in 4 6; do
		equal "the proxies" "$(ip -n "$scene-dom0" -$family neighbour show proxy)" ""
	done
	dom0 firewall reload
	unchanged
	connects g1 world tcp/80
}

@test "guests that came since a start without xenstore keep their rules when it is gone again" {
	host g1 "PUBLIC_PORTS = 80"
	configure XEN=auto
	xenstore_stop
	dom0 firewall start
	xenstore_start
	guest_create g1
	attach g1
	xenstore_stop
	run -1 dom0 firewall reload
	[[ $output == *"the running guests would lose their rules: nothing was changed"* ]]
	connects world g1 tcp/80
	refuses world g1 tcp/25
}

@test "hooks run at offline too when the firewall was stopped before it ever ran" {
	mkdir "$scene_dir/hooks"
	printf '%s\n' '#!/bin/sh' "echo \"\$command \$netdev \$(umask)\" >>'$scene_dir/seen'" >"$scene_dir/hooks/a.hook"
	chmod +x "$scene_dir/hooks/a.hook"
	configure "[xen]" "HOOKS = $scene_dir/hooks"
	dom0 firewall stop
	guest_create g1
	attach g1
	offline 1 0
	diff -u - "$scene_dir/seen" <<-'END'
		online eth0 0022
		offline eth0 0022
	END
}

@test "a pipe that breaks ends a hook's program as it would anywhere" {
	mkdir "$scene_dir/hooks"
	printf '%s\n' '#!/bin/bash' 'yes | head -n 1; status=("${PIPESTATUS[@]}")' \
		"echo \${status[0]} >'$scene_dir/seen'" >"$scene_dir/hooks/a.hook"
	chmod +x "$scene_dir/hooks/a.hook"
	configure "[xen]" "HOOKS = $scene_dir/hooks"
	guest_create g1
	attach g1
	equal "the status of yes" "$(cat "$scene_dir/seen")" 141
}

@test "an attach that failed gives the interface its old name back, and the next one finds it" {
	guest_create g1
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4)" vifname=web1
	# a route of somebody else's is in the way
	ip -n "$scene-dom0" route add "$(address g1 4)" dev eth0 metric 1024
	run -1 online 1 0
	[[ $output == *"route $(address g1 4) dev "*": File exists"* ]]
	ip -n "$scene-dom0" link show vif1.0
	ip -n "$scene-dom0" route delete "$(address g1 4)" dev eth0
	online 1 0
	ip -n "$scene-dom0" link show web1
}

@test "an online that can't be done closes what an earlier online of the same vif opened" {
	guest_create g1
	dom0 firewall start
	remember
	attach g1
	run -1 attach g1 "ip=$(address g1 4)/33"
	ip -n "$scene-dom0" link show vif1.0 | grep -F "state DOWN"
	nothing_left
	unchanged
}

@test "a broken configuration is told to the guest as a number of errors, not with its lines" {
	configure "BACKEND = secret"
	guest_create g1
	run -1 attach g1
	equal hotplug-error "$(store 1 0 hotplug-error)" \
		"the configuration has 1 error, no rules are loaded: \`firewall check\` tells"
}

@test "a configuration that changes while a reload waits for its turn is the one that is loaded" {
	guest_create g1
	host g1 "PUBLIC_PORTS = 80"
	dom0 firewall start
	attach g1
	exec {lock}<"$scene_dir/run/lock"
	flock "$lock"
	dom0 firewall reload {lock}<&- &
	sleep 0.5
	host g1 "PUBLIC_PORTS = 25"
	flock -u "$lock"
	wait $!
	connects world g1 tcp/25
	refuses world g1 tcp/80
}

# failing_hook: it fails, and what it does before is up to its lines
failing_hook() {
	mkdir "$scene_dir/hooks"
	printf '%s\n' '#!/bin/sh' "$@" 'exit 7' >"$scene_dir/hooks/a.hook"
	chmod +x "$scene_dir/hooks/a.hook"
	configure "[xen]" "HOOKS = $scene_dir/hooks"
}

@test "a vif whose hook fails is down at once, under its old name, also when its undoing has to wait" {
	failing_hook "exec 9<'$scene_dir/run/lock'" "flock 9" "(sleep 20) & sleep 1"
	guest_create g1
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4)" vifname=web1
	LIMIT=40 dom0 env XENBUS_PATH=backend/vif/1/0 vif=vif1.0 vif-route-taofw online 2>"$scene_dir/online" &
	eventually ip -n "$scene-dom0" link show web1
	down() { ip -n "$scene-dom0" link show vif1.0 | grep -F "state DOWN"; }
	eventually down
	local status=0
	wait $! || status=$?
	equal "the status of online" $status 1
	equal hotplug-error "$(store 1 0 hotplug-error)" "hook $scene_dir/hooks/a.hook failed with status 7"
}

@test "an online of a vif that the toolstack is removing is refused" {
	guest_create g1
	run -1 attach g1 online=0
	[[ $output == *"the toolstack is removing the vif already"* ]]
}

@test "a reload gives a vif back what it lost while it was down, and finds an uplink that was made anew" {
	guest_create g1
	attach g1
	remember
	ip -n "$scene-dom0" link set vif1.0 down
	ip -n "$scene-dom0" link set vif1.0 up
	run ! unchanged
	ip -n "$scene-dom0" neighbour delete proxy "$(address g1 4)" dev eth0
	xenstore-write taofirewall/domain/0/1/0 "$(xenstore-read taofirewall/domain/0/1/0 | sed 's/uplink eth0 [0-9]*/uplink eth0 4711/')"
	dom0 firewall reload
	unchanged
	FAMILIES=6 pings world g1
	detach g1
	nothing_left
}

@test "an offline takes a vif's rules back also where another version of the program loaded them" {
	guest_create g1
	dom0 firewall start
	attach g1
	echo "another version" >"$scene_dir/run/snapshot"
	detach g1
	for each in share_from share_to; do dom0 nft flush map inet taofirewall $each; done	# they only count
	nothing_left
	[ "$(dom0 nft list set inet taofirewall spoofed | grep -c counter\ packets)" -eq 0 ]
}

@test "a xenstored that hangs holds nobody for ever: each says so, and an offline is done" {
	guest_create g1
	dom0 firewall start
	kill -STOP "$xenstore_process"
	# Each with a lock of its own, so that none waits for another one's.
	local hotplug=(dom0 env XENBUS_PATH=backend/vif/1/0 vif=vif1.0)
	"${hotplug[@]}" TAOFIREWALL_RUN="$scene_dir/run.online" vif-route-taofw online 2>"$scene_dir/online" &
	local online=$!
	dom0 firewall reload 2>"$scene_dir/reload" &
	local reload=$!
	"${hotplug[@]}" TAOFIREWALL_RUN="$scene_dir/run.offline" vif-route-taofw offline 2>"$scene_dir/offline"
	local status=0
	wait $online || status=$?
	equal "the status of online" $status 1
	status=0
	wait $reload || status=$?
	equal "the status of reload" $status 1
	kill -CONT "$xenstore_process"
	grep -F "vif-route-taofw: it took longer than 30 s, giving up" "$scene_dir/online"
	grep -F "vif-route-taofw: it took longer than 30 s, giving up" "$scene_dir/offline"
	grep -F "firewall: it took longer than 55 s, giving up" "$scene_dir/reload"
	dom0 firewall reload
}
