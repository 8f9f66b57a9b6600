/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT, PAT and MASQUERADE in table nat: which address and port a connection has on each side. */
#include "iptables/chains.h"
#include "policy/policy_ports.h"
#include "ruleset/ruleset_nat.h"

static const char *const loopbacks[FAMILY_COUNT] = { "127.0.0.0/8", "::1" };

bool chains_has_nat(const struct policy *policy, enum family family)
{
	for (uint32_t i = 0; i < policy->host_count; i++)
		if (policy->hosts[i].family == family && policy->hosts[i].nat != NAT_NONE)
			return true;
	for (uint32_t i = 0; i < policy->network_count; i++)
		if (policy->networks[i].family == family && policy->networks[i].masquerade.text[0])
			return true;
	return false;
}

/* Its addresses in the virtual LANs are not public, and its own services may well listen there. */
static void print_own_only(const struct chains *p, const char *chain)
{
	char subnet[PREFIX_TEXT];

	for (uint32_t i = 0; i < p->policy->network_count; i++)
		if (p->policy->networks[i].family == p->family)
			chains_line(p, "-A @%s -d %s -j RETURN", chain,
				    prefix_print(subnet, &p->policy->networks[i].subnet));
	chains_line(p, "-A @%s -m addrtype ! --dst-type LOCAL -j RETURN", chain);
}

/* begins_here  what this machine opens itself */
static void print_dnat(const struct chains *p, enum dnat_clause clause, bool begins_here)
{
	const char *chain = begins_here ? "opened" : "arriving";

	switch (clause) {
	case DNAT_ADDRESS:
		chains_line(p, "-A @%s -j @pat-address", chain);
		break;
	case DNAT_LOOPBACK:
		if (begins_here)
			chains_line(p, "-A @%s -d %s -j RETURN", chain, loopbacks[p->family]);
		break;
	case DNAT_OWN_ONLY:
		print_own_only(p, chain);
		break;
	case DNAT_DEVICE:
		if (!begins_here)
			chains_line(p, "-A @%s -j @pat-device", chain);
		break;
	case DNAT_OWN:
		chains_line(p, "-A @%s -j @pat-own", chain);
		break;
	case DNAT_ANYWHERE:
		chains_line(p, "-A @%s -j @pat-anywhere", chain);
		break;
	}
}

static void print_nat_arriving(const struct chains *p)
{
	for (int begins_here = 0; begins_here < 2; begins_here++)
		for (int clause = 0; clause < PATH_DNAT_COUNT; clause++)
			print_dnat(p, clause, begins_here);
}

/* A chain that translates: rules_nat.c has the reasons. Of udplite iptables knows no ports. */
static void print_translation(const struct chains *p, const struct nat_ports *ports,
			      const char *chain, const char *target)
{
	static const char *const with_ports[] = { "tcp", "udp", "dccp", "sctp" };
	bool is_snat = !strncmp(target, "SNAT", strlen("SNAT"));

	for (size_t i = 0; i < COUNT(with_ports); i++)
		chains_line(p, "-A @%s -p %s -j %s%s%u-%u", chain, with_ports[i], target,
			    is_snat ? ":" : " --to-ports ", ports->first, ports->last);
	for (unsigned i = 0; i < ports->own_count; i++)
		chains_line(p, "-A @%s -p %u -j RETURN", chain, ports->own_protocol[i]);
	chains_line(p, "-A @%s -j %s", chain, target);
}

static void print_translations(const struct chains *p)
{
	struct nat_ports ports;

	policy_nat_ports(&ports, p->policy, p->family);
	chains_line(p, ":@masquerade - [0:0]");
	print_translation(p, &ports, "masquerade", "MASQUERADE");
	for (uint32_t i = 0; i < p->policy->host_count; i++) {
		const struct host *host = &p->policy->hosts[i];
		char chain[32], target[PREFIX_TEXT + 32], address[PREFIX_TEXT];
		bool is_ipv6 = p->family == IPV6;

		if (host->family != p->family || host->nat != NAT_ADDRESS)
			continue;
		prefix_print_address(address, &host->nat_address);
		snprintf(chain, sizeof(chain), "snat-%u", i);
		snprintf(target, sizeof(target), "SNAT --to-source %s%s%s", is_ipv6 ? "[" : "",
			 address, is_ipv6 ? "]" : "");
		chains_line(p, ":@%s - [0:0]", chain);
		print_translation(p, &ports, chain, target);
	}
}

