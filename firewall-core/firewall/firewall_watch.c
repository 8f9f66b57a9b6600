/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `firewall watch`: what the kernel tells of the network → a repair, or a word to neighbours, soon,
 * and not too often.
 */
#include "base/array.h"
#include "base/child.h"
#include "firewall/firewall.h"
#include "firewall/firewall_resume.h"
#include "firewall/firewall_return.h"
#include "kernel/kernel.h"
#include "program/deadline.h"
#include "program/log.h"
#include <errno.h>
#include <sys/wait.h>

/* Whoever takes something takes it piece by piece: wait until he is done, or seems never to be. */
#define QUIET_MS 200
#define BUSY_MS 2000

/* What nobody tells of is looked for; what can't be set, ever more rarely. */
#define LOOK_MS 60000
#define LOOK_MAX_MS 3600000

/*
 * Before closed connections fill the half of the table that they may not have; where they are not
 * what fills it, ever more rarely.
 */
#define CLOSED_MS 10000
#define CLOSED_MAX_MS 300000

/*
 * A repair has the lock that guests wait for: so for that many times as long there is none, and if
 * nothing is told, for longer. 5,000 guests take some seconds.
 */
#define REST 10
#define LOOK_REST 60

/* Somebody who takes it again each time is let win, but for one repair a minute. */
#define PAUSE_MS 1000
#define PAUSE_MAX_MS 60000
#define AGAIN 10 /* within that many pauses */

/* Guests that come back are told of together, with the same rest behind that. */
#define TELL_MS 1000

struct watching {
	struct kernel_link *link;
	struct carriers carriers;
	long tell_ms;	      /* when neighbours may be told again */
	long look_ms;	      /* until a look without a reason */
	long pause_ms;	      /* behind each repair */
	long taken_ms;	      /* when something was missing last */
	long closed_ms;	      /* when closed connections are to be looked for */
	long closed_pause_ms; /* behind that */
};

enum outcome { WHOLE = 0, SET_AGAIN = 1, NOT_WHOLE = 2 }; /* how the child exits */

static long shorter_of(long one, long other)
{
	return one < other ? one : other;
}

static long longer_of(long one, long other)
{
	return one > other ? one : other;
}

/*
 * A process of its own, which has its deadline, and leaves nothing behind in this one. Returns how
 * it exits.
 */
static int run_in_child(int (*work)(const void *data), const void *data)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return NOT_WHOLE;
	if (!child) {
		deadline_set(FIREWALL_DEADLINE_S, "does xenstored answer?", NOT_WHOLE);
		exit(work(data));
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return NOT_WHOLE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : NOT_WHOLE;
}

/* ---- who came back ---- */

struct returned {
	uint32_t *indexes;
	size_t count;
};

static int tell(const void *data)
{
	const struct returned *returned = data;

	firewall_return_vifs_apply(returned->indexes, returned->count);
	return WHOLE;
}

/* They are asked for over a link of their own: the other one hears what changes meanwhile. */
static void read_carriers(struct watching *watching)
{
	struct err err;
	struct kernel_link *link = kernel_link_open(&err);

	if (!link || !kernel_carriers_read(&watching->carriers, link, &err))
		log_error("neighbours may not be told of guests that come back: %s", err.text);
	kernel_link_close(link);
}

static long tell_wait_ms(const struct watching *watching)
{
	long now_ms = child_now_ms(), rest_ms = watching->tell_ms - now_ms;

	return longer_of(rest_ms, watching->carriers.is_lost
					  ? 0
					  : carriers_wait_ms(&watching->carriers, now_ms));
}

static void tell_neighbours(struct watching *watching)
{
	struct returned returned = { 0 };
	long start_ms = child_now_ms();
	uint32_t index, *added = NULL;
	size_t from = 0;

	if (tell_wait_ms(watching) > 0)
		return;
	if (watching->carriers.is_lost)
		read_carriers(watching);
	while ((index = carriers_take(&watching->carriers, &from, start_ms)) &&
	       (added = array_add(&returned.indexes, returned.count, sizeof(*added)))) {
		*added = index;
		returned.count++;
	}
	if (returned.count)
		(void)run_in_child(tell, &returned);
	free(returned.indexes);
	watching->tell_ms = child_now_ms() + longer_of(TELL_MS, REST * (child_now_ms() - start_ms));
}

/* For that long, or until something changes; who came back meanwhile is told of. */
static bool hear(bool *changed, struct watching *watching, long ms, struct err *err)
{
	long end_ms = child_now_ms() + ms, left_ms = ms;

	do {
		tell_neighbours(watching);
		if (!kernel_link_watch(changed, &watching->carriers, watching->link,
				       shorter_of(left_ms, tell_wait_ms(watching)), err))
			return false;
		left_ms = end_ms - child_now_ms();
	} while (!*changed && left_ms > 0);
	return true;
}

