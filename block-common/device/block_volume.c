/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/fs/nfsfs/volumes → which numbers are one file system. */
#include "device/block_volume.h"
#include "disk/block_number.h"
#include <sys/sysmacros.h>

#define ID_SIZE 64

/*
 * "v4 c0a80001  801 0:45         21fd7c2a:0     no": its number is the fourth word, the server's
 * own name of it the fifth. Two servers that share a storage give it one name.
 */
static bool read_id(char id[static ID_SIZE], dev_t device)
{
	auto_fclose FILE *file = fopen("/proc/fs/nfsfs/volumes", "re");
	char line[256], number[32];
	dev_t other;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s %*s %31s %63s", number, id) == 2 &&
		    block_number_parse_device(&other, number, 10) && other == device)
			return true;
	return false;
}

bool block_volume_same(dev_t a, dev_t b)
{
	char id_a[ID_SIZE], id_b[ID_SIZE];

	return !major(a) && !major(b) && read_id(id_a, a) && read_id(id_b, b) &&
	       !strcmp(id_a, id_b);
}

bool block_volume_is_remote(dev_t device)
{
	char id[ID_SIZE];

	return !major(device) && read_id(id, device);
}
