/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the evaluator found → sentences for people. */
#ifndef FIREWALL_ANSWER_H
#define FIREWALL_ANSWER_H

#include "evaluate/evaluate.h"
#include "firewall/firewall_scene.h"

/* Print the packet, the steps of its way, the verdict, and what would change it. */
void answer_print(const struct scene *scene, const struct packet *packet,
		  const struct evaluation *evaluation);

#endif
