/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall check`: the configuration → what it means, for people. */
#include "firewall/firewall.h"
#include "firewall/firewall_guests.h"
#include "kernel/kernel.h"
#include "kernel/kernel_iptables.h"
#include "operation/backend.h"
#include "operation/hook.h"
#include "operation/load.h"
#include "program/log.h"
#include "ruleset/ruleset_share.h"
#include <string.h>

static void print_claims(const struct policy *policy, uint32_t host)
{
	char text[PREFIX_TEXT];

	for (uint32_t i = 0; i < policy->claim_count; i++)
		if (policy->claims[i].host == host)
			printf(" %s", prefix_print(text, &policy->claims[i].prefix));
}

/* What a level says, before the services; "" is that they pass. */
static const char *rule_verb(const struct policy *policy, const struct host *host,
			     const struct rule *rule)
{
	static const char *const verbs[TARGET_COUNT] = {
		[TARGET_ACCEPT] = "", [TARGET_DROP] = "not ", [TARGET_RETURN] = "by policy "
	};
	enum target target = policy_rule_target(policy, host, rule);
	bool goes_on = rule->outgoing && host_chain(host, true) == CHAIN_FORWARD;

	/* What a guest or a network sends goes on to the levels of the destination. */
	return verbs[target == TARGET_RETURN && goes_on ? TARGET_ACCEPT : target];
}

/* "192.0.2.66", "anywhere": the other end. Returns out. */
static const char *print_peer(char out[static PREFIX_TEXT], const struct rule *rule)
{
	if (rule->has_peer)
		return prefix_print(out, &rule->peer);
	snprintf(out, PREFIX_TEXT, "anywhere");
	return out;
}

/* In the order in which they are looked at; what one line says of one other end lies together. */
static int compare_rules(const void *a, const void *b)
{
	const struct rule *one = *(const struct rule *const *)a,
			  *other = *(const struct rule *const *)b;
	int order = one->level - other->level;

	if (!order)
		order = (one->line > other->line) - (one->line < other->line);
	if (!order)
		order = one->outgoing - other->outgoing;
	if (!order)
		order = one->has_peer - other->has_peer;
	if (!order && one->has_peer)
		order = prefix_compare(&one->peer, &other->peer);
	return order;
}

/* Likewise, and services as they stand in the file. */
static int compare_rows(const void *a, const void *b)
{
	const struct rule *one = *(const struct rule *const *)a,
			  *other = *(const struct rule *const *)b;
	int order = compare_rules(a, b);

	return order ? order : (one > other) - (one < other);
}

/* The address that others see instead of the host's own. Returns out. */
static const char *print_outside(char out[static PREFIX_TEXT], const struct host *host)
{
	if (host->nat == NAT_ADDRESS)
		return prefix_print(out, &host->nat_address);
	if (*host->nat_device.text)
		snprintf(out, PREFIX_TEXT, "the address of %s", host->nat_device.text);
	else
		snprintf(out, PREFIX_TEXT, "this machine's address");
	return out;
}

static void print_nat(const struct policy *policy, const struct host *host)
{
	char outside[PREFIX_TEXT], address[PREFIX_TEXT], service[SERVICE_TEXT];

	if (host->nat == NAT_NONE)
		return;
	printf("    nat  what it sends leaves with %s", print_outside(outside, host));
	if (host->nat == NAT_ADDRESS && *host->nat_device.text)
		printf(", through %s", host->nat_device.text);
	puts("");
	for (uint32_t i = 0; i < host->forward_count; i++) {
		const struct port_forward *forward = &policy->forwards[host->first_forward + i];
		struct service public = { forward->public_port, forward->public_port, SERVICE_PORTS,
					  forward->protocol };

		printf("    pat  %s of %s leads to port %u of %s (line %u)\n",
		       service_print(service, &public), outside, forward->private_port,
		       prefix_print(address, &host->address), forward->line);
	}
}

/* A row for each other end that a line names, with its services side by side. */
static bool print_rules(const struct policy *policy, const struct host *host)
{
	auto_free const struct rule **rules = calloc(host->rule_count + 1, sizeof(*rules));
	char text[PREFIX_TEXT], service[SERVICE_TEXT];
	int width = 0;

	if (!rules)
		return false;
	for (uint32_t i = 0; i < host->rule_count; i++) {
		int length;

		rules[i] = &policy->rules[host->first_rule + i];
		length = (int)strlen(print_peer(text, rules[i]));
		width = length > width ? length : width;
	}
	qsort(rules, host->rule_count, sizeof(*rules), compare_rows);
	for (uint32_t i = 0; i < host->rule_count; i++) {
		bool begins = !i || compare_rules(&rules[i - 1], &rules[i]);
		bool ends = i + 1 == host->rule_count || compare_rules(&rules[i], &rules[i + 1]);

		if (begins)
			printf("    %s %-*s  %s", rules[i]->outgoing ? "out  to  " : "in   from",
			       width, print_peer(text, rules[i]),
			       rule_verb(policy, host, rules[i]));
		printf("%s ", service_print(service, &rules[i]->service));
		if (ends)
			printf("(level %u, line %u)\n", rules[i]->level, rules[i]->line);
	}
	return true;
}

static void print_policy_host(const struct policy *policy, uint32_t index)
{
	const struct host *host = &policy->hosts[index];
	const struct chain_policy *chains = policy->family[host->family].chain;
	char path[HOST_PATH_SIZE];

	printf("  %s (%s, %s):", host->name, host_path(path, host), host_type_names[host->type]);
	print_claims(policy, index);
	if (host->interface.text[0])
		printf(", only through %s", host->interface.text);
	puts(host->filtered ? "" : ", FIREWALL = no: nothing is filtered");
	print_nat(policy, host);
	if (!host->filtered)
		return;
	if (!print_rules(policy, host))
		puts("    its rules can't be told: no memory");
	printf("    out  %s else\n", host->limited || (host->type == HOST_LOCAL &&
						       chains[CHAIN_OUTPUT].policy == TARGET_DROP)
					     ? "nothing"
					     : "everything");
}

static void print_policy_network(const struct policy *policy, const struct network *network)
{
	char text[PREFIX_TEXT];

	printf("  network %s (%s.conf, line %u): %s behind %s\n", network->name,
	       family_names[network->family], network->line, prefix_print(text, &network->subnet),
	       network->interface.text);
	for (uint32_t i = 0; i < network->friend_count; i++)
		printf("    %s may reach all of it\n",
		       prefix_print(text, &policy->friends[network->first_friend + i]));
	if (*network->masquerade.text)
		printf("    what leaves through %s does so with that one's address\n",
		       network->masquerade.text);
	if (network->isolated)
		puts("    its guests do not see each other");
}

static void print_policy_unmanaged(const struct policy *policy, enum family family)
{
	char text[PREFIX_TEXT];

	for (uint32_t i = 0; i < policy->unmanaged_count; i++)
		if (policy->unmanaged[i].family == family)
			printf("  unmanaged: what comes from %s or goes there passes\n",
			       prefix_print(text, &policy->unmanaged[i]));
}

/* The guest that has the next hop, as its host file calls it, or NULL. */
static const struct host *find_gateway(const struct policy *policy, const struct prefix *via)
{
	const struct claim *claim = policy_claim_for(policy, via);
	const struct host *host = claim ? &policy->hosts[claim->host] : NULL;

	return host && host->type == HOST_DOMU ? host : NULL;
}

static void print_policy_routes(const struct policy *policy)
{
	char destination[PREFIX_TEXT], via[PREFIX_TEXT];

	if (policy->route_count > 0)
		puts("routes:");
	for (uint32_t i = 0; i < policy->route_count; i++) {
		const struct policy_route *route = &policy->routes[i];
		const struct host *gateway = find_gateway(policy, &route->via);

		printf("  %s (routing.cfg, line %u): %s via %s", route->name, route->line,
		       prefix_print(destination, &route->destination),
		       prefix_print(via, &route->via));
		if (route->metric != ROUTE_METRIC_DEFAULT)
			printf(", metric %u", route->metric);
		if (gateway)
			printf(", while %s is online", gateway->name);
		puts("");
	}
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
	for (uint32_t i = 0; i < policy->network_count; i++)
		if (policy->networks[i].family == family)
			print_policy_network(policy, &policy->networks[i]);
	print_policy_unmanaged(policy, family);
	for (uint32_t i = 0; i < policy->host_count; i++)
		if (policy->hosts[i].family == family)
			print_policy_host(policy, i);
}

/* What the iptables backends can't do. */
static void print_limits(const struct settings *settings)
{
	if (settings->backend == BACKEND_NFT || settings->xen == XEN_NO)
		return;
	printf("BACKEND = %s: what taofirewall(5) says under THE IPTABLES BACKENDS holds\n",
	       backend_names[settings->backend]);
	if (kernel_iptables_has_ebtables(settings))
		puts("  bridges: what passes between ports is not filtered, whatever host files "
		     "say; a guest there needs IPv4 addresses alone in ip=, and host files for "
		     "them with FIREWALL = no; vif-bridge-taofw refuses others");
	else
		printf("  bridges: %s or %s can't be run, so that vif-bridge-taofw refuses "
		       "guests\n",
		       settings->programs[PROGRAM_EBTABLES],
		       settings->programs[PROGRAM_EBTABLES_RESTORE]);
	puts("  ARP: it is not filtered; rp_filter, which routed vifs get, keeps guests to their "
	     "addresses");
}

/* What guests may have of the table of connections, and what they leave. */
static void print_shares(const struct policy *policy)
{
	uint32_t places = load_read_places();
	uint64_t sum = share_sum(policy, places), wanted = sum * 8 / 3 + 8;

	bool is_much = sum > places / 8 * 3;

	if (policy->settings.xen == XEN_NO || !places || !sum ||
	    (!is_much && policy->settings.xen != XEN_YES))
		return;
	printf("connections: of %u that the kernel can track, a guest without CONNECTIONS has %u\n",
	       places, share_default(policy, places));
	if (is_much)
		printf("  what the guests of these files may have, %llu, can fill the table: raise "
		       "net.netfilter.nf_conntrack_max to %llu, or lower CONNECTIONS\n",
		       (unsigned long long)sum, (unsigned long long)wanted);
}

/* What this kernel can and can't do for guests on bridges. */
static void print_bridges(const struct policy *policy)
{
	struct err ignored;
	long value = 0;

	if (!policy_has_bridges(policy) || policy->settings.backend != BACKEND_NFT ||
	    (!policy->network_count && policy->settings.xen != XEN_YES))
		return;
	printf("bridges: %s\n",
	       load_tracks_bridges(policy)
		       ? "what passes between guests and ports that are no guests' is "
			 "policy, as what is routed"
		       : LOAD_UNTRACKED);
	if (kernel_sysctl_read(&value, "net/bridge/bridge-nf-call-iptables", &ignored) && value)
		printf("  br_netfilter is on: table inet sees bridged frames too, and lets those "
		       "pass that bear the mark of table bridge (0x%x)\n",
		       policy_bridged_mark(&policy->settings));
	if (load_loses_hairpins(policy))
		printf("  %s\n", LOAD_HAIRPINS);
}

/* Which address routed guests have to name, where the configuration leaves it to the uplink. */
static void print_dom0_gateways(const struct settings *settings)
{
	static const char *const keys[FAMILY_COUNT] = { [IPV4] = "DOM0_IP", [IPV6] = "DOM0_IP6" };
	struct kernel_link *link;
	struct uplink uplink;
	struct err ignored;
	bool ok;

	if (settings->xen != XEN_YES)
		return;
	link = kernel_link_open(&ignored);
	ok = link && kernel_link_read_uplink(&uplink, link, &settings->uplink, &ignored);
	kernel_link_close(link);
	for (int family = 0; ok && family < FAMILY_COUNT; family++) {
		char text[PREFIX_TEXT];

		if (settings->dom0_count[family] || !uplink.candidates[family])
			continue;
		printf("%s = auto: the gateway of routed guests is %s, ", keys[family],
		       prefix_print(text, &uplink.address[family]));
		if (uplink.candidates[family] == 1)
			printf("the address of %s\n", uplink.name.text);
		else
			printf("of %u addresses of %s the one that is likely to stay: write it "
			       "there, so that guests keep it\n",
			       uplink.candidates[family], uplink.name.text);
	}
}

enum status firewall_check(const struct call *call)
{
	struct report report = { 0 };
	struct policy policy = { 0 };
	struct err err;
	bool ok;

	if (!firewall_load_conf(&policy, call))
		return STATUS_FAILED;
	if (!load_check(&policy, &err)) {
		log_error("%s can't be loaded: %s", call->config, err.text);
		policy_done(&policy);
		return STATUS_FAILED;
	}
	load_check_interfaces(&policy, &report);
	if (policy.settings.xen != XEN_NO)
		hooks_check(policy.settings.hooks, &report);
	firewall_print_report(&report);
	report_done(&report);
	printf("%s can be loaded: %u host files.\n", call->config, policy.host_count);
	for (int family = 0; family < FAMILY_COUNT; family++)
		print_family(&policy, family);
	print_policy_routes(&policy);
	print_dom0_gateways(&policy.settings);
	print_shares(&policy);
	print_bridges(&policy);
	print_limits(&policy.settings);
	ok = !*call->words || guests_check(&policy, call->words);
	policy_done(&policy);
	return ok ? STATUS_DONE : STATUS_FAILED;
}
