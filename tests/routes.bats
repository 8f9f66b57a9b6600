#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# routing.cfg: routes to networks behind guests and other machines, and what a guest that is a next hop may send.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# Behind g1 is a network as that of a VPN gateway, with one machine in it:
#
#     world ---- eth0  dom0  vif1.0 ---- eth0 g1 eth1 ---- eth0 branch
#                            vif2.0 ---- eth0 g2
branch4=10.8.0.0/24 branch6=2001:db8:8::/48
scene_addresses+=([branch 4]=10.8.0.5 [branch 6]=2001:db8:8::5)

# network_behind GUEST: the branch is there, and the guest forwards for it
network_behind() {
	namespace_add branch
	ip -n "$scene-branch" link add eth0 type veth peer name eth1 netns "$scene-$1"
	ip -n "$scene-branch" -batch - <<-END
		link set eth0 up
		address add $(address branch 4)/24 dev eth0
		address add $(address branch 6)/48 dev eth0 nodad
		route add default via 10.8.0.1
		route add default via 2001:db8:8::1
	END
	ip -n "$scene-$1" -batch - <<-END
		link set eth1 up
		address add 10.8.0.1/24 dev eth1
		address add 2001:db8:8::1/48 dev eth1 nodad
	END
	inside "$1" sh -c 'cd /proc/sys/net; echo 1 >ipv4/ip_forward; echo 1 >ipv6/conf/all/forwarding'
	ip -n "$scene-world" route replace $branch4 via "$(address dom0 4)"
	ip -n "$scene-world" route replace $branch6 via "$(address dom0 6)"
	serve branch
}

