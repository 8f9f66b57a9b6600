#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What all share has shares: however much one guest opens, Dom0 and the other guests go on.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# calls FROM TO COUNT PROTOCOL PORT [FIRST]: first packets of as many connections, from ports of their own
calls() {
	local from=$1 to=$2 protocol=$4 port=$5 first=${6:-20000} family i mac=$vif_mac frames source target
	[ "$from" != world ] || mac=$dom0_mac
	for family in ${FAMILIES:-4 6}; do
		frames=()
		source=$(address "$from" "$family") target=$(address "$to" "$family")
		for ((i = 0; i < $3; i++)); do
			((i == 0 || i % 100)) || send_calls "$from"
			frames+=(${frames:++} "$protocol$family" "dmac=$mac" "src=$source" "dst=$target"
				"sport=$((first + i))" "dport=$port" "${@:7}")
		done
		send_calls "$from"
	done
}

# send_calls FROM: no more at a time than send takes
send_calls() {
	inside "$1" send eth0 "${frames[@]}"
	frames=()
}

# settles NAME LABEL: its count, when nothing has come for a while
settles() {
	local now before=-1
	while now=$(seen "$1" "$2"); [ "$now" != "$before" ]; do
		before=$now
		sleep 0.2
	done
	echo "$now"
}

# over VIF [FAMILY]: how many packets of the vif were dropped for want of a place
over() { if uses_iptables; then dropped connections "$@"; else dropped over_connections "$@"; fi; }

# both N: of both families together, for one that has N; iptables counts each version of IP by itself
both() { if uses_iptables; then echo $((2 * $1)); else echo "$1"; fi; }

# online_with GUEST...: with nothing closed but what host files close
online_with() {
	rules "[forward]" "POLICY = ACCEPT" "[input]" "POLICY = ACCEPT"
	policy_with "$@"
}

policy_with() {
	local each
	serve world
	dom0 firewall start
	guest_create "$@"
	for each; do attach "$each"; done
}

@test "a guest opens as many connections as CONNECTIONS says, and no more" {
	local family
	host g1 "CONNECTIONS = 20"
	online_with g1 g2
	for family in 4 6; do
		watch world calls "udp dport 7777"
		FAMILIES=$family calls g1 world 50 udp 7777
		equal "the count of calls" "$(settles world calls)" 20
		equal "what is counted" "$(over vif1.0)" 30
		FAMILIES=$family refuses g1 world tcp/22 udp/53
		FAMILIES=$family connects g2 world tcp/22 udp/53
		FAMILIES=$family connects dom0 g1 tcp/22 udp/53
		detach g1
		vif_create g1
		guest_address g1 "$(address g1 4)" "$(address g1 6)"
		attach g1
		world nft delete table inet seen
	done
	watch world calls "udp dport 7777"
	dom0 firewall stop
	calls g1 world 50 udp 7777
	equal "the count of calls without rules" "$(settles world calls)" 100
}

@test "what is established goes on when the share is used up" {
	host g1 "CONNECTIONS = 20"
	online_with g1
	for family in 4 6; do FAMILIES=$family hold "flow$family" g1 world tcp/22; done
	FAMILIES=4 hold one g1 world udp/53
	calls g1 world 60 udp 7777
	FAMILIES=4 refuses g1 world tcp/22
	held flow4
	held flow6
	held one
}

# helped: an administrator's own rules, by which the kernel expects what a TFTP server opens to whoever asked it
helped() {
	dom0 nft -f - <<-END
		table inet helped {
			ct helper tftp { type "tftp" protocol udp; }
			chain asked {
				type filter hook prerouting priority -150
				udp dport 69 ct helper set "tftp"
			}
		}
	END
}

