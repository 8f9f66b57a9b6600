#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `firewall explain`, word by word. A case is a folder in golden/explain with `conf`, `call`, a question a line, and
# `answer`, all that is said to them (`answer-untracked` where the kernel tracks nothing on bridges); GOLDEN=write rewrites that, and `git diff` is the review. No root, but for what
# really runs.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/golden

setup() {
	unset XENSTORED_RUNDIR
	export XENSTORED_PATH=/nonexistent
	golden=$BATS_TEST_DIRNAME/golden/explain example=$BATS_TEST_TMPDIR/example
	own "$golden" cases
	own "$BATS_TEST_DIRNAME/../conf" example
	cd "$BATS_TEST_TMPDIR/cases" || return
}
teardown() { [ -z "${scene_dir:-}" ] || scene_down; }

# answers CASE: to each of its calls
answers() {
	local words status
	while read -ra words; do
		printf '$ firewall explain %s\n' "${words[*]}"
		status=0
		timeout 20 firewall --config "$1/conf" explain "${words[@]}" 2>"$BATS_TEST_TMPDIR/said" || status=$?
		grep -v '^warning: ' "$BATS_TEST_TMPDIR/said" || true
		printf '=> %s\n\n' "$status"
	done <"$1/call"
}

# untracked: this kernel tracks no connections on bridges, and who asks may know it
untracked() {
	local chain='add table bridge try; add chain bridge try c'
	nft -c "$chain" 2>/dev/null && ! nft -c "$chain; add rule bridge try c ct state new" 2>/dev/null
}

@test "each question has the answer of its file, and of this kernel" {
	local case answer red=0 count=0
	for case in *; do
		answers "$case" >"$BATS_TEST_TMPDIR/answer" 2>&1
		answer=answer
		[ ! -e "$case/answer-untracked" ] || ! untracked || answer="answer-untracked"
		if [ "${GOLDEN:-}" = write ]; then
			cp "$BATS_TEST_TMPDIR/answer" "$golden/$case/$answer"
		elif ! diff -u "$case/$answer" "$BATS_TEST_TMPDIR/answer"; then
			printf '%s says something else\n' "$case" >&2
			red=1
		fi
		count=$((count + 1))
	done
	[ "$count" -ge 6 ]
	[ "$red" -eq 0 ]
}

@test "every answer fits on lines that hold nothing that a terminal would obey" {
	LC_ALL=C.UTF-8 run ! grep -rnP '[^\x20-\x7e…]' --include='answer*' .
}

@test "accepted is 0, dropped is 1, and what can't be told is 2" {
	run -0 firewall --config guests/conf explain --from 203.0.113.9 --to web1 --port 80
	run -1 firewall --config guests/conf explain --from 203.0.113.9 --to web1 --port 81
	run -2 firewall --config guests/conf explain --from 203.0.113.9
	run -2 firewall --config /nonexistent explain --from 203.0.113.9 --to web1 --port 80
	run -2 firewall --config guests/conf explain --from 203.0.113.9 --to web1 --port 80 web1
	run -2 firewall --config guests/conf check --from 203.0.113.9
	run -2 firewall --config guests/conf show web1
}

@test "it needs no root" {
	chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	cp "${PLAIN:-$(dirname "$(command -v firewall)")}/firewall" "$BATS_TEST_TMPDIR/"
	cp -r guests/conf "$BATS_TEST_TMPDIR/"
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	[ "$EUID" -eq 0 ] || skip "it is run without root already"
	run -0 setpriv --reuid=65534 --regid=65534 --clear-groups "$BATS_TEST_TMPDIR/firewall" \
		--config "$BATS_TEST_TMPDIR/conf" explain --from 203.0.113.9 --to web1 --port 80
	run -1 setpriv --reuid=65534 --regid=65534 --clear-groups "$BATS_TEST_TMPDIR/firewall" \
		--config "$BATS_TEST_TMPDIR/conf" explain --from 203.0.113.9 --to web1 --port 81
}

@test "the example configuration has answers, too, and the README has one of them" {
	local words
	sed -n '/^    \$ firewall explain/,/^    To let it pass/s/^    //p' "$BATS_TEST_DIRNAME/../README.md" >"$BATS_TEST_TMPDIR/readme"
	read -ra words < <(sed -n '1s/^\$ firewall explain //p' "$BATS_TEST_TMPDIR/readme")
	run -1 firewall --config "$example" explain "${words[@]}"
	diff -u <(sed '1d; /^guests online/d; /^$/d' "$BATS_TEST_TMPDIR/readme") <(grep -v '^guests online\|^$' <<<"$output")
	run -0 firewall --config "$example" explain --from 203.0.113.9 --to web1 --port 22
	run -1 firewall --config "$example" explain --from 203.0.113.66 --to web1 --port 22
}

# asks STATUS WORD...: Dom0 is asked, and says so
asks() {
	local status=0
	answer=$(dom0 firewall explain "${@:2}") || status=$?
	equal "the answer to ${*:2}"$'\n'"$answer"$'\n' "$status" "$1"
}

@test "on a Dom0 it is about the guests that run, with the addresses that they have" {
	[ "$EUID" -eq 0 ] || skip "network namespaces need root"
	unset XENSTORED_PATH
	scene_up
	configure XEN=yes
	FAMILIES=4 host g1 "PUBLIC_PORTS = 80"
	FAMILIES=4 host g2 "PUBLIC_PORTS = 80"
	FAMILIES=4 host dom0 "IP = 0.0.0.0/0" "TYPE = local" "PUBLIC_PORTS = 22"
	dom0 firewall start
	guest_create g1
	attach g1
	asks 0 --from 203.0.113.9 --to g1 --port 80
	grep -qF "guests online: those that run now" <<<"$answer"
	asks 1 --from 203.0.113.9 --to g2 --port 80
	grep -qF "ipv4.d/g2.conf applies to it when its guest is online, and it is not." <<<"$answer"
	asks 0 --from 203.0.113.9 --to g2 --port 80 --online g2
	asks 1 --from g1 --to 203.0.113.9 --port 80 --in eth0
	grep -qF "belongs to vif1.0, and it comes from eth0" <<<"$answer"
	asks 0 --from "$(address world 4)" --to dom0 --port 22
	grep -qF "to $(address dom0 4) (dom0)" <<<"$answer"
	asks 0 --from "$(address world 4)" --to "$(address dom0 4)" --port 22
	detach g1
	asks 1 --from 203.0.113.9 --to g1 --port 80
}
