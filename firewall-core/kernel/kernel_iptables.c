/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text of ruleset_iptables.h → the kernel: by iptables-restore, or line by line by iptables. */
#include "kernel/kernel_iptables.h"
#include "base/array.h"
#include "base/trust.h"
#include "kernel/kernel_program.h"
#include <errno.h>

#define LOCK_WAIT "10" /* seconds, for whoever else changes rules: below PROGRAM_TIMEOUT_MS */
#define WORDS_MAX 48

bool kernel_iptables_has_ebtables(const struct settings *settings)
{
	return !access(settings->programs[PROGRAM_EBTABLES], X_OK) &&
	       !access(settings->programs[PROGRAM_EBTABLES_RESTORE], X_OK);
}

bool kernel_iptables_has(const struct settings *settings, enum ip_stack part)
{
	switch (part) {
	case STACK_IPV6:
		return !access("/proc/sys/net/ipv6", F_OK);
	case STACK_BRIDGES:
		return settings->xen != XEN_NO && kernel_iptables_has_ebtables(settings);
	case STACK_IPV4:
	case STACK_COUNT:
		break;
	}
	return true;
}

static bool check_program(const struct settings *settings, enum program program, struct err *err)
{
	const char *path = settings->programs[program];

	if (access(path, X_OK))
		return err_set(err,
			       "BACKEND = %s runs %s, which can't be run: %s: install the package "
			       "iptables, or set BACKEND to nft",
			       backend_names[settings->backend], path, strerror(errno));
	return trust_path(path, err) || err_prefix(err, "BACKEND = %s runs %s, and does not: ",
						   backend_names[settings->backend], path);
}

bool kernel_iptables_check_programs(const struct settings *settings, struct err *err)
{
	bool restores = settings->backend == BACKEND_IPTABLES_RESTORE, ok = true;

	for (int part = STACK_IPV4; ok && part <= STACK_IPV6; part++)
		ok = !kernel_iptables_has(settings, part) ||
		     (check_program(settings, PROGRAM_IPTABLES + part, err) &&
		      (!restores || check_program(settings, PROGRAM_IPTABLES_RESTORE + part, err)));
	return ok;
}

bool kernel_iptables_sees_bridged(void)
{
	return !access("/proc/sys/net/bridge", F_OK);
}

static const char *program_of(const struct settings *settings, enum program program,
			      enum ip_stack part)
{
	return settings->programs[(int)program + (int)part];
}

/* ---- one command for each line ---- */

/* What was done, for the case that it has to be undone. */
struct done {
	struct command {
		enum ip_table table;
		char text[IP_LINE_SIZE];
	} *commands;
	size_t count;
};

/* Cut the text at blanks, but not within quotes; the words lie in it. Returns how many. */
static unsigned split_words(const char *words[static WORDS_MAX], char *text)
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

static bool run_command(const struct settings *settings, enum ip_stack part,
			const struct command *command, struct err *err)
{
	struct command cut = *command;
	const char *words[5 + WORDS_MAX] = { program_of(settings, PROGRAM_IPTABLES, part), "-w",
					     LOCK_WAIT, "-t", ip_table_name(part, command->table) };

	split_words(words + 5, cut.text);
	return kernel_program_run(words, "", NULL, err) ||
	       err_prefix(err, "-t %s %s: ", ip_table_name(part, command->table), command->text);
}

/* The opposite of a command; false where there is none. */
static bool invert_command(struct command *command)
{
	static const char pairs[][2] = { { 'N', 'X' }, { 'A', 'D' }, { 'I', 'D' } };

	for (size_t i = 0; i < COUNT(pairs); i++)
		if (command->text[1] == pairs[i][0]) {
			command->text[1] = pairs[i][1];
			return true;
		}
	return false;
}

static void undo_commands(const struct settings *settings, enum ip_stack part,
			  const struct done *done)
{
	struct err ignored;

	for (size_t i = done->count; i-- > 0;) {
		struct command command = done->commands[i];

		if (invert_command(&command))
			(void)!run_command(settings, part, &command, &ignored);
	}
}

static bool run_line(struct done *done, const struct settings *settings, enum ip_stack part,
		     enum ip_table table, const char *line, struct err *err)
{
	struct command *command = array_add(&done->commands, done->count, sizeof(*command));

	if (!command)
		return err_memory(err);
	command->table = table;
	if (!ruleset_iptables_command(command->text, line))
		return true;
	if (!run_command(settings, part, command, err))
		return false;
	done->count++;
	return true;
}

static enum ip_table find_table(const char *name)
{
	int table = 0;

	while (table < IP_TABLE_COUNT - 1 && strcmp(ip_table_name(STACK_IPV4, table), name))
		table++;
	return table;
}

static bool run_lines(const struct settings *settings, enum ip_stack part, char *text,
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
			ok = run_line(&done, settings, part, table, line, err);
	}
	if (!ok)
		undo_commands(settings, part, &done);
	free(done.commands);
	return ok;
}

/* ---- both ways ---- */

/* One of ebtables does without a lock, the other one has no time limit to wait for it. */
static bool run_restore(const struct settings *settings, enum ip_stack part, const char *text,
			struct err *err)
{
	const char *program = program_of(settings, PROGRAM_IPTABLES_RESTORE, part);
	const char *waiting[] = { program, "--noflush", "-w", LOCK_WAIT, NULL };
	const char *plain[] = { program, "--noflush", NULL };

	return kernel_program_run(part == STACK_BRIDGES ? plain : waiting, text, NULL, err);
}

bool kernel_iptables_apply(const struct settings *settings, enum ip_stack part, const char *text,
			   struct err *err)
{
	auto_free char *copy = NULL;

	if (part == STACK_BRIDGES || settings->backend == BACKEND_IPTABLES_RESTORE)
		return run_restore(settings, part, text, err);
	return asprintf(&copy, "%s", text) < 0 ? err_memory(err)
					       : run_lines(settings, part, copy, err);
}

static bool read_bridges(char **rules, const struct settings *settings, enum ip_table table,
			 const char *chain, struct err *err)
{
	const char *arguments[] = { settings->programs[PROGRAM_EBTABLES],
				    "-t",
				    ip_table_name(STACK_BRIDGES, table),
				    "-L",
				    chain,
				    chain ? "--Lc" : NULL,
				    NULL };
	auto_free char *list = NULL;

	if (!kernel_program_run(arguments, "", &list, err))
		return false;
	*rules = ruleset_iptables_from_list(list);
	return *rules || err_memory(err);
}

bool kernel_iptables_read(char **rules, const struct settings *settings, enum ip_stack part,
			  enum ip_table table, const char *chain, struct err *err)
{
	const char *arguments[] = { program_of(settings, PROGRAM_IPTABLES, part),
				    "-w",
				    LOCK_WAIT,
				    "-t",
				    ip_table_name(part, table),
				    chain ? "-v" : "-S",
				    chain ? "-S" : NULL,
				    chain,
				    NULL };

	if (part == STACK_BRIDGES)
		return read_bridges(rules, settings, table, chain, err);
	return kernel_program_run(arguments, "", rules, err);
}
