#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2030,SC2031 # bats runs each test in a subshell of its own
# A gate that was never red is no gate: each one here gets its defect planted, in a scratch copy, and must say so.

bats_require_minimum_version 1.5.0

flawless_header='/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A header without a flaw. */
#ifndef ERR_H
#define ERR_H

int err_length(const char *text);

#endif'

flawless_code='/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file without a flaw. */
#include "base/err.h"
#include <string.h>

int err_length(const char *text)
{
	return (int)strlen(text);
}'

setup() {
	top=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree"/{firewall-core/{base,policy,ruleset,value,xen},vif-taofw,conf,tests/unit}
	cd "$tree" || return
	cp "$top"/{Makefile,HACKING.md} "$top"/.clang-{format,tidy} .
	cp -r "$top"/tests/{lint,run} tests/
	unset CI TESTS MAKEFLAGS MAKELEVEL MFLAGS BUILD ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS
	export JOBS=1 TMPDIR=$BATS_TEST_TMPDIR
	plant firewall-core/base/err.h <<<"$flawless_header"
	plant firewall-core/base/err.c <<<"$flawless_code"
}

plant() { cat >"$1"; }

append() { cat >>"$1"; }

# green GATE, red GATE WORDS: what `make GATE` says of the tree; a red one must name what was planted. (All is made anew:
# a defect planted within the clock's tick is no newer than what was made before it.)
green() {
	run -0 timeout 300 make --no-print-directory "$1"
}

red() {
	run ! timeout 300 make --always-make --no-print-directory "$1"
	[[ $output == *"$2"* ]] || { echo "not a word of \"$2\":" && echo "$output" && false; }
}

@test "lint-gcc: a warning" {
	green lint-gcc
	append firewall-core/base/err.c <<<$'\nint planted(void)\n{\n\treturn 1;\n}'
	red lint-gcc "no previous prototype for"
}

@test "lint-gcc: what its analyzer finds" {
	sed -i 's/(int)strlen(text)/strdup(text)[0]/' firewall-core/base/err.c
	red lint-gcc "leak of"
}

@test "lint-clang: a warning that gcc does not know" {
	green lint-clang
	append firewall-core/base/err.c <<<$'\nstatic inline int planted(void)\n{\n\treturn 1;\n}'
	red lint-clang "unused function 'planted'"
}

@test "lint-tidy: a check of the allow-list" {
	green lint-tidy
	sed -i 's/strlen(text)/strlen(text) + system(text)/; s/#include <string.h>/#include <stdlib.h>\n&/' firewall-core/base/err.c
	red lint-tidy "cert-env33-c"
}

@test "lint-format: four blanks" {
	green lint-format
	sed -i 's/^\t/    /' firewall-core/base/err.c
	red lint-format "err.c"
}

@test "lint-shell: an unquoted variable" {
	green lint-shell
	plant tests/planted <<<$'#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-or-later\nrm $1'
	red lint-shell "SC2086"
}

@test "lint-shell: a bats file" {
	plant tests/planted.bats <<<$'#!/usr/bin/env bats\n@test "planted" {\n\trm $HOME\n}'
	red lint-shell "SC2086"
}

@test "lint-man: an unknown macro" {
	plant conf/planted.5 <<<$'.\\" SPDX-License-Identifier: GPL-2.0-or-later\n.Dd July 1, 2025\n.Dt PLANTED 5\n.Os\n.Planted'
	red lint-man "planted.5"
}

@test "lint-arrows: a leaf that knows the policy" {
	green lint-arrows
	plant firewall-core/policy/policy.h </dev/null
	sed -i 's/#include "base\/err.h"/&\n#include "policy\/policy.h"/' firewall-core/base/err.c
	red lint-arrows "firewall-core/base/err.c: includes policy/policy.h, but base may not know policy"
}

@test "lint-arrows: rules that know xenstore" {
	plant firewall-core/xen/store.h </dev/null
	plant firewall-core/ruleset/ruleset.c <<<'#include "xen/store.h"'
	red lint-arrows "firewall-core/ruleset/ruleset.c: includes xen/store.h, but ruleset may not know xen"
}

@test "lint-arrows: two files that need each other" {
	plant firewall-core/base/file.h <<<'#include "base/err.h"'
	append firewall-core/base/err.h <<<'#include "base/file.h"'
	red lint-arrows "in a circle"
}

