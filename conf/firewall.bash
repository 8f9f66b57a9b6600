# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completes the words of `firewall`: its commands and options from what --help says, hosts from the configuration.

_firewall_hosts() {	# _firewall_hosts DIR: their names, of all files that may be read
	local file name

	for file in "$1"/ipv[46].d/*.conf; do
		[ -r "$file" ] || continue
		name=$(sed -n 's/^[[:blank:]]*NAME[[:blank:]]*=[[:blank:]]*\([^[:blank:];]*\).*/\1/Ip' "$file")
		name=${name:-${file##*/}}
		echo "${name%.conf}"
	done
}

_firewall() {
	local word=${COMP_WORDS[COMP_CWORD]} command='' config=${TAOFIREWALL_CONFIG:-/etc/taofirewall} words='' i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--config) config=${COMP_WORDS[++i]} ;;
		--*) ((++i)) ;;
		*) command=${COMP_WORDS[i]}; break ;;
		esac
	done
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--config) words=$(compgen -d -- "$word") ;;
	--backend) words='nft iptables-restore iptables' ;;
	--from | --to | --online) words=$(_firewall_hosts "$config") ;;
	--in | --out) words=$(ls /sys/class/net) ;;
	--proto) words='tcp udp sctp dccp udplite icmp icmpv6 gre esp' ;;
	--port | --sport | --icmp) ;;
	*)
		case $command in
		'') words="--config --backend --help --version $(firewall --help | sed -n 's/^  \([a-z-]*\)  .*/\1/p')" ;;
		explain) words=$(firewall --help | sed -n '/^explain/,/^$/p' | grep -o -e '--[a-z]*') ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _firewall firewall
