#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is the iptables backends' own: how rules come and go beside those of others, from one backend to another, and when
# a program fails. That the policy is the same, the tests of routed guests show, which run with each of them (Makefile).
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/lan
load lib/iptables

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	use iptables-restore
}

# protected: g1's host file holds
protected() {
	connects world g1 tcp/80
	refuses world g1 tcp/25
}

protected_guest() {
	host g1 "PUBLIC_PORTS = 80"
	guest_create g1
	dom0 firewall start
	attach g1
	protected
}

kernel_rules() { ip_rules | sed 's/taofw-[a-z]-/taofw-/g' | sort; }

@test "guests that came one by one and a ruleset that was loaded as a whole are the same to the kernel" {
	local each
	use iptables-restore
	rules "[groups]" "friends = {office} {g2}" "[network lan1]" "SUBNET = {lan1}" "INTERFACE = xenbr1" \
		"MASQUERADE = eth0" "FRIENDS = {office}"
	host g1 "PUBLIC_PORTS = 80 53/tcp+udp 6000-6100/udp */gre 9/sctp" "USERS = 22,3306@friends *@{stranger}" \
		"OUT_PORTS = 80" "NAT = {world}" "PAT = 8080:80 53:5353/tcp+udp"
	host g2 "FIREWALL = no" "NAT = yes" "NAT_DEVICE = eth0" "PAT = 8443:443"
	FAMILIES=4 host net "TYPE = network" "IP = 198.51.100.0/28" "PUBLIC_PORTS = 443"
	FAMILIES=6 host part "IP = 2001:db8:b:5::/80" "PUBLIC_PORTS = 25" "NAT = yes"
	printf '%s\n' "[vpn]" "DESTINATION = 10.8.0.0/24 10.9.0.7 2001:db8:8::/48" \
		"VIA = $(address g1 4) 2001:db8:b:5::77" >"$TAOFIREWALL_CONFIG/routing.cfg"
	dom0 firewall start
	for each in g1 g2 g3; do vif_create "$each"; done
	attach g1
	attach g2
	attach g3 "ip=$(address g3 4) 192.0.2.64/29 2001:db8:b:5::/64" vifname=web3
	kernel_rules >"$scene_dir/one-by-one"
	dom0 firewall reload
	kernel_rules | diff -u "$scene_dir/one-by-one" -
	dom0 firewall show >"$scene_dir/shown"
	dom0 firewall --backend iptables show >"$scene_dir/commands"
	for each in shown commands; do
		dom0 firewall stop
		dom0 sh -e "$scene_dir/$each"
		kernel_rules | diff -u "$scene_dir/one-by-one" -
		dom0 firewall start
	done
	grep -F 10.9.0.7 "$scene_dir/one-by-one" | grep -F mac-source
	grep -F -e "-i web3" "$scene_dir/one-by-one"
}

@test "a guest that comes and goes leaves nothing, with each program, and be it that both have its address" {
	local each
	serve world
	for each in iptables-restore iptables-legacy iptables; do
		use $each
		host g1 "PUBLIC_PORTS = 80" "NAT = {public}" "PAT = 8080:80"
		dom0 firewall start
		remember
		vif_create g1
		attach g1
		guest_twin twin g1 9
		vif_create twin
		guest_address twin "$(address twin 4)" "$(address twin 6)"
		[ $each != iptables-restore ] || serve twin
		attach twin
		detach g1
		connects twin world tcp/80
		connects world public tcp/8080
		detach twin
		nothing_left
		unchanged
		dom0 firewall stop
	done
}

# ---- other people's rules ----

others_rules() { ip_rules | grep -v -F taofw- | grep -v '^-P'; }

