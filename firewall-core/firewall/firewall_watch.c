/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall watch`: what the kernel tells of the network → a repair, soon, and not too often. */
#include "base/child.h"
#include "firewall/firewall.h"
#include "kernel/kernel.h"
#include "program/deadline.h"
#include "program/log.h"
#include <errno.h>
#include <sys/wait.h>
#include <time.h>

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

struct watching {
	struct kernel_link *link;
	long look_ms;	      /* until a look without a reason */
	long pause_ms;	      /* behind each repair */
	long taken_ms;	      /* when something was missing last */
	long closed_ms;	      /* when closed connections are to be looked for */
	long closed_pause_ms; /* behind that */
};

enum outcome { WHOLE = 0, SET_AGAIN = 1, NOT_WHOLE = 2 }; /* how the child exits */

static void sleep_ms(long ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* True when it is quiet again, or should be by now. */
static bool wait_until_quiet(const struct watching *watching, struct err *err)
{
	long end_ms = child_now_ms() + BUSY_MS;
	bool changed = true;

	while (changed && child_now_ms() < end_ms)
		if (!kernel_link_watch(&changed, watching->link, QUIET_MS, err))
			return false;
	return true;
}

/* A process of its own, which has its deadline, and leaves nothing behind in this one. */
static enum outcome repair_in_child(void)
{
	pid_t child = fork();
	bool was_missing;
	int status;

	if (child < 0)
		return NOT_WHOLE;
	if (!child) {
		deadline_set(FIREWALL_DEADLINE_S, "does xenstored answer?", NOT_WHOLE);
		if (!firewall_repair_apply(&was_missing))
			exit(NOT_WHOLE);
		exit(was_missing ? SET_AGAIN : WHOLE);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return NOT_WHOLE;
	return WIFEXITED(status) ? (enum outcome)WEXITSTATUS(status) : NOT_WHOLE;
}

static long double_within(long ms, long least, long most)
{
	long twice = 2 * ms;

	return twice < least ? least : twice > most ? most : twice;
}

static long longer_of(long one, long other)
{
	return one > other ? one : other;
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

/* Until something changes, or it is time to look without. */
static bool wait_for_change(bool *changed, struct watching *watching, struct err *err)
{
	long end_ms = child_now_ms() + watching->look_ms, left_ms = watching->look_ms;

	do {
		forget_closed(watching);
		if (!kernel_link_watch(changed, watching->link,
				       left_ms < CLOSED_MS ? left_ms : CLOSED_MS, err))
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
		outcome = repair_in_child();
		took_ms = child_now_ms() - start_ms;
		adapt_pauses(watching, outcome, took_ms);
		sleep_ms(longer_of(watching->pause_ms, REST * took_ms));
		if (!wait_for_change(&changed, watching, err))
			return false;
	}
}

enum status firewall_watch(const struct call *call)
{
	struct err err;
	struct watching watching = { .link = kernel_link_open(&err), .look_ms = LOOK_MS };

	if (!watching.link || !kernel_link_listen(watching.link, &err) ||
	    !watch_and_repair(&watching, &err))
		log_error("%s failed: %s", call->command, err.text);
	kernel_link_close(watching.link);
	return STATUS_FAILED;
}
