#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What becomes of a running guest on the real hypervisor, a second card, a reboot, a crash, save and restore: xen/life.sh
# runs once, in Dom0, and each test here is one of the promises that it reports on, in the same words.

bats_require_minimum_version 1.5.0

load lib/xen

setup_file() { boot_dom0 life.sh; }

@test "firewall start loads the rules" { kept; }
@test "a guest starts" { kept; }
@test "at first, it is reached over IPv4" { kept; }
@test "at first, it is reached over IPv6" { kept; }
@test "at first, its vif alone is on record" { kept; }
@test "at first, no rules or routes are left of another vif" { kept; }
@test "a second card is attached while it runs" { kept; }
@test "the guest sets it up" { kept; }
@test "the LAN reaches the guest over IPv4" { kept; }
@test "the LAN reaches the guest over IPv6" { kept; }
@test "the world still reaches its first one" { kept; }
@test "the second card is taken from it" { kept; }
@test "the LAN does not reach the guest any more" { kept; }
@test "and all is as it was before that card" { kept; }
@test "it can be attached again" { kept; }
@test "and the guest sets it up again" { kept; }
@test "and the LAN reaches it" { kept; }
@test "it is taken away again" { kept; }
@test "a card on a bridge that does not exist is refused, in our words" { kept; }
@test "a card with the name of another interface is refused, in our words" { kept; }
@test "a card with an address that is none is refused, in our words" { kept; }
@test "libxl leaves the cards there, and they are down" { kept; }
@test "they can be taken away" { kept; }
@test "and all is as it was before they were tried" { kept; }
@test "after all this, it is reached over IPv4" { kept; }
@test "after all this, it is reached over IPv6" { kept; }
@test "after all this, its vif alone is on record" { kept; }
@test "after all this, no rules or routes are left of another vif" { kept; }
@test "xl reboot puts the guest into a new domain" { kept; }
@test "after the reboot, it is reached over IPv4" { kept; }
@test "after the reboot, it is reached over IPv6" { kept; }
@test "after the reboot, its vif alone is on record" { kept; }
@test "after the reboot, no rules or routes are left of another vif" { kept; }
@test "a crash with on_crash=restart puts the guest into a new domain" { kept; }
@test "after the crash, it is reached over IPv4" { kept; }
@test "after the crash, it is reached over IPv6" { kept; }
@test "after the crash, its vif alone is on record" { kept; }
@test "after the crash, no rules or routes are left of another vif" { kept; }
@test "xl save takes the guest away" { kept; }
@test "a saved guest does not answer" { kept; }
@test "and all is as before the first guest" { kept; }
@test "xl restore brings it back" { kept; }
@test "it is the same guest" { kept; }
@test "after the restore, it is reached over IPv4" { kept; }
@test "after the restore, it is reached over IPv6" { kept; }
@test "after the restore, its vif alone is on record" { kept; }
@test "after the restore, no rules or routes are left of another vif" { kept; }
@test "what it spoofs does not arrive" { kept; }
@test "what is its own does" { kept; }
@test "xl destroy ends the guest" { kept; }
@test "and all is as before the first guest again" { kept; }
@test "a guest starts that shall not be restarted" { kept; }
@test "at first, too, it is reached over IPv4" { kept; }
@test "at first, too, it is reached over IPv6" { kept; }
@test "at first, too, its vif alone is on record" { kept; }
@test "at first, too, no rules or routes are left of another vif" { kept; }
@test "a crash with on_crash=destroy ends it" { kept; }
@test "and all is as before that guest" { kept; }

@test "nothing else went wrong" { all_kept; }
