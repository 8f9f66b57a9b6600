/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipv4.conf or ipv6.conf → what holds for every host of the family, and its networks. */
#include "config/conf_family.h"
#include "value/icmp.h"
#include <ctype.h>
#include <string.h>

/* Further types of ICMP that pass. */
static void parse_icmp(struct reading *reading, const struct key *key,
		       const struct ini_entry *entry)
{
	struct family_policy *policy = reading->target;
	const char *text = entry->value;
	struct word word;
	struct err err;
	uint8_t type;

	(void)key;
	while (key_next_word(&word, &text, " \t")) {
		if (!icmp_parse(&type, word.text, reading->family, &err)) {
			key_complain(reading, entry, "%s", err.text);
		} else if (!memchr(policy->icmp, type, policy->icmp_count)) {
			if (policy->icmp_count == ICMP_TYPES_MAX) {
				key_complain(reading, entry, "there are more than %d types",
					     ICMP_TYPES_MAX);
				return;
			}
			policy->icmp[policy->icmp_count++] = type;
		}
	}
}

/* ---- [network NAME], [unmanaged] ---- */

static const char network_section[] = "network ";

/*
 * As group_find(), but the word may also be a network of this file, wherever it stands. False also
 * when that one's SUBNET can't be read, which is told there.
 */
