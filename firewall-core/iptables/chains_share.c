/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a vif may take of the table of connections, in table filter. The kernel's own chains jump
 * here behind ours that filter, so that what the policy refuses takes no place. Each version of IP
 * is counted by itself, for its tables know nothing of each other.
 */
#include "iptables/chains.h"
#include "ruleset/ruleset_share.h"

#define BURST_MAX 10000 /* iptables takes no more: libxt_limit.c */

void chains_share(const struct chains *p)
{
	static const char *const chains[] = { "share-from", "share-to", "connections",
					      "connections-from", "connections-to" };

	for (size_t i = 0; i < COUNT(chains); i++)
		chains_line(p, ":@%s - [0:0]", chains[i]);
	/* Once for each connection, at its first packet; what a helper expects is RELATED. */
	chains_line(p, "-A @share -m conntrack --ctstatus CONFIRMED -j RETURN");
	chains_line(p, "-A @share -m conntrack ! --ctstate NEW,RELATED -j RETURN");
	chains_line(p, "-A @share -j @share-from");
	/* What a guest begins has its place in the share of that one, and none of another's. */
	chains_vifs(p, "share", 'i', "-j RETURN");
	chains_line(p, "-A @share -g @share-to");
	chains_line(p, "-A @connections ! -i vif+ -m devgroup ! --src-group %d -j @connections-to",
		    LINK_GROUP);
	chains_line(p, "-A @connections -j @connections-from");
	chains_line(p, "-A @connections -j DROP");
	chains_reason(p, "connections", chains_log_refused(p));
}

/* So many at a time; the chain's name is letter and index. */
static void print_count(const struct chains *p, char letter, uint32_t index, uint32_t limit)
{
	chains_own(p, ":@%c%u - [0:0]", letter, index);
	chains_own(p,
		   "-A @%c%u -m connlimit --connlimit-upto %u --connlimit-mask 0 "
		   "--connlimit-saddr -j RETURN",
		   letter, index, limit);
	chains_own(p, "-A @%c%u -g @connections", letter, index);
}

/* What comes to the vif, or from it: a closed connection of TCP has a place, but is not counted. */
static void print_share_chain(const struct chains *p, char letter, char count, uint32_t index,
			      const struct share_rate *rate)
{
	unsigned burst = rate->burst < BURST_MAX ? rate->burst : BURST_MAX;
	unsigned per_minute = rate->per_minute < 2 * BURST_MAX ? rate->per_minute : 2 * BURST_MAX;

	chains_own(p, ":@%c%u - [0:0]", letter, index);
	chains_own(p, "-A @%c%u -p tcp -m limit --limit %u/minute --limit-burst %u -g @%c%u",
		   letter, index, per_minute, burst, count, index);
	chains_own(p, "-A @%c%u -p tcp -g @connections", letter, index);
	chains_own(p, "-A @%c%u -g @%c%u", letter, index, count, index);
}

void chains_share_vif(const struct chains *p, const struct vif *vif)
{
	uint32_t share = share_of_vif(p->policy, vif);
	struct share_limits limits = share_limits(share);

	if (!share || vif->bridge_index)
		return;
	print_count(p, 'x', vif->index, share);
	print_count(p, 'y', vif->index, share);
	print_share_chain(p, 'f', 'x', vif->index, &limits.begun);
	print_share_chain(p, 't', 'y', vif->index, &limits.opened);
	chains_entry(p, "share-from -i %s -j @f%u", vif->name.text, vif->index);
	chains_entry(p, "share-to -o %s -j @t%u", vif->name.text, vif->index);
	chains_entry(p, "connections-to -o %s -j RETURN", vif->name.text);
	chains_reason_vif(p, "connections", chains_log_refused(p), vif);
	chains_end(p, "f%u", vif->index);
	chains_end(p, "t%u", vif->index);
	chains_end(p, "x%u", vif->index);
	chains_end(p, "y%u", vif->index);
}
