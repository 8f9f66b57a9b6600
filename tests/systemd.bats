#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Our Debian packages under a real systemd: at boot, beside nftables.service, as an init script, and when they are upgraded
# and removed while packets knock. tests/package.bats has their life without it.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/machine
load lib/packages

version=0.1

setup_file() {
	local each packages
	[ "$EUID" -eq 0 ] || skip "network namespaces, mounts and a systemd need root"
	export debs=$BATS_FILE_TMPDIR/debs image=$BATS_FILE_TMPDIR/image
	machine_make_image "$image"
	packages=$(packages_of_run)
	mkdir "$debs"
	for each in taofirewall taofirewall-xen; do
		cp "$packages/${each}_${version}_"*.deb "$debs/$each.deb"
		next_version $each
	done
}

# next_version PACKAGE: the same files in the next version, but for a line more in the init script
next_version() {
	local work=$BATS_FILE_TMPDIR/next
	rm -rf "$work"
	dpkg-deb -R "$debs/$1.deb" "$work"
	sed -i "s/^Version: .*/Version: $version+next/; s/(= $version)/(= $version+next)/" "$work/DEBIAN/control"
	[ ! -e "$work/etc/init.d/firewall" ] || echo "# next" >>"$work/etc/init.d/firewall"
	dpkg-deb -b "$work" "$debs/next-$1.deb" >/dev/null
}

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, mounts and a systemd need root"
	scene_up
	configure XEN=no
	host dom0 "TYPE = local" "PUBLIC_PORTS = 80"
	serve dom0 tcp/25 tcp/80
}

teardown() {
	[ -z "${machine_process:-}" ] || machine_kill
	scene_down
}

# ---- the machine ----

start() { machine_start "$image" "$debs"; }

# add FILE...: packages, as an administrator does it
add() { machine sh -c 'cd /mnt && exec dpkg -i "$@"' - "$@" >"$scene_dir/dpkg" 2>&1 || { cat "$scene_dir/dpkg"; return 1; }; }

# write_config: that of the scene, in the place of the one that the package brought
write_config() {
	machine sh -c 'rm -rf /etc/taofirewall/*'
	tar -C "$TAOFIREWALL_CONFIG" -c . | machine tar -x --no-same-owner -C /etc/taofirewall
}

# running: installed, configured, enabled and started
running() {
	start
	add taofirewall.deb
	write_config
	machine systemctl enable --now firewall.service
	is_filtered
}

is_filtered() { connects world dom0 tcp/80 && refuses world dom0 tcp/25; }
is_open() { connects world dom0 tcp/80 tcp/25; }

# never_open COMMAND...: before, while it runs, and when it is done, nobody gets through to a closed port
never_open() {
	local watcher
	touch "$scene_dir/knock"
	(while [ -e "$scene_dir/knock" ]; do refuses world dom0 tcp/25 || exit; done) 3>&- &
	watcher=$!
	"$@"
	rm "$scene_dir/knock"
	wait $watcher
}

# watcher: its process, while it runs
watcher() {
	machine systemctl is-active firewall-watch.service >/dev/null || return
	machine systemctl show -P MainPID firewall-watch.service
}

# loaded: when that was
loaded() { machine stat -c %y /run/taofirewall/snapshot; }

# ---- their life ----

@test "an installation changes no traffic, and enables nothing" {
	start
	add taofirewall.deb
	add taofirewall-xen.deb
	is_open
	equal rules "$(dom0 nft list ruleset)" ""
	run ! machine systemctl is-enabled firewall.service firewall-guests.service
	run ! machine systemctl is-active firewall.service firewall-guests.service
	run -3 machine firewall status
	machine_reboot
	is_open
	equal rules "$(dom0 nft list ruleset)" ""
	equal "failed units" "$(machine systemctl --failed --no-legend)" ""
	equal "the run-time folder" "$(machine stat -c '%a %U' /run/taofirewall)" "700 root"
}

@test "bash completes commands, options and hosts" {
	local each
	start
	add taofirewall.deb
	write_config
	complete() {	# complete WORD...: what it offers for the last of them
		# shellcheck disable=SC2016 # the inner shell's
		machine bash -c '. /usr/share/bash-completion/completions/firewall
			COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _firewall; echo ${COMPREPLY[*]}' - firewall "$@"
	}
	equal commands "$(complete sta)" "start status"
	equal options "$(complete --b)" "--backend"
	equal backends "$(complete --backend '')" "nft iptables-restore iptables"
	equal "options of explain" "$(complete explain --p)" "--port --proto"
	equal hosts "$(complete explain --to d | tr ' ' '\n' | sort -u)" "dom0"
	equal "more commands" "$(complete start '')" ""
}

@test "at boot the rules are there before the network" {
	running
	machine_reboot
	is_filtered
	machine firewall status
	[ "$(machine systemctl show -P ExecMainExitTimestampMonotonic firewall.service)" -le \
		"$(machine systemctl show -P ActiveEnterTimestampMonotonic network-pre.target)" ]
}

