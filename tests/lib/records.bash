# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What our records take of xenstore, below $folder.
folder=taofirewall

# nodes: how many are ours
nodes() { xenstore-ls -f "$folder" | wc -l; }

# largest: how many bytes the largest of them takes: its value, its children's names, and some 40 more
largest() {
	xenstore-ls -f "$folder" | awk '
		{
			path = $1
			value = substr($0, index($0, " = ") + 4)
			size[path] += length(value) + 40
			name = path
			sub(/.*\//, "", name)
			parent = substr(path, 1, length(path) - length(name) - 1)
			size[parent] += length(name) + 1
		}
		END { for (path in size) if (size[path] > most) most = size[path]; print most + 0 }'
}
