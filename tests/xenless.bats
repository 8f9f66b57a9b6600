#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine that has no library of Xen's: a plain server, or a DomU.
# shellcheck disable=SC2154 # scene and its like come from lib/net.bash

load lib/net

# xenless COMMAND...: in Dom0, where nobody can load one of Xen's libraries
xenless() {
	# shellcheck disable=SC2016 # the inner shell's
	dom0 unshare --mount sh -c 'for each in /usr/lib/*/libxen*.so.*; do
			mount --bind /dev/null "$each" || exit 99
		done; exec "$@"' - "$@"
}

linked() { readelf -d "$PLAIN/$1" | sed -n 's/.*(NEEDED).*\[\(libx.*\)\]/\1/p'; }

@test "firewall is linked to no library of Xen's, a hotplug program to libxenstore alone" {
	local each
	[ "$(linked firewall)" = "" ]
	for each in vif-route-taofw vif-bridge-taofw; do
		[ "$(linked $each)" = libxenstore.so.4 ]
	done
}

@test "without libxenstore the machine's own rules are loaded, and there are no guests" {
	host dom0 "TYPE = local" "PUBLIC_PORTS = 22"
	configure XEN=auto
	serve dom0
	run -0 --separate-stderr xenless "$PLAIN/firewall" start
	[ "$stderr" = "" ]
	connects world dom0 tcp/22
	refuses world dom0 tcp/25
	run -0 xenless "$PLAIN/firewall" status
	[[ $output == *"No xenstore here, so no guests."* ]]
	run -0 xenless "$PLAIN/firewall" check
	run -0 xenless "$PLAIN/firewall" show
	run -1 xenless "$PLAIN/firewall" explain --from "$(address world 4)" --to "$(address dom0 4)" --port 25
}

fragments_room() { dom0 cat /proc/sys/net/ipv4/ipfrag_high_thresh; }

@test "without guests the kernel's memory for fragments stays as it is" {
	local before
	before=$(fragments_room)
	configure XEN=auto
	xenless "$PLAIN/firewall" start
	equal "the room" "$(fragments_room)" "$before"
	dom0 firewall reload
	equal "the room with xenstore" "$(fragments_room)" $((64 << 20))
}

@test "with XEN = yes it says what is missing, and what that means" {
	run -0 --separate-stderr xenless "$PLAIN/firewall" start
	[[ $stderr == *"xenstore can't be asked: "*libxenstore.so.4*", the guests have no rules before a \`firewall reload\` that finds it" ]]
}

@test "the rules of guests that were loaded stay when the library goes" {
	host g1 "PUBLIC_PORTS = 80"
	guest_create g1
	attach g1
	run -1 xenless "$PLAIN/firewall" reload
	[[ $output == *"the running guests would lose their rules: nothing was changed" ]]
	connects world g1 tcp/80
	refuses world g1 tcp/25
}
