/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is online → what their links and ports need beside rules. */
#include "firewall/firewall_links.h"
#include "kernel/kernel.h"
#include "operation/judge.h"
#include "operation/verify.h"
#include "policy/policy_vif.h"
#include "program/log.h"

struct links {
	const struct policy *policy;
	const struct online *online;
	struct store *store;
	struct kernel_link *link;
};

/*
 * A vif that another script renamed is known by its group alone, and has to be, before there are
 * rules that could take it for an interface of this machine's own.
 */
static void mark_foreign(const struct online *online, struct kernel_link *link)
{
	const struct link_settings group = { .has_group = true, .group = LINK_GROUP };
	struct err err;

	for (size_t i = 0; i < online->foreign_count; i++)
		if (!kernel_link_set_apply(link, online->foreign[i], &group, &err))
			log_error("a guest of another script may stay open: %s", err.text);
}

/* An uplink that was made anew has another index: the record has to know it, for the detach. */
static bool find_uplink(struct record *record, struct store *store, struct err *err)
{
	struct uplink *uplink = &record->uplink;
	struct ifname name;
	struct err gone;

	return kernel_link_read_name(&name, uplink->index, &gone) ||
	       (kernel_link_read_index(&uplink->index, &uplink->name, err) &&
		record_write(store, record, err));
}

/* What is there is not set again: who watches would hear of that. */
static bool set_missing(const struct links *links, const struct record *record, struct err *err)
{
	struct netconf changes, missing = { 0 };
	struct presence presence;

	if (!record_changes(&changes, record, err))
		return false;
	for (unsigned i = 0; i < changes.count; i++) {
		if (!kernel_link_find(&presence, links->link, &changes.change[i], err))
			return false;
		if (!presence.is_there)
			missing.change[missing.count++] = changes.change[i];
	}
	return kernel_link_apply(links->link, missing.change, missing.count, err);
}

/*
 * Routes go when a vif was down for a moment, proxy entries when the uplink was, and those who
 * manage interfaces set their sysctls. Where IPv6 can't be had, IPv4 still is.
 */
static bool renew_routed(const struct links *links, struct record *record, struct err *err)
{
	const struct settings *settings = &links->policy->settings;
	bool ipv4 = vif_has_family(&record->vif, IPV4), ipv6 = vif_has_family(&record->vif, IPV6);
	bool strays = policy_vif_strays(links->policy, &record->vif);
	const struct ifname *vif = &record->vif.name, *uplink = &record->uplink.name;
	struct err further;
	bool ok;

	/* Whoever set it down will have meant it, and the kernel takes no routes through it. */
	if (verify_is_down(links->link, &record->vif))
		return true;
	ok = find_uplink(record, links->store, err);
	ok = kernel_sysctl_vif_apply(vif, settings, ipv4, ipv6, strays, ok ? err : &further) && ok;
	ok = kernel_sysctl_forwarding_apply(uplink, settings, ipv4, ipv6, ok ? err : &further) &&
	     ok;
	ok = kernel_sysctl_proxy_apply(uplink, settings, ipv4, ipv6, ok ? err : &further) && ok;
	return set_missing(links, record, ok ? err : &further) && ok;
}

static bool has_duplicate(const struct online *online, const struct vif *vif)
{
	for (size_t i = 0; i < online->count; i++) {
		const struct vif *other = &online->records[i].vif;

		if (other != vif && vif_is_duplicate(other, vif))
			return true;
	}
	return false;
}

static bool judge_vlans_of(struct vlans *vlans, const struct links *links,
			   const struct ifname *bridge, const char *text, struct err *err)
{
	auto_free struct bridge *bridges = NULL;
	size_t count = 0;

	return vlans_parse(vlans, text, err) &&
	       kernel_bridges_read(&bridges, &count, links->link, bridge, err) &&
	       (count || err_set(err, "%s is no bridge", bridge->text)) &&
	       judge_vlans(&links->policy->settings, bridges, text, vlans, err);
}

/* Those that the toolstack has for it, as its attach read them. */
static bool read_backend_vlans(struct vlans *vlans, const struct links *links,
			       const struct record *record, struct err *err)
{
	char path[STORE_PATH_SIZE], id[VIF_ID_TEXT], text[STORE_VALUE_SIZE];
	bool found;

	snprintf(path, sizeof(path), "backend/vif/%s/vlan", vif_id_print(id, &record->vif.id));
	return store_read(text, &found, links->store, path, err) &&
	       (!found || !*text || judge_vlans_of(vlans, links, &record->vif.bridge, text, err));
}

/*
 * A port is what its attach would make of it now; that of another script's guest learns, as ever.
 * On another bridge VLANs are for whoever moved it to see to, and what is no bridge hears nothing
 * of this. One that is on none goes back, and up: ifupdown2 sets it down when it takes it off. Its
 * detach has to know where it is.
 */
