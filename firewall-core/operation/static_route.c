/* SPDX-License-Identifier: GPL-2.0-or-later */
/* routing.cfg and the vifs that are online → the kernel's routes of ours. */
#include "operation/static_route.h"
#include "base/array.h"
#include "kernel/kernel.h"

/* A change that must be there in the end, and what it is for. */
struct wanted {
	struct netconf_op change;
	const struct policy_route *route;
	bool is_there;
};

struct rerouting {
	struct store *store;
	const struct policy *policy;
	struct online *online;
	struct report *report;
	unsigned *set;
	struct kernel_link *link;
	struct wanted *wanted;
	size_t count;
};

/* ---- which vif has a next hop ---- */

/* The narrowest prefix of a vif that holds the address, or NULL. */
static const struct prefix *find_prefix(const struct vif *vif, const struct prefix *address)
{
	const struct prefix *found = NULL;

	for (unsigned i = 0; i < vif->prefix_count; i++)
		if (prefix_contains(&vif->prefixes[i], address) &&
		    (!found || vif->prefixes[i].length > found->length))
			found = &vif->prefixes[i];
	return found;
}

/*
 * Who has the vif that the address belongs to, or NULL. Of duplicates it is the one that came last:
 * it has the higher index.
 */
static const struct record *find_next_hop(const struct online *online, const struct prefix *address)
{
	const struct record *found = NULL;
	uint8_t length = 0;

	for (size_t i = 0; i < online->count; i++) {
		const struct vif *vif = &online->records[i].vif;
		const struct prefix *prefix = find_prefix(vif, address);

		if (!prefix || prefix->length < length)
			continue;
		if (!found || prefix->length > length || vif->index > found->vif.index)
			found = &online->records[i];
		length = prefix->length;
	}
	return found;
}

bool static_route_is_pending(const struct policy *policy, const struct online *online,
			     const struct policy_route *route)
{
	const struct claim *claim = policy_claim_for(policy, &route->via);

	return claim && policy->hosts[claim->host].type == HOST_DOMU &&
	       !find_next_hop(online, &route->via);
}

/* ---- what is wanted ---- */

static bool add_wanted(struct rerouting *rerouting, const struct netconf_op *change,
		       const struct policy_route *route, struct err *err)
{
	struct wanted *added =
		array_add(&rerouting->wanted, rerouting->count, sizeof(*rerouting->wanted));

	if (!added)
		return err_memory(err);
	*added = (struct wanted){ .change = *change, .route = route };
	rerouting->count++;
	return true;
}

/* One that leads through a vif that we attached: as its attach would make it. */
static bool want_through(struct rerouting *rerouting, const struct record *record,
			 const struct policy_route *route, struct err *err)
{
	struct vif_routes routes = {
		.count = 1, .route = { { route->destination, route->via, route->metric } }
	};
	struct netconf changes;

	netconf_routes(&changes, &routes, &record->vif, record->dom0);
	for (unsigned i = 0; i < changes.count; i++)
		if (!add_wanted(rerouting, &changes.change[i], route, err))
			return false;
	return true;
}

static bool want_route(struct rerouting *rerouting, const struct policy_route *route,
		       struct err *err)
{
	const struct record *record = find_next_hop(rerouting->online, &route->via);
	struct netconf_op plain = netconf_plain_route(route);

	if (static_route_is_pending(rerouting->policy, rerouting->online, route))
		return true;
	/* To a guest of another script leads that one's route. */
	return record && !record->vif.is_foreign ? want_through(rerouting, record, route, err)
						 : add_wanted(rerouting, &plain, route, err);
}

/* ---- the records ---- */

/* What leads through the vif now, for its detach. */
static bool write_record(const struct rerouting *rerouting, struct record *record, struct err *err)
{
	struct vif_routes routes;

	if (record->vif.is_foreign)
		return true;
	if (!netconf_find_routes(&routes, rerouting->policy, &record->vif, err))
		return false;
	if (routes.count == record->routes.count &&
	    !memcmp(routes.route, record->routes.route, routes.count * sizeof(routes.route[0])))
		return true;
	record->routes = routes;
	return record_write_routes(rerouting->store, record, err);
}

