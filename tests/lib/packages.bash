# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Our own Debian packages, built from this tree.

# source_tree: as a tar, without what was built of it
source_tree() {
	(cd "$BATS_TEST_DIRNAME/.." && git ls-files -z --cached --others --exclude-standard | tar -c --null -T -)
}

# package_build VERSION DIRECTORY [COMMAND]: the packages of this tree, which COMMAND changes first. $OPTIONS are those of
# the build.
package_build() {
	mkdir -p "$2/tree"
	source_tree | tar -x -C "$2/tree"
	sed -i "1s/(.*)/($1)/" "$2/tree/debian/changelog"
	(cd "$2/tree" && ${3:+bash -c "$3"} && env -u MAKEFLAGS -u MAKELEVEL -u BUILD DEB_BUILD_OPTIONS="${OPTIONS-nocheck} parallel=2" \
		dpkg-buildpackage -b -us -uc) >"$2/log" 2>&1 3>&- || { tail -n 40 "$2/log" >&2; return 1; }
}

# packages_of_run: the folder of those that all files of a run share, with version 0.1
packages_of_run() {
	local packages=${RUN:-$BATS_RUN_TMPDIR}/packages lock
	mkdir -p "$packages"
	exec {lock}>"$packages/lock"
	flock "$lock"
	[ -e "$packages/built" ] || { package_build 0.1 "$packages" >&2 && touch "$packages/built"; } || return
	exec {lock}>&-
	echo "$packages"
}
