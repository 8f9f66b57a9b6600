/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is online → what their links and ports need beside rules. */
#ifndef FIREWALL_LINKS_H
#define FIREWALL_LINKS_H

#include "state/online.h"

/*
 * Set again what others took away: routes, neighbours, settings of ports, the group of vifs of
 * other scripts; and renew what records say of it. What can't be set is logged, and no reason to
 * have no rules: *is_incomplete then. A record that is whole is passed over.
 */
bool firewall_links_apply(const struct policy *policy, struct online *online, struct store *store,
			  bool *is_incomplete, struct err *err) MUST_USE;

/*
 * Tell the neighbours on uplinks where the addresses are that this machine answers for: another
 * host may have told otherwise, as with a migration there that failed. What can't be told is
 * logged.
 */
void firewall_links_announce_apply(const struct online *online);

#endif
