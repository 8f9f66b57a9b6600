/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd-networkd and NetworkManager keep of an interface under /run → who has it. */
#include "xen/suspect.h"
#include "base/err.h"
#include <stdio.h>
#include <string.h>

/* The value of a line "KEY=VALUE" of an interface's file; false where there is none. */
static bool read_manager_key(char value[static SHOWN_SIZE], const char *folder, uint32_t index,
			     const char *key)
{
	char path[64], line[512];
	size_t length = strlen(key);
	bool found = false;
	FILE *state;

	snprintf(path, sizeof(path), "%s/%u", folder, index);
	state = fopen(path, "re");
	if (!state)
		return false;
	while (!found && fgets(line, sizeof(line), state)) {
		line[strcspn(line, "\n")] = '\0';
		found = !strncmp(line, key, length) && line[length] == '=';
		if (found)
			shown(value, line + length + 1);
	}
	fclose(state);
	return found;
}

const char *suspect_print(char out[static SUSPECT_SIZE], uint32_t index)
{
	char value[SHOWN_SIZE];

	out[0] = '\0';
	if (read_manager_key(value, "/run/systemd/netif/links", index, "NETWORK_FILE"))
		snprintf(out, SUSPECT_SIZE, "systemd-networkd, by %s", value);
	else if (read_manager_key(value, "/run/NetworkManager/devices", index, "managed") &&
		 !strcmp(value, "true"))
		snprintf(out, SUSPECT_SIZE, "NetworkManager");
	return out;
}
