/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The body of a disk's hotplug program, from argv to exit status. */
#ifndef BLOCK_H
#define BLOCK_H

/*
 * Run as libxl's script= of a disk. Returns the exit status: 0 when the disk is ready, and after
 * every remove; 1 when it is not, the reason then stands in hotplug-error, on stderr and in syslog.
 * Becomes the helper block-TYPE where the disk is none of ours. Source:
 * tools/libs/light/libxl_linux.c; xen-blkback, backend_changed()
 */
int block_main(int argc, char **argv);

#endif
