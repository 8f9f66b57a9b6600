# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests on the real hypervisor share. A script of tests/xen runs once, in Dom0, and each test is one of the
# promises that it reports on, in the same words.
# shellcheck shell=bash

top=$(cd "$BATS_TEST_DIRNAME/.." && pwd)

install_programs() {	# install_programs ROOT: as a user installs them, into the root of Dom0
	env -u MAKEFLAGS make -C "$top" install BUILD="${PLAIN:-build}" PREFIX=/usr DESTDIR="$1" >&2
}

boot_dom0() {	# boot_dom0 SCRIPT [VARIABLE=VALUE]...: with these variables for boot-xen
	export dom0=$BATS_FILE_TMPDIR/dom0
	install_programs "$dom0.root"
	env "${@:2}" timeout 900 "$top/tests/xen/boot-xen" "$top/tests/xen/$1" "$dom0.root" "$top/tests/xen/dom0" \
		>"$dom0.report" 2>"$dom0.console" 3>&- || echo "boot-xen ended with status $?" >>"$dom0.console"
}

kept() {	# the report says so of the promise that gives this test its name
	awk -v promise="$BATS_TEST_DESCRIPTION" '
		/^(not )?ok / { kept = /^ok /; sub(/^(not )?ok [0-9]+ - /, ""); ours = $0 == promise }
		ours { found = found || kept; print }
		END { exit !found }' "$dom0.report" || fail
}

all_kept() {	# all that the script promises, and it came to its end
	tail -n 1 "$dom0.report" | grep -qx "# exit status 0" || fail
}

fail() {
	echo "What the console said last:"
	tail -n 20 "$dom0.console"
	return 1
}
