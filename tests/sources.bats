#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may send from whose address: of all sources that there are, from all sides, to all others. `judge` asks the
# evaluator, and each packet is really sent; the two have to agree on every one. (Random configurations, and what is
# opened there, are agree.bats'.)
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net
load lib/lan

# The interface that each is behind, as judge takes it.
declare -gA behind=([world]=eth0 [g1]=vif1.0 [g2]=vif2.0 [g3]=vif3.0 [b1]=vif11.0 [b2]=vif12.0 [dom0]=-
	[lan]=lan0:xenbr0 [l1]=port-l1:xenbr1)
senders=(world g1 g2 b1 lan l1)
receivers=(world g3 b2 dom0 lan)
bridged=(b1 b2)
if uses_iptables; then	# which refuses them
	senders=(world g1 g2 lan l1)
	receivers=(world g3 dom0 lan)
	bridged=()
fi
sources=(world nobody dom0 g1 g2 g3 b1 b2 l1 lan free behind beside)

# site: what judge has to know of the scene
site() {
	local each
	echo "uplink eth0"
	for each in dom0 bridge gateway1 gateway2; do echo "own $(address $each 4) $(address $each 6)"; done
	dom0 nft -c 'add table bridge try; add chain bridge try c; add rule bridge try c ct state new' 2>/dev/null ||
		echo "tracks no"
	for each in g1 g2 g3; do echo "vif $(vif $each) $(mac $each) - ${ip[$each]}"; done
	for each in "${bridged[@]}"; do echo "vif $(vif "$each") $(mac "$each") xenbr0 ${ip[$each]}"; done
}

# gateway FROM TO: the MAC to which FROM sends what is for TO
gateway() {
	case "$1 $2" in
	"b1 b2" | "lan b2") mac b2 ;;
	"b1 lan") echo "$lan_mac" ;;
	"b1 "* | "lan "*) echo "$bridge_mac" ;;
	"world "*) echo "$dom0_mac" ;;
	"l1 "*) dom0 cat /sys/class/net/xenbr1/address ;;
	*) echo "$vif_mac" ;;
	esac
}

watch_ports() {	# watch_ports NAME: to which of the ports from 7000 on something came there; in Dom0 behind all rules
	local each hooks=("prerouting priority $(behind_spoofing)")
	[ "$1" != dom0 ] || hooks=("input priority 200" "forward priority 200")
	inside "$1" nft -f - <<-END
		table inet seen {
			set ports { type inet_service; flags dynamic; size 4095; }
			$(for each in "${hooks[@]}"; do
				echo "chain ${each%% *} { type filter hook $each; udp dport 7000-9999 add @ports { udp dport }; }"
			done)
		}
	END
}

arrived() { inside "$1" nft list set inet seen ports | grep -o '\<[7-9][0-9]\{3\}\>'; }	# arrived NAME: these ports
has_arrived() { arrived "$1" | grep -qx "$2"; }

# packet FROM TO CLAIMED FAMILY: one for judge, one for send, with a port of its own
packet() {
	local source=${scene_addresses[$3 $4]} destination=${scene_addresses[$2 $4]}
	((++port))
	echo "packet from=$source to=$destination proto=17 sport=40000 port=$port in=${behind[$1]} out=${behind[$2]}" \
		>>"$BATS_TEST_TMPDIR/asked"
	frames+=(${frames:++} "udp$4" "dmac=$mac" "src=$source" "dst=$destination" sport=40000 "dport=$port")
}

# send_all: from each sender to each receiver, what claims to come from each source
send_all() {
	local from to claimed mac frames
	for from in "${senders[@]}"; do
		for to in "${receivers[@]}"; do
			[ "$from" != "$to" ] || continue
			mac=$(gateway "$from" "$to") frames=()
			for claimed in "${sources[@]}"; do
				packet "$from" "$to" "$claimed" 4
				packet "$from" "$to" "$claimed" 6
			done
			inside "$from" send eth0 "${frames[@]}"
		done
	done
	frames=() mac=$dom0_mac
	packet world g3 world 4
	inside world send eth0 "${frames[@]}"
	eventually has_arrived g3 "$port"	# and so have those before it
}

