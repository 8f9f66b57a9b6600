/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy: which file applies to an address, and what files say against each other. */
#include "policy/policy.h"
#include "tap.h"
#include <netinet/in.h>

static struct prefix parse(const char *text)
{
	struct prefix prefix = { 0 };
	struct err err;

	if (!prefix_parse(&prefix, text, &err))
		ok(false, "%s: %s", text, err.text);
	return prefix;
}

/* A policy as conf_load() begins one. */
static void begin(struct policy *policy)
{
	*policy = (struct policy){ .hosts = NULL };
	for (int family = 0; family < FAMILY_COUNT; family++) {
		policy->family[family].enabled = true;
		for (int chain = 0; chain < CHAIN_COUNT; chain++) {
			struct chain_policy *rules = &policy->family[family].chain[chain];

			rules->policy = chain == CHAIN_OUTPUT ? TARGET_ACCEPT : TARGET_DROP;
			rules->level[LEVEL_DEFAULT] = TARGET_ACCEPT;
		}
	}
}

static void add_host(struct policy *policy, const char *name, uint8_t family, uint8_t type)
{
	struct host *host = policy_add_host(policy);

	if (!host)
		abort();
	snprintf(host->name, sizeof(host->name), "%s", name);
	snprintf(host->file, sizeof(host->file), "%s.conf", name);
	host->family = family;
	host->type = type;
	host->filtered = true;
	host->first_rule = policy->rule_count;
}

/* Of the last host. */
static void add_claim(struct policy *policy, const char *text)
{
	struct claim *claim = policy_add_claim(policy);

	if (!claim)
		abort();
	claim->prefix = parse(text);
	claim->host = policy->host_count - 1;
}

/* Of the last host. */
static void add_rule(struct policy *policy, uint8_t protocol, bool outgoing, uint8_t level)
{
	struct rule *rule = policy_add_rule(policy);

	if (!rule)
		abort();
	rule->service = (struct service){ 22, 22, SERVICE_PORTS, protocol };
	rule->outgoing = outgoing;
	rule->level = level;
	rule->line = 9;
	policy->hosts[policy->host_count - 1].rule_count++;
}

/* Finish the policy, hold what it reports against lines as people see them, and end it. */
static void finish_reports(struct policy *policy, const char *should, const char *name)
{
	struct report report = { 0 };
	char is[2000] = "";

	policy_finish(policy, &report);
	for (size_t i = 0; i < report.count; i++) {
		strcat(is, report.findings[i].is_warning ? "warning: " : "");
		strcat(is, report.findings[i].text);
		strcat(is, "\n");
	}
	is_text(is, should, name);
	report_done(&report);
	policy_done(policy);
	policy_done(policy);
}

#define LOCKED_OUT                                                                                 \
	"warning: no local host opens a TCP port: after a start no new login to this "             \
	"machine is possible over the network\n"

static void test_claims_conflict(void)
{
	struct policy policy;

	begin(&policy);
	add_host(&policy, "a", IPV4, HOST_DOMU);
	add_claim(&policy, "192.0.2.10");
	add_host(&policy, "b", IPV4, HOST_DOMU);
	add_claim(&policy, "192.0.2.11");
	add_claim(&policy, "192.0.2.10");
	add_claim(&policy, "192.0.2.0/24");
	add_claim(&policy, "192.0.2.11");
	finish_reports(&policy,
		       "ipv4.d/b.conf: [header] IP: 192.0.2.10 is claimed by ipv4.d/a.conf too: "
		       "it is ambiguous whose rules count\n"
		       "ipv4.d/b.conf: [header] IP: 192.0.2.11 is given twice\n",
		       "an address in two files, one twice in a file, one inside a prefix");
}

static void test_names_conflict(void)
{
	struct policy policy;

	begin(&policy);
	add_host(&policy, "a", IPV4, HOST_LOCAL);
	add_rule(&policy, IPPROTO_TCP, false, 50);
	add_host(&policy, "b", IPV4, HOST_DOMU);
	strcpy(policy.hosts[1].name, "a");
	add_host(&policy, "a", IPV6, HOST_LOCAL);
	finish_reports(&policy,
		       "ipv4.d/b.conf: [header] NAME: \"a\" is the name of ipv4.d/a.conf too: "
		       "messages could not tell them apart\n",
		       "a name twice in a family; in two families it is the same machine");
}

