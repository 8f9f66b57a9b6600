/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `firewall stop`: the whole ruleset, out. */
#include "config/conf.h"
#include "firewall/firewall.h"
#include "operation/load.h"
#include "program/log.h"

/*
 * The mark comes first: without it the next attach would bring all rules back, and with it nothing
 * has been opened yet. Where they can't be removed it goes again.
 */
static bool unload_ruleset(const struct run *run, const struct policy *policy, struct err *err)
{
	bool was_stopped = run_is_stopped(run);
	struct err ignored;

	if (!run_set_stopped(run, true, err))
		return false;
	if (load_remove_apply(run, policy, err))
		return true;
	if (!was_stopped)
		(void)!run_set_stopped(run, false, &ignored);
	return false;
}

/* Whatever is wrong with the configuration: it is of use only where nothing else is known. */
enum status firewall_stop(const struct call *call)
{
	struct run run = { .directory = -1, .lock = -1 };
	struct report ignored = { 0 };
	struct policy policy = { 0 };
	bool found = conf_load(&policy, call->config, &ignored);
	struct err err;
	bool ok = run_open(&run, &err) && run_lock(&run, FIREWALL_LOCK_TIMEOUT_MS, &err) &&
		  unload_ruleset(&run, found ? &policy : NULL, &err);

	if (!ok)
		log_error("%s failed: %s", call->command, err.text);
	run_close(&run);
	policy_done(&policy);
	report_done(&ignored);
	return ok ? STATUS_DONE : STATUS_FAILED;
}
