# SPDX-License-Identifier: GPL-2.0-or-later
# Lines "KIND GUESTS WAY FAMILY OURS PLAIN" of packets a second, some of each → tables, ratios first.

{
	key = $1 SUBSEP $2 SUBSEP $3 SUBSEP $4
	i = ++rounds[key]
	ours[key, i] = $5 / 1000
	plain[key, i] = $6 / 1000
	ratio[key, i] = $5 / $6
	kinds[$1] = 1
}
!($2 in known) {
	known[$2] = 1
	guests[++count] = $2
}

# Of what stands in `of` for the key.
function median(of, key, i, j, sorted) {
	for (i = 1; i <= rounds[key]; i++) {
		for (j = i; j > 1 && sorted[j - 1] > of[key, i]; j--)
			sorted[j] = sorted[j - 1]
		sorted[j] = of[key, i]
	}
	return sorted[int(i / 2)]
}

# Who is measured is one of them.
function way(kind, name, title, i, j, key) {
	print "\n  " title
	for (i = 1; i <= count; i++) {
		printf "  %6d ", guests[i] + measured[kind]
		for (j = 1; j <= columns; j++) {
			key = kind SUBSEP guests[i] SUBSEP name SUBSEP family[j]
			printf "| %-10.2f %6.0f %6.0f  ", median(ratio, key), median(ours, key), median(plain, key)
		}
		print ""
	}
}

function head(title, i) {
	print "\n" title "\n"
	printf "  guests "
	for (i = 1; i <= columns; i++)
		printf "| %-26s", family_name[i]
	printf "\n  online "
	for (i = 1; i <= columns; i++)
		printf "| ours/empty   ours  empty  "
	print ""
}

END {
	measured["route"] = 1
	measured["bridge"] = 2
	split("4 6 6-unproxied", family)
	split("IPv4;IPv6;IPv6, PROXY_NDP = no", family_name, ";")
	columns = 3
	if ("route" in kinds) {
		head("Thousands of packets a second that Dom0 routes, with our rules and with an empty ruleset")
		way("route", "in-old", "of one old connection, into a guest")
		way("route", "out-old", "of one old connection, out of a guest")
		way("route", "in-new", "each of a new connection, into all guests in turn")
		way("route", "out-new", "each of a new connection, out of a guest")
	}
	columns = 2
	if ("bridge" in kinds) {
		head("Thousands of frames a second that Dom0 switches, with our rules and with an empty ruleset")
		way("bridge", "between", "from one guest to the other")
		way("bridge", "in", "from the LAN to a guest with FIREWALL = no")
		way("bridge", "out", "from a guest with FIREWALL = no to the LAN")
	}
}
