#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks that come at the same time, and runs that end half way: nothing is lost, doubled or left.
# shellcheck disable=SC2154 # images and its like come from lib/disks.bash

load lib/disks

# traced OPTION... -- DOMID VERB: a run under strace, of the program as it is shipped, for its sanitizers want no tracer
traced() {
	local options=()
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	as_libxl "$2" strace -f -q -o "$scene_dir/trace" "${options[@]}" "$PLAIN/block-taofw" "$3"
}

# failing CALL ERRNO DOMID [+STEP OTHER]: an add in which the first call of that name, "LOOP_CONFIGURE", fails so, and
# every STEPth after it, of which the OTHER is one. Calls are counted, and somebody else's loop devices may shift them: again then.
failing() {
	local at status
	for _ in {1..20}; do
		as_libxl "$3" strace -f -q -o "$scene_dir/trace" -e trace=ioctl "$PLAIN/block-taofw" add
		at=$(grep -n "$1" "$scene_dir/trace" | head -n 1 | cut -d: -f1)
		[ -n "$at" ] || fail "no $1 in: $(cat "$scene_dir/trace")" || return
		not_yet "$3"
		status=0
		traced -e trace=ioctl -e "inject=ioctl:error=$2:when=$at${4-}" -- "$3" add || status=$?
		if grep -q "$1.*INJECTED" "$scene_dir/trace" && grep -q "${5:-$1}.*INJECTED" "$scene_dir/trace"; then return $status; fi
		not_yet "$3"
	done
	fail "it was always another call than $1 that failed: $(cat "$scene_dir/trace")"
}

# not_yet DOMID: as it was before an add
not_yet() {
	remove "$1"
	xenstore-write "backend/vbd/$1/$devid/state" 2
}

# ---- killed ----

# What tells xenstored: libxenstore's system calls, before and since Xen 4.18, which needs fewer of them
told=(write sendmsg) told_kills=0

# killed_in VERB CALL N: that run, or a child of it, is killed when it makes this system call for the Nth time; false when
# it ended before
killed_in() {
	local status=0
	traced -e "inject=$2:signal=KILL:when=$3" -- 1 "$1" || status=$?
	grep -q "killed by SIGKILL" "$scene_dir/trace" || { equal "the status" "$status" 0 && return 1; }
	[[ " ${told[*]} " != *" $2 "* ]] || told_kills=$((told_kills + 1))
}

# leaves FILE: an add is killed when it has its loop device, and has not told of it
leaves() {
	local call n
	for call in "${told[@]}"; do
		for n in {1..60}; do
			killed_in add "$call" "$n" || break
			are_loops 0 "$1" || [ -n "$(node 1 physical-device)" ] || return 0
			not_yet 1
		done
	done
	fail "it was always killed before or after"
}

@test "an add that is killed at any step leaves nothing that its remove does not take away" {
	local call n kills=0 file
	file=$(image a.img)
	disk 1 "$file"
	for call in fcntl flock ioctl "${told[@]}" unlink; do
		for n in {1..60}; do
			killed_in add "$call" "$n" || break
			kills=$((kills + 1))
			[ "$(loops | wc -l)" -le 1 ]
			[ -z "$(node 1 physical-device)" ] || connected 1 "$file"
			remove 1
			no_loops
			equal physical-device "$(node 1 physical-device)" ""
		done
		remove 1
		no_loops
	done
	[[ "$kills" -ge 30 && "$told_kills" -ge 8 ]] || fail "only $kills kills, $told_kills of them while it tells"
}

@test "an add after one that was killed at any step finds one loop device, and no more" {
	local call n kills=0 file
	file=$(image a.img)
	for call in ioctl "${told[@]}"; do
		for n in {1..60}; do
			disk 1 "$file"
			killed_in add "$call" "$n" || break
			kills=$((kills + 1))
			add 1
			connected 1 "$file"
			disk 2 "$file"
			in_use 2 "guest guest1 (domain 1) has it"
			remove 1
			forget 1
		done
		remove 1
		forget 1
		no_loops
	done
	[[ "$kills" -ge 20 && "$told_kills" -ge 8 ]] || fail "only $kills kills, $told_kills of them while it tells"
}

