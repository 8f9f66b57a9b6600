/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet that is dropped → the line of the configuration to write, or what else is to be done. */
#include "firewall/firewall_advice.h"
#include <stdio.h>
#include <string.h>

/* "22@203.0.113.9", as USERS and SERVICES take it. */
static void print_word(const struct packet *packet, uint16_t port, const struct prefix *peer)
{
	struct service service = { port, port, SERVICE_PORTS, packet->protocol };
	char text[SERVICE_TEXT], address[PREFIX_TEXT];

	if (!protocol_has_ports(packet->protocol))
		service =
			(struct service){ .kind = SERVICE_PROTOCOL, .protocol = packet->protocol };
	printf("%s@%s", service_print(text, &service), prefix_print(address, peer));
}

/* A level whose target is ACCEPT, best of all that of [settings]; 0: there is none. */
static uint8_t find_accepting(const struct chain_policy *chain)
{
	if (chain->level[LEVEL_DEFAULT] == TARGET_ACCEPT)
		return LEVEL_DEFAULT;
	for (uint8_t level = 1; level <= LEVEL_MAX; level++)
		if (chain->level[level] == TARGET_ACCEPT)
			return level;
	return 0;
}

static void advise_setting(const struct topology *topology, const struct packet *packet,
			   const struct evaluation *evaluation, const struct host *host,
			   bool is_outgoing)
{
	enum chain chain = host_chain(host, is_outgoing);
	uint8_t level = find_accepting(&topology->policy->family[host->family].chain[chain]);
	char path[HOST_PATH_SIZE];

	if (host->family == IPV6 && service_is_extension_header(packet->protocol)) {
		puts("No setting names it: it is an extension header, and the kernel tracks what "
		     "is behind it.");
		return;
	}
	if (!level) {
		printf("To let it pass, [%s] of %s.conf needs a level whose target is ACCEPT.\n",
		       chain_names[chain], family_names[host->family]);
		return;
	}
	printf("To let it pass, write into %s, ", host_path(path, host));
	printf(level == LEVEL_DEFAULT ? "[settings]" : "[settings %u]", level);
	printf(": %s = ", is_outgoing ? "SERVICES" : "USERS");
	print_word(packet, evaluation->port,
		   is_outgoing ? &evaluation->destination : &packet->source);
	puts("");
}

/*
 * A file may apply to the address and yet not count: its guest is not online, or it is for another
 * interface.
 */
static bool advise_file(const struct topology *topology, const struct prefix *address,
			enum chain chain)
{
	const struct policy *policy = topology->policy;
	const struct claim *claim = policy_claim_for(policy, address);
	const struct host *host = claim ? &policy->hosts[claim->host] : NULL;
	char path[HOST_PATH_SIZE];

	if (!host || (host->type == HOST_LOCAL) != (chain != CHAIN_FORWARD))
		return false;
	host_path(path, host);
	if (host->type == HOST_DOMU && !topology_match(topology, address, NULL).vif)
		printf("%s applies to it when its guest is online, and it is not.\n", path);
	else if (*host->interface.text)
		printf("%s applies to it at %s alone (INTERFACE).\n", path, host->interface.text);
	else
		return false;
	return true;
}

/* The public address of a host, at a port that leads nowhere. */
static bool advise_forward(const struct policy *policy, const struct evaluation *evaluation)
{
	char path[HOST_PATH_SIZE], text[PREFIX_TEXT];

	for (uint32_t i = 0; i < policy->host_count; i++) {
		const struct host *host = &policy->hosts[i];

		if (host->nat != NAT_ADDRESS ||
		    prefix_compare(&host->nat_address, &evaluation->destination) != 0)
			continue;
		printf("%s is NAT of %s, and no PAT of it has this port.\n",
		       prefix_print(text, &host->nat_address), host_path(path, host));
		return true;
	}
	return false;
}