@test "a configuration with errors at boot: the unit fails and says where, and the machine can be reached" {
	running
	machine sh -c 'echo "PUBLIC_PORTS = eighty" >>/etc/taofirewall/ipv6.d/dom0.conf'
	machine_reboot
	is_open
	equal state "$(machine systemctl is-failed firewall.service)" failed
	# By its name: of a process that ended at once, a journald that has just started does not always know the unit.
	says_where() { [[ $(machine journalctl -b -t firewall -o cat) == *"ipv6.d/dom0.conf:8: "*"nothing was changed"* ]]; }
	eventually says_where
	run -3 machine firewall status
	[ "$output" = "The firewall was not started since boot." ]
}

@test "whatever nftables.service does, our rules are back when it is done" {
	local verb
	running
	for verb in start reload restart stop start; do
		machine systemctl $verb nftables.service
		is_filtered
		machine firewall status
		equal "its own table after a $verb" "$(dom0 nft list tables | grep -c 'inet filter')" \
			"$([ $verb = stop ] && echo 0 || echo 1)"
	done
	echo "no ruleset" | machine tee -a /etc/nftables.conf
	run ! machine systemctl restart nftables.service
	is_filtered
	machine firewall status
}

@test "nftables.service brings nothing that was not started, or was stopped by hand" {
	start
	add taofirewall.deb
	write_config
	machine systemctl restart nftables.service
	is_open
	run -3 machine firewall status
	machine firewall start
	is_filtered
	machine systemctl restart nftables.service
	is_filtered
	machine firewall stop
	machine systemctl restart nftables.service
	is_open
	run -3 machine firewall status
}

@test "at boot our rules come behind those of nftables.service" {
	running
	machine systemctl enable nftables.service
	machine_reboot
	is_filtered
	dom0 nft list table inet filter
	equal "failed units" "$(machine systemctl --failed --no-legend)" ""
}

@test "a restart of the unit opens nothing, and leaves the old rules when the new ones do not load" {
	running
	restarts() { for _ in 1 2 3 4 5 6; do machine systemctl restart firewall.service; done; }
	never_open restarts
	is_filtered
	machine sh -c 'echo "PUBLIC_PORTS = eighty" >>/etc/taofirewall/ipv6.d/dom0.conf'
	run ! machine systemctl reload firewall.service
	is_filtered
	run ! machine systemctl restart firewall.service
	is_filtered
	equal state "$(machine systemctl is-failed firewall.service)" failed
}

@test "the rules stay in emergency.target, and to the end when the machine goes down" {
	running
	machine systemctl isolate emergency.target
	is_filtered
	watcher
	machine_off
	is_filtered
}

@test "a stop of the unit opens the machine, and a start closes it" {
	running
	watcher
	machine systemctl stop firewall.service
	is_open
	equal tables "$(dom0 nft list tables)" ""
	run ! watcher
	machine systemctl start firewall.service
	is_filtered
	watcher
}

@test "service, invoke-rc.d and update-rc.d mean the unit" {
	local way
	running
	for way in "service firewall" "invoke-rc.d firewall" /etc/init.d/firewall; do
		# shellcheck disable=SC2086 # words
		{
			machine $way stop
			is_open
			equal "the unit after $way stop" "$(machine systemctl is-active firewall.service)" inactive
			machine $way start
			is_filtered
			machine systemctl is-active firewall.service
			dom0 nft flush ruleset
			machine $way reload
			is_filtered
			never_open machine $way restart
			never_open machine $way force-reload
		}
	done
	machine update-rc.d firewall disable
	run -1 machine systemctl is-enabled firewall.service
	machine update-rc.d firewall enable
	machine systemctl is-enabled firewall.service
	dom0 nft flush ruleset
	run -3 machine /etc/init.d/firewall status
	[[ $output == "The rules are missing: "* ]]
}

