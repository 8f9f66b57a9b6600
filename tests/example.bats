#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# conf/examples/mixed, as it stands: its network is built from its own files, and what they promise is shown with packets
# in both families. The world knows a way to each private network, so what does not pass is dropped by rules.
# shellcheck disable=SC2004,SC2154 # scene and its like, arrays with names as keys, come from lib/net.bash

load lib/net
load lib/lan

example=$BATS_TEST_DIRNAME/../conf/examples/mixed
guests=(web1 vps vpn wiki git db desk1 desk2 files)
services=(tcp/{22,80,443,2049,5432,8443} udp/{53,443,1194})

# Who is no guest: people out in the world, a real machine of the rack, and one behind each end of the VPN.
scene_addresses+=(
	[stranger 6]=2001:db8:e::66	# outside of the office's network
	[nas 4]=10.1.0.20		[nas 6]=2001:db8:b:3::20
	[client 4]=10.8.0.5		[client 6]=2001:db8:b:8::5
	[branch 4]=10.9.0.5		[branch 6]=2001:db8:b:9::5
	[resolver 4]=192.168.2.1	[resolver 6]=2001:db8:b:2::1	# Dom0, as the desks see it
	[wiki_public 4]=198.51.100.2	[wiki_public 6]=2001:db8:b:1::11
	[git_public 4]=192.0.2.14	[git_public 6]=2001:db8:b:1::12
)

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	cp -r "$example/." "$TAOFIREWALL_CONFIG"
	know_guests
	namespace_add nas
	ip -n "$scene-nas" link add eth0 type veth peer name eth1 netns "$scene-dom0"
	ip -n "$scene-dom0" link set eth1 up
	ip -n "$scene-dom0" -batch - < <(interfaces)
	machine nas eth0 10.1.0.1 2001:db8:b:3::1
	ip -n "$scene-world" route add 192.168.0.0/16 via "$(address dom0 4)"
	ip -n "$scene-world" route add 10.0.0.0/8 via "$(address dom0 4)"
	serve world
	serve dom0 "${services[@]}"
	dom0 firewall start
}

# interfaces: the example's file of that name, as commands of ip
interfaces() {
	awk '
		$1 == "iface" { device = $2 }
		$1 == "bridge_ports" { print "link add", device, "type bridge"; print "link set", device, "up" }
		$1 == "bridge_ports" && $2 != "none" { print "link set", $2, "master", device }
		$1 == "address" { print "address replace", $2, "dev", device ($2 ~ /:/ ? " nodad" : "") }
		$1 == "gateway" { print "route replace default via", $2, "dev", device }' "$example/interfaces"
}

# machine NAME DEVICE GATEWAY4 GATEWAY6: its two addresses and its services
machine() {
	ip -n "$scene-$1" -batch - <<-END
		link set $2 up
		address add $(address "$1" 4)/24 dev $2
		address add $(address "$1" 6)/64 dev $2 nodad
		route add default via $3
		route add default via $4
	END
	serve "$1" "${services[@]}"
}

# vif_words GUEST: what its xl file says of its vif, each KEY=VALUE on a line
vif_words() { sed -n "s/^vif = \[ '\(.*\)' \]$/\1/p" "$example/xen/$1.cfg" | tr , '\n'; }

# know_guests: their MAC addresses are those of the scene, if the last byte is the number of the domain
know_guests() {
	local each mac four six
	for each in "${guests[@]}"; do
		mac=$(vif_words "$each" | sed -n 's/^mac=//p')
		scene_vifs[$each]="$((16#${mac##*:})) 0"
		equal "the MAC address of $each" "$mac" "$(mac "$each")"
		read -r four six < <(vif_words "$each" | sed -n 's/^ip=//p')
		scene_addresses[$each 4]=$four scene_addresses[$each 6]=$six
	done
}

# up GUEST...: they start, as their xl files say, and inside they have what the last line of these says
up() {
	local each words id four six gateway4 gateway6
	for each; do
		vif_create "$each"
		read -r _ _ _ _ four _ six _ gateway4 _ gateway6 < <(grep '^# In the guest: ' "$example/xen/$each.cfg")
		ip -n "$scene-$each" -batch - <<-END
			address add $four dev eth0
			address add ${six%,} dev eth0 nodad
			route add default via $gateway4 dev eth0 onlink
			route add default via $gateway6 dev eth0 onlink
		END
		serve "$each" "${services[@]}"
		mapfile -t words < <(vif_words "$each")
		id=${scene_vifs[$each]% *}
		store_vif "$id" 0 "${words[@]/#script=/script=/etc/xen/scripts/}"
		online "$id" 0
		xenstore-write "backend/vif/$id/0/state" 4
	done
}

