# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # scene and its like are scene.bash's
# Boots a Debian with its own systemd as the Dom0 of the scene: it has that network namespace, so that what lib/assert
# promises about packets holds for it. What it is installed with is a folder that it sees as /mnt.

machine_package=${BASH_SOURCE[0]%/*}/../package

# What a server has beside the essential, what INSTALL wants to be installed, and what our packages depend on
machine_packages() {
	printf '%s\n' systemd-sysv dbus sudo iproute2 procps less openssh-server openssh-client
	"$machine_package/commands" "$machine_package/../../INSTALL" | grep '^sudo apt-get install' | tr ' ' '\n' |
		grep '^[a-z0-9]' | grep -vxE 'sudo|apt-get|install' | sort -u
}

# machine_make_image FOLDER: with these, the Debian that our packages are built on; it is not changed by what starts from it
machine_make_image() {
	local packages
	mapfile -t packages < <(machine_packages)
	"$machine_package/debian-root" "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$1" "${packages[@]}" >&2
}

# machine_start IMAGE FOLDER
machine_start() {
	"$machine_package/boot" "$1" "$scene-dom0" "$2" --boot </dev/null >"$scene_dir/console" 2>&1 3>&- 4>&- &
	machine_process=$!
	machine_wait
}

# machine_wait: until it has started all that it starts at boot
machine_wait() {
	local end=$((SECONDS + 60))
	until machine_find && [[ $(machine systemctl is-system-running 2>/dev/null) =~ ^(running|degraded)$ ]]; do
		((SECONDS < end)) || { cat "$scene_dir/console" >&2; fail "it does not come up"; return 1; }
		sleep 0.1
	done
}

# Its first process, as we see it
machine_find() {
	local each=$machine_process name
	for name in boot systemd-nspawn systemd; do
		each=$(pgrep -x -P "$each" $name) || return
	done
	machine_init=$each
}

# machine COMMAND...: run it there as root, for $LIMIT seconds at most
machine() {
	nsenter --target "$machine_init" --all env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive timeout -k 5 "${LIMIT:-120}" "$@"
}

machine_reboot() {
	local before=$machine_init
	machine systemctl reboot
	eventually machine_is_another "$before"
	machine_wait
}

machine_is_another() { machine_find && [ "$machine_init" != "$1" ]; }

# machine_off: it goes down as it should, and its network namespace stays
machine_off() {
	machine systemctl poweroff
	wait "$machine_process"
}

# machine_kill: it is gone
machine_kill() {
	if machine_find; then kill -KILL "$machine_init"; else kill -KILL "$machine_process"; fi
	wait "$machine_process" || true
} 2>/dev/null

# machine_files: all that there is, but for what the kernel brings
machine_files() {
	machine find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /var/tmp \) -prune -o -print | sort
}

# machine_leaves_nothing BEFORE: since that list of files there are no new ones, but those of packages that are installed
# and what runs by itself
machine_leaves_nothing() {
	machine_files >"$scene_dir/after"
	machine sh -c 'cat /var/lib/dpkg/info/*.list' >"$scene_dir/owned"
	equal "what is left" "$(comm -13 "$1" "$scene_dir/after" | grep -vxFf "$scene_dir/owned" | grep -vE \
		'^/(var/lib/(dpkg|apt|systemd)|var/log|var/cache|run/(systemd|log|user|lock|sudo)|home)(/|$)|\.cache$|/__pycache__')" ""
}
