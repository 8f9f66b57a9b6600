# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Gives each test of a .bats file a scene of its own, with a configuration that holds nothing but the uplink's name.
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/scene.bash"
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/config.bash"
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/assert.bash"

bats_require_minimum_version 1.5.0

setup() {
	[ "$EUID" -eq 0 ] || skip "network namespaces, addresses and rules need root"
	scene_up
	configure XEN=yes
}

# watcher_start: `firewall watch` in Dom0, which has looked once, and hears what the kernel tells
watcher_start() {
	background dom0 firewall watch 2>>"$scene_dir/watch"
	watcher=$!
	eventually watcher_listens
	sleep 1
}

watcher_listens() { dom0 awk '$2 == 0 && $4 != "00000000" { found = 1 } END { exit !found }' /proc/net/netlink; }

teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || [ -n "${BATS_TEST_SKIPPED:-}" ] || scene_describe
	scene_down
}
