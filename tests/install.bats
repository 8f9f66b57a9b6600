#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# INSTALL, command by command as it stands there, by an administrator with sudo: on a plain server with our packages, and
# on a Dom0 with `make install`. That one has a xenstored but no hypervisor: what xl would do, is done here.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/machine
load lib/packages

setup_file() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, mounts and a systemd need root"
	# A Dom0 sets what its network is to do; that is the scene's, and nothing else of the kernel is.
	export image=$BATS_FILE_TMPDIR/image SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
	machine_make_image "$image"
}

setup() {
	scene_up
	LIMIT=1200 serve dom0 tcp/25 tcp/80
	source_tree >"$scene_dir/tree.tar"
	# Another port in dom0.conf is the edit; the addresses of the examples are those of the scene.
	printf '%s\n' '#!/bin/sh' 'sed -i "s/^PUBLIC_PORTS = 22/& 80/" "$@"' >"$scene_dir/editor"
	chmod +x "$scene_dir/editor"
	machine_start "$image" "$scene_dir"
	machine bash -euc "useradd --create-home --shell /bin/bash admin
		echo 'admin ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin
		echo 'APT::Get::Assume-Yes true; APT::Install-Recommends false;' >/etc/apt/apt.conf.d/90answers
		printf '%s\n' \"127.0.1.1 \$(hostname)\" '$(address dom0 4) server.example.org' '$(address dom0 6) server.example.org' \
			>>/etc/hosts
		ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
		cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
		printf '%s\n' 'StrictHostKeyChecking no' 'UserKnownHostsFile /dev/null' >>/etc/ssh/ssh_config
		runuser -u admin -- mkdir /home/admin/taofirewall
		runuser -u admin -- tar -x --no-same-owner -C /home/admin/taofirewall -f /mnt/tree.tar" >/dev/null
}

teardown() {
	[ -z "${machine_process:-}" ] || machine_kill
	scene_down
}

# types COMMAND: the administrator does, in the folder of the source
types() {
	LIMIT=600 machine runuser -u admin -- env -C /home/admin/taofirewall HOME=/home/admin SUDO_EDITOR=/mnt/editor \
		DEB_BUILD_OPTIONS="nocheck terse parallel=2" MAKEFLAGS=-sj2 bash -o pipefail -c "$1" </dev/null
}

# from_outside COMMAND: somewhere in the world, with the machine's programs
from_outside() {
	nsenter --target "$machine_init" --mount --net="/run/netns/$scene-world" env -i HOME=/root PATH=/usr/bin:/bin \
		timeout 20 bash -c "$1" </dev/null
}

# hotplug VERB: what libxl runs for the guest's interface
hotplug() {
	machine env XENBUS_TYPE=vif XENBUS_PATH=backend/vif/1/0 XENBUS_BASE_PATH=backend vif=vif1.0 \
		script="$scene_script" "$scene_script" "$1" type_if=vif
}

