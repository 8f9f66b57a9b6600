#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What `firewall check` says of a configuration, word by word. A case is a folder in golden/check with `conf` and
# `error`, all that is to appear on stderr, and maybe `explained`, the same for stdout; GOLDEN=write rewrites them,
# and `git diff` is the review. No root.

load lib/golden

bats_require_minimum_version 1.5.0

setup() {
	golden=$BATS_TEST_DIRNAME/golden/check example=$BATS_TEST_TMPDIR/example
	own "$golden" cases
	own "$BATS_TEST_DIRNAME/../conf" example
	cd "$BATS_TEST_TMPDIR/cases" || return
}

# check DIRECTORY: stderr into $said, the exit status into $status
check() {
	status=0
	said=$(timeout 20 firewall --config "$1" check 2>&1 >/dev/null) || status=$?
}

@test "each configuration is refused, or warned of, in the words of its error file" {
	local case red=0 count=0
	for case in */; do
		cd "$case" || return
		check conf
		if [ "${GOLDEN:-}" = write ]; then
			printf '%s\n' "$said" >"$golden/$case/error"
		elif ! diff -u error - <<<"$said"; then
			printf '%s says something else\n' "$case" >&2
			red=1
		fi
		fits "$case" "$status" || red=1
		cd ..
		count=$((count + 1))
	done
	[ "$count" -ge 25 ]
	[ "$red" -eq 0 ]
}

# What it says of bridges at the end depends on this machine's kernel.
of_any_kernel() { sed '/^bridges: /,$d'; }

@test "a configuration is explained in the words of its file" {
	local case count=0
	for case in */explained; do
		cd "${case%/*}" || return
		if [ "${GOLDEN:-}" = write ]; then
			firewall --config conf check 2>/dev/null | of_any_kernel >"$golden/${case%/*}/explained"
		else
			firewall --config conf check 2>/dev/null | of_any_kernel | diff -u explained -
		fi
		cd ..
		count=$((count + 1))
	done
	[ "$count" -ge 1 ]
}

@test "every message fits on a line of its own and holds nothing that a terminal would obey" {
	LC_ALL=C.UTF-8 run ! grep -rnP '[^\x20-\x7e…]' --include=error --include=explained .
}

@test "the example configuration loads as it is, without a warning" {
	check "$example"
	[ "$status" -eq 0 ]
	[ -z "$said" ]
}

@test "so does the example of a whole server" {
	check "$example/examples/mixed"
	[ "$status" -eq 0 ]
	[ -z "$said" ]
}

@test "what stands in comments of the example configuration loads, too, without a warning" {
	cp -r "$BATS_TEST_DIRNAME/../conf" "$BATS_TEST_TMPDIR/conf"
	sed -i 's/^#\(\[\|[A-Z_]* =\)/\1/' "$BATS_TEST_TMPDIR"/conf/{*.conf,*.cfg,ipv?.d/*.conf}
	grep -q '^\[network lan1\]' "$BATS_TEST_TMPDIR/conf/ipv4.conf"
	check "$BATS_TEST_TMPDIR/conf"
	[ "$status" -eq 0 ]
	[ -z "$said" ]
}

@test "the example configuration writes out the defaults of taofirewall.conf, and of the chains" {
	mkdir "$BATS_TEST_TMPDIR/conf"
	cp -r "$BATS_TEST_DIRNAME"/../conf/ipv[46].* "$BATS_TEST_TMPDIR/conf"
	: >"$BATS_TEST_TMPDIR/conf/taofirewall.conf"
	sed -i '/^POLICY\|^LEVEL_50/d' "$BATS_TEST_TMPDIR"/conf/ipv[46].conf
	firewall --config "$BATS_TEST_TMPDIR/conf" show >"$BATS_TEST_TMPDIR/defaults"
	firewall --config "$example" show >"$BATS_TEST_TMPDIR/written"
	[ -s "$BATS_TEST_TMPDIR/written" ]
	cmp "$BATS_TEST_TMPDIR/defaults" "$BATS_TEST_TMPDIR/written"
}

@test "the example configurations name documentation addresses only" {
	local address
	while read -r address; do
		case $address in
		192.0.2.* | 198.51.100.* | 203.0.113.* | 0.0.0.0/0 | 2001:db8:* | ::/0) ;;
		192.168.* | 10.*) ;; # private ones
		*) printf '%s\n' "$address" >&2; return 1 ;;
		esac
	done < <(grep -rhoE '([0-9]{1,3}\.){3}[0-9]{1,3}(/[0-9]+)?|[0-9a-f:]*::[0-9a-f/]*' \
		"$BATS_TEST_DIRNAME"/../conf/{*.conf,*.cfg,ipv?.d/*.conf,examples})
}

# check_time: what a check takes of the processor, in milliseconds
check_time() {
	local PATH=${PLAIN:-/nonexistent}:$PATH TIMEFORMAT=%U+%S spent
	spent=$( { time firewall --config "$BATS_TEST_TMPDIR/conf" check >/dev/null 2>&1; } 2>&1)
	awk -F+ '{ print 1000 * ($1 + $2) + 1 }' <<<"$spent"
}

@test "ten times as many host files take ten times as long, not a hundred times" {
	local i few many
	mkdir -p "$BATS_TEST_TMPDIR/conf/ipv4.d"
	: >"$BATS_TEST_TMPDIR/conf/taofirewall.conf"
	printf '[groups]\noffice = 203.0.113.0/24 198.51.100.7\n' >"$BATS_TEST_TMPDIR/conf/ipv4.conf"
	for ((i = 0; i < 10000; i++)); do
		[ "$i" -ne 1000 ] || few=$(check_time)
		printf '[header]\nIP = 10.0.%s.%s\n[settings]\nPUBLIC_PORTS = 80 443 53/udp\nUSERS = 22@office\n' \
			$((i / 100)) $((i % 100)) >"$BATS_TEST_TMPDIR/conf/ipv4.d/h$i.conf"
	done
	many=$(check_time)
	echo "milliseconds with 1,000 and with 10,000: $few, $many"
	[ "$many" -lt $((50 * few)) ]
}
