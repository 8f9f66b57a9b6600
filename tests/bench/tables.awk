# SPDX-License-Identifier: GPL-2.0-or-later
# Lines "GUESTS LABEL MEDIAN LOW HIGH" of microseconds → tables, ratios first.

{
	median[$1, $2] = $3 / 1000
	low[$1, $2] = $4 / 1000
	high[$1, $2] = $5 / 1000
}
!($1 in known) {
	known[$1] = 1
	guests[++count] = $1
}

function ratio(above, below) { return below > 0 ? sprintf("%.2f", above / below) : "-" }

# The first line is told what the columns are.
function hotplug(verb, title, i, n, ours) {
	print "\n" title "\n"
	print "  guests | stock    ours     ours     | ours                     stock     floor" (verb == "offline" ? "     floor" : "")
	print "  online | / ours   / floor  / at " guests[1] "   |                                    " (verb == "offline" ? "          waiting" : "")
	for (i = 1; i <= count; i++) {
		n = guests[i]
		ours = median[n, "ours-" verb]
		printf "  %6d | %-8s %-8s %-8s | %7.2f (%.2f .. %.2f)%*s %8.2f  %8.2f", n,
			sprintf("%.1f", median[n, "stock-" verb] / ours), ratio(ours, median[n, "floor-" verb]),
			ratio(ours, median[guests[1], "ours-" verb]), ours, low[n, "ours-" verb], high[n, "ours-" verb],
			15 - length(sprintf("%.2f%.2f", low[n, "ours-" verb], high[n, "ours-" verb])), "",
			median[n, "stock-" verb], median[n, "floor-" verb]
		printf verb == "offline" ? "  %8.2f\n" : "\n", median[n, "waiting-" verb]
	}
}

function start(i, n) {
	print "\nThe whole ruleset: firewall start, beside nft -f of what firewall show prints\n"
	print "  guests | start    | start    nft -f    of start, reading"
	print "  online | / nft    |                    the configuration"
	for (i = 1; i <= count; i++) {
		n = guests[i]
		if ((n, "start") in median)
			printf "  %6d | %-8s | %8.0f %8.0f %8.0f\n", n,
				ratio(median[n, "start"], median[n, "nft"]), median[n, "start"],
				median[n, "nft"], median[n, "check"]
	}
}

END {
	hotplug("online", "A guest comes: vif-route-taofw online, beside Xen's own vif-route and the floor")
	hotplug("offline", "A guest goes, its interface first: offline")
	start()
	printf "\nA process that does nothing at all: %.2f\n", median[guests[1], "nothing"]
}