@test "other people's rules are left as they are, whatever their number and order" {
	local each
	for each in ip{,6}tables; do
		dom0 "$each-restore" <<-'END'
			*raw
			-A PREROUTING -p udp --dport 9 -j ACCEPT
			COMMIT
			*filter
			:taofw - [0:0]
			:taofw-mine - [0:0]
			-A INPUT -p tcp --dport 22 -m comment --comment "-j taofw-a-forward" -j taofw-mine
			-A FORWARD -p tcp --dport 23 -j ACCEPT
			-A FORWARD -j taofw
			-A taofw -i vif1.0 -j RETURN
			COMMIT
			*nat
			-A POSTROUTING -o wan9 -j MASQUERADE
			COMMIT
		END
	done
	others_rules >"$scene_dir/others"
	for each in iptables-restore iptables; do
		use $each
		host g1 "NAT = {world}"
		dom0 firewall start
		vif_create g1
		attach g1
		others_rules | diff -u "$scene_dir/others" -
		dom0 firewall reload
		detach g1
		dom0 firewall stop
		others_rules | diff -u "$scene_dir/others" -
	done
}

@test "a chain of somebody else's that leads to one of ours keeps no load from its way, and loses that rule alone" {
	local each own
	host g1 "PUBLIC_PORTS = 80"
	for each in iptables-restore iptables iptables-legacy; do
		use $each
		dom0 firewall start
		own=$(ip_rules | grep -o -m 1 'taofw-[a-z]-in-32')
		each=${each%-restore}
		dom0 "$each" -N others
		dom0 "$each" -A others -p tcp --dport 9 -m comment --comment "to ours, -j $own" -j "$own"
		dom0 "$each" -A others -p tcp --dport 10 -m comment --comment "to ours, -j $own" -j ACCEPT
		dom0 firewall reload
		equal "rules of others" "$(dom0 "$each" -S others | grep -c -e '-A others')" 1
		dom0 "$each" -S others | grep -F -e "--dport 10"
		dom0 firewall stop
		equal "what is left" "$(ip_rules | grep -F -- '-N taofw-' || true)" ""
		dom0 "$each" -F others
		dom0 "$each" -X others
	done
}

@test "what our rules let through others may drop, and what ours drop nobody lets through behind them" {
	local each
	protected_guest
	for each in ip{,6}tables; do
		dom0 "$each" -A FORWARD -p tcp --dport 25 -j ACCEPT
		dom0 "$each" -A FORWARD -p tcp --dport 443 -j DROP
	done
	protected
	host g1 "PUBLIC_PORTS = 80 443 22"
	dom0 firewall reload
	connects world g1 tcp/80 tcp/22
	refuses world g1 tcp/443 tcp/25
}

# ---- from one backend to another ----

@test "a reload moves everything from one backend to another, and leaves nothing behind" {
	local each
	use nft
	protected_guest
	FAMILIES=4 hold four world g1 tcp/80
	watch g1 forbidden "tcp dport 25"
	for each in iptables-restore iptables iptables-legacy nft iptables-legacy iptables-restore nft; do
		use $each
		dom0 firewall reload
		only_in ${each/%iptables/iptables-restore}
		protected
	done
	detach g1
	use iptables-restore
	host g1 "PUBLIC_PORTS = 80"
	dom0 firewall reload
	vif_create g1
	guest_address g1 "$(address g1 4)" "$(address g1 6)"
	attach g1
	protected
	arrives_not g1 forbidden
	dom0 firewall stop
	for each in nft iptables-restore iptables-legacy; do equal "what is left" "$(rules_of $each)" ""; done
}

@test "--backend goes before the configuration, until the next reload" {
	use nft
	protected_guest
	dom0 firewall --backend iptables-restore reload
	only_in iptables-restore
	dom0 firewall status | grep -F "The firewall is running: iptables-restore, "
	detach g1
	vif_create g1
	guest_address g1 "$(address g1 4)" "$(address g1 6)"
	attach g1
	protected
	only_in iptables-restore
	dom0 firewall reload
	only_in nft
	protected
	run -2 dom0 firewall --backend pf reload
	[[ $output == *"--backend pf: it is none of nft, iptables-restore, iptables"* ]]
}

