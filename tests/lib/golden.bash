# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What `firewall check` says in a case, word by word, against the case's `error`.

# fits CASE STATUS: the exit status goes with what `error` holds: a warning refuses nothing, an error always does
fits() {
	local should=0
	! grep -qv '^warning: \|^$' error || should=1
	[ "$2" -eq "$should" ] || { printf '%s exits with %s\n' "$1" "$2" >&2; return 1; }
}
