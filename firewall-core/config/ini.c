/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An INI file → its entries: our own scan finds lines and mistakes, iniparser the values. */
#include "config/ini.h"
#include "base/array.h"
#include "base/file.h"
#include <ctype.h>
#include <iniparser/iniparser.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#define FILE_SIZE_MAX (1024 * 1024)
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define LINE_SIZE_MAX 1000 /* iniparser's ASCIILINESZ is 1024 */
#define ENTRIES_MAX 10000  /* iniparser searches its dictionary from the start, for each */

/* One file while it is scanned. */
struct scan {
	struct ini *ini;
	const char *name;
	struct report *report;
	unsigned line;
	const char *section; /* the one that keys belong to now, or NULL */
	bool is_lost;	     /* its line was wrong: its keys are not looked at */
	size_t used, room;   /* bytes of ini->text */
};

void ini_done(struct ini *ini)
{
	free(ini->entries);
	free(ini->text);
	*ini = (struct ini){ .entries = NULL };
}

static void __attribute__((format(printf, 2, 3))) add_err(const struct scan *scan,
							  const char *format, ...)
{
	struct err err;
	va_list args;

	va_start(args, format);
	vsnprintf(err.text, sizeof(err.text), format, args);
	va_end(args);
	report_error(scan->report, "%s:%u: %s", scan->name, scan->line, err.text);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cut the blanks around text, in place. Returns where it begins. */
static char *trim_blanks(char *text)
{
	size_t length;

	while (is_blank(*text))
		text++;
	length = strlen(text);
	while (length > 0 && is_blank(text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

/* Lower the letters of a name, in place; false when it holds what no name may, or is empty. */
static bool fold_name(char *name, const char *others)
{
	for (char *c = name; *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
		else if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9') &&
			 !strchr(others, *c))
			return false;
	}
	return *name != '\0';
}

/* The line of an entry that is there already, or 0. key is NULL for a section's own. */
static unsigned find_line(const struct ini *ini, const char *section, const char *key)
{
	for (size_t i = ini->count; i-- > 0;) {
		const struct ini_entry *entry = &ini->entries[i];

		if (key && !entry->key)
			return 0; /* where the section begins: it stands in one piece */
		if ((key ? strcmp(key, entry->key)
			 : entry->key || strcmp(section, entry->section)) == 0)
			return entry->line;
	}
	return 0;
}

/*
 * Keep a copy of text. There is room for all: each name and value loses a bracket, a sign or a
 * newline of the file for the NUL that it gets; only the file's last line may lack one.
 */
static const char *keep_text(struct scan *scan, const char *text)
{
	size_t size = strlen(text) + 1;
	char *kept = scan->ini->text + scan->used;

	if (size > scan->room - scan->used)
		return NULL;
	scan->used += size;
	return memcpy(kept, text, size);
}

/* A section, which the next keys belong to, or a key of the last one. */
static void add_entry(struct scan *scan, const char *name, bool is_section)
{
	struct ini *ini = scan->ini;
	const char *kept = keep_text(scan, name);
	struct ini_entry *entry = NULL;

	if (kept && ini->count < ENTRIES_MAX)
		entry = array_add(&ini->entries, ini->count, sizeof(*entry));
	if (!entry) {
		scan->is_lost = true;
		if (ini->count < ENTRIES_MAX)
			add_err(scan, "out of memory");
		else
			add_err(scan, "there are more than %d sections and keys", ENTRIES_MAX);
		return;
	}
	if (is_section)
		scan->section = kept;
	*entry = (struct ini_entry){ scan->section, is_section ? NULL : kept, NULL, scan->line };
	ini->count++;
}

/* "[input]" */
static void scan_section(struct scan *scan, char *text)
{
	char shown_text[SHOWN_SIZE];
	size_t length = strlen(text);
	unsigned line;
	char *name;

	scan->is_lost = true;
	if (text[length - 1] != ']') {
		add_err(scan,
			"a section's line ends with its ]; a comment needs a line of its own");
		return;
	}
	text[length - 1] = '\0';
	name = trim_blanks(text + 1);
	shown(shown_text, name);
	if (!fold_name(name, " _.-")) {
		add_err(scan,
			"\"%s\" can't be the name of a section (letters, digits, blanks, _ . -)",
			shown_text);
		return;
	}
	line = find_line(scan->ini, name, NULL);
	if (line) {
		add_err(scan, "[%s] is there already, in line %u: one of the two would not count",
			shown_text, line);
		return;
	}
	scan->is_lost = false;
	add_entry(scan, name, true);
}

/* "80;443" is 80: whoever writes that does not mean a comment. */
static void warn_of_comment(const struct scan *scan, const char *value)
{
	size_t length = strcspn(value, ";#");

	if (value[length] && length > 0 && !is_blank(value[length - 1]))
		report_warning(scan->report,
			       "%s:%u: from the %c on it is a comment: blanks part values",
			       scan->name, scan->line, value[length]);
}

/* What iniparser would cut or read in two ways, depending on its version. */
static bool check_value(const struct scan *scan, const char *value)
{
	const char *end;

	if (*value != '"' && *value != '\'') {
		warn_of_comment(scan, value);
		return true;
	}
	end = strchr(value + 1, *value);
	if (!end) {
		add_err(scan, "the quote is not closed");
		return false;
	}
	if (memchr(value, '\\', (size_t)(end - value))) {
		add_err(scan, "there is a backslash between the quotes: no value needs one");
		return false;
	}
	end += 1 + strspn(end + 1, " \t");
	if (*end && *end != ';' && *end != '#') {
		add_err(scan, "something stands behind the closing quote and would not count");
		return false;
	}
	return true;
}

/* "POLICY = DROP", cut in two at the sign. */
static void scan_key(struct scan *scan, char *key, char *value)
{
	char shown_text[SHOWN_SIZE];
	unsigned line;

	key = trim_blanks(key);
	shown(shown_text, key);
	if (!fold_name(key, "_.-")) {
		add_err(scan, "\"%s\" can't be the name of a key (letters, digits, _ . -)",
			shown_text);
		return;
	}
	if (!check_value(scan, trim_blanks(value)) || scan->is_lost)
		return;
	if (!scan->section) {
		add_err(scan, "%s stands before the first [SECTION]", shown_text);
		return;
	}
	line = find_line(scan->ini, scan->section, key);
	if (line)
		add_err(scan,
			"[%s] %s: it is there already, in line %u: one of the two would not count",
			scan->section, shown_text, line);
	else
		add_entry(scan, key, false);
}

/* One line without its end; the text is changed. */
static void scan_line(struct scan *scan, char *line)
{
	char *text = trim_blanks(line), *equals;
	size_t length = strlen(text);

	if (length > 0 && text[length - 1] == '\\') {
		add_err(scan, "the backslash at its end would join the line with the next one");
		return;
	}
	if (!*text || *text == ';' || *text == '#')
		return;
	equals = strchr(text, '=');
	if (!strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK))) {
		scan->is_lost = true;
		add_err(scan, "it begins with a byte-order mark: save it as UTF-8 without one");
	} else if (*text == '[') {
		scan_section(scan, text);
	} else if (equals) {
		*equals = '\0';
		scan_key(scan, text, equals + 1);
	} else {
		add_err(scan, "the line is neither [SECTION] nor KEY = VALUE");
	}
}

static bool has_control_character(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (iscntrl((unsigned char)text[i]) && text[i] != '\t')
			return true;
	return false;
}

static void scan_bytes(struct scan *scan, const char *bytes, size_t length)
{
	const char *line = bytes, *end = bytes + length, *next;
	char copy[LINE_SIZE_MAX + 1];

	for (; line < end; line = next) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t size = (size_t)((newline ? newline : end) - line);

		next = newline ? newline + 1 : end;
		scan->line++;
		if (newline && size > 0 && line[size - 1] == '\r') /* as some editors end lines */
			size--;
		if (size > LINE_SIZE_MAX) {
			add_err(scan, "the line is longer than %d bytes", LINE_SIZE_MAX);
		} else if (has_control_character(line, size)) {
			add_err(scan, "there is a control character in the line");
		} else {
			memcpy(copy, line, size);
			copy[size] = '\0';
			scan_line(scan, copy);
		}
	}
}

