/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One configuration file and a table of its keys → the fields that they fill. */
#include "config/key.h"
#include "base/number.h"
#include "base/trust.h"
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#define NAME_TEXT 1024 /* no line is as long */

/* Keys as the documentation writes them; the names of groups are the administrator's own. */
static const char *print_key_name(char out[static NAME_TEXT], const char *section, const char *key)
{
	bool is_own = strcmp(section, "groups") == 0;

	snprintf(out, NAME_TEXT, "%s", key);
	for (char *c = out; *c && !is_own; c++)
		*c = (char)toupper((unsigned char)*c);
	return out;
}

void key_complain(const struct reading *reading, const struct ini_entry *entry, const char *format,
		  ...)
{
	char key[NAME_TEXT] = "";
	struct err err;
	va_list args;

	va_start(args, format);
	vsnprintf(err.text, sizeof(err.text), format, args);
	va_end(args);
	if (entry->key)
		print_key_name(key, entry->section, entry->key);
	report_error(reading->report, "%s:%u: [%s]%s%s: %s", reading->name, entry->line,
		     entry->section, *key ? " " : "", key, err.text);
}

const struct ini_entry *key_find(const struct reading *reading, const char *section,
				 const char *key)
{
	for (size_t i = 0; i < reading->ini.count; i++) {
		const struct ini_entry *entry = &reading->ini.entries[i];

		if (entry->key && strcmp(entry->key, key) == 0 &&
		    strcmp(entry->section, section) == 0)
			return entry;
	}
	return NULL;
}

bool key_next_word(struct word *word, const char **text, const char *separators)
{
	const char *start = *text + strspn(*text, separators);
	size_t length = strcspn(start, separators);

	if (length >= sizeof(word->text))
		length = sizeof(word->text) - 1;
	memcpy(word->text, start, length);
	word->text[length] = '\0';
	*text = start + length;
	return length > 0;
}

static bool pattern_matches(const char *pattern, const char *name)
{
	size_t length = strcspn(pattern, "*");

	if (!pattern[length])
		return strcmp(pattern, name) == 0;
	return strncmp(pattern, name, length) == 0;
}

/* "network NAME" for "network *NAME" */
static void print_pattern(char out[static NAME_TEXT], const char *pattern)
{
	int length = (int)strcspn(pattern, "*");

	snprintf(out, NAME_TEXT, "%.*s%s", length, pattern,
		 pattern[length] ? pattern + length + 1 : "");
}

/* The sections of the table, or with a section its keys, for people: "NAME IP TYPE". */
static void list_known(struct err *list, const struct key *keys, size_t count, const char *section)
{
	char name[NAME_TEXT], key[NAME_TEXT];
	size_t used = 0;

	list->text[0] = '\0';
	for (size_t i = 0; i < count && used < sizeof(list->text); i++) {
		const char *last = i > 0 ? keys[i - 1].section : "";

		if (keys[i].refusal || (section ? !pattern_matches(keys[i].section, section)
						: !strcmp(last, keys[i].section)))
			continue;
		print_pattern(name, section ? keys[i].key : keys[i].section);
		used += (size_t)snprintf(list->text + used, sizeof(list->text) - used,
					 section ? " %s" : " [%s]",
					 section ? print_key_name(key, section, name) : name);
	}
}

/* The row for a section as a whole, or for any key of it, or NULL. */
static const struct key *find_section(const struct key *keys, size_t count, const char *section)
{
	for (size_t i = 0; i < count; i++)
		if (pattern_matches(keys[i].section, section))
			return &keys[i];
	return NULL;
}

static const struct key *find_key_row(const struct key *keys, size_t count,
				      const struct ini_entry *entry)
{
	for (size_t i = 0; i < count; i++)
		if (keys[i].key && pattern_matches(keys[i].section, entry->section) &&
		    pattern_matches(keys[i].key, entry->key))
			return &keys[i];
	return NULL;
}

/* A table, and which of its rows have their turn. */
struct pass {
	const struct key *keys;
	size_t count;
	bool is_late;
	bool is_skipped; /* what the section's own line got was for its keys too */
};

static void keep_line(const struct reading *reading, size_t offset, const struct ini_entry *entry)
{
	uint32_t line = entry->line;

	memcpy((char *)reading->target + offset, &line, sizeof(line));
}

/* Give the entry to its row, if it is that one's turn. What has no row is told in the first. */
static void dispatch_entry(struct reading *reading, const struct ini_entry *entry,
			   struct pass *pass)
{
	const struct key *keys = pass->keys;
	size_t count = pass->count;
	const struct key *key = entry->key ? find_key_row(keys, count, entry)
					   : find_section(keys, count, entry->section);
	struct err known;

