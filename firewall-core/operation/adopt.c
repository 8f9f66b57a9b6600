/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connections that the kernel tracks, the policy and who is online → those that go on. */
#include "operation/adopt.h"
#include "base/child.h"
#include "evaluate/evaluate.h"
#include "kernel/kernel.h"

struct adoption {
	struct topology topology;
	struct tcp_socket *sockets;
	size_t socket_count;
	bool knows_sockets;
	long end_ms;
	bool is_late; /* not all of them could be looked at */
};

/*
 * A handshake with this machine is proof enough of who its other end is: one that it has itself, as
 * its socket tells. Neighbours on a bridge can shake hands in its name, and are tracked, too; but
 * nobody translates these. What another program leads elsewhere has its socket there.
 */
static bool is_own_tcp(const struct adoption *adoption, const struct tracked *tracked)
{
	const struct tcp_socket begun = { tracked->source, tracked->destination,
					  tracked->source_port, tracked->port };
	const struct tcp_socket heard = { tracked->destination, tracked->source, tracked->port,
					  tracked->source_port };

	if (!tracked->is_established)
		return false;
	/* Better than to cut off who is logged in. */
	if (!adoption->knows_sockets || tracked->has_other_destination)
		return topology_is_own(&adoption->topology, &tracked->source) ||
		       topology_is_own(&adoption->topology, &tracked->destination);
	return kernel_sockets_have(adoption->sockets, adoption->socket_count, &begun) ||
	       kernel_sockets_have(adoption->sockets, adoption->socket_count, &heard);
}

static bool is_let_on(const struct tracked *tracked, void *data)
{
	struct adoption *adoption = data;
	struct packet packet = {
		.source = tracked->source,
		.destination = tracked->destination,
		.protocol = tracked->protocol,
		.type = tracked->type,
		.source_port = tracked->source_port,
		.port = tracked->port,
	};
	struct evaluation evaluation;

	/* What this machine says to itself passes by lo, and nobody else goes on with it. */
	if (topology_is_own(&adoption->topology, &tracked->source) &&
	    topology_is_own(&adoption->topology, &tracked->destination))
		return false;
	if (is_own_tcp(adoption, tracked))
		return true;
	/* Tracked without ports, as DCCP from Linux 6.16 on: it would let others on as well. */
	if (protocol_has_ports(tracked->protocol) && !tracked->port)
		return false;
	if (child_now_ms() > adoption->end_ms) {
		adoption->is_late = true;
		return false;
	}
	evaluate(&evaluation, &adoption->topology, &packet);
	/* What should leave from another address, and does not, would never do so. */
	return evaluation.is_accepted && (!evaluation.is_translated || tracked->has_other_source);
}

static bool find_topology(struct topology *topology, struct vif **vifs, struct prefix **own,
			  const struct online *online, struct err *err)
{
	struct kernel_link *link = kernel_link_open(err);
	struct uplink uplink = { .name = topology->policy->settings.uplink };
	struct err ignored;
	bool ok = link && kernel_link_read_addresses(own, &topology->own_count, link, 0, err);

	if (ok &&
	    (*uplink.name.text || kernel_link_read_uplink(&uplink, link, &uplink.name, &ignored)))
		topology->uplink = uplink.name;
	kernel_link_close(link);
	topology->own = *own;
	if (!ok)
		return false;
	*vifs = calloc(online->count + 1, sizeof(**vifs));
	if (!*vifs)
		return err_memory(err);
	for (size_t i = 0; i < online->count; i++)
		(*vifs)[i] = online->records[i].vif;
	topology->vifs = *vifs;
	topology->vif_count = online->count;
	return true;
}

static bool adopt_tracked(struct adoption *adoption, const struct online *online, struct err *err)
{
	auto_free struct vif *vifs = NULL;
	auto_free struct prefix *own = NULL;

	return find_topology(&adoption->topology, &vifs, &own, online, err) &&
	       kernel_conntrack_mark_apply(adoption->topology.policy->settings.connection_marks,
					   is_let_on, adoption, err);
}

bool adopt_apply(const struct policy *policy, const struct online *online, struct err *err)
{
	struct adoption adoption = { .topology = { .policy = policy, .tracks_bridges = true },
				     .end_ms = child_now_ms() + ADOPT_MS };
	long count = 0;
	struct err unused;
	bool ok;

	if (!kernel_sysctl_read(&count, "net/netfilter/nf_conntrack_count", &unused) || !count)
		return true;
	adoption.knows_sockets =
		kernel_sockets_read(&adoption.sockets, &adoption.socket_count, &unused);
	ok = adopt_tracked(&adoption, online, err);
	free(adoption.sockets);
	return ok && (!adoption.is_late || err_set(err, "not all connections that were there "
							"already were looked at in time"));
}