/* ---- what others took ---- */

/* True when it is quiet again, or should be by now. */
static bool wait_until_quiet(struct watching *watching, struct err *err)
{
	long end_ms = child_now_ms() + BUSY_MS;
	bool changed = true;

	while (changed && child_now_ms() < end_ms)
		if (!hear(&changed, watching, QUIET_MS, err))
			return false;
	return true;
}

static int repair(const void *data)
{
	bool was_missing;

	(void)data;
	if (!firewall_repair_apply(&was_missing))
		return NOT_WHOLE;
	return was_missing ? SET_AGAIN : WHOLE;
}

static long double_within(long ms, long least, long most)
{
	long twice = 2 * ms;

	return twice < least ? least : twice > most ? most : twice;
}

/* took_ms: the repair with this outcome */
static void adapt_pauses(struct watching *watching, enum outcome outcome, long took_ms)
{
	long now_ms = child_now_ms(), before_ms = watching->pause_ms;

	watching->look_ms = outcome == NOT_WHOLE ? double_within(watching->look_ms, 0, LOOK_MAX_MS)
						 : longer_of(LOOK_MS, LOOK_REST * took_ms);
	if (now_ms - watching->taken_ms > AGAIN * before_ms)
		before_ms = watching->pause_ms = 0;
	if (outcome == WHOLE)
		return;
	watching->taken_ms = now_ms;
	watching->pause_ms = double_within(before_ms, PAUSE_MS, PAUSE_MAX_MS);
	if (watching->pause_ms == PAUSE_MAX_MS && before_ms != PAUSE_MAX_MS)
		log_notice("what guests need is taken again and again: from now on it is set again "
			   "once a minute at the most");
}

static void forget_closed(struct watching *watching)
{
	struct err err;
	bool in_vain, ok;

	if (child_now_ms() < watching->closed_ms)
		return;
	ok = kernel_conntrack_closed_apply(&in_vain, &err);
	if (!ok)
		log_error("connections that are closed may fill the table: %s", err.text);
	watching->closed_pause_ms =
		ok && !in_vain ? CLOSED_MS
			       : double_within(watching->closed_pause_ms, CLOSED_MS, CLOSED_MAX_MS);
	watching->closed_ms = child_now_ms() + watching->closed_pause_ms;
}

/* What changes until then waits for its repair: *changed says whether anything did. */
static bool rest(bool *changed, struct watching *watching, long ms, struct err *err)
{
	long end_ms = child_now_ms() + ms, left_ms;
	bool heard;

	*changed = false;
	while ((left_ms = end_ms - child_now_ms()) > 0) {
		if (!hear(&heard, watching, left_ms, err))
			return false;
		*changed |= heard;
	}
	return true;
}

/* Until something changes, or it is time to look without. */
static bool wait_for_change(bool *changed, struct watching *watching, struct err *err)
{
	long end_ms = child_now_ms() + watching->look_ms, left_ms = watching->look_ms;

	do {
		forget_closed(watching);
		if (!hear(changed, watching, shorter_of(left_ms, CLOSED_MS), err))
			return false;
		left_ms = end_ms - child_now_ms();
	} while (!*changed && left_ms > 0);
	return true;
}

static bool watch_and_repair(struct watching *watching, struct err *err)
{
	bool changed = true; /* nobody looked before */

	for (;;) {
		long start_ms, took_ms;
		enum outcome outcome;

		if (changed && !wait_until_quiet(watching, err))
			return false;
		start_ms = child_now_ms();
		outcome = (enum outcome)run_in_child(repair, NULL);
		took_ms = child_now_ms() - start_ms;
		adapt_pauses(watching, outcome, took_ms);
		if (!rest(&changed, watching, longer_of(watching->pause_ms, REST * took_ms), err) ||
		    (!changed && !wait_for_change(&changed, watching, err)))
			return false;
	}
}

enum status firewall_watch(const struct call *call)
{
	struct err err;
	struct watching watching = { .link = kernel_link_open(&err),
				     .carriers = { .is_lost = true },
				     .look_ms = LOOK_MS };

	firewall_resume_start();
	if (!watching.link || !kernel_link_listen(watching.link, &err) ||
	    !watch_and_repair(&watching, &err))
		log_error("%s failed: %s", call->command, err.text);
	kernel_link_close(watching.link);
	carriers_done(&watching.carriers);
	return STATUS_FAILED;
}
