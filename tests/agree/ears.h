/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What arrives where. */
#ifndef EARS_H
#define EARS_H

#include "agree.h"
#include <poll.h>

/*
 * What the payload of a packet of ours is. It begins with what says least where there is no header.
 */
struct mark {
	uint8_t nothing[8];
	uint8_t word[4];
	uint32_t id;
};
struct mark mark_of(const struct probe *probe);

#define EARS_MAX (PLACES_MAX + 18)
struct ears {
	const struct seed *seed;
	struct pollfd ear[EARS_MAX];
	unsigned places[EARS_MAX];
	enum family families[EARS_MAX];
	uint8_t protocols[EARS_MAX];
	unsigned count;
};

/* protocol  of a raw socket; 0: it hears frames of Ethernet */
void ears_add(struct ears *ears, int fd, unsigned place, enum family family, uint8_t protocol);

/* Print a line for each packet that is heard, until none has come for so long. */
void ears_hear(struct ears *ears, int quiet_ms);

#endif
