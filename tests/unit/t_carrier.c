/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of which vifs neighbours are told again, and when: once in a while of each, and of the last. */
#include "network/carrier.h"
#include "tap.h"
#include <limits.h>

#define MANY 5000

static struct carriers carriers;
static struct err err;

static void same(long is, long should, const char *name)
{
	ok(is == should, "%s", name);
	if (is != should)
		printf("# is %ld and should be %ld\n", is, should);
}

static void hear(uint32_t index, uint32_t ups, bool is_up)
{
	if (!carriers_hear(&carriers, index, ups, is_up, &err))
		ok(false, "%s", err.text);
}

static uint32_t take(long now_ms)
{
	size_t from = 0;

	return carriers_take(&carriers, &from, now_ms);
}

static void is_none(long now_ms, const char *what)
{
	same(take(now_ms), 0, what);
	same(carriers.due, 0, "and none waits");
}

static void test_first(void)
{
	same(carriers_wait_ms(&carriers, 0), LONG_MAX, "nobody waits");
	hear(7, 0, false);
	hear(7, 1, true);
	is_none(0, "the first carrier is an attach's");
	hear(9, 5, true);
	is_none(0, "what it has when it is first heard of did not come back");
	hear(9, 5, true);
	is_none(0, "something else has changed");
	carriers_done(&carriers);
}

static void test_pause(void)
{
	hear(7, 1, true);
	hear(7, 1, false);
	is_none(100, "it is gone");
	hear(7, 2, true);
	same(carriers_wait_ms(&carriers, 100), 0, "it came back");
	same(take(100), 7, "it is told of at once");
	is_none(100, "once");
	for (uint32_t ups = 3; ups < 100; ups++)
		hear(7, ups, true);
	same(carriers_wait_ms(&carriers, 200), CARRIER_PAUSE_MS - 100, "then it waits");
	same(take(100 + CARRIER_PAUSE_MS - 1), 0, "until its turn");
	same(take(100 + CARRIER_PAUSE_MS), 7, "and its last is told of");
	is_none(100 + CARRIER_PAUSE_MS, "once again");
	hear(7, 101, true);
	hear(7, 101, false);
	is_none(LONG_MAX / 2, "who is away is not told of");
	hear(7, 101, true);
	same(take(LONG_MAX / 2), 7, "but when he is back");
	carriers_done(&carriers);
}

static void test_lost(void)
{
	hear(7, 1, true);
	hear(8, 1, true);
	hear(9, 1, true);
	hear(8, 2, true);
	carriers.is_lost = true;
	carriers_begin(&carriers);
	hear(9, 3, true);
	hear(12, 4, true);
	carriers_end(&carriers);
	ok(!carriers.is_lost, "all is known again");
	same(carriers.count, 2, "who was not told of is forgotten");
	same(take(0), 9, "what came back unheard is told of");
	is_none(0, "and nobody else");
	carriers_forget(&carriers, 5);
	hear(12, 5, true);
	carriers_forget(&carriers, 12);
	is_none(0, "an interface that is gone");
	carriers_done(&carriers);
}

static void test_many(void)
{
	size_t from = 0, taken = 0;
	uint32_t index, last = 0;
	bool ordered = true;

	for (uint32_t i = MANY; i; i--)
		hear(2 * i, 1, true);
	for (uint32_t i = 1; i <= MANY; i++)
		hear(2 * i, 2, true);
	same(carriers.due, MANY, "all came back");
	for (; (index = carriers_take(&carriers, &from, 5)); taken++) {
		ordered &= index > last;
		last = index;
	}
	same(taken, MANY, "all are told of");
	ok(ordered, "each once");
	carriers_done(&carriers);
}

int main(void)
{
	test_first();
	test_pause();
	test_lost();
	test_many();
	return tap_done();
}
