# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # scene and scene_dir are scene.bash's
# What the tests promise, with real packets: who reaches whom, what arrives where, and that nothing is left. Each
# promise holds for both families; FAMILIES=4 or FAMILIES=6 asks for one only.

assert_folder=${BASH_SOURCE[0]%/*}

fail() {
	printf '%s\n' "$*" >&2
	return 1
}

# equal WHAT IS SHOULD
equal() { [ "$2" = "$3" ] || fail "$1 is '$2' and should be '$3'"; }

# ---- connections ----

# hears ANSWER MS FROM TO SERVICE...: every service answers so, within that time. FROM and TO are names of the scene or
# addresses; office and stranger speak from the world.
hears() {
	local expected=$1 wait=$2 from=$3 to=$4 place=$3 family words=() out
	shift 4
	[[ $place == office || $place == stranger ]] && place=world
	for family in ${FAMILIES:-4 6}; do
		words+=("to=$(address "$to" "$family")")
		[ "$from" = "$place" ] || words+=("from=$(address "$from" "$family")")
		words+=("$@")
	done
	out=$(inside "$place" talk ask "wait=$wait" "${words[@]}") || return
	[ "$(wc -l <<<"$out")" -eq $(($# * $(wc -w <<<"${FAMILIES:-4 6}"))) ] || fail "talk said: $out" || return
	out=$(grep -v " $expected\$" <<<"$out") || return 0
	fail "from $from to $to, not $expected:"$'\n'"$out"
}

# connects FROM TO SERVICE... Who asked for its gateway while its own link came up hears that nobody is there, and asks again.
connects() {
	local said
	said=$(hears answered 5000 "$@" 2>&1) || {
		[[ $said == *" unreachable"* ]] && hears answered 5000 "$@"
	} || fail "$said"
}
refuses() { hears silent 250 "$@"; }		# refuses FROM TO SERVICE...: not even an error comes

# explains STATUS FROM TO SERVICE...: that is what `firewall explain` says of each, 0 accepted and 1 dropped
explains() {
	local expected=$1 from=$2 to=$3 family each status
	shift 3
	for family in ${FAMILIES:-4 6}; do
		for each; do
			status=0
			dom0 firewall explain --from "$(address "$from" "$family")" --to "$(address "$to" "$family")" \
				--port "${each#*/}/${each%/*}" >"$scene_dir/explained" || status=$?
			equal "explain, of $each from $from to $to in IPv$family" $status "$expected" ||
				fail "$(<"$scene_dir/explained")" || return
		done
	done
}

opens() { connects "$@" && explains 0 "$@"; }	# opens FROM TO SERVICE...: they answer, and explain says the same
closes() { refuses "$@" && explains 1 "$@"; }	# closes FROM TO SERVICE...: they don't

# pings FROM TO [OPTION...]: an echo comes back, if not of the first request then of one that follows it each second
pings() {
	local family
	for family in ${FAMILIES:-4 6}; do
		inside "$1" ping -n -q -c 1 -w 5 "${@:3}" "$(address "$2" "$family")" >/dev/null ||
			fail "no echo from $2 to $1 in IPv$family" || return
	done
}

# no_pings FROM TO: none does, in either family
no_pings() {
	local family
	for family in ${FAMILIES:-4 6}; do
		inside "$1" ping -n -q -c 1 -W 0.3 "$(address "$2" "$family")" >/dev/null 2>&1 || continue
		fail "an echo from $2 to $1 in IPv$family"
		return 1
	done
}

# hold NAME FROM TO SERVICE: open a connection in FROM, in the one family of $FAMILIES, and see that it answers
hold() {
	local to_talk from_talk
	mkfifo "$scene_dir/$1.in" "$scene_dir/$1.out"
	background "$2" talk hold wait=2000 "to=$(address "$3" "$FAMILIES")" "$4" \
		0<>"$scene_dir/$1.in" 1<>"$scene_dir/$1.out"
	exec {to_talk}>"$scene_dir/$1.in" {from_talk}<"$scene_dir/$1.out"
	held[$1]="$to_talk $from_talk"
	held "$1"
}
declare -gA held=()

# held NAME: the connection still answers
held() {
	local fds answer
	read -ra fds <<<"${held[$1]}"
	echo >&"${fds[0]}"
	read -r -t 10 -u "${fds[1]}" answer || answer="talk ended"
	equal "the connection $1" "$answer" answered
}

# ---- packets ----

# The priority of what stands behind Dom0's spoofing protection (-450, of iptables' table raw -300), before connection
# tracking.
behind_spoofing() { if uses_iptables; then echo -290; else echo -440; fi; }

# watch NAME LABEL MATCH: count what arrives at NAME and matches, an nft expression
watch() {
	inside "$1" nft -f - <<-END
		table inet seen {
			counter of_$2 { }
			chain arrived {
				type filter hook prerouting priority $(behind_spoofing)
				$3 counter name of_$2
			}
		}
	END
}

# watch_arp NAME LABEL MATCH: the same for ARP; in Dom0 behind our own table (priority 0 and less)
watch_arp() {
	inside "$1" nft -f - <<-END
		table arp seen {
			counter of_$2 { }
			chain arrived {
				type filter hook input priority 100
				$3 counter name of_$2
			}
		}
	END
}

# watch_frames NAME LABEL MATCH: the same for frames of whatever protocol, tags and all, as they come from the wire
watch_frames() {
	inside "$1" nft -f - <<-END
		table netdev seen {
			counter of_$2 { }
			chain arrived {
				type filter hook ingress device eth0 priority 0
				$3 counter name of_$2
			}
		}
	END
}

# seen NAME LABEL: how many arrived
seen() {
	inside "$1" nft list counters | awk -v label="of_$2" '
		$1 == "counter" && $2 == label { found = 1 }
		found && $1 == "packets" { print $2; exit }'
}

is_seen() { [ "$(seen "$1" "$2")" -ge "${3:-1}" ]; }
arrives() { eventually is_seen "$@"; }		# arrives NAME LABEL [N]: at least N did
arrives_not() { equal "the count of $2 at $1" "$(seen "$1" "$2")" 0; }
unwatch() { inside "$1" nft reset counters >/dev/null; }	# unwatch NAME: begin again at 0

# Do the tests run with one of the iptables backends?
uses_iptables() { [[ ${BACKEND:-nft} != nft ]]; }

# ip_rules OPTION...: what `iptables -S` prints in Dom0 of both families and our tables
ip_rules() {
	local tool table
	for tool in ip{,6}tables; do
		[ "$BACKEND" != iptables-legacy ] || tool+=-legacy
		for table in raw filter nat; do dom0 "$tool" -w -t $table "$@" -S; done
	done
}

# dropped SET VIF [FAMILY]: how many packets of the vif the element of the SET has counted, in that table
dropped() {
	if uses_iptables && [ "${3:-}" = bridge ]; then
		dom0 ebtables -t nat -L --Lc | awk -v name="taofw-[a-z]-$1," -v vif="$2" '
			$1 == "Bridge" { found = $3 ~ name }
			found && $2 == vif && $3 == "-j" && $4 == "CONTINUE" { n += $8 }
			END { print n + 0 }'
		return
	fi
	if uses_iptables; then
		ip_rules -v | awk -v chain="-$1-(from|to)$" -v vif="$2" '
			$1 == "-A" && $2 ~ chain && $4 == vif && $NF == "RETURN" { n += $6 }
			END { print n + 0 }'
		return
	fi
	dom0 nft list set "${3:-inet}" taofirewall "$1" | sed 's/[,{]/\n/g' |
		awk -v vif="\"$2\"" '$1 == vif { for (i = 1; i < NF; i++) if ($i == "packets") n += $(i + 1) } END { print n + 0 }'
}

# ---- what is left ----

# flush_rules: somebody takes away all of Dom0's rules; chains of iptables stay, empty
flush_rules() {
	local tool table
	if ! uses_iptables; then
		dom0 nft flush ruleset
		return
	fi
	for tool in ip{,6}tables; do
		[ "$BACKEND" != iptables-legacy ] || tool+=-legacy
		for table in raw filter nat; do dom0 "$tool" -w -t $table -F; done
	done
}

# Dom0's rules, without the sets into which packets themselves write; of the iptables backends what there is, without
# the letter of their generation
resting_rules() {
	local table
	if uses_iptables; then
		ip_rules | sed '/^-P /d; s/taofw-[a-z]-/taofw-/g'
		for table in nat filter; do dom0 ebtables -t $table -L | sed 's/taofw-[a-z]-/taofw-/g'; done
		dom0 nft list tables | grep -F taofirewall || true
		return
	fi
	dom0 nft -s list ruleset | awk -f "$assert_folder/../xen/dom0/root/resting.awk"
}

# All that an attach changes in Dom0 and what must be as before after the detach, without what a vif takes along itself.
dom0_state() {
	echo "== rules"
	resting_rules | tr ',' '\n' | sed 's/^[[:space:]]*//; s/[[:space:]]*$//; /^$/d' | sort
	echo "== routes, and proxy entries"
	{
		ip -n "$scene-dom0" -4 route show table all
		ip -n "$scene-dom0" -6 route show table all
	} | grep -v -E '^(local|broadcast|multicast|anycast) |^fe80::' |
		sed 's/ linkdown//' | sort	# a bridge that never had a port is up, one that lost its last is not
	ip -n "$scene-dom0" -4 neighbour show proxy
	ip -n "$scene-dom0" -6 neighbour show proxy
	echo "== addresses"
	ip -n "$scene-dom0" -o address show scope global | awk '{ print $2, $4 }' | sort
	echo "== ports"
	bridge -n "$scene-dom0" -o link show | sed 's/^[0-9]*: //' | sort
	bridge -n "$scene-dom0" fdb show | grep static || true
	echo "== records"
	xenstore-ls -f taofirewall 2>/dev/null | grep -E '/(domain|owner|side)/.' || true
}