@test "another guest's add after one that was killed is not held up by what it left" {
	local call n kills=0 file
	file=$(image a.img)
	for call in "${told[@]}"; do
		for n in {1..60}; do
			disk 1 "$file"
			killed_in add "$call" "$n" || break
			[ -z "$(node 1 physical-device)" ] || continue
			kills=$((kills + 1))
			forget 1	# and nobody ever calls remove
			attach 2 "$file"
			connected 2 "$file"
			remove 2
			no_loops
		done
		remove 1
		forget 1
	done
	[ "$kills" -ge 8 ] || fail "only $kills kills"
}

@test "a remove that is killed at any step is done by the next one" {
	local call n kills=0 file
	file=$(image a.img)
	for call in flock ioctl "${told[@]}" unlink; do
		for n in {1..60}; do
			attach 1 "$file"
			killed_in remove "$call" "$n" || break
			kills=$((kills + 1))
			remove 1
			no_loops
			equal physical-device "$(node 1 physical-device)" ""
		done
	done
	[[ "$kills" -ge 15 && "$told_kills" -ge 8 ]] || fail "only $kills kills, $told_kills of them while it tells"
}

@test "what an add that was killed has left goes with the remove, whatever the disk was given since" {
	local device
	device=$(loop_of "$(image device.img)")
	disk 1 "$(image a.img)"
	leaves "$images/a.img"
	attach 1 "$(image b.img)"
	connected 1 "$images/b.img"
	remove 1
	has_loops 0 "$images/b.img"
	has_loops 0 "$images/a.img"
	disk 1 "$images/a.img"
	leaves "$images/a.img"
	attach 1 "$device"
	is_device 1 "$device"
	remove 1
	has_loops 0 "$images/a.img"
	has_loops 1
}

# ---- at the same time ----

@test "of 24 adds of one image at the same time one is done" {
	local domid done=0 status running=()
	image a.img >/dev/null
	for domid in {1..24}; do disk "$domid" "$images/a.img"; done
	for domid in {1..24}; do
		add "$domid" 2>>"$scene_dir/said" 3>&- &
		running+=($!)
	done
	for domid in "${running[@]}"; do
		status=0
		wait "$domid" || status=$?
		[ "$status" -ne 0 ] || done=$((done + 1))
	done
	equal "the adds that were done" "$done" 1
	one_loop "$images/a.img"
	equal "the refusals" "$(grep -c "has it read-write" "$scene_dir/said")" 23
}

@test "an add waits for one that has looked around, and has not taken its loop device yet" {
	local file
	file=$(image a.img)
	disk 1 "$file"
	disk 2 "$file"
	traced -e inject=ioctl:delay_enter=1000000:when=1 -- 1 add 3>&- &
	eventually grep F_UNLCK "$scene_dir/trace"
	in_use 2 "guest guest1 (domain 1) has it read-write"
	wait $!
	connected 1 "$file"
}

@test "adds of 24 images at the same time, beside losetup's own, all get theirs" {
	local domid running=()
	for domid in {1..24}; do disk "$domid" "$(image "$domid.img")"; done
	for domid in {1..24}; do
		add "$domid" 3>&- &
		running+=($!)
		losetup --find "$(image "other$domid.img")" 3>&- &
		running+=($!)
	done
	for domid in "${running[@]}"; do wait "$domid"; done
	for domid in {1..24}; do connected "$domid" "$images/$domid.img"; done
	has_loops 48
	for domid in {1..24}; do
		remove "$domid" 3>&- &
		running+=($!)
	done
	wait "${running[@]:48}"
	has_loops 24
}

@test "adds and removes of one disk at the same time leave it either whole or gone" {
	local file verb each running
	file=$(image a.img)
	disk 1 "$file"
	for _ in 1 2 3 4 5 6; do
		running=()
		for verb in add remove add remove; do
			as_libxl 1 block-taofw "$verb" 3>&- &
			running+=($!)
		done
		for each in "${running[@]}"; do wait "$each"; done
		[ -n "$(node 1 physical-device)" ] && connected 1 "$file" || no_loops
	done
	remove 1
	no_loops
}

@test "an add that waits while the toolstack takes the disk away does nothing" {
	local waiting status=0
	disk 1 "$(image a.img)"
	exec {held}<>"$lock"
	flock "$held"
	add 1 2>"$scene_dir/said" 3>&- {held}<&- &
	waiting=$!
	sleep 0.3
	xenstore-write "backend/vbd/1/$devid/state" 5
	rm "$lock"
	exec {held}<&-
	wait "$waiting" || status=$?
	equal "the status" "$status" 1
	grep -F "the toolstack is removing the disk already (state 5)" "$scene_dir/said"
	no_loops
}

