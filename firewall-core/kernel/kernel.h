/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only power: all that changes the kernel's tables, one file a subsystem. */
#ifndef KERNEL_H
#define KERNEL_H

#include "network/carrier.h"
#include "network/netconf.h"
#include "value/vlan.h"

/* ---- links, addresses, neighbours and routes (kernel_link.c, rtnetlink) ---- */

struct kernel_link; /* an open rtnetlink socket */

struct kernel_link *kernel_link_open(struct err *err) MUST_USE; /* NULL on failure */
void kernel_link_close(struct kernel_link *link);		/* NULL is allowed */

/* What an interface is to become. Fields that are not given stay as they are. */
struct link_settings {
	bool has_mac, has_mtu, has_group, has_name, has_up;
	struct mac mac;
	uint32_t mtu;
	uint32_t group;
	struct ifname name;
	bool up;
};

/*
 * Change the interface. Down comes first, then MAC, MTU, group and name in this order, and up last.
 * The kernel stops at the first that it can't do: those before it stay. Before Linux 6.2 it takes
 * no name, not even the present one, while the link is up. Fails as the kernel does; the error
 * names the settings.
 */
bool kernel_link_set_apply(struct kernel_link *link, uint32_t index,
			   const struct link_settings *settings, struct err *err) MUST_USE;

/*
 * Make the changes, in order, in one message to the kernel. All are tried; the error names the
 * first that failed, and what was made stays: take all of them back then.
 *
 * An address, neighbour or proxy entry of the same interface is replaced, and so is a route of ours
 * there, and one of routing.cfg with the same next hop wherever it leads. Nothing else is: a route
 * of somebody else's to the same prefix with the same metric makes this one fail ("File exists"),
 * one with another metric stays beside it.
 */
bool kernel_link_apply(struct kernel_link *link, const struct netconf_op *changes, unsigned count,
		       struct err *err) MUST_USE;

/*
 * Take the changes back, in reverse order: exactly those of their interface (a route without one:
 * of its gateway), a route only with its metric and ROUTE_PROTOCOL. What is gone already, alone or
 * with its interface, is no error; everything is tried.
 */
bool kernel_link_undo_apply(struct kernel_link *link, const struct netconf_op *changes,
			    unsigned count, struct err *err) MUST_USE;

/* What was found of a change. */
struct presence {
	bool is_there;
	/* Of a route: where packets to the prefix, or to its first address, leave, and by whose. */
	uint32_t index; /* 0: nowhere */
	uint8_t protocol, length;
};

/*
 * Look whether a change is there that kernel_link_apply() made: the address, the very entry, the
 * interface that packets leave through.
 */
bool kernel_link_find(struct presence *found, struct kernel_link *link,
		      const struct netconf_op *change, struct err *err) MUST_USE;

/*
 * Read the interface that leads to the world: name, or where it is empty the one of the default
 * route (IPv4's, else IPv6's) in table main. Its addresses are the oldest global ones, without
 * secondary, deprecated and duplicate ones; of IPv6 one with a lifetime only where there is none
 * without, and a temporary one (RFC 8981) only where there is no other. Fails when there is no such
 * interface.
 */
bool kernel_link_read_uplink(struct uplink *uplink, struct kernel_link *link,
			     const struct ifname *name, struct err *err) MUST_USE;

/* Find an interface by name or by index. Fails when there is none. */
bool kernel_link_read_index(uint32_t *index, const struct ifname *name, struct err *err) MUST_USE;
bool kernel_link_read_name(struct ifname *name, uint32_t index, struct err *err) MUST_USE;

/*
 * Read the proxy entries of any interface that attaches of ours made (they bear ROUTE_PROTOCOL), as
 * changes that kernel_link_undo_apply() takes. *changes is the caller's to free.
 */
bool kernel_link_read_proxies(struct netconf_op **changes, size_t *count, struct kernel_link *link,
			      struct err *err) MUST_USE;

/*
 * Read the routes of table main that bear ROUTE_PROTOCOL and have a gateway, as changes that
 * kernel_link_undo_apply() takes: those of routing.cfg, and those of guests' prefixes. Where the
 * kernel found the interface by the gateway, index is 0. *changes is the caller's to free.
 */
bool kernel_link_read_routes(struct netconf_op **changes, size_t *count, struct kernel_link *link,
			     struct err *err) MUST_USE;

