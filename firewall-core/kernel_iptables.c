/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text of ruleset_iptables.h → the kernel: by iptables-restore, or line by line by iptables. */
#include "kernel_iptables.h"
#include "array.h"
#include "kernel_program.h"

#define LOCK_WAIT "10" /* seconds, for whoever else changes rules: below PROGRAM_TIMEOUT_MS */
#define WORDS_MAX 48

bool kernel_iptables_has(enum family family)
{
	return family == IPV4 || !access("/proc/sys/net/ipv6", F_OK);
}

bool kernel_iptables_sees_bridged(void)
{
	return !access("/proc/sys/net/bridge", F_OK);
}

static const char *program_of(const struct settings *settings, enum program program,
			      enum family family)
{
	return settings->programs[(int)program + (family == IPV6)];
}

/* ---- one command for each line ---- */

/* What was done, for the case that it has to be undone. */
struct done {
	struct command {
		enum ip_table table;
		char text[IP_LINE_SIZE];
	} * commands;
	size_t count;
};

/* Cut the text at blanks, but not within quotes; the words lie in it. Returns how many. */
static unsigned split(const char *words[static WORDS_MAX], char *text)
{
	unsigned count = 0;

	while (count < WORDS_MAX - 1) {
		bool is_quoted;

		text += strspn(text, " ");
		if (!*text)
			break;
		is_quoted = *text == '"';
		words[count++] = text += is_quoted;
		text += strcspn(text, is_quoted ? "\"" : " ");
		if (*text)
			*text++ = '\0';
	}
	words[count] = NULL;
	return count;
}

static bool run_command(const struct settings *settings, enum family family,
			const struct command *command, struct err *err)
{
	struct command cut = *command;
	const char *words[5 + WORDS_MAX] = { program_of(settings, PROGRAM_IPTABLES, family), "-w",
					     LOCK_WAIT, "-t", ip_table_names[command->table] };

	split(words + 5, cut.text);
	return kernel_program_run(words, "", NULL, err) ||
	       err_prefix(err, "-t %s %s: ", ip_table_names[command->table], command->text);
}

/* The opposite of a command; false where there is none. */
static bool invert(struct command *command)
{
	static const char pairs[][2] = { { 'N', 'X' }, { 'A', 'D' }, { 'I', 'D' } };

	for (size_t i = 0; i < COUNT(pairs); i++)
		if (command->text[1] == pairs[i][0]) {
			command->text[1] = pairs[i][1];
			return true;
		}
	return false;
}

static void undo(const struct settings *settings, enum family family, const struct done *done)
{
	struct err ignored;

	for (size_t i = done->count; i-- > 0;) {
		struct command command = done->commands[i];

		if (invert(&command))
			(void)!run_command(settings, family, &command, &ignored);
	}
}

static bool run_line(struct done *done, const struct settings *settings, enum family family,
		     enum ip_table table, const char *line, struct err *err)
{
	struct command *command = array_add(&done->commands, done->count, sizeof(*command));

	if (!command)
		return err_memory(err);
	command->table = table;
	if (!ruleset_iptables_command(command->text, line))
		return true;
	if (!run_command(settings, family, command, err))
		return false;
	done->count++;
	return true;
}

static enum ip_table find_table(const char *name)
{
	int table = 0;

	while (table < IP_TABLE_COUNT - 1 && strcmp(ip_table_names[table], name))
		table++;
	return table;
}

static bool run_lines(const struct settings *settings, enum family family, char *text,
		      struct err *err)
{
	enum ip_table table = IP_RAW;
	struct done done = { .count = 0 };
	char *rest = NULL;
	bool ok = true;

	for (char *line = strtok_r(text, "\n", &rest); ok && line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (*line == '*')
			table = find_table(line + 1);
		else
			ok = run_line(&done, settings, family, table, line, err);
	}
	if (!ok)
		undo(settings, family, &done);
	free(done.commands);
	return ok;
}

/* ---- both ways ---- */

bool kernel_iptables_apply(const struct settings *settings, enum family family, const char *text,
			   struct err *err)
{
	const char *restore[] = { program_of(settings, PROGRAM_IPTABLES_RESTORE, family),
				  "--noflush", "-w", LOCK_WAIT, NULL };
	auto_free char *copy = NULL;

	if (settings->backend == BACKEND_IPTABLES_RESTORE)
		return kernel_program_run(restore, text, NULL, err);
	return asprintf(&copy, "%s", text) < 0 ? err_memory(err)
					       : run_lines(settings, family, copy, err);
}

bool kernel_iptables_read(char **rules, const struct settings *settings, enum family family,
			  enum ip_table table, const char *chain, struct err *err)
{
	const char *arguments[] = { program_of(settings, PROGRAM_IPTABLES, family),
				    "-w",
				    LOCK_WAIT,
				    "-t",
				    ip_table_names[table],
				    chain ? "-v" : "-S",
				    chain ? "-S" : NULL,
				    chain,
				    NULL };

	return kernel_program_run(arguments, "", rules, err);
}