@test "without systemd the init script does the same" {
	bare() {
		"$machine_package/boot" "$image" "$scene-dom0" "$debs" /bin/bash -euxc "$1" >"$scene_dir/console" 2>&1 </dev/null 3>&- ||
			{ cat "$scene_dir/console"; return 1; }
	}
	cp -r "$TAOFIREWALL_CONFIG" "$debs/config"
	bare "dpkg -i /mnt/taofirewall.deb
		rm -r /etc/taofirewall
		cp -r /mnt/config /etc/taofirewall
		! ls /etc/rcS.d/S*firewall
		! /etc/init.d/firewall status
		/etc/init.d/firewall try-restart
		! nft list tables 2>/dev/null | grep .
		update-rc.d firewall enable
		watches() { grep -qx watch <(tr '\\0' '\\n' </proc/\$(cat /run/taofirewall/watch.pid)/cmdline); }
		! watches
		/etc/rcS.d/S*firewall start
		watches; first=\$(cat /run/taofirewall/watch.pid)
		/etc/init.d/firewall status
		/etc/init.d/firewall reload; /etc/init.d/firewall restart; /etc/init.d/firewall try-restart
		watches; [ ! -e /proc/\$first ]
		/etc/init.d/firewall stop; ! watches; /etc/init.d/firewall try-restart; ! watches
		/etc/init.d/firewall start; watches
		echo 'PUBLIC_PORTS = eighty' >>/etc/taofirewall/ipv6.d/dom0.conf
		! /etc/init.d/firewall reload
		! /etc/init.d/firewall restart
		status=0; /etc/init.d/firewall nonsense || status=\$?; [ \$status = 2 ]"
	is_filtered
	bare "dpkg -i /mnt/taofirewall.deb
		/etc/init.d/firewall stop
		status=0; /etc/init.d/firewall status || status=\$?; [ \$status = 3 ]"
	is_open
}

# ---- upgrades, and the end ----

@test "an upgrade loads the rules anew, opens nothing, and overwrites nothing of the administrator's" {
	local before watcher
	running
	watcher=$(watcher)
	echo "# mine" | machine tee -a /etc/init.d/firewall
	before=$(machine sh -c 'cat /etc/init.d/firewall; cat /etc/taofirewall/*.conf /etc/taofirewall/*/*.conf')
	loaded=$(loaded)
	never_open add --force-confdef next-taofirewall.deb
	is_filtered
	equal version "$(machine dpkg-query -f '${Version}' -W taofirewall)" "$version+next"
	equal files "$(machine sh -c 'cat /etc/init.d/firewall; cat /etc/taofirewall/*.conf /etc/taofirewall/*/*.conf')" "$before"
	machine grep -qx '# next' /etc/init.d/firewall.dpkg-dist
	[ "$(loaded)" != "$loaded" ]
	[ "$(watcher)" != "$watcher" ]
	machine systemctl is-active firewall.service
	machine systemctl is-enabled firewall.service
	equal "need of a daemon-reload" "$(machine systemctl show -P NeedDaemonReload firewall.service)" no
}

@test "what the administrator did not change is replaced by an upgrade" {
	running
	add next-taofirewall.deb
	machine grep -qx '# next' /etc/init.d/firewall
}

@test "an upgrade with errors in the configuration succeeds, says where they are, and leaves the rules" {
	running
	machine sh -c 'echo "PUBLIC_PORTS = eighty" >>/etc/taofirewall/ipv6.d/dom0.conf'
	loaded=$(loaded)
	never_open add next-taofirewall.deb
	is_filtered
	equal "time of loading" "$(loaded)" "$loaded"
	grep -F "ipv6.d/dom0.conf:8: " "$scene_dir/dpkg"
	grep -F "taofirewall: the rules that the old version loaded stay" "$scene_dir/dpkg"
	equal state "$(machine dpkg-query -f '${db:Status-Status}' -W taofirewall)" installed
}

@test "an upgrade starts nothing that does not run" {
	start
	add taofirewall.deb
	write_config
	add next-taofirewall.deb
	is_open
	machine firewall start
	machine firewall stop
	add taofirewall.deb
	is_open
	run -3 machine firewall status
	[ "$output" = "The firewall was stopped by hand: everything passes." ]
}

@test "a Dom0's two packages are upgraded together" {
	running
	add taofirewall-xen.deb
	run ! add next-taofirewall-xen.deb
	add next-taofirewall.deb next-taofirewall-xen.deb
	is_filtered
	equal version "$(machine dpkg-query -f '${Version}' -W taofirewall-xen)" "$version+next"
	machine test -x /etc/xen/scripts/vif-route-taofw
}

@test "a removal takes the rules and leaves the configuration, a purge leaves nothing" {
	start
	machine_files >"$scene_dir/before"
	machine getent passwd >"$scene_dir/users"
	add taofirewall.deb
	add taofirewall-xen.deb
	write_config
	machine systemctl enable --now firewall.service firewall-guests.service
	is_filtered
	machine dpkg -r taofirewall-xen taofirewall
	is_open
	equal rules "$(dom0 nft list ruleset)" ""
	machine test -e /etc/taofirewall/ipv4.d/dom0.conf
	run ! machine systemctl is-active firewall.service
	machine dpkg -P taofirewall-xen taofirewall
	machine_leaves_nothing "$scene_dir/before"
	machine getent passwd | diff "$scene_dir/users" -
	equal units "$(machine systemctl list-units --all --no-legend '*firewall*')" ""
}

@test "a purge also takes rules that were loaded by hand" {
	start
	add taofirewall.deb
	write_config
	machine firewall start
	is_filtered
	machine dpkg -P taofirewall
	is_open
	equal rules "$(dom0 nft list ruleset)" ""
	run ! machine test -e /run/taofirewall -o -e /etc/taofirewall
}