/*
 * May a guest have this address, or prefix? Fails when one of this machine's own addresses is in
 * it, or the gateway of its default route: the error begins "is" or "holds". What the kernel can't
 * tell is neither.
 * may_be_gateway  the configuration says that this guest has the gateway's address
 */
bool kernel_link_check_free(struct kernel_link *link, const struct prefix *prefix,
			    bool may_be_gateway, struct err *err) MUST_USE;

struct link_counters {
	uint64_t rx_packets, tx_packets, rx_bytes,
		tx_bytes; /* as Dom0 sees them: rx is what the guest sent */
	bool is_up;
};
bool kernel_link_read_counters(struct link_counters *counters, struct kernel_link *link,
			       uint32_t index, struct err *err) MUST_USE;

/* Remove the IPv4 addresses of an interface; IPv6's go with disable_ipv6. */
bool kernel_link_flush_apply(struct kernel_link *link, uint32_t index, struct err *err) MUST_USE;

/*
 * Read the addresses of an interface, or with index 0 of all of them. *addresses is the caller's to
 * free.
 */
bool kernel_link_read_addresses(struct prefix **addresses, size_t *count, struct kernel_link *link,
				uint32_t index, struct err *err) MUST_USE;

/* The same of the subnet-router anycast addresses (RFC 4291, 2.6.1) of its networks. */
bool kernel_link_read_anycast(struct prefix **addresses, size_t *count, struct kernel_link *link,
			      uint32_t index, struct err *err) MUST_USE;

/*
 * Forget whom the kernel took for this address behind the interface, where that is another MAC: who
 * claimed it before its guest came. What somebody set by hand stays.
 */
bool kernel_neighbour_forget_apply(struct kernel_link *link, uint32_t index,
				   const struct prefix *address, const struct mac *mac,
				   struct err *err) MUST_USE;

/*
 * Read the next hops of the default routes of table main that are reached through this bridge, or
 * through the interface of a VLAN above it. *gateways is the caller's to free.
 */
bool kernel_link_read_gateways(struct prefix **gateways, size_t *count, struct kernel_link *link,
			       uint32_t bridge, struct err *err) MUST_USE;

/* ---- what changes (kernel_watch.c, rtnetlink) ---- */

/* From now on kernel_link_watch() hears of changes; the socket is of no use for anything else. */
bool kernel_link_listen(struct kernel_link *link, struct err *err) MUST_USE;

/*
 * Wait for timeout_ms at the most until something changes that others may have taken something by,
 * from guests or from this machine's own routes: an interface that is no vif, its addresses or its
 * forwarding; of a vif that it was set up or down, has lost an address or its place on a bridge; a
 * default route, and that a route of ours was removed. What was lost because there was too much to
 * hear counts as a change. The kernel does not tell of proxy entries, nor of most sysctls.
 *
 * An attach and a detach are heard, too. Setting again what is set already changes nothing.
 *
 * carriers  gets those of vifs; when one more is due, or they are lost, the wait is over, too
 */
bool kernel_link_watch(bool *changed, struct carriers *carriers, struct kernel_link *link,
		       long timeout_ms, struct err *err) MUST_USE;

/* Read the carriers of all vifs anew. Not over a link that listens. */
bool kernel_carriers_read(struct carriers *carriers, struct kernel_link *link, struct err *err)
	MUST_USE;

/* ---- bridges and their ports (kernel_bridge.c, rtnetlink) ---- */

struct bridge {
	struct ifname name;
	uint32_t index, mtu;
	uint32_t groups_max; /* with one more it floods all groups; 0: the kernel knows none */
	bool filters_vlans;
};

/*
 * Read the bridge of this name. Where there is none called xenbr0, but eth0 is one, that is meant:
 * so it was called in the days of Xen 3, and configurations of those days still work. *found is
 * false when there is no such interface, or it is no bridge.
 */
bool kernel_bridge_read(struct bridge *bridge, bool *found, struct kernel_link *link,
			const struct ifname *name, struct err *err) MUST_USE;

/*
 * Read the bridge of this name, or where it is empty all there are. *count is 0 when there is no
 * such interface, or it is no bridge. *bridges is the caller's to free.
 */
bool kernel_bridges_read(struct bridge **bridges, size_t *count, struct kernel_link *link,
			 const struct ifname *name, struct err *err) MUST_USE;

