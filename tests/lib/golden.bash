# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Golden cases: configurations, and what is said of them word by word.

# own FOLDER NAME: a copy of it in $BATS_TEST_TMPDIR. What belongs to somebody else than root and the caller is not read,
# and a checkout may.
own() { (umask 022 && cp -r "$1" "$BATS_TEST_TMPDIR/$2"); }

# fits CASE STATUS: the exit status goes with what `error` holds: a warning refuses nothing, an error always does
fits() {
	local should=0
	! grep -qv '^warning: \|^$' error || should=1
	[ "$2" -eq "$should" ] || { printf '%s exits with %s\n' "$1" "$2" >&2; return 1; }
}
