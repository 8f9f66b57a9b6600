# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Builds the scene in which the real programs run: a world, a Dom0, its guests, and a xenstored.
#
#     world ---- eth0  dom0  vif1.0 ---- eth0 g1
#                            vif2.0 ---- eth0 g2
#                            vif3.0 ---- eth0 g3
#     lan ------ lan0  xenbr0
#                            vif11.0 --- eth0 b1
#                            vif12.0 --- eth0 b2
#                            vif13.0 --- eth0 b3
#
# Each is a network namespace of its own; a vif is a veth pair, down at Dom0's end as netback leaves it. Guests live
# in the uplink's network, so that nobody finds them unless Dom0 answers for them; 192.0.2.0/24 and 2001:db8:b::/48
# are routed to Dom0. What hangs on the bridge is there where a test asks for it (bridge_create): a LAN with parts of
# these networks, in which Dom0 is the gateway. The world also has the addresses of an office and of a stranger. Needs no bats: $scene_dir is
# where its files go, and scene_down takes everything away.

scene_root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
scene_bats=${BATS_RUN_TMPDIR:-$$}
command -v talk >/dev/null || PATH=$scene_root/build/san:$scene_root/build/tests:$PATH
PATH=$PATH:/usr/sbin:/sbin

scene_script=/etc/xen/scripts/vif-route-taofw	# what a DomU's configuration names
scene_services=(tcp/{22,25,53,80,443,2222,3306,5432,5999,6000,6050,6100,6101,8080}
	udp/{22,53,80,123,443,5999,6000,6050,6100,6101})
dom0_mac=00:00:5e:00:53:02
world_mac=00:00:5e:00:53:01
bridge_mac=00:00:5e:00:53:03
lan_mac=00:00:5e:00:53:04
vif_mac=fe:ff:ff:ff:ff:ff	# netback's, of Dom0's end of every vif

declare -gA scene_addresses=(
	[world 4]=198.51.100.1		[world 6]=2001:db8:a:a::1
	[office 4]=203.0.113.7		[office 6]=2001:db8:f::7
	[stranger 4]=203.0.113.66	[stranger 6]=2001:db8:f::66
	[dom0 4]=198.51.100.2		[dom0 6]=2001:db8:a:a::2
	[g1 4]=198.51.100.11		[g1 6]=2001:db8:a:a::11
	[g2 4]=198.51.100.12		[g2 6]=2001:db8:a:a::12
	[g3 4]=198.51.100.13		[g3 6]=2001:db8:a:a::13
	[bridge 4]=192.0.2.129		[bridge 6]=2001:db8:b:1::1
	[lan 4]=192.0.2.130		[lan 6]=2001:db8:b:1::2
	[b1 4]=192.0.2.141		[b1 6]=2001:db8:b:1::11
	[b2 4]=192.0.2.142		[b2 6]=2001:db8:b:1::12
	[b3 4]=192.0.2.143		[b3 6]=2001:db8:b:1::13
)
declare -gA scene_vifs=([g1]="1 0" [g2]="2 0" [g3]="3 0" [b1]="11 0" [b2]="12 0" [b3]="13 0")	# domain and device number

address() { printf '%s' "${scene_addresses[$1 $2]:-$1}"; }	# address NAME 4|6; other text stands for itself
# mac GUEST, and link_local GUEST: as its MAC gives it
mac() { printf '00:16:3e:%02x:%02x:%02x' "${scene_vifs[$1]#* }" $((${scene_vifs[$1]% *} / 256)) $((${scene_vifs[$1]% *} % 256)); }
link_local() { printf 'fe80::216:3eff:fe%02x:%x' "${scene_vifs[$1]#* }" "${scene_vifs[$1]% *}"; }
vif() { local id=${scene_vifs[$1]}; printf 'vif%s' "${id/ /.}"; }	# vif GUEST: its name in Dom0

# ---- namespaces ----

# inside NAME COMMAND...: run it there, for $LIMIT seconds at most
inside() { ip netns exec "$scene-$1" timeout -k 5 "${LIMIT:-60}" "${@:2}"; }
world() { inside world "$@"; }
dom0() { inside dom0 "$@"; }
guest() { inside "$@"; }

# background NAME COMMAND...: as inside, but go on, until scene_down ends it, for ten minutes at most. Its process is $!.
background() {
	# Exec, or what is ended would be a shell that waits for it; and bash would give it /dev/null.
	(exec ip netns exec "$scene-$1" timeout -k 5 "${LIMIT:-600}" "${@:2}") <&0 3>&- 4>&- &
	scene_processes+=($!)
}

