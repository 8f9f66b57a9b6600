#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody takes a part of our rules away: `status` says so, and the next guest that comes brings them back.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# is_noticed: `status` says that rules are missing
is_noticed() {
	run -3 dom0 firewall status
	[[ $output == "The rules are missing: "* ]] || fail "$output"
}

# heals WHAT...: WHAT does harm, is noticed, and the next guest brings everything back
heals() {
	run -0 dom0 firewall status
	remember
	"$@"
	is_noticed
	attach g2
	run -0 dom0 firewall status
	offline 2 0
	unchanged
}

both() {
	host g1 "PUBLIC_PORTS = 80"
	dom0 firewall start
	serve world
	guest_create g1 g2
	attach g1
	attach g2
	offline 2 0
}

@test "a chain that was flushed is noticed by status, and by the next guest that comes" {
	both
	refuses world g1 tcp/25
	heals dom0 nft flush chain inet taofirewall forward_policy4
	heals dom0 nft flush chain inet taofirewall from_vif
	heals dom0 nft flush chain inet taofirewall spoofed_packet
	heals dom0 nft flush chain inet taofirewall begun_16384
	heals dom0 nft flush chain inet taofirewall share_to_16384
	heals dom0 nft flush chain arp taofirewall from_vif
	heals dom0 nft flush chain bridge taofirewall policed
	heals dom0 nft flush table inet taofirewall
	refuses world g1 tcp/25
	connects world g1 tcp/80
}

@test "so is one rule that was removed or added, and a table that sleeps" {
	both
	heals remove_rule
	heals dom0 nft insert rule inet taofirewall forward accept
	heals dom0 nft add table inet taofirewall "{ flags dormant; }"
	heals dom0 nft add chain inet taofirewall forward "{ policy accept; }"
}

remove_rule() {
	local handle
	handle=$(dom0 nft -a list chain inet taofirewall prerouting | awk '/goto from_vif/ { print $NF; exit }')
	dom0 nft delete rule inet taofirewall prerouting handle "$handle"
}

@test "what guests, others' tables and packets change is no harm: nothing is loaded anew" {
	local loaded
	both
	loaded=$(stat -c %i "$TAOFIREWALL_RUN/snapshot")
	dom0 nft add table inet other
	dom0 nft add chain inet other forward "{ type filter hook forward priority 0; }"
	dom0 nft add rule inet other forward counter
	connects world g1 tcp/80
	refuses world g1 tcp/25
	attach g2
	run -0 dom0 firewall status
	offline 2 0
	bridge_create
	bridged_create b1
	attach b1
	run -0 dom0 firewall status
	offline 11 0
	equal "the snapshot" "$(stat -c %i "$TAOFIREWALL_RUN/snapshot")" "$loaded"
}
