/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall show` and `firewall check`: what would be loaded, for nft and for people. */
#include "firewall.h"
#include "load.h"
#include "log.h"

static void print_claims(const struct policy *policy, uint32_t host)
{
	char text[PREFIX_TEXT];

	for (uint32_t i = 0; i < policy->claim_count; i++)
		if (policy->claims[i].host == host)
			printf(" %s", prefix_print(text, &policy->claims[i].prefix));
}

static void print_rule(const struct rule *rule, uint8_t target)
{
	static const char *const verbs[TARGET_COUNT] = { [TARGET_ACCEPT] = "may",
							 [TARGET_DROP] = "may not",
							 [TARGET_RETURN] = "may by policy" };
	char service[SERVICE_TEXT], peer[PREFIX_TEXT];

	service_print(service, &rule->service);
	if (rule->has_peer)
		prefix_print(peer, &rule->peer);
	else
		snprintf(peer, sizeof(peer), "everybody");
	if (rule->outgoing)
		printf("    it %s reach %s at %s", verbs[target], service, peer);
	else
		printf("    %s %s reach its %s", peer, verbs[target], service);
	printf(" (level %u, line %u)\n", rule->level, rule->line);
}

static void print_host(const struct policy *policy, uint32_t index)
{
	const struct host *host = &policy->hosts[index];
	const struct chain_policy *chains = policy->family[host->family].chain;
	char path[HOST_PATH_SIZE];

	printf("  %s (%s, %s):", host->name, host_path(path, host), host_type_names[host->type]);
	print_claims(policy, index);
	if (host->interface.text[0])
		printf(", only through %s", host->interface.text);
	puts(host->filtered ? "" : ", FIREWALL = no: nothing is filtered");
	for (uint32_t i = 0; host->filtered && i < host->rule_count; i++) {
		const struct rule *rule = &policy->rules[host->first_rule + i];

		print_rule(rule, chains[host_chain(host, rule->outgoing)].level[rule->level]);
	}
	if (!host->filtered)
		return;
	if (host->limited ||
	    (host->type == HOST_LOCAL && chains[CHAIN_OUTPUT].policy == TARGET_DROP))
		puts("    it may reach nothing else");
	else
		puts("    it may reach everything else");
}

static void print_family(const struct policy *policy, enum family family)
{
	const struct family_policy *own = &policy->family[family];

	printf("%s: ", family_names[family]);
	if (!own->enabled) {
		puts("off, all of it is dropped but on the loopback");
		return;
	}
	for (int chain = 0; chain < CHAIN_COUNT; chain++)
		printf("%s%s %s", chain ? ", " : "", chain_names[chain],
		       target_names[own->chain[chain].policy]);
	puts(" what no host file names");
	for (uint32_t i = 0; i < policy->host_count; i++)
		if (policy->hosts[i].family == family)
			print_host(policy, i);
}

enum status firewall_check(const struct call *call)
{
	struct policy policy = { 0 };

	if (!firewall_load_conf(&policy, call))
		return STATUS_FAILED;
	printf("%s can be loaded: %u host files.\n", call->config, policy.host_count);
	for (int family = 0; family < FAMILY_COUNT; family++)
		print_family(&policy, family);
	policy_done(&policy);
	return STATUS_DONE;
}

enum status firewall_show(const struct call *call)
{
	struct policy policy = { 0 };
	struct online online = { 0 };
	struct report report = { 0 };
	struct store *store = NULL;
	struct err err;
	bool ok;

	if (!firewall_load_conf(&policy, call))
		return STATUS_FAILED;
	if (policy.settings.xen != XEN_NO)
		store = store_open(false, &err);
	ok = (!store || online_read(&online, store, &report, &err)) &&
	     load_print(stdout, &policy, &online, &err);
	firewall_print_report(&report);
	if (!ok)
		log_error("show failed: %s", err.text);
	report_done(&report);
	online_done(&online);
	store_close(store);
	policy_done(&policy);
	return ok ? STATUS_DONE : STATUS_FAILED;
}
