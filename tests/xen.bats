#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of a routed guest on the real hypervisor: xen/route.sh runs once, in Dom0, and each test here is one of the
# promises that it reports on, in the same words.

bats_require_minimum_version 1.5.0

load lib/xen

setup_file() { boot_dom0 route.sh; }

@test "before xenstored runs, firewall start loads the rules" { kept; }
@test "firewall start loads the rules" { kept; }
@test "firewall status finds them" { kept; }
@test "xl create starts a guest" { kept; }
@test "the guest brings up its network" { kept; }
@test "below its home, data is a domain's own to write: a driver domain's records go there" { kept; }
@test "at online a hook hears of the vif" { kept; }
@test "at online xen-backend's device has the vif" { kept; }
@test "at online the backend is in state 2" { kept; }
@test "at online hotplug-status is empty" { kept; }
@test "then hotplug-status is connected" { kept; }
@test "then the backend is in state 4" { kept; }
@test "the world pings the guest over IPv4" { kept; }
@test "the world pings the guest over IPv6" { kept; }
@test "the guest pings the world over IPv4" { kept; }
@test "the guest pings the world over IPv6" { kept; }
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
@test "a spoofed IPv6 packet is counted" { kept; }
@test "a spoofed IPv6 packet does not arrive" { kept; }
@test "a genuine IPv6 packet behind it does" { kept; }
@test "firewall stop removes the rules" { kept; }
@test "firewall status misses them" { kept; }
@test "without rules a spoofed IPv4 packet arrives" { kept; }
@test "without rules a spoofed IPv6 packet arrives" { kept; }
@test "firewall start finds the running guest" { kept; }
@test "the world pings it again" { kept; }
@test "its open port answers again" { kept; }
@test "firewall status names the guest" { kept; }
@test "the running guest has elements" { kept; }
@test "the running guest has routes" { kept; }
@test "the running guest has proxy neighbours" { kept; }
@test "the running guest has a record" { kept; }
@test "firewall check explains its configuration, and knows that it runs" { kept; }
@test "the vif of a dead domain comes up" { kept; }
@test "it has all that a guest's has" { kept; }
@test "firewall status says whose it was" { kept; }
@test "firewall status counts the running guest alone" { kept; }
@test "when the hypervisor can't be asked, firewall status says so" { kept; }
@test "then nobody is left out" { kept; }
@test "firewall reload takes the dead one away" { kept; }
@test "a dead domain leaves nothing" { kept; }
@test "the running one keeps its rules" { kept; }
@test "xl destroy ends the guest" { kept; }
@test "xl destroy leaves no elements" { kept; }
@test "xl destroy leaves no counters" { kept; }
@test "xl destroy leaves no routes" { kept; }
@test "xl destroy leaves no proxy neighbours" { kept; }
@test "xl destroy leaves no record" { kept; }
@test "firewall status counts no guest any more" { kept; }
@test "at offline a hook hears of the vif" { kept; }
@test "at offline the backend is in state 6" { kept; }
@test "firewall check finds a bad address before xl does" { kept; }
@test "xl create with a bad address fails, and libxl says why in our words" { kept; }
@test "the guest with a bad address is gone" { kept; }
@test "the guest with a bad address leaves nothing" { kept; }

@test "nothing else went wrong" { all_kept; }
