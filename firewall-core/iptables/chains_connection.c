/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The step connection in table filter: which packets are of a connection that the policy let begin,
 * and how one begins. rules_connection.c has the reasons; nothing on a bridge comes here.
 */
#include "iptables/chains.h"
#include "policy/policy_vif.h"

static uint32_t own_connmark(const struct chains *p)
{
	return policy_connection_mark(&p->policy->settings, false);
}

static const char *icmp_protocol(const struct chains *p)
{
	return p->family == IPV4 ? "icmp" : "icmpv6";
}

static bool is_output(const char *chain)
{
	return !strcmp(chain, chain_names[CHAIN_OUTPUT]);
}

void chains_of_begun(const struct chains *p, const char *chain)
{
	chains_line(p,
		    "-A @%s -m conntrack --ctstate %sESTABLISHED -m connmark --mark 0x%x/0x%x -j "
		    "RETURN",
		    chain, is_output(chain) ? "RELATED," : "", own_connmark(p), own_connmark(p));
}

void chains_of_related(const struct chains *p, const char *chain)
{
	if (!is_output(chain)) {
		chains_line(p, "-A @%s -p %s -m conntrack --ctstate RELATED -j @related-icmp",
			    chain, icmp_protocol(p));
		if (p->policy->settings.antispoof)
			chains_line(p, "-A @%s -m conntrack --ctstate RELATED -j @related-from",
				    chain);
		chains_line(p,
			    "-A @%s -m conntrack --ctstate RELATED -m connmark --mark 0x%x/0x%x -j "
			    "RETURN",
			    chain, own_connmark(p), own_connmark(p));
		chains_line(p, "-A @%s -p %s -m conntrack --ctstate RELATED -j DROP", chain,
			    icmp_protocol(p));
		if (p->family == IPV6)
			chains_line(p, "-A @%s -m conntrack --ctstate RELATED -m ah -j DROP",
				    chain);
	}
	chains_line(p, "-A @%s -m conntrack --ctstate INVALID -j DROP", chain);
}

static void print_late_networks(const struct chains *p)
{
	char subnet[PREFIX_TEXT];

	for (uint32_t i = 0; i < p->policy->network_count; i++) {
		const struct network *network = &p->policy->networks[i];

		if (network->family == p->family && network->masquerade.text[0])
			chains_line(p, "-A @late -o %s -s %s -g @refused", network->masquerade.text,
				    prefix_print(subnet, &network->subnet));
	}
}

/*
 * To the kernel a redirect, a source quench (RFC 6633) and a type of ICMPv6 that nobody knows are
 * errors, too.
 */
static void print_related_icmp(const struct chains *p)
{
	struct icmp_types errors = path_icmp_types(PATH_INPUT, CLAUSE_ICMP_ERRORS, p->family);

	for (unsigned i = 0; i < errors.count; i++)
		chains_line(p, "-A @related-icmp %s %u -j RETURN",
			    p->family == IPV4 ? "-p icmp -m icmp --icmp-type"
					      : "-p icmpv6 -m icmp6 --icmpv6-type",
			    errors.type[i]);
	chains_line(p, "-A @related-icmp -j DROP");
}

/*
 * What begins with an address of this machine, for one machine. Of vifs the step source knows all
 * that they may send from.
 */
static void print_own_sources(const struct chains *p)
{
	chains_vifs(p, "source", 'i', "-j RETURN");
	chains_line(p, "-A @source %s%s-m addrtype --dst-type %s -g @refused",
		    p->family == IPV4 ? "" : "! -s fe80::/10 ", chains_own_source(p),
		    p->family == IPV4 ? "UNICAST,LOCAL" : "UNICAST");
	if (p->family == IPV6)
		chains_line(p, "-A @source -s fe80::/10 -m addrtype --src-type LOCAL "
			       "--limit-iface-in -m addrtype --dst-type UNICAST -g @refused");
}

void chains_connections(const struct chains *p)
{
	print_related_icmp(p);
	chains_line(p,
		    "-A @begin -m connmark ! --mark 0x%x/0x%x -m conntrack --ctstatus CONFIRMED "
		    "! --ctstate SNAT -j @late",
		    own_connmark(p), own_connmark(p));
	for (size_t i = 0; i < PATH_PORTLESS_COUNT; i++)
		chains_line(p, "-A @begin -p %u -m conntrack --ctorigdstport 0 -j RETURN",
			    path_portless[i]);
	chains_line(p, "-A @begin -j CONNMARK --set-xmark 0x%x/0x%x", own_connmark(p),
		    own_connmark(p));
	print_late_networks(p);
	print_own_sources(p);
}

/* A vif with chain and entries: the connections that it may send errors of. */
static void print_vif_related(const struct chains *p, const struct vif *vif,
			      const struct prefix *prefix)
{
	char text[PREFIX_TEXT];

	if (prefix->family != p->family)
		return;
	prefix_print(text, prefix);
	chains_own(p, "-A @r%u -m conntrack --ctorigsrc %s -j RETURN", vif->index, text);
	chains_own(p, "-A @r%u -m conntrack --ctreplsrc %s -j RETURN", vif->index, text);
}

void chains_connections_vif(const struct chains *p, const struct vif *vif,
			    const struct vif_routes *routes)
{
	if (vif->bridge_index)
		return;
	if (p->family == IPV6 && policy_vif_limiting_host(p->policy, vif))
		chains_entry(p, "link-local -i %s -g @refused", vif->name.text);
	if (!p->policy->settings.antispoof)
		return;
	chains_own(p, ":@r%u - [0:0]", vif->index);
	for (unsigned i = 0; i < vif->prefix_count; i++)
		print_vif_related(p, vif, &vif->prefixes[i]);
	for (unsigned i = 0; i < routes->count; i++)
		print_vif_related(p, vif, &routes->route[i].destination);
	if (p->family == IPV6)
		chains_own(p, "-A @r%u -m conntrack --ctorigsrc fe80::/10 -j RETURN", vif->index);
	chains_own(p, "-A @r%u -p %s -g @refused", vif->index, icmp_protocol(p));
	if (p->family == IPV6) /* an error, too, whose type not all iptables see */
		chains_own(p, "-A @r%u -m ah -g @refused", vif->index);
	chains_entry(p, "related-from -i %s -g @r%u", vif->name.text, vif->index);
	chains_end(p, "r%u", vif->index);
}

/*
 * Connection tracking knows no interfaces, but zones: what is between two link-local addresses is
 * of this vif alone.
 */
void chains_link_zone_vif(const struct chains *p, const struct vif *vif)
{
	static const char directions[] = { 'i', 'o' };

	for (size_t i = 0; p->family == IPV6 && i < COUNT(directions); i++)
		chains_entry(p, "link-zone -%c %s -s fe80::/10 -d fe80::/10 -j CT --zone %u",
			     directions[i], vif->name.text, vif->index % UINT16_MAX + 1);
}
