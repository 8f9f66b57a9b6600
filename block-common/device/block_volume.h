/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File systems of a server, which have another number with each mount of its own options. */
#ifndef BLOCK_VOLUME_H
#define BLOCK_VOLUME_H

#include <stdbool.h>
#include <sys/types.h>

/* Are both the same file system of an NFS server? Source: /proc/fs/nfsfs/volumes */
bool block_volume_same(dev_t a, dev_t b);

/* Is it one of an NFS server? Then who has a file open through another mount is not told. */
bool block_volume_is_remote(dev_t device);

#endif