# asks_file FROM TO PORT: for a file, from that port
asks_file() {
	# shellcheck disable=SC2016 # perl's
	inside "$1" perl -MIO::Socket::IP -e '
		my ($from, $to, $port) = @ARGV;
		my $socket = IO::Socket::IP->new(LocalHost => $from, LocalPort => $port, PeerHost => $to, PeerPort => 69,
			Proto => "udp") or die "$@";
		$socket->send("\0\1file\0octet\0") or die;' "$(address "$1" "$FAMILIES")" "$(address "$2" "$FAMILIES")" "$3"
}

@test "what a helper of the kernel expects takes a place, too" {
	local i family
	host g1 "CONNECTIONS = 5"
	online_with g1
	helped
	watch g1 opened "udp dport 30000"
	for family in 4 6; do
		for ((i = 0; i < 30; i++)); do
			FAMILIES=$family asks_file g1 world 30000
			FAMILIES=$family calls world g1 1 udp 30000 $((40000 + i))
		done
	done
	equal "the count of expected ones" "$(settles g1 opened)" "$(both 5)"
	equal "what is counted" "$(over vif1.0)" $((60 - $(both 5)))
}

@test "one connection without answers is one, however many packets it has" {
	host g1 "CONNECTIONS = 5"
	online_with g1
	watch world calls "udp dport 7777"
	knows_way() { calls g1 world 2 udp 7777; is_seen world calls 4; }
	eventually knows_way
	settles world calls
	unwatch world
	for _ in 1 2 3 4 5; do calls g1 world 2 udp 7777; done
	equal "the count of packets" "$(settles world calls)" 20
	equal "what is counted" "$(over vif1.0)" 0
}

@test "a connection that ends gives its place back" {
	host g1 "CONNECTIONS = 20"
	online_with g1
	calls g1 world 20 udp 7777
	FAMILIES=4 refuses g1 world udp/53
	dom0 conntrack -F 2>/dev/null
	sleep 1
	FAMILIES=4 connects g1 world tcp/22
}

@test "connections of TCP that are closed at once are limited, too" {
	local start first most
	host g1 "CONNECTIONS = 5"	# so many a minute: one in 12 seconds
	online_with g1 g2
	watch world calls "tcp dport 7777 tcp flags & (syn|rst) == syn"
	start=$SECONDS
	for first in 20000 20010 20020 20030 20040; do
		FAMILIES=4 calls g1 world 10 tcp 7777 $first flags=syn
		FAMILIES=4 calls g1 world 10 tcp 7777 $first flags=rst
	done
	FAMILIES=4 refuses g1 world tcp/22
	most=$((6 + (SECONDS - start) / 12))
	[ "$(settles world calls)" -le "$most" ]
	[ "$(seen world calls)" -ge 5 ]
	connects g2 world tcp/22
}

# tracked PROTOCOL PORT: how many connections to that port Dom0 has in its table
tracked() { dom0 conntrack -L -f ipv4 -p "$1" --dport "$2" 2>/dev/null | wc -l; }

@test "a large share, which is counted in parts, is not exceeded, and is had by who tries again" {
	local count
	FAMILIES=4
	host g1 "CONNECTIONS = 1500"
	online_with g1
	world nft "table ip silent { chain input { type filter hook input priority 0; tcp dport 7777 drop; }; }"
	for _ in 1 2 3; do calls g1 world 1400 tcp 7777 20000 flags=syn; done
	count=$(tracked tcp 7777)
	[[ "$count" -ge 1380 && "$count" -le 1400 ]] || fail "$count of 1400"
	for first in 30000 30200 30400 30000; do calls g1 world 200 tcp 7777 $first flags=syn; done
	count=$(tracked tcp 7777)
	[[ "$count" -ge 1420 && "$count" -le 1500 ]] || fail "$count of 1500"
	# Few enough to be nobody's flood, and UDP ends by itself; but they are kept alive as easily.
	calls g1 world 150 udp 7778
	count=$((count + $(tracked udp 7778)))
	[ "$count" -le 1500 ] || fail "$count of 1500 with UDP beside it"
}

