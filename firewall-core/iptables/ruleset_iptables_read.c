/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `iptables -S` prints → what of it is ours, and how that is removed. */
#include "base/number.h"
#include "iptables/ruleset_iptables.h"

/* The generation of a chain of ours, 0: it is none. */
static char generation_of(const char *name)
{
	static const char prefix[] = RULESET_CHAINS;
	const char *at = name + sizeof(prefix) - 1;

	if (strncmp(name, prefix, sizeof(prefix) - 1) || *at < 'a' || *at > 'z' || at[1] != '-')
		return 0;
	return *at;
}

/*
 * The generation of a chain of ours that a rule of somebody else's chain leads to. Its target is
 * the last word, for ours takes no options; a quote there is the end of a comment.
 */
static char generation_jumped_to(const char *line)
{
	const char *end = line + strcspn(line, "\n"), *target = end;

	while (target > line && target[-1] != ' ')
		target--;
	if (strncmp(line, "-A ", 3) || generation_of(line + 3) || target - line < 7 ||
	    end[-1] == '"' || (strncmp(target - 4, " -j ", 4) && strncmp(target - 4, " -g ", 4)))
		return 0;
	return generation_of(target);
}

/* The generation of the chain that the line declares. */
static char generation_declared(const char *line)
{
	return strncmp(line, "-N ", 3) ? 0 : generation_of(line + 3);
}

/* What stands behind the verb of each such line, with another verb. Returns whether any did. */
static bool print_lines(FILE *out, const char *verb, const char *rules,
			char (*find)(const char *line), char generation, bool is_kept)
{
	bool any = false;

	for (const char *line = rules; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char own = find(line);

		if (!own || (own == generation) == is_kept)
			continue;
		fprintf(out, "%s %.*s\n", verb, (int)strcspn(line, "\n") - 3, line + 3);
		any = true;
	}
	return any;
}

bool ruleset_iptables_has(const char *rules, char generation)
{
	for (const char *line = rules; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (generation_declared(line) == generation)
			return true;
	return false;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

/* How many of the lines, up to end, begin so. */
static unsigned count_lines(const char *text, const char *end, const char *start, size_t length)
{
	unsigned count = 0;

	for (const char *line = text; line < end; line = next_line(line))
		count += !strncmp(line, start, length);
	return count;
}

bool ruleset_iptables_is_whole(const char *rules, enum ip_stack part, enum ip_table table,
			       const char *text)
{
	char head[32];
	const char *begin, *end;

	snprintf(head, sizeof(head), "*%s\n", ip_table_name(part, table));
	begin = strstr(text, head);
	if (!begin)
		return true;
	begin += strlen(head);
	end = strstr(begin, "\n*");
	end = end ? end + 1 : begin + strlen(begin);
	for (const char *line = begin; line < end; line = next_line(line)) {
		size_t length;

		if (strncmp(line, "-A ", 3) || !generation_of(line + 3))
			continue;
		length = 3 + strcspn(line + 3, " \n") + 1;
		if (count_lines(begin, line, line, length)) /* this chain was looked at */
			continue;
		if (count_lines(rules, rules + strlen(rules), line, length) <
		    count_lines(line, end, line, length))
			return false;
	}
	return true;
}

bool ruleset_iptables_print_rest(FILE *out, enum ip_stack part, enum ip_table table,
				 const char *rules, char generation, bool is_kept)
{
	bool any;

	fprintf(out, "*%s\n", ip_table_name(part, table));
	any = print_lines(out, "-D", rules, generation_jumped_to, generation, is_kept);
	any |= print_lines(out, "-F", rules, generation_declared, generation, is_kept);
	any |= print_lines(out, "-X", rules, generation_declared, generation, is_kept);
	fputs(ip_table_end(part), out);
	return any;
}

/* A rule with " , pcnt = 5 -- bcnt = 300" behind it, which iptables puts in front of the target. */
static void print_listed_rule(FILE *out, const char *line, size_t length)
{
	static const char pcnt[] = " , pcnt = ", bcnt[] = " -- bcnt = ", digits[] = "0123456789";
	const char *counts = memmem(line, length, pcnt, sizeof(pcnt) - 1);
	const char *target = memmem(line, length, "-j ", 3);
	const char *packets = counts ? counts + sizeof(pcnt) - 1 : "";
	const char *bytes = packets + strspn(packets, digits);

	if (counts && target && target < counts && !strncmp(bytes, bcnt, sizeof(bcnt) - 1)) {
		fprintf(out, "%.*s-c %.*s", (int)(target - line), line, (int)(bytes - packets),
			packets);
		bytes += sizeof(bcnt) - 1;
		fprintf(out, " %.*s %.*s\n", (int)strspn(bytes, digits), bytes,
			(int)(counts - target), target);
	} else {
		fprintf(out, "%.*s\n", (int)length, line);
	}
}

/* "Bridge chain: NAME, entries: 1, policy: ACCEPT", and its rules below. */
static void print_listed(FILE *out, const char *line, char chain[static IP_CHAIN_SIZE])
{
	static const char head[] = "Bridge chain: ";
	const char *name = line + sizeof(head) - 1;

	if (!strncmp(line, head, sizeof(head) - 1)) {
		snprintf(chain, IP_CHAIN_SIZE, "%.*s", (int)strcspn(name, ",\n"), name);
		fprintf(out, "-N %s\n", chain);
	} else if (*line == '-') {
		fprintf(out, "-A %s ", chain);
		print_listed_rule(out, line, strcspn(line, "\n"));
	}
}

char *ruleset_iptables_from_list(const char *list)
{
	char *rules = NULL, chain[IP_CHAIN_SIZE] = "";
	size_t size;
	FILE *out = open_memstream(&rules, &size);

	if (!out)
		return NULL;
	for (const char *line = list; *line; line += strcspn(line, "\n"), line += *line == '\n')
		print_listed(out, line, chain);
	if (!fclose(out))
		return rules;
	free(rules);
	return NULL;
}

/* "-A CHAIN -i vif1.0 -c 5 300 -j RETURN", or -o; CONTINUE with ebtables. */
bool ruleset_iptables_read_counter(struct ip_counter *counter, const char *line)
{
	const char *name = strchr(line, ' ');
	const char *end;
	size_t length;

	name = name ? strchr(name + 1, ' ') : NULL;
	if (!name || (strncmp(name, " -i ", 4) && strncmp(name, " -o ", 4)))
		return false;
	name += 4;
	length = strcspn(name, " \n");
	if (length >= sizeof(counter->name.text) || strncmp(name + length, " -c ", 4))
		return false;
	*counter = (struct ip_counter){ .packets = 0 };
	memcpy(counter->name.text, name, length);
	end = name + length + 4;
	if (!number_read_digits(&counter->packets, &end, 10, UINT64_MAX) || *end++ != ' ' ||
	    !number_read_digits(&counter->bytes, &end, 10, UINT64_MAX))
		return false;
	end += strspn(end, " ");
	length = strcspn(end, "\n");
	return (length == 9 && !strncmp(end, "-j RETURN", 9)) ||
	       (length == 11 && !strncmp(end, "-j CONTINUE", 11));
}

const char *ruleset_iptables_command(char out[static IP_LINE_SIZE], const char *line)
{
	if (*line == '-')
		snprintf(out, IP_LINE_SIZE, "%s", line);
	else if (*line == ':')
		snprintf(out, IP_LINE_SIZE, "-N %.*s", (int)strcspn(line + 1, " "), line + 1);
	else
		return NULL;
	return out;
}
