#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest on Open vSwitch on the real hypervisor, and what is said of it: xen/switch.sh runs once, in Dom0, and each test
# here is one of the promises that it reports on, in the same words.

bats_require_minimum_version 1.5.0

load lib/xen

setup_file() {
	export further=$BATS_FILE_TMPDIR/switch
	take_from_debian "$further" openvswitch-switch /usr/sbin/{ovsdb-server,ovs-vswitchd} /usr/bin/{ovs-vsctl,ovsdb-tool} \
		/usr/share/openvswitch/vswitch.ovsschema
	boot_dom0 switch.sh MODULES=openvswitch
}

@test "Open vSwitch starts" { kept; }
@test "the uplink becomes a port of it" { kept; }
@test "firewall check says what becomes of its guest" { kept; }
@test "the guest starts" { kept; }
@test "firewall status names it before the start" { kept; }
@test "firewall start does" { kept; }
@test "firewall status does after it" { kept; }
@test "a repair does not name it each time" { kept; }
@test "the world reaches what no file opens over IPv4" { kept; }
@test "it reaches the world over IPv4" { kept; }
@test "it reaches the port of Dom0 that is open over IPv4" { kept; }
@test "and not the other one over IPv4" { kept; }
@test "the world reaches what no file opens over IPv6" { kept; }
@test "it reaches the world over IPv6" { kept; }
@test "it reaches the port of Dom0 that is open over IPv6" { kept; }
@test "and not the other one over IPv6" { kept; }
@test "what it spoofs arrives" { kept; }
@test "a routed guest starts behind the switch" { kept; }
@test "it is reached over IPv4" { kept; }
@test "it is reached over IPv6" { kept; }
@test "it reaches the guest on the switch" { kept; }
@test "that one reaches its open port" { kept; }
@test "and no closed one" { kept; }
@test "when it claims the address of the routed one, it has no answer" { kept; }
@test "and Dom0 does not hear that" { kept; }
@test "firewall status has one guest online" { kept; }
@test "and names the other one" { kept; }
@test "firewall reload does, too" { kept; }
@test "nothing is closed by that" { kept; }
@test "a card of ours for the switch is refused, in our words" { kept; }
@test "that card goes" { kept; }
@test "and nothing is left of it" { kept; }
@test "one of Xen's comes" { kept; }
@test "and is named" { kept; }
@test "it goes" { kept; }
@test "and all is as before" { kept; }
@test "a bridged card that the switch took first is refused, in our words" { kept; }
@test "that goes" { kept; }
@test "and leaves nothing" { kept; }
@test "so is a routed one" { kept; }
@test "that goes, too" { kept; }
@test "and leaves nothing either" { kept; }
@test "once the switch has forgotten it, it comes" { kept; }
@test "protected" { kept; }
@test "card 0 that somebody gives to the switch is named" { kept; }
@test "by a reload as well, of card 0" { kept; }
@test "card 1 that somebody gives to the switch is named" { kept; }
@test "by a reload as well, of card 1" { kept; }
@test "nobody takes that for what could be set again" { kept; }
@test "a repair is not tried" { kept; }
@test "this guest ends" { kept; }
@test "and all is as before it came" { kept; }
@test "the one on the switch ends" { kept; }
@test "then nobody is named" { kept; }

@test "nothing else went wrong" { all_kept; }
