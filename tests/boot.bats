#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# From the boot on: the firewall before xenstore, after it, and when somebody else takes the rules away.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

@test "before xenstore answers, the machine's own rules stand and every vif is closed" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 22"
	host g1 "PUBLIC_PORTS = 80"
	configure XEN=auto
	xenstore_stop
	guest_create g1
	serve dom0
	dom0 firewall start
	connects world dom0 tcp/22
	refuses world dom0 tcp/25
	ip -n "$scene-dom0" link set "$(vif g1)" up
	ip -n "$scene-dom0" route add "$(address g1 4)" dev "$(vif g1)"
	ip -n "$scene-dom0" route add "$(address g1 6)" dev "$(vif g1)"
	refuses world g1 tcp/80
	refuses g1 dom0 tcp/22
	no_pings g1 dom0
}

@test "a start says that the rules are not there yet, and then that they are" {
	local backend=${BACKEND:-nft}
	run -3 dom0 firewall status
	[ "$output" = "The firewall was not started since boot." ]
	dom0 firewall start
	run -0 dom0 firewall status
	[[ ${lines[0]} == "The firewall is running: ${backend/legacy/restore}, "* ]]
}

@test "the first vif since boot loads everything" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 22"
	host g1 "PUBLIC_PORTS = 80"
	guest_create g1
	serve dom0
	attach g1
	connects world g1 tcp/80
	refuses world g1 tcp/25
	connects world dom0 tcp/22
	refuses world dom0 tcp/25
	dom0 firewall status
}

@test "a reload takes in the guests that are online then" {
	host g1 "PUBLIC_PORTS = 80"
	guest_create g1
	dom0 firewall start
	attach g1
	connects world g1 tcp/80
	host g1 "PUBLIC_PORTS = 25"
	dom0 firewall reload
	connects world g1 tcp/25
	refuses world g1 tcp/80
}

@test "a connected guest of another script is protected from the next reload on" {
	host g1 "PUBLIC_PORTS = 80"
	guest_create g1 g2
	store_vif 1 0 "mac=$(mac g1)" "ip=$(address g1 4) $(address g1 6)" script=/etc/xen/scripts/vif-route
	xenstore-write backend/vif/1/0/state 4
	dom0 firewall start
	guests_rules | grep -F "$(address g1 4)"
	guests_rules | grep -F "$(address g1 6)"
}

@test "rules that somebody flushed are missed, and come back with the next vif" {
	host g1 "PUBLIC_PORTS = 80"
	guest_create g1 g2
	dom0 firewall start
	attach g1
	flush_rules
	run -3 dom0 firewall status
	[[ $output == "The rules are missing: "* ]]
	connects world g1 tcp/25
	attach g2
	dom0 firewall status
	connects world g1 tcp/80
	refuses world g1 tcp/25
}

@test "rules that somebody flushed come back with a reload" {
	guest_create g1
	dom0 firewall start
	attach g1
	flush_rules
	dom0 firewall reload
	dom0 firewall status
	refuses world g1 tcp/80
}

@test "a try-restart brings back what was loaded since boot, and does nothing for what was not, or was stopped by hand" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 22"
	serve dom0
	run -0 dom0 firewall try-restart
	[ "$output" = "" ]
	connects world dom0 tcp/25
	dom0 firewall start
	flush_rules
	connects world dom0 tcp/25
	dom0 firewall try-restart
	refuses world dom0 tcp/25
	connects world dom0 tcp/22
	dom0 firewall stop
	run -0 dom0 firewall try-restart
	[ "$output" = "" ]
	connects world dom0 tcp/25
}

@test "rules that another version of us loaded are replaced by a try-restart" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 22"
	serve dom0
	dom0 firewall start
	echo "from another version" >"$TAOFIREWALL_RUN/snapshot"
	host dom0 "TYPE = local" "PUBLIC_PORTS = 25"
	dom0 firewall try-restart
	connects world dom0 tcp/25
	refuses world dom0 tcp/22
	dom0 firewall status
}

@test "stopped by hand, everything passes, a vif comes up without rules, and a start protects it" {
	guest_create g1
	dom0 firewall start
	dom0 firewall stop
	run -3 dom0 firewall status
	[ "$output" = "The firewall was stopped by hand: everything passes." ]
	run -0 attach g1
	[[ $output == *"the firewall was stopped by hand, the vif has no rules"* ]]
	connects world g1 tcp/80
	run -1 dom0 firewall reload
	[[ $output == *"there is nothing to reload"* ]]
	dom0 firewall start
	refuses world g1 tcp/80
}

@test "a stop takes our tables alone" {
	dom0 nft add table inet somebody
	dom0 firewall start
	dom0 firewall stop
	equal tables "$(dom0 nft list tables | grep -vE "table (ip6?|bridge) (raw|filter|nat)")" "table inet somebody"
	equal rules "$(resting_rules | grep -F -e taofw -e taofirewall)" ""
}

@test "an error in the configuration leaves the old rules, and names the place" {
	host g1 "PUBLIC_PORTS = 80"
	guest_create g1
	dom0 firewall start
	attach g1
	remember
	host g1 "PUBLIC_PORTS = 80 eighty"
	run -1 dom0 firewall reload
	[[ $output == *"ipv4.d/g1.conf:"*": [settings] PUBLIC_PORTS: "*"eighty"* ]]
	[[ $output == *"nothing was changed"* ]]
	unchanged
	connects world g1 tcp/80
}

@test "a file that is half edited keeps no guest from starting: the last good configuration counts" {
	host g1 "PUBLIC_PORTS = 80"
	guest_create g1
	dom0 firewall start
	host g1 "PUBLIC_PORTS = eigh"
	attach g1
	connects world g1 tcp/80
	run -0 dom0 firewall status
	[[ $output == *"was changed since: \`firewall reload\` puts it in force."* ]]
}

@test "what a guest left whose offline never came is collected by a reload" {
	guest_create g1
	dom0 firewall start
	attach g1
	vif_destroy g1
	xenstore-rm backend/vif/1/0
	run -0 dom0 firewall status
	[[ $output == *"1 left over from guests that are gone"* ]]
	dom0 firewall reload
	nothing_left
}

@test "a reload without xenstore would take the guests' rules, so it changes nothing" {
	guest_create g1
	dom0 firewall start
	attach g1
	xenstore_stop
	run -1 dom0 firewall reload
	[[ $output == *"the running guests would lose their rules: nothing was changed"* ]]
	guests_rules | grep -F "$(address g1 4)"
}

@test "established connections survive a reload, which no packet passes unfiltered" {
	host g1 "PUBLIC_PORTS = 80"
	guest_create g1
	dom0 firewall start
	attach g1
	FAMILIES=4 hold four world g1 tcp/80
	FAMILIES=6 hold six world g1 tcp/80
	watch g1 forbidden "tcp dport 25"
	for _ in 1 2 3 4 5 6 7 8; do
		refuses world g1 tcp/25 &
		dom0 firewall reload
		wait $!
	done
	held four
	held six
	arrives_not g1 forbidden
}
