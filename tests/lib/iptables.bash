# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # scene and its like are scene.bash's
# What the tests of the iptables backends share: which backend the configuration names, whose rules there are, and
# programs that do not what they should.

# use BACKEND [LINE...]: the configuration names it, with these lines in [programs]
use() {
	BACKEND=$1
	# A program for each rule: most of the time would go into copies of a sanitized process.
	[ "$1" != iptables ] || PATH=$PLAIN:$PATH
	configure XEN=yes
	[ $# -eq 1 ] || printf '%s\n' '[programs]' "${@:2}" >>"$TAOFIREWALL_CONFIG/taofirewall.conf"
}

# rules_of BACKEND: what of ours is in Dom0 where that backend has its place
rules_of() {
	case $1 in
	nft) dom0 nft list tables | grep -F taofirewall || true ;;
	*) BACKEND=$1 ip_rules | grep -F taofw- || true ;;
	esac
}

# only_in BACKEND: its rules are there, of one generation, and nobody else's of ours
only_in() {
	local each
	for each in nft iptables-restore iptables-legacy; do
		if [ "$each" = "$1" ]; then
			[ -n "$(rules_of "$each")" ] || fail "there are no rules of $each" || return
		else
			equal "what is left of $each" "$(rules_of "$each")" "" || return
		fi
	done
	[ "$1" = nft ] || equal "the generations" "$(rules_of "$1" | grep -o 'taofw-[a-z]-' | sort -u | wc -l)" 1
}

# program NAME LINE...: a program in the place of NAME, which does this before it is NAME after all
program() {
	local name=$1
	shift
	printf '%s\n' '#!/bin/sh' "$@" "exec /usr/sbin/$name \"\$@\"" >"$scene_dir/$name"
	chmod +x "$scene_dir/$name"
}
