/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has addresses in one network, routed and on bridges → the kernel's proxy entries by which the
 * two kinds find each other.
 */
#include "operation/proxy.h"
#include "base/array.h"

/* ---- a vif that comes ---- */

/* Its proxy entries answer, and at once. *is_there: false, when there is no such interface. */
static bool prepare_interface(bool *is_there, const struct settings *settings, uint32_t index,
			      enum family family, struct err *err)
{
	struct ifname name;
	struct err ignored;

	*is_there = kernel_link_read_name(&name, index, &ignored);
	return !*is_there ||
	       kernel_sysctl_proxy_apply(&name, settings, family == IPV4, family == IPV6, err);
}

/* Has it an address in the network? */
static bool is_in_network(const struct subnet_member *member, const struct prefix *network)
{
	for (unsigned i = 0; i < member->count; i++)
		if (prefix_contains(network, &member->addresses[i]))
			return true;
	return false;
}

/*
 * From *at on, the next of the others that is in the subnet, bridged or routed. At first *at is 0;
 * false when there is none left.
 */
static bool next_member(struct subnet_member *member, size_t *at, const struct online *others,
			const struct prefix *network, bool is_bridged)
{
	while (*at < others->count) {
		const struct record *record = &others->records[(*at)++];

		if (record->vif.is_foreign) /* nothing is known of it */
			continue;
		*member = subnet_member_of_vif(&record->vif, record->uplink.index);
		if (member->is_bridged == is_bridged && is_in_network(member, network))
			return true;
	}
	return false;
}

/* Those on bridges mostly follow each other on one, which is prepared once then. */
static bool add_proxy_pairs(struct kernel_link *link, const struct settings *settings,
			    const struct prefix *network, const struct subnet_member *own,
			    const struct online *others, struct err *err)
{
	struct subnet_member other;
	struct err further;
	uint32_t prepared = 0;
	size_t at = 0;
	bool is_own_there = true, is_there = false, ok = true;

	while (is_own_there && next_member(&other, &at, others, network, !own->is_bridged)) {
		struct netconf changes;

		if (!prepared)
			ok = prepare_interface(&is_own_there, settings, own->index, network->family,
					       err);
		if (other.index != prepared)
			ok = prepare_interface(&is_there, settings, other.index, network->family,
					       ok ? err : &further) &&
			     ok;
		prepared = other.index;
		if (!is_own_there || !is_there)
			continue;
		subnet_member_proxies(&changes, settings, network, own, &other);
		ok = kernel_link_apply(link, changes.change, changes.count, ok ? err : &further) &&
		     ok;
	}
	return ok;
}

bool proxy_attach_apply(struct kernel_link *link, const struct settings *settings,
			const struct record *record, const struct online *others, struct err *err)
{
	struct subnet_member own = subnet_member_of_vif(&record->vif, record->uplink.index);
	struct prefix networks[VIF_PREFIXES_MAX];
	unsigned count = subnet_member_networks(networks, &own);
	struct err further;
	bool ok = true;

	for (unsigned i = 0; i < count; i++)
		ok = add_proxy_pairs(link, settings, &networks[i], &own, others,
				     ok ? err : &further) &&
		     ok;
	return ok;
}

/* ---- a vif that goes ---- */

struct leaving {
	struct kernel_link *link;
	const struct subnet_member *member;
	const struct prefix *released;
	unsigned released_count;
};

/* Is it the last one of the network on its bridge? */
static bool is_last(const struct subnet_member *own, const struct online *others,
		    const struct prefix *network)
{
	struct subnet_member other;
	size_t at = 0;

	while (next_member(&other, &at, others, network, true))
		if (other.index == own->index)
			return false;
	return true;
}

/*
 * On the interfaces of the others nobody asks for it any more, and on its own bridge nobody for
 * them.
 */
static bool withdraw_proxies(const struct leaving *leaving, const struct prefix *network,
			     const struct subnet_member *other, bool was_last, struct err *err)
{
	static const struct settings all = { .proxy_arp = PROXY_ARP_STRICT, .proxy_ndp = true };
	struct netconf changes, undone = { .count = 0 };

	subnet_member_proxies(&changes, &all, network, leaving->member, other);
	for (unsigned i = 0; i < changes.count; i++) {
		const struct netconf_op *change = &changes.change[i];

		if (change->index == other->index
			    ? prefix_is_among(leaving->released, leaving->released_count,
					      &change->prefix)
			    : leaving->member->is_bridged && was_last)
			undone.change[undone.count++] = *change;
	}
	return kernel_link_undo_apply(leaving->link, undone.change, undone.count, err);
}

bool proxy_detach_apply(struct kernel_link *link, const struct record *record,
			const struct online *others, const struct prefix *released,
			unsigned released_count, struct err *err)
{
	struct subnet_member own = subnet_member_of_vif(&record->vif, record->uplink.index), other;
	const struct leaving leaving = { link, &own, released, released_count };
	struct prefix networks[VIF_PREFIXES_MAX];
	unsigned count = subnet_member_networks(networks, &own);
	struct err further;
	bool ok = true;

	for (unsigned i = 0; i < count; i++) {
		bool was_last = own.is_bridged && is_last(&own, others, &networks[i]);
		size_t at = 0;

		while (next_member(&other, &at, others, &networks[i], !own.is_bridged))
			ok = withdraw_proxies(&leaving, &networks[i], &other, was_last,
					      ok ? err : &further) &&
			     ok;
	}
	return ok;
}

/* ---- all that are online ---- */

/* An address of one of them stands for it in a network. */
struct membership {
	struct prefix network;
	const struct subnet_member *member;
	bool is_there; /* its interface */
};

