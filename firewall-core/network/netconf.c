/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A routed vif and where it is routed to → what is to be changed for it in the kernel. */
#include "network/netconf.h"

/* As it stands in taofirewall.conf. */
static const char *const dom0_keys[FAMILY_COUNT] = { [IPV4] = "DOM0_IP", [IPV6] = "DOM0_IP6" };
static const char *const shown_families[FAMILY_COUNT] = { [IPV4] = "IPv4", [IPV6] = "IPv6" };

/* Is the address of Dom0 in the network of one of the vif's? */
static bool is_near(const struct prefix *address, const struct vif *vif)
{
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		struct prefix network = prefix_network(&vif->prefixes[i]);

		if (prefix_contains(&network, address))
			return true;
	}
	return false;
}

bool netconf_dom0_address(struct prefix *address, const struct settings *settings,
			  const struct uplink *uplink, const struct vif *vif, enum family family,
			  struct err *err)
{
	const struct prefix *list = settings->dom0[family];

	for (unsigned i = 0; i < settings->dom0_count[family]; i++) {
		if (!is_near(&list[i], vif))
			continue;
		*address = list[i];
		return true;
	}
	if (settings->dom0_count[family]) {
		*address = list[0];
		return true;
	}
	if (!prefix_is_address(&uplink->address[family]))
		return err_set(err,
			       "%s has no global %s address that Dom0 could have on %s too, so the "
			       "guest has no gateway: set %s in taofirewall.conf",
			       uplink->name.text, shown_families[family], vif->name.text,
			       dom0_keys[family]);
	*address = uplink->address[family];
	return true;
}

static bool check_not_dom0(const struct prefix *dom0, const struct vif *vif, struct err *err)
{
	char text[PREFIX_TEXT];

	if (!vif_holds(vif, dom0))
		return true;
	return err_set(err, "%s is Dom0's own address on %s, the guest can't have it",
		       prefix_print(text, dom0), vif->name.text);
}

/*
 * The next hop of a prefix. IPv6 takes no global one here: the kernel refuses it when any route to
 * another interface covers it, be it that of a duplicate or of the uplink's own network, and
 * "onlink" changes nothing about that.
 */
static struct prefix next_hop(const struct prefix *prefix, const struct mac *mac)
{
	struct prefix first = *prefix;

	if (prefix->family == IPV6)
		return mac_link_local(mac);
	first.length = family_bits(IPV4);
	return first;
}

static bool wants_proxy(const struct settings *settings, const struct prefix *prefix)
{
	if (!prefix_is_address(prefix))
		return false;
	return prefix->family == IPV4 ? settings->proxy_arp != PROXY_ARP_NO : settings->proxy_ndp;
}

static void add_netconf_op(struct netconf *changes, struct netconf_op change)
{
	changes->change[changes->count++] = change;
}

static void add_prefix_ops(struct netconf *changes, const struct prefix *prefix,
			   const struct prefix *dom0, const struct vif *vif, uint32_t metric)
{
	struct netconf_op neighbour = {
		.kind = NETCONF_NEIGHBOUR, .prefix = *prefix, .index = vif->index, .mac = vif->mac
	};
	struct netconf_op route = { .kind = NETCONF_ROUTE,
				    .prefix = *prefix,
				    .index = vif->index,
				    .source = *dom0,
				    .metric = metric };

	if (!prefix_is_address(prefix))
		neighbour.prefix = route.gateway = next_hop(prefix, &vif->mac);
	add_netconf_op(changes, neighbour);
	add_netconf_op(changes, route);
}

bool netconf_vif(struct netconf *changes, const struct settings *settings,
		 const struct uplink *uplink, const struct vif *vif, uint32_t metric,
		 struct err *err)
{
	struct prefix dom0[FAMILY_COUNT] = { 0 };