static bool write_records(const struct rerouting *rerouting, struct err *err)
{
	for (size_t i = 0; i < rerouting->online->count; i++) {
		struct record *record = &rerouting->online->records[i];
		bool is_next_hop = false;

		for (uint32_t j = 0; j < rerouting->policy->route_count && !is_next_hop; j++)
			is_next_hop = find_prefix(&record->vif, &rerouting->policy->routes[j].via);
		if (is_next_hop && !write_record(rerouting, record, err))
			return false;
	}
	return true;
}

/* ---- the kernel ---- */

static bool is_same(const struct netconf_op *one, const struct netconf_op *other)
{
	return one->kind == other->kind && one->index == other->index &&
	       one->metric == other->metric && !prefix_compare(&one->prefix, &other->prefix) &&
	       !prefix_compare(&one->gateway, &other->gateway);
}

/* It stands as it should. */
static bool find_wanted(struct rerouting *rerouting, const struct netconf_op *there)
{
	for (size_t i = 0; i < rerouting->count; i++)
		if (is_same(&rerouting->wanted[i].change, there)) {
			rerouting->wanted[i].is_there = true;
			return true;
		}
	return false;
}

/* Behind whose vif a route leads; *is_own: it is the one to a prefix of the vif itself. */
static struct record *find_owner(bool *is_own, struct online *online,
				 const struct netconf_op *there)
{
	*is_own = false;
	for (size_t i = 0; i < online->count; i++) {
		const struct vif *vif = &online->records[i].vif;

		if (vif->index != there->index)
			continue;
		for (unsigned j = 0; j < vif->prefix_count; j++)
			*is_own = *is_own || !prefix_compare(&vif->prefixes[j], &there->prefix);
		return &online->records[i];
	}
	return NULL;
}

/* Remove what is not wanted any more; an older duplicate's routes have no need to be there. */
static bool remove_stale_routes(struct rerouting *rerouting, struct err *err)
{
	auto_free struct netconf_op *there = NULL;
	size_t count = 0;

	if (!kernel_link_read_routes(&there, &count, rerouting->link, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct record *owner;
		bool is_own;

		if (find_wanted(rerouting, &there[i]))
			continue;
		owner = find_owner(&is_own, rerouting->online, &there[i]);
		if (is_own || (!rerouting->store && there[i].index))
			continue;
		if (!kernel_link_undo_apply(rerouting->link, &there[i], 1, err) ||
		    (owner && !write_record(rerouting, owner, err)))
			return false;
	}
	return true;
}

static void set_wanted(const struct rerouting *rerouting)
{
	struct err err;

	for (size_t i = 0; i < rerouting->count; i++) {
		const struct wanted *wanted = &rerouting->wanted[i];

		if (wanted->is_there)
			continue;
		if (kernel_link_apply(rerouting->link, &wanted->change, 1, &err))
			*rerouting->set += wanted->change.kind == NETCONF_ROUTE;
		else
			report_warning(rerouting->report,
				       "routing.cfg:%u: [%s] DESTINATION: it is not set: %s",
				       wanted->route->line, wanted->route->name, err.text);
	}
}

static bool set_static_routes(struct rerouting *rerouting, struct err *err)
{
	const struct policy *policy = rerouting->policy;

	for (uint32_t i = 0; i < policy->route_count; i++)
		if (!want_route(rerouting, &policy->routes[i], err))
			return false;
	if ((rerouting->store && !write_records(rerouting, err)) ||
	    !remove_stale_routes(rerouting, err))
		return false;
	set_wanted(rerouting);
	return true;
}

bool static_routes_apply(struct store *store, const struct policy *policy, struct online *online,
			 struct report *report, unsigned *set, struct err *err)
{
	struct rerouting rerouting = {
		.store = store, .policy = policy, .online = online, .report = report, .set = set
	};
	bool ok;

	rerouting.link = kernel_link_open(err);
	ok = rerouting.link && set_static_routes(&rerouting, err);
	kernel_link_close(rerouting.link);
	free(rerouting.wanted);
	return ok;
}