	if (!entry->key)
		pass->is_skipped = !key || !key->key;
	else if (pass->is_skipped)
		return;
	if (pass->is_late != (key && key->is_late))
		return;
	if (key && (entry->key || !key->key)) {
		if (key->line_offset)
			keep_line(reading, key->line_offset, entry);
		key->parse(reading, key, entry);
	} else if (!key && entry->key) {
		list_known(&known, keys, count, entry->section);
		key_complain(reading, entry, "there is no such key; here are%s", known.text);
	} else if (!key) {
		list_known(&known, keys, count, NULL);
		key_complain(reading, entry, "there is no such section; here are%s", known.text);
	}
}

bool key_read(struct reading *reading, int directory_fd, const char *path, const struct key *keys,
	      size_t count)
{
	struct pass passes[] = { { keys, count, .is_late = false },
				 { keys, count, .is_late = true } };
	struct err err;

	if (!trust_entry(directory_fd, path, &err)) {
		report_error(reading->report, "%s: %s", reading->name, err.text);
		return false;
	}
	if (!ini_read(&reading->ini, directory_fd, path, reading->name, reading->report))
		return false;
	for (size_t pass = 0; pass < COUNT(passes); pass++)
		for (size_t i = 0; i < reading->ini.count; i++)
			dispatch_entry(reading, &reading->ini.entries[i], &passes[pass]);
	return true;
}

void key_read_section(struct reading *reading, const struct ini_entry *opening,
		      const struct key *keys, size_t count)
{
	const struct ini_entry *end = reading->ini.entries + reading->ini.count;
	struct pass pass = { keys, count, .is_late = false };

	for (const struct ini_entry *entry = opening + 1; entry < end && entry->key; entry++)
		dispatch_entry(reading, entry, &pass);
}

bool key_is_empty(const char *text)
{
	return !text[strspn(text, " \t")];
}

bool key_check_name(const char *name, struct err *err)
{
	char shown_name[SHOWN_SIZE];
	size_t length =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-");

	if (length == 0 || name[length] || length >= NAME_SIZE)
		return err_set(
			err,
			"\"%s\" can't be a name (letters, digits, _ . + -, at most %d of them)",
			shown(shown_name, name), NAME_SIZE - 1);
	return true;
}

static void *locate_field(const struct reading *reading, const struct key *key)
{
	return (char *)reading->target + key->offset;
}

static bool find_choice(uint8_t *index, const struct key *key, const char *text)
{
	for (unsigned i = 0; i < key->word_count; i++)
		if (*key->words[i] && strcasecmp(key->words[i], text) == 0) {
			*index = (uint8_t)i;
			return true;
		}
	return false;
}

static void complain_of_choice(const struct reading *reading, const struct ini_entry *entry,
			       const char *const *words, unsigned count)
{
	char shown_text[SHOWN_SIZE], list[256] = "";
	size_t used = 0;

	for (unsigned i = 0; i < count && used < sizeof(list); i++)
		if (*words[i])
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
						 used ? ", " : "", words[i]);
	key_complain(reading, entry, "\"%s\" is none of %s", shown(shown_text, entry->value), list);
}

void key_parse_choice(struct reading *reading, const struct key *key, const struct ini_entry *entry)
{
	if (!find_choice(locate_field(reading, key), key, entry->value))
		complain_of_choice(reading, entry, key->words, key->word_count);
}

void key_parse_bool(struct reading *reading, const struct key *key, const struct ini_entry *entry)
{
	static const char *const words[] = { "no", "yes" };
	bool value = strcasecmp(entry->value, words[1]) == 0;

	if (value || strcasecmp(entry->value, words[0]) == 0)
		memcpy(locate_field(reading, key), &value, sizeof(value));
	else
		complain_of_choice(reading, entry, words, COUNT(words));
}

bool key_parse_level(uint8_t *level, const char *text, struct err *err)
{
	char shown_text[SHOWN_SIZE];
	uint32_t number;

	if (!number_parse(&number, text, LEVEL_MAX) || !number)
		return err_set(err, "\"%s\" is no level: these are the numbers from 1 to %d",
			       shown(shown_text, text), LEVEL_MAX);
	*level = (uint8_t)number;
	return true;
}

void key_parse_interface(struct reading *reading, const struct key *key,
			 const struct ini_entry *entry)
{
	struct ifname *name = locate_field(reading, key);
	struct err err;
	uint8_t index;

	if (!*entry->value && !key->words)
		*name = (struct ifname){ "" };
	else if (find_choice(&index, key, entry->value))
		*name = (struct ifname){ "" };
	else if (!ifname_parse(name, entry->value, &err))
		key_complain(reading, entry, "%s", err.text);
}

void key_parse_nothing(struct reading *reading, const struct key *key,
		       const struct ini_entry *entry)
{
	(void)reading;
	(void)key;
	(void)entry;
}

void key_parse_misplaced(struct reading *reading, const struct key *key,
			 const struct ini_entry *entry)
{
	key_complain(reading, entry, "%s", key->refusal);
}