@test "what others open to a guest has a share of its own" {
	host g1 "CONNECTIONS = 20" "PUBLIC_PORTS = 7777/udp 22"
	online_with g1 g2
	watch g1 calls "udp dport 7777"
	calls world g1 50 udp 7777
	equal "the count of calls" "$(settles g1 calls)" "$(both 20)"
	equal "what is counted" "$(over vif1.0)" $((100 - $(both 20)))
	connects g1 world tcp/22 udp/53
	connects dom0 g1 tcp/22
	connects world g2 tcp/22
	FAMILIES=4 refuses world g1 tcp/22
}

@test "what a guest opens to another one takes its own share, and not that of the other" {
	host g1 "CONNECTIONS = 20" "PUBLIC_PORTS = 7777/udp 22"
	host g2 "CONNECTIONS = 20"
	online_with g1 g2
	watch g1 calls "udp dport 7777"
	calls g2 g1 50 udp 7777
	equal "the count of calls" "$(settles g1 calls)" "$(both 20)"
	equal "what is counted of g2" "$(over vif2.0)" $((100 - $(both 20)))
	equal "what is counted of g1" "$(over vif1.0)" 0
	connects world g1 tcp/22
}

@test "what the policy refuses takes no place" {
	host g1 "CONNECTIONS = 20" "OUT_PORTS = 22 53/udp" "PUBLIC_PORTS = 22"
	policy_with g1
	calls g1 world 60 udp 7777
	calls world g1 60 udp 7777
	connects g1 world tcp/22 udp/53
	connects world g1 tcp/22
	equal "what is counted" "$(over vif1.0)" 0
}

@test "a guest behind NAT takes no more ports toward one server than its share, and others have theirs" {
	host g1 "CONNECTIONS = 20" "NAT = yes"
	host g2 "NAT = yes"
	policy_with g1 g2
	FAMILIES=4
	watch world ports "udp dport 53 ip saddr $(address dom0 4)"
	calls g1 world 60 udp 53
	equal "the ports taken" "$(settles world ports)" 20
	connects g2 world udp/53
	connects dom0 world udp/53
}

@test "connections to Dom0 count" {
	host g1 "CONNECTIONS = 20"
	serve dom0
	online_with g1 g2
	watch_input "udp dport 7777"
	calls g1 dom0 50 udp 7777
	equal "the count of calls" "$(settles dom0 calls)" "$(both 20)"
	FAMILIES=4 refuses g1 dom0 tcp/22
	connects g2 dom0 tcp/22
}

# watch_input MATCH: what Dom0 itself gets
watch_input() {
	dom0 nft -f - <<-END
		table inet seen {
			counter of_calls { }
			chain arrived {
				type filter hook input priority 100
				$1 counter name of_calls
			}
		}
	END
}

@test "the default of [xen] is for guests whose files say nothing, and no is no limit" {
	configure XEN=yes "[xen]" "CONNECTIONS = 10"
	host g2 "CONNECTIONS = no"
	host g3 "CONNECTIONS = 30"
	online_with g1 g2 g3
	watch world g1 "udp dport 7771"
	calls g1 world 50 udp 7771
	equal "the count of g1's calls" "$(settles world g1)" "$(both 10)"
	watch world g2 "udp dport 7772"
	calls g2 world 50 udp 7772
	equal "the count of g2's calls" "$(settles world g2)" 100
	watch world g3 "udp dport 7773"
	calls g3 world 50 udp 7773
	equal "the count of g3's calls" "$(settles world g3)" "$(both 30)"
}

@test "firewall status tells of what was beyond CONNECTIONS" {
	host g1 "CONNECTIONS = 20"
	online_with g1
	[[ $(dom0 firewall status) != *CONNECTIONS* ]]
	calls g1 world 35 udp 7777
	eventually eval '[ "$(over vif1.0)" = $((70 - $(both 20))) ]'
	[[ $(dom0 firewall status) == *", $((70 - $(both 20))) beyond CONNECTIONS"* ]]
}

