# SPDX-License-Identifier: GPL-2.0-or-later
# Lines "KIND GUESTS LABEL MEDIAN LOW HIGH" of microseconds → tables, ratios first.

{
	median[$1, $2, $3] = $4 / 1000
	low[$1, $2, $3] = $5 / 1000
	high[$1, $2, $3] = $6 / 1000
}
!($1 in kinds) { kinds[$1] = 1 }
!($2 in known) {
	known[$2] = 1
	guests[++count] = $2
}

function ratio(above, below) { return below > 0 ? sprintf("%.2f", above / below) : "-" }

# The first line is told what the columns are.
function hotplug(kind, verb, title, i, n, ours) {
	print "\n" title "\n"
	print "  guests | stock    ours     ours     | ours                     stock     floor" (verb == "offline" ? "     floor" : "")
	print "  online | / ours   / floor  / at " guests[1] "   |                                    " (verb == "offline" ? "          waiting" : "")
	for (i = 1; i <= count; i++) {
		n = guests[i]
		ours = median[kind, n, "ours-" verb]
		printf "  %6d | %-8s %-8s %-8s | %7.2f (%.2f .. %.2f)%*s %8.2f  %8.2f", n,
			sprintf("%.1f", median[kind, n, "stock-" verb] / ours), ratio(ours, median[kind, n, "floor-" verb]),
			ratio(ours, median[kind, guests[1], "ours-" verb]), ours, low[kind, n, "ours-" verb],
			high[kind, n, "ours-" verb],
			15 - length(sprintf("%.2f%.2f", low[kind, n, "ours-" verb], high[kind, n, "ours-" verb])), "",
			median[kind, n, "stock-" verb], median[kind, n, "floor-" verb]
		printf verb == "offline" ? "  %8.2f\n" : "\n", median[kind, n, "waiting-" verb]
	}
}

function life(kind, program, stock) {
	hotplug(kind, "online", "A guest comes: " program " online, beside Xen's own " stock " and the floor")
	hotplug(kind, "offline", "A guest goes, its interface first: " program " offline")
}

function start(i, n) {
	print "\nThe whole ruleset: firewall start, beside nft -f of what firewall show prints\n"
	print "  guests | start    | start    nft -f    of start, reading"
	print "  online | / nft    |                    the configuration"
	for (i = 1; i <= count; i++) {
		n = guests[i]
		if (("route", n, "start") in median)
			printf "  %6d | %-8s | %8.0f %8.0f %8.0f\n", n,
				ratio(median["route", n, "start"], median["route", n, "nft"]), median["route", n, "start"],
				median["route", n, "nft"], median["route", n, "check"]
	}
}

END {
	for (kind in kinds)
		nothing = median[kind, guests[1], "nothing"]
	if ("route" in kinds)
		life("route", "vif-route-taofw", "vif-route")
	if ("bridge" in kinds)
		life("bridge", "vif-bridge-taofw", "vif-bridge")
	if ("route" in kinds)
		start()
	printf "\nA process that does nothing at all: %.2f\n", nothing
}