static bool renew_port(const struct links *links, const struct record *record, struct err *err)
{
	const struct link_settings up = { .has_up = true, .up = true };
	const struct vif *vif = &record->vif;
	struct port_settings port;

	if (!record->vif.is_foreign &&
	    !kernel_sysctl_vif_apply(&vif->name, &links->policy->settings, false, false, false,
				     err))
		return false;
	if (record->is_switched)
		return true;
	judge_port(&port, links->policy, vif);
	port.has_duplicate = record->vif.is_foreign || has_duplicate(links->online, vif);
	port.learns |= port.has_duplicate;
	if (!record->is_moved && !record->is_lost)
		return kernel_port_renew_apply(links->link, vif->index, &port, err);
	return (!record->is_lost || read_backend_vlans(&port.vlans, links, record, err)) &&
	       record_write_bridge(links->store, record, err) &&
	       kernel_port_apply(links->link, vif->index, &port, err) &&
	       (!record->is_lost || kernel_link_set_apply(links->link, vif->index, &up, err));
}

/* What an older version recorded of vifs that nobody can read goes with the rest. */
static bool renew_old(const struct links *links, struct err *err)
{
	bool found;

	if (!record_find_old(&found, links->store, err))
		return false;
	if (!found)
		return true;
	for (size_t i = 0; i < links->online->count; i++)
		if (!links->online->records[i].vif.is_foreign &&
		    !record_write(links->store, &links->online->records[i], err))
			return false;
	return record_forget_old(links->store, err);
}

static bool has_guest(const struct online *online, uint32_t bridge)
{
	for (size_t i = 0; i < online->count; i++)
		if (online->records[i].vif.bridge_index == bridge)
			return true;
	return false;
}

/* Of guests of other scripts nobody has seen to it, nor of a bridge that was made anew. */
static bool renew_bridges(const struct links *links, struct err *err)
{
	auto_free struct bridge *bridges = NULL;
	const struct ifname all = { "" };
	size_t count = 0;
	bool ok = kernel_bridges_read(&bridges, &count, links->link, &all, err);

	for (size_t i = 0; ok && i < count; i++)
		if (has_guest(links->online, bridges[i].index))
			ok = kernel_bridge_groups_apply(links->link, &bridges[i], err);
	return ok;
}

bool firewall_links_apply(const struct policy *policy, struct online *online, struct store *store,
			  bool *is_incomplete, struct err *err)
{
	const struct links links = { policy, online, store, kernel_link_open(err) };
	struct err why;

	if (!links.link)
		return false;
	mark_foreign(online, links.link);
	if (store && !renew_old(&links, &why))
		log_error("records of an older version stay: %s", why.text);
	if (!renew_bridges(&links, &why)) {
		log_error("reports of multicast groups may fill the table of a bridge: %s",
			  why.text);
		*is_incomplete = true;
	}
	for (size_t i = 0; i < online->count; i++) {
		struct record *record = &online->records[i];

		if (record->is_whole)
			continue;
		if (record->uplink.index && !renew_routed(&links, record, &why)) {
			log_error("%s may have lost its network: %s", record->vif.name.text,
				  why.text);
			*is_incomplete = true;
		}
		if (record->vif.bridge_index && !renew_port(&links, record, &why)) {
			log_error(record->is_lost ? "%s is on no bridge: %s"
						  : "the port of %s may see, or say, more than it "
						    "should: %s",
				  record->vif.name.text, why.text);
			*is_incomplete = true;
		}
	}
	kernel_link_close(links.link);
	return true;
}

/* ---- neighbours ---- */

static bool add_answered(struct prefix **addresses, size_t *count, const struct record *record,
			 struct err *err)
{
	const struct vif *vif = &record->vif;

	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct prefix *prefix = &vif->prefixes[i];

		if (prefix_is_address(prefix) &&
		    (prefix->family == IPV4 ? record->proxy_arp : record->proxy_ndp) &&
		    !prefix_add(addresses, count, prefix))
			return err_memory(err);
	}
	return true;
}

/* All of an uplink at once: closing the socket takes the kernel some time. */
static bool announce_on(const struct online *online, const struct uplink *recorded, struct err *err)
{
	struct kernel_link *link = kernel_link_open(err);
	auto_free struct prefix *addresses = NULL;
	struct uplink uplink;
	size_t count = 0;
	bool ok = link && kernel_link_read_uplink(&uplink, link, &recorded->name, err);

	kernel_link_close(link);
	for (size_t i = 0; ok && i < online->count; i++)
		if (online->records[i].uplink.index == recorded->index)
			ok = add_answered(&addresses, &count, &online->records[i], err);
	return ok && kernel_announce_apply(&uplink, addresses, (unsigned)count, err);
}

static bool is_first_of_uplink(const struct online *online, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (online->records[i].uplink.index == online->records[at].uplink.index)
			return false;
	return true;
}

void firewall_links_announce_apply(const struct online *online)
{
	for (size_t i = 0; i < online->count; i++) {
		const struct uplink *uplink = &online->records[i].uplink;
		struct err err;

		if (uplink->index && is_first_of_uplink(online, i) &&
		    !announce_on(online, uplink, &err))
			log_error("neighbours on %s may not know where guests are: %s",
				  uplink->name.text, err.text);
	}
}
