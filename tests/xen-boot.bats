#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The boot of Dom0 on the real hypervisor, with a guest that xendomains starts: xen/boot.sh runs once, and each test here
# is one of the promises that it reports on, in the same words.

bats_require_minimum_version 1.5.0

load lib/xen

setup_file() { boot_dom0 boot.sh; }

@test "before the network and before xenstored runs, the init script loads the rules" { kept; }
@test "then they are there" { kept; }
@test "firewall reload does not mind that xenstore answers now" { kept; }
@test "there are no guests yet" { kept; }
@test "xendomains starts the guest" { kept; }
@test "it runs" { kept; }
@test "before any reload, the world reaches its routed card over IPv4" { kept; }
@test "before any reload, the world reaches its routed card over IPv6" { kept; }
@test "before any reload, the LAN reaches its bridged card over IPv4" { kept; }
@test "before any reload, the LAN reaches its bridged card over IPv6" { kept; }
@test "the guest opens a connection to the world, and hears it" { kept; }
@test "then firewall reload finds it running" { kept; }
@test "it still hears the world over that connection" { kept; }
@test "after the reload, the world reaches its routed card over IPv4" { kept; }
@test "after the reload, the world reaches its routed card over IPv6" { kept; }
@test "after the reload, the LAN reaches its bridged card over IPv4" { kept; }
@test "after the reload, the LAN reaches its bridged card over IPv6" { kept; }
@test "firewall restart does it no harm, either" { kept; }
@test "and it still hears the world" { kept; }
@test "xendomains saves it when Dom0 goes down" { kept; }
@test "then it does not run" { kept; }
@test "and all is as before it" { kept; }
@test "the next boot starts no firewall" { kept; }
@test "xendomains restores the guest" { kept; }
@test "its first vif has loaded all rules" { kept; }
@test "in the second boot, the world reaches its routed card over IPv4" { kept; }
@test "in the second boot, the world reaches its routed card over IPv6" { kept; }
@test "in the second boot, the LAN reaches its bridged card over IPv4" { kept; }
@test "in the second boot, the LAN reaches its bridged card over IPv6" { kept; }
@test "the init script comes late, and finds it" { kept; }
@test "firewall status names it" { kept; }
@test "at last, the world reaches its routed card over IPv4" { kept; }
@test "at last, the world reaches its routed card over IPv6" { kept; }
@test "at last, the LAN reaches its bridged card over IPv4" { kept; }
@test "at last, the LAN reaches its bridged card over IPv6" { kept; }
@test "xl destroy ends it" { kept; }
@test "and all is as before the first boot's guest" { kept; }

@test "nothing else went wrong" { all_kept; }
