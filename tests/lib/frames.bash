# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # scene and its like are scene.bash's, FAMILIES is for assert.bash
# Frames between neighbours of one bridge: each is really sent, and seen there or not. The iptables backends protect guests
# without IPv6 and with FIREWALL = no alone, and drop what those say in IPv6.

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	configure XEN=yes
	bridge_create
	frames=() labels=() matches=()
	uses_iptables || return 0
	br_netfilter 0
	FAMILIES=4
	for each in b1 b2 b3; do host $each "FIREWALL = no"; done
}

# neighbours GUEST...: they are on the bridge, and nothing but rules keeps them from anything
neighbours() {
	local each
	dom0 firewall start
	for each; do
		vif_create "$each"
		lan_address "$each"
	done
	trust_everybody
}

# hear_reports: what multicast listeners and routers say goes to everybody, not only to routers
hear_reports() { ip -n "$scene-dom0" link set xenbr0 type bridge mcast_snooping 0; }

# frame LABEL MATCH WORD...: one more frame to send; by MATCH, an nft expression, the neighbour knows it
frame() {
	labels+=("$1") matches+=("$2")
	shift 2
	frames+=("$*")
}

# send_all FROM TO: each frame once, to the neighbour's MAC where the frame does not name another
send_all() {
	local each
	for each in "${frames[@]}"; do
		[[ " $each " == *" dmac="* ]] || each="${each/ / dmac=$(mac_of "$2") }"
		# shellcheck disable=SC2086 # words
		inside "$1" send eth0 $each
	done
}

mac_of() { if [ "$1" = lan ]; then echo "$lan_mac"; else mac "$1"; fi; }

# watch_all FROM TO: what is looked for comes from there: a neighbour's own duplicate address detection is nobody's else
watch_all() {
	local i by match
	by="ether saddr $(mac_of "$1")"
	for i in "${!labels[@]}"; do
		match=${matches[i]}
		[[ " ${frames[i]} " == *" smac="* ]] || match="$by $match"
		watch_frames "$2" "${labels[i]}" "$match"
	done
	watch_frames "$2" end "udp dport 7999"
}

# seen_all NAME: what arrived there, one "LABEL COUNT" a line
seen_all() { inside "$1" nft list counters | awk '$1 == "counter" { name = substr($2, 4) } $1 == "packets" { print name, $2 }'; }

# mark_end FROM TO: an honest packet that comes behind all others, and is waited for
mark_end() {
	local before
	before=$(seen "$2" end)
	inside "$1" send eth0 udp4 dmac="$(mac_of "$2")" src="$(address "$1" 4)" dst="$(address "$2" 4)" dport=7999
	arrives "$2" end $((before + 1))
}

# leave_out_ipv6: of the frames to send
leave_out_ipv6() {
	local i
	for i in "${!frames[@]}"; do
		[[ ${frames[i]%% *} != *6 ]] || unset "frames[i]" "labels[i]" "matches[i]"
	done
}

# counts FROM BEFORE: each of the frames has been counted; with ebtables those of IPv6 need not be
counts() {
	local counted
	counted=$(dropped spoofed "$(vif "$1")" bridge)
	if ! uses_iptables; then
		equal "the drops counted for $1" "$counted" $(($2 + ${#frames[@]}))
		return
	fi
	leave_out_ipv6
	[ "$counted" -ge $(($2 + ${#frames[@]})) ] || fail "only $counted drops of $1 are counted, $2 before"
}

# none_pass FROM TO: none of the frames arrives, each is counted for its vif, and without rules all of them arrive
none_pass() {
	local from=$1 to=$2 counted=0 sent
	if [ "$from" != lan ]; then
		counted=$(dropped spoofed "$(vif "$from")" bridge)
	elif uses_iptables; then
		leave_out_ipv6
	fi
	watch_all "$from" "$to"
	send_all "$from" "$to"
	if [ "$from" = lan ]; then sleep 0.2; else mark_end "$from" "$to"; fi
	equal "what arrived" "$(seen_all "$to" | grep -v -e ' 0$' -e '^end')" ""
	sent=("${frames[@]}")
	[ "$from" = lan ] || counts "$from" "$counted"
	dom0 firewall stop
	frames=("${sent[@]}")
	send_all "$from" "$to"
	mark_end "$from" "$to"
	equal "what did not arrive without rules" "$(seen_all "$to" | grep ' 0$')" ""
	dom0 firewall start
	frames=() labels=() matches=()
	inside "$to" nft delete table netdev seen
}

# all_pass FROM TO: every one of the frames arrives
all_pass() {
	! uses_iptables || leave_out_ipv6
	watch_all "$1" "$2"
	send_all "$1" "$2"
	mark_end "$1" "$2"
	equal "what did not arrive" "$(seen_all "$2" | grep ' 0$')" ""
	frames=() labels=() matches=()
	inside "$2" nft delete table netdev seen
}

# only_pass FROM TO LABEL...: of the frames those with these labels arrive, the last of which was made last, and no others
only_pass() {
	local from=$1 to=$2
	shift 2
	watch_all "$from" "$to"
	send_all "$from" "$to"
	arrives "$to" "${!#}"
	equal "what arrived at $to" "$(seen_all "$to" | grep -v ' 0$' | cut -d' ' -f1 | sort | tr '\n' ' ')" \
		"$(printf '%s\n' "$@" | sort | tr '\n' ' ')"
	inside "$to" nft delete table netdev seen
}

# learns_nothing: b1 says to LLDP's address, and to some others of the bridge's own, that it is the LAN
learns_nothing() {
	inside lan send eth0 arp dmac=ff:ff:ff:ff:ff:ff spa="$(address lan 4)" tpa="$(address lan 4)"
	equal "where the LAN's MAC is" "$(learnt "$lan_mac")" lan0
	for each in 00 03 0e 0f; do
		inside b1 send eth0 ether type=0x88cc smac="$lan_mac" dmac=01:80:c2:00:00:$each
	done
	equal "where the LAN's MAC is" "$(learnt "$lan_mac")" lan0
	inside b1 send eth0 udp4 dmac=ff:ff:ff:ff:ff:ff src="$(address b1 4)" dst=192.0.2.255
	eventually is_at "$(mac b1)" vif11.0
}

learnt() { bridge -n "$scene-dom0" fdb show br xenbr0 | awk -v mac="$1" '$1 == mac { print $3 }'; }

is_at() { bridge -n "$scene-dom0" fdb show br xenbr0 | grep -q "^$1 dev $2 "; }