struct loading {
	struct kernel_link *link;
	const struct settings *settings;
	struct subnet_member *members;
	struct membership *memberships;
	struct netconf_op *wanted;
	size_t member_count, membership_count, wanted_count;
};

static int compare_memberships(const void *a, const void *b)
{
	const struct membership *one = a, *other = b;
	int order = prefix_compare(&one->network, &other->network);

	return order ? order : one->member->is_bridged - other->member->is_bridged;
}

static int compare_changes(const void *a, const void *b)
{
	const struct netconf_op *one = a, *other = b;
	int order = prefix_compare(&one->prefix, &other->prefix);

	return order ? order : (one->index > other->index) - (one->index < other->index);
}

static bool want_proxies(struct loading *loading, const struct netconf *changes, struct err *err)
{
	for (unsigned i = 0; i < changes->count; i++) {
		struct netconf_op *added;

		if (changes->change[i].kind != NETCONF_PROXY)
			continue;
		added = array_add(&loading->wanted, loading->wanted_count, sizeof(*added));
		if (!added)
			return err_memory(err);
		*added = changes->change[i];
		loading->wanted_count++;
	}
	return true;
}

/* What those online made for themselves, and what they are to others in their subnets. */
static bool read_members(struct loading *loading, const struct online *online, struct err *err)
{
	for (size_t i = 0; i < online->count; i++) {
		const struct record *record = &online->records[i];
		struct netconf changes;
		struct subnet_member *added;

		if (record->vif.is_foreign) /* a vif of another script */
			continue;
		added = array_add(&loading->members, loading->member_count, sizeof(*added));
		if (!added)
			return err_memory(err);
		*added = subnet_member_of_vif(&record->vif, record->uplink.index);
		loading->member_count++;
		if (!record_changes(&changes, record, err) || !want_proxies(loading, &changes, err))
			return false;
	}
	return true;
}

static bool read_memberships(struct loading *loading, struct err *err)
{
	struct prefix networks[VIF_PREFIXES_MAX];

	for (size_t i = 0; i < loading->member_count; i++) {
		unsigned count = subnet_member_networks(networks, &loading->members[i]);

		for (unsigned j = 0; j < count; j++) {
			struct membership *added = array_add(
				&loading->memberships, loading->membership_count, sizeof(*added));

			if (!added)
				return err_memory(err);
			*added = (struct membership){ networks[j], &loading->members[i], true };
			loading->membership_count++;
		}
	}
	if (loading->membership_count)
		qsort(loading->memberships, loading->membership_count,
		      sizeof(*loading->memberships), compare_memberships);
	return true;
}

static bool prepare_memberships(struct loading *loading, size_t first, size_t end, struct err *err)
{
	struct membership *memberships = loading->memberships;

	for (size_t i = first; i < end; i++)
		if (i > first && memberships[i].member->index == memberships[i - 1].member->index)
			memberships[i].is_there = memberships[i - 1].is_there;
		else if (!prepare_interface(&memberships[i].is_there, loading->settings,
					    memberships[i].member->index,
					    memberships[i].network.family, err))
			return false;
	return true;
}

/* Of one network; those that are routed stand before those that are bridged. */
static bool add_all_proxy_pairs(struct loading *loading, size_t first, size_t end, struct err *err)
{
	const struct membership *memberships = loading->memberships;
	size_t bridged = first;

	while (bridged < end && !memberships[bridged].member->is_bridged)
		bridged++;
	if (bridged == first || bridged == end)
		return true;
	if (!prepare_memberships(loading, first, end, err))
		return false;
	for (size_t i = first; i < bridged; i++)
		for (size_t j = bridged; j < end; j++) {
			struct netconf changes;

			if (!memberships[i].is_there || !memberships[j].is_there)
				continue;
			subnet_member_proxies(&changes, loading->settings, &memberships[i].network,
					      memberships[i].member, memberships[j].member);
			if (!want_proxies(loading, &changes, err) ||
			    !kernel_link_apply(loading->link, changes.change, changes.count, err))
				return false;
		}
	return true;
}

static bool add_network_proxies(struct loading *loading, struct err *err)
{
	size_t end;

	for (size_t first = 0; first < loading->membership_count; first = end) {
		for (end = first; end < loading->membership_count; end++)
			if (prefix_compare(&loading->memberships[end].network,
					   &loading->memberships[first].network))
				break;
		if (!add_all_proxy_pairs(loading, first, end, err))
			return false;
	}
	return true;
}

static bool remove_stale_proxies(struct loading *loading, struct err *err)
{
	auto_free struct netconf_op *there = NULL;
	size_t count = 0;
	bool ok = kernel_link_read_proxies(&there, &count, loading->link, err);

	if (loading->wanted_count)
		qsort(loading->wanted, loading->wanted_count, sizeof(*loading->wanted),
		      compare_changes);
	for (size_t i = 0; ok && i < count; i++)
		if (!loading->wanted_count ||
		    !bsearch(&there[i], loading->wanted, loading->wanted_count,
			     sizeof(*loading->wanted), compare_changes))
			ok = kernel_link_undo_apply(loading->link, &there[i], 1, err);
	return ok;
}

bool proxy_load_apply(const struct settings *settings, const struct online *online, struct err *err)
{
	struct loading loading = { .settings = settings, .link = kernel_link_open(err) };
	bool ok = loading.link && read_members(&loading, online, err) &&
		  read_memberships(&loading, err) && add_network_proxies(&loading, err) &&
		  remove_stale_proxies(&loading, err);

	free(loading.members);
	free(loading.memberships);
	free(loading.wanted);
	kernel_link_close(loading.link);
	return ok;
}
