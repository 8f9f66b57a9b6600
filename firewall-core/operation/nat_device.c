/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT_DEVICE of host files, and the kernel's addresses → the devices of the policy. */
#include "operation/nat_device.h"
#include "kernel/kernel.h"
#include <string.h>

static bool is_read(const struct policy *policy, const struct ifname *device)
{
	for (uint32_t i = 0; i < policy->device_count; i++)
		if (!strcmp(policy->devices[i].device.text, device->text))
			return true;
	return false;
}

/* Those that others reach: a link-local one is nobody's beyond its link. */
static bool read_nat_device(struct policy *policy, struct kernel_link *link,
			    const struct ifname *device, struct err *err)
{
	auto_free struct prefix *addresses = NULL;
	struct err ignored;
	uint32_t index;
	size_t count = 0;

	if (!kernel_link_read_index(&index, device, &ignored))
		return true;
	if (!kernel_link_read_addresses(&addresses, &count, link, index, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct device_address *added;

		if (prefix_is_link_local(&addresses[i]))
			continue;
		added = policy_add_device(policy);
		if (!added)
			return err_memory(err);
		*added = (struct device_address){ *device, addresses[i] };
	}
	return true;
}

bool nat_device_read(struct policy *policy, struct err *err)
{
	struct kernel_link *link = NULL;
	bool ok = true;

	for (uint32_t i = 0; ok && i < policy->host_count; i++) {
		const struct host *host = &policy->hosts[i];
		const struct ifname *device = &host->nat_device;

		if (host->nat != NAT_MASQUERADE || !*device->text || !host->forward_count ||
		    is_read(policy, device))
			continue;
		if (!link)
			link = kernel_link_open(err);
		ok = link && read_nat_device(policy, link, device, err);
	}
	kernel_link_close(link);
	return ok;
}
