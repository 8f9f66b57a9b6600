#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of bridged guests on the real hypervisor, with a kernel that tracks connections on bridges: xen/bridge.sh runs
# once, in Dom0, and each test here is one of the promises that it reports on, in the same words.

bats_require_minimum_version 1.5.0

load lib/xen

setup_file() {
	further=$BATS_FILE_TMPDIR/further
	install -D "$(command -v send)" "$further/usr/bin/send"
	boot_dom0 bridge.sh
}

@test "firewall start loads the rules" { kept; }
@test "firewall check says that the policy holds on bridges" { kept; }
@test "a first guest starts on the bridge" { kept; }
@test "it brings up its network" { kept; }
@test "hotplug-status is connected" { kept; }
@test "its vif is a port of the bridge" { kept; }
@test "a second guest starts there" { kept; }
@test "the second one brings up its network" { kept; }
@test "its closed port would answer" { kept; }
@test "with rules, an open port answers the LAN over IPv4" { kept; }
@test "with rules, an open port answers the LAN over IPv6" { kept; }
@test "with rules, a closed port does not answer the LAN over IPv4" { kept; }
@test "with rules, a closed port does not answer the LAN over IPv6" { kept; }
@test "with rules, the LAN pings the guest over IPv4" { kept; }
@test "with rules, the LAN pings the guest over IPv6" { kept; }
@test "with rules, the guest connects to the LAN over IPv4" { kept; }
@test "with rules, the guest connects to the LAN over IPv6" { kept; }
@test "with rules, guests reach each other's closed ports over IPv4" { kept; }
@test "with rules, guests reach each other's closed ports over IPv6" { kept; }
@test "a level closes the open port to 192.0.2.253" { kept; }
@test "a level keeps the guest from 192.0.2.253" { kept; }
@test "a level closes the open port to 2001:db8:1::fd" { kept; }
@test "a level keeps the guest from 2001:db8:1::fd" { kept; }
@test "nothing genuine is counted as spoofed" { kept; }
@test "a spoofed IPv4 frame is counted" { kept; }
@test "a spoofed IPv4 frame does not arrive" { kept; }
@test "a genuine IPv4 frame behind it does" { kept; }
@test "a spoofed IPv6 frame does not arrive" { kept; }
@test "a genuine IPv6 frame behind it does" { kept; }
@test "a guest's connection to another is made once more" { kept; }
@test "no frame of it was tracked" { kept; }
@test "though it passed there" { kept; }
@test "to a group's MAC it is sent as well" { kept; }
@test "that was not tracked either" { kept; }
@test "and passed, too" { kept; }
@test "and one to the LAN is tracked" { kept; }
@test "as is seen" { kept; }
@test "a guest may open a group's service" { kept; }
@test "the LAN speaks to groups" { kept; }
@test "the guest hears what it opened over IPv4" { kept; }
@test "the guest hears what it opened over IPv6" { kept; }
@test "and nothing else that is said there" { kept; }
@test "CONNECTIONS can be set" { kept; }
@test "a guest has as many connections to the LAN, and no more" { kept; }
@test "to another guest, which takes no place, it has more" { kept; }
@test "what was beyond is told" { kept; }
@test "the LAN still reaches it" { kept; }
@test "the kernel has not forgotten its share" { kept; }
@test "who sends it what DHCP servers do has no more places" { kept; }
@test "CONNECTIONS can be less" { kept; }
@test "an administrator may give connections a helper of the kernel" { kept; }
@test "what that expects takes places, too" { kept; }
@test "and what is beyond is told as well" { kept; }
@test "and it can be taken back" { kept; }
@test "to this machine's own address nothing comes by a group's MAC, which is not tracked" { kept; }
@test "by its own it does" { kept; }
@test "a guest is a router that may open one port" { kept; }
@test "from an address that is nobody's it opens no other one" { kept; }
@test "it may open what it likes" { kept; }
@test "from there, too" { kept; }
@test "it is as it was" { kept; }
@test "most datagrams in three fragments are answered" { kept; }
@test "and none had no place" { kept; }
@test "a fragment that claims to be longer than it is keeps its datagram's place" { kept; }
@test "so does one with a short header" { kept; }
@test "so does one of another version of IP" { kept; }
@test "200 of a guest lose what is in the middle" { kept; }
@test "it has no places for so many" { kept; }
@test "another guest's are put together" { kept; }
@test "br_netfilter is on" { kept; }
@test "with br_netfilter, an open port answers the LAN over IPv4" { kept; }
@test "with br_netfilter, an open port answers the LAN over IPv6" { kept; }
@test "with br_netfilter, a closed port does not answer the LAN over IPv4" { kept; }
@test "with br_netfilter, a closed port does not answer the LAN over IPv6" { kept; }
@test "with br_netfilter, the LAN pings the guest over IPv4" { kept; }
@test "with br_netfilter, the LAN pings the guest over IPv6" { kept; }
@test "with br_netfilter, the guest connects to the LAN over IPv4" { kept; }
@test "with br_netfilter, the guest connects to the LAN over IPv6" { kept; }
@test "with br_netfilter, guests reach each other's closed ports over IPv4" { kept; }
@test "with br_netfilter, guests reach each other's closed ports over IPv6" { kept; }
@test "without VLANs, an open port answers the LAN over IPv4" { kept; }
@test "without VLANs, an open port answers the LAN over IPv6" { kept; }
@test "without VLANs, a closed port does not answer the LAN over IPv4" { kept; }
@test "without VLANs, a closed port does not answer the LAN over IPv6" { kept; }
@test "without VLANs, the LAN pings the guest over IPv4" { kept; }
@test "without VLANs, the LAN pings the guest over IPv6" { kept; }
@test "without VLANs, the guest connects to the LAN over IPv4" { kept; }
@test "without VLANs, the guest connects to the LAN over IPv6" { kept; }
@test "without VLANs, guests reach each other's closed ports over IPv4" { kept; }
@test "without VLANs, guests reach each other's closed ports over IPv6" { kept; }
@test "vlan= is taken" { kept; }
@test "then the port is in its VLAN alone" { kept; }
@test "the LAN, which is in another one, does not reach it" { kept; }
@test "a LAN in the same VLAN does" { kept; }
@test "and meets the same policy" { kept; }
@test "its open port answers" { kept; }
@test "off its bridge nobody reaches it" { kept; }
@test "reload puts it back" { kept; }
@test "into its VLAN alone" { kept; }
@test "where its open port answers again" { kept; }
@test "and no closed one" { kept; }
@test "watch puts it into its VLAN by itself" { kept; }
@test "where its open port answers once more" { kept; }
@test "the other guest is where it was" { kept; }
@test "a tagged VLAN is refused, in our words" { kept; }
@test "VLAN 1 brings it back" { kept; }
@test "and it answers" { kept; }
@test "a guest without ip= is attached" { kept; }
@test "it connects to the LAN" { kept; }
@test "and nobody there reaches it" { kept; }
@test "another guest's address is not its own to take" { kept; }
@test "but others are" { kept; }
@test "it sends from another network over IPv4" { kept; }
@test "it sends from another network over IPv6" { kept; }
@test "networks behind two bridges are taken" { kept; }
@test "it no longer sends from that behind the other bridge over IPv4" { kept; }
@test "but from its own over IPv4" { kept; }
@test "it no longer sends from that behind the other bridge over IPv6" { kept; }
@test "but from its own over IPv6" { kept; }
@test "from the other network the LAN does not reach a guest" { kept; }
@test "from its own it does" { kept; }
@test "with networks, too, over IPv6" { kept; }
@test "the first configuration is in force again" { kept; }
@test "without networks the LAN reaches it from there" { kept; }
@test "a guest does not send from a network that is not behind it" { kept; }
@test "a network may be behind a guest" { kept; }
@test "then it calls the LAN from there" { kept; }
@test "which the other guest, that has no ip=, does not" { kept; }
@test "the first configuration is in force once more" { kept; }
@test "firewall stop removes the rules" { kept; }
@test "without rules its closed port answers" { kept; }
@test "without rules a spoofed IPv4 frame arrives" { kept; }
@test "without rules 192.0.2.253 reaches the open port" { kept; }
@test "without rules the guest reaches 192.0.2.253" { kept; }
@test "without rules 2001:db8:1::fd reaches the open port" { kept; }
@test "without rules the guest reaches 2001:db8:1::fd" { kept; }
@test "without protection against spoofing" { kept; }
@test "it may be in all VLANs there are" { kept; }
@test "and is in each of them" { kept; }
@test "VLAN 1 brings it back again" { kept; }
@test "firewall start finds the running guests" { kept; }
@test "its closed port does not answer again" { kept; }
@test "firewall status names the bridge" { kept; }
@test "xl destroy ends the guests" { kept; }
@test "they leave nothing" { kept; }
@test "the installed example of a whole server can be loaded" { kept; }
@test "of which nothing is warned" { kept; }
@test "xl reads the files of its guests" { kept; }

@test "nothing else went wrong" { all_kept; }