@test "a name that is changed behind the look at it leads nowhere else" {
	local file
	file=$(image mine.img)
	ln -s "$file" "$images/name"
	attach 1 "$(image taken.img)"
	disk 2 "$images/name"
	traced -e inject=readlink:delay_exit=1000000:when=1 -- 2 add 3>&- &
	eventually grep O_PATH "$scene_dir/trace"
	ln -sfn "$images/taken.img" "$images/name"
	wait $!
	connected 2 "$file"
	one_loop "$images/taken.img"
}

# ---- the lock ----

@test "who holds the stock scripts' lock is waited for" {
	local waiting
	disk 1 "$(image a.img)"
	# shellcheck disable=SC2016 # the inner shell's
	as_libxl 1 bash -c '. /etc/xen/scripts/locking.sh; claim_lock block; touch "$0"; sleep 1; touch "$0.2"; release_lock block' \
		"$scene_dir/held" 3>&- &
	scene_processes+=($!)
	eventually test -e "$scene_dir/held"
	add 1
	[ -e "$scene_dir/held.2" ]
	connected 1 "$images/a.img"
}

@test "and they wait for ours" {
	disk 1 "$(image a.img)"
	traced -e inject=ioctl:delay_enter=500000:when=2 -- 1 add 3>&- &
	eventually test -e "$lock"
	# shellcheck disable=SC2016 # the inner shell's
	as_libxl 1 bash -c '. /etc/xen/scripts/locking.sh; claim_lock block; release_lock block'
	equal hotplug-status "$(node 1 hotplug-status)" connected
	wait $!
}

@test "a lock whose file was taken away is no lock" {
	local waiting
	disk 1 "$(image a.img)"
	traced -e inject=flock:delay_enter=1000000:when=1 -- 1 add 3>&- &
	waiting=$!
	eventually test -e "$lock"
	rm "$lock"	# as who had it does, before somebody else makes it anew
	exec {held}<>"$lock"
	flock "$held"
	sleep 1.5
	equal hotplug-status "$(node 1 hotplug-status)" ""
	rm "$lock"
	exec {held}<&-
	wait "$waiting"
	connected 1 "$images/a.img"
}

# leased FILE: somebody has a lease of it, so that whoever wants to write to it waits; its process is $!
leased() {
	mkfifo "$scene_dir/leased"
	perl -e 'use Fcntl; $SIG{IO} = "IGNORE"; open(my $f, "<", $ARGV[0]) or die; fcntl($f, 1024, F_RDLCK) or die;
		open(my $r, ">", $ARGV[1]); close $r; sleep 100' "$1" "$scene_dir/leased" 3>&- 4>&- &
	scene_processes+=($!)
	timeout 10 cat "$scene_dir/leased" >/dev/null
}

@test "an image that takes long to open holds up nobody else" {
	local holder slow
	attach 3 "$(image c.img)"
	disk 1 "$(image a.img)"
	leased "$images/a.img"
	holder=$!
	add 1 3>&- &
	slow=$!
	sleep 0.5
	disk 2 "$(image b.img)"
	LIMIT=5 add 2
	connected 2 "$images/b.img"
	LIMIT=5 remove 3
	has_loops 0 "$images/c.img"
	kill "$holder"
	wait "$slow"
	connected 1 "$images/a.img"
}

@test "a disk that came while its add waited for the lock is not given twice" {
	local file held waiting
	file=$(image a.img)
	disk 1 "$file"
	exec {held}<>"$lock"
	flock "$held"
	add 1 3>&- {held}<&- &
	waiting=$!
	sleep 0.5
	xenstore-write "backend/vbd/1/$devid/physical-device" 7:fffff
	rm "$lock"
	exec {held}<&-
	wait "$waiting"
	no_loops
	equal physical-device "$(node 1 physical-device)" 7:fffff
}

@test "a remove that can't have the lock takes the disk away all the same" {
	local held
	attach 1 "$(image a.img)"
	exec {held}<>"$lock"
	flock "$held"
	run -0 remove 1
	[[ $output == *"the lock /var/run/xen-hotplug/block for 10000 ms; the disk is taken away without the lock"* ]]
	no_loops
	equal physical-device "$(node 1 physical-device)" ""
	rm "$lock"
	exec {held}<&-
}

