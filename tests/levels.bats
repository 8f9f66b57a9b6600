#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Levels, with real packets in both families: they are looked at in their order, the first one that names a packet
# decides, and each chain has its own. What bridged frames meet where the kernel tracks them, xen-bridge.bats shows.
# shellcheck disable=SC2154,SC2119 # scene and its like come from lib/net.bash; `rules` may go without lines

load lib/net
load lib/lan

# online_with GUEST...: the configuration in force, these guests online, everything listening
online_with() {
	local each
	guest_create "$@"
	serve world
	serve dom0
	dom0 firewall start
	for each; do attach "$each"; done
}

@test "DROP before what is open closes it to some, and ACCEPT before that opens it to some of these" {
	rules "[forward]" "LEVEL_10 = ACCEPT" "LEVEL_20 = DROP"
	host g1 "PUBLIC_PORTS = 80 443 53/udp" "[settings 20]" "USERS = *@{stranger},{office}" \
		"[settings 10]" "USERS = 443@{office}"
	online_with g1 g2
	connects world g1 tcp/80 tcp/443 udp/53
	connects g2 g1 tcp/80 udp/53
	refuses stranger g1 tcp/80 tcp/443 udp/53
	connects office g1 tcp/443
	refuses office g1 tcp/80 udp/53
	refuses world g1 tcp/22
}

@test "DROP behind what is open closes nothing of it" {
	rules "[forward]" "POLICY = ACCEPT" "LEVEL_60 = DROP"
	host g1 "PUBLIC_PORTS = 80" "[settings 60]" "PUBLIC_PORTS = 22 80 53/udp"
	online_with g1
	connects world g1 tcp/80 tcp/443 udp/123
	refuses world g1 tcp/22 udp/53
}

@test "RETURN leaves it to the POLICY, whatever further levels say" {
	rules "[forward]" "LEVEL_1 = RETURN" "LEVEL_99 = ACCEPT"
	host g1 "PUBLIC_PORTS = 80 443" "[settings 1]" "USERS = 80@{stranger}" "[settings 99]" "PUBLIC_PORTS = 22"
	online_with g1
	connects world g1 tcp/80 tcp/443 tcp/22
	connects stranger g1 tcp/443 tcp/22
	refuses stranger g1 tcp/80
	rules "[forward]" "POLICY = ACCEPT" "LEVEL_1 = RETURN" "LEVEL_50 = DROP" "LEVEL_99 = ACCEPT"
	dom0 firewall reload
	refuses world g1 tcp/80 tcp/443
	connects world g1 tcp/22 udp/53
	connects stranger g1 tcp/80
	refuses stranger g1 tcp/443
}

@test "an attach brings the levels of its guest, and a detach takes them" {
	rules "[forward]" "LEVEL_10 = DROP"
	host g1 "PUBLIC_PORTS = 80" "[settings 10]" "USERS = 80@{stranger}"
	online_with g2
	remember
	guest_create g1
	attach g1
	connects world g1 tcp/80
	refuses stranger g1 tcp/80
	resting_rules >"$scene_dir/rules"
	grep -F -e forward_in4_10_32_peer32_port16 -e "-s $(address stranger 4)/32 -p tcp -m tcp --dport 80 -g taofw-refused" \
		"$scene_dir/rules"
	detach g1
	unchanged
}

@test "what a guest sends: DROP closes, ACCEPT before it opens, and nothing else is limited by them" {
	rules "[forward]" "LEVEL_10 = ACCEPT" "LEVEL_20 = DROP" "LEVEL_50 = RETURN"
	host g1 "[settings 20]" "OUT_PORTS = 25 53/udp" "SERVICES = *@{office}"
	host g2 "[settings 10]" "SERVICES = 25@{world}" "[settings 20]" "OUT_PORTS = 80"
	online_with g1 g2
	connects g1 world tcp/80 tcp/22 udp/123
	refuses g1 world tcp/25 udp/53
	refuses g1 office tcp/80 tcp/22 udp/123
	connects g2 world tcp/25
	refuses g2 world tcp/80 tcp/443 udp/53
	refuses g2 stranger tcp/25
}

@test "what a guest sends: RETURN goes on to the levels of the destination, past what is limited" {
	rules "[forward]" "LEVEL_40 = RETURN" "LEVEL_45 = DROP"
	host g1 "OUT_PORTS = 443" "[settings 40]" "OUT_PORTS = 80 22" "[settings 45]" "OUT_PORTS = 22 443"
	host g2 "PUBLIC_PORTS = 80" "[settings 45]" "USERS = 80@{stranger}"
	online_with g1 g2
	connects g1 world tcp/80 tcp/22
	refuses g1 world tcp/443 tcp/25
	connects g1 g2 tcp/80
	refuses g1 g2 tcp/22
}