	for (unsigned family = 0; family < FAMILY_COUNT; family++)
		if (vif_has_family(vif, family) &&
		    (!netconf_dom0_address(&dom0[family], settings, uplink, vif, family, err) ||
		     !check_not_dom0(&dom0[family], vif, err)))
			return false;
	changes->count = 0;
	for (unsigned family = 0; family < FAMILY_COUNT; family++)
		if (prefix_is_address(&dom0[family]))
			add_netconf_op(changes, (struct netconf_op){ .kind = NETCONF_ADDRESS,
								     .prefix = dom0[family],
								     .index = vif->index });
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct prefix *prefix = &vif->prefixes[i];

		add_prefix_ops(changes, prefix, &dom0[prefix->family], vif, metric);
		if (wants_proxy(settings, prefix))
			add_netconf_op(changes, (struct netconf_op){ .kind = NETCONF_PROXY,
								     .prefix = *prefix,
								     .index = uplink->index });
	}
	return true;
}

bool netconf_find_routes(struct vif_routes *routes, const struct policy *policy,
			 const struct vif *vif, struct err *err)
{
	routes->count = 0;
	for (uint32_t i = 0; i < policy->route_count; i++) {
		const struct policy_route *route = &policy->routes[i];

		if (!vif_holds(vif, &route->via))
			continue;
		if (routes->count == VIF_ROUTES_MAX)
			return err_set(err,
				       "routing.cfg: more than %d destinations lead through %s",
				       VIF_ROUTES_MAX, vif->name.text);
		routes->route[routes->count++] = (struct vif_route){
			.destination = route->destination,
			.via = route->via,
			.metric = route->metric,
		};
	}
	return true;
}

void netconf_routes(struct netconf *changes, const struct vif_routes *routes, const struct vif *vif,
		    const struct prefix dom0[static FAMILY_COUNT])
{
	changes->count = 0;
	for (unsigned i = 0; i < routes->count; i++) {
		const struct vif_route *route = &routes->route[i];
		struct prefix gateway =
			route->via.family == IPV6 ? mac_link_local(&vif->mac) : route->via;

		if (vif->bridge_index) {
			add_netconf_op(changes, (struct netconf_op){ .kind = NETCONF_ROUTE,
								     .prefix = route->destination,
								     .index = vif->bridge_index,
								     .gateway = route->via,
								     .via = route->via,
								     .metric = route->metric });
			continue;
		}
		add_netconf_op(changes, (struct netconf_op){ .kind = NETCONF_NEIGHBOUR,
							     .prefix = gateway,
							     .index = vif->index,
							     .mac = vif->mac });
		add_netconf_op(changes, (struct netconf_op){ .kind = NETCONF_ROUTE,
							     .prefix = route->destination,
							     .index = vif->index,
							     .source = dom0[route->via.family],
							     .gateway = gateway,
							     .via = route->via,
							     .metric = route->metric });
	}
}

struct netconf_op netconf_plain_route(const struct policy_route *route)
{
	return (struct netconf_op){ .kind = NETCONF_ROUTE,
				    .prefix = route->destination,
				    .gateway = route->via,
				    .via = route->via,
				    .metric = route->metric };
}

const char *netconf_op_print(char out[static NETCONF_OP_TEXT], const struct netconf_op *change)
{
	static const char *const kinds[] = { [NETCONF_ADDRESS] = "address",
					     [NETCONF_NEIGHBOUR] = "neighbour",
					     [NETCONF_ROUTE] = "route",
					     [NETCONF_PROXY] = "proxy" };
	char prefix[PREFIX_TEXT], via[PREFIX_TEXT];

	prefix_print(prefix, &change->prefix);
	if (prefix_is_address(&change->via))
		snprintf(out, NETCONF_OP_TEXT, "%s %s via %s", kinds[change->kind], prefix,
			 prefix_print(via, &change->via));
	else
		snprintf(out, NETCONF_OP_TEXT, "%s %s dev %u", kinds[change->kind], prefix,
			 change->index);
	return out;
}