@test "a load that is cut off half way leaves the old rules in force, and the next one clears up" {
	local each
	use nft
	protected_guest
	watch g1 forbidden "tcp dport 25"
	# shellcheck disable=SC2016 # the program's own
	program ip6tables-restore '[ ! -e "$0.cuts" ] || kill -9 $PPID'
	touch "$scene_dir/ip6tables-restore.cuts"
	for each in 1 2 3; do
		use iptables-restore "IP6TABLES_RESTORE = $scene_dir/ip6tables-restore"
		run -137 dom0 firewall reload
		[ -n "$(rules_of nft)" ] && [ -n "$(rules_of iptables-restore)" ]
		protected
	done
	# back, without ever having been there
	rm "$scene_dir/ip6tables-restore.cuts"
	use nft
	dom0 firewall reload
	only_in nft
	protected
	# and there after all
	touch "$scene_dir/ip6tables-restore.cuts"
	use iptables-restore "IP6TABLES_RESTORE = $scene_dir/ip6tables-restore"
	run -137 dom0 firewall reload
	rm "$scene_dir/ip6tables-restore.cuts"
	dom0 firewall reload
	only_in iptables-restore
	protected
	arrives_not g1 forbidden
}

# ---- failures ----

@test "a guest that comes after a load that was cut off half way has its network" {
	host g2 "PUBLIC_PORTS = 80"
	protected_guest
	guest_create g2
	program ip6tables-restore '[ ! -e "$0.cuts" ] || kill -9 $PPID'
	touch "$scene_dir/ip6tables-restore.cuts"
	use iptables-restore "IP6TABLES_RESTORE = $scene_dir/ip6tables-restore"
	run -137 dom0 firewall reload
	attach g2
	protected
	connects world g2 tcp/80
	refuses world g2 tcp/25
	equal generations "$(ip_rules | grep -o 'taofw-[a-z]-' | sort -u | wc -l)" 1
}

@test "a load that fails changes nothing, and says what the program said" {
	local each
	for each in iptables-restore iptables; do
		use $each "IP6TABLES_RESTORE = /bin/false" "IP6TABLES = /bin/false"
		run -1 dom0 firewall start
		[[ $output == *"/bin/false failed with status 1"* ]]
		equal "what is left" "$(rules_of iptables-restore)" ""
	done
	use iptables-restore
	protected_guest
	remember
	for each in iptables-restore iptables; do
		host g1 "PUBLIC_PORTS = 25 443"
		program ip6tables 'case "$*" in *443*) echo "not today" >&2; exit 7 ;; esac'
		program ip6tables-restore 'echo "not today" >&2; exit 7'
		use $each "IP6TABLES_RESTORE = $scene_dir/ip6tables-restore" "IP6TABLES = $scene_dir/ip6tables"
		run -1 dom0 firewall reload
		[[ $output == *"reload failed: "*"not today" ]]
		unchanged
		protected
	done
}

@test "of a load by iptables what was done before a command failed is undone, by its opposite" {
	# from then on nobody can tell what there is
	# shellcheck disable=SC2016 # the program's own
	program iptables 'case "$*" in
		*"-N taofw-a-refused") touch "$0.failed"; exit 7 ;;
		*-S) [ ! -e "$0.failed" ] || exit 7 ;; esac'
	use iptables "IPTABLES = $scene_dir/iptables"
	dom0 iptables -A INPUT -j ACCEPT
	ip_rules >"$scene_dir/before"
	run -1 dom0 firewall start
	[[ $output == *"-t filter -N taofw-a-refused: "*" failed with status 7" ]]
	ip_rules | diff -u "$scene_dir/before" -
}

