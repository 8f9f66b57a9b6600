#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian packages: built from this tree, and in a fresh Debian installed, used, upgraded and purged.
#
# The tests go on from each other, as the life of a package does; all happens in a folder that is a Debian of its own,
# with a network namespace of its own.

bats_require_minimum_version 1.5.0

load lib/machine
load lib/packages

setup_file() {
	[ "$EUID" -eq 0 ] || skip "a Debian of its own needs root"
	export work=$BATS_FILE_TMPDIR netns=tf-package-$$
	export root=$work/root
	ln -s "$(packages_of_run)" "$work/one"
	machine_make_image "$root"
	mount --bind "$root" "$root"
	mount -t proc proc "$root/proc"
	mount --bind /dev "$root/dev"
	mount -t tmpfs tmpfs "$root/run"
	ip netns add "$netns"
	ip -n "$netns" link set lo up
	cp "$work"/one/*.deb "$root/root"
}

teardown_file() {
	[ -n "${netns:-}" ] || return 0
	ip netns del "$netns" || true
	umount -R "$root" || true
}

# inside COMMAND...: in that Debian
inside() {
	ip netns exec "$netns" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
		chroot "$root" "$@" 3>&- 4>&-
}

# files: what is there, without what dpkg itself and the dynamic linker keep
files() {
	(cd "$root" && find . -xdev \( -path ./root -o -path ./tmp -o -path ./var/lib/dpkg -o -path ./var/cache -o -path ./var/log \
		-o -path ./etc/ld.so.cache \) -prune -o -print | sort)
}

rules() { inside nft list ruleset; }

@test "both packages are built, with the programs and the pages where they belong" {
	local list
	list=$(dpkg -c "$work"/one/taofirewall_*.deb; dpkg -c "$work"/one/taofirewall-xen_*.deb)
	for each in usr/sbin/firewall usr/lib/taofirewall/vif-route-taofw etc/xen/scripts/vif-bridge-taofw \
		systemd/system/firewall.service systemd/system/firewall-guests.service \
		systemd/system/nftables.service.d/firewall.conf etc/init.d/firewall \
		NetworkManager/conf.d/taofirewall.conf systemd/network/00-taofirewall.network \
		bash-completion/completions/firewall tmpfiles.d/taofirewall.conf rt_protos.d/taofirewall.conf \
		systemd/system/firewall-watch.service man8/firewall.8.gz \
		man5/taofirewall.5.gz man8/vif-route-taofw.8.gz doc/taofirewall/examples/mixed/routing.cfg; do
		[[ $list == *"$each"* ]] || { echo "$each is missing"; return 1; }
	done
}

@test "lintian has nothing to say" {
	lintian --fail-on error,warning --allow-root "$work"/one/*.changes
}

@test "all is compiled with Debian's own flags, and without a warning" {
	local flag compiled
	run -1 grep -E '\.[ch]:[0-9]+:[0-9]+: warning:' "$work/one/log"
	compiled=$(grep '^gcc.* -c -o build/obj/' "$work/one/log")
	for flag in $(dpkg-buildflags --get CFLAGS | tr ' ' '\n' | grep -v prefix-map) $(dpkg-buildflags --get CPPFLAGS); do
		[ "$(grep -cvF -e " $flag " <<<"$compiled")" = 0 ]
	done
	readelf -d "$work/one/tree/debian/taofirewall/usr/sbin/firewall" | grep -F BIND_NOW
}

@test "built elsewhere, in another time zone, they are the same to the byte" {
	local each
	OPTIONS="nocheck terse" TZ=Asia/Tokyo package_build 0.1 "$work/else/where"
	run -1 grep -e ' -O2 ' "$work/else/where/log"
	for each in "$work"/one/*.deb; do cmp "$each" "$work/else/where/${each##*/}"; done
}

