/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ROLE, MACS, ETHERTYPES, SHARED, ANY_CARD of a host file → what its guest may beside others. */
#ifndef CONF_RIGHT_H
#define CONF_RIGHT_H

#include "config/key.h"

/* Parsers for rows: each fills its fields of struct host, which must be a guest's. */
void conf_right_parse_role(struct reading *reading, const struct key *key,
			   const struct ini_entry *entry);
void conf_right_parse_macs(struct reading *reading, const struct key *key,
			   const struct ini_entry *entry);
void conf_right_parse_ethertypes(struct reading *reading, const struct key *key,
				 const struct ini_entry *entry);
void conf_right_parse_bool(struct reading *reading, const struct key *key,
			   const struct ini_entry *entry);

/*
 * Is the file a guest's? If it is not, that is reported of a key that needs one.
 * what  why it does: "it is a right of a guest's interface"
 */
bool conf_right_check_guest(const struct reading *reading, const struct ini_entry *entry,
			    const char *what) MUST_USE;

#endif
