/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CONNECTIONS = 5000 → what a guest may take of the table of connections. */
#include "config/conf_share.h"
#include "config/conf_right.h"
#include <string.h>

void conf_share_parse(struct reading *reading, const struct key *key, const struct ini_entry *entry)
{
	struct share *share = (void *)((char *)reading->target + key->offset);
	const char *text = entry->value;
	char shown_value[SHOWN_SIZE];
	uint32_t count = 0;

	if (strcasecmp(text, "auto") == 0)
		return;
	if (strcasecmp(text, "no") == 0) {
		share->kind = SHARE_UNLIMITED;
		return;
	}
	for (; *text >= '0' && *text <= '9' && count <= SHARE_MAX; text++)
		count = 10 * count + (uint32_t)(*text - '0');
	if (*text || !count || count > SHARE_MAX)
		key_complain(reading, entry,
			     "\"%s\" is neither auto, nor no, nor a number from 1 to %d",
			     shown(shown_value, entry->value), SHARE_MAX);
	else
		*share = (struct share){ .kind = SHARE_COUNT, .count = count };
}

void conf_share_parse_host(struct reading *reading, const struct key *key,
			   const struct ini_entry *entry)
{
	if (conf_right_check_guest(reading, entry,
				   "it counts what goes through a guest's interface"))
		conf_share_parse(reading, key, entry);
}
