/* SPDX-License-Identifier: GPL-2.0-or-later */
/* taofirewall.conf → the settings of the machine. */
#include "config/conf_global.h"
#include "base/number.h"
#include "config/conf_share.h"
#include "config/key.h"
#include <string.h>

/* DOM0_IP, DOM0_IP6: "auto", or a list of addresses of the family. */
static void parse_dom0_addresses(struct reading *reading, const struct ini_entry *entry,
				 enum family family)
{
	struct settings *settings = &reading->policy->settings;
	struct prefix *addresses = settings->dom0[family], address;
	uint8_t *count = &settings->dom0_count[family];
	const char *text = entry->value;
	char shown_word[SHOWN_SIZE];
	struct word word;
	struct err err;

	if (strcasecmp(text, "auto") == 0)
		return;
	if (!*text)
		key_complain(reading, entry, "it is empty: it is auto, or a list of addresses");
	while (key_next_word(&word, &text, " \t")) {
		shown(shown_word, word.text);
		if (!prefix_parse(&address, word.text, &err) ||
		    !prefix_check_unicast(&address, &err))
			key_complain(reading, entry, "%s", err.text);
		else if (address.family != family || !prefix_is_address(&address))
			key_complain(reading, entry, "\"%s\" is not an address of %s", shown_word,
				     family == IPV4 ? "IPv4" : "IPv6");
		else if (*count == DOM0_ADDRESSES_MAX)
			key_complain(reading, entry, "\"%s\" is one too many: %d fit", shown_word,
				     DOM0_ADDRESSES_MAX);
		else
			addresses[(*count)++] = address;
	}
}

static void parse_dom0_ip(struct reading *reading, const struct key *key,
			  const struct ini_entry *entry)
{
	(void)key;
	parse_dom0_addresses(reading, entry, IPV4);
}

static void parse_dom0_ip6(struct reading *reading, const struct key *key,
			   const struct ini_entry *entry)
{
	(void)key;
	parse_dom0_addresses(reading, entry, IPV6);
}

/* A path of PATH_SIZE, of a folder or of a program. */
static void parse_absolute_path(struct reading *reading, const struct key *key,
				const struct ini_entry *entry, const char *kind)
{
	char *path = (char *)reading->target + key->offset, shown_value[SHOWN_SIZE];

	shown(shown_value, entry->value);
	if (entry->value[0] != '/')
		key_complain(reading, entry, "\"%s\" is not the absolute path of a %s", shown_value,
			     kind);
	else if (strlen(entry->value) >= PATH_SIZE)
		key_complain(reading, entry, "\"%s\" is longer than %d bytes", shown_value,
			     PATH_SIZE - 1);
	else
		snprintf(path, PATH_SIZE, "%s", entry->value);
}

static void parse_hooks(struct reading *reading, const struct key *key,
			const struct ini_entry *entry)
{
	parse_absolute_path(reading, key, entry, "folder");
}

static void parse_program(struct reading *reading, const struct key *key,
			  const struct ini_entry *entry)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/._+-";

	if (entry->value[strspn(entry->value, plain)])
		key_complain(reading, entry,
			     "the path of a program has letters, digits and / . _ "
			     "+ - alone");
	else
		parse_absolute_path(reading, key, entry, "program");
}

/* Two of the 32 bits of a mark. */
static void parse_marks(struct reading *reading, const struct key *key,
			const struct ini_entry *entry)
{
	uint32_t *marks = (void *)((char *)reading->target + key->offset);
	const char *text = entry->value;
	bool is_hexadecimal = !strncasecmp(text, "0x", 2);
	char shown_value[SHOWN_SIZE];
	uint64_t value = 0;

	text += is_hexadecimal ? 2 : 0;
	if (!number_read_digits(&value, &text, is_hexadecimal ? 16 : 10, UINT32_MAX) || *text ||
	    __builtin_popcountll(value) != 2)
		key_complain(reading, entry,
			     "\"%s\" is not a number with two bits set, such as 0x%x",
			     shown(shown_value, entry->value), *marks);
	else
		*marks = (uint32_t)value;
}

