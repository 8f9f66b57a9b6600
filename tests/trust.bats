#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whom we trust with a path: root, and whoever calls; nobody else may write to it, nor to a folder above it. Whoever could,
# would be root at the next attach. Somebody else is user 65534 here.
# shellcheck disable=SC2030,SC2031,SC2154 # bats runs each test in a subshell of its own; scene and its like are scene.bash's

load lib/net

# refuses_conf WORDS: check and start say so, word by word, and nothing is loaded
refuses_conf() {
	local each
	for each in check start reload; do
		run -1 --separate-stderr dom0 firewall $each
		[[ $stderr == *"$1"$'\n'* ]] || fail "$each said: $stderr" || return
	done
	equal "what is loaded" "$(dom0 nft list tables)" ""
}

@test "a configuration folder that every user may write to is not read" {
	chmod 0777 "$TAOFIREWALL_CONFIG"
	refuses_conf "$TAOFIREWALL_CONFIG: every user may write to it (chmod go-w): it is not trusted"
	chmod 1777 "$TAOFIREWALL_CONFIG"
	refuses_conf "$TAOFIREWALL_CONFIG: every user may write to it (chmod go-w): it is not trusted"
	chmod 0775 "$TAOFIREWALL_CONFIG"
	refuses_conf "$TAOFIREWALL_CONFIG: its group may write to it (chmod g-w): it is not trusted"
	chmod 0755 "$TAOFIREWALL_CONFIG"
	run -0 dom0 firewall start
}

@test "nor one of somebody else, nor one in a folder that somebody else may write to" {
	chown 65534 "$TAOFIREWALL_CONFIG"
	refuses_conf "$TAOFIREWALL_CONFIG: user 65534 owns it (chown root): it is not trusted"
	chown root "$TAOFIREWALL_CONFIG"
	mkdir "$scene_dir/above"
	mv "$TAOFIREWALL_CONFIG" "$scene_dir/above/"
	export TAOFIREWALL_CONFIG=$scene_dir/above/config
	chmod 0775 "$scene_dir/above"
	refuses_conf "its group may write to $scene_dir/above, on the way to it (chmod g-w $scene_dir/above): it is not trusted"
	chmod 0755 "$scene_dir/above"
	chown 65534 "$scene_dir/above"
	refuses_conf "user 65534 owns $scene_dir/above, on the way to it (chown root $scene_dir/above): it is not trusted"
	chown root "$scene_dir/above"
	chmod 1777 "$scene_dir/above"	# as /tmp: nobody else can replace what is root's in it
	run -0 dom0 firewall start
}

@test "a file of it that somebody else may write to is not read" {
	host g1 "PUBLIC_PORTS = 80"
	chmod g+w "$TAOFIREWALL_CONFIG/ipv4.conf"
	chown 65534 "$TAOFIREWALL_CONFIG/taofirewall.conf"
	refuses_conf "taofirewall.conf: user 65534 owns it (chown root): it is not trusted"
	chown root "$TAOFIREWALL_CONFIG/taofirewall.conf"
	refuses_conf "ipv4.conf: its group may write to it (chmod g-w): it is not trusted"
	chmod g-w "$TAOFIREWALL_CONFIG/ipv4.conf"
	chmod o+w "$TAOFIREWALL_CONFIG/ipv6.d/g1.conf"
	refuses_conf "ipv6.d/g1.conf: every user may write to it (chmod o-w): it is not trusted"
	chmod o-w "$TAOFIREWALL_CONFIG/ipv6.d/g1.conf"
	chmod g+w "$TAOFIREWALL_CONFIG/ipv6.d"
	refuses_conf "ipv6.d: its group may write to it (chmod g-w): it is not trusted"
	chmod g-w "$TAOFIREWALL_CONFIG/ipv6.d"
	run -0 dom0 firewall start
}

@test "a link is trusted where it is, and where it leads to" {
	mkdir -m 0777 "$scene_dir/shared"
	mv "$TAOFIREWALL_CONFIG/ipv4.conf" "$scene_dir/shared/"
	ln -s ../shared/ipv4.conf "$TAOFIREWALL_CONFIG/ipv4.conf"
	refuses_conf "ipv4.conf: every user may write to $scene_dir/shared, on the way to it (chmod go-w $scene_dir/shared): it is not trusted"
	chmod 0755 "$scene_dir/shared"
	run -0 dom0 firewall check
	chown -h 65534 "$TAOFIREWALL_CONFIG/ipv4.conf"
	refuses_conf "ipv4.conf: user 65534 owns $TAOFIREWALL_CONFIG/ipv4.conf, on the way to it (chown -h root $TAOFIREWALL_CONFIG/ipv4.conf): it is not trusted"
	chown -h root "$TAOFIREWALL_CONFIG/ipv4.conf"
	ln -s "$TAOFIREWALL_CONFIG" "$scene_dir/shared/config"
	TAOFIREWALL_CONFIG=$scene_dir/shared/config run -0 dom0 firewall check
	chmod 0775 "$scene_dir/shared"
	export TAOFIREWALL_CONFIG=$scene_dir/shared/config
	refuses_conf "its group may write to $scene_dir/shared, on the way to it (chmod g-w $scene_dir/shared): it is not trusted"
}