@test "the lock's folder is made where there is none" {
	disk 1 "$(image a.img)"
	# shellcheck disable=SC2016 # the inner shell's
	as_libxl 1 sh -c 'mount -t tmpfs none /run && block-taofw add && stat -c "%a %U" /run/xen-hotplug' \
		>"$scene_dir/folder"
	equal "the folder" "$(cat "$scene_dir/folder")" "755 root"
	connected 1 "$images/a.img"
}

# ---- what the kernel refuses ----

@test "a full table of loop devices is an error, and nothing is left" {
	disk 1 "$(image a.img)"
	run -1 failing LOOP_CTL_GET_FREE ENOSPC 1
	[[ $output == *"no loop device is to be had: No space left on device"* ]]
	equal hotplug-status "$(node 1 hotplug-status)" error
	no_loops
}

@test "a loop device that somebody else took in between is followed by another one" {
	disk 1 "$(image a.img)"
	failing LOOP_CONFIGURE EBUSY 1
	connected 1 "$images/a.img"
}

@test "a loop device that does not say what it is, is given back" {
	disk 1 "$(image a.img)"
	run -1 failing LOOP_GET_STATUS64 EIO 1
	grep LOOP_CONFIGURE "$scene_dir/trace"
	[[ $output == *"no loop device is to be had: Input/output error"* ]]
	no_loops
}

@test "a loop device whose file is out of reach is nobody's trouble but that of files" {
	local stale device file open
	stale=$(loop_of "$(image stale.img)")
	device=$(loop_of "$(image device.img)")
	file=$(image a.img)
	disk 1 "$device"
	run -0 traced -P "$stale" -e trace=ioctl -e inject=ioctl:error=ESTALE -- 1 add
	[[ $output == *"$stale does not say which file is behind it, it is passed over"* ]]
	is_device 1 "$device"
	disk 2 "$stale"
	run -1 traced -P "$stale" -e trace=ioctl -e inject=ioctl:error=ESTALE -- 2 add
	[[ $output == *"$stale does not say which file is behind it: is it this one?"* ]]
	disk 3 "$file"
	traced -P "$stale" -e trace=ioctl -e inject=ioctl:error=ESTALE -- 3 add
	connected 3 "$file"
	remove 3
	xenstore-write "backend/vbd/3/$devid/state" 2
	exec {open}<"$file"	# so that it is looked for at all
	run -1 traced -P "$stale" -e trace=ioctl -e inject=ioctl:error=ESTALE -- 3 add
	[[ $output == *"$stale does not say which file is behind it: is it this one?"* ]]
	exec {open}<&-
	has_loops 0 "$file"
}

@test "a kernel without LOOP_CONFIGURE does it in steps" {
	local file loop
	file=$(image a.img)
	disk 1 "$file" r
	failing LOOP_CONFIGURE EINVAL 1
	connected 1 "$file"
	loop=$(one_loop "$file")
	equal "read-only" "$(blockdev --getro "/dev/$loop")" 1
	equal "the sector" "$(blockdev --getss "/dev/$loop")" 512
	remove 1
	no_loops
}

@test "a loop device that can't be given its name is given back" {
	disk 1 "$(image a.img)"
	run -1 failing LOOP_CONFIGURE EINVAL 1 +2 LOOP_SET_STATUS64
	grep LOOP_CLR_FD "$scene_dir/trace"
	no_loops
}

@test "a file system without leases makes it slower, not different" {
	local file
	file=$(image a.img)
	disk 1 "$file"
	traced -e inject=fcntl:error=EINVAL -- 1 add
	connected 1 "$file"
	disk 2 "$file"
	run -1 traced -e inject=fcntl:error=EINVAL -- 2 add
	[[ $output == *"guest guest1 (domain 1) has it read-write"* ]]
}

@test "a xenstored that hangs holds nobody for ever: each says so, and a remove is done" {
	local adding status=0
	disk 1 "$(image a.img)"
	kill -STOP "$xenstore_process"
	LIMIT=60 add 1 2>"$scene_dir/said" 3>&- &
	adding=$!
	sleep 31
	kill -CONT "$xenstore_process"
	wait "$adding" || status=$?
	equal "the status" "$status" 1
	grep -F "block-taofw: it took longer than 30 s, giving up" "$scene_dir/said"
	no_loops
	add 1
	connected 1 "$images/a.img"
}
