/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host file → a host of the policy, its claims, rules and forwards. */
#include "config/conf_host.h"
#include "config/conf_nat.h"
#include "config/conf_right.h"
#include "config/conf_share.h"
#include <netinet/in.h>
#include <string.h>

static const char blanks[] = " \t";

/* ---- [header] ---- */

static void parse_name(struct reading *reading, const struct key *key,
		       const struct ini_entry *entry)
{
	struct host *host = reading->target;
	struct err err;

	(void)key;
	if (key_check_name(entry->value, &err))
		snprintf(host->name, sizeof(host->name), "%s", entry->value);
	else
		key_complain(reading, entry, "%s", err.text);
}

/*
 * A local host may be given any address, 0.0.0.0/0 for all that it has, or 224.0.0.251 for what it
 * listens to. Guests and networks have addresses that others can have, too.
 */
static bool check_claim(const struct reading *reading, const struct prefix *prefix, struct err *err)
{
	const struct ini_entry *type = key_find(reading, "header", "type");

	if (type && strcasecmp(type->value, host_type_names[HOST_LOCAL]) == 0)
		return true;
	return prefix_check_unicast(prefix, err);
}

static void add_claim(struct reading *reading, const struct ini_entry *entry,
		      const struct prefix *prefix)
{
	struct host *host = reading->target;
	struct claim *claim;
	struct err err;

	if (!check_claim(reading, prefix, &err)) {
		key_complain(reading, entry, "%s", err.text);
		return;
	}
	claim = policy_add_claim(reading->policy);
	if (!claim) {
		key_complain(reading, entry, "out of memory");
		return;
	}
	claim->prefix = *prefix;
	claim->host = reading->policy->host_count - 1;
	if (host->address.length == 0)
		host->address = *prefix;
}

static void parse_ip(struct reading *reading, const struct key *key, const struct ini_entry *entry)
{
	const char *text = entry->value;
	struct group_word found;
	struct word word;

	(void)key;
	if (key_is_empty(entry->value))
		key_complain(reading, entry, "it is empty: the host file would match no address");
	while (key_next_word(&word, &text, blanks)) {
		if (!group_find(&found, reading, entry, word.text))
			continue;
		for (uint32_t i = 0; i < found.count; i++)
			add_claim(reading, entry, &found.prefixes[i]);
	}
}

/* ---- [settings] ---- */

/* peer may be NULL: with everybody. */
static void add_rules(struct reading *reading, const struct key *key, const struct ini_entry *entry,
		      const struct services *services, const struct prefix *peer)
{
	struct host *host = reading->target;

	for (unsigned i = 0; i < services->count; i++) {
		struct rule *rule = policy_add_rule(reading->policy);

		if (!rule) {
			key_complain(reading, entry, "out of memory");
			return;
		}
		rule->service = services->service[i];
		rule->level = reading->level;
		rule->outgoing = key->outgoing;
		rule->line = entry->line;
		rule->has_peer = peer != NULL;
		if (peer)
			rule->peer = *peer;
		host->rule_count++;
	}
}

static bool parse_service(struct services *services, const struct reading *reading,
			  const char *text, const char *protocol, struct err *err)
{
	char shown_text[SHOWN_SIZE];

	shown(shown_text, text);
	if (!service_parse(services, text, protocol, err))
		return false;
	for (unsigned i = 0; i < services->count; i++) {
		uint8_t number = services->service[i].protocol;

		/* What never comes in packets of this family would open nothing. */
		if (number == IPPROTO_ICMP && reading->family == IPV6)
			return err_set(err, "\"%s\": icmp is IPv4's, IPv6 has icmpv6", shown_text);
		if (number == IPPROTO_ICMPV6 && reading->family == IPV4)
			return err_set(err, "\"%s\": icmpv6 is IPv6's, IPv4 has icmp", shown_text);
		if (reading->family == IPV6 && service_is_extension_header(number))
			return err_set(err,
				       "\"%s\": in IPv6 it is an extension header, of which "
				       "only * lets any pass",
				       shown_text);
	}
	return true;
}

/* May the host send nothing at all then, or everything? An empty list could mean both. */
static void refuse_empty(const struct reading *reading, const struct key *key,
			 const struct ini_entry *entry)
{
	if (key->outgoing && key_is_empty(entry->value))
		key_complain(reading, entry,
			     "it is empty, and would not limit what the host sends: leave the key "
			     "out, or name what it may send");
}