# agreed: judge says of each packet what became of it
agreed() {
	local differ
	for to in "${receivers[@]}"; do arrived "$to"; done >"$BATS_TEST_TMPDIR/arrived"
	judge "$TAOFIREWALL_CONFIG" <"$BATS_TEST_TMPDIR/asked" >"$BATS_TEST_TMPDIR/said"
	differ=$(grep '^packet' "$BATS_TEST_TMPDIR/asked" | paste -d '|' - "$BATS_TEST_TMPDIR/said" |
		awk -v file="$BATS_TEST_TMPDIR/arrived" '
			BEGIN { FS = "|"; while ((getline port <file) > 0) came[port] = 1 }
			{ match($1, /port=[7-9][0-9]+/); port = substr($1, RSTART + 5, 4); n++ }
			($2 ~ /^accept/) != (port in came) { print $0, port in came ? "(it came)" : "(it did not come)" }
			END { print n + 0, "compared" }')
	equal "what they disagree on" "$differ" "$((port - 7000)) compared"
}

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	configure XEN=yes
	scene_addresses+=([nobody 4]=203.0.113.200 [nobody 6]=2001:db8:f::200 [free 4]=192.0.2.138 [free 6]=2001:db8:b:1::1e
		[behind 4]=10.8.0.5 [behind 6]=2001:db8:8::5 [beside 4]=10.9.0.5 [beside 6]=2001:db8:9::5)
	port=7000
}

# everybody_there: g1 is a next hop; b1 has a prefix, and in it lie the addresses of b2 and of nobody (free)
everybody_there() {
	local each
	declare -gA ip=()
	for each in g1 g2 g3 b2; do ip[$each]="$(address $each 4) $(address $each 6)"; done
	ip[b1]="192.0.2.136/29 2001:db8:b:1::10/124"
	rules "[input]" "POLICY = ACCEPT" "[forward]" "POLICY = ACCEPT" "$(lan 1)" "$(lan 2)"
	host b1 "FIREWALL = no"
	host b2 "FIREWALL = no"
	printf '%s\n' "[vpn]" "DESTINATION = 10.8.0.0/24 2001:db8:8::/48" "VIA = $(address g1 4) $(address g1 6)" \
		"[lan]" "DESTINATION = 10.9.0.0/24 2001:db8:9::/48" "VIA = $(address b2 4) $(address b2 6)" \
		>"$TAOFIREWALL_CONFIG/routing.cfg"
	started g1 g2 g3
	lan_machine l1
	bridge_create
	bridged_create "${bridged[@]}"
	for each in "${bridged[@]}"; do attach "$each" "ip=${ip[$each]}"; done
	trust_everybody
	for each in "${receivers[@]}"; do watch_ports "$each"; done
	site >"$BATS_TEST_TMPDIR/asked"
}

@test "a packet passes when its source belongs to where it comes from, and no other does" {
	everybody_there
	send_all
	agreed
	[ "$port" -ge $((7000 + 25 * (${#senders[@]} * ${#receivers[@]} - 2))) ]
}

@test "with ANTISPOOF = no every source passes, from those who are attached" {
	configure XEN=yes "[xen]" "ANTISPOOF = no"
	everybody_there
	send_all
	agreed
}

# claims_a_right TO: the world has it at TO by its source, and g1, which claims that, has not
claims_a_right() {
	watch "$1" came "udp dport 7777"
	send_as world office "$1" dport=7777
	arrives "$1" came 2
	unwatch "$1"
	send_as g1 office "$1" dport=7777
	sleep 0.2
	arrives_not "$1" came
}

@test "and no right by it: not that of [unmanaged]" {
	configure XEN=yes "[xen]" "ANTISPOOF = no"
	rules "[unmanaged]" "NETWORKS = {office}"
	host g2 "PUBLIC_PORTS = 80"
	dom0 firewall start
	guest_create g1 g2
	attach g1
	attach g2
	trust_everybody
	claims_a_right g2
}

@test "nor that of FRIENDS" {
	configure XEN=yes "[xen]" "ANTISPOOF = no"
	lans_up
	rules "$(lan 1 "FRIENDS = {office}")"
	dom0 firewall start
	lan_machine l1
	guest_create g1
	attach g1
	knows world l1
	trust_everybody
	claims_a_right l1
}