# creates_guest: as xl does from what INSTALL has in web1.cfg, and the world finds what the host files open
creates_guest() {
	local ip
	ip=$(machine sed -n "s/^vif = .*,ip=\(.*\)' ]$/\1/p" /etc/xen/web1.cfg)
	scene_addresses[web1 4]=${ip% *} scene_addresses[web1 6]=${ip#* }
	# shellcheck disable=SC2086 # two addresses
	vif_create g1 && guest_address g1 $ip && serve g1 tcp/25 tcp/80 && store_vif 1 0 "mac=$(mac g1)" "ip=$ip" &&
		hotplug online && connects world web1 tcp/80 && refuses world web1 tcp/25
}

destroys_guest() { store_goodbye 1 0 && hotplug offline && vif_destroy g1 && store_forget 1 0 && machine rm /etc/xen/web1.cfg; }

# names_holder COMMAND: a guest that INSTALL does not name has the disk that it has in web1.cfg, and the command says who
names_holder() {
	local file guest=/local/domain/1 holder=backend/qdisk/7/51712 back=backend/vbd/1/51712 said
	file=$(machine sed -n "s/^disk = .*,target=\(.*\)' ]$/\1/p" /etc/xen/web1.cfg)
	machine sh -c 'mkdir "${1%/*}" && truncate -s 4M "$1"' - "$file"
	xenstore-write /local/domain/7/name mail1 "$holder/params" "aio:$file" "$holder/mode" w "$guest/name" web1 \
		"$back/params" "$file" "$back/mode" w "$back/type" phy "$back/online" 1 "$back/state" 2 \
		"$back/frontend" "$guest/device/vbd/51712" "$back/frontend-id" 1
	! machine env XENBUS_TYPE=vbd XENBUS_PATH="$back" XENBUS_BASE_PATH=backend script=/etc/xen/scripts/block-taofw \
		/etc/xen/scripts/block-taofw add || fail "who comes second has the disk, too" || return
	said=$(types "$1")
	[[ $said == *"$file "*"guest mail1 (domain 7) has it read-write"* ]] || fail "it says: $said" || return
	xenstore-rm /local/domain/7 backend/qdisk backend/vbd
	machine rm -r "${file%/*}"
}

# forwards: the settings that INSTALL made are in force, whatever became of those of the kernel that we run in
forwards() {
	equal forwarding "$(dom0 sysctl -n net.ipv4.ip_forward net.ipv6.conf.all.forwarding | xargs)" "1 1"
}

is_filtered() { connects world dom0 tcp/80 && refuses world dom0 tcp/25; }
is_open() { connects world dom0 tcp/80 tcp/25; }

# walk OTHERS...: what INSTALL says, without the commands that match one of these patterns: those of the other way
walk() {
	local command pattern
	while IFS= read -r command <&3; do
		for pattern; do
			# shellcheck disable=SC2053 # a pattern
			[[ $command != $pattern ]] || continue 2
		done
		step "$command" || fail "INSTALL: $command" || return
	done 3< <("$machine_package/commands" "$BATS_TEST_DIRNAME/../INSTALL")
}

# step COMMAND: it does what INSTALL says of it
step() {
	case $1 in
	"sudo ./bootstrap deps" | "sudo make check") ;;	# who runs this did both
	"sudo xl create "*) creates_guest ;;
	"sudo xl "* | vif.default.script=*) ;;
	less*/web1.conf) types "$1" && machine sh -c "cd /usr/share/doc/taofirewall/examples &&
		cp ipv4.d/web1.conf /etc/taofirewall/ipv4.d/ && cp ipv6.d/web1.conf /etc/taofirewall/ipv6.d/" ;;
	"vif = "* | "disk = "*) printf 'name = "web1"\ntype = "pvh"\n%s\n' "$1" | machine tee /etc/xen/web1.cfg ;;
	/*) machine test -e "${1%% *}" ;;
	" "* | "[firewall]") ;;					# a list goes on; a section begins
	"XEN = no") machine sed -i 's/^XEN *=.*/XEN = no/' /etc/taofirewall/taofirewall.conf && types "sudo firewall reload" ;;
	ssh*) from_outside "$1" ;;
	"sudo systemd-run "*) is_open && types "$1" ;;
	"sudo sysctl --system") types "$1" || true; forwards ;;
	"sudo firewall start") types "$1" && is_filtered ;;
	"sudo systemctl start firewall.service") types "$1" && machine_reboot && is_filtered ;;
	"sudo systemctl disable --now firewall-guests.service") destroys_guest && types "$1" ;;
	"sudo firewall stop") types "$1" && is_open ;;
	"systemctl is-active firewall-watch.service") types "$1" ;;
	"systemctl is-enabled nftables.service") [ "$(types "$1")" = disabled ] ;;
	"sudo journalctl -t block-taofw -n 1") names_holder "$1" ;;
	"sudo journalctl -k "*) types "$1" || [ $? -eq 1 ] ;;	# nothing was dropped yet
	sudo* | make | dpkg-buildpackage* | printf* | echo* | less* | firewall*) types "$1" ;;
	*) fail "what is that?" ;;
	esac
}

@test "the packages that it names for a machine where nothing is built are enough there" {
	local words root=$scene_dir/runtime
	read -ra words < <("$machine_package/commands" "$machine_package/../../INSTALL" | grep '^sudo apt-get install nftables')
	"$machine_package/debian-root" "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root" "${words[@]:3}" libxenstore4
	mkdir "$root/build"
	cp "$PLAIN"/{firewall,{vif-route,vif-bridge,block}-taofw} "$root/build"
	cp -r "$machine_package/../../conf" "$root"
	run -1 chroot "$root" sh -c 'ldd /build/* | grep "not found"'
	run -0 unshare --pid --fork --mount-proc="$root/proc" chroot "$root" /build/firewall --config /conf check
}

@test "on a plain server, with packages" {
	machine_files >"$scene_dir/before"
	walk make "sudo make *" "sudo update-rc.d *" "sudo rm -rf /etc/taofirewall" "*taofirewall-xen_*.deb" "/etc/xen/*" \
		"/usr/lib/taofirewall/*" "*firewall-guests.service" "vif = *" "disk = *" "*block-taofw -n 1" "*/web1.c*" \
		"*-taofirewall.conf" "sudo sysctl *" >"$scene_dir/said" 2>&1 || { tail -n 40 "$scene_dir/said"; return 1; }
	machine_leaves_nothing "$scene_dir/before"
	equal rules "$(dom0 nft list ruleset)" ""
}

@test "on a Dom0 without a hypervisor, with make install" {
	dom0 sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	machine bash -euc "echo 'L /run/xenstored - - - - /mnt/xenstored' >/etc/tmpfiles.d/xenstored.conf
		systemd-tmpfiles --create
		mkdir -p /etc/xen/scripts"
	machine_files >"$scene_dir/before"
	walk "*debhelper*" "dpkg-*" "*.deb" "sudo apt-get purge *" "XEN = no" >"$scene_dir/said" 2>&1 ||
		{ tail -n 40 "$scene_dir/said"; return 1; }
	machine_leaves_nothing "$scene_dir/before"
	equal rules "$(dom0 nft list ruleset)" ""
}