/* PUBLIC_PORTS, OUT_PORTS, and the protocols that stand in the same place of the partner. */
static void parse_port_list(struct reading *reading, const struct key *key,
			    const struct ini_entry *entry)
{
	const struct ini_entry *partner = key_find(reading, entry->section, key->partner);
	const char *text = entry->value, *rest = partner ? partner->value : "";
	char shown_word[SHOWN_SIZE], shown_protocol[SHOWN_SIZE];
	struct word word, protocol;
	struct services services;
	struct err err;

	refuse_empty(reading, key, entry);
	while (key_next_word(&word, &text, blanks)) {
		bool has_protocol = key_next_word(&protocol, &rest, blanks);

		if (has_protocol && strchr(word.text, '/'))
			key_complain(reading, partner, "\"%s\" is for \"%s\", which names its own",
				     shown(shown_protocol, protocol.text),
				     shown(shown_word, word.text));
		else if (parse_service(&services, reading, word.text,
				       has_protocol ? protocol.text : NULL, &err))
			add_rules(reading, key, entry, &services, NULL);
		else
			key_complain(reading, has_protocol ? partner : entry, "%s", err.text);
	}
	if (key_next_word(&protocol, &rest, blanks))
		key_complain(reading, partner,
			     "\"%s\" has no port: there are more protocols than ports",
			     shown(shown_protocol, protocol.text));
}

/* PUBLIC_PROTOCOLS, OUT_PROTOCOLS: parse_port_list() reads them, if there are ports. */
static void parse_protocol_list(struct reading *reading, const struct key *key,
				const struct ini_entry *entry)
{
	if (!key_is_empty(entry->value) && !key_find(reading, entry->section, key->partner))
		key_complain(reading, entry,
			     "there are no ports that these protocols could be for");
}

/* The services of one word of USERS or SERVICES, with all that one peer stands for. */
static void parse_peer(struct reading *reading, const struct key *key,
		       const struct ini_entry *entry, const char *names, const char *peer)
{
	struct group_word found;
	struct services services;
	struct word name;
	struct err err;

	if (!group_find(&found, reading, entry, peer))
		return;
	while (key_next_word(&name, &names, ","))
		if (parse_service(&services, reading, name.text, NULL, &err))
			for (uint32_t i = 0; i < found.count; i++)
				add_rules(reading, key, entry, &services, &found.prefixes[i]);
}

/* "22,3306", with nothing missing at a comma. */
static bool is_comma_list(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && text[0] != ',' && text[length - 1] != ',' && !strstr(text, ",,");
}

/* USERS, SERVICES: "22,3306@office". */
static void parse_peers(struct reading *reading, const struct key *key,
			const struct ini_entry *entry)
{
	const char *text = entry->value, *peers, *names;
	char shown_word[SHOWN_SIZE];
	struct services services;
	struct word word, part;
	struct err err;

	refuse_empty(reading, key, entry);
	while (key_next_word(&word, &text, blanks)) {
		char *at = strchr(word.text, '@');

		shown(shown_word, word.text);
		if (at)
			*at = '\0';
		if (!at || !is_comma_list(word.text) || !is_comma_list(at + 1)) {
			key_complain(reading, entry,
				     "\"%s\" is not SERVICE@ADDRESS, with commas between several",
				     shown_word);
			continue;
		}
		for (names = word.text; key_next_word(&part, &names, ",");)
			if (!parse_service(&services, reading, part.text, NULL, &err))
				key_complain(reading, entry, "%s", err.text);
		for (peers = at + 1; key_next_word(&part, &peers, ",");)
			parse_peer(reading, key, entry, word.text, part.text);
	}
}

/* ---- the file ---- */

#define FIELD(name) .offset = offsetof(struct host, name)
#define LINE(name) .line_offset = offsetof(struct host, name)

static const char no_level[] = "a translation has no level, its place is [settings]";

