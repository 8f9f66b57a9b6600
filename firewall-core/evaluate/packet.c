/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was found on a packet's way → names, and the line of the configuration behind it. */
#include "evaluate/packet.h"
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>

const char *const connection_names[CONNECTION_COUNT] = {
	[CONNECTION_NEW] = "new",
	[CONNECTION_ESTABLISHED] = "established",
	[CONNECTION_INVALID] = "invalid",
};

const char *const reason_names[REASON_COUNT] = {
	[REASON_NO_RULES] = "no-rules",
	[REASON_LOCAL] = "local",
	[REASON_UNPROTECTED] = "unprotected",
	[REASON_OWN_SOURCE] = "own-source",
	[REASON_CARD_SOURCE] = "card-source",
	[REASON_BEHIND_SOURCE] = "behind-source",
	[REASON_STARTING] = "starting",
	[REASON_OPEN_SOURCE] = "open-source",
	[REASON_ROUTED_SOURCE] = "routed-source",
	[REASON_LAN_SOURCE] = "lan-source",
	[REASON_SHARED_SOURCE] = "shared-source",
	[REASON_FOREIGN_SOURCE] = "foreign-source",
	[REASON_OTHERS_SOURCE] = "others-source",
	[REASON_MACHINE_SOURCE] = "machine-source",
	[REASON_GATEWAY_SOURCE] = "gateway-source",
	[REASON_STRAY_SOURCE] = "stray-source",
	[REASON_CLAIMED_SOURCE] = "claimed-source",
	[REASON_UNKNOWN_SOURCE] = "unknown-source",
	[REASON_WRONG_MAC] = "wrong-mac",
	[REASON_NO_GUESTS] = "no-guests",
	[REASON_ETHERTYPE] = "ethertype",
	[REASON_FORWARDED] = "forwarded",
	[REASON_SWITCHED] = "switched",
	[REASON_ISOLATED] = "isolated",
	[REASON_NO_IPV6] = "no-ipv6",
	[REASON_OTHER_PORTS] = "other-ports",
	[REASON_UNTRACKED] = "untracked",
	[REASON_BRIDGED] = "bridged",
	[REASON_LOOPBACK] = "loopback",
	[REASON_ANSWER] = "answer",
	[REASON_INVALID] = "invalid",
	[REASON_FAMILY_OFF] = "family-off",
	[REASON_OFF] = "off",
	[REASON_UNMANAGED] = "unmanaged",
	[REASON_FRIEND] = "friend",
	[REASON_ICMP] = "icmp",
	[REASON_ICMP_ACCEPTED] = "icmp-accepted",
	[REASON_LINK] = "link",
	[REASON_LINK_LOCAL] = "link-local",
	[REASON_LINK_TYPE] = "link-type",
	[REASON_UNFILTERED] = "unfiltered",
	[REASON_RULE] = "rule",
	[REASON_LIMITED] = "limited",
	[REASON_UNLIMITED] = "unlimited",
	[REASON_UNNAMED] = "unnamed",
	[REASON_NO_FILE] = "no-file",
	[REASON_STRANGER] = "stranger",
	[REASON_TO_WORLD] = "to-world",
	[REASON_INTO_LAN] = "into-lan",
	[REASON_BEHIND] = "behind",
	[REASON_POLICY] = "policy",
	[REASON_LEAVES] = "leaves",
};

bool protocol_has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

