/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests as xl would start them, and the policy → mistakes, and sentences. */
#include "firewall/firewall_guests.h"
#include "firewall/firewall.h"
#include "firewall/firewall_xl.h"
#include "operation/judge.h"
#include "policy/policy_vif.h"
#include "program/log.h"

/* ---- mistakes ---- */

/* What it can't have by the policy, or by this machine as it is now. */
static void check_addresses(const struct policy *policy, struct domu_vif *vif,
			    struct kernel_link *link, struct report *report)
{
	char place[DOMU_PLACE_SIZE], refused[DOMU_REFUSED_SIZE];
	struct err why, ignored;

	if (judge_addresses(policy, link, &vif->vif, vif->place, &why))
		return;
	domu_location(place, vif);
	domu_refused(refused, vif);
	vif->fate = VIF_CLOSED;
	if (judge_addresses(policy, NULL, &vif->vif, vif->place, &ignored))
		report_warning(report, "%s: %s%s", place, why.text, refused);
	else
		report_error(report, "%s: %s%s", place, why.text, refused);
}

/* What this machine as it is now can't do for a vif of ours. */
static void check_bridge(const struct policy *policy, const struct domu_vif *vif,
			 struct kernel_link *link, struct report *report)
{
	const struct ifname *name = &vif->vif.bridge;
	const char *vlan = vif->value[DOMU_VLAN];
	char place[DOMU_PLACE_SIZE];
	struct bridge bridge;
	struct vlans vlans;
	struct err why;
	bool found = false;

	domu_location(place, vif);
	if (vif->place != VIF_BRIDGED || !link || !name->text[0] ||
	    !kernel_bridge_read(&bridge, &found, link, name, &why))
		return;
	if (!found)
		report_warning(report, "%s: this machine has no bridge %s now", place, name->text);
	else if (vlan && vlans_parse(&vlans, vlan, &why) &&
		 !judge_vlans(&policy->settings, &bridge, vlan, &vlans, &why))
		report_error(report, "%s: %s", place, why.text);
}

/* One of another script's gets no rules then, and stays. */
static void check_bridged_vif(const struct policy *policy, const struct domu_vif *vif,
			      struct report *report)
{
	char place[DOMU_PLACE_SIZE];
	struct err why;

	if (judge_bridged(policy, &vif->vif, &why))
		return;
	domu_location(place, vif);
	if (vif->is_ours)
		report_error(report, "%s: %s", place, why.text);
	else
		report_warning(report, "%s: by %s it is neither filtered nor protected: %s", place,
			       domu_script(vif), why.text);
}

/* A routed vif is asked for none of that. */
static void check_routed(const struct policy *policy, const struct domu_vif *vif,
			 struct report *report)
{
	char place[DOMU_PLACE_SIZE], path[HOST_PATH_SIZE];
	const struct host *host;
	unsigned at = 0;

	domu_location(place, vif);
	while ((host = policy_vif_next_host(&at, policy, &vif->vif)))
		if (host->role == ROLE_ROUTER || host->mac_count || host->ethertype_count)
			report_warning(report,
				       "%s: it is routed, and ROLE, MACS and ETHERTYPES of %s are "
				       "for guests on bridges: they have no effect",
				       place, host_path(path, host));
}

static bool is_shared_prefix(const struct policy *policy, const struct domu_vif *vif,
			     const struct prefix *prefix)
{
	const struct host *host = policy_vif_host(policy, prefix, &vif->vif.name);

	return vif->place == VIF_BRIDGED && host && host->shared;
}

/* What only one of two vifs can have. */
static void check_pair(const struct policy *policy, const struct domu_vif *vif,
		       const struct domu_vif *earlier, struct report *report)
{
	char place[DOMU_PLACE_SIZE], other[DOMU_PLACE_SIZE], text[PREFIX_TEXT];
	const struct vif *one = &vif->vif, *two = &earlier->vif;
	static const struct mac none; /* not given, or no MAC address */

	domu_location(place, vif);
	domu_location(other, earlier);
	for (unsigned i = 0; i < one->prefix_count; i++)
		if (vif_has(two, &one->prefixes[i]) &&
		    !is_shared_prefix(policy, vif, &one->prefixes[i]))
			report_warning(report,
				       "%s: %s has %s, too; the one that starts last gets what is "
				       "sent there; where both may have it, say SHARED = yes in "
				       "its host file",
				       place, other, prefix_print(text, &one->prefixes[i]));
	if (one->name.text[0] && !strcmp(one->name.text, two->name.text))
		report_warning(report, "%s: %s has vifname=%s, too; only one of them can run",
			       place, other, one->name.text);
	if (memcmp(&one->mac, &none, sizeof(none)) && !memcmp(&one->mac, &two->mac, sizeof(none)) &&
	    !strcmp(one->bridge.text, two->bridge.text) && one->bridge.text[0])
		report_warning(report, "%s: %s has this mac=, too, on the same bridge", place,
			       other);
}