# A namespace without the seconds that duplicate address detection takes.
namespace_add() {
	ip netns add "$scene-$1"
	scene_namespaces+=("$scene-$1")
	ip netns exec "$scene-$1" bash -c 'cd /proc/sys/net/ipv6/conf
		echo 0 >all/accept_dad; echo 0 >default/accept_dad; echo 0 >default/router_solicitations'
	ip -n "$scene-$1" link set lo up
}

scene_up() {
	scene_dir=${scene_dir:-$BATS_TEST_TMPDIR}
	scene=tf-${scene_bats##*[-/]}-${BATS_TEST_NUMBER:-0}
	scene_processes=() scene_namespaces=()
	export TAOFIREWALL_CONFIG=$scene_dir/config TAOFIREWALL_RUN=$scene_dir/run
	mkdir -p "$TAOFIREWALL_CONFIG"
	namespace_add world
	namespace_add dom0
	ip -n "$scene-world" -batch - <<-END
		link add eth0 address $world_mac type veth peer name eth0 address $dom0_mac netns $scene-dom0
		link set eth0 up
		address add $(address world 4)/24 dev eth0
		address add $(address world 6)/64 dev eth0 nodad
		address add $(address office 4)/32 dev lo
		address add $(address office 6)/128 dev lo nodad
		address add $(address stranger 4)/32 dev lo
		address add $(address stranger 6)/128 dev lo nodad
		route add 192.0.2.0/24 via $(address dom0 4)
		route add 2001:db8:b::/48 via $(address dom0 6)
	END
	ip -n "$scene-dom0" -batch - <<-END
		link set eth0 up
		address add $(address dom0 4)/24 dev eth0
		address add $(address dom0 6)/64 dev eth0 nodad
		route add default via $(address world 4)
		route add default via $(address world 6)
	END
	ip netns exec "$scene-dom0" bash -c 'cd /proc/sys/net
		echo 1 >ipv4/ip_forward; echo 1 >ipv6/conf/all/forwarding
		echo 1 >ipv6/conf/default/accept_dad	# what a vif does about it is up to the program
		# A test that counts connections has them all at its end, however slow the machine.
		for each in udp_timeout udp_timeout_stream icmp_timeout icmpv6_timeout tcp_timeout_syn_sent; do
			[ ! -e netfilter/nf_conntrack_$each ] || echo 600 >netfilter/nf_conntrack_$each
		done'
	xenstore_start
}

scene_down() {
	local each
	for each in "${scene_processes[@]}"; do kill "$each" && kill -CONT "$each"; done 2>/dev/null || true
	for each in "${scene_processes[@]}"; do wait "$each" 2>/dev/null || true; done
	for each in "${scene_namespaces[@]}"; do ip netns delete "$each" || true; done
	scene_processes=() scene_namespaces=()
}

# What a person wants to see when a test went wrong.
scene_describe() {
	local each
	echo "# Dom0:"
	dom0 nft -a list ruleset
	for each in "-4 route" "-6 route" address neighbour "neighbour show proxy" "-6 neighbour show proxy"; do
		# shellcheck disable=SC2086 # words
		ip -n "$scene-dom0" $each
	done
	xenstore-ls -f
}

# ---- guests and their vifs ----

# vif_create GUEST: its namespace, when there is none yet, and its vif, as they are when libxl calls the script
vif_create() {
	[[ " ${scene_namespaces[*]} " == *" $scene-$1 "* ]] || namespace_add "$1"
	ip -n "$scene-$1" link add eth0 address "$(mac "$1")" type veth \
		peer name "$(vif "$1")" address $vif_mac netns "$scene-dom0"
	ip -n "$scene-$1" link set eth0 up
}

vif_destroy() { ip -n "$scene-dom0" link delete "$(vif "$1")"; }	# netback takes it away

# guest_address GUEST ADDRESS...: its addresses, and Dom0's as the gateway
guest_address() {
	local each guest=$1
	shift
	{
		for each; do
			[[ $each == */* ]] || if [[ $each == *:* ]]; then each+=/128; else each+=/32; fi
			[[ $each == *:* ]] && each+=" nodad"
			echo "address add $each dev eth0"
		done
		echo "route replace default via $(address dom0 4) dev eth0 onlink"
		echo "route replace default via $(address dom0 6) dev eth0 onlink"
	} | ip -n "$scene-$guest" -batch -
}

# guest_create GUEST...: each with its vif, its two addresses, and its services
guest_create() {
	local each
	for each; do
		vif_create "$each"
		guest_address "$each" "$(address "$each" 4)" "$(address "$each" 6)"
		serve "$each"
	done
}

# bridge_create: the bridge in Dom0, with a port to the LAN
bridge_create() {
	namespace_add lan
	ip -n "$scene-dom0" -batch - <<-END
		link add xenbr0 address $bridge_mac type bridge stp_state 0 forward_delay 0
		link add lan0 type veth peer name eth0 address $lan_mac netns $scene-lan
		link set lan0 master xenbr0
		link set lan0 up
		link set xenbr0 up
		address add $(address bridge 4)/25 dev xenbr0
		address add $(address bridge 6)/64 dev xenbr0 nodad
	END
	lan_address lan
}

# br_netfilter 0|1: do bridged frames meet the hooks of IP, too? Until then, as the machine that the tests run on has it.
br_netfilter() {
	# shellcheck disable=SC2016 # the inner shell's
	dom0 sh -c 'for each in /proc/sys/net/bridge/bridge-nf-call-*tables; do
		[ ! -e $each ] || echo "$0" >$each; done' "$1"
}

# lan_address NAME: a machine of the LAN, with its two addresses
lan_address() {
	ip -n "$scene-$1" -batch - <<-END
		link set eth0 up
		address replace $(address "$1" 4)/25 dev eth0
		address replace $(address "$1" 6)/64 dev eth0 nodad
		route replace default via $(address bridge 4) dev eth0
		route replace default via $(address bridge 6) dev eth0
	END
}

# bridged_create GUEST...: guests of the bridge, each with its vif, its two addresses, and its services
bridged_create() {
	local each
	for each; do
		vif_create "$each"
		lan_address "$each"
		serve "$each"
	done
}

# guest_twin GUEST AS DOMID: a further guest with the addresses and the MAC of AS
guest_twin() {
	scene_vifs[$1]="$3 0"
	scene_addresses[$1 4]=$(address "$2" 4)
	scene_addresses[$1 6]=$(address "$2" 6)
}

# send_as NAME CLAIMED TO [WORD...]: a UDP packet of each family from NAME that claims to come from CLAIMED
send_as() {
	local place=$1 claimed=$2 to=$3 family frames=() mac=$vif_mac
	shift 3
	[ "$place" != world ] || mac=$dom0_mac
	for family in ${FAMILIES:-4 6}; do
		frames+=(${frames:++} "udp$family" "dmac=$mac" "src=$(address "$claimed" "$family")"
			"dst=$(address "$to" "$family")" "$@")
	done
	inside "$place" send eth0 "${frames[@]}"
}

# Switch off what the kernel itself holds against spoofed sources, so that rules alone are left to do it.
trust_everybody() {
	# shellcheck disable=SC2016 # the inner shell's
	dom0 sh -c 'cd /proc/sys/net/ipv4/conf; for each in *; do
		echo 0 >$each/rp_filter; echo 1 >$each/accept_local; echo 1 >$each/route_localnet; done'
}

# serve NAME [SERVICE...]: echo servers there
serve() {
	local pipe=$scene_dir/ready.$1 name=$1
	shift
	[ $# -gt 0 ] || set -- "${scene_services[@]}"
	mkfifo "$pipe"
	background "$name" talk serve "$@" 1<>"$pipe"
	read -r -t 10 <"$pipe" || return 1
	rm "$pipe"
}

# ---- xenstore ----

# oxenstored_run PROGRAM: with Debian's quotas. Where its socket is, it can't be told, so it has a /run of its own.
oxenstored_run() {
	truncate -s 4096 "$XENSTORED_RUNDIR/kva"
	printf 1 >"$XENSTORED_RUNDIR/port"
	sed -E '/^#? *(pid-file|(xenstored|access)-log-file|xenstored-(kva|port)) *=/d' /etc/xen/oxenstored.conf \
		>"$XENSTORED_RUNDIR/conf"
	printf '%s\n' "pid-file = $XENSTORED_RUNDIR/pid" "xenstored-kva = $XENSTORED_RUNDIR/kva" \
		"xenstored-port = $XENSTORED_RUNDIR/port" "xenstored-log-file = $XENSTORED_RUNDIR/log" \
		"access-log-file = $XENSTORED_RUNDIR/access" >>"$XENSTORED_RUNDIR/conf"
	# shellcheck disable=SC2016 # the inner shell's
	exec setpriv --pdeathsig KILL unshare -m sh -c 'mount -t tmpfs none /run && mkdir /run/xenstored &&
		mount --bind "$XENSTORED_RUNDIR" /run/xenstored && LD_PRELOAD=$0 exec "$@"' \
		"$shim" "$1" --no-fork --config-file "$XENSTORED_RUNDIR/conf"
}

xenstored_run() { exec setpriv --pdeathsig KILL env LD_PRELOAD="$shim" "$1" --no-fork; }	# xenstored_run PROGRAM

# xenstore_start: XENSTORED says which of the two daemons, the one in C, or that in OCaml, which Debian starts
xenstore_start() {
	export XENSTORED_RUNDIR=$scene_dir/xenstored
	export XENSTORED_PATH=$XENSTORED_RUNDIR/socket
	mkdir -p "$XENSTORED_RUNDIR"
	local name=${XENSTORED:-xenstored} daemons shim
	daemons=(/usr/lib/xen-*/bin/"$name")
	shim=$(dirname "$(command -v talk)")/shim.so
	"${name}_run" "${daemons[0]}" >"$scene_dir/xenstored.log" 2>&1 3>&- 4>&- &
	xenstore_process=$!
	scene_processes+=("$xenstore_process")
	eventually xenstore-list / >/dev/null
}

xenstore_stop() {
	kill "$xenstore_process"
	wait "$xenstore_process" || true
	rm -f "$XENSTORED_PATH"
}

# store_vif DOMID DEVID KEY=VALUE...: what libxl writes before it calls the script
store_vif() {
	local domid=$1 devid=$2 each back=backend/vif/$1/$2 front=/local/domain/$1/device/vif/$2
	shift 2
	local write=("/local/domain/$domid/name" "guest$domid" "$back/frontend" "$front" "$back/frontend-id" "$domid"
		"$back/online" 1 "$back/state" 2 "$back/script" "$scene_script" "$back/handle" "$devid"
		"$back/type" vif "$back/bridge" xenbr0 "$back/hotplug-status" ""
		"$front/backend" "/local/domain/0/$back" "$front/backend-id" 0 "$front/state" 1
		"/libxl/$domid/device/vif/$devid/backend" "/local/domain/0/$back")
	for each; do write+=("$back/${each%%=*}" "${each#*=}"); done
	xenstore-write "${write[@]}"
	xenstore-chmod -r "$back" n0 "r$domid"
	xenstore-chmod -r "$front" "n$domid" r0
}

# store DOMID DEVID KEY: what stands in the backend's node; nothing where there is none
store() { xenstore-read "backend/vif/$1/$2/$3" 2>/dev/null || true; }

# store_forget DOMID DEVID: what libxl does last
store_forget() {
	xenstore-rm "backend/vif/$1/$2" "/local/domain/$1/device/vif/$2" "/libxl/$1/device/vif/$2"
}

# ---- the programs, as their callers run them ----

# hotplug VERB TYPE DOMID DEVID [VARIABLE=VALUE...]: as libxl does; an empty TYPE is none given
hotplug() {
	local verb=$1 type=$2 back=backend/vif/$3/$4 name=vif$3.$4 script
	shift 4
	script=$(xenstore-read "$back/script" 2>/dev/null) || script=$scene_script
	LIMIT=40 dom0 env script="$script" XENBUS_TYPE=vif XENBUS_PATH="$back" XENBUS_BASE_PATH=backend \
		netdev="$(xenstore-read "$back/gatewaydev" 2>/dev/null)" vif="$name" "$@" \
		"${script##*/}" "$verb" ${type:+"type_if=$type"} </dev/null
}

online() { hotplug online vif "$@"; }
offline() { hotplug offline vif "$@"; }
tap() { hotplug "$1" tap "$2" "$3" INTERFACE="vif$2.$3-emu" "${@:4}"; }	# tap add|remove DOMID DEVID

# attach GUEST [KEY=VALUE...]: its vif comes online, by default with its two addresses; those called b are bridged, and
# have no IPv6 where the tests run with an iptables backend
attach() {
	local guest=$1 id ip
	ip="$(address "$guest" 4) $(address "$guest" 6)"
	read -ra id <<<"${scene_vifs[$1]}"
	shift
	if [[ $guest == b* ]]; then
		set -- "script=${scene_script%/*}/vif-bridge-taofw" "$@"
		[ "${BACKEND:-nft}" = nft ] || ip=${ip% *}
	fi
	store_vif "${id[@]}" "mac=$(mac "$guest")" "ip=$ip" "$@"
	online "${id[@]}" && xenstore-write "backend/vif/${id[0]}/${id[1]}/state" 4
}

# store_goodbye DOMID DEVID: libxl takes a vif away, and netback has closed it
store_goodbye() {
	xenstore-write "backend/vif/$1/$2/online" 0 "backend/vif/$1/$2/state" 6
	xenstore-rm "backend/vif/$1/$2/hotplug-status"
}

# detach GUEST: libxl says goodbye, netback takes its interface away when it still has one, the script, libxl forgets
detach() {
	local id
	read -ra id <<<"${scene_vifs[$1]}"
	store_goodbye "${id[@]}"
	vif_destroy "$1" 2>/dev/null
	offline "${id[@]}" && store_forget "${id[@]}"
}

# eventually COMMAND...: it succeeds within $PATIENCE seconds, by default 20
eventually() {
	local end=$((SECONDS + ${PATIENCE:-20}))
	until "$@" 2>/dev/null; do
		((SECONDS < end)) || { echo "never happened: $*" >&2; return 1; }
		sleep 0.02
	done
}
