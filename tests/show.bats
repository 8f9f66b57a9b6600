#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The ruleset as text: what it is for some configurations, that nft takes it, and that the kernel has the same whether it
# came as text or guest by guest. GOLDEN=write rewrites what is expected; `git diff` is the review.

load lib/net
load lib/lan
load lib/golden

setup() { own "$BATS_TEST_DIRNAME/golden/show" cases; }
teardown() { [ -z "${scene_dir:-}" ] || scene_down; }

# shows CASE: golden/show/CASE/conf makes golden/show/CASE/ruleset, where NAT_DEVICE has no addresses
shows() {
	local case=$BATS_TEST_DIRNAME/golden/show/$1
	unshare -n firewall --config "$BATS_TEST_TMPDIR/cases/$1/conf" show >"$BATS_TEST_TMPDIR/ruleset" 2>/dev/null
	if [ "${GOLDEN:-}" = write ]; then cp "$BATS_TEST_TMPDIR/ruleset" "$case/ruleset"; fi
	diff -u "$case/ruleset" "$BATS_TEST_TMPDIR/ruleset"
	unshare -n nft -c -f "$case/ruleset"
}

@test "without any host there are the two policies, and spoofing protection" { shows empty; }
@test "a server has its own services, and limits for what it opens" { shows server; }
@test "a Dom0 has room for every guest that has a file" { shows dom0; }

@test "levels that hosts use are rules in their order, and others are nothing at all" { shows levels; }

@test "rights of single guests are sets, and rules where spoofed packets would end" { shows rights; }

@test "networks, friends and translations are sets and maps, and fixed rules around them" { shows mixed; }

# shows_iptables CASE BACKEND: golden/show/CASE/conf makes golden/show/CASE/BACKEND, a script that loads it
shows_iptables() {
	local case=$BATS_TEST_DIRNAME/golden/show/$1
	# whether there are bridged frames to let pass depends on this machine's kernel
	unshare -n firewall --config "$BATS_TEST_TMPDIR/cases/$1/conf" --backend "$2" show 2>/dev/null | grep -v physdev >"$BATS_TEST_TMPDIR/ruleset"
	if [ "${GOLDEN:-}" = write ]; then cp "$BATS_TEST_TMPDIR/ruleset" "$case/$2"; fi
	diff -u "$case/$2" "$BATS_TEST_TMPDIR/ruleset"
	unshare -n sh "$case/$2"
}

@test "for iptables-restore there are two texts, for IPv4 and IPv6, with a chain where nft has a set" {
	shows_iptables mixed iptables-restore
	shows_iptables server iptables-restore
}

@test "for bridges there is a third text, for ebtables" { shows_iptables bridge iptables-restore; }

@test "for iptables there is one command after the other" { shows_iptables dom0 iptables; }

# shows_without_root CASE: the same, for somebody who can't ask the kernel anything
shows_without_root() {
	local case=$BATS_TEST_DIRNAME/golden/show/$1
	chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	cp "$PLAIN/firewall" "$BATS_TEST_TMPDIR/"
	cp -r "$case/conf" "$BATS_TEST_TMPDIR/"
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	unshare -n setpriv --reuid=65534 --regid=65534 --clear-groups "$BATS_TEST_TMPDIR/firewall" --config "$BATS_TEST_TMPDIR/conf" show \
		>"$BATS_TEST_TMPDIR/ruleset" 2>/dev/null
	if [ "${GOLDEN:-}" = write ]; then cp "$BATS_TEST_TMPDIR/ruleset" "$case/ruleset"; fi
	diff -u "$case/ruleset" "$BATS_TEST_TMPDIR/ruleset"
}

@test "it needs no root" { shows_without_root dom0; }

# Whoever can't ask the kernel whether it tracks connections on bridges sees what is loaded where it does. Here it may
# not, and nft takes the rest.
@test "on bridges there is the same policy again, and spoofing protection for frames" {
	shows_without_root bridge
	sed '/^table bridge taofirewall {/,$ { /^\t\tct /d; /ct \(state\|mark\|original\)/d; /@begun \|@opened /d }' "$BATS_TEST_TMPDIR/ruleset" >"$BATS_TEST_TMPDIR/untracked"
	unshare -n nft -c -f "$BATS_TEST_TMPDIR/untracked"
}

