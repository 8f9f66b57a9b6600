/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The administrator's own programs, run after each attach and detach: vif-post.d/NAME.hook. */
#ifndef HOOK_H
#define HOOK_H

#include "base/err.h"

/* What a hook finds in its environment, beside PATH; the stock scripts' names. */
struct hook_variables {
	const char *command, *dev, *bridge, *ip, *main_ip, *netdev, *type_if, *xenbus_path;
};

/*
 * Run every executable *.hook of the folder, in the order of their names, one after the other. No
 * folder, no hooks.
 * timeout_ms  for all of them together; what runs then is killed
 * Fails before the first where one or the folder is not trusted (trust.h), and at the first that
 * does not exit with 0. The stock scripts source their hooks; ours are
 * programs, so they can't change variables of the caller.
 */
bool hooks_run(const char *folder, const struct hook_variables *variables, unsigned timeout_ms,
	       struct err *err) MUST_USE;

/* Warn where they would not be run, so that no guest would start. Only root can tell. */
void hooks_check(const char *folder, struct report *report);

#endif