#define GLOBAL(name) .offset = offsetof(struct policy, name)
#define LINE(name) .line_offset = offsetof(struct policy, name)
#define CHOICE(names) .words = (names), .word_count = COUNT(names)

static const char *const uplink_words[] = { "auto" };

static const struct key global_keys[] = {
	{ "firewall", "backend", .parse = key_parse_choice, GLOBAL(settings.backend),
	  CHOICE(backend_names) },
	{ "firewall", "ipv4", .parse = key_parse_bool, GLOBAL(family[IPV4].enabled),
	  LINE(family[IPV4].enabled_line) },
	{ "firewall", "ipv6", .parse = key_parse_bool, GLOBAL(family[IPV6].enabled),
	  LINE(family[IPV6].enabled_line) },
	{ "firewall", "xen", .parse = key_parse_choice, GLOBAL(settings.xen),
	  CHOICE(xen_mode_names) },
	{ "firewall", "log", .parse = key_parse_choice, GLOBAL(settings.log),
	  CHOICE(log_mode_names) },
	{ "firewall", "packet_mark", .parse = parse_marks, GLOBAL(settings.packet_marks) },
	{ "firewall", "connection_mark", .parse = parse_marks, GLOBAL(settings.connection_marks) },

	{ "xen", "uplink", .parse = key_parse_interface, GLOBAL(settings.uplink),
	  CHOICE(uplink_words) },
	{ "xen", "dom0_ip", .parse = parse_dom0_ip },
	{ "xen", "dom0_ip6", .parse = parse_dom0_ip6 },
	{ "xen", "proxy_arp", .parse = key_parse_choice, GLOBAL(settings.proxy_arp),
	  CHOICE(proxy_arp_names) },
	{ "xen", "proxy_ndp", .parse = key_parse_bool, GLOBAL(settings.proxy_ndp) },
	{ "xen", "antispoof", .parse = key_parse_bool, GLOBAL(settings.antispoof),
	  LINE(settings.antispoof_line) },
	{ "xen", "connections", .parse = conf_share_parse, GLOBAL(settings.connections),
	  LINE(settings.connections_line) },
	{ "xen", "hooks", .parse = parse_hooks, GLOBAL(settings.hooks) },

	{ "programs", "iptables", .parse = parse_program,
	  GLOBAL(settings.programs[PROGRAM_IPTABLES]) },
	{ "programs", "ip6tables", .parse = parse_program,
	  GLOBAL(settings.programs[PROGRAM_IP6TABLES]) },
	{ "programs", "ebtables", .parse = parse_program,
	  GLOBAL(settings.programs[PROGRAM_EBTABLES]) },
	{ "programs", "iptables_restore", .parse = parse_program,
	  GLOBAL(settings.programs[PROGRAM_IPTABLES_RESTORE]) },
	{ "programs", "ip6tables_restore", .parse = parse_program,
	  GLOBAL(settings.programs[PROGRAM_IP6TABLES_RESTORE]) },
	{ "programs", "ebtables_restore", .parse = parse_program,
	  GLOBAL(settings.programs[PROGRAM_EBTABLES_RESTORE]) },
};

void conf_global_read(struct policy *policy, int directory_fd, struct report *report)
{
	struct reading reading = {
		.name = "taofirewall.conf", .report = report, .target = policy, .policy = policy
	};

	if (key_read(&reading, directory_fd, reading.name, global_keys, COUNT(global_keys)) &&
	    !policy->family[IPV4].enabled && !policy->family[IPV6].enabled)
		report_error(report,
			     "%s: [firewall] IPV6: it is no, and IPV4 too: every "
			     "packet would be dropped",
			     reading.name);
	ini_done(&reading.ini);
}