@test "with nodoc they have neither pages nor examples" {
	local list
	(cd "$work/else/where/tree" && env -u MAKEFLAGS -u MAKELEVEL -u BUILD DEB_BUILD_OPTIONS='nocheck nodoc' \
		dpkg-buildpackage -b -us -uc -nc) >"$work/else/where/log" 2>&1
	list=$(dpkg -c "$work"/else/where/taofirewall_*.deb)
	[[ $list == *usr/sbin/firewall* && $list != */man/* && $list != */examples/* ]]
}

@test "taofirewall depends on nothing of Xen's" {
	[[ $(dpkg -f "$work"/one/taofirewall_*.deb Depends Recommends) != *libxen* ]]
	[[ $(dpkg -f "$work"/one/taofirewall-xen_*.deb Depends) == *libxenstore4* ]]
}

@test "it installs, and changes no traffic" {
	files >"$work/before"
	inside sh -c 'dpkg -i /root/taofirewall_*.deb /root/taofirewall-xen_*.deb'
	[ "$(rules)" = "" ]
	run find "$root/etc" -path '*.wants/*firewall*' -o -path '*/rc?.d/S*firewall'
	[ "$output" = "" ]
	run -3 inside firewall status
	[ "$output" = "The firewall was not started since boot." ]
}

@test "the configuration that comes with it loads as it is" {
	run -0 inside firewall check
	[[ $output == *"/etc/taofirewall can be loaded: 2 host files."* ]]
	inside firewall start
	[[ $(rules) == *"table inet taofirewall"* ]]
	inside firewall status
}

@test "an upgrade keeps the administrator's files, and puts the new version's rules in force" {
	sed -i 's/^PUBLIC_PORTS = 22$/PUBLIC_PORTS = 22 443/' "$root/etc/taofirewall/ipv4.d/dom0.conf"
	package_build 0.2 "$work/two" "sed -i 's/^PUBLIC_PORTS = 22/PUBLIC_PORTS = 22 8022/' conf/ipv[46].d/dom0.conf"
	cp "$work"/two/*.deb "$root/root"
	inside sh -c 'dpkg --force-confdef --force-confold -i /root/taofirewall_0.2_*.deb /root/taofirewall-xen_0.2_*.deb'
	grep -q '^PUBLIC_PORTS = 22 443$' "$root/etc/taofirewall/ipv4.d/dom0.conf"
	grep -q '^PUBLIC_PORTS = 22 8022$' "$root/etc/taofirewall/ipv6.d/dom0.conf"
	run -0 inside firewall status
	[[ $output != *"was changed since"* ]]
	[[ $(rules) == *443* && $(rules) == *8022* ]]
	rm "$root"/etc/taofirewall/ipv4.d/dom0.conf.dpkg-*
}

@test "an upgrade with a mistake in the configuration succeeds, says so, and leaves the rules that are loaded" {
	local before
	before=$(rules)
	sed -i 's/^TYPE = local$/TYPE = lokal/' "$root/etc/taofirewall/ipv4.d/dom0.conf"
	run -0 inside sh -c 'dpkg -i /root/taofirewall_0.2_*.deb /root/taofirewall-xen_0.2_*.deb'
	[[ $output == *"ipv4.d/dom0.conf:"*lokal* ]]
	[[ $output == *"the rules that the old version loaded stay"* ]]
	[ "$(rules)" = "$before" ]
	sed -i 's/^TYPE = lokal$/TYPE = local/' "$root/etc/taofirewall/ipv4.d/dom0.conf"
}

@test "stopped by hand, it stays stopped over an upgrade" {
	inside firewall stop
	inside sh -c 'dpkg -i /root/taofirewall_0.2_*.deb /root/taofirewall-xen_0.2_*.deb'
	[ "$(rules)" = "" ]
	inside firewall start
}

@test "its removal takes the rules out and leaves the configuration" {
	[ "$(rules)" != "" ]
	inside dpkg -r taofirewall-xen taofirewall
	[ "$(rules)" = "" ]
	[ -e "$root/etc/taofirewall/ipv4.d/dom0.conf" ]
	[ ! -e "$root/usr/sbin/firewall" ]
}

@test "a purge leaves nothing" {
	inside dpkg -P taofirewall-xen taofirewall
	files >"$work/after"
	diff "$work/before" "$work/after"
	[ "$(ls "$root/run")" = "" ]
}
