/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a vif may take of the kernel's tables, which all share, as nft rules. */
#include "nft/rules.h"
#include "ruleset/ruleset_share.h"

void rules_print_over(const struct rules *p, const char *chain, const char *reason,
		      const char *direction)
{
	if (rules_log_refused(p))
		rules_print_log(p, chain, direction);
	rules_chain(p, "%s", chain);
	rules_line(p, "update @over_%s { %s counter }", reason, direction);
	if (rules_log_refused(p))
		rules_line(p, "jump log_%s", chain);
	rules_line(p, "counter drop");
	rules_chain_end(p);
}

void rules_print_over_set(const struct rules *p, const char *reason)
{
	rules_dynamic_set(p, RULES_SIZE, "type iface_index", "7d", "over_%s", reason);
}

/* Whose share it is: the vif's that a connection begins at, and the one's that it is opened to. */
static const struct share_direction {
	const char *chain, *vif, *map, *over;
} begun = { "begun", "iif", "share_from", "connections" },
  opened = { "opened", "oif", "share_to", "connections_to" };

/*
 * A new connection is looked at once, at its first packet: later ones are confirmed, whether an
 * answer came or not. Where a set is full, nothing more is let on.
 */
static void print_class(const struct rules *p, const struct share_direction *direction,
			uint32_t share)
{
	struct share_limits limits = share_limits(share);
	const struct share_rate *rate = direction == &begun ? &limits.begun : &limits.opened;

	rules_chain(p, "%s_%u", direction->chain, share);
	rules_line(
		p,
		"meta l4proto tcp update @%s_tcp { %s limit rate over %u/minute burst %u packets } "
		"goto %s",
		direction->chain, direction->vif, rate->per_minute, rate->burst, direction->over);
	rules_line(p, "add @%s { %s . numgen random mod %u ct count %u } return", direction->chain,
		   direction->vif, limits.parts, limits.part);
	rules_line(p, "goto %s", direction->over);
	rules_chain_end(p);
	/* Whose uses change with the guests; those of the other one tell that a rule is missing. */
	rules_chain(p, "%s_%u", direction->map, share);
	rules_line(p, "goto %s_%u", direction->chain, share);
	rules_chain_end(p);
}

/* The vif leads to its share: an attach adds no rule. */
static void print_share_direction(const struct rules *p, const struct share_direction *direction)
{
	char type[48];

	rules_dynamic_set(p, RULES_SIZE, "type iface_index", "5m", "%s_tcp", direction->chain);
	snprintf(type, sizeof(type), "typeof %s . numgen random mod 65536", direction->vif);
	rules_dynamic_set(p, RULES_SIZE, type, NULL, "%s", direction->chain);
	for (uint32_t share = share_next(p->policy, 0); share; share = share_next(p->policy, share))
		print_class(p, direction, share);
	rules_chain(p, "%s", direction->chain);
	rules_line(p, "%s vmap @%s", direction->vif, direction->map);
	rules_chain_end(p);
}

/*
 * What the policy lets pass through: to anybody, and to an address that is known to be there. What
 * a guest begins has its place in the share of that one: it takes none of another's.
 */
static void print_share(const struct rules *p)
{
	rules_chain(p, "share_known");
	rules_line(p, "jump begun");
	rules_vifs(p, "iif", "return");
	rules_line(p, "goto opened");
	rules_chain_end(p);

	rules_chain(p, "share");
	rules_line(p, p->in_bridge ? "goto share_known" : "jump share_known");
	if (!p->in_bridge)
		rules_line(p, "goto destination");
	rules_chain_end(p);
}

/*
 * The hooks of frames for this machine, which may route them, and from it; what has a socket it
 * opens itself.
 */
static void print_share_hook(const struct rules *p, const char *hook)
{
	rules_chain(p, "share_%s", hook);
	rules_line(p, "type filter hook %s priority filter + 10; policy accept;", hook);
	rules_line(p, "ct status confirmed accept # most packets");
	rules_line(p, "ct state ! new,related accept");
}

static void print_share_bridge(const struct rules *p)
{
	print_share_hook(p, "input");
	rules_line(p, "goto begun");
	rules_chain_end(p);

	print_share_hook(p, "output");
	rules_line(p, "meta skuid 0-4294967295 accept");
	rules_line(p, "goto opened");
	rules_chain_end(p);
}

void rules_print_share(const struct rules *p)
{
	rules_print_over_set(p, "connections");
	if (!p->tracks)
		return;
	rules_print_over(p, "connections", "connections", "iif");
	rules_print_over(p, "connections_to", "connections", "oif");
	print_share_direction(p, &begun);
	print_share_direction(p, &opened);
	print_share(p);
	if (p->in_bridge)
		print_share_bridge(p);
}
