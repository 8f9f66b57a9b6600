# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Writes configurations for the scene, both families at once: {g1}, {office} and so on in a setting stand for the
# address of that machine in the family's file. FAMILIES=4 or FAMILIES=6 writes one family only.

# for_family FAMILY TEXT: with addresses in place of names
for_family() {
	local text=$2 each
	for each in "${!scene_addresses[@]}"; do
		[[ $each != *" $1" ]] || text=${text//"{${each% *}}"/${scene_addresses[$each]}}
	done
	printf '%s\n' "$text"
}

# configure [LINE...]: taofirewall.conf with these lines in [firewall] or, behind a line "[xen]", there. $BACKEND is
# the one that the tests run with; iptables-legacy is iptables-restore with other programs.
configure() {
	local each lines=()
	mkdir -p "$TAOFIREWALL_CONFIG"/ipv{4,6}.d
	[[ ${BACKEND:-nft} == nft || " $* " == *BACKEND* ]] || lines+=("BACKEND = ${BACKEND/legacy/restore}")
	printf '%s\n' '[firewall]' "${lines[@]}" "$@" >"$TAOFIREWALL_CONFIG/taofirewall.conf"
	[[ " $* " == *"[xen]"* ]] || echo '[xen]' >>"$TAOFIREWALL_CONFIG/taofirewall.conf"
	[[ " $* " == *UPLINK* ]] || echo 'UPLINK = eth0' >>"$TAOFIREWALL_CONFIG/taofirewall.conf"
	if [ "${BACKEND:-nft}" = iptables-legacy ]; then
		echo '[programs]' >>"$TAOFIREWALL_CONFIG/taofirewall.conf"
		for each in ip{,6}tables; do
			printf '%s\n' "$each = /usr/sbin/$each-legacy" "${each}_RESTORE = /usr/sbin/$each-legacy-restore"
		done >>"$TAOFIREWALL_CONFIG/taofirewall.conf"
	fi
	rules
}

# rules LINE...: ipv4.conf and ipv6.conf; without lines, their defaults
rules() {
	local family line
	for family in ${FAMILIES:-4 6}; do
		for line; do for_family "$family" "$line"; done >"$TAOFIREWALL_CONFIG/ipv$family.conf"
	done
}

# host NAME LINE...: ipv4.d/NAME.conf and ipv6.d/NAME.conf; lines of the header and of the settings in any order. The
# address is that of NAME in the scene, unless an IP = says otherwise.
host() {
	local name=$1 family line header settings
	shift
	for family in ${FAMILIES:-4 6}; do
		header="NAME = $name"$'\n' settings=
		[[ " $* " == *"IP = "* ]] || header+="IP = {$name}"$'\n'
		for line; do
			case $line in
			IP\ * | TYPE\ * | CONNECTIONS\ * | INTERFACE\ * | FIREWALL\ * | ROLE\ * | MACS\ * | ETHERTYPES\ * | SHARED\ * | ANY_CARD\ *) header+=$line$'\n' ;;
			*) settings+=$line$'\n' ;;
			esac
		done
		for_family "$family" "[header]"$'\n'"$header${settings:+[settings]$'\n'$settings}" \
			>"$TAOFIREWALL_CONFIG/ipv$family.d/$name.conf"
	done
}
