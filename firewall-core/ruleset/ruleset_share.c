/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CONNECTIONS → the elements that hold a vif to its share. */
#include "ruleset/ruleset_share.h"

#define PLACES_DEFAULT 65536 /* of a machine with 1 GiB: net/netfilter/nf_conntrack_core.c */
#define GUESTS_LEAST 2

/* Guests with a file for each version of IP are one. */
static uint32_t count_guests(const struct policy *policy)
{
	uint32_t guests[FAMILY_COUNT] = { 0 };

	for (uint32_t i = 0; i < policy->host_count; i++)
		guests[policy->hosts[i].family] += policy->hosts[i].type == HOST_DOMU;
	return guests[IPV4] > guests[IPV6] ? guests[IPV4] : guests[IPV6];
}

uint32_t share_default(const struct policy *policy, uint32_t places)
{
	uint32_t guests = count_guests(policy), share;

	if (guests < GUESTS_LEAST)
		guests = GUESTS_LEAST;
	share = (places ? places : PLACES_DEFAULT) / 8 * 3 / guests;
	if (share < SHARE_LEAST)
		return SHARE_LEAST;
	return share < SHARE_MOST ? share : SHARE_MOST;
}

/* 0: no limit */
static uint32_t share_count(const struct share *share, const struct policy *policy, uint32_t places)
{
	switch ((enum share_kind)share->kind) {
	case SHARE_DEFAULT:
		return share_default(policy, places);
	case SHARE_COUNT:
		return share->count;
	case SHARE_UNLIMITED:
		break;
	}
	return 0;
}

static const struct share *share_or(const struct share *share, const struct policy *policy)
{
	return share->kind == SHARE_DEFAULT ? &policy->settings.connections : share;
}

uint64_t share_sum(const struct policy *policy, uint32_t places)
{
	uint64_t sums[FAMILY_COUNT] = { 0 };

	for (uint32_t i = 0; i < policy->host_count; i++) {
		const struct host *host = &policy->hosts[i];
		uint32_t count;

		if (host->type != HOST_DOMU)
			continue;
		count = share_count(share_or(&host->connections, policy), policy, places);
		sums[host->family] += count ? count : places;
	}
	return sums[IPV4] > sums[IPV6] ? sums[IPV4] : sums[IPV6];
}

/* What of the two lets more pass; the default stands behind all. */
static bool is_wider(const struct share *a, const struct share *b)
{
	return a->kind != b->kind ? a->kind > b->kind : a->count > b->count;
}

/* The guest's file for an address, unless it is for a vif of another name. */
static const struct share *share_for(const struct policy *policy, const struct prefix *prefix,
				     const struct ifname *name)
{
	const struct claim *claim = policy_claim_for(policy, prefix);
	const struct host *host = claim ? &policy->hosts[claim->host] : NULL;

	if (!host || host->type != HOST_DOMU ||
	    (host->interface.text[0] && strcmp(host->interface.text, name->text)))
		return NULL;
	return &host->connections;
}

uint32_t share_of_vif(const struct policy *policy, const struct vif *vif)
{
	struct share share = { .kind = SHARE_DEFAULT };

	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct share *own = share_for(policy, &vif->prefixes[i], &vif->name);

		if (own && is_wider(own, &share))
			share = *own;
	}
	return share_count(share_or(&share, policy), policy, policy->settings.places);
}

uint32_t share_next(const struct policy *policy, uint32_t after)
{
	uint32_t places = policy->settings.places;
	uint32_t next = share_count(&policy->settings.connections, policy, places);

	if (next <= after)
		next = 0;
	for (uint32_t i = 0; i < policy->host_count; i++) {
		const struct host *host = &policy->hosts[i];

		if (host->type == HOST_DOMU && host->connections.kind == SHARE_COUNT &&
		    host->connections.count > after && (!next || host->connections.count < next))
			next = host->connections.count;
	}
	return next;
}

struct share_limits share_limits(uint32_t share)
{
	uint32_t parts = share < SHARE_SMALL ? 1 : share / SHARE_PART;

	return (struct share_limits){
		.begun = { share, share },
		.opened = { 4 * share, share },
		.parts = parts,
		.part = share / parts,
	};
}

static void add_share_elements(struct elements *elements, const struct vif *vif, uint32_t share)
{
	static const enum set_kind kinds[] = { SET_SHARE_FROM, SET_SHARE_TO };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct set set = { .table = vif->bridge_index ? TABLE_BRIDGE : TABLE_INET,
				   .kind = (uint8_t)kinds[i] };
		struct element *element = elements_add(elements, &set);

		element_add_index(element, vif->index);
		element->share = share;
	}
}

void ruleset_share_add(struct elements *elements, const struct policy *policy,
		       const struct vif *vif, bool tracks_bridges)
{
	uint32_t share = share_of_vif(policy, vif);

	if (share && (!vif->bridge_index || tracks_bridges))
		add_share_elements(elements, vif, share);
}

void ruleset_share_add_sets(struct elements *elements, const struct vif *vif)
{
	add_share_elements(elements, vif, 0);
}
