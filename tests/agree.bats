#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the evaluator says of packets becomes of them: a fixed set of random configurations. `make agree` runs more.

bats_require_minimum_version 1.5.0

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
}

# agree_on FIRST LAST BACKEND
agree_on() {
	timeout -k 10 1000 "$BATS_TEST_DIRNAME/agree/run" "$PLAIN" "$@"
}

@test "with nft, packets of random configurations arrive where the evaluator says, and nowhere else" {
	agree_on 1 6 nft
}

@test "with iptables-restore and iptables likewise, of routed guests" {
	agree_on 19 19 iptables-restore
	agree_on 10 12 iptables-restore
	agree_on 12 12 iptables	# a process for each rule: seconds for one attach
}

@test "a difference is found, and made small" {
	SABOTAGE="nft insert rule inet taofirewall forward udp dport 1003 drop" run -1 agree_on 12 12 nft
	[[ $output == *"heard nowhere"* ]]
	[[ $output == *" 17 0 "*" 1003"* ]]
	[ "$(grep -c ^config/ <<<"$output")" -lt 30 ]
}