static void print_nat_unmanaged(const struct chains *p)
{
	char text[PREFIX_TEXT];

	for (uint32_t i = 0; i < p->policy->unmanaged_count; i++) {
		if (p->policy->unmanaged[i].family != p->family)
			continue;
		prefix_print(text, &p->policy->unmanaged[i]);
		chains_line(p, "-A @leaving -s %s -j RETURN", text);
		chains_line(p, "-A @leaving -d %s -j RETURN", text);
	}
}

/* Guests of a LAN answer each other themselves, from an address never asked. */
static void print_hairpin(const struct chains *p)
{
	char subnet[PREFIX_TEXT];

	chains_line(p, "-A @leaving -m conntrack --ctstate DNAT -j @hairpin");
	if (!policy_has_forwards(p->policy, p->family))
		return;
	for (uint32_t i = 0; i < p->policy->network_count; i++) {
		if (p->policy->networks[i].family != p->family)
			continue;
		prefix_print(subnet, &p->policy->networks[i].subnet);
		chains_line(p, "-A @hairpin -s %s -d %s -g @masquerade", subnet, subnet);
	}
}

/*
 * Where a host names a device, whatever leaves there is translated; else what goes to one of our
 * own, or to a network behind it, is not. The host that applies to the source decides, the
 * narrowest claim first.
 */
static void print_nat_hosts(const struct chains *p)
{
	char subnet[PREFIX_TEXT];

	chains_line(p, "-A @leaving -j @device-%u", family_bits(p->family));
	chains_line(p, "-A @leaving -j @away");
	chains_vifs(p, "away", 'o', "-j RETURN");
	for (uint32_t i = 0; i < p->policy->network_count; i++)
		if (p->policy->networks[i].family == p->family)
			chains_line(p, "-A @away -d %s -j RETURN",
				    prefix_print(subnet, &p->policy->networks[i].subnet));
	chains_line(p, "-A @away -g @ours");
}

static void print_nat_lans(const struct chains *p)
{
	char subnet[PREFIX_TEXT];

	for (uint32_t i = 0; i < p->policy->network_count; i++) {
		const struct network *network = &p->policy->networks[i];

		if (network->family == p->family && network->masquerade.text[0])
			chains_line(p, "-A @leaving -o %s -s %s -g @masquerade",
				    network->masquerade.text,
				    prefix_print(subnet, &network->subnet));
	}
}

static void print_snat(const struct chains *p, enum snat_clause clause)
{
	switch (clause) {
	case SNAT_BRIDGED:
		chains_unbridged(p, IP_NAT, "-A");
		break;
	case SNAT_UNMANAGED:
		print_nat_unmanaged(p);
		break;
	case SNAT_HAIRPIN:
		print_hairpin(p);
		break;
	case SNAT_HOSTS:
		print_nat_hosts(p);
		break;
	case SNAT_LANS:
		print_nat_lans(p);
		break;
	}
}

void chains_nat(const struct chains *p)
{
	static const char *const chains[] = { "arriving",    "opened",	   "leaving",
					      "away",	     "ours",	   "hairpin",
					      "pat-address", "pat-device", "pat-own",
					      "pat-anywhere" };
	uint8_t lengths[129];
	unsigned count = chains_lengths(lengths, p->ruleset->sets, p->family);

	for (size_t i = 0; i < COUNT(chains); i++)
		chains_line(p, ":@%s - [0:0]", chains[i]);
	for (unsigned i = 0; i < count; i++) {
		chains_line(p, ":@device-%u - [0:0]", lengths[i]);
		chains_line(p, ":@nat-%u - [0:0]", lengths[i]);
	}
	print_translations(p);
	if (policy_has_forwards(p->policy, p->family))
		print_nat_arriving(p);
	for (int clause = 0; clause < PATH_SNAT_COUNT; clause++)
		print_snat(p, clause);
}

void chains_nat_end(const struct chains *p)
{
	uint8_t lengths[129];
	unsigned count = chains_lengths(lengths, p->ruleset->sets, p->family);

	for (unsigned i = 1; i < count; i++) {
		chains_line(p, "-A @device-%u -g @device-%u", lengths[i - 1], lengths[i]);
		chains_line(p, "-A @nat-%u -g @nat-%u", lengths[i - 1], lengths[i]);
	}
	chains_line(p, "-A @ours -g @nat-%u", family_bits(p->family));
}

/* ---- of one part ---- */