/* What an interface is as a port. */
struct port {
	uint32_t master;       /* 0: it is nobody's */
	bool learns, isolated; /* of a bridge's */
};
bool kernel_port_read(struct port *port, struct kernel_link *link, uint32_t index, struct err *err)
	MUST_USE;

/* A port behind which there is a guest. */
struct port_settings {
	uint32_t bridge;
	struct mac mac; /* the guest's */
	bool learns;	/* the bridge learns which MACs are there, and until then floods the port */
	bool has_duplicate; /* another port has its MAC: else that is told, and nobody changes it */
	bool is_trusted;    /* what it says of spanning trees counts */
	bool is_router;	    /* and what it says as a multicast router */
	bool isolated;	    /* from other isolated ports */
	struct vlans vlans; /* own 0: as the bridge does it by default */
};

/*
 * Make the interface a port of a bridge. The kernel stops at nothing, so what comes behind a
 * failure is done all the same: take it off again then.
 */
bool kernel_port_apply(struct kernel_link *link, uint32_t index,
		       const struct port_settings *settings, struct err *err) MUST_USE;

/*
 * The same for one that is a port of this bridge already, but for its VLANs, which stay. A port
 * that is gone is no error.
 */
bool kernel_port_renew_apply(struct kernel_link *link, uint32_t index,
			     const struct port_settings *settings, struct err *err) MUST_USE;

/*
 * Let the bridge know so many multicast groups, where it lets fewer: its default of 4096 is what
 * the reports of one port may fill (rules_limit.c), and with one more it looks at none any more.
 * They take some 50 MB when they are there. Never less than it has.
 */
#define BRIDGE_GROUPS 65536
bool kernel_bridge_groups_apply(struct kernel_link *link, const struct bridge *bridge,
				struct err *err) MUST_USE;

/* Take the interface off its bridge; it being on none, or gone, is no error. */
bool kernel_port_undo_apply(struct kernel_link *link, uint32_t index, struct err *err) MUST_USE;

/* ---- sysctls (kernel_sysctl.c, /proc/sys) ---- */

/*
 * Write value to /proc/sys/<path>, path with slashes ("net/ipv4/conf/vif1.0/rp_filter"; sysctl(8)'s
 * dots can't name vif1.0). Writes nothing where the value is there already. Fails as open(2) and
 * write(2) do.
 */
bool kernel_sysctl_apply(const char *path, const char *value, struct err *err) MUST_USE;

/* Read a number from /proc/sys/<path>; fails when it is not there or is no number. */
bool kernel_sysctl_read(long *value, const char *path, struct err *err) MUST_USE;

/*
 * Give the kernel 64 MB for incomplete datagrams of each version of IP, where it has less: its
 * default of 4 MB is too little for what several guests may have there (rules_limit.c). Behind the
 * rules, which bring the module that has one of them.
 */
bool kernel_sysctl_fragments_apply(struct err *err) MUST_USE;

/*
 * The protection and the proxies that a routed vif needs, before its link goes up.
 *
 * A family that the vif has no address of is off on it: IPv6 by disable_ipv6, so that there is no
 * link-local address to talk to either, IPv4 by forwarding = 0. PROXY_ARP = yes lets Dom0 answer
 * ARP on the vif for whatever it has a route to elsewhere, as Xen's own scripts do. With "strict"
 * and "no" it answers there for its address on the vif alone, which is the guest's gateway: a local
 * address needs no entry.
 *
 * strays  it may send from addresses that the kernel routes to another vif (SHARED, ANY_CARD)
 *
 * Fails when the vif has IPv6 addresses and the kernel has no IPv6 (for it: its MTU is below 1280).
 */
bool kernel_sysctl_vif_apply(const struct ifname *vif, const struct settings *settings,
			     bool has_ipv4, bool has_ipv6, bool strays, struct err *err) MUST_USE;

/* Has the kernel IPv6 for it? Not below an MTU of 1280. */
bool kernel_sysctl_has_ipv6(const struct ifname *interface);

/* Fails when one of these is not as kernel_sysctl_vif_apply() made it; the error names it. */
bool kernel_sysctl_vif_check(const struct ifname *vif, const struct settings *settings,
			     bool has_ipv4, bool has_ipv6, bool strays, struct err *err) MUST_USE;

/*
 * What an interface needs so that its proxy entries answer, and at once (proxy_ndp, proxy_delay).
 * Never its proxy_arp.
 */