static bool has_neighbour(const struct vif *vif, const struct prefix *prefix)
{
	struct prefix network = prefix_network(prefix);

	for (unsigned i = 0; i < vif->prefix_count; i++)
		if (prefix_contains(&network, &vif->prefixes[i]))
			return true;
	return false;
}

/* An address that another card has in a network of this one, and which this one can't use. */
static const struct prefix *find_shut(const struct policy *policy, const struct vif *vif,
				      const struct vif *other)
{
	for (unsigned i = 0; i < other->prefix_count; i++)
		if (has_neighbour(vif, &other->prefixes[i]) &&
		    !policy_vif_may_send(policy, vif, other, 1, NULL, &other->prefixes[i]))
			return &other->prefixes[i];
	return NULL;
}

/* A guest sends by whichever card its routes say, and who it is here the card says. */
static void check_card_pair(const struct policy *policy, const struct domu_vif *vif,
			    const struct domu_vif *earlier, struct report *report)
{
	const struct prefix *shut = find_shut(policy, &earlier->vif, &vif->vif);
	char place[DOMU_PLACE_SIZE], text[PREFIX_TEXT];

	if (!shut)
		shut = find_shut(policy, &vif->vif, &earlier->vif);
	if (!shut)
		return;
	domu_location(place, vif);
	report_warning(report,
		       "%s: vif[%u] of the same guest has an address of the network of %s, too; "
		       "what the guest sends from one by the other card is dropped, so it needs "
		       "ANY_CARD = yes in the host files for both, or a routing table for each (ip "
		       "rule add from %s)",
		       place, earlier->number, prefix_print(text, shut), text);
}

/* Of each guest its own. */
static void check_guest_cards(const struct policy *policy, const struct domus *domus,
			      const struct domu *domu, struct report *report)
{
	const struct domu_vif *vifs = &domus->vifs[domu->first_vif];

	for (size_t i = 0; i < domu->vif_count; i++)
		for (size_t j = 0; j < i; j++)
			if (vifs[i].is_ours && vifs[j].is_ours)
				check_card_pair(policy, &vifs[i], &vifs[j], report);
}

static void check_vifs(const struct policy *policy, struct domus *domus, struct report *report)
{
	struct err ignored;
	struct kernel_link *link = kernel_link_open(&ignored);

	for (size_t i = 0; i < domus->vif_count; i++) {
		struct domu_vif *vif = &domus->vifs[i];

		if (!vif->value[DOMU_BACKEND])
			check_addresses(policy, vif, link, report);
		if (vif->is_ours)
			check_bridge(policy, vif, link, report);
		if (vif->has_place && vif->place == VIF_BRIDGED && !vif->value[DOMU_BACKEND])
			check_bridged_vif(policy, vif, report);
		if (vif->is_ours && vif->place == VIF_ROUTED)
			check_routed(policy, vif, report);
		for (size_t j = 0; j < i; j++)
			check_pair(policy, vif, &domus->vifs[j], report);
	}
	for (size_t i = 0; i < domus->count; i++)
		check_guest_cards(policy, domus, &domus->domus[i], report);
	kernel_link_close(link);
}

/* ---- sentences ---- */

static void print_host_of(const struct policy *policy, const struct vif *vif,
			  const struct prefix *prefix)
{
	const struct claim *claim = policy_claim_for(policy, prefix);
	const struct host *host = claim ? &policy->hosts[claim->host] : NULL;
	char text[PREFIX_TEXT], path[HOST_PATH_SIZE];

	printf("      %s: ", prefix_print(text, prefix));
	if (!policy->family[prefix->family].enabled)
		printf("%s is off, so it is dropped\n", family_names[prefix->family]);
	else if (!host)
		puts("no host file, the policy holds");
	else if (policy_vif_host(policy, prefix, &vif->name))
		puts(host_path(path, host));
	else if (host->type == HOST_LOCAL && !prefix_is_address(&claim->prefix))
		puts("no host file, the policy holds"); /* the rest of the world is local there */
	else if (host->type == HOST_LOCAL)
		printf("%s says that it is this machine's\n", host_path(path, host));
	else
		printf("%s applies to it at %s alone, the policy holds\n", host_path(path, host),
		       host->interface.text);
}

