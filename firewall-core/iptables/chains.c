/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines, chains and entries as iptables-restore reads them. */
#include "iptables/chains.h"
#include <stdarg.h>

static void print_expanded(const struct chains *p, const char *before, const char *format,
			   va_list arguments) __attribute__((format(printf, 3, 0)));
static void print_expanded(const struct chains *p, const char *before, const char *format,
			   va_list arguments)
{
	char line[IP_LINE_SIZE];

	vsnprintf(line, sizeof(line), format, arguments);
	fputs(before, p->out);
	for (const char *c = line; *c; c++)
		if (*c == '@')
			fprintf(p->out, RULESET_CHAINS "%c-", p->ruleset->generation);
		else
			fputc(*c, p->out);
	fputc('\n', p->out);
}

void chains_line(const struct chains *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_expanded(p, "", format, arguments);
	va_end(arguments);
}

/* "-A @", and so on. */
static void print_entry(const struct chains *p, const char *verb, const char *format,
			va_list arguments) __attribute__((format(printf, 3, 0)));
static void print_entry(const struct chains *p, const char *verb, const char *format,
			va_list arguments)
{
	char before[sizeof("-A " RULESET_CHAINS "a-")];

	snprintf(before, sizeof(before), "%s " RULESET_CHAINS "%c-", verb, p->ruleset->generation);
	print_expanded(p, before, format, arguments);
}

void chains_entry(const struct chains *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_entry(p, p->verb, format, arguments);
	va_end(arguments);
}

static bool is_removal(const struct chains *p)
{
	return !strcmp(p->verb, "-D");
}

void chains_own(const struct chains *p, const char *format, ...)
{
	va_list arguments;

	if (is_removal(p))
		return;
	va_start(arguments, format);
	print_expanded(p, "", format, arguments);
	va_end(arguments);
}

void chains_end(const struct chains *p, const char *format, ...)
{
	static const char *const verbs[] = { "-F", "-X" };

	for (size_t i = 0; is_removal(p) && i < COUNT(verbs); i++) {
		va_list arguments;

		va_start(arguments, format);
		print_entry(p, verbs[i], format, arguments);
		va_end(arguments);
	}
}

unsigned chains_lengths(uint8_t lengths[static 129], const struct sets *sets, enum family family)
{
	bool used[129] = { false };
	unsigned count = 0;

	for (uint32_t i = 0; i < sets->count; i++) {
		const struct set *set = &sets->sets[i];

		if (set->table == TABLE_INET && set->family == family &&
		    (set->kind == SET_GUEST || set->kind == SET_NETWORK))
			used[set->length] = true;
	}
	for (int length = 128; length >= 0; length--)
		if (used[length])
			lengths[count++] = (uint8_t)length;
	return count;
}

const char *chains_by_policy(const struct chains *p, enum chain chain)
{
	bool accept = p->policy->family[p->family].chain[chain].policy == TARGET_ACCEPT;

	return accept ? CHAINS_BEGIN : "-g @refused";
}

const char *chains_interface(char out[static CHAINS_INTERFACE], const char *option,
			     const struct ifname *name)
{
	out[0] = '\0';
	if (name->text[0])
		snprintf(out, CHAINS_INTERFACE, "%s %s ", option, name->text);
	return out;
}

const char *chains_own_source(const struct chains *p)
{
	return p->family == IPV4 ? "! -s 0.0.0.0 -m addrtype --src-type LOCAL,BROADCAST "
				 : "-m addrtype --src-type LOCAL,ANYCAST ";
}

void chains_vifs(const struct chains *p, const char *chain, char direction, const char *verdict)
{
	chains_line(p, "-A @%s -%c vif+ %s", chain, direction, verdict);
	chains_line(p, "-A @%s -m devgroup --%s-group %d %s", chain,
		    direction == 'i' ? "src" : "dst", LINK_GROUP, verdict);
}

/*
 * Five a second for each interface at the most, so that no guest fills the disk or hides another;
 * and of what is refused not what a LAN says to everybody all day.
 */
static void print_log(char out[static IP_LINE_SIZE], const char *reason)
{
	snprintf(out, IP_LINE_SIZE,
		 "%s-m limit --limit %u/second --limit-burst %u -j LOG "
		 "--log-prefix \"taofirewall %s: \"",
		 strcmp(reason, "refused") ? "" : "-m pkttype --pkt-type unicast ",
		 PATH_LOG_PER_SECOND, PATH_LOG_BURST, reason);
}

void chains_reason(const struct chains *p, const char *reason, bool logs)
{
	char log[IP_LINE_SIZE];

	print_log(log, reason);
	if (logs)
		chains_line(p, "-A @%s-from %s", reason, log);
}

void chains_reason_vif(const struct chains *p, const char *reason, bool logs, const struct vif *vif)
{
	char log[IP_LINE_SIZE];

	print_log(log, reason);
	chains_entry(p, "%s-from -i %s -j RETURN", reason, vif->name.text);
	if (logs)
		chains_entry(p, "%s-from -i %s %s", reason, vif->name.text, log);
}