/* No host file counts, and the POLICY drops. */
static void advise_new_file(const struct topology *topology, const struct evaluation *evaluation,
			    const struct prefix *address, enum chain chain)
{
	const char *family = family_names[address->family];
	char text[PREFIX_TEXT];
	struct err ignored;

	prefix_print(text, address);
	if (!prefix_check_unicast(address, &ignored)) {
		printf("No host file applies to %s. To let through all that is for it, write into "
		       "%s.conf, [unmanaged]: NETWORKS = %s\n",
		       text, family, text);
		if (prefix_is_group(address))
			puts("A guest on a bridge hears what its own host file opens: ask with "
			     "--out.");
		return;
	}
	if (advise_file(topology, address, chain) || advise_forward(topology->policy, evaluation))
		return;
	if (chain != CHAIN_FORWARD)
		printf("To let it pass, write a host file for %s in %s.d, with TYPE = local.\n",
		       text, family);
	else if (topology_match(topology, address, NULL).is_ours)
		printf("To let it pass, write a host file for %s in %s.d.\n", text, family);
	else
		printf("If %s is a guest, it is not online. Else it needs a host file in %s.d, "
		       "with TYPE = network.\n",
		       text, family);
}

/* No setting lets it in, and the POLICY drops what none names. */
static void advise_policy(const struct topology *topology, const struct packet *packet,
			  const struct evaluation *evaluation)
{
	const struct trace_entry *decision = evaluation->decision;
	const struct trace_entry *before = decision > evaluation->entries ? decision - 1 : decision;
	bool is_outgoing = decision->chain == CHAIN_OUTPUT;
	bool is_from_behind = evaluation->from.kind == PLACE_VIF &&
			      !topology_match(topology, &packet->source, NULL).is_ours;

	if (before->reason == REASON_UNNAMED || before->reason == REASON_UNLIMITED)
		advise_setting(topology, packet, evaluation, before->host, is_outgoing);
	else if (before->reason == REASON_RULE)
		puts("To let it pass, take it out of that level, or change the level's target.");
	else
		advise_new_file(topology, evaluation,
				is_outgoing || is_from_behind ? &packet->source
							      : &evaluation->destination,
				decision->chain);
}

/* From one vif of a guest, with the address of another one. */
static bool is_cards(const struct evaluation *evaluation)
{
	const struct vif *from = evaluation->from.vif, *owner = evaluation->decision->vif;

	return from && owner && from->id.domid == owner->id.domid;
}

/* ip= takes no link-local address: on a bridge each MAC of the guest's gives one. */
static void advise_source(const struct evaluation *evaluation, const struct prefix *source)
{
	struct err ignored;

	if (prefix_check_unicast(source, &ignored))
		puts("To let it pass, put the address into ip= of the guest's vif.");
	else if (prefix_is_link_local(source) && *evaluation->from.bridge.text)
		puts("Of link-local addresses a guest on a bridge has those alone that its MAC and "
		     "MACS give (EUI-64).");
}

void advice_print(const struct topology *topology, const struct packet *packet,
		  const struct evaluation *evaluation)
{
	const struct trace_entry *decision = evaluation->decision;

	if (evaluation->is_accepted)
		return;
	switch (decision->reason) {
	case REASON_POLICY:
		advise_policy(topology, packet, evaluation);
		return;
	case REASON_LIMITED:
		advise_setting(topology, packet, evaluation, decision->host, true);
		return;
	case REASON_RULE:
		puts("To let it pass, take it out of that level, or name it at a lower one whose "
		     "target is ACCEPT.");
		return;
	case REASON_INVALID:
		puts("About a connection that was let begin it passes.");
		return;
	case REASON_LINK_LOCAL:
	case REASON_LINK_TYPE:
		puts("It can be said to who is on the same link.");
		return;
	case REASON_OFF:
		advise_file(topology, &evaluation->destination, CHAIN_FORWARD);
		return;
	case REASON_NO_RULES:
		puts("If its guest does run, firewall reload takes it in.");
		return;
	case REASON_OTHERS_SOURCE:
		if (is_cards(evaluation))
			puts("To let it pass, say ANY_CARD = yes in the [header] of the host files "
			     "for both cards of the guest.");
		else if (!evaluation->from.vif && evaluation->decision->vif &&
			 vif_has(evaluation->decision->vif, &packet->source))
			puts("If others have the address, too, as with keepalived, or a router of "
			     "the LAN sends on what the guest says, say SHARED = yes in the "
			     "[header] of its host file.");
		return;
	case REASON_UNKNOWN_SOURCE:
		advise_source(evaluation, &packet->source);
		return;
	case REASON_NO_GUESTS:
		puts("To let it pass, say ROLE = router in the [header] of the guest's host file.");
		return;
	case REASON_WRONG_MAC:
		puts("To let it pass, name the MAC at MACS in the [header] of the guest's host "
		     "file.");
		return;
	case REASON_UNTRACKED:
		puts("To let it pass, run modprobe nf_conntrack_bridge, and firewall reload.");
		return;
	}
}
