#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# 10 guests at once on the real hypervisor: xen/many.sh runs once, in Dom0, and each test here is one of the promises that
# it reports on, in the same words.

bats_require_minimum_version 1.5.0

load lib/xen

setup_file() { boot_dom0 many.sh MEMORY=3584; }

@test "firewall start loads the rules" { kept; }
@test "10 guests are created at once" { kept; }
@test "all are connected" { kept; }
@test "all are on record" { kept; }
@test "firewall status counts them" { kept; }
@test "four of them may run" { kept; }
@test "each is reached over IPv4 and IPv6, and no closed port of it" { kept; }
@test "one that uses another's address does not get out with it" { kept; }
@test "with its own it does" { kept; }
@test "all are destroyed at once" { kept; }
@test "nothing is left of any of them" { kept; }

@test "nothing else went wrong" { all_kept; }