static void test_levels(void)
{
	struct policy policy;

	begin(&policy);
	policy.family[IPV4].chain[CHAIN_OUTPUT].level[10] = TARGET_DROP;
	add_host(&policy, "a", IPV4, HOST_LOCAL);
	add_rule(&policy, IPPROTO_TCP, false, 10);
	add_rule(&policy, IPPROTO_TCP, false, 10);
	add_rule(&policy, IPPROTO_TCP, true, 10);
	add_host(&policy, "b", IPV6, HOST_DOMU);
	add_rule(&policy, IPPROTO_TCP, false, 50);
	add_rule(&policy, IPPROTO_TCP, true, 99);
	finish_reports(&policy,
		       "ipv4.d/a.conf:9: [settings 10]: ipv4.conf has no LEVEL_10 in [input]: "
		       "nothing says what becomes of these services\n"
		       "ipv6.d/b.conf:9: [settings 99]: ipv6.conf has no LEVEL_99 in [forward]: "
		       "nothing says what becomes of these services\n",
		       "levels that their chain does not declare, each once");
}

static void test_limited(void)
{
	struct policy policy;
	struct report report = { 0 };

	begin(&policy);
	policy.family[IPV4].chain[CHAIN_FORWARD].level[10] = TARGET_DROP;
	policy.family[IPV4].chain[CHAIN_OUTPUT].level[50] = TARGET_RETURN;
	add_host(&policy, "nothing", IPV4, HOST_DOMU);
	add_host(&policy, "incoming", IPV4, HOST_DOMU);
	add_rule(&policy, IPPROTO_TCP, false, 50);
	add_host(&policy, "drops", IPV4, HOST_DOMU);
	add_rule(&policy, IPPROTO_TCP, true, 10);
	add_host(&policy, "limited", IPV4, HOST_DOMU);
	add_rule(&policy, IPPROTO_TCP, true, 10);
	add_rule(&policy, IPPROTO_TCP, true, 50);
	add_host(&policy, "local", IPV4, HOST_LOCAL);
	add_rule(&policy, IPPROTO_TCP, true, 50);
	policy_finish(&policy, &report);
	for (uint32_t i = 0; i < policy.host_count; i++)
		ok(policy.hosts[i].limited == (strcmp(policy.hosts[i].name, "limited") == 0),
		   "%s is limited only if it should be", policy.hosts[i].name);
	ok(report.errors == 0, "and nothing is wrong with them");
	report_done(&report);
	policy_done(&policy);
}

static void test_warnings(void)
{
	struct policy policy;

	begin(&policy);
	finish_reports(&policy, LOCKED_OUT, "no host at all: nobody comes in");

	begin(&policy);
	policy.family[IPV6].chain[CHAIN_INPUT].policy = TARGET_ACCEPT;
	finish_reports(&policy, "", "one family lets everybody in");

	begin(&policy);
	policy.family[IPV6].chain[CHAIN_INPUT].policy = TARGET_ACCEPT;
	policy.family[IPV6].enabled = false;
	finish_reports(&policy, LOCKED_OUT, "but not when it is off");

	begin(&policy);
	add_host(&policy, "a", IPV6, HOST_LOCAL);
	add_rule(&policy, IPPROTO_TCP, false, 50);
	finish_reports(&policy, "", "a local host opens a port");

	begin(&policy);
	add_host(&policy, "a", IPV6, HOST_LOCAL);
	add_rule(&policy, IPPROTO_UDP, false, 50);
	add_rule(&policy, IPPROTO_TCP, true, 50);
	add_host(&policy, "b", IPV6, HOST_DOMU);
	add_rule(&policy, IPPROTO_TCP, false, 50);
	finish_reports(&policy, LOCKED_OUT, "other ports, directions and hosts are no help");

	begin(&policy);
	add_host(&policy, "a", IPV6, HOST_LOCAL);
	add_rule(&policy, 0, false, 50);
	policy.rules[0].service.kind = SERVICE_ALL;
	finish_reports(&policy, "", "everything includes TCP");

	begin(&policy);
	policy.family[IPV4].chain[CHAIN_INPUT].level[50] = TARGET_DROP;
	add_host(&policy, "a", IPV4, HOST_LOCAL);
	add_rule(&policy, IPPROTO_TCP, false, 50);
	finish_reports(&policy, LOCKED_OUT, "a port that is named to be closed");

	begin(&policy);
	add_host(&policy, "a", IPV4, HOST_LOCAL);
	policy.hosts[0].filtered = false;
	add_rule(&policy, IPPROTO_UDP, false, 50);
	finish_reports(&policy,
		       "warning: ipv4.d/a.conf: [header] FIREWALL: it is no, so the services in "
		       "[settings] have no effect\n",
		       "a host that is not filtered lets everybody in, and needs no settings");
}

