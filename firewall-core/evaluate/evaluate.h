/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy as a function: a packet → what becomes of it, and why. It reads the configuration by
 * itself and knows no backend, so that it can be held against what each of them lets through. Pure.
 *
 * It takes for granted what addresses and ports do not tell: that neighbour discovery says what is
 * true of its sender, has hop limit 255 and is not in pieces, that VRRP has hop limit 255 and what
 * multicast listeners and their routers say 1, and that routes lead where topology_find() says.
 */
#ifndef EVALUATE_H
#define EVALUATE_H

#include "evaluate/packet.h"

/* Find out what becomes of the packet. Its entries point into policy and topology. */
void evaluate(struct evaluation *evaluation, const struct topology *topology,
	      const struct packet *packet);

#endif
