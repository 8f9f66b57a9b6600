# SPDX-License-Identifier: GPL-2.0-or-later
# What the scripts that run in Dom0 share: promises as lines of TAP, a guest's console, and the Internet.
# shellcheck shell=bash
promises=0 broken=0

promise() {	# promise TEXT COMMAND...: prints whether COMMAND succeeds, and if not what it said
	local output verdict=ok

	promises=$((promises + 1))
	if ! output=$("${@:2}" 2>&1); then
		verdict="not ok"
		broken=$((broken + 1))
	fi
	echo "$verdict $promises - $1"
	if [ "$verdict" != ok ]; then
		comment <<<"${*:2}: ${output:-(said nothing)}"
	fi
}

comment() { sed 's/^/# /'; }

all_promises_kept() {
	echo "1..$promises"
	[ "$broken" = 0 ]
}

not() { ! "$@"; }

exits() {	# exits STATUS COMMAND...
	local status=0

	"${@:2}" || status=$?
	[ "$status" = "$1" ]
}

says() {	# says TEXT COMMAND...: COMMAND succeeds and says TEXT
	local output

	output=$("${@:2}" 2>&1) && [[ $output == *"$1"* ]] && return
	echo "$output"
	return 1
}

fails_with() {	# fails_with TEXT COMMAND...: COMMAND fails and says TEXT
	local output

	! output=$("${@:2}" 2>&1) && [[ $output == *"$1"* ]] && return
	echo "$output"
	return 1
}

prints() { "$@" | grep .; }	# prints COMMAND...: anything at all

eventually() {	# eventually COMMAND...: within a minute; a machine under emulation has its own idea of time
	local output end=$((SECONDS + 60))

	until output=$("$@" 2>&1); do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "$output"
			return 1
		fi
		sleep 1
	done
}

start_toolstack() {
	local module

	for module in xenfs xen-evtchn xen-gntalloc xen-gntdev xen-privcmd xen-netback; do
		modprobe "$module"
	done
	mount -t xenfs xenfs /proc/xen
	oxenstored	# Debian's own choice; most tests in namespaces have the C daemon
	eventually test -S /run/xenstored/socket || return
	xen-init-dom0 >/dev/null
	xenconsoled
}

# All that a guest could leave behind in this machine. Left out is what is only counted, what the rules learn from packets
# and forget by themselves, and a folder of xenstore with nothing in it.
state() {
	{
		nft -s list ruleset | awk -f /root/resting.awk
		ip -br link
		ip -br address
		ip route show table all
		ip -6 route show table all
		ip neighbour show proxy
		ip -6 neighbour show proxy
		bridge vlan show
		ls -R /run/taofirewall
		xenstore-ls -f /libxl
		xenstore-ls -f backend
		xenstore-ls -f taofirewall
	} 2>&1 | grep -vE '^(taofirewall/[a-z]+|backend/vif) = ""$|^xenstore-ls: .*: No such file or directory$'
}

remember_state() { eventually is_settled && state >"/run/state-$1"; }	# remember_state NAME
is_settled() { not prints ip -6 address show tentative; }	# what is still being detected has no route yet
state_is() { [ -s "/run/state-$1" ] && state | diff "/run/state-$1" -; }	# state_is NAME: as it was when it got this name

# The vifs that the programs know of, as DOMID/DEVID
recorded() { xenstore-ls -f taofirewall | sed -n 's,^taofirewall/domain/[0-9]*/\([0-9]*/[0-9]*\) .*,\1,p' | sort | xargs; }

