/* SPDX-License-Identifier: GPL-2.0-or-later */
/* routing.cfg → the routes of the policy. */
#include "config/conf_routing.h"
#include "base/number.h"
#include "config/key.h"
#include <string.h>

/* A section while it is read. */
struct section {
	struct prefix via[FAMILY_COUNT];
	bool has_via[FAMILY_COUNT], has_wrong_via; /* a mistake in VIA is told once */
	uint32_t metric;
};

static void parse_via(struct reading *reading, const struct key *key, const struct ini_entry *entry)
{
	struct section *section = reading->target;
	const char *text = entry->value;
	char shown_word[SHOWN_SIZE];
	struct prefix via;
	struct word word;
	struct err err;

	(void)key;
	section->has_wrong_via = true;
	while (key_next_word(&word, &text, " \t")) {
		shown(shown_word, word.text);
		if (!prefix_parse(&via, word.text, &err) || !prefix_check_unicast(&via, &err)) {
			key_complain(reading, entry, "%s", err.text);
			return;
		}
		if (!prefix_is_address(&via)) {
			key_complain(reading, entry,
				     "\"%s\" is a prefix: the next hop is one address", shown_word);
			return;
		}
		if (section->has_via[via.family]) {
			key_complain(reading, entry,
				     "\"%s\" is a second next hop for %s: only one is possible",
				     shown_word, family_titles[via.family]);
			return;
		}
		section->via[via.family] = via;
		section->has_via[via.family] = true;
	}
	section->has_wrong_via = false;
}

static void parse_metric(struct reading *reading, const struct key *key,
			 const struct ini_entry *entry)
{
	struct section *section = reading->target;
	char shown_value[SHOWN_SIZE];
	uint32_t value;

	(void)key;
	if (number_parse(&value, entry->value, UINT32_MAX) && value > 0)
		section->metric = value;
	else
		key_complain(reading, entry, "\"%s\" is not a number from 1 to %u",
			     shown(shown_value, entry->value), UINT32_MAX);
}

static const struct key section_keys[] = {
	{ "*", "destination", .parse = key_parse_nothing },
	{ "*", "via", .parse = parse_via },
	{ "*", "metric", .parse = parse_metric },
};

/* May a route lead there? The default route and the local network are the machine's own matter. */
static bool check_destination(const struct prefix *destination, const struct section *section,
			      struct err *err)
{
	const struct prefix *via = &section->via[destination->family];
	char text[PREFIX_TEXT];

	prefix_print(text, destination);
	if (destination->length == 0)
		return err_set(err, "%s is the default route, which this machine has by itself",
			       text);
	if (!prefix_check_unicast(destination, err))
		return false;
	if (!section->has_via[destination->family])
		return section->has_wrong_via ||
		       err_set(err, "%s needs a next hop: VIA has no address of %s", text,
			       family_titles[destination->family]);
	if (prefix_compare(destination, via) == 0)
		return err_set(err, "%s is VIA itself: no next hop leads to itself", text);
	return true;
}

static void add_route(struct reading *reading, const struct ini_entry *entry,
		      const struct section *section, const struct prefix *destination)
{
	struct policy_route *route;

	if (!reading->policy->family[destination->family].enabled)
		return;
	route = policy_add_route(reading->policy);
	if (!route) {
		key_complain(reading, entry, "out of memory");
		return;
	}
	snprintf(route->name, sizeof(route->name), "%s", entry->section);
	route->destination = *destination;
	route->via = section->via[destination->family];
	route->metric = section->metric;
	route->line = entry->line;
}

/* The section's destinations, when all else of it is read. */
static void parse_destinations(struct reading *reading, const struct ini_entry *entry,
			       const struct section *section)
{
	const char *text = entry->value;
	struct prefix destination;
	struct word word;
	struct err err;

	if (key_is_empty(text))
		key_complain(reading, entry, "it is empty: there would be no route");
	while (key_next_word(&word, &text, " \t"))
		if (prefix_parse(&destination, word.text, &err) &&
		    check_destination(&destination, section, &err))
			add_route(reading, entry, section, &destination);
		else
			key_complain(reading, entry, "%s", err.text);
}

static void parse_section(struct reading *reading, const struct key *key,
			  const struct ini_entry *entry)
{
	const struct ini_entry *destinations = key_find(reading, entry->section, "destination");
	const struct ini_entry *via = key_find(reading, entry->section, "via");
	struct section section = { .metric = ROUTE_METRIC_DEFAULT };
	struct reading own = *reading;
	struct err err;

	(void)key;
	if (!key_check_name(entry->section, &err))
		key_complain(reading, entry, "%s", err.text);
	own.target = &section;
	key_read_section(&own, entry, section_keys, COUNT(section_keys));
	if (!via) {
		section.has_wrong_via = true;
		key_complain(reading, entry, "VIA is missing: a route needs a next hop");
	}
	if (destinations)
		parse_destinations(&own, destinations, &section);
	else
		key_complain(reading, entry, "DESTINATION is missing: there would be no route");
}

static const struct key routing_keys[] = {
	{ "*", NULL, .parse = parse_section },
};

void conf_routing_read(struct policy *policy, int directory_fd, struct report *report)
{
	struct reading reading = { .name = "routing.cfg", .report = report, .policy = policy };

	if (!key_read(&reading, directory_fd, reading.name, routing_keys, COUNT(routing_keys)))
		return;
	ini_done(&reading.ini);
}
