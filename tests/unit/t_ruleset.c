/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks and translations as elements: which stand whoever runs, and which come with a guest. */
#include "ruleset/ruleset.h"
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

static struct ifname named(const char *text)
{
	struct ifname name = { "" };

	snprintf(name.text, sizeof(name.text), "%s", text);
	return name;
}

static void *there(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* A host with these addresses, the first of which is where its ports lead. */
static struct host *add_host(struct policy *policy, enum host_type type, const char *first,
			     const char *second)
{
	struct host *host = there(policy_add_host(policy));
	const char *const addresses[] = { first, second };

	host->type = (uint8_t)type;
	host->address = parse(first);
	host->family = host->address.family;
	host->filtered = true;
	host->first_forward = policy->forward_count;
	for (size_t i = 0; i < COUNT(addresses) && addresses[i]; i++) {
		struct claim *claim = there(policy_add_claim(policy));

		claim->prefix = parse(addresses[i]);
		claim->host = policy->host_count - 1;
	}
	return host;
}

/* Of the last host. */
static void add_forward(struct policy *policy, uint16_t public_port, uint16_t private_port)
{
	struct port_forward *forward = there(policy_add_forward(policy));

	*forward = (struct port_forward){ public_port, private_port, IPPROTO_TCP, 1 };
	policy->hosts[policy->host_count - 1].forward_count++;
}

static void add_network(struct policy *policy, const char *subnet, const char *interface,
			const char *masquerade)
{
	struct network *network = there(policy_add_network(policy));

	network->subnet = parse(subnet);
	network->family = network->subnet.family;
	network->interface = named(interface);
	network->masquerade = named(masquerade);
	network->first_friend = policy->friend_count;
}

/* Of the last network. */
static void add_friend(struct policy *policy, const char *text)
{
	*(struct prefix *)there(policy_add_friend(policy)) = parse(text);
	policy->networks[policy->network_count - 1].friend_count++;
}

/* Each element as "NAME{ELEMENT} ", in order; those of guest sets are not of interest here. */
static const char *print(char out[static 2048], struct elements *elements)
{
	FILE *file = fmemopen(out, 2048, "w");
	struct err err = { "" };

	if (!file || !elements_finish(elements, &err))
		abort();
	for (size_t i = 0; i < elements->count; i++) {
		const struct element *element = &elements->elements[i];
		char name[SET_NAME_SIZE];

		if (element->set.kind == SET_GUEST || element->set.kind == SET_OWNED ||
		    element->set.kind == SET_NETWORK || element->set.table != TABLE_INET)
			continue;
		fprintf(file, "%s{", set_name(name, &element->set));
		element_print(file, element);
		fputs("} ", file);
	}
	fclose(file);
	elements_done(elements);
	return out;
}

static void is_standing(const struct policy *policy, const char *should, const char *name)
{
	struct elements elements = { 0 };
	char out[2048] = "";

	ruleset_add_hosts(&elements, policy);
	is_text(print(out, &elements), should, name);
}

static void is_guest(struct policy *policy, const char *address, const char *should,
		     const char *name)
{
	struct elements elements = { 0 };
	struct report report = { 0 };
	struct vif vif = { .name = named("vif1.0") };
	struct prefix prefix = parse(address);
	char out[2048] = "";

	policy_finish(policy, &report);
	report_done(&report);
	ruleset_add_address(&elements, policy, &prefix, &vif);
	is_text(print(out, &elements), should, name);
}

static void test_networks(void)
{
	struct policy policy = { .hosts = NULL };

	add_network(&policy, "192.168.1.0/24", "xenbr1", "eth0");
	add_friend(&policy, "192.168.2.0/25");
	add_friend(&policy, "0.0.0.0/0");
	*(struct prefix *)there(policy_add_unmanaged(&policy)) = parse("10.8.0.0/24");
	is_standing(&policy,
		    "unmanaged4_24{10.8.0.0} lan4_24{192.168.1.0} "
		    "lan4_24_interface{\"xenbr1\" . 192.168.1.0} "
		    "friend4_24{192.168.1.0} friend4_24_peer25{192.168.1.0 . 192.168.2.0} "
		    "lan_masqueraded4_24_interface{\"eth0\" . 192.168.1.0} ",
		    "networks are elements that stand whoever runs");

	add_host(&policy, HOST_DOMU, "192.168.1.10", NULL)->nat = NAT_MASQUERADE;
	add_forward(&policy, 8080, 80);
	is_standing(&policy,
		    "domu4_32{192.168.1.10} unmanaged4_24{10.8.0.0} lan4_24{192.168.1.0} "
		    "lan4_24_interface{\"xenbr1\" . 192.168.1.0} "
		    "friend4_24{192.168.1.0} friend4_24_peer25{192.168.1.0 . 192.168.2.0} "
		    "hairpin4_24{192.168.1.0 . 192.168.1.0} "
		    "lan_masqueraded4_24_interface{\"eth0\" . 192.168.1.0} ",
		    "where a port is forwarded, neighbours may call each other by it");
	policy_done(&policy);
}

static void test_sources(void)
{
	struct policy policy = { .hosts = NULL };
	struct host *host = add_host(&policy, HOST_DOMU, "10.0.0.1", NULL);

	host->nat = NAT_ADDRESS;
	host->nat_address = parse("192.0.2.5");
	is_guest(&policy, "10.0.0.1", "snat4_32{10.0.0.1 : 192.0.2.5} ", "NAT = ADDRESS");
	host->nat_device = named("eth0");
	is_guest(&policy, "10.0.0.1", "snat4_32_interface{\"eth0\" . 10.0.0.1 : 192.0.2.5} ",
		 "with a NAT_DEVICE");
	host->nat = NAT_MASQUERADE;
	is_guest(&policy, "10.0.0.1", "masquerade4_32_interface{\"eth0\" . 10.0.0.1} ",
		 "NAT = yes with a NAT_DEVICE");
	host->filtered = false;
	is_guest(&policy, "10.0.0.1",
		 "unfiltered4_32{10.0.0.1} masquerade4_32_interface{\"eth0\" . 10.0.0.1} ",
		 "a guest that filters itself is translated all the same");

	host = add_host(&policy, HOST_DOMU, "fd00::/64", NULL);
	host->nat = NAT_ADDRESS;
	host->nat_address = parse("2001:db8::5");
	is_guest(&policy, "fd00::/64", "snat6_64{fd00:: : 2001:db8::5} ", "a whole prefix");
	is_guest(&policy, "fd00::7", "snat6_128{fd00::7 : 2001:db8::5} ", "one address of it");
	policy_done(&policy);
}

static void test_forwards(void)
{
	struct policy policy = { .hosts = NULL };
	struct host *host = add_host(&policy, HOST_DOMU, "10.0.0.1", "10.0.0.8/29");

	host->nat = NAT_ADDRESS;
	host->nat_address = parse("192.0.2.5");
	add_forward(&policy, 8080, 80);
	is_guest(&policy, "10.0.0.1",
		 "hairpin4_32{10.0.0.1 . 10.0.0.1} snat4_32{10.0.0.1 : 192.0.2.5} "
		 "pat_address4{192.0.2.5 . 6 . 8080 : 10.0.0.1 . 80} ",
		 "PAT leads to the host's first address");
	is_guest(&policy, "10.0.0.9", "snat4_32{10.0.0.9 : 192.0.2.5} ",
		 "and not to a further one");
	is_guest(&policy, "10.0.0.0/29",
		 "hairpin4_32{10.0.0.1 . 10.0.0.1} snat4_32{10.0.0.1 : 192.0.2.5} "
		 "pat_address4{192.0.2.5 . 6 . 8080 : 10.0.0.1 . 80} ",
		 "also when the guest has all of a prefix around it");
	host->nat = NAT_MASQUERADE;
	is_guest(&policy, "10.0.0.1",
		 "hairpin4_32{10.0.0.1 . 10.0.0.1} masquerade4_32{10.0.0.1} "
		 "pat_anywhere4{6 . 8080 : 10.0.0.1 . 80} ",
		 "PAT with NAT = yes is at any address of this machine");
	policy_done(&policy);
}

static void add_device(struct policy *policy, const char *device, const char *address)
{
	*policy_add_device(policy) = (struct device_address){ named(device), parse(address) };
}

/* Two hosts, the same port, each at another device, and one address that both devices have. */
static void test_devices(void)
{
	struct policy policy = { .hosts = NULL };
	struct host *host = add_host(&policy, HOST_DOMU, "fd00::1", NULL);

	host->nat = NAT_MASQUERADE;
	host->nat_device = named("eth0");
	add_forward(&policy, 8080, 80);
	host = add_host(&policy, HOST_DOMU, "fd00::2", NULL);
	host->nat = NAT_MASQUERADE;
	host->nat_device = named("eth1");
	add_forward(&policy, 8080, 80);
	add_forward(&policy, 8081, 81);
	add_device(&policy, "eth0", "2001:db8::1");
	add_device(&policy, "eth0", "2001:db8::9");
	add_device(&policy, "eth1", "2001:db8::2");
	add_device(&policy, "eth1", "2001:db8::9");
	add_device(&policy, "eth0", "192.0.2.1");
	is_guest(&policy, "fd00::1",
		 "hairpin6_128{fd00::1 . fd00::1} "
		 "masquerade6_128_interface{\"eth0\" . fd00::1} "
		 "pat_own6{2001:db8::1 . 6 . 8080 : fd00::1 . 80} "
		 "pat_own6{2001:db8::9 . 6 . 8080 : fd00::1 . 80} "
		 "pat_device6{\"eth0\" . 6 . 8080 : fd00::1 . 80} ",
		 "a port is at the addresses of its device");
	is_guest(&policy, "fd00::2",
		 "hairpin6_128{fd00::2 . fd00::2} "
		 "masquerade6_128_interface{\"eth1\" . fd00::2} "
		 "pat_own6{2001:db8::2 . 6 . 8080 : fd00::2 . 80} "
		 "pat_own6{2001:db8::2 . 6 . 8081 : fd00::2 . 81} "
		 "pat_own6{2001:db8::9 . 6 . 8081 : fd00::2 . 81} "
		 "pat_device6{\"eth1\" . 6 . 8080 : fd00::2 . 80} "
		 "pat_device6{\"eth1\" . 6 . 8081 : fd00::2 . 81} ",
		 "where two devices have an address and a port, it is the first one's");
	policy_done(&policy);
}

int main(void)
{
	test_networks();
	test_sources();
	test_forwards();
	test_devices();
	return tap_done();
}
