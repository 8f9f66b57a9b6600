/* SPDX-License-Identifier: GPL-2.0-or-later */
/* script=block-taofw: the hotplug program of disks. */
#include "block.h"

int main(int argc, char **argv)
{
	return block_main(argc, argv);
}
