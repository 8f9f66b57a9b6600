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

const char *const found_names[FOUND_COUNT] = {
	[FOUND_NO_RULES] = "no-rules",
	[FOUND_LOCAL] = "local",
	[FOUND_UNPROTECTED] = "unprotected",
	[FOUND_OWN_SOURCE] = "own-source",
	[FOUND_CARD_SOURCE] = "card-source",
	[FOUND_BEHIND_SOURCE] = "behind-source",
	[FOUND_STARTING] = "starting",
	[FOUND_OPEN_SOURCE] = "open-source",
	[FOUND_ROUTED_SOURCE] = "routed-source",
	[FOUND_LAN_SOURCE] = "lan-source",
	[FOUND_SHARED_SOURCE] = "shared-source",
	[FOUND_FOREIGN_SOURCE] = "foreign-source",
	[FOUND_OTHERS_SOURCE] = "others-source",
	[FOUND_MACHINE_SOURCE] = "machine-source",
	[FOUND_GATEWAY_SOURCE] = "gateway-source",
	[FOUND_STRAY_SOURCE] = "stray-source",
	[FOUND_CLAIMED_SOURCE] = "claimed-source",
	[FOUND_UNKNOWN_SOURCE] = "unknown-source",
	[FOUND_WRONG_MAC] = "wrong-mac",
	[FOUND_NO_GUESTS] = "no-guests",
	[FOUND_FORWARDED] = "forwarded",
	[FOUND_SWITCHED] = "switched",
	[FOUND_ISOLATED] = "isolated",
	[FOUND_NO_IPV6] = "no-ipv6",
	[FOUND_OTHER_PORTS] = "other-ports",
	[FOUND_UNTRACKED] = "untracked",
	[FOUND_BRIDGED] = "bridged",
	[FOUND_LOOPBACK] = "loopback",
	[FOUND_ANSWER] = "answer",
	[FOUND_INVALID] = "invalid",
	[FOUND_FAMILY_OFF] = "family-off",
	[FOUND_OFF] = "off",
	[FOUND_UNMANAGED] = "unmanaged",
	[FOUND_FRIEND] = "friend",
	[FOUND_ICMP] = "icmp",
	[FOUND_ICMP_ACCEPTED] = "icmp-accepted",
	[FOUND_LINK] = "link",
	[FOUND_UNFILTERED] = "unfiltered",
	[FOUND_RULE] = "rule",
	[FOUND_LIMITED] = "limited",
	[FOUND_UNLIMITED] = "unlimited",
	[FOUND_UNNAMED] = "unnamed",
	[FOUND_NO_FILE] = "no-file",
	[FOUND_STRANGER] = "stranger",
	[FOUND_TO_WORLD] = "to-world",
	[FOUND_INTO_LAN] = "into-lan",
	[FOUND_BEHIND] = "behind",
	[FOUND_POLICY] = "policy",
	[FOUND_LEAVES] = "leaves",
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
static void print_line(char out[static REMARK_PLACE_SIZE], const char *file, uint32_t line,
		       const char *rest)
{
	if (line)
		snprintf(out, REMARK_PLACE_SIZE, "%s:%u: %s", file, line, rest);
	else
		snprintf(out, REMARK_PLACE_SIZE, "%s: %s, its default", file, rest);
}

/* The key that a rule stands in. */
static const char *rule_key(const struct rule *rule)
{
	static const char *const keys[2][2] = { { "PUBLIC_PORTS", "USERS" },
						{ "OUT_PORTS", "SERVICES" } };

	return keys[rule->outgoing][rule->has_peer];
}

static void print_rule(char out[static REMARK_PLACE_SIZE], const struct remark *remark)
{
	const struct rule *rule = remark->rule;
	char path[HOST_PATH_SIZE], text[48];

	if (rule->level == LEVEL_DEFAULT)
		snprintf(text, sizeof(text), "[settings] %s", rule_key(rule));
	else
		snprintf(text, sizeof(text), "[settings %u] %s", rule->level, rule_key(rule));
	print_line(out, host_path(path, remark->host), rule->line, text);
}

/* Of what stands in the file of one host. */
static void print_host(char out[static REMARK_PLACE_SIZE], const struct remark *remark)
{
	const struct host *host = remark->host;
	char path[HOST_PATH_SIZE];

	host_path(path, host);
	if (remark->finding == FOUND_RULE)
		print_rule(out, remark);
	else if (remark->finding == FOUND_FORWARDED)
		print_line(out, path, remark->forward->line, "[settings] PAT");
	else if (remark->finding == FOUND_UNFILTERED)
		print_line(out, path, host->filtered_line, "[header] FIREWALL");
	else if (remark->finding == FOUND_LEAVES)
		print_line(out, path, host->nat_line, "[settings] NAT");
	else
		snprintf(out, REMARK_PLACE_SIZE, "%s", path);
}

/* Of a bridge's isolation it may be the other family's. */
static void print_network(char out[static REMARK_PLACE_SIZE], const struct remark *remark)
{
	const struct network *network = remark->network;
	uint32_t line = network->line;
	const char *key = "";
	char file[16], text[NAME_SIZE + 32];

	if (remark->finding == FOUND_FRIEND) {
		line = network->friends_line;
		key = " FRIENDS";
	} else if (remark->finding == FOUND_ISOLATED) {
		line = network->isolated_line;
		key = " ISOLATE";
	} else if (remark->finding == FOUND_LEAVES) {
		line = network->masquerade_line;
		key = " MASQUERADE";
	}
	snprintf(file, sizeof(file), "%s.conf", family_names[network->family]);
	snprintf(text, sizeof(text), "[network %s]%s", network->name, key);
	print_line(out, file, line, text);
}

static void print_policy(char out[static REMARK_PLACE_SIZE], const struct policy *policy,
			 const struct remark *remark, enum family family, const char *file)
{
	char text[32];

	snprintf(text, sizeof(text), "[%s] POLICY", chain_names[remark->chain]);
	print_line(out, file, policy->family[family].chain[remark->chain].policy_line, text);
}

const char *remark_place(char out[static REMARK_PLACE_SIZE], const struct policy *policy,
			 const struct remark *remark, enum family family)
{
	const struct family_policy *own = &policy->family[family];
	char file[16];

	*out = '\0';
	snprintf(file, sizeof(file), "%s.conf", family_names[family]);
	if (remark->host)
		print_host(out, remark);
	else if (remark->network)
		print_network(out, remark);
	else if (remark->route)
		print_line(out, "routing.cfg", remark->route->line, "DESTINATION");
	else if (remark->finding == FOUND_POLICY)
		print_policy(out, policy, remark, family, file);
	else if (remark->finding == FOUND_UNMANAGED)
		print_line(out, file, own->unmanaged_line, "[unmanaged] NETWORKS");
	else if (remark->finding == FOUND_ICMP_ACCEPTED)
		print_line(out, file, own->icmp_line, "[icmp] ACCEPT");
	else if (remark->finding == FOUND_FAMILY_OFF)
		print_line(out, "taofirewall.conf", own->enabled_line,
			   family == IPV4 ? "[firewall] IPV4" : "[firewall] IPV6");
	else if (remark->finding == FOUND_UNPROTECTED)
		print_line(out, "taofirewall.conf", policy->settings.antispoof_line,
			   "[xen] ANTISPOOF");
	return out;
}
