/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forwarded ports of a policy → what they say against each other, and against the settings. */
#include "policy/policy_nat.h"
#include <stdlib.h>
#include <string.h>

/* A forward and its host. */
struct forward {
	const struct host *host;
	const struct port_forward *port;
};

/* By what a packet is looked up; the devices last, and of these "", which is any, first. */
static int compare_forwards(const void *a, const void *b)
{
	const struct forward *one = a, *other = b;
	int order = one->host->family - other->host->family;

	if (order == 0)
		order = one->host->nat - other->host->nat;
	if (order == 0)
		order = prefix_compare(&one->host->nat_address, &other->host->nat_address);
	if (order == 0)
		order = one->port->protocol - other->port->protocol;
	if (order == 0)
		order = one->port->public_port - other->port->public_port;
	return order;
}

static int compare_all_of_forwards(const void *a, const void *b)
{
	const struct forward *one = a, *other = b;
	int order = compare_forwards(a, b);

	if (order == 0 && one->host->nat == NAT_MASQUERADE)
		order = strcmp(one->host->nat_device.text, other->host->nat_device.text);
	return order ? order : (one->port > other->port) - (one->port < other->port);
}

/* Would a packet for one be a packet for the other? With addresses, devices make no difference. */
static bool do_collide(const struct forward *one, const struct forward *other)
{
	const char *device = one->host->nat_device.text, *others = other->host->nat_device.text;

	return compare_forwards(one, other) == 0 &&
	       (one->host->nat == NAT_ADDRESS || !*device || strcmp(device, others) == 0);
}

static void complain_of_forward(const struct forward *forward, const struct forward *first,
				struct report *report)
{
	const struct host *host = forward->host;
	struct service service = { forward->port->public_port, forward->port->public_port,
				   SERVICE_PORTS, forward->port->protocol };
	char path[HOST_PATH_SIZE], other_path[HOST_PATH_SIZE], text[SERVICE_TEXT];
	char address[PREFIX_TEXT] = "this machine's own address";

	if (host->nat == NAT_ADDRESS)
		prefix_print(address, &host->nat_address);
	report_error(report,
		     "%s:%u: [settings] PAT: %s of %s leads to %s in %s, line %u, already: only "
		     "one of the two would get it",
		     host_path(path, host), forward->port->line, service_print(text, &service),
		     address, first->host->name, host_path(other_path, first->host),
		     first->port->line);
}

void policy_check_forwards(const struct policy *policy, struct report *report)
{
	auto_free struct forward *sorted = calloc(policy->forward_count + 1, sizeof(*sorted));
	uint32_t count = 0, first = 0;

	if (!sorted) {
		report_error(report, "out of memory");
		return;
	}
	for (uint32_t i = 0; i < policy->host_count; i++)
		for (uint32_t j = 0; j < policy->hosts[i].forward_count; j++) {
			const struct host *host = &policy->hosts[i];

			if (host->nat != NAT_NONE)
				sorted[count++] = (struct forward){
					host, &policy->forwards[host->first_forward + j]
				};
		}
	qsort(sorted, count, sizeof(*sorted), compare_all_of_forwards);
	for (uint32_t i = 1; i < count; i++) {
		if (!do_collide(&sorted[first], &sorted[i])) {
			first = i;
			continue;
		}
		complain_of_forward(&sorted[i], &sorted[first], report);
	}
}

/* Does a setting of the host let anybody in there? */
static bool names_port(const struct policy *policy, const struct host *host, uint8_t protocol,
		       uint16_t port)
{
	for (uint32_t i = 0; i < host->rule_count; i++) {
		const struct rule *rule = &policy->rules[host->first_rule + i];
		const struct service *service = &rule->service;

		if (!rule->outgoing && policy_rule_target(policy, host, rule) == TARGET_ACCEPT &&
		    (service->kind == SERVICE_ALL ||
		     (service->protocol == protocol &&
		      (service->kind == SERVICE_PROTOCOL ||
		       (service->first <= port && port <= service->last)))))
			return true;
	}
	return false;
}

/* Does a setting, or the POLICY of its chain? */
static bool is_opened(const struct policy *policy, const struct host *host,
		      const struct port_forward *forward)
{
	const struct chain_policy *chain =
		&policy->family[host->family].chain[host_chain(host, false)];

	return !host->filtered || chain->policy == TARGET_ACCEPT ||
	       names_port(policy, host, forward->protocol, forward->private_port);
}

/* The host file that opens the public port for this machine itself, which would not get it. */
static const struct host *find_robbed(const struct policy *policy, const struct host *host,
				      const struct port_forward *forward)
{
	for (uint32_t i = 0; host->nat == NAT_MASQUERADE && i < policy->host_count; i++) {
		const struct host *local = &policy->hosts[i];

		if (local->type == HOST_LOCAL && local->family == host->family &&
		    names_port(policy, local, forward->protocol, forward->public_port))
			return local;
	}
	return NULL;
}

void policy_warn_of_forwards(const struct policy *policy, const struct host *host,
			     struct report *report)
{
	char path[HOST_PATH_SIZE], robbed_path[HOST_PATH_SIZE], text[SERVICE_TEXT];

	for (uint32_t i = 0; i < host->forward_count; i++) {
		const struct port_forward *forward = &policy->forwards[host->first_forward + i];
		const struct host *robbed = find_robbed(policy, host, forward);
		struct service service = { forward->private_port, forward->private_port,
					   SERVICE_PORTS, forward->protocol };

		if (!is_opened(policy, host, forward))
			report_warning(report,
				       "%s:%u: [settings] PAT: no setting opens %s, so what comes "
				       "for port %u is dropped",
				       host_path(path, host), forward->line,
				       service_print(text, &service), forward->public_port);
		if (robbed)
			report_warning(report,
				       "%s:%u: [settings] PAT: port %u leads to the host now, and "
				       "no longer to what %s opens of this machine",
				       host_path(path, host), forward->line, forward->public_port,
				       host_path(robbed_path, robbed));
	}
}

bool policy_has_forwards(const struct policy *policy, enum family family)
{
	for (uint32_t i = 0; i < policy->host_count; i++)
		if (policy->hosts[i].family == family && policy->hosts[i].forward_count)
			return true;
	return false;
}
