/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [groups] → names for addresses; words → the addresses that they stand for. */
#include "config/group.h"
#include "base/array.h"
#include <string.h>

void group_done(struct groups *groups)
{
	free(groups->groups);
	free(groups->prefixes);
	*groups = (struct groups){ .groups = NULL };
}

const struct group *group_named(const struct groups *groups, const char *name)
{
	for (uint32_t i = 0; i < groups->group_count; i++)
		if (strcasecmp(groups->groups[i].name, name) == 0)
			return &groups->groups[i];
	return NULL;
}

/* Addresses have dots or colons; a name must not, and not be a mere number either. */
static bool is_group_name(const char *text)
{
	size_t length = strspn(text, "0123456789_-");

	return text[length] && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
						  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						  "0123456789_-")];
}

bool group_find(struct group_word *found, const struct reading *reading,
		const struct ini_entry *entry, const char *word)
{
	const struct groups *groups = reading->groups;
	const struct group *group = group_named(groups, word);
	bool is_group = strcmp(entry->section, "groups") == 0;
	char shown_word[SHOWN_SIZE];
	struct err err;

	shown(shown_word, word);
	if (group && group->count == 0) /* which was reported where it stands */
		return false;
	if (group) {
		found->prefixes = groups->prefixes + group->first;
		found->count = group->count;
		return true;
	}
	if (is_group_name(word)) {
		if (!groups->is_incomplete)
			key_complain(reading, entry,
				     "\"%s\" is neither an address nor a %s of %s.conf%s",
				     shown_word, is_group ? "group" : "group or network",
				     family_names[reading->family],
				     is_group ? " above this line" : "");
		return false;
	}
	if (strchr(word, ',')) {
		key_complain(reading, entry, "\"%s\": blanks belong between addresses, not commas",
			     shown_word);
		return false;
	}
	if (!prefix_parse(&found->own, word, &err)) {
		key_complain(reading, entry, "%s", err.text);
		return false;
	}
	if (found->own.family != reading->family) {
		key_complain(reading, entry, "\"%s\" is not %s: its place is %s.conf or %s.d",
			     shown_word, family_titles[reading->family],
			     family_names[found->own.family], family_names[found->own.family]);
		return false;
	}
	found->prefixes = &found->own;
	found->count = 1;
	return true;
}

static bool add_group_prefix(struct groups *groups, struct prefix prefix)
{
	struct prefix *added = array_add(&groups->prefixes, groups->prefix_count, sizeof(*added));

	if (!added)
		return false;
	*added = prefix;
	groups->prefix_count++;
	return true;
}

/* All that the word stands for. What it points to may lie in the same array, which moves. */
static bool add_word(struct groups *groups, const struct group_word *word)
{
	bool is_own = word->prefixes == &word->own, ok = true;
	size_t first = is_own ? 0 : (size_t)(word->prefixes - groups->prefixes);

	for (uint32_t i = 0; i < word->count && ok; i++)
		ok = add_group_prefix(groups, is_own ? word->own : groups->prefixes[first + i]);
	return ok;
}

/* What was added since the first prefix has this name. */
static bool close_group(struct groups *groups, const char *name, uint32_t first)
{
	struct group *group = array_add(&groups->groups, groups->group_count, sizeof(*group));

	if (!group)
		return false;
	snprintf(group->name, sizeof(group->name), "%s", name);
	group->first = first;
	group->count = groups->prefix_count - first;
	groups->group_count++;
	return true;
}

bool group_add(struct groups *groups, const char *name, const struct prefix *prefix)
{
	uint32_t first = groups->prefix_count;

	return add_group_prefix(groups, *prefix) && close_group(groups, name, first);
}

bool group_check_name(const char *name, const char *kind, struct err *err)
{
	if (is_group_name(name) && strlen(name) < NAME_SIZE)
		return true;
	return err_set(err,
		       "a %s's name has letters, digits, _ and -, a letter among them, and at "
		       "most %d of them",
		       kind, NAME_SIZE - 1);
}

void group_parse(struct reading *reading, const struct key *key, const struct ini_entry *entry)
{
	struct groups *groups = reading->groups;
	uint32_t first = groups->prefix_count;
	const char *text = entry->value;
	struct group_word found;
	struct word word;
	struct err err;
	bool ok = true;

	(void)key;
	if (!group_check_name(entry->key, "group", &err)) {
		key_complain(reading, entry, "%s", err.text);
		return;
	}
	while (key_next_word(&word, &text, " \t"))
		if (group_find(&found, reading, entry, word.text))
			ok = add_word(groups, &found) && ok;
	if (!ok || !close_group(groups, entry->key, first))
		key_complain(reading, entry, "out of memory");
	else if (groups->prefix_count == first && !*entry->value)
		key_complain(reading, entry,
			     "the group is empty: a setting that names it would match no address");
}