@test "an attach of which one command fails is undone, also when nothing can be loaded any more" {
	use iptables "IP6TABLES = $scene_dir/ip6tables"
	# shellcheck disable=SC2016 # the program's own
	program ip6tables '[ ! -e "$0.broken" ] || case "$*" in
		*"spoofed-from -i vif1.0 -j RETURN" | *"-N taofw-b-prerouting") echo "not today" >&2; exit 7 ;; esac'
	dom0 firewall start
	remember
	kernel_rules >"$scene_dir/before"
	guest_create g1
	touch "$scene_dir/ip6tables.broken"
	run -1 attach g1
	[[ $(store 1 0 hotplug-error) == *"not today" ]]
	ip -n "$scene-dom0" link show vif1.0 | grep -F "state DOWN"
	kernel_rules | diff -u "$scene_dir/before" -
	rm "$scene_dir/ip6tables.broken"
	offline 1 0
	unchanged
	attach g1
	offline 1 0
	unchanged
}

@test "a program that hangs is killed" {
	program iptables-restore 'sleep 60'
	use iptables-restore "IPTABLES_RESTORE = $scene_dir/iptables-restore"
	run -1 dom0 firewall start
	[[ $output == *"$scene_dir/iptables-restore took longer than 20 s and was killed" ]]
	equal "what is left" "$(rules_of iptables-restore)" ""
}

@test "a chain that somebody flushed is missed, and comes back with a reload" {
	local place name
	protected_guest
	for place in "filter forward" "raw vifs" "filter refused" "filter local-in"; do
		name=$(dom0 ip6tables -t "${place% *}" -S | sed -n "s/^-N \(taofw-[a-z]-${place#* }\)\$/\1/p")
		dom0 ip6tables -t "${place% *}" -F "$name"
		run -3 dom0 firewall status
		[[ $output == "The rules are missing: "* ]]
		dom0 firewall reload
		dom0 firewall status
	done
	protected
}

@test "rules that somebody deleted one by one are missed, and come back with the next vif, or with one that goes" {
	guest_create g2
	protected_guest
	dom0 ip6tables -D FORWARD 1
	run -3 dom0 firewall status
	[[ $output == "The rules are missing: "* ]]
	attach g2
	dom0 firewall status
	protected
	dom0 iptables -t raw -F
	detach g2
	dom0 firewall status
	protected
}

# ---- what is the iptables backends' alone ----

@test "an interface that bears a name of somebody who is gone does not inherit from that one" {
	local frame
	rules "[forward]" "POLICY = ACCEPT"
	guest_create g1 g2
	dom0 firewall start
	attach g1 vifname=web
	ip -n "$scene-dom0" link delete web
	store_forget 1 0
	attach g2 vifname=web
	trust_everybody
	watch world spoofed "udp dport 7777"
	send_as g2 g2 world dport=7778
	send_as g2 g1 world dport=7777 smac="$(mac g1)"
	arrives_not world spoofed
	dom0 firewall stop
	send_as g2 g1 world dport=7777 smac="$(mac g1)"
	arrives world spoofed 2
}

@test "as many lengths of prefixes as iptables can tell apart, and no more" {
	local length
	for length in 24 25 26 27 28 29 30 31; do
		FAMILIES=4 host "n$length" "TYPE = network" "IP = 192.0.2.0/$length" "PUBLIC_PORTS = $length"
	done
	host g1 "OUT_PORTS = 80"
	guest_create g1
	dom0 firewall start
	attach g1
	serve world
	FAMILIES=4 connects g1 world tcp/80
	FAMILIES=4 refuses g1 world tcp/22
	FAMILIES=4 host n23 "TYPE = network" "IP = 192.0.2.0/23"
	run -1 dom0 firewall check
	[[ $output == *"can't be loaded: IPv4: the addresses of hosts and guests have more than 9 lengths of prefixes"* ]]
	run -1 dom0 firewall reload
	[[ $output == *"IPv4: the addresses of hosts and guests have more than 9 lengths of prefixes, which iptables can't tell apart: BACKEND = nft can" ]]
	FAMILIES=4 connects g1 world tcp/80
}

