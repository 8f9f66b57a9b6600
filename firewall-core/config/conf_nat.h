/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT, PAT and NAT_DEVICE of a host file → the host's translations. */
#ifndef CONF_NAT_H
#define CONF_NAT_H

#include "config/key.h"

/* Parsers for rows of a host file: the reading's target is the host. */
void conf_nat_parse(struct reading *reading, const struct key *key, const struct ini_entry *entry);
void conf_nat_parse_ports(struct reading *reading, const struct key *key,
			  const struct ini_entry *entry);

/* Report what the three keys and the header say against each other, when the file is read. */
void conf_nat_check(const struct reading *reading, const struct host *host);

#endif
