/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CONNECTIONS, of the machine and of a host file → struct share. */
#ifndef CONF_SHARE_H
#define CONF_SHARE_H

#include "config/key.h"

/* A parser for rows: "auto", "no" or a number → struct share. */
void conf_share_parse(struct reading *reading, const struct key *key,
		      const struct ini_entry *entry);

/* The same for a host, which must be a guest's. */
void conf_share_parse_host(struct reading *reading, const struct key *key,
			   const struct ini_entry *entry);

#endif