@test "who is not root trusts himself, and root, and nobody else" {
	local user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	cp "$PLAIN/firewall" "$scene_dir/"
	configure XEN=no
	run -0 "${user[@]}" "$scene_dir/firewall" show
	chown -R 65534 "$TAOFIREWALL_CONFIG"
	for each in show check "explain --from 203.0.113.9 --to 198.51.100.2 --in eth0"; do
		# shellcheck disable=SC2086 # words
		run "${user[@]}" "$scene_dir/firewall" $each
		[[ $output != *"not trusted"* ]] || fail "$output" || return
		[ -n "$output" ]
	done
	run -1 "${user[@]/65534/65533}" "$scene_dir/firewall" show
	[[ $output == *"user 65534 owns it"* ]]
}

@test "an attach goes by the configuration that was loaded, whatever became of the files" {
	host g1 "PUBLIC_PORTS = 80"
	dom0 firewall start
	chmod 0777 "$TAOFIREWALL_CONFIG"
	guest_create g1
	attach g1
	connects world g1 tcp/80
	run -1 dom0 firewall reload
	connects world g1 tcp/80
}

@test "where nothing was loaded yet, no guest gets a network by a configuration that is not trusted" {
	chmod 0777 "$TAOFIREWALL_CONFIG"
	guest_create g1
	run -1 attach g1
	equal hotplug-status "$(store 1 0 hotplug-status)" error
	equal "what is loaded" "$(dom0 nft list tables)" ""
}

# hook NAME: one that says that it ran
hook() {
	mkdir -p "$scene_dir/hooks"
	printf '%s\n' '#!/bin/sh' "echo '$1' >>'$scene_dir/ran'" >"$scene_dir/hooks/$1"
	chmod 0755 "$scene_dir/hooks/$1"
}

# refuses_hooks WORDS: no guest starts, none of the hooks is run, and check and reload tell before
refuses_hooks() {
	run -0 --separate-stderr dom0 firewall check
	[[ $stderr == *"warning: [xen] HOOKS: no guest will start: no hook is run: $1"* ]] || fail "$stderr" || return
	remember
	run -1 attach g1
	[[ $output == *"no hook is run: $1"* ]] || fail "$output" || return
	equal hotplug-status "$(store 1 0 hotplug-status)" error
	[ ! -e "$scene_dir/ran" ] || fail "a hook ran" || return
	unchanged
}

@test "hooks that somebody else may write to, or their folder, are not run" {
	hook 1.hook
	hook 2.hook
	configure XEN=yes "[xen]" "HOOKS = $scene_dir/hooks"
	dom0 firewall start
	guest_create g1
	chmod g+w "$scene_dir/hooks/2.hook"
	refuses_hooks "$scene_dir/hooks/2.hook: its group may write to it (chmod g-w): it is not trusted"
	chmod g-w "$scene_dir/hooks/2.hook"
	chown 65534 "$scene_dir/hooks/2.hook"
	refuses_hooks "$scene_dir/hooks/2.hook: user 65534 owns it (chown root): it is not trusted"
	chmod -x "$scene_dir/hooks/2.hook"	# it would not be run anyway
	chmod o+w "$scene_dir/hooks"
	refuses_hooks "$scene_dir/hooks: every user may write to it (chmod o-w): it is not trusted"
	chmod o-w "$scene_dir/hooks"
	run -0 --separate-stderr dom0 firewall check
	[[ $stderr != *HOOKS* ]]
	attach g1
	equal "what ran" "$(cat "$scene_dir/ran")" 1.hook
}

@test "a program that somebody else may write to is not run" {
	cat >"$scene_dir/iptables-restore" <<-END
		#!/bin/sh
		touch "$scene_dir/ran"
		exec /usr/sbin/iptables-restore "\$@"
	END
	chmod 0775 "$scene_dir/iptables-restore"
	configure XEN=yes "BACKEND = iptables-restore" "[programs]" "IPTABLES_RESTORE = $scene_dir/iptables-restore" "[xen]"
	for each in check start; do
		run -1 --separate-stderr dom0 firewall $each
		[[ $stderr == *"BACKEND = iptables-restore runs $scene_dir/iptables-restore, and does not: its group may write to it (chmod g-w): it is not trusted"* ]] ||
			fail "$stderr" || return
	done
	[ ! -e "$scene_dir/ran" ]
	chmod g-w "$scene_dir/iptables-restore"
	run -0 dom0 firewall start
	[ -e "$scene_dir/ran" ]
	rm "$scene_dir/ran"
	chmod o+w "$scene_dir/iptables-restore"
	run -1 dom0 firewall reload
	[ ! -e "$scene_dir/ran" ]
}

@test "in a run-time folder that somebody else may write to nothing is done" {
	mkdir "$TAOFIREWALL_RUN"
	chmod 0777 "$TAOFIREWALL_RUN"
	for each in start stop; do
		run -1 --separate-stderr dom0 firewall $each
		[[ $stderr == *"nothing was changed: $TAOFIREWALL_RUN: every user may write to it (chmod go-w): it is not trusted" ]] ||
			fail "$stderr" || return
	done
	equal "what is loaded" "$(dom0 nft list tables)" ""
	guest_create g1
	run -1 attach g1
	equal hotplug-status "$(store 1 0 hotplug-status)" error
	chmod 0700 "$TAOFIREWALL_RUN"
	run -0 attach g1
}