@test "what a guest sends to this machine meets its levels of [forward], and then this machine's of [input]" {
	rules "[input]" "LEVEL_30 = DROP" "[forward]" "LEVEL_30 = RETURN" "LEVEL_20 = DROP"
	host dom0 "TYPE = local" "PUBLIC_PORTS = 22 80 53/udp" "[settings 30]" "USERS = 80@{g1}"
	host g1 "[settings 20]" "SERVICES = 22@{dom0}" "[settings 30]" "OUT_PORTS = *"
	host g2 "OUT_PORTS = 80" "[settings 30]" "OUT_PORTS = 53/udp"
	online_with g1 g2
	refuses g1 dom0 tcp/22 tcp/80 tcp/443
	connects g1 dom0 udp/53
	connects g2 dom0 tcp/80 udp/53
	refuses g2 dom0 tcp/22
	connects world dom0 tcp/22 tcp/80
}

@test "this machine has the levels of [input] for what comes in" {
	rules "[input]" "LEVEL_10 = ACCEPT" "LEVEL_20 = DROP" "LEVEL_60 = RETURN" "LEVEL_70 = ACCEPT"
	host dom0 "TYPE = local" "PUBLIC_PORTS = 80 22" "[settings 10]" "USERS = 22@{office}" "[settings 20]" \
		"USERS = *@{stranger},{office}" "[settings 60]" "USERS = 443@{world}" "[settings 70]" "PUBLIC_PORTS = 443 25"
	online_with
	connects world dom0 tcp/80 tcp/22 tcp/25
	refuses world dom0 tcp/443
	connects office dom0 tcp/22
	refuses office dom0 tcp/80 tcp/443
	refuses stranger dom0 tcp/80 tcp/22 tcp/443
}

@test "this machine has the levels of [output] for what goes out, also to its guests" {
	rules "[output]" "LEVEL_10 = DROP" "LEVEL_20 = RETURN"
	host dom0 "TYPE = local" "OUT_PORTS = 80" "[settings 10]" "SERVICES = 80@{office},{g1}" "[settings 20]" \
		"OUT_PORTS = 443"
	online_with g1 g2
	connects dom0 world tcp/80 tcp/443
	refuses dom0 world tcp/22 udp/53
	refuses dom0 office tcp/80
	refuses dom0 g1 tcp/80
	connects dom0 g2 tcp/80
	rules "[output]" "POLICY = DROP" "LEVEL_10 = DROP" "LEVEL_20 = RETURN"
	dom0 firewall reload
	connects dom0 world tcp/80
	refuses dom0 world tcp/443
}

@test "a network has levels as a guest has, and the narrower file's are the only ones for its addresses" {
	FAMILIES=4 rules "[forward]" "LEVEL_10 = DROP"
	FAMILIES=6 rules "[forward]" "LEVEL_10 = DROP"
	FAMILIES=4 host net "TYPE = network" "IP = 192.168.1.0/24" "PUBLIC_PORTS = 80 443" "OUT_PORTS = 80 443" "[settings 10]" \
		"USERS = 80@{world}" "OUT_PORTS = 443"
	FAMILIES=6 host net "TYPE = network" "IP = 2001:db8:1::/64" "PUBLIC_PORTS = 80 443" "OUT_PORTS = 80 443" "[settings 10]" \
		"USERS = 80@{world}" "OUT_PORTS = 443"
	host l2 "TYPE = network" "PUBLIC_PORTS = 80"
	lans_up
	online_with
	knows world lan1
	lan_machine l1 l2
	connects world l1 tcp/443
	refuses world l1 tcp/80
	connects stranger l1 tcp/80
	connects l1 world tcp/80
	refuses l1 world tcp/443 tcp/22
	connects world l2 tcp/80
	refuses world l2 tcp/443
	connects l2 world tcp/443 tcp/22
}

@test "levels that are declared and not used add nothing to the ruleset" {
	local chain level
	host g1 "PUBLIC_PORTS = 80" "OUT_PORTS = 443"
	host dom0 "TYPE = local" "PUBLIC_PORTS = 22"
	firewall show >"$BATS_TEST_TMPDIR/without"
	rules "$(for chain in input output forward; do
		echo "[$chain]"
		for ((level = 1; level < 100; level++)); do ((level == 50)) || echo "LEVEL_$level = DROP"; done
	done)"
	firewall show >"$BATS_TEST_TMPDIR/with"
	[ -s "$BATS_TEST_TMPDIR/with" ]
	cmp "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/with"
}
