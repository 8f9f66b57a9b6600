/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the table of connections a guest may have. */
#include "ruleset/ruleset_share.h"
#include "tap.h"

static struct host *add_guests(struct policy *policy, uint32_t count)
{
	struct host *host = NULL;

	for (uint32_t i = 0; i < count; i++) {
		host = policy_add_host(policy);
		if (!host)
			abort();
		host->type = HOST_DOMU;
		host->family = IPV4;
	}
	return host;
}

static void in_order(void)
{
	static const uint32_t counts[] = { 9, 5, 7, 9, 5 };
	struct policy policy = { .settings.connections = { .kind = SHARE_COUNT, .count = 7 } };

	add_guests(&policy, COUNT(counts) + 2);
	for (size_t i = 0; i < COUNT(counts); i++)
		policy.hosts[i].connections = (struct share){ SHARE_COUNT, counts[i] };
	policy.hosts[COUNT(counts)].connections.kind = SHARE_UNLIMITED;
	ok(share_next(&policy, 0) == 5 && share_next(&policy, 5) == 7 &&
		   share_next(&policy, 7) == 9 && !share_next(&policy, 9),
	   "each share once, from the smallest on");
	policy_done(&policy);
}

static void holds(uint32_t share)
{
	struct share_limits limits = share_limits(share);
	uint32_t in_parts = limits.parts * limits.part;

	ok(in_parts <= share && in_parts + limits.parts > share, "the parts of %u are %u", share,
	   in_parts);
	ok(limits.part <= (share < SHARE_SMALL ? share : 2 * SHARE_PART),
	   "a part of %u is quickly looked through", share);
}

static void is_default(uint32_t guests, uint32_t places, uint32_t should, const char *what)
{
	struct policy policy = { 0 };
	uint32_t is;

	add_guests(&policy, guests);
	is = share_default(&policy, places);
	ok(is == should, "%s: %u of %u", what, is, places);
	policy_done(&policy);
}

int main(void)
{
	struct policy policy = { 0 };
	struct vif vif = { .index = 3 };
	struct elements elements = { 0 };
	struct host *host;

	is_default(0, 262144, 16384, "no more than costs little to look through");
	is_default(12, 262144, 8192, "twelve have that");
	is_default(48, 262144, 2048, "of more each has less");
	is_default(8, 7680, 360, "with 1 GiB in Dom0");
	is_default(1, 7680, 1440, "one guest alone leaves room for others");
	is_default(5000, 262144, SHARE_LEAST, "but everybody has some");
	is_default(8, 0, 3072, "a table that nobody has seen yet");

	host = add_guests(&policy, 2);
	policy.settings.places = 262144;
	ok(share_of_vif(&policy, &vif) == 16384, "a guest without a file has the default");
	ok(share_sum(&policy, 262144) == 2 * 16384, "two have twice as much");
	host->connections = (struct share){ .kind = SHARE_UNLIMITED };
	ok(share_sum(&policy, 262144) == 16384 + 262144, "one without limit can fill the table");
	policy.settings.connections = (struct share){ .kind = SHARE_COUNT, .count = 7 };
	ok(share_of_vif(&policy, &vif) == 7, "[xen] says what the default is");
	ruleset_share_add(&elements, &policy, &vif, false);
	ok(elements.count == 2 && elements.elements[0].share == 7, "a vif has its share");
	vif.bridge_index = 1;
	elements_done(&elements);
	ruleset_share_add(&elements, &policy, &vif, false);
	ok(!elements.count, "none on a bridge without connection tracking");
	policy.settings.connections.kind = SHARE_UNLIMITED;
	ruleset_share_add(&elements, &policy, &vif, true);
	ok(!elements.count, "nor with no limit");
	policy_done(&policy);

	in_order();
	holds(1);
	holds(SHARE_SMALL - 1);
	holds(SHARE_SMALL);
	holds(9999);
	holds(SHARE_MOST);
	holds(1000000);
	return tap_done();
}