# routing LINE...: routing.cfg; without lines there is none
routing() {
	local file=$TAOFIREWALL_CONFIG/routing.cfg
	rm -f "$file"
	[ $# -eq 0 ] || printf '%s\n' "$@" >"$file"
}

# vpn [LINE...]: the branch is behind g1, and its network may be used
vpn() {
	routing "[vpn]" "DESTINATION = $branch4 $branch6" "VIA = $(address g1 4) $(address g1 6)" "$@"
	FAMILIES=4 host branch "TYPE = network" "IP = $branch4" "PUBLIC_PORTS = 80 53/udp"
	FAMILIES=6 host branch "TYPE = network" "IP = $branch6" "PUBLIC_PORTS = 80 53/udp"
	host g1 "PUBLIC_PORTS = 22"
}

# route_to PREFIX: Dom0's routes of ours to it, without their order
route_to() {
	local family=-4
	[[ $1 != *:* ]] || family=-6
	ip -n "$scene-dom0" $family route show "$1" proto 116 | sed 's/  *$//; s/ pref medium$//'
}

# leads_through VIF METRIC: both routes to the branch
leads_through() {
	equal "the route to $branch4" "$(route_to $branch4)" \
		"$branch4 via $(address g1 4) dev $1 src $(address dom0 4) metric $2 onlink"
	[[ $(route_to $branch6) == "$branch6 via fe80::216:3eff:fe00:"*" dev $1 src $(address dom0 6) metric $2 onlink" ]] ||
		fail "the route to $branch6 is '$(route_to $branch6)'"
}

no_route() { equal "the routes to the branch" "$(route_to $branch4)$(route_to $branch6)" ""; }

# return_of GUEST: it has a vif again
return_of() {
	vif_create "$1"
	guest_address "$1" "$(address "$1" 4)" "$(address "$1" 6)"
}

# status_says TEXT: a line of `firewall status`
status_says() { dom0 firewall status | grep -qFx "$1" || fail "status does not say: $1"; }

# quietly COMMAND...: it succeeds and says nothing on stderr, but that nobody can log in to the scene's Dom0
quietly() {
	local said
	said=$("$@" 2>&1 >/dev/null) || fail "$* failed: $said" || return
	said=$(grep -v "no local host opens a TCP port" <<<"$said") || true
	equal "what '$*' says" "$said" ""
}

@test "a network behind a guest is reached while the guest is there, and its route comes and goes with it" {
	vpn
	serve world
	serve dom0
	quietly dom0 firewall start
	remember
	no_route
	status_says "$branch4 via $(address g1 4) (vpn): not set, the guest is not online"
	guest_create g1 g2
	network_behind g1
	attach g1
	attach g2
	leads_through vif1.0 2048
	status_says "$branch4 via $(address g1 4) (vpn): set"
	status_says "$branch6 via $(address g1 6) (vpn): set"
	connects world branch tcp/80 udp/53
	refuses world branch tcp/443
	connects dom0 branch tcp/80 tcp/443
	connects g2 branch tcp/80
	connects branch world tcp/80 udp/53
	refuses branch dom0 tcp/80
	[ "$(xenstore-read taofirewall/domain/0/1/0/routes)" = \
		"$(address g1 4) $branch4@2048 $(address g1 6) $branch6@2048" ]
	detach g1
	no_route
	detach g2
	unchanged
}

@test "offline takes the routes back with the interface still there" {
	vpn
	dom0 firewall start
	remember
	guest_create g1
	attach g1
	leads_through vif1.0 2048
	offline 1 0
	no_route
	unchanged
}

@test "what a guest is a next hop for it may send from, and no other guest may" {
	vpn
	rules "[forward]" "POLICY = ACCEPT" "[input]" "POLICY = ACCEPT"
	dom0 firewall start
	guest_create g1 g2
	attach g1
	attach g2
	trust_everybody
	watch world behind "udp dport 7777"
	watch world spoofed "udp dport 7778"
	send_as g2 branch world dport=7778
	send_as g1 branch world dport=7778 smac=00:16:3e:00:00:77
	send_as g1 stranger world dport=7778
	send_as g1 branch world dport=7777
	arrives world behind 2
	arrives_not world spoofed
	equal "the drops counted for g2" "$(dropped spoofed vif2.0)" 2
	# and when the route goes, so does the right
	routing
	dom0 firewall reload
	trust_everybody # which a reload takes back
	send_as g1 branch world dport=7778
	send_as g1 g1 world dport=7777
	arrives world behind 4
	arrives_not world spoofed
	dom0 firewall stop
	send_as g2 branch world dport=7778
	arrives world spoofed 2
}

@test "a next hop has no right to what others have inside its destination: guests, and this machine" {
	rules "[forward]" "POLICY = ACCEPT" "[input]" "POLICY = ACCEPT"
	routing "[all]" "DESTINATION = 198.51.100.0/24 2001:db8:a:a::/64" "VIA = $(address g1 4) $(address g1 6)"
	dom0 firewall start
	guest_create g1 g2
	attach g1
	attach g2
	trust_everybody
	watch world spoofed "udp dport 7777"
	watch world behind "udp dport 7778"
	send_as g1 g2 world dport=7777
	send_as g1 dom0 world dport=7777
	FAMILIES=4 send_as g1 198.51.100.77 world dport=7778
	FAMILIES=6 send_as g1 2001:db8:a:a::77 world dport=7778
	arrives world behind 2
	arrives_not world spoofed
	equal "the drops counted for g1" "$(dropped spoofed vif1.0)" 4
}

@test "somebody else's routes stay, and one that is there already keeps no guest from starting" {
	vpn "METRIC = 300"
	ip -n "$scene-dom0" -batch - <<-END
		route add $branch4 via $(address world 4) metric 300
		route add $branch6 via $(address world 6) metric 300
		route add $branch4 via $(address world 4) metric 77 proto 84
		route add 10.9.0.0/24 via $(address world 4)
	END
	dom0 firewall start
	remember
	guest_create g1
	run attach g1
	[ "$status" -eq 0 ]
	[[ $output == *"vif1.0: not all of its routes of routing.cfg are set: route $branch4 via $(address g1 4): "*exist* ]]
	equal hotplug-status "$(store 1 0 hotplug-status)" connected
	no_route
	status_says "$branch4 via $(address g1 4) (vpn): not set; \`firewall reload\` tries again, and says what is wrong"
	run dom0 firewall reload
	[ "$status" -eq 0 ]
	[[ $output == *"warning: routing.cfg:2: [vpn] DESTINATION: it is not set: route $branch4 via $(address g1 4): "*exist* ]]
	detach g1
	unchanged
	# out of the way, it is set
	return_of g1
	attach g1 2>/dev/null
	ip -n "$scene-dom0" route delete $branch4 metric 300
	ip -n "$scene-dom0" route delete $branch6 metric 300
	quietly dom0 firewall reload
	leads_through vif1.0 300
	equal "foreign routes" "$(ip -n "$scene-dom0" route show $branch4 proto 84 | wc -l)" 1
}

@test "a reload sets, moves and drops the routes of a guest that runs" {
	serve world
	guest_create g1 g2
	network_behind g1
	dom0 firewall start
	attach g1
	attach g2
	no_route
	remember
	vpn
	quietly dom0 firewall reload
	leads_through vif1.0 2048
	connects world branch tcp/80
	connects branch world tcp/80
	quietly dom0 firewall reload
	leads_through vif1.0 2048
	# another metric, and then another next hop
	vpn "METRIC = 50"
	quietly dom0 firewall reload
	leads_through vif1.0 50
	equal "the routes to $branch4" "$(route_to $branch4 | wc -l)" 1
	routing "[vpn]" "DESTINATION = $branch4 $branch6" "VIA = $(address g2 4) $(address g2 6)"
	quietly dom0 firewall reload
	[[ $(route_to $branch4) == *" via $(address g2 4) dev vif2.0 "* ]]
	[[ $(route_to $branch6) == *" dev vif2.0 "* ]]
	run ! xenstore-exists taofirewall/domain/0/1/0/routes
	equal "the record of g2" "$(xenstore-read taofirewall/domain/0/2/0/routes)" \
		"$(address g2 4) $branch4@2048 $(address g2 6) $branch6@2048"
	refuses world branch tcp/80
	routing
	rm "$TAOFIREWALL_CONFIG"/ipv?.d/*.conf
	quietly dom0 firewall reload
	unchanged
	detach g1
	detach g2
	nothing_left
}

@test "what was recorded is taken back, whatever the configuration says by then" {
	vpn
	dom0 firewall start
	guest_create g1
	attach g1
	routing
	offline 1 0
	no_route
	nothing_left
	run ! grep -F vif1.0 <<<"$(resting_rules)"
}

@test "a next hop that is no guest is used as soon as it can be reached" {
	routing "[office]" "DESTINATION = 203.0.113.0/24" "VIA = $(address world 4)" \
		"[later]" "DESTINATION = 10.9.0.0/24 2001:db8:9::/48" "VIA = 192.168.7.1 2001:db8:7::1" "METRIC = 7"
	remember
	run dom0 firewall start
	[ "$status" -eq 0 ]
	equal "the warnings" "$(grep -c '^warning: routing.cfg:5: \[later\] DESTINATION: it is not set: route ' <<<"$output")" 2
	equal "the route" "$(route_to 203.0.113.0/24)" "203.0.113.0/24 via $(address world 4) dev eth0 metric 2048"
	status_says "203.0.113.0/24 via $(address world 4) (office): set"
	status_says "10.9.0.0/24 via 192.168.7.1 (later): not set; \`firewall reload\` tries again, and says what is wrong"
	ip -n "$scene-dom0" address add 192.168.7.2/24 dev eth0
	ip -n "$scene-dom0" address add 2001:db8:7::2/64 dev eth0 nodad
	quietly dom0 firewall reload
	equal "the route" "$(route_to 10.9.0.0/24)" "10.9.0.0/24 via 192.168.7.1 dev eth0 metric 7"
	[[ $(route_to 2001:db8:9::/48) == "2001:db8:9::/48 via 2001:db8:7::1 dev eth0 metric 7"* ]]
	# the configuration no longer has them
	routing
	dom0 firewall reload
	dom0 firewall stop
	ip -n "$scene-dom0" address delete 192.168.7.2/24 dev eth0
	ip -n "$scene-dom0" address delete 2001:db8:7::2/64 dev eth0
	unchanged
}

@test "a next hop that was found on the uplink moves to the vif of the guest that comes with it" {
	vpn
	rm "$TAOFIREWALL_CONFIG"/ipv?.d/g1.conf
	dom0 firewall start
	[[ $(route_to $branch4) == "$branch4 via $(address g1 4) dev eth0 metric 2048" ]]
	guest_create g1
	network_behind g1
	attach g1
	leads_through vif1.0 2048
	equal "the routes to $branch4" "$(route_to $branch4 | wc -l)" 1
	equal "the routes to $branch6" "$(route_to $branch6 | wc -l)" 1
	connects world branch tcp/80
}

@test "the first vif that comes online sets the other routes, too, as a start does" {
	routing "[office]" "DESTINATION = 203.0.113.0/24" "VIA = $(address world 4)"
	guest_create g1
	attach g1
	equal "the route" "$(route_to 203.0.113.0/24)" "203.0.113.0/24 via $(address world 4) dev eth0 metric 2048"
	detach g1
	[ -n "$(route_to 203.0.113.0/24)" ]
}

@test "of two vifs with one address the newer is the next hop, and the older one again when that goes" {
	vpn
	dom0 firewall start
	guest_create g1
	network_behind g1
	attach g1
	leads_through vif1.0 2048
	guest_twin g4 g1 4
	vif_create g4
	ip -n "$scene-g4" link set eth0 address "$(mac g1)"
	attach g4 "mac=$(mac g1)"
	leads_through vif4.0 2048
	quietly dom0 firewall reload
	leads_through vif4.0 2048
	detach g4
	leads_through vif1.0 2048
	connects world branch tcp/80
	# and the other way round, as a migration that succeeds
	vif_create g4
	attach g4 "mac=$(mac g1)"
	detach g1
	leads_through vif4.0 2048
	detach g4
	no_route
	nothing_left
}

@test "a next hop inside a prefix of a guest is the guest's, too" {
	routing "[vpn]" "DESTINATION = $branch4 $branch6" "VIA = 192.0.2.69 2001:db8:b:5::69"
	FAMILIES=4 host branch "TYPE = network" "IP = $branch4" "PUBLIC_PORTS = 80"
	FAMILIES=6 host branch "TYPE = network" "IP = $branch6" "PUBLIC_PORTS = 80"
	dom0 firewall start 2>/dev/null
	guest_create g1
	network_behind g1
	attach g1 "ip=$(address g1 4) $(address g1 6) 192.0.2.64/29 2001:db8:b:5::/64"
	[[ $(route_to $branch4) == "$branch4 via 192.0.2.69 dev vif1.0 "* ]]
	[[ $(route_to $branch6) == *" dev vif1.0 "* ]]
	connects world branch tcp/80
	quietly dom0 firewall reload
	equal "the routes of ours through vif1.0" \
		"$(ip -n "$scene-dom0" route show proto 116 dev vif1.0 | wc -l)" 3
	detach g1
	nothing_left
}

@test "where xenstore is not asked the routes through vifs stay as they are" {
	vpn
	dom0 firewall start
	guest_create g1
	attach g1
	routing "[office]" "DESTINATION = 203.0.113.0/24" "VIA = $(address world 4)"
	configure XEN=no
	dom0 firewall reload
	leads_through vif1.0 2048
	[ -n "$(route_to 203.0.113.0/24)" ]
	routing
	dom0 firewall reload
	leads_through vif1.0 2048
	[ -z "$(route_to 203.0.113.0/24)" ]
}

@test "a guest that is online keeps its routes when the firewall is stopped, and gets them when it comes then" {
	vpn
	dom0 firewall start
	guest_create g1
	attach g1
	dom0 firewall stop
	leads_through vif1.0 2048
	detach g1
	no_route
	return_of g1
	attach g1
	leads_through vif1.0 2048
}

@test "a next hop that speaks from the network behind it finds its neighbours, and nobody else does so" {
	vpn
	dom0 firewall start
	vif_create g1
	vif_create g2
	attach g1
	attach g2
	watch_arp g1 answers "arp operation reply"
	inside g1 send eth0 arp dmac=ff:ff:ff:ff:ff:ff spa=10.8.0.1 tpa="$(address dom0 4)"
	arrives g1 answers
	watch_arp g2 answers "arp operation reply"
	inside g2 send eth0 arp dmac=ff:ff:ff:ff:ff:ff spa=10.8.0.7 tpa="$(address dom0 4)"
	arrives_not g2 answers
	inside g2 send eth0 arp dmac=ff:ff:ff:ff:ff:ff tpa="$(address dom0 4)"
	arrives g2 answers
}

@test "nobody else sends from behind it, also where the network is left alone" {
	local each
	vpn
	FAMILIES=4 rules "[unmanaged]" "NETWORKS = $branch4"
	FAMILIES=6 rules "[unmanaged]" "NETWORKS = $branch6"
	bridge_create
	dom0 firewall start
	guest_create g1 g2
	network_behind g1
	attach g1
	attach g2
	trust_everybody
	watch g2 spoofed "udp dport 7001"
	watch g2 genuine "udp dport 7002"
	send_as world branch g2 dport=7001
	send_as lan branch g2 dport=7001 dmac="$bridge_mac"
	send_as g1 branch g2 dport=7002
	arrives g2 genuine 2
	arrives_not g2 spoofed
	detach g1
	send_as lan branch g2 dport=7001 dmac="$bridge_mac"	# it may be anywhere now, but this is not the way there
	send_as world branch g2 dport=7001
	arrives g2 spoofed 2
	sleep 0.1
	equal "what came to g2" "$(seen g2 spoofed)" 2
}