remember() { dom0_state >"$scene_dir/state.remembered"; }

# unchanged: Dom0 is as it was at `remember`
unchanged() {
	dom0_state >"$scene_dir/state.now"
	diff -u "$scene_dir/state.remembered" "$scene_dir/state.now"
}

# The same without the set of those addresses that host files name, be their guests there or not.
guests_rules() { resting_rules | sed '/^\tset domu[46]_/,/^\t}/d'; }

# nothing_left: no guest of the scene has left a trace in Dom0
nothing_left() {
	local left name family
	left=$(
		ip -n "$scene-dom0" -4 route show table all proto 116
		ip -n "$scene-dom0" -6 route show table all proto 116
		ip -n "$scene-dom0" -4 neighbour show proxy
		ip -n "$scene-dom0" -6 neighbour show proxy
		xenstore-ls -f taofirewall 2>/dev/null | grep -E '/(domain|owner|side)/.'
		for name in g1 g2 g3 b1 b2 b3; do
			for family in 4 6; do
				guests_rules | grep -F -w "$(address $name $family)"
				dom0 cat /proc/net/nf_conntrack 2>/dev/null | grep -F -w "$(address $name $family)"
			done
		done
	) || true
	[ -z "$left" ] || fail "left behind:"$'\n'"$left"
}