@test "lint-arrows: a foreign library in a second file" {
	sed -i 's/#include <string.h>/#include <iniparser\/iniparser.h>/' firewall-core/base/err.c
	red lint-arrows "belongs to ini.c alone"
}

@test "lint-arrows: libmnl outside the kernel" {
	plant firewall-core/xen/store.c <<<'#include <libmnl/libmnl.h>'
	red lint-arrows "firewall-core/xen/store.c: includes <libmnl/libmnl.h>"
}

@test "lint-arrows: a header of ours in the brackets of others" {
	plant firewall-core/policy/policy.h </dev/null
	sed -i 's/#include <string.h>/#include <policy\/policy.h>\n&/' firewall-core/base/err.c
	red lint-arrows "includes <policy/policy.h>, which is ours"
}

@test "lint-arrows: a folder without a place" {
	mkdir firewall-core/planted
	plant firewall-core/planted/planted.c </dev/null
	red lint-arrows "firewall-core/planted/planted.c: tests/lint/arrows knows no folder planted"
}

@test "lint-arrows: a picture that is not true" {
	sed -i 's/^    base .*/&, and more/' HACKING.md
	red lint-arrows "HACKING.md: its picture is not this one"
}

@test "lint-size: a long function" {
	green lint-size
	{
		printf '\nvoid planted(void)\n{\n'
		printf '\t;\n%.0s' {1..59}
		printf '}\n'
	} | append firewall-core/base/err.c
	red lint-size "a function of 61 lines"
}

@test "lint-size: a long file" {
	yes '/* planted */' | head -n 400 | append firewall-core/base/err.h
	red lint-size "lines, 400 at most"
}

@test "lint-size: a wide line, in columns and not in bytes" {
	printf '/* %s */\n' "$(printf '…%.0s' {1..90})" | append firewall-core/base/err.h
	green lint-size
	printf '\t/* %s */\n' "$(printf 'x%.0s' {1..90})" | append firewall-core/base/err.h
	red lint-size "104 columns"
}

@test "lint-words: a source without a licence" {
	green lint-words
	sed -i 1d firewall-core/base/err.c
	red lint-words "firewall-core/base/err.c: no SPDX"
}

@test "lint-words: an open end" {
	append firewall-core/base/err.c <<<"/* TO""DO */"
	red lint-words "An open end"
}

@test "lint-words: a step of a packet by its number" {
	append firewall-core/base/err.c <<<"/* Step 2. */"
	red lint-words "A step of a packet has a name"
}

@test "lint-words: a host of packages" {
	plant README.md <<<"https://deb"".debian.org/debian"
	red lint-words "A host that packages come from"
}

# A unit test around a body: TAP, as the real ones write it.
unit() {
	{
		printf '#include <limits.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n'
		printf 'int main(void)\n{\n\tputs("1..2");\n%s\n\tputs("ok 1 - planted");\n' "$1"
		printf '\tputs("%s 2 - second");\n\treturn 0;\n}\n' "${2:-ok}"
	} | plant tests/unit/t_planted.c
}

@test "check: a good test is green" {
	unit ''
	green check-unit
	[ "${lines[-1]}" = "2 passed, 0 failed" ]
}

@test "check: a failing test" {
	unit '' 'not ok'
	red check-unit "1 passed, 1 failed"
}

@test "check: a test program that ends early" {
	unit $'\tputs("ok 1 - planted");\n\tfflush(stdout);\n\texit(0);'
	red check-unit "1 passed, 1 failed"
}

@test "check: a leak" {
	unit $'\tchar *volatile text = malloc(10);\n\ttext = NULL;\n\t(void)text;'
	red check-unit "LeakSanitizer"
}

@test "check: a byte that was freed" {
	unit $'\tvolatile char *text = malloc(10);\n\tfree((void *)text);\n\ttext[0] = 0;'
	red check-unit "heap-use-after-free"
}

@test "check: an overflow" {
	unit $'\tvolatile int number = INT_MAX;\n\tnumber++;'
	red check-unit "signed integer overflow"
}

@test "check: a sanitizer's report in a program whose exit nobody looks at" {
	unit $'\tvolatile int number = INT_MAX;\n\tnumber++;'
	plant tests/planted.bats <<<$'@test "blind" { t_planted || true; }'
	run ! timeout 300 make --no-print-directory check TESTS=tests/planted.bats
	[[ $output == *"A sanitizer reported"*"1 passed, 1 failed"* ]]
}