/* The library prints what it dislikes; the scan has said it already, and with the file's name. */
static int say_nothing(const char *format, ...)
{
	(void)format;
	return 0;
}

static dictionary *load_dictionary(const char *bytes, size_t length, struct err *err)
{
	char path[32]; /* "/proc/self/fd/2147483647" */
	auto_close int fd = memfd_create("ini", MFD_CLOEXEC);
	dictionary *loaded;
	size_t done = 0;
	ssize_t written;

	if (fd < 0) {
		err_sys(err, "memfd_create");
		return NULL;
	}
	for (; done < length; done += (size_t)written) {
		written = write(fd, bytes + done, length - done);
		if (written < 0) {
			err_sys(err, "memfd_create");
			return NULL;
		}
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	iniparser_set_error_callback(say_nothing);
	loaded = iniparser_load(path);
	if (!loaded)
		err_set(err, "iniparser can't read it (is /proc there?)");
	return loaded;
}

/* No two of the scan's entries are equal and each is looked up: so equal counts say equal sets. */
static bool has_same_sections(const struct ini *ini, const dictionary *loaded)
{
	size_t keys = 0, sections = 0;

	for (size_t i = 0; i < ini->count; i++) {
		if (ini->entries[i].key)
			continue;
		if (!iniparser_find_entry(loaded, ini->entries[i].section))
			return false;
		sections++;
		keys += (size_t)iniparser_getsecnkeys(loaded, ini->entries[i].section);
	}
	return sections == (size_t)iniparser_getnsec(loaded) && sections + keys == ini->count;
}

/* Fill in the values. The library must have read what the scan saw: no key gets lost. */
static bool fill_values(struct scan *scan, const dictionary *loaded, struct err *err)
{
	char name[2 * LINE_SIZE_MAX];

	if (!has_same_sections(scan->ini, loaded))
		return err_set(err, "iniparser finds other sections and keys than stand in it");
	for (size_t i = 0; i < scan->ini->count; i++) {
		struct ini_entry *entry = &scan->ini->entries[i];
		const char *value;

		if (!entry->key)
			continue;
		snprintf(name, sizeof(name), "%s:%s", entry->section, entry->key);
		value = iniparser_getstring(loaded, name, NULL);
		entry->value = value ? keep_text(scan, value) : NULL;
		if (!entry->value)
			return err_set(err, "iniparser does not find what stands in line %u",
				       entry->line);
	}
	return true;
}

static bool read_values(struct scan *scan, const char *bytes, size_t length, struct err *err)
{
	dictionary *loaded = load_dictionary(bytes, length, err);
	bool ok = loaded && fill_values(scan, loaded, err);

	if (loaded)
		iniparser_freedict(loaded);
	return ok;
}

bool ini_read(struct ini *ini, int directory_fd, const char *path, const char *name,
	      struct report *report)
{
	struct ini found = { .entries = NULL };
	struct scan scan = { .ini = &found, .name = name, .report = report };
	unsigned errors = report->errors;
	auto_free char *bytes = NULL;
	size_t length = 0;
	struct err err;

	if (!file_read(&bytes, &length, directory_fd, path, FILE_SIZE_MAX, &err)) {
		report_error(report, "%s: %s", name, err.text);
		return false;
	}
	scan.room = length + 1;
	found.text = malloc(scan.room);
	if (!found.text)
		report_error(report, "%s: out of memory", name);
	else
		scan_bytes(&scan, bytes, length);
	if (report->errors == errors && !read_values(&scan, bytes, length, &err))
		report_error(report, "%s: %s", name, err.text);
	if (report->errors != errors) {
		ini_done(&found);
		return false;
	}
	*ini = found;
	return true;
}