/* "masquerade", or "snat-" and the host's number. Returns out. */
#define TRANSLATION_SIZE 32
static const char *name_translation(char out[static TRANSLATION_SIZE], const struct chains *p,
				    const struct host *host)
{
	snprintf(out, TRANSLATION_SIZE, "masquerade");
	if (host->nat == NAT_ADDRESS)
		snprintf(out, TRANSLATION_SIZE, "snat-%zu", (size_t)(host - p->policy->hosts));
	return out;
}

static void print_nat_source(const struct chains *p, const struct part *part, const char *interface)
{
	const struct host *host = part->host;
	unsigned length = part->prefix.length;
	char text[PREFIX_TEXT], translation[TRANSLATION_SIZE];

	prefix_print(text, &part->prefix);
	if (!host || host->nat == NAT_NONE) {
		chains_entry(p, "device-%u %s-s %s -j RETURN", length, interface, text);
		chains_entry(p, "nat-%u %s-s %s -j RETURN", length, interface, text);
		return;
	}
	name_translation(translation, p, host);
	if (host->nat_device.text[0]) {
		chains_entry(p, "device-%u %s-o %s -s %s -g @%s", length, interface,
			     host->nat_device.text, text, translation);
		chains_entry(p, "device-%u %s! -o %s -s %s -j RETURN", length, interface,
			     host->nat_device.text, text);
		chains_entry(p, "nat-%u %s-s %s -j RETURN", length, interface, text);
	} else {
		chains_entry(p, "device-%u %s-s %s -j RETURN", length, interface, text);
		chains_entry(p, "nat-%u %s-s %s -g @%s", length, interface, text, translation);
	}
}

static void print_dnat_entry(const struct chains *p, const char *chain, const char *what,
			     const struct host *host, const struct port_forward *forward)
{
	bool is_ipv6 = p->family == IPV6;
	char address[PREFIX_TEXT];

	chains_entry(p, "%s %s-p %u -m multiport --dports %u -j DNAT --to-destination %s%s%s:%u",
		     chain, what, forward->protocol, forward->public_port, is_ipv6 ? "[" : "",
		     prefix_print_address(address, &host->address), is_ipv6 ? "]" : "",
		     forward->private_port);
}

/* At the addresses that the device had, and for what comes through it at those that it has. */
static void print_at_device(const struct chains *p, const struct host *host,
			    const struct port_forward *forward)
{
	char what[PREFIX_TEXT + 64], text[PREFIX_TEXT];

	snprintf(what, sizeof(what), "-i %s -m addrtype --dst-type LOCAL --limit-iface-in ",
		 host->nat_device.text);
	print_dnat_entry(p, "pat-device", what, host, forward);
	for (uint32_t i = 0; i < p->policy->device_count; i++) {
		const struct device_address *at = &p->policy->devices[i];

		if (!ruleset_nat_is_at(p->policy, host, forward, at))
			continue;
		snprintf(what, sizeof(what), "-d %s ", prefix_print(text, &at->address));
		print_dnat_entry(p, "pat-own", what, host, forward);
	}
}

static void print_forwards(const struct chains *p, const struct host *host)
{
	char what[PREFIX_TEXT + 8], text[PREFIX_TEXT];

	for (uint32_t i = 0; i < host->forward_count; i++) {
		const struct port_forward *forward = &p->policy->forwards[host->first_forward + i];

		if (host->nat == NAT_ADDRESS) {
			snprintf(what, sizeof(what), "-d %s ",
				 prefix_print(text, &host->nat_address));
			print_dnat_entry(p, "pat-address", what, host, forward);
		} else if (!host->nat_device.text[0]) {
			print_dnat_entry(p, "pat-anywhere", "", host, forward);
		} else {
			print_at_device(p, host, forward);
		}
	}
}

void chains_nat_claim(const struct chains *p, const struct part *part, const struct ifname *name)
{
	const struct host *host = part->host;
	char text[PREFIX_TEXT], interface[CHAINS_INTERFACE];

	prefix_print(text, &part->prefix);
	chains_entry(p, "ours %s-d %s -j RETURN", chains_interface(interface, "-o", name), text);
	print_nat_source(p, part, chains_interface(interface, "-i", name));
	if (!host || !host->forward_count || prefix_compare(&part->prefix, &host->address))
		return;
	/* One that calls its own public address would answer itself. */
	chains_entry(p, "hairpin -s %s -d %s -g @masquerade", text, text);
	print_forwards(p, host);
}
