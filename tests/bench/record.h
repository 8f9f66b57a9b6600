/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file between record.c, which writes it, and floor.c. */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stdint.h>

#define CHANNEL_XENSTORE (-1) /* others are netlink's protocols, NETLINK_ROUTE and so on */

/* What stands before the bytes of each message. */
struct message {
	int32_t channel;
	uint32_t size;
};

#endif