# shares: of all vifs, as the kernel has them; with iptables each is chains of the vif's own
shares() {
	local each
	if uses_iptables; then
		ip_rules | sed 's/taofw-[a-z]-/taofw-/g' | grep -E -- '-A taofw-[xyft][0-9]+ .*(connlimit|-m limit)' | sort
		return
	fi
	for each in share_from share_to; do dom0 nft list map inet taofirewall $each; done
}

@test "a reload, and an attach, give the same shares" {
	host g1 "CONNECTIONS = 20"
	online_with g1 g2
	shares >"$scene_dir/attached"
	dom0 firewall reload
	shares >"$scene_dir/loaded"
	diff "$scene_dir/attached" "$scene_dir/loaded"
	if uses_iptables; then
		grep -q 'connlimit-upto 20 ' "$scene_dir/loaded"
		return
	fi
	grep -q '"vif1.0" : goto share_from_20' "$scene_dir/loaded"
	grep -q '"vif1.0" : goto share_to_20' "$scene_dir/loaded"
}

@test "firewall check says where guests may fill the table, and what to do" {
	local places words
	places=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
	host g1 "CONNECTIONS = $((places / 4))"
	host g2 "CONNECTIONS = $((places / 8))"
	words=$(dom0 firewall check)
	[[ $words == *"connections: of $places that the kernel can track, a guest without CONNECTIONS has "* ]]
	[[ $words != *"can fill the table"* ]]
	host g2 "CONNECTIONS = $((places / 4))"
	words=$(dom0 firewall check)
	[[ $words == *"what the guests of these files may have, $(((places / 4) + (places / 4))), can fill the table: raise "* ]]
}

# purges_without_lock VERB: of a run of vif-route-taofw as it is shipped, for its sanitizers want no tracer
purges_without_lock() {
	local trace=$scene_dir/trace.$1 given asked
	mkdir -p "$scene_dir/bin"
	cat >"$scene_dir/bin/vif-route-taofw" <<-END
		#!/bin/sh
		exec strace -f -qq -o $trace -e trace=flock,sendto "$PLAIN/vif-route-taofw" "\$@"
	END
	chmod +x "$scene_dir/bin/vif-route-taofw"
	PATH=$scene_dir/bin:$PATH "$1" g1
	given=$(grep -n "flock(.*LOCK_UN" "$trace" | tail -n 1 | cut -d: -f1)
	asked=$(grep -n "IPCTNL_MSG_CT_GET\|NFNL_SUBSYS_CTNETLINK" "$trace" | head -n 1 | cut -d: -f1)
	[ -n "$given" ] && [ -n "$asked" ] || fail "no lock or no purge in: $(cat "$trace")" || return
	[ "$given" -lt "$asked" ] || fail "the lock was held: $(cat "$trace")"
}

@test "nobody waits while the connections of an address are looked for" {
	guest_create g1 g2
	serve world
	dom0 firewall start
	attach g2
	connects g2 world udp/53
	purges_without_lock attach
	hold_both g1
	purges_without_lock detach
	nothing_of g1
}

# hold_both GUEST: a connection of each family, that nobody closes
hold_both() {
	local family
	for family in 4 6; do FAMILIES=$family hold "both$family" "$1" world udp/53; done
}

nothing_of() {
	local family
	for family in 4 6; do
		equal "$1's connections" "$(dom0 conntrack -L -f ipv$family 2>/dev/null | grep -cFw "$(address "$1" $family)")" 0
	done
}

@test "a guest inherits no connection of whoever had its address before" {
	local family
	rules "[forward]" "POLICY = ACCEPT"
	dom0 firewall start
	serve world
	guest_create g1
	attach g1
	hold_both g1
	detach g1
	nothing_of g1
	# As if another had forgotten to forget: they are there again when the next one comes.
	for family in 4 6; do
		dom0 conntrack -I -t 600 -p udp -s "$(address g1 $family)" -d "$(address world $family)" --sport 4444 --dport 53 \
			2>/dev/null
	done
	vif_create g1
	guest_address g1 "$(address g1 4)" "$(address g1 6)"
	attach g1
	nothing_of g1
}
