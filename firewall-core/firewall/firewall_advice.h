/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet that is dropped → what to change so that it passes. */
#ifndef FIREWALL_ADVICE_H
#define FIREWALL_ADVICE_H

#include "evaluate/evaluate.h"

/* Print a line or two, if there is something to say. */
void advice_print(const struct topology *topology, const struct packet *packet,
		  const struct evaluation *evaluation);

#endif