bool packet_can_begin(const struct packet *packet)
{
	static const uint8_t types[] = { ICMP_ECHO, ICMP_TIMESTAMP, ICMP_INFO_REQUEST,
					 ICMP_ADDRESS };
	static const uint8_t types6[] = { ICMP6_ECHO_REQUEST,
					  130,
					  131,
					  132,
					  ND_ROUTER_SOLICIT,
					  ND_ROUTER_ADVERT,
					  ND_NEIGHBOR_SOLICIT,
					  ND_NEIGHBOR_ADVERT,
					  139,
					  143,
					  151,
					  152 }; /* RFC 2710, 4620, 3810, 4286 */

	if (packet->protocol == (packet->source.family == IPV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return packet->source.family == IPV6 ? memchr(types6, packet->type, sizeof(types6))
						     : memchr(types, packet->type, sizeof(types));
	return true;
}

/* A line of a file; with line 0 the key is not there, and has its default. */
static void print_line(char out[static TRACE_LOCATION_SIZE], const char *file, uint32_t line,
		       const char *rest)
{
	if (line)
		snprintf(out, TRACE_LOCATION_SIZE, "%s:%u: %s", file, line, rest);
	else
		snprintf(out, TRACE_LOCATION_SIZE, "%s: %s, its default", file, rest);
}

/* The key that a rule stands in. */
static const char *rule_key(const struct rule *rule)
{
	static const char *const keys[2][2] = { { "PUBLIC_PORTS", "USERS" },
						{ "OUT_PORTS", "SERVICES" } };

	return keys[rule->outgoing][rule->has_peer];
}

static void print_rule_location(char out[static TRACE_LOCATION_SIZE],
				const struct trace_entry *entry)
{
	const struct rule *rule = entry->rule;
	char path[HOST_PATH_SIZE], text[48];

	if (rule->level == LEVEL_DEFAULT)
		snprintf(text, sizeof(text), "[settings] %s", rule_key(rule));
	else
		snprintf(text, sizeof(text), "[settings %u] %s", rule->level, rule_key(rule));
	print_line(out, host_path(path, entry->host), rule->line, text);
}

/* Of what stands in the file of one host. */
static void print_host_location(char out[static TRACE_LOCATION_SIZE],
				const struct trace_entry *entry)
{
	const struct host *host = entry->host;
	char path[HOST_PATH_SIZE];

	host_path(path, host);
	if (entry->reason == REASON_RULE)
		print_rule_location(out, entry);
	else if (entry->reason == REASON_FORWARDED)
		print_line(out, path, entry->forward->line, "[settings] PAT");
	else if (entry->reason == REASON_UNFILTERED)
		print_line(out, path, host->filtered_line, "[header] FIREWALL");
	else if (entry->reason == REASON_LEAVES)
		print_line(out, path, host->nat_line, "[settings] NAT");
	else
		snprintf(out, TRACE_LOCATION_SIZE, "%s", path);
}

/* Of a bridge's isolation it may be the other family's. */
static void print_network_location(char out[static TRACE_LOCATION_SIZE],
				   const struct trace_entry *entry)
{
	const struct network *network = entry->network;
	uint32_t line = network->line;
	const char *key = "";
	char file[16], text[NAME_SIZE + 32];

	if (entry->reason == REASON_FRIEND) {
		line = network->friends_line;
		key = " FRIENDS";
	} else if (entry->reason == REASON_ISOLATED) {
		line = network->isolated_line;
		key = " ISOLATE";
	} else if (entry->reason == REASON_LEAVES) {
		line = network->masquerade_line;
		key = " MASQUERADE";
	}
	snprintf(file, sizeof(file), "%s.conf", family_names[network->family]);
	snprintf(text, sizeof(text), "[network %s]%s", network->name, key);
	print_line(out, file, line, text);
}

static void print_policy_location(char out[static TRACE_LOCATION_SIZE], const struct policy *policy,
				  const struct trace_entry *entry, enum family family,
				  const char *file)
{
	char text[32];

	snprintf(text, sizeof(text), "[%s] POLICY", chain_names[entry->chain]);
	print_line(out, file, policy->family[family].chain[entry->chain].policy_line, text);
}

const char *trace_location(char out[static TRACE_LOCATION_SIZE], const struct policy *policy,
			   const struct trace_entry *entry, enum family family)
{
	const struct family_policy *own = &policy->family[family];
	char file[16];

	*out = '\0';
	snprintf(file, sizeof(file), "%s.conf", family_names[family]);
	if (entry->host)
		print_host_location(out, entry);
	else if (entry->network)
		print_network_location(out, entry);
	else if (entry->route)
		print_line(out, "routing.cfg", entry->route->line, "DESTINATION");
	else if (entry->reason == REASON_POLICY)
		print_policy_location(out, policy, entry, family, file);
	else if (entry->reason == REASON_UNMANAGED)
		print_line(out, file, own->unmanaged_line, "[unmanaged] NETWORKS");
	else if (entry->reason == REASON_ICMP_ACCEPTED)
		print_line(out, file, own->icmp_line, "[icmp] ACCEPT");
	else if (entry->reason == REASON_FAMILY_OFF)
		print_line(out, "taofirewall.conf", own->enabled_line,
			   family == IPV4 ? "[firewall] IPV4" : "[firewall] IPV6");
	else if (entry->reason == REASON_UNPROTECTED)
		print_line(out, "taofirewall.conf", policy->settings.antispoof_line,
			   "[xen] ANTISPOOF");
	return out;
}