static void print_domu_vif(const struct policy *policy, const struct domu_vif *vif)
{
	static const char *const foreign[] = {
		[VIF_HELD] = "each firewall reload takes it in as it is then",
		[VIF_CLOSED] = "each firewall reload closes it",
		[VIF_MISSED] = "no rules hold for it",
	};
	char seen[SHOWN_SIZE];

	printf("    vif[%u]", vif->number);
	if (vif->value[DOMU_BACKEND]) {
		printf(" is served by %s, and not by this machine\n",
		       shown(seen, vif->value[DOMU_BACKEND]));
		return;
	}
	if (vif->vif.name.text[0])
		printf(", called %s,", vif->vif.name.text);
	if (!vif->is_ours)
		printf(" goes by %s: %s\n", shown(seen, domu_script(vif)), foreign[vif->fate]);
	else if (vif->place == VIF_ROUTED)
		puts(" is routed");
	else
		printf(" is a port of %s\n",
		       vif->vif.bridge.text[0] ? vif->vif.bridge.text : "a bridge");
	for (unsigned i = 0; i < vif->vif.prefix_count; i++)
		print_host_of(policy, &vif->vif, &vif->vif.prefixes[i]);
	if (vif->has_place && vif->place == VIF_BRIDGED && vif->fate == VIF_HELD &&
	    !vif->vif.prefix_count)
		puts("      without ip= it may use all addresses that no other host has");
}

static void print_domu(const struct policy *policy, const struct domus *domus,
		       const struct domu *domu, const struct domains *running)
{
	const struct domain *domain = *domu->name ? domains_find(running, domu->name) : NULL;
	char name[SHOWN_SIZE];

	printf("  %s (%s)", *domu->name ? shown(name, domu->name) : "a guest", domu->file);
	if (domain)
		printf(", which runs as domain %u", domain->domid);
	puts(domu->vif_count ? ":" : ": no vif");
	for (size_t i = 0; i < domu->vif_count; i++)
		print_domu_vif(policy, &domus->vifs[domu->first_vif + i]);
}

static bool is_used(const struct policy *policy, uint32_t host, const struct domus *domus)
{
	for (uint32_t i = 0; i < policy->claim_count; i++) {
		const struct prefix *claimed = &policy->claims[i].prefix;

		for (size_t j = 0; policy->claims[i].host == host && j < domus->vif_count; j++) {
			const struct vif *vif = &domus->vifs[j].vif;

			for (unsigned k = 0; k < vif->prefix_count; k++)
				if (prefix_contains(claimed, &vif->prefixes[k]) ||
				    prefix_contains(&vif->prefixes[k], claimed))
					return true;
		}
	}
	return false;
}

static void print_unused(const struct policy *policy, const struct domus *domus)
{
	char path[HOST_PATH_SIZE];
	bool any = false;

	for (uint32_t i = 0; i < policy->host_count; i++) {
		const struct host *host = &policy->hosts[i];

		if (host->type != HOST_DOMU || is_used(policy, i, domus))
			continue;
		if (!any)
			puts("host files that none of these guests has an address of:");
		any = true;
		printf("  %s\n", host_path(path, host));
	}
}

static void print_domus(const struct policy *policy, const struct domus *domus)
{
	struct domains running = { 0 };
	struct err ignored;

	if (store_is_dom0())
		(void)!xl_read_domains(&running, &ignored);
	puts("guests:");
	for (size_t i = 0; i < domus->count; i++)
		print_domu(policy, domus, &domus->domus[i], &running);
	print_unused(policy, domus);
	domains_done(&running);
}

bool guests_check(const struct policy *policy, char **files)
{
	struct report report = { 0 };
	struct domus domus = { 0 };
	struct err err;
	bool ok = xl_read_guests(&domus, files, &report, &err);

	if (ok) {
		check_vifs(policy, &domus, &report);
		firewall_print_report(&report);
		print_domus(policy, &domus);
	} else {
		log_error("the configurations of guests can't be read: %s", err.text);
	}
	if (report.errors)
		log_error("the configurations of guests: %u error%s, what they name has no network",
			  report.errors, report.errors == 1 ? "" : "s");
	ok = ok && !report.errors;
	domus_done(&domus);
	report_done(&report);
	return ok;
}
