#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A PVH guest with a routed and a bridged card on the real hypervisor, and its migration: xen/pvh.sh runs once, in Dom0,
# and each test here is one of the promises that it reports on, in the same words.

bats_require_minimum_version 1.5.0

load lib/xen

setup_file() { boot_dom0 pvh.sh; }

@test "firewall start loads the rules" { kept; }
@test "a guest of whose cards one has a bad address does not start, and libxl says why in our words" { kept; }
@test "nothing is left of it, nor of its good card" { kept; }
@test "a guest of whose cards one has no bridge does not start, and libxl says why in our words" { kept; }
@test "nothing is left of this one, either" { kept; }
@test "a guest of whose cards one takes a taken name does not start, and libxl says why in our words" { kept; }
@test "nothing is left, and lan0 is what it was" { kept; }
@test "a PVH guest with two cards starts" { kept; }
@test "the first one has the default script, and vifname=" { kept; }
@test "the second one the default bridge" { kept; }
@test "the guest has both" { kept; }
@test "the world reaches the first one over IPv4" { kept; }
@test "the world reaches the first one over IPv6" { kept; }
@test "the LAN reaches the second one over IPv4" { kept; }
@test "the LAN reaches the second one over IPv6" { kept; }
@test "mtu= is the vif's" { kept; }
@test "the guest is told" { kept; }
@test "the world is told by a packet that is too large, and smaller ones arrive" { kept; }
@test "firewall status names the vif as vifname= does" { kept; }
@test "the guest opens a connection to the world, and hears the world" { kept; }
@test "nobody tells neighbours where a guest is that was there all the time" { kept; }
@test "with vifname= it cannot migrate to this machine, and libxl says why in our words" { kept; }
@test "then it is in its old domain" { kept; }
@test "and neighbours are told again where that is, by firewall watch" { kept; }
@test "it still hears the world" { kept; }
@test "and the world still reaches it" { kept; }
@test "the card is taken from it" { kept; }
@test "and attached again without vifname=" { kept; }
@test "the guest sets it up" { kept; }
@test "the world reaches it again" { kept; }
@test "it opens another connection, and hears the world" { kept; }
@test "now it migrates" { kept; }
@test "it is in a new domain" { kept; }
@test "it still hears the world over that connection" { kept; }
@test "the world reaches it over IPv4" { kept; }
@test "the world reaches it over IPv6" { kept; }
@test "so does the LAN" { kept; }
@test "its vifs of that domain alone are on record" { kept; }
@test "xl shutdown ends it" { kept; }
@test "nothing is left of it" { kept; }

@test "nothing else went wrong" { all_kept; }