# behind_vpn: a client, and a machine of the branch office
behind_vpn() {
	local each
	for each in client:eth1 branch:eth2; do
		namespace_add "${each%:*}"
		ip -n "$scene-${each%:*}" link add eth0 type veth peer name "${each#*:}" netns "$scene-vpn"
	done
	ip -n "$scene-vpn" -batch - <<-END
		link set eth1 up
		address add 10.8.0.1/24 dev eth1
		address add 2001:db8:b:8::1/64 dev eth1 nodad
		link set eth2 up
		address add 10.9.0.1/24 dev eth2
		address add 2001:db8:b:9::1/64 dev eth2 nodad
	END
	inside vpn sh -c 'cd /proc/sys/net; echo 1 >ipv4/ip_forward; echo 1 >ipv6/conf/all/forwarding'
	machine client eth0 10.8.0.1 2001:db8:b:8::1
	machine branch eth0 10.9.0.1 2001:db8:b:9::1
}

@test "all of it comes up as its files say, and goes without a trace" {
	local each said
	said=$(dom0 firewall check 2>&1 >/dev/null)
	equal "what firewall check warns of" "$said" ""
	remember
	up "${guests[@]}"
	dom0 firewall status >"$scene_dir/status"
	for each in "${guests[@]}"; do
		equal "hotplug-status of $each" "$(store "${scene_vifs[$each]% *}" 0 hotplug-status)" connected
		grep -qF "$(address "$each" 4)" "$scene_dir/status" || fail "no $each in the status"
	done
	run ! grep -F "no host file" "$scene_dir/status"
	for each in "${guests[@]}"; do detach "$each"; done
	unchanged
}

@test "Dom0 is for the office and the VPN's clients, and for the names that desks and servers ask" {
	up vpn wiki desk1
	behind_vpn
	connects office dom0 tcp/22
	connects client dom0 tcp/22
	connects desk1 resolver udp/53
	connects wiki dom0 udp/53
	refuses stranger dom0 tcp/22 tcp/80 udp/53
	refuses desk1 resolver tcp/22 tcp/80
	refuses vpn dom0 tcp/22 udp/53
	pings world dom0
}

@test "everybody reaches the web server, the wiki and the git server at their public ports alone" {
	up web1 vpn wiki git
	behind_vpn
	connects stranger web1 tcp/80 tcp/443
	refuses stranger web1 tcp/22 tcp/5432
	connects office web1 tcp/22
	connects client web1 tcp/22
	FAMILIES=4 sees wiki world world wiki_public tcp/8443 tcp/443
	FAMILIES=4 refuses stranger wiki_public tcp/443
	FAMILIES=6 connects stranger wiki_public tcp/443
	refuses office wiki_public tcp/80
	connects stranger git_public tcp/443
	connects office git_public tcp/22
	refuses stranger git_public tcp/22 tcp/80
	refuses office git_public tcp/5432
	connects office vpn tcp/22 udp/1194
	connects stranger vpn udp/1194
	refuses stranger vpn tcp/22 tcp/443
}

@test "nobody outside reaches a private network past its translations" {
	up wiki git db desk1 files
	refuses stranger db "${services[@]}"
	refuses office desk1 "${services[@]}"
	refuses stranger files "${services[@]}"
	refuses office nas "${services[@]}"
	refuses stranger wiki tcp/22 tcp/80
	refuses stranger git tcp/22 tcp/80
}

@test "the web server opens what it needs, and nothing else" {
	up web1 vps wiki db files
	connects web1 world tcp/80 tcp/443 udp/53
	refuses web1 world tcp/22 tcp/8080 udp/123
	connects web1 db tcp/5432
	refuses web1 db tcp/22
	connects web1 files tcp/22
	refuses web1 files tcp/2049
	refuses vps db tcp/5432 tcp/22
	refuses vps files tcp/22 tcp/2049
	refuses web1 vps tcp/22
	connects web1 vps tcp/443
}

@test "the customer's machine filters for itself, and is nobody else" {
	up web1 vps wiki
	connects stranger vps "${services[@]}"
	connects vps world tcp/22 tcp/8080 udp/123
	connects vps web1 tcp/443
	refuses vps web1 tcp/22
	trust_everybody
	watch world claimed "udp dport 7777"
	watch world honest "udp dport 7778"
	send_as vps web1 world dport=7777
	send_as vps wiki world dport=7777
	send_as vps office world dport=7777
	send_as vps vps world dport=7778
	arrives world honest 2
	arrives_not world claimed
}

