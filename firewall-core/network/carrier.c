/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carriers of vifs that come and go → the vifs of which neighbours are to be told again, and when.
 * Pure.
 */
#include "network/carrier.h"
#include "base/array.h"
#include <limits.h>

struct carrier {
	uint32_t index, ups;
	bool is_up, is_due, is_heard; /* is_heard: since carriers_begin() */
	bool was_told;
	long told_ms; /* with was_told alone */
};

/* A vif that lost its carrier again waits for that, not for its turn. */
static bool is_waiting(const struct carrier *vif)
{
	return vif->is_due && vif->is_up;
}

void carriers_done(struct carriers *carriers)
{
	free(carriers->vifs);
	*carriers = (struct carriers){ 0 };
}

/* The place of the first that has not a lower index. */
static size_t find_place(const struct carriers *carriers, uint32_t index)
{
	size_t low = 0, high = carriers->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (carriers->vifs[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct carriers *carriers, size_t place, uint32_t index)
{
	return place < carriers->count && carriers->vifs[place].index == index;
}

/* The kernel numbers interfaces upwards, so it is the last one, as a rule. */
static struct carrier *insert(struct carriers *carriers, size_t place, uint32_t index)
{
	struct carrier *vif = array_add(&carriers->vifs, carriers->count, sizeof(*vif));

	if (!vif)
		return NULL;
	vif = &carriers->vifs[place];
	memmove(vif + 1, vif, (carriers->count - place) * sizeof(*vif));
	carriers->count++;
	*vif = (struct carrier){ .index = index };
	return vif;
}

bool carriers_hear(struct carriers *carriers, uint32_t index, uint32_t ups, bool is_up,
		   struct err *err)
{
	size_t place = find_place(carriers, index);
	bool is_known = is_at(carriers, place, index);
	struct carrier *vif = is_known ? &carriers->vifs[place] : insert(carriers, place, index);

	if (!vif)
		return err_memory(err);
	carriers->due -= is_waiting(vif);
	vif->is_due |= is_known && ups != vif->ups && ups > 1;
	vif->is_up = is_up;
	vif->ups = ups;
	vif->is_heard = true;
	carriers->due += is_waiting(vif);
	return true;
}

static void forget_at(struct carriers *carriers, size_t place)
{
	struct carrier *vif = &carriers->vifs[place];

	carriers->due -= is_waiting(vif);
	carriers->count--;
	memmove(vif, vif + 1, (carriers->count - place) * sizeof(*vif));
}

void carriers_forget(struct carriers *carriers, uint32_t index)
{
	size_t place = find_place(carriers, index);

	if (is_at(carriers, place, index))
		forget_at(carriers, place);
}

void carriers_begin(struct carriers *carriers)
{
	for (size_t i = 0; i < carriers->count; i++)
		carriers->vifs[i].is_heard = false;
}

void carriers_end(struct carriers *carriers)
{
	size_t i = carriers->count;

	while (i--)
		if (!carriers->vifs[i].is_heard)
			forget_at(carriers, i);
	carriers->is_lost = false;
}

static long wait_of(const struct carrier *vif, long now_ms)
{
	long left_ms = vif->was_told ? vif->told_ms + CARRIER_PAUSE_MS - now_ms : 0;

	return left_ms > 0 ? left_ms : 0;
}

long carriers_wait_ms(const struct carriers *carriers, long now_ms)
{
	long wait_ms = LONG_MAX;

	for (size_t i = 0; carriers->due && wait_ms && i < carriers->count; i++)
		if (is_waiting(&carriers->vifs[i]) && wait_of(&carriers->vifs[i], now_ms) < wait_ms)
			wait_ms = wait_of(&carriers->vifs[i], now_ms);
	return wait_ms;
}

uint32_t carriers_take(struct carriers *carriers, size_t *from, long now_ms)
{
	while (carriers->due && *from < carriers->count) {
		struct carrier *vif = &carriers->vifs[(*from)++];

		if (!is_waiting(vif) || wait_of(vif, now_ms))
			continue;
		carriers->due--;
		vif->is_due = false;
		vif->was_told = true;
		vif->told_ms = now_ms;
		return vif->index;
	}
	return 0;
}