static const struct key settings_keys[] = {
	{ "settings*", "public_ports", .parse = parse_port_list, .partner = "public_protocols" },
	{ "settings*", "public_protocols", .parse = parse_protocol_list,
	  .partner = "public_ports" },
	{ "settings*", "users", .parse = parse_peers },
	{ "settings*", "out_ports", .parse = parse_port_list, .partner = "out_protocols",
	  .outgoing = true },
	{ "settings*", "out_protocols", .parse = parse_protocol_list, .partner = "out_ports" },
	{ "settings*", "services", .parse = parse_peers, .outgoing = true },
	{ "settings", "nat", .parse = conf_nat_parse, LINE(nat_line) },
	{ "settings", "pat", .parse = conf_nat_parse_ports },
	{ "settings", "nat_device", .parse = key_parse_interface, FIELD(nat_device) },
	{ "settings *N", "nat", .parse = key_parse_misplaced, .refusal = no_level },
	{ "settings *N", "pat", .parse = key_parse_misplaced, .refusal = no_level },
	{ "settings *N", "nat_device", .parse = key_parse_misplaced, .refusal = no_level },
};

/* [settings], or more services at a level of their own: [settings N]. */
static void parse_settings(struct reading *reading, const struct key *key,
			   const struct ini_entry *entry)
{
	const char *level = strchr(entry->section, ' ');
	struct reading own = *reading;
	struct err err;

	(void)key;
	own.level = LEVEL_DEFAULT;
	if (level && !key_parse_level(&own.level, level + 1, &err))
		key_complain(reading, entry, "%s", err.text);
	else if (level && own.level == LEVEL_DEFAULT)
		key_complain(reading, entry, "level %d is [settings]: write it there",
			     LEVEL_DEFAULT);
	key_read_section(&own, entry, settings_keys, COUNT(settings_keys));
}

static const struct key keys[] = {
	{ "header", "name", .parse = parse_name },
	{ "header", "ip", .parse = parse_ip, LINE(ip_line) },
	{ "header", "type", .parse = key_parse_choice, FIELD(type), .words = host_type_names,
	  .word_count = HOST_TYPE_COUNT },
	{ "header", "interface", .parse = key_parse_interface, FIELD(interface) },
	{ "header", "firewall", .parse = key_parse_bool, FIELD(filtered), LINE(filtered_line) },
	{ "header", "connections", .parse = conf_share_parse_host, FIELD(connections),
	  LINE(connections_line) },
	{ "header", "role", .parse = conf_right_parse_role, FIELD(role), .words = host_role_names,
	  .word_count = HOST_ROLE_COUNT },
	{ "header", "macs", .parse = conf_right_parse_macs },
	{ "header", "ethertypes", .parse = conf_right_parse_ethertypes },
	{ "header", "shared", .parse = conf_right_parse_bool, FIELD(shared) },
	{ "header", "any_card", .parse = conf_right_parse_bool, FIELD(any_card) },

	{ "settings", NULL, .parse = parse_settings },
	{ "settings *N", NULL, .parse = parse_settings },
};

void conf_host_read(struct policy *policy, int directory_fd, const char *file, enum family family,
		    struct groups *groups, struct report *report)
{
	struct host *host = policy_add_host(policy);
	char path[HOST_PATH_SIZE];
	struct reading reading = { .name = path, .report = report, .family = family };
	struct err err;

	if (!host) {
		report_error(report, "%s.d: out of memory", family_names[family]);
		return;
	}
	host->family = (uint8_t)family;
	host->type = HOST_DOMU;
	host->filtered = true;
	host->first_rule = policy->rule_count;
	host->first_forward = policy->forward_count;
	snprintf(host->file, sizeof(host->file), "%s", file);
	snprintf(host->name, sizeof(host->name), "%.*s", (int)(strlen(file) - strlen(".conf")),
		 file);
	host_path(path, host);

	reading.target = host;
	reading.groups = groups;
	reading.policy = policy;
	if (key_read(&reading, directory_fd, file, keys, COUNT(keys))) {
		if (!key_find(&reading, "header", "ip"))
			report_error(report,
				     "%s: [header] IP: it is missing: the host file would match no "
				     "address",
				     path);
		if (!key_find(&reading, "header", "name") && !key_check_name(host->name, &err))
			report_error(report, "%s: [header] NAME: it is missing, and %s", path,
				     err.text);
		conf_nat_check(&reading, host);
	}
	ini_done(&reading.ini);
}
