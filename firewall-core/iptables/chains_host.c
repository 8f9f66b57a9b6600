/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps outgoing and incoming in table filter: the levels of an address's host. */
#include "iptables/chains.h"
#include <netinet/in.h>

/* Does the host need a chain of its own, for what it sends or for what comes to it? */
static bool has_chain(const struct chains *p, const struct host *host, bool outgoing)
{
	for (uint32_t i = 0; host->filtered && i < host->rule_count; i++)
		if (p->policy->rules[host->first_rule + i].outgoing == outgoing)
			return true;
	return false;
}

/*
 * "-p tcp -m tcp --dport 6000:6100 ". Returns out. For each port of its udp match iptables calls
 * getaddrinfo(3), which reads the addresses of all interfaces: that of every vif.
 */
#define SERVICE_MATCH 64
static const char *print_service(char out[static SERVICE_MATCH], const struct service *service)
{
	char ports[16];

	snprintf(ports, sizeof(ports), service->first == service->last ? "%u" : "%u:%u",
		 service->first, service->last);
	if (service->kind == SERVICE_ALL)
		out[0] = '\0';
	else if (service->kind == SERVICE_PROTOCOL)
		snprintf(out, SERVICE_MATCH, "-p %u ", service->protocol);
	else if (service->protocol == IPPROTO_TCP)
		snprintf(out, SERVICE_MATCH, "-p tcp -m tcp --dport %s ", ports);
	else
		snprintf(out, SERVICE_MATCH, "-p %u -m multiport --dports %s ", service->protocol,
			 ports);
	return out;
}

/* What follows a match in a level: what a guest sends goes on to the step incoming. */
static const char *verdict_of(const struct chains *p, const struct host *host,
			      const struct rule *rule)
{
	enum target target = policy_rule_target(p->policy, host, rule);

	if (target == TARGET_DROP)
		return "-g @refused";
	if (rule->outgoing && host->type != HOST_LOCAL)
		return "-j RETURN";
	if (target == TARGET_ACCEPT)
		return CHAINS_BEGIN;
	return chains_by_policy(p, host_chain(host, rule->outgoing));
}

static void print_host_rule(const struct chains *p, const struct host *host,
			    const struct rule *rule, uint32_t index)
{
	char service[SERVICE_MATCH], text[PREFIX_TEXT], peer[PREFIX_TEXT + 8] = "";

	if (rule->has_peer && rule->peer.length)
		snprintf(peer, sizeof(peer), "%s %s ", rule->outgoing ? "-d" : "-s",
			 prefix_print(text, &rule->peer));
	chains_own(p, "-A @%c%u-%zu %s%s%s", rule->outgoing ? 'o' : 'i', index,
		   (size_t)(host - p->policy->hosts), peer, print_service(service, &rule->service),
		   verdict_of(p, host, rule));
}

static void print_host_chain(const struct chains *p, const struct host *host, bool outgoing,
			     uint32_t index)
{
	size_t number = (size_t)(host - p->policy->hosts);

	for (uint8_t level = 1; level <= LEVEL_MAX; level++)
		for (uint32_t i = 0; i < host->rule_count; i++) {
			const struct rule *rule = &p->policy->rules[host->first_rule + i];

			if (rule->outgoing == outgoing && rule->level == level)
				print_host_rule(p, host, rule, index);
		}
	if (outgoing && host->limited)
		chains_own(p, "-A @o%u-%zu -g @refused", index, number);
	else if (!outgoing || host->type == HOST_LOCAL)
		chains_own(p, "-A @%c%u-%zu %s", outgoing ? 'o' : 'i', index, number,
			   chains_by_policy(p, host_chain(host, outgoing)));
}

void chains_host_begin(const struct chains *p, const struct host *host, uint32_t index)
{
	for (int outgoing = 0; outgoing < 2; outgoing++)
		if (has_chain(p, host, outgoing))
			chains_own(p, ":@%c%u-%zu - [0:0]", outgoing ? 'o' : 'i', index,
				   (size_t)(host - p->policy->hosts));
}

void chains_host(const struct chains *p, const struct host *host, uint32_t index)
{
	for (int outgoing = 0; outgoing < 2; outgoing++)
		if (has_chain(p, host, outgoing))
			print_host_chain(p, host, outgoing, index);
}

void chains_host_end(const struct chains *p, const struct host *host, uint32_t index)
{
	for (int outgoing = 0; outgoing < 2; outgoing++)
		if (has_chain(p, host, outgoing))
			chains_end(p, "%c%u-%zu", outgoing ? 'o' : 'i', index,
				   (size_t)(host - p->policy->hosts));
}

/*
 * Where an entry leads, with the host's name for people. Without a chain of its own what a guest
 * sends passes the step outgoing, and all else is up to the policy. Returns out.
 */
#define TARGET_SIZE (NAME_SIZE + 96)
static const char *print_claim_target(char out[static TARGET_SIZE], const struct chains *p,
				      const struct host *host, bool outgoing, uint32_t index)
{
	bool goes_on = outgoing && (!host || host->type != HOST_LOCAL);
	const char *verdict = goes_on ? "-j RETURN" : CHAINS_BEGIN;
	char chain[40];

	if (host && has_chain(p, host, outgoing)) {
		snprintf(chain, sizeof(chain), "-g @%c%u-%zu", outgoing ? 'o' : 'i', index,
			 (size_t)(host - p->policy->hosts));
		verdict = chain;
	} else if (host ? host->filtered && (!outgoing || host->type == HOST_LOCAL) : !outgoing) {
		verdict = chains_by_policy(p, host ? host_chain(host, outgoing) : CHAIN_FORWARD);
	}
	if (host)
		snprintf(out, TARGET_SIZE, "-m comment --comment %s %s", host->name, verdict);
	else
		snprintf(out, TARGET_SIZE, "%s", verdict);
	return out;
}

void chains_claim(const struct chains *p, const struct part *part, const struct ifname *name,
		  const struct ifname *own, uint32_t index)
{
	char text[PREFIX_TEXT], interface[CHAINS_INTERFACE], target[TARGET_SIZE];
	char device[CHAINS_INTERFACE];

	prefix_print(text, &part->prefix);
	chains_interface(interface, "-i", name);
	chains_entry(p, "out-%u %s-s %s %s", part->prefix.length, interface, text,
		     print_claim_target(target, p, part->host, true, index));
	chains_entry(p, "own %s-s %s " CHAINS_BEGIN, chains_interface(device, "-i", own), text);
	if (part->host && part->host->nat != NAT_NONE)
		chains_entry(p, "late %s-s %s -g @refused",
			     chains_interface(device, "-o", &part->host->nat_device), text);
	chains_interface(interface, "-o", name);
	chains_entry(p, "in-%u %s-d %s %s", part->prefix.length, interface, text,
		     print_claim_target(target, p, part->host, false, index));
}

void chains_local(const struct chains *p, const struct part *part)
{
	char text[PREFIX_TEXT], interface[CHAINS_INTERFACE], target[TARGET_SIZE];

	prefix_print(text, &part->prefix);
	chains_entry(p, "local-in %s-d %s %s",
		     chains_interface(interface, "-i", &part->host->interface), text,
		     print_claim_target(target, p, part->host, false, 0));
	chains_entry(p, "local-out %s-s %s %s",
		     chains_interface(interface, "-o", &part->host->interface), text,
		     print_claim_target(target, p, part->host, true, 0));
}