bool kernel_sysctl_proxy_apply(const struct ifname *interface, const struct settings *settings,
			       bool has_ipv4, bool has_ipv6, struct err *err) MUST_USE;

bool kernel_sysctl_proxy_check(const struct ifname *interface, const struct settings *settings,
			       bool has_ipv4, bool has_ipv6, struct err *err) MUST_USE;

/*
 * Let the uplink forward where the machine does and the vif needs it: it did when the vif came, and
 * who manages interfaces may have changed it.
 */
bool kernel_sysctl_forwarding_apply(const struct ifname *uplink, const struct settings *settings,
				    bool has_ipv4, bool has_ipv6, struct err *err) MUST_USE;
bool kernel_sysctl_forwarding_check(const struct ifname *uplink, const struct settings *settings,
				    bool has_ipv4, bool has_ipv6, struct err *err) MUST_USE;

/*
 * Fails when this machine, or the uplink, does not forward in a family that the vif has: the error
 * names the sysctl and the remedy. The uplink's own IPv6 setting counts for proxy NDP alone.
 */
bool kernel_sysctl_check_forwarding(const struct uplink *uplink, const struct settings *settings,
				    bool has_ipv4, bool has_ipv6, struct err *err) MUST_USE;

/* ---- connection tracking (kernel_conntrack.c, libnetfilter_conntrack) ---- */

/*
 * Forget every tracked connection from or to one of the prefixes, translated or not. It costs one
 * walk over the table, and nothing where there is no connection.
 * kept  addresses in the prefixes that do not count: they are put in order
 */
bool kernel_conntrack_purge_apply(const struct prefix *prefixes, unsigned count,
				  struct prefix *kept, size_t kept_count, struct err *err) MUST_USE;

/*
 * Which addresses in the prefixes there are tracked connections from or to, each once. *addresses
 * is the caller's to free.
 */
bool kernel_conntrack_read_addresses(struct prefix **addresses, size_t *found,
				     const struct prefix *prefixes, unsigned count, struct err *err)
	MUST_USE;

/*
 * Where more than half of the table's places are taken, forget the connections of TCP that are
 * closed, at most 65,536: the kernel keeps them for two minutes, and for as long as somebody sends
 * to them again. It costs one walk over the table then. *in_vain: few were.
 */
bool kernel_conntrack_closed_apply(bool *in_vain, struct err *err) MUST_USE;

/* A connection, as its first packet asked for it (kernel_conntrack_mark.c). */
struct tracked {
	struct prefix source, destination;
	uint8_t protocol, type;	    /* type: of ICMP or ICMPv6 */
	uint16_t source_port, port; /* where the protocol has ports; host byte order */
	bool is_established;	    /* of TCP, and both ends have shown that they are there */
	bool has_other_source;	    /* it is translated */
	bool has_other_destination; /* likewise */
};

/*
 * Ask of each tracked connection that has none of the marks whether it is let on, and set all of
 * the marks' bits where it is. Other bits of its mark stay. A failure may come when some have them.
 */
bool kernel_conntrack_mark_apply(uint32_t marks,
				 bool (*is_let_on)(const struct tracked *tracked, void *data),
				 void *data, struct err *err) MUST_USE;

/* ---- sockets (kernel_socket.c) ---- */

/* A connection of TCP of this machine itself; ports in host byte order. */
struct tcp_socket {
	struct prefix local, peer;
	uint16_t port, peer_port;
};

/* Read those that are open, sorted. *sockets is the caller's to free; NULL: none. */
bool kernel_sockets_read(struct tcp_socket **sockets, size_t *count, struct err *err) MUST_USE;

/* Is this one of them? */
bool kernel_sockets_have(const struct tcp_socket *sockets, size_t count,
			 const struct tcp_socket *socket);

/* ---- announcements (kernel_announce.c) ---- */

/*
 * Tell the uplink's neighbours that the addresses are reached through it from now on: a gratuitous
 * ARP request (RFC 5227, 3) or an unsolicited neighbour advertisement (RFC 4861, 7.2.6) each.
 * Prefixes that are no single address are passed over. Where nobody could hear it, nothing is sent,
 * and that is no error: the uplink is down, is no Ethernet, or has no link-local address for IPv6.
 *
 * Closing its sockets takes the kernel 5 to 15 ms: call it when nobody waits any more.
 */
bool kernel_announce_apply(const struct uplink *uplink, const struct prefix *prefixes,
			   unsigned count, struct err *err) MUST_USE;

#endif