@test "check: a failing bats test" {
	plant tests/planted.bats <<<$'@test "a" { true; }\n@test "b" { echo planted; false; }'
	red check "1 passed, 1 failed"
	[[ $output == *"# planted"* ]]
}

@test "check: a bats file that does not load" {
	plant tests/planted.bats <<<$'load nowhere\n@test "a" { true; }'
	red check " failed"
}

@test "check: a skipped test is named, and in CI it is red" {
	plant tests/planted.bats <<<$'@test "a" { true; }\n@test "b" { skip "planted"; }'
	green check
	[[ $output == *"skipped: b (planted)"*"1 passed, 0 failed, 1 skipped" ]]
	CI=true red check "1 passed, 0 failed, 1 skipped"
}

@test "check: a tree without tests" {
	red check "0 passed, 0 failed"
}

@test "fuzz: a crash" {
	mkdir tests/fuzz
	plant tests/fuzz/fuzz_planted.c <<<'#include <stddef.h>
		int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
		int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
		{
			volatile unsigned char past = size < 4 ? 0 : data[size];
			(void)past;
			return 0;
		}'
	# its report belongs into its own log, not into that of this run
	ASAN_OPTIONS='' UBSAN_OPTIONS='' FUZZ_SECONDS=5 red fuzz "fuzz_planted-crash-"
}

# From here on the whole tree, with what is built of it already; suite FILE NAME runs tests of it.
whole_tree() {
	rm -rf "$tree"
	mkdir -p "$tree/build"
	cd "$tree" || return
	cp -a "$top"/{Makefile,conf,firewall-core,vif-taofw,tests} .
	cp -a "${PROGRAMS:-$top/build/san}" build/san
	PATH=$tree/build/san:$top/build/tests:$PATH
}

suite() {
	env -u GOLDEN PROGRAMS="$tree/build/san" PLAIN="$tree/build/san" timeout 300 bats --filter "$2" "tests/$1"
}

# whole FILE NAME, broken FILE NAME: that test passes, or does not.
whole() {
	run -0 suite "$@"
	[[ $output == *$'\nok 1 '*"$2"* ]] || { echo "$output" && false; }
}

broken() {
	run ! suite "$@"
	[[ $output == *$'\nnot ok 1 '*"$2"* ]] || { echo "$output" && false; }
}

@test "golden: a word that is not what the program says" {
	whole_tree
	whole show.bats "without any host"
	sed -i 's/drop$/accept/' tests/golden/show/empty/ruleset
	broken show.bats "without any host"
	whole check.bats "in the words of its error file"
	sed -i 's/ is / was /' tests/golden/check/*/error
	broken check.bats "in the words of its error file"
}

@test "golden and packets: spoofed packets that are let through" {
	whole_tree
	whole spoof.bats "another guest gets nothing through to the world"
	sed -i '/"spoofed_packet"/,/rules_chain_end/ s/counter drop/counter accept/' firewall-core/nft/rules_spoof.c
	run -0 timeout 300 make build/san/firewall build/san/vif-route-taofw
	broken show.bats "without any host"
	broken spoof.bats "another guest gets nothing through to the world"
}

# snapshot_id: what a build of this tree calls its snapshots
snapshot_id() { make -pn 2>/dev/null | sed -n 's/^SNAPSHOT_ID := //p'; }

@test "snapshot: one of a build in which an enum has another order is none of its own" {
	local before
	rm -r firewall-core
	cp -r "$top/firewall-core" .
	before=$(snapshot_id)
	[ "${#before}" -eq 16 ]
	echo "int planted;" >>firewall-core/operation/load.c	# it says nothing of what lies in one
	[ "$(snapshot_id)" = "$before" ]
	sed -i 's/HOST_DOMU, HOST_LOCAL,/HOST_LOCAL, HOST_DOMU,/' firewall-core/policy/policy.h
	[ "$(snapshot_id)" != "$before" ]
	run ! cmp -s firewall-core/policy/policy.h "$top/firewall-core/policy/policy.h"
	run -0 make V=1 build/obj/firewall-core/state/run.o
	[[ $output == *"-DSNAPSHOT_ID=0x$(snapshot_id) "* ]]
}