static bool find_group_or_network(struct group_word *found, const struct reading *reading,
				  const struct ini_entry *entry, const char *word)
{
	char section[sizeof(network_section) + sizeof(((struct word *)0)->text)];
	const struct ini_entry *subnet;
	struct err err;

	snprintf(section, sizeof(section), "%s%s", network_section, word);
	for (char *c = section; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	subnet = key_find(reading, section, "subnet");
	if (!subnet)
		return group_find(found, reading, entry, word);
	found->prefixes = &found->own;
	found->count = 1;
	return prefix_parse(&found->own, subnet->value, &err) &&
	       found->own.family == reading->family;
}

/* All that a list stands for, one prefix after the other to add(). */
static void parse_prefixes(struct reading *reading, const struct ini_entry *entry,
			   struct prefix *(*add)(struct policy *policy))
{
	const char *text = entry->value;
	struct group_word found;
	struct word word;

	while (key_next_word(&word, &text, " \t")) {
		if (!find_group_or_network(&found, reading, entry, word.text))
			continue;
		for (uint32_t i = 0; i < found.count; i++) {
			struct prefix *added = add(reading->policy);

			if (added)
				*added = found.prefixes[i];
			else
				key_complain(reading, entry, "out of memory");
		}
	}
}

static void parse_subnet(struct reading *reading, const struct key *key,
			 const struct ini_entry *entry)
{
	struct network *network = reading->target;
	char shown_value[SHOWN_SIZE];
	struct prefix subnet;
	struct err err;

	(void)key;
	shown(shown_value, entry->value);
	if (!prefix_parse(&subnet, entry->value, &err))
		key_complain(reading, entry, "%s", err.text);
	else if (subnet.family != reading->family)
		key_complain(reading, entry, "\"%s\" is not %s: its place is %s.conf", shown_value,
			     family_titles[reading->family], family_names[subnet.family]);
	else if (prefix_is_address(&subnet))
		key_complain(reading, entry, "\"%s\" is one address: a network needs a prefix",
			     shown_value);
	else if (!prefix_check_unicast(&subnet, &err))
		key_complain(reading, entry, "%s", err.text);
	else
		network->subnet = subnet;
}

static void parse_friends(struct reading *reading, const struct key *key,
			  const struct ini_entry *entry)
{
	(void)key;
	parse_prefixes(reading, entry, policy_add_friend);
}

static void parse_unmanaged(struct reading *reading, const struct key *key,
			    const struct ini_entry *entry)
{
	struct policy *policy = reading->policy;
	uint32_t first = policy->unmanaged_count;
	char text[PREFIX_TEXT];

	(void)key;
	parse_prefixes(reading, entry, policy_add_unmanaged);
	for (uint32_t i = first; i < policy->unmanaged_count; i++)
		if (policy->unmanaged[i].length == 0)
			key_complain(reading, entry,
				     "%s is everything: no packet would meet a rule",
				     prefix_print(text, &policy->unmanaged[i]));
}

#define NETWORK(name) .offset = offsetof(struct network, name)
#define NETWORK_LINE(name) .line_offset = offsetof(struct network, name)

static const struct key network_keys[] = {
	{ "network *NAME", "subnet", .parse = parse_subnet },
	{ "network *NAME", "interface", .parse = key_parse_interface, NETWORK(interface) },
	{ "network *NAME", "friends", .parse = parse_friends, NETWORK_LINE(friends_line) },
	{ "network *NAME", "masquerade", .parse = key_parse_interface, NETWORK(masquerade),
	  NETWORK_LINE(masquerade_line) },
	{ "network *NAME", "isolate", .parse = key_parse_bool, NETWORK(isolated),
	  NETWORK_LINE(isolated_line) },
};

static void check_network_name(const struct reading *reading, const struct ini_entry *entry,
			       const char *name)
{
	struct err err;

	if (!group_check_name(name, "network", &err))
		key_complain(reading, entry, "%s", err.text);
	else if (group_named(reading->groups, name))
		key_complain(reading, entry, "ambiguous: a group has this name, too");
}

static void parse_network(struct reading *reading, const struct key *key,
			  const struct ini_entry *entry)
{
	const struct ini_entry *interface = key_find(reading, entry->section, "interface");
	const char *name = entry->section + strlen(network_section);
	struct network network = { .family = (uint8_t)reading->family, .line = entry->line };
	struct reading own = *reading;
	struct network *added;

	(void)key;
	check_network_name(reading, entry, name);
	snprintf(network.name, sizeof(network.name), "%s", name);
	network.first_friend = reading->policy->friend_count;
	own.target = &network;
	key_read_section(&own, entry, network_keys, COUNT(network_keys));
	network.friend_count = reading->policy->friend_count - network.first_friend;

	if (!key_find(reading, entry->section, "subnet"))
		key_complain(reading, entry, "SUBNET is missing: it would have no addresses");
	if (!interface || key_is_empty(interface->value))
		key_complain(reading, entry,
			     "INTERFACE is missing: the network would have no hosts");
	if (*network.masquerade.text && !strcmp(network.masquerade.text, network.interface.text))
		key_complain(reading, key_find(reading, entry->section, "masquerade"),
			     "it is the network's own interface: nothing leaves it there");
	added = policy_add_network(reading->policy);
	if (added)
		*added = network;
	else
		key_complain(reading, entry, "out of memory");
}

/* ---- the chains ---- */

/* LEVEL_N: what becomes of what a host file names at that level. */
static void parse_level(struct reading *reading, const struct key *key,
			const struct ini_entry *entry)
{
	struct chain_policy *chain = (void *)((char *)reading->target + key->offset);
	struct key target = { .words = target_names, .word_count = TARGET_COUNT };
	struct err err;
	uint8_t level;

	if (!key_parse_level(&level, entry->key + strlen("level_"), &err)) {
		key_complain(reading, entry, "%s", err.text);
		return;
	}
	chain->level_line[level] = entry->line;
	target.offset = key->offset + offsetof(struct chain_policy, level[level]);
	key_parse_choice(reading, &target, entry);
}

/* ---- the file ---- */

#define FAMILY(name) .offset = offsetof(struct family_policy, name)
#define LINE(name) .line_offset = offsetof(struct family_policy, name)
#define POLICY(index)                                                                              \
	FAMILY(chain[index].policy), .parse = key_parse_choice, .words = target_names,             \
		.word_count = TARGET_DROP + 1, LINE(chain[index].policy_line)
#define LEVELS(index) FAMILY(chain[index]), .parse = parse_level

static const struct key family_keys[] = {
	{ "input", "policy", POLICY(CHAIN_INPUT) },
	{ "input", "level_*N", LEVELS(CHAIN_INPUT) },
	{ "output", "policy", POLICY(CHAIN_OUTPUT) },
	{ "output", "level_*N", LEVELS(CHAIN_OUTPUT) },
	{ "forward", "policy", POLICY(CHAIN_FORWARD) },
	{ "forward", "level_*N", LEVELS(CHAIN_FORWARD) },
	{ "icmp", "accept", .parse = parse_icmp, LINE(icmp_line) },
	{ "groups", "*", .parse = group_parse },
	{ "network *NAME", NULL, .parse = parse_network, .is_late = true },
	{ "unmanaged", "networks", .parse = parse_unmanaged, LINE(unmanaged_line),
	  .is_late = true },
};

/* For the host files, the name of a network is a word for its SUBNET, as that of a group is. */
static void name_networks(struct reading *reading)
{
	const struct policy *policy = reading->policy;

	for (uint32_t i = 0; i < policy->network_count; i++) {
		const struct network *network = &policy->networks[i];

		if (network->family == reading->family && network->subnet.length > 0 &&
		    !group_named(reading->groups, network->name) &&
		    !group_add(reading->groups, network->name, &network->subnet))
			report_error(reading->report, "%s: out of memory", reading->name);
	}
}

void conf_family_read(struct policy *policy, struct groups *groups, enum family family,
		      int directory_fd, struct report *report)
{
	char name[16];
	struct reading reading = {
		.name = name,
		.report = report,
		.target = &policy->family[family],
		.family = family,
		.groups = groups,
		.policy = policy,
	};

	snprintf(name, sizeof(name), "%s.conf", family_names[family]);
	groups->is_incomplete =
		!key_read(&reading, directory_fd, name, family_keys, COUNT(family_keys));
	name_networks(&reading);
	ini_done(&reading.ini);
}