@test "without the programs of iptables neither check nor a load succeeds, and both say what to do" {
	local each
	use iptables-restore
	protected_guest
	for each in iptables ip6tables-restore; do
		use iptables-restore "${each/-/_} = /usr/sbin/no-$each"
		run -1 dom0 firewall check
		[[ $output == *"can't be loaded: BACKEND = iptables-restore runs /usr/sbin/no-$each, which can't be run: No such file or directory: install the package iptables, or set BACKEND to nft" ]]
		run -1 dom0 firewall reload
		[[ $output == *"runs /usr/sbin/no-$each, which can't be run: "* ]]
		protected
	done
	use iptables-restore "iptables_restore = /usr/sbin/no-iptables-restore"
	run -0 dom0 firewall --backend iptables check
}

@test "a port of UDP-Lite, which iptables can't forward, is refused in words, by check as well" {
	protected_guest
	host g1 "PUBLIC_PORTS = 80" "NAT = yes" "PAT = 8080:80/tcp 8081:80/udplite"
	run -1 dom0 firewall check
	[[ $output == *"can't be loaded: "*".conf:"*": PAT: with BACKEND = iptables-restore no port of udplite is forwarded"* ]]
	run -1 dom0 firewall reload
	[[ $output == *"no port of udplite is forwarded"* ]]
	protected
	run -0 dom0 firewall --backend nft check
}

# other_port: a second machine at the bridge
other_port() {
	namespace_add other
	ip -n "$scene-other" link add eth0 type veth peer name lan1 netns "$scene-dom0"
	ip -n "$scene-dom0" link set lan1 master xenbr0 up
	scene_addresses[other 4]=192.0.2.131 scene_addresses[other 6]=2001:db8:b:1::3
	lan_address other
	serve lan
}

@test "br_netfilter that comes after a load is noticed, and frames between ports pass from the next vif on" {
	bridge_create
	other_port
	br_netfilter 1
	guest_create g1
	dom0 unshare --mount sh -c 'mount -t tmpfs none /proc/sys/net && mkdir /proc/sys/net/ipv6 && firewall start'
	refuses other lan tcp/80
	run dom0 firewall status
	[[ $output == *"The rules are missing"* ]]
	attach g1
	connects other lan tcp/80
	run -0 dom0 firewall status
}

@test "a guest that another script put on a bridge is told of, and ports of bridges speak freely" {
	local each
	bridge_create
	other_port
	bridged_create b1
	ip -n "$scene-dom0" link set vif11.0 master xenbr0 up
	store_vif 11 0 "mac=$(mac b1)" script=/etc/xen/scripts/vif-bridge
	xenstore-write backend/vif/11/0/state 4
	run -0 dom0 firewall start
	[[ $output == *"vif11.0, a port of xenbr0, is neither filtered nor protected: with BACKEND = iptables-restore a guest on a bridge needs ip=, or set BACKEND to nft" ]]
	for each in 1 0; do
		br_netfilter $each
		connects other lan tcp/80 udp/53
		connects b1 lan tcp/80 udp/53
	done
}

@test "a reload without xenstore that can't find out whether guests run changes nothing" {
	host g1 "PUBLIC_PORTS = 80"
	program ip6tables "case \"\$*\" in *-v*) [ ! -e '$scene_dir/broken' ] || exit 1 ;; esac"
	use iptables-restore "IP6TABLES = $scene_dir/ip6tables"
	xenstore_stop
	sed -i s/XEN=yes/XEN=auto/ "$TAOFIREWALL_CONFIG/taofirewall.conf"
	dom0 firewall start
	xenstore_start
	guest_create g1
	attach g1
	protected
	xenstore_stop
	touch "$scene_dir/broken"
	remember
	run -1 dom0 firewall reload
	[[ $output == *"xenstore does not answer"*", running guests may lose their rules: nothing was changed: "* ]] || fail "$output" || return
	unchanged
	protected
	rm "$scene_dir/broken"
	run -1 dom0 firewall reload
	[[ $output == *"the running guests would lose their rules: nothing was changed" ]]
	protected
}
