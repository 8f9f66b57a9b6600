#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A driver domain on the real hypervisor, and a guest behind it: xen/driver.sh runs once, in Dom0, and each test here is
# one of the promises that it reports on, in the same words.

bats_require_minimum_version 1.5.0

load lib/xen

setup_file() { boot_dom0 driver.sh; }

@test "a driver domain starts" { kept; }
@test "its firewall runs" { kept; }
@test "a guest starts whose card is to be served there" { kept; }
@test "the driver domain has its vif" { kept; }
@test "Dom0 has not" { kept; }
@test "there our script said that it is connected" { kept; }
@test "then the backend is in state 4" { kept; }
@test "its record is below data, where the driver domain may write" { kept; }
@test "Dom0 has no record of it" { kept; }
@test "the driver domain's firewall status counts it" { kept; }
@test "an open port answers over IPv4" { kept; }
@test "an open port answers over IPv6" { kept; }
@test "a closed port would answer over IPv4" { kept; }
@test "a closed port would answer over IPv6" { kept; }
@test "a closed port does not answer over IPv4" { kept; }
@test "a closed port does not answer over IPv6" { kept; }
@test "nothing genuine is counted as spoofed" { kept; }
@test "a spoofed IPv4 packet is counted" { kept; }
@test "a spoofed IPv4 packet does not arrive" { kept; }
@test "a genuine IPv4 packet behind it does" { kept; }
@test "a spoofed IPv6 packet does not arrive" { kept; }
@test "a genuine IPv6 packet behind it does" { kept; }
@test "firewall stop removes the driver domain's rules" { kept; }
@test "without rules a spoofed IPv4 packet arrives" { kept; }
@test "without rules a spoofed IPv6 packet arrives" { kept; }
@test "without rules a closed port answers" { kept; }
@test "firewall start finds the running guest" { kept; }
@test "it is reached over IPv4 as before" { kept; }
@test "it is reached over IPv6 as before" { kept; }
@test "xl destroy ends the guest" { kept; }
@test "in the driver domain all is as before it" { kept; }
@test "no record is left there" { kept; }
@test "xl create does not wait for that script: a guest with a bad address starts, too" { kept; }
@test "what is wrong is in xenstore" { kept; }
@test "and in the words of xl devd" { kept; }
@test "its vif is down" { kept; }
@test "it has no record" { kept; }
@test "xl destroy ends this one, too" { kept; }
@test "in the driver domain nothing is left of it" { kept; }
@test "the driver domain ends" { kept; }

@test "nothing else went wrong" { all_kept; }