# kernel_rules: what the kernel has, in an order of its own making aside
kernel_rules() {
	resting_rules | tr ',' '\n' |
		sed 's/elements = {//; s/[{}]//g; s/^[[:space:]]*//; s/[[:space:]]*$//; /^$/d' | sort
}

# same_as_whole: what came one by one is what a reload makes, and `show` says
same_as_whole() {
	kernel_rules >"$BATS_TEST_TMPDIR/one-by-one"
	dom0 firewall reload
	kernel_rules >"$BATS_TEST_TMPDIR/whole"
	diff -u "$BATS_TEST_TMPDIR/one-by-one" "$BATS_TEST_TMPDIR/whole"
	dom0 firewall show | dom0 nft -f -
	kernel_rules >"$BATS_TEST_TMPDIR/shown"
	diff -u "$BATS_TEST_TMPDIR/whole" "$BATS_TEST_TMPDIR/shown"
}

@test "guests that came one by one and a ruleset that was loaded as a whole are the same to the kernel" {
	local each
	scene_up
	configure XEN=yes
	rules "[groups]" "friends = {office} {g2}"
	host g1 "PUBLIC_PORTS = 80 53/tcp+udp 6000-6100/udp */gre" "USERS = 22,3306@friends *@{stranger}" "OUT_PORTS = 80"
	host g2 "FIREWALL = no"
	FAMILIES=4 host net "TYPE = network" "IP = 198.51.100.0/28" "PUBLIC_PORTS = 443"
	FAMILIES=6 host part "IP = 2001:db8:b:5::/80" "PUBLIC_PORTS = 25"
	printf '%s\n' "[vpn]" "DESTINATION = 10.8.0.0/24 10.9.0.7 2001:db8:8::/48" \
		"VIA = $(address g1 4) 2001:db8:b:5::77" >"$TAOFIREWALL_CONFIG/routing.cfg"
	host b1 "PUBLIC_PORTS = 80" "USERS = 22@{lan}" "OUT_PORTS = 443"
	dom0 firewall start
	bridge_create
	for each in g1 g2 g3 b1 b2 b3; do vif_create "$each"; done
	attach g1
	attach g2
	attach g3 "ip=$(address g3 4) 192.0.2.64/29 2001:db8:b:5::/64" vifname=web3
	attach b1
	attach b2 ip=
	attach b3 "ip=$(address b3 4) 192.0.2.176/29 2001:db8:b:7::/64"
	same_as_whole
	grep -F web3 "$BATS_TEST_TMPDIR/one-by-one"
	grep -F 10.9.0.7 "$BATS_TEST_TMPDIR/one-by-one"
}

@test "and so are guests whose addresses and ports are translated" {
	local each
	scene_up
	configure XEN=yes
	rules "[network lan1]" "SUBNET = {lan1}" "INTERFACE = xenbr1" "MASQUERADE = eth0" "FRIENDS = {office}"
	host g1 "NAT = {world}" "PAT = 8080:80 53:5353/tcp+udp" "PUBLIC_PORTS = 80"
	host g2 "NAT = yes" "PAT = 8443:443"
	host g3 "FIREWALL = no" "NAT = yes" "NAT_DEVICE = eth0" "PAT = 8080:80 2222:22"
	FAMILIES=4 host part "IP = 192.0.2.64/29" "NAT = {world}" "NAT_DEVICE = eth0"
	FAMILIES=6 host part "IP = 2001:db8:b:5::/80" "NAT = {world}" "NAT_DEVICE = eth0"
	dom0 firewall start
	for each in g1 g2 g3; do vif_create "$each"; done
	attach g1
	attach g2
	attach g3 "ip=$(address g3 4) $(address g3 6) 192.0.2.64/29 2001:db8:b:5::/64"
	same_as_whole
	for each in snat4_32 snat6_80_interface masquerade4_32_interface hairpin6_128 \
		pat_{address,own,device,anywhere}{4,6}; do
		dom0 nft list ruleset | grep -A 2 -E "(set|map) $each " | grep -F elements
	done
}
