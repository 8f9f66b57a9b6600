/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes that changed hands → one purge of connection tracking for all of them. */
#include "operation/release.h"
#include "kernel/kernel.h"

/* Connections in the prefixes that are no single addresses. */
struct kept {
	struct prefix *addresses;
	size_t count;
};

bool release_add(struct release *release, const struct prefix *prefix, const struct sets *sets,
		 struct err *err)
{
	for (uint32_t i = 0; i < sets->count; i++)
		if (sets->sets[i].table == TABLE_INET && sets->sets[i].kind == SET_OWNED)
			release->has_length[sets->sets[i].family][sets->sets[i].length] = true;
	if (release->count && prefix_is_among(release->prefixes, release->count, prefix))
		return true;
	return prefix_add(&release->prefixes, &release->count, prefix) ||
	       kernel_conntrack_purge_apply(prefix, 1, NULL, 0, err);
}

/* The narrowest of the prefixes that holds it. */
static unsigned held_length(const struct release *release, const struct prefix *address)
{
	unsigned length = 0;

	for (size_t i = 0; i < release->count; i++)
		if (prefix_contains(&release->prefixes[i], address) &&
		    release->prefixes[i].length > length)
			length = release->prefixes[i].length;
	return length;
}

/* Has a vif the address, or a part of the prefix that holds it? */
static bool read_is_owned(bool *is_owned, const struct release *release, struct store *store,
			  const struct prefix *address, struct err *err)
{
	unsigned held = held_length(release, address);

	for (unsigned length = address->length; length > held && !*is_owned; length--) {
		struct prefix prefix = prefix_cut(address, (uint8_t)length);
		struct owners owners;

		if (!release->has_length[address->family][length])
			continue;
		if (!record_read_owners(&owners, store, &prefix, NULL, err))
			return false;
		*is_owned = owners.count > 0;
	}
	return true;
}

/* Has this machine it, or leads a narrower route of ours there, as of routing.cfg? */
static bool read_is_elsewhere(bool *is_elsewhere, const struct release *release,
			      struct kernel_link *link, const struct prefix *address,
			      struct err *err)
{
	const struct netconf_op route = { .kind = NETCONF_ROUTE, .prefix = *address };
	struct presence presence;

	if (!kernel_link_find(&presence, link, &route, err))
		return false;
	*is_elsewhere = presence.protocol == ROUTE_PROTOCOL &&
			presence.length > held_length(release, address);
	return true;
}

/* Of the addresses in `kept` those stay that are somebody else's. */
static bool keep_others(struct kept *kept, const struct release *release, struct store *store,
			struct kernel_link *link, struct err *err)
{
	auto_free struct prefix *own = NULL;
	size_t own_count = 0, left = 0;

	if (!kernel_link_read_addresses(&own, &own_count, link, 0, err))
		return false;
	for (size_t i = 0; i < kept->count; i++) {
		const struct prefix *address = &kept->addresses[i];
		bool is_others = own_count && prefix_is_among(own, own_count, address);

		if (!is_others && (!read_is_elsewhere(&is_others, release, link, address, err) ||
				   !read_is_owned(&is_others, release, store, address, err)))
			return false;
		if (is_others)
			kept->addresses[left++] = *address;
	}
	kept->count = left;
	return true;
}

static bool read_kept(struct kept *kept, const struct release *release, struct store *store,
		      struct err *err)
{
	auto_free struct prefix *wide = NULL;
	struct kernel_link *link;
	size_t count = 0;
	bool ok;

	for (size_t i = 0; i < release->count; i++)
		if (!prefix_is_address(&release->prefixes[i]) &&
		    !prefix_add(&wide, &count, &release->prefixes[i]))
			return err_memory(err);
	if (!kernel_conntrack_read_addresses(&kept->addresses, &kept->count, wide, (unsigned)count,
					     err))
		return false;
	if (!kept->count)
		return true;
	link = kernel_link_open(err);
	ok = link && keep_others(kept, release, store, link, err);
	kernel_link_close(link);
	return ok;
}

/* Where nobody can say whose they are, all go: who is cut off can begin anew. */
bool release_apply(struct release *release, struct store *store, struct err *err)
{
	struct kept kept = { 0 };
	struct err further;
	bool ok = read_kept(&kept, release, store, err);

	if (!ok)
		kept.count = 0;
	ok = kernel_conntrack_purge_apply(release->prefixes, (unsigned)release->count,
					  kept.addresses, kept.count, ok ? err : &further) &&
	     ok;
	free(kept.addresses);
	free(release->prefixes);
	*release = (struct release){ 0 };
	return ok;
}
