# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests on the real hypervisor share. A script of tests/xen runs once, in Dom0, and each test is one of the
# promises that it reports on, in the same words.
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/packages.bash"

top=$(cd "$BATS_TEST_DIRNAME/.." && pwd)

# As a user installs them: from our own Debian packages.
install_programs() {	# install_programs ROOT: into the root of Dom0
	local packages deb

	packages=$(packages_of_run)
	mkdir -p "$1"/usr/{bin,sbin,lib,lib64}
	ln -s usr/{bin,sbin,lib,lib64} "$1"
	for deb in "$packages"/*.deb; do
		dpkg-deb -x "$deb" "$1"
	done
}

# take_from_debian ROOT PACKAGE FILE...: these files of a package that is not installed here, and the libraries they need
take_from_debian() {
	local debian=$BATS_FILE_TMPDIR/debian libraries

	"$top/tests/package/debian-root" "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$debian" "$2" >&2
	mkdir -p "$1"
	mapfile -t libraries < <(chroot "$debian" ldd "${@:3}" 2>/dev/null | grep -o '/[^ :]*' | sort -u)
	chroot "$debian" tar -ch "${libraries[@]}" "${@:3}" 2>/dev/null | tar -x -C "$1"
	rm -rf "$debian"
}

# boot_dom0 SCRIPT [VARIABLE=VALUE]...: with these variables for boot-xen, and the folder $further over the root of Dom0
boot_dom0() {
	export dom0=$BATS_FILE_TMPDIR/dom0
	install_programs "$dom0.root"
	env "${@:2}" timeout 1100 "$top/tests/xen/boot-xen" "$top/tests/xen/$1" \
		"$dom0.root" "$top/tests/xen/dom0" ${further:+"$further"} \
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
