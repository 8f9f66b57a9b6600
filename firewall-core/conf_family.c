/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipv4.conf or ipv6.conf → what holds for every host of the family. */
#include "conf_family.h"
#include "icmp.h"
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

#define FAMILY(name) .offset = offsetof(struct family_policy, name)
#define TARGETS(count) .parse = key_parse_choice, .words = target_names, .word_count = (count)
#define POLICY(index) FAMILY(chain[index].policy), TARGETS(TARGET_DROP + 1)
#define LEVEL(index, level_number) FAMILY(chain[index].level[level_number]), TARGETS(TARGET_COUNT)

static const char no_level[] = "only level 50 is, and the target of this one would mean nothing";

static const struct key family_keys[] = {
	{ "input", "policy", POLICY(CHAIN_INPUT) },
	{ "input", "level_50", LEVEL(CHAIN_INPUT, LEVEL_DEFAULT) },
	{ "input", "level_*", KEY_LATER(no_level) },
	{ "output", "policy", POLICY(CHAIN_OUTPUT) },
	{ "output", "level_50", LEVEL(CHAIN_OUTPUT, LEVEL_DEFAULT) },
	{ "output", "level_*", KEY_LATER(no_level) },
	{ "forward", "policy", POLICY(CHAIN_FORWARD) },
	{ "forward", "level_50", LEVEL(CHAIN_FORWARD, LEVEL_DEFAULT) },
	{ "forward", "level_*", KEY_LATER(no_level) },
	{ "icmp", "accept", .parse = parse_icmp },
	{ "groups", "*", .parse = group_parse },
	{ "network *", NULL, KEY_LATER("the network would get no rules") },
	{ "unmanaged", NULL, KEY_LATER("traffic of these networks would not be left alone") },
};

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
	};

	snprintf(name, sizeof(name), "%s.conf", family_names[family]);
	groups->is_incomplete =
		!key_read(&reading, directory_fd, name, family_keys, COUNT(family_keys));
	ini_done(&reading.ini);
}
