/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains that were suspended, and go on here → neighbours are told again where they are. xenstore
 * tells that one was suspended, and nobody that it goes on.
 */
#include "firewall/firewall_resume.h"
#include "base/array.h"
#include "base/child.h"
#include "firewall/firewall_return.h"
#include "firewall/firewall_xl.h"
#include "network/carrier.h"
#include "program/log.h"
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

#define LOOK_MS 1000 /* between two looks */
#define AGAIN_S 10   /* xenstored may not run yet */

struct following {
	struct store *store;
	struct domains suspended; /* when we looked last; Dom0 is among them */
	struct carriers returned; /* by domid: told of as carriers are, once in a while */
	uint32_t changes;
};

static bool note(struct following *following, uint32_t domid, bool is_running, struct err *err)
{
	return carriers_hear(&following->returned, domid, ++following->changes, is_running, err);
}

/* Who is not suspended any more goes on, or has ended. */
static bool note_returned(struct following *following, const struct domains *suspended,
			  struct err *err)
{
	struct domains all = { 0 };
	bool ok = following->suspended.count <= 1 || xl_read_domains(&all, err);

	for (size_t i = 0; ok && i < following->suspended.count; i++) {
		uint32_t domid = following->suspended.domains[i].domid;

		if (domains_has(suspended, domid))
			continue;
		if (domains_has(&all, domid))
			ok = note(following, domid, true, err);
		else
			carriers_forget(&following->returned, domid);
	}
	domains_done(&all);
	return ok;
}

static bool look(struct following *following, struct err *err)
{
	struct domains suspended = { 0 };
	bool ok = xl_read_suspended(&suspended, err) && note_returned(following, &suspended, err);

	for (size_t i = 0; ok && i < suspended.count; i++)
		ok = !suspended.domains[i].domid ||
		     note(following, suspended.domains[i].domid, false, err);
	domains_done(&following->suspended);
	following->suspended = suspended;
	return ok;
}

static void tell_due(struct following *following)
{
	auto_free uint32_t *domids = NULL;
	uint32_t domid, *added;
	size_t from = 0, count = 0;

	while ((domid = carriers_take(&following->returned, &from, child_now_ms()))) {
		added = array_add(&domids, count, sizeof(*added));
		if (!added)
			break;
		*added = domid;
		count++;
	}
	if (count)
		firewall_return_domains_apply(domids, count);
}

/* Until a domain ends or is suspended; not while one is, or waits for its turn. */
static bool wait_for_more(const struct following *following, struct err *err)
{
	bool looks_on = following->suspended.count > 1 || following->returned.due;

	return store_wait(following->store, looks_on ? 0 : -1, err);
}

/* Until something fails. */
static void follow(struct following *following, struct err *err)
{
	while (look(following, err)) {
		tell_due(following);
		poll(NULL, 0, LOOK_MS);
		if (!wait_for_more(following, err))
			return;
	}
}

static _Noreturn void follow_for_ever(void)
{
	for (bool was_said = false;; sleep(AGAIN_S)) {
		struct err err;
		struct following following = { .store = store_open(false, &err) };

		if (!following.store) /* this machine boots */
			continue;
		if (store_listen(following.store, &err))
			follow(&following, &err);
		if (!was_said)
			log_error("neighbours may not know where guests are whose migration to "
				  "another host fails: %s",
				  err.text);
		was_said = true;
		domains_done(&following.suspended);
		carriers_done(&following.returned);
		store_close(following.store);
	}
}

void firewall_resume_start(void)
{
	pid_t parent = getpid();

	if (!store_is_dom0() || fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		follow_for_ever();
	_exit(0);
}