# Of a guest with disks; its network card, which guest-init waits for, is left alone.
configuration() {	# configuration NAME [DISK]...
	{
		printf '%s\n' "name = \"$1\"" 'type = "pv"' 'kernel = "/boot/vmlinux"' 'ramdisk = "/boot/guest.img"' \
			'extra = "console=hvc0 quiet"' 'memory = 128' 'vif = ["script=/usr/bin/true"]'
		echo "disk = ["
		[ $# -eq 1 ] || printf '"script=block-taofw,format=raw,%s",\n' "${@:2}"
		echo "]"
	} >"/root/$1.cfg"
}

open_console() {	# open_console DOMID: and wait until the guest listens there
	join_console "$1" && heard ready >/dev/null
}

join_console() {	# join_console DOMID: of a guest that listens there already
	local tty=/local/domain/$1/console/tty

	eventually xenstore-exists "$tty" && exec {console}<>"$(xenstore-read "$tty")"
}

guest() {	# guest COMMAND: has the guest on the open console run it; its output and exit status are ours
	local word=done-$RANDOM

	echo "$word $*" >&"$console"
	heard "$word"
}

heard() {	# heard WORD: prints what the guest says before WORD, and returns the number after it
	local line

	while read -r -t 100 -u "$console" line; do
		[[ $line == "$1 "* ]] && return "${line#"$1 "}"
		echo "$line"
	done
	echo "the guest does not answer"
	return 124
}

# The Internet is a network namespace behind the uplink, eth0. What it sends comes from 203.0.113.1 and 2001:db8:ffff::1,
# far behind its router 192.0.2.254 and 2001:db8:1::fe, and it remembers every address that it got something from.
make_world() {
	local forwarding

	ip netns add world
	ip link add eth0 type veth peer name router netns world
	ip address add 192.0.2.1/24 dev eth0
	ip address add 2001:db8:1::1/64 dev eth0 nodad
	world ip address add 192.0.2.254/32 dev router
	world ip address add 203.0.113.1/32 dev router
	world ip address add 2001:db8:1::fe/128 dev router nodad
	world ip address add 2001:db8:ffff::1/128 dev router nodad
	ip link set eth0 up
	world ip link set router up
	ip route add default via 192.0.2.254
	ip route add default via 2001:db8:1::fe
	world ip route add 192.0.2.0/24 dev router src 203.0.113.1
	world ip route add 2001:db8:1::/64 dev router src 2001:db8:ffff::1
	for forwarding in ipv4/ip_forward ipv6/conf/all/forwarding; do
		echo 1 >"/proc/sys/net/$forwarding"
	done
	world_remembers
}

# A LAN beside it: a network namespace behind a port of the bridge xenbr1, in networks of its own.
make_lan() {
	ip netns add lan
	ip link add xenbr1 type bridge stp_state 0 forward_delay 0
	ip link add lan0 type veth peer name eth0 netns lan
	ip link set lan0 master xenbr1
	ip link set lan0 up
	ip link set xenbr1 up
	lan ip address add 198.51.100.254/24 dev eth0
	lan ip address add 2001:db8:2::fe/64 dev eth0 nodad
	lan ip link set eth0 up
}

lan() { ip netns exec lan "$@"; }

world_remembers() {
	world nft -f - <<-RULES
		table inet world {
			set seen4 { type ipv4_addr; flags dynamic; size 1000; }
			set seen6 { type ipv6_addr; flags dynamic; size 1000; }
			chain arrivals {
				type filter hook prerouting priority filter
				add @seen4 { ip saddr }
				add @seen6 { ip6 saddr }
			}
		}
	RULES
}

world() { ip netns exec world "$@"; }

seen() {	# seen ADDRESS: did the world receive anything from it?
	case $1 in
	*:*) world nft get element inet world seen6 "{ $1 }" ;;
	*) world nft get element inet world seen4 "{ $1 }" ;;
	esac
}

world_forgets() {
	world nft flush set inet world seen4
	world nft flush set inet world seen6
}

trust_vif() {	# trust_vif VIF: the kernel's own check of IPv4 sources is off, so that it does not hide what our rules miss
	echo 0 >"/proc/sys/net/ipv4/conf/$1/rp_filter"
}

guest_spoofs() {	# guest_spoofs ADDRESS TO: the guest uses an address that is not its own, and then its own again
	world_forgets
	guest "ip address add $1 dev lo; ping -c 1 -W 1 -I $1 $2; ping -c 1 -W 30 $2" >/dev/null
}

world_pings() { world ping -c 1 -W 5 "$1"; }

world_connects() {	# world_connects ADDRESS PORT: and hears what the guest's listeners say
	connects world "$@"
}

connects() {	# connects WHO ADDRESS PORT: as WHO, which is world or lan
	says hello "$1" nc -w 4 "$2" "$3" </dev/null
}

reaches() {	# reaches WHO ADDRESS: what its host file lets WHO reach, and that alone
	eventually connects "$1" "$2" 80 && "$1" ping -c 1 -W 5 "$2" && not connects "$1" "$2" 81
}

# A connection that only the guest may open: where the firewall has forgotten it, what the world says is dropped.
connect_out() {	# connect_out PORT
	mkfifo /run/talk
	world nc -l -p "$1" </run/talk >/dev/null &
	exec {talk}>/run/talk
	rm /run/talk
	eventually listens "$1"
	guest "sleep 9999 | nc 203.0.113.1 $1 >/heard & sleep 2"
}

listens() { world grep -q ":$(printf %04X "$1") [0-9A-F:]* 0A " /proc/net/tcp /proc/net/tcp6; }	# listens PORT: the world does

hears() {	# hears WORD: the world says it over that connection
	echo "$1" >&"$talk"
	eventually guest grep "$1" /heard
}
