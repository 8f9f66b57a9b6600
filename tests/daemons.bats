#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Beside the programs that manage interfaces and routes on a Debian, the real ones: what they take from guests comes back
# by itself, and guests' interfaces are not theirs. tests/taken.bats has what is taken, one by one.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/machine
load lib/packages

setup_file() {
	local packages each depends
	[ "$EUID" -eq 0 ] || skip "network namespaces, mounts and a systemd need root"
	export debs=$BATS_FILE_TMPDIR/debs image=$BATS_FILE_TMPDIR/image SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
	packages=$(packages_of_run)
	mkdir "$debs"
	cp "$packages"/taofirewall_0.1_*.deb "$packages"/taofirewall-xen_0.1_*.deb "$debs"
	depends=$(for each in "$debs"/*.deb; do dpkg-deb -f "$each" Depends; done | tr ',' '\n' |
		sed 's/^ *//; s/[ |].*//' | grep -v '^taofirewall' | sort -u)
	# shellcheck disable=SC2086 # words
	"$machine_package/debian-root" "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$image" \
		systemd-sysv dbus procps nftables network-manager ifupdown2 netplan.io bird2 frr $depends >&2
	# Each test starts the one that it is about.
	systemctl --root="$image" disable NetworkManager.service NetworkManager-wait-online.service networking.service \
		bird.service frr.service systemd-networkd.service >/dev/null 2>&1
	systemctl --root="$image" mask systemd-networkd-wait-online.service >/dev/null 2>&1
}

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, mounts and a systemd need root"
	scene_up
	configure XEN=yes
	machine_start "$image" "$scene_dir"
	cp "$debs"/*.deb "$scene_dir"
	machine sh -ec 'dpkg -i /mnt/*.deb
		rm -rf /etc/taofirewall/*
		ln -s /mnt/xenstored /run/xenstored
		ln -s /usr/lib/taofirewall/vif-*-taofw /usr/local/sbin' >"$scene_dir/dpkg" 2>&1 ||
		{ cat "$scene_dir/dpkg"; return 1; }
	serve world
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || machine journalctl -b --no-pager -n 60 || true
	[ -z "${machine_process:-}" ] || machine_kill
	scene_down
}

# Dom0 is the machine.
dom0() { machine "$@"; }

# running: with that configuration, and with what sets again what others take
running() {
	tar -C "$TAOFIREWALL_CONFIG" -c . | machine tar -x --no-same-owner -C /etc/taofirewall
	machine systemctl start firewall.service
	machine systemctl is-active firewall-watch.service
}

# routed_guest: with its vif online
routed_guest() {
	host g1 "PUBLIC_PORTS = 80"
	running
	guest_create g1
	attach g1
	is_whole
}

# is_whole: packets pass, and nothing is missing
is_whole() {
	run -0 machine firewall status
	[[ $output != *missing* && $output != *"not set"* ]] && connects world g1 tcp/80
}

# networkd_is_done: with all that is its own
networkd_is_done() {
	run -0 machine networkctl --no-legend list
	[[ $output != *@(pending|initialized|configuring|failed)* ]]
}

# lets_go INTERFACE...: of its addresses of IPv4. One that has no broadcast address, as ip(8) sets it, is another one to
# systemd-networkd 252: it sets it without an end, until 65,535 answers are due (ERANGE), and gives the interface up.
lets_go() {
	local each
	for each; do
		machine ip -4 address flush dev "$each"
	done
}

# takes COMMAND...: it takes something from the guest, and is done with it
takes() {
	machine "$@"
	! machine systemctl -q is-active systemd-networkd.service || PATIENCE=60 eventually networkd_is_done
}

# heals COMMAND...: what it takes is there again without anybody's doing
heals() {
	takes "$@"
	PATIENCE=60 eventually is_whole
}

# misses WORDS COMMAND...: where nobody watches, that is what it takes, and status knows; who begins to watch brings it back
misses() {
	machine systemctl stop firewall-watch.service
	takes "${@:2}"
	eventually names "$1"
	heals systemctl start firewall-watch.service
}

names() {
	run -0 machine firewall status
	[[ $output == *"  missing: $1"*"\`firewall reload\` sets it again."* ]]
}

# is_barred WORDS: status says what goes before ours, and that nobody sets anything against it
is_barred() {
	run -0 machine firewall status
	[[ $output == *"  missing: route $(address g1 4): packets leave through eth0, by a route of $1's that goes before ours"* ]]
}

@test "systemd-networkd takes addresses, routes and proxies of the uplink, and nothing of vifs" {
	local file=/etc/systemd/network/uplink.network
	printf '[far]\nDESTINATION = 10.9.0.0/24 2001:db8:9::/48\nVIA = %s %s\n' "$(address world 4)" "$(address world 6)" \
		>"$TAOFIREWALL_CONFIG/routing.cfg"
	routed_guest
	machine tee $file <<-END
		[Match]
		Name=eth0
		[Network]
		Address=$(address dom0 4)/24
		Address=$(address dom0 6)/64
		Gateway=$(address world 4)
		Gateway=$(address world 6)
		IPv6AcceptRA=no
	END
	printf '%s\n' '[Match]' 'Name=*' '[Network]' 'DHCP=no' | machine tee /etc/systemd/network/zz-all.network
	lets_go eth0
	heals systemctl start systemd-networkd.service
	heals networkctl reconfigure eth0
	misses "sysctl net/ipv6/conf/eth0/proxy_ndp is not 1 (taken by systemd-networkd, by $file)" networkctl reconfigure eth0
	heals systemctl restart systemd-networkd.service
	[[ $(machine networkctl --no-legend list vif1.0) == *unmanaged* ]]
}

@test "NetworkManager takes addresses, routes and proxies of the uplink, and nothing of vifs" {
	routed_guest
	machine systemctl start NetworkManager.service
	heals nmcli connection add type ethernet ifname eth0 con-name uplink ipv4.method manual ipv6.method manual \
		ipv4.addresses "$(address dom0 4)/24" ipv4.gateway "$(address world 4)" \
		ipv6.addresses "$(address dom0 6)/64" ipv6.gateway "$(address world 6)"
	heals nmcli connection up uplink
	misses "proxy entry $(address g1 4) on eth0 (taken by NetworkManager)" nmcli connection up uplink
	heals nmcli device reapply eth0
	[[ $(machine nmcli -g GENERAL.STATE device show vif1.0) == *unmanaged* ]]
}

# udevd_start: netplan has it look at all interfaces. Where /sys can't be written, systemd starts none.
udevd_start() {
	machine sh -ec 'interfaces=/sys/devices/virtual/net
		mount --bind $interfaces $interfaces
		mount -o remount,rw $interfaces
		systemd-run -q --unit=udevd /lib/systemd/systemd-udevd'
}

@test "netplan takes what systemd-networkd does, and guests' ports off a bridge that it makes anew" {
	local again="ip link delete xenbr0; netplan apply"
	bridge_create
	host b1 "FIREWALL = no"
	routed_guest
	bridged_create b1
	attach b1
	udevd_start
	machine sh -c 'umask 077; cat >/etc/netplan/dom0.yaml' <<-END
		network:
		  version: 2
		  renderer: networkd
		  ethernets:
		    eth0:
		      addresses: [$(address dom0 4)/24, "$(address dom0 6)/64"]
		      routes: [{to: default, via: $(address world 4)}, {to: default, via: "$(address world 6)"}]
		      accept-ra: false
		    lan0: {}
		    zz: {match: {name: "*"}}
		  bridges:
		    xenbr0:
		      interfaces: [lan0]
		      addresses: [$(address bridge 4)/25, "$(address bridge 6)/64"]
		      parameters: {stp: false}
	END
	lets_go eth0 xenbr0
	heals netplan apply
	pings dom0 b1
	misses "sysctl net/ipv6/conf/eth0/proxy_ndp is not 1 (taken by systemd-networkd, by /run/systemd/network/10-netplan-eth0.network)" \
		netplan apply
	heals sh -c "$again"
	pings dom0 b1
	misses "it is no port of xenbr0" sh -c "$again"
	pings dom0 b1
	run -0 machine networkctl --no-legend list vif1.0 vif11.0
	[[ $output == *vif1.0*unmanaged*vif11.0*unmanaged* ]]
}

@test "ifupdown2 takes the uplink down, and guests' ports off bridges that it knows" {
	bridge_create
	host b1 "FIREWALL = no"
	routed_guest
	bridged_create b1
	attach b1
	machine tee /etc/network/interfaces <<-END
		auto eth0
		iface eth0
			address $(address dom0 4)/24
			address $(address dom0 6)/64
			gateway $(address world 4)
			gateway $(address world 6)
		auto xenbr0
		iface xenbr0
			address $(address bridge 4)/25
			address $(address bridge 6)/64
			bridge-ports lan0
	END
	machine mkdir -p /etc/iproute2/rt_tables.d	# Debian 13 has none, and its ifupdown2 wants one
	heals systemctl start networking.service
	heals ifreload -a
	pings dom0 b1
	misses "it is no port of xenbr0" ifreload -a
	heals sh -c 'ifdown eth0; ifup eth0'
	heals sh -c 'ifdown xenbr0; ifup xenbr0'
	pings dom0 b1
}

@test "a route of BIRD's to a guest is named, and stays" {
	routed_guest
	machine tee /etc/bird/bird.conf <<-END
		router id $(address dom0 4);
		protocol device { }
		protocol kernel { ipv4 { export all; }; }
		protocol static { ipv4; route $(address g1 4)/32 via $(address world 4); }
	END
	machine systemctl start bird.service
	eventually is_barred BIRD
	machine firewall repair
	is_barred BIRD
	heals systemctl stop bird.service
}

@test "a route of FRR's to a guest gives way to ours" {
	host g1 "PUBLIC_PORTS = 80"
	running
	machine systemctl start frr.service
	machine vtysh -c 'configure terminal' -c "ip route $(address g1 4)/32 $(address world 4)"
	leads_away() { [[ $(ip -n "$scene-dom0" route get "$(address g1 4)") == *eth0* ]]; }
	eventually leads_away
	guest_create g1
	attach g1
	eventually is_whole
	heals systemctl restart frr.service
}