/* Against a search through all of them, for random prefixes of all lengths. */
static void test_search(void)
{
	struct report report = { 0 };
	struct policy policy;
	bool finds = true, finds_parts = true;
	unsigned seed = 1;

	begin(&policy);
	add_host(&policy, "a", IPV4, HOST_DOMU);
	for (int i = 0; i < 600; i++) {
		struct claim *claim = policy_add_claim(&policy);
		struct prefix random = { .family = (uint8_t)(rand_r(&seed) % 2) };

		if (!claim)
			abort();
		random.length = family_bits(random.family);
		for (int byte = 0; byte < 3; byte++)
			random.bytes[byte] = (uint8_t)(rand_r(&seed) % 4 * 0x55);
		claim->prefix = prefix_cut(&random, (uint8_t)(rand_r(&seed) % 26));
	}
	policy_finish(&policy, &report); /* it complains of equal ones, which is right, and sorts */
	for (int i = 0; i < 5000; i++) {
		struct prefix random = { .family = (uint8_t)(rand_r(&seed) % 2) };
		const struct claim *best = NULL, *found;
		const struct prefix *part;
		uint32_t at = 0, inside = 0;

		random.length = family_bits(random.family);
		for (int byte = 0; byte < 3; byte++)
			random.bytes[byte] = (uint8_t)(rand_r(&seed) % 4 * 0x55);
		random = prefix_cut(&random, (uint8_t)(rand_r(&seed) % 33));
		for (uint32_t c = 0; c < policy.claim_count; c++) {
			const struct prefix *claim = &policy.claims[c].prefix;

			if (prefix_contains(claim, &random) &&
			    (!best || claim->length > best->prefix.length))
				best = &policy.claims[c];
			inside += prefix_contains(&random, claim) && claim->length > random.length;
		}
		found = policy_claim_for(&policy, &random);
		finds = finds && !found == !best &&
			(!found || prefix_compare(&found->prefix, &best->prefix) == 0);
		finds_parts = finds_parts && policy_next_part(&at, &policy, &random) == &random;
		while ((part = policy_next_part(&at, &policy, &random)))
			finds_parts = finds_parts && prefix_contains(&random, part) &&
				      part->length > random.length;
		finds_parts = finds_parts && at == inside + 2;
	}
	ok(finds, "the narrowest claim is found");
	ok(finds_parts, "the parts of a prefix are itself and the claims inside");
	report_done(&report);
	policy_done(&policy);
}

static void test_small(void)
{
	struct host host = { .family = IPV6, .type = HOST_DOMU };
	struct prefix prefix = parse("192.0.2.1");
	char path[HOST_PATH_SIZE];
	struct policy policy;
	uint32_t at = 0;

	memset(host.file, 'x', sizeof(host.file) - 1);
	ok(strlen(host_path(path, &host)) == strlen("ipv6.d/") + sizeof(host.file) - 1,
	   "the longest path of a host file fits");
	ok(host_chain(&host, true) == CHAIN_FORWARD && host_chain(&host, false) == CHAIN_FORWARD,
	   "guests have the levels of [forward]");
	host.type = HOST_LOCAL;
	ok(host_chain(&host, true) == CHAIN_OUTPUT && host_chain(&host, false) == CHAIN_INPUT,
	   "this machine those of [output] and [input]");
	begin(&policy);
	ok(!policy_claim_for(&policy, &prefix), "without claims none is found");
	ok(policy_next_part(&at, &policy, &prefix) == &prefix &&
		   !policy_next_part(&at, &policy, &prefix),
	   "and a prefix has no parts but itself");
	policy_done(&policy);
}

int main(void)
{
	test_claims_conflict();
	test_names_conflict();
	test_levels();
	test_limited();
	test_warnings();
	test_search();
	test_small();
	return tap_done();
}
