#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What `firewall check DOMU.cfg...` says of xl configuration files, word by word. A case is a folder in golden/guests
# with `conf`, the files and maybe `xl.conf`; `error` is all that is to appear on stderr, `explained` what stdout says
# of guests. GOLDEN=write rewrites both, and `git diff` is the review. Nothing of Xen runs.

load lib/golden

bats_require_minimum_version 1.5.0

setup() {
	[ "$EUID" -eq 0 ] || skip "the tests' own /etc/xen/xl.conf needs root"
	golden=$BATS_TEST_DIRNAME/golden/guests
	own "$golden" cases
	cd "$BATS_TEST_TMPDIR/cases" || return
	: >"$BATS_TEST_TMPDIR/xl.conf"
}

# over FILE... -- COMMAND...: run it where other files lie over these, each behind an = the one that it is to be, and
# where there is no network: this machine's own addresses are not the tests'
over() {
	# shellcheck disable=SC2016 # the inner shell's
	timeout 30 unshare --mount --net bash -c 'while [ "$1" != -- ]; do mount --bind "${1#*=}" "${1%%=*}" || exit 99; shift; done
		shift; exec "$@"' - "$@"
}

# check FILE...: of the case in this folder; stderr into said, stdout from "guests:" on into told
check() {
	local conf=$BATS_TEST_TMPDIR/xl.conf
	[ ! -e xl.conf ] || conf=xl.conf
	status=0
	over "/etc/xen/xl.conf=$conf" -- firewall --config conf check "$@" \
		>"$BATS_TEST_TMPDIR/all" 2>"$BATS_TEST_TMPDIR/said" || status=$?
	sed -n '/^guests:/,$p' "$BATS_TEST_TMPDIR/all" >"$BATS_TEST_TMPDIR/told"
}

@test "each file is explained, or refused, in the words of its case" {
	local case red=0 count=0
	for case in */; do
		cd "$case" || return
		check ./*.cfg
		if [ "${GOLDEN:-}" = write ]; then
			cp "$BATS_TEST_TMPDIR/said" "$golden/$case/error"
			cp "$BATS_TEST_TMPDIR/told" "$golden/$case/explained"
		elif ! diff -u error "$BATS_TEST_TMPDIR/said" || ! diff -u explained "$BATS_TEST_TMPDIR/told"; then
			printf '%s says something else\n' "$case" >&2
			red=1
		fi
		fits "$case" "$status" || red=1
		cd ..
		count=$((count + 1))
	done
	[ "$count" -ge 7 ]
	[ "$red" -eq 0 ]
}

@test "every line holds nothing that a terminal would obey" {
	LC_ALL=C.UTF-8 run ! grep -rnP '[^\x20-\x7e…]' --include=error --include=explained .
}

@test "a bridge that is there is not missed" {
	cd whole
	check web1.cfg
	grep -F taofwbr7 "$BATS_TEST_TMPDIR/said"
	# shellcheck disable=SC2016 # the inner shell's
	run -0 --separate-stderr unshare --net bash -c 'ip link add taofwbr7 type bridge && firewall --config conf check "$1"' - web1.cfg
	[ "$stderr" = "" ]
}

@test "a file that is not there is an error, and so is one that every user may write to" {
	cd whole
	check web1.cfg nobody.cfg
	[ "$status" -eq 1 ]
	grep -Fx "nobody.cfg: it can't be read: No such file or directory" "$BATS_TEST_TMPDIR/said"
	grep -F "web1 (web1.cfg):" "$BATS_TEST_TMPDIR/told"
	cp web1.cfg "$BATS_TEST_TMPDIR/open.cfg"
	chmod o+w "$BATS_TEST_TMPDIR/open.cfg"
	check "$BATS_TEST_TMPDIR/open.cfg"
	[ "$status" -eq 1 ]
	grep -F "open.cfg: every user may write to it" "$BATS_TEST_TMPDIR/said"
}

@test "a pipe, a folder, a device and a file of any bytes end no check, and hold none up" {
	cd whole
	mkfifo -m 600 "$BATS_TEST_TMPDIR/pipe.cfg"
	mkdir -m 700 "$BATS_TEST_TMPDIR/folder.cfg"
	head -c 5000000 /dev/urandom >"$BATS_TEST_TMPDIR/any.cfg"
	check web1.cfg "$BATS_TEST_TMPDIR/pipe.cfg" "$BATS_TEST_TMPDIR/folder.cfg" /dev/zero "$BATS_TEST_TMPDIR/any.cfg"
	[ "$status" -eq 1 ]
	for each in pipe.cfg folder.cfg /dev/zero any.cfg; do grep -F "$each: " "$BATS_TEST_TMPDIR/said"; done
	grep -F "web1 (web1.cfg):" "$BATS_TEST_TMPDIR/told"
}

@test "where libxlutil or xl-taofw is missing it says so, and the rest of check goes on" {
	local library
	library=$(ldd "$PLAIN/xl-taofw" | awk '/libxlutil/ { print $3 }')
	cd whole
	run -1 over "$(realpath "$library")=/dev/null" -- "$PLAIN/firewall" --config conf check web1.cfg
	[[ $output == *" host files."* ]]
	[[ $output == *"firewall: the configurations of guests can't be read: "*"/xl-taofw: "*libxlutil* ]]
	run -0 over "$(realpath "$library")=/dev/null" -- "$PLAIN/firewall" --config conf check
	cp "$PLAIN/firewall" "$BATS_TEST_TMPDIR"
	run -1 --separate-stderr "$BATS_TEST_TMPDIR/firewall" --config conf check web1.cfg
	[ "$stderr" = "firewall: the configurations of guests can't be read: xl-taofw is not installed (package taofirewall-xen)" ]
	run -0 "$BATS_TEST_TMPDIR/firewall" --config conf check
}

@test "installed, it finds its helper in PREFIX/lib" {
	mkdir -p "$BATS_TEST_TMPDIR"/{sbin,lib/taofirewall}
	cp "$PLAIN/firewall" "$BATS_TEST_TMPDIR/sbin"
	cp "$PLAIN/xl-taofw" "$BATS_TEST_TMPDIR/lib/taofirewall"
	run -0 --separate-stderr "$BATS_TEST_TMPDIR/sbin/firewall" --config whole/conf check whole/web1.cfg
	[[ $output == *"web1 (whole/web1.cfg):"* ]]
}

@test "xl's own examples can be read" {
	run -0 --separate-stderr firewall --config whole/conf check /etc/xen/xlexample.*
	[[ $output == *"  example.hvm (/etc/xen/xlexample.hvm)"* ]]
}
