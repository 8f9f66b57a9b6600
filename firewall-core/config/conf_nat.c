/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT, PAT and NAT_DEVICE of a host file → the host's translations. */
#include "config/conf_nat.h"
#include <string.h>

void conf_nat_parse(struct reading *reading, const struct key *key, const struct ini_entry *entry)
{
	struct host *host = reading->target;
	char shown_value[SHOWN_SIZE];
	struct prefix address;
	struct err err;

	(void)key;
	shown(shown_value, entry->value);
	if (strcasecmp(entry->value, "yes") == 0)
		host->nat = NAT_MASQUERADE;
	else if (strcasecmp(entry->value, "no") == 0)
		host->nat = NAT_NONE;
	else if (!prefix_parse(&address, entry->value, &err) || !prefix_is_address(&address))
		key_complain(reading, entry, "\"%s\" is none of yes, no and an address",
			     shown_value);
	else if (address.family != reading->family)
		key_complain(reading, entry, "\"%s\" is not %s: its place is %s.d", shown_value,
			     family_titles[reading->family], family_names[address.family]);
	else if (!prefix_check_unicast(&address, &err))
		key_complain(reading, entry, "%s", err.text);
	else {
		host->nat = NAT_ADDRESS;
		host->nat_address = address;
	}
}

/* ---- PAT ---- */

static bool is_one_port(const struct services *services)
{
	const struct service *service = &services->service[0];

	return service->kind == SERVICE_PORTS && service->first == service->last;
}

/*
 * "8080:80/tcp+udp": the private side is a service with one port, the public one its port alone.
 * text is changed.
 */
static bool parse_forward(struct services *public, struct services *private, char *text,
			  struct err *err)
{
	char shown_text[SHOWN_SIZE], *colon = strchr(text, ':');

	shown(shown_text, text);
	if (!colon || colon == text || !colon[1] || strchr(colon + 1, ':') ||
	    (strchr(text, '/') && strchr(text, '/') < colon))
		return err_set(err, "\"%s\" is not PUBLIC:PRIVATE or PUBLIC:PRIVATE/PROTO",
			       shown_text);
	*colon = '\0';
	if (!service_parse(public, text, NULL, err) ||
	    !service_parse(private, colon + 1, NULL, err))
		return false;
	if (!is_one_port(public) || !is_one_port(private))
		return err_set(err, "\"%s\": ports are forwarded one by one", shown_text);
	return true;
}

static bool add_forwards(struct reading *reading, const struct ini_entry *entry,
			 const struct services *public, const struct services *private)
{
	struct host *host = reading->target;

	for (unsigned i = 0; i < private->count; i++) {
		struct port_forward *forward = policy_add_forward(reading->policy);

		if (!forward)
			return false;
		forward->public_port = public->service[0].first;
		forward->private_port = private->service[i].first;
		forward->protocol = private->service[i].protocol;
		forward->line = entry->line;
		host->forward_count++;
	}
	return true;
}

void conf_nat_parse_ports(struct reading *reading, const struct key *key,
			  const struct ini_entry *entry)
{
	struct services public = { .count = 0 }, private = { .count = 0 };
	const char *text = entry->value;
	struct word word;
	struct err err;

	(void)key;
	while (key_next_word(&word, &text, " \t"))
		if (!parse_forward(&public, &private, word.text, &err))
			key_complain(reading, entry, "%s", err.text);
		else if (!add_forwards(reading, entry, &public, &private))
			key_complain(reading, entry, "out of memory");
}

/* ---- the three together ---- */

/* An entry that says something, or NULL. */
static const struct ini_entry *find_set(const struct reading *reading, const char *key)
{
	const struct ini_entry *entry = key_find(reading, "settings", key);

	return entry && !key_is_empty(entry->value) && strcasecmp(entry->value, "no") != 0 ? entry
											   : NULL;
}

void conf_nat_check(const struct reading *reading, const struct host *host)
{
	const struct ini_entry *nat = find_set(reading, "nat"), *ports = find_set(reading, "pat");
	const struct ini_entry *device = find_set(reading, "nat_device");
	const struct ini_entry *entries[] = { nat, ports, device };
	bool is_local = host->type == HOST_LOCAL;
	char text[PREFIX_TEXT];

	for (size_t i = 0; is_local && i < COUNT(entries); i++)
		if (entries[i])
			key_complain(reading, entries[i],
				     "the packets of this machine itself are not translated");
	if (is_local)
		return;
	if (ports && !nat)
		key_complain(reading, ports,
			     "there is no NAT: no address that the ports could be of");
	if (device && !nat)
		key_complain(reading, device, "there is no NAT that could happen there");
	if (ports && host->address.length > 0 && !prefix_is_address(&host->address))
		key_complain(
			reading, ports,
			"%s, the first in IP, is a prefix: it is ambiguous which of its addresses "
			"the ports lead to",
			prefix_print(text, &host->address));
}
