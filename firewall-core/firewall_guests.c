/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests as xl would start them, and the policy → mistakes, and sentences. */
#include "firewall_guests.h"
#include "backend.h"
#include "firewall.h"
#include "firewall_xl.h"
#include "kernel.h"
#include "log.h"

static bool is_ours(const struct domu_vif *vif)
{
	return vif->kind != DOMU_OTHER && !vif->value[DOMU_BACKEND];
}

/* ---- mistakes ---- */

static void check_bridge(const struct policy *policy, const struct domu_vif *vif,
			 struct kernel_link *link, struct report *report)
{
	const struct ifname *name = &vif->vif.bridge;
	char place[DOMU_PLACE_SIZE];
	struct bridge bridge;
	struct err ignored, why;
	bool found;

	domu_place(place, vif);
	if (!policy_has_bridges(policy))
		report_error(report, "%s: with XEN = no there are no rules for bridges", place);
	else if (!backend_of(&policy->settings)->check_bridged(policy, &vif->vif, &why))
		report_error(report, "%s: %s", place, why.text);
	if (link && name->text[0] && kernel_bridge_read(&bridge, &found, link, name, &ignored) &&
	    !found)
		report_warning(report, "%s: this machine has no bridge %s now", place, name->text);
}

/* What only one of two vifs can have. */
static void check_pair(const struct domu_vif *vif, const struct domu_vif *earlier,
		       struct report *report)
{
	char place[DOMU_PLACE_SIZE], other[DOMU_PLACE_SIZE], text[PREFIX_TEXT];
	const struct vif *one = &vif->vif, *two = &earlier->vif;
	static const struct mac none; /* not given, or no MAC address */

	domu_place(place, vif);
	domu_place(other, earlier);
	for (unsigned i = 0; i < one->prefix_count; i++)
		if (vif_has(two, &one->prefixes[i]))
			report_warning(report,
				       "%s: %s has %s, too; the one that starts last gets what is "
				       "sent there",
				       place, other, prefix_print(text, &one->prefixes[i]));
	if (one->name.text[0] && !strcmp(one->name.text, two->name.text))
		report_warning(report, "%s: %s has vifname=%s, too; only one of them can run",
			       place, other, one->name.text);
	if (memcmp(&one->mac, &none, sizeof(none)) && !memcmp(&one->mac, &two->mac, sizeof(none)) &&
	    !strcmp(one->bridge.text, two->bridge.text) && one->bridge.text[0])
		report_warning(report, "%s: %s has this mac=, too, on the same bridge", place,
			       other);
}

static void check(const struct policy *policy, const struct domus *domus, struct report *report)
{
	struct err ignored;
	struct kernel_link *link = kernel_link_open(&ignored);

	for (size_t i = 0; i < domus->vif_count; i++) {
		const struct domu_vif *vif = &domus->vifs[i];

		if (vif->kind == DOMU_BRIDGE && is_ours(vif))
			check_bridge(policy, vif, link, report);
		for (size_t j = 0; j < i; j++)
			check_pair(vif, &domus->vifs[j], report);
	}
	kernel_link_close(link);
}

/* ---- sentences ---- */

static void print_speaker(const struct policy *policy, const struct vif *vif,
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
	else if (ruleset_host(policy, prefix, &vif->name))
		puts(host_path(path, host));
	else if (host->type == HOST_LOCAL)
		printf("%s says that it is this machine's\n", host_path(path, host));
	else
		printf("%s speaks for it at %s alone, the policy holds\n", host_path(path, host),
		       host->interface.text);
}

static void print_vif(const struct policy *policy, const struct domu_vif *vif)
{
	char seen[SHOWN_SIZE];

	printf("    vif[%u]", vif->number);
	if (vif->value[DOMU_BACKEND]) {
		printf(" is served by %s, and not by this machine\n",
		       shown(seen, vif->value[DOMU_BACKEND]));
		return;
	}
	if (vif->vif.name.text[0])
		printf(", called %s,", vif->vif.name.text);
	if (vif->kind == DOMU_ROUTE)
		puts(" is routed");
	else if (vif->kind == DOMU_BRIDGE)
		printf(" is a port of %s\n",
		       vif->vif.bridge.text[0] ? vif->vif.bridge.text : "a bridge");
	else
		printf(" goes by %s: each firewall reload takes it in as it is then\n",
		       shown(seen, domu_script(vif)));
	for (unsigned i = 0; i < vif->vif.prefix_count; i++)
		print_speaker(policy, &vif->vif, &vif->vif.prefixes[i]);
	if (vif->kind == DOMU_BRIDGE && !vif->value[DOMU_IP])
		puts("      without ip= it may use all addresses that are nobody else's");
}

static void print_guest(const struct policy *policy, const struct domus *domus,
			const struct domu *domu, const struct domains *running)
{
	const struct domain *domain = *domu->name ? domains_find(running, domu->name) : NULL;
	char name[SHOWN_SIZE];

	printf("  %s (%s)", *domu->name ? shown(name, domu->name) : "a guest", domu->file);
	if (domain)
		printf(", which runs as domain %u", domain->domid);
	puts(domu->vif_count ? ":" : ": no vif");
	for (size_t i = 0; i < domu->vif_count; i++)
		print_vif(policy, &domus->vifs[domu->first_vif + i]);
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

static void print(const struct policy *policy, const struct domus *domus)
{
	struct domains running = { 0 };
	struct err ignored;

	if (store_is_dom0())
		(void)!xl_read_domains(&running, &ignored);
	puts("guests:");
	for (size_t i = 0; i < domus->count; i++)
		print_guest(policy, domus, &domus->domus[i], &running);
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
		check(policy, &domus, &report);
		firewall_print_report(&report);
		print(policy, &domus);
	} else {
		log_error("the configurations of guests can't be read: %s", err.text);
	}
	if (report.errors)
		log_error(
			"the configurations of guests: %u error%s, what they name does not come up",
			report.errors, report.errors == 1 ? "" : "s");
	ok = ok && !report.errors;
	domus_done(&domus);
	report_done(&report);
	return ok;
}
