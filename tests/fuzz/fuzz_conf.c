/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes → the files of a configuration, one behind the other, cut at lines "---" → loaded. */
#include "config/conf.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const files[] = { "taofirewall.conf", "ipv4.conf",	  "ipv4.d/a.conf",
				     "ipv4.d/b.conf",	 "ipv6.d/a.conf", "ipv6.conf",
				     "routing.cfg" };
static char directory[] = "/dev/shm/fuzz_conf.XXXXXX";
static int directory_fd;

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void remove_files(void)
{
	for (size_t i = 0; i < COUNT(files); i++)
		unlinkat(directory_fd, files[i], 0);
	unlinkat(directory_fd, "ipv4.d", AT_REMOVEDIR);
	unlinkat(directory_fd, "ipv6.d", AT_REMOVEDIR);
	rmdir(directory);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	umask(022);
	must(mkdtemp(directory));
	directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(directory_fd >= 0 && mkdirat(directory_fd, "ipv4.d", 0755) == 0 &&
	     mkdirat(directory_fd, "ipv6.d", 0755) == 0);
	atexit(remove_files);
	return 0;
}

static void write_file(const char *path, const uint8_t *data, size_t size)
{
	int fd = openat(directory_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void write_files(const uint8_t *data, size_t size)
{
	static const char cut[] = "---\n";

	for (size_t i = 0; i < COUNT(files); i++) {
		const uint8_t *end = size ? memmem(data, size, cut, strlen(cut)) : NULL;
		size_t used = end ? (size_t)(end - data) : size;

		write_file(files[i], data, used);
		used += end ? strlen(cut) : 0;
		data += used;
		size -= used;
	}
}

static void check_networks(const struct policy *policy)
{
	uint32_t friends = 0;

	for (uint32_t i = 0; i < policy->network_count; i++) {
		const struct network *network = &policy->networks[i];

		must(*network->name && *network->interface.text && network->subnet.length > 0 &&
		     network->subnet.family == network->family && network->first_friend >= friends);
		friends = network->first_friend + network->friend_count;
		must(friends <= policy->friend_count);
	}
	for (uint32_t i = 1; i < policy->unmanaged_count; i++)
		must(prefix_compare(&policy->unmanaged[i - 1], &policy->unmanaged[i]) < 0);
	for (uint32_t i = 0; i < policy->route_count; i++) {
		const struct policy_route *route = &policy->routes[i];

		must(prefix_is_address(&route->via) && route->destination.length > 0 &&
		     route->via.family == route->destination.family &&
		     policy->family[route->via.family].enabled);
	}
}

static void check_policy(const struct policy *policy)
{
	uint32_t rules = 0, forwards = 0;

	for (uint32_t i = 1; i < policy->claim_count; i++)
		must(prefix_compare(&policy->claims[i - 1].prefix, &policy->claims[i].prefix) < 0);
	for (uint32_t i = 0; i < policy->claim_count; i++) {
		const struct claim *claim = &policy->claims[i];

		must(claim->host < policy->host_count &&
		     claim->prefix.family == policy->hosts[claim->host].family &&
		     policy_claim_for(policy, &claim->prefix) == claim);
	}
	for (uint32_t i = 0; i < policy->host_count; i++) {
		must(policy->hosts[i].first_rule == rules);
		rules += policy->hosts[i].rule_count;
		must(policy->hosts[i].first_forward == forwards);
		forwards += policy->hosts[i].forward_count;
		must(policy->hosts[i].forward_count == 0 ||
		     (policy->hosts[i].nat != NAT_NONE &&
		      prefix_is_address(&policy->hosts[i].address)));
	}
	must(rules == policy->rule_count && forwards == policy->forward_count);
	check_networks(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy policy = { .hosts = NULL };
	struct report report = { 0 };

	write_files(data, size);
	if (conf_load(&policy, directory, &report))
		check_policy(&policy);
	else
		must(report.errors > 0 && !policy.hosts);
	for (size_t i = 0; i < report.count; i++)
		must(!strpbrk(report.findings[i].text, "\n\r\t\x1b"));
	report_done(&report);
	policy_done(&policy);
	return 0;
}