@test "private addresses leave as Dom0's, the git server's as its own public one, and in IPv6 as they are" {
	local each
	up vpn wiki git db desk1 files
	behind_vpn
	for each in wiki db desk1 files nas client; do
		FAMILIES=4 sees world dom0 "$each" world tcp/80
		FAMILIES=6 sees world "$each" "$each" world tcp/80
	done
	sees world git_public git world tcp/443
	pings db world
}

@test "desks and VPN clients reach all servers as they are, and no server reaches them" {
	local each
	up vpn wiki git db desk1
	behind_vpn
	for each in wiki git db; do
		connects desk1 "$each" tcp/22 tcp/5432 udp/1194
		connects client "$each" tcp/22 tcp/5432 udp/1194
		refuses "$each" desk1 tcp/22 tcp/80 udp/53
		refuses "$each" client tcp/22 tcp/80 udp/53
	done
	sees db desk1 desk1 db tcp/443
	sees db client client db tcp/443
	connects wiki db tcp/5432
	refuses desk1 client tcp/80
	refuses client desk1 tcp/80
}

@test "desks browse, and do not see each other" {
	up web1 desk1 desk2
	connects desk1 world tcp/80 tcp/443 udp/53
	refuses desk1 world tcp/22 tcp/8080 udp/123
	connects desk1 web1 tcp/443
	refuses desk1 web1 tcp/22
	refuses desk1 desk2 tcp/80 udp/53
	refuses desk2 desk1 tcp/443
	no_pings desk1 desk2
}

@test "backups come to the rack from web server and servers, and nobody else's" {
	up web1 vpn wiki db desk1 files
	behind_vpn
	connects web1 files tcp/22
	connects wiki files tcp/22
	connects db files tcp/22
	refuses db files tcp/2049
	refuses desk1 files tcp/80
	refuses client files tcp/22
	refuses vpn files tcp/22
	refuses wiki nas tcp/22 tcp/2049
	refuses nas wiki tcp/22 tcp/80
	refuses desk1 nas tcp/80
	connects dom0 files tcp/2049
}

# What they say to each other crosses the bridge and not Dom0.
@test "the rack's machines read the backups where the kernel tracks connections on bridges, and elsewhere nothing" {
	up files
	refuses nas files tcp/22 tcp/80
	if dom0 firewall check | grep -qF "this kernel tracks no connections on bridges"; then
		refuses nas files tcp/2049
		refuses files nas tcp/22
	else
		connects nas files tcp/2049
		connects files nas tcp/22
	fi
}

@test "on the rack, too, nobody is somebody else" {
	up files db
	trust_everybody
	watch dom0 claimed "udp dport 7777"
	watch dom0 honest "udp dport 7778"
	says_to_dom0 files nas 7777
	says_to_dom0 files db 7777
	says_to_dom0 nas files 7777
	says_to_dom0 nas db 7777
	says_to_dom0 files files 7778
	says_to_dom0 nas nas 7778
	arrives dom0 honest 4
	arrives_not dom0 claimed
}

# says_to_dom0 NAME CLAIMED PORT: in each family
says_to_dom0() {
	local family mac
	mac=$(dom0 cat /sys/class/net/xenbr0/address)
	for family in 4 6; do
		inside "$1" send eth0 "udp$family" dmac="$mac" src="$(address "$2" $family)" \
			dst="$(address dom0 $family)" dport="$3"
	done
}

@test "what is behind the VPN is there while the VPN runs, and sends through it alone" {
	up web1 vpn
	behind_vpn
	refuses office client tcp/22 tcp/80 udp/53
	connects client world tcp/80
	trust_everybody
	watch world claimed "udp dport 7777"
	watch world honest "udp dport 7778"
	send_as web1 branch world dport=7777
	send_as web1 client world dport=7777
	send_as vpn branch world dport=7778
	arrives world honest 2
	arrives_not world claimed
	equal "how many routes there are" "$(routes | wc -l)" 4
	detach vpn
	equal routes "$(routes)" ""
}

# routes: Dom0's, to what is behind the VPN
routes() {
	ip -n "$scene-dom0" -4 route show proto 116 | grep -E '^10\.[89]\.0\.0/24 via 192\.0\.2\.12 ' || true
	ip -n "$scene-dom0" -6 route show proto 116 | grep -E '^2001:db8:b:[89]::/64 via ' || true
}

@test "the branch office's traffic is left alone in both directions" {
	up web1 vpn db desk1
	behind_vpn
	connects branch web1 tcp/22 tcp/5432
	connects branch db tcp/22 udp/1194
	connects branch desk1 tcp/80
	connects branch dom0 tcp/22 tcp/80
	connects stranger branch tcp/22 tcp/80 udp/53
	connects desk1 branch tcp/22
	sees branch db db branch tcp/5432
	sees world branch branch office tcp/80
}
