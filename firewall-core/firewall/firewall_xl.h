/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What xl-taofw is asked. It is linked to libxenlight, whose soname changes with each release of
 * Xen, and which may end the program that calls it; so it is a program of its own, and whatever
 * becomes of it, `firewall` goes on.
 */
#ifndef FIREWALL_XL_H
#define FIREWALL_XL_H

#include "state/online.h"
#include "xen/domu.h"

/* Fails when the hypervisor does not answer, as on a machine that is no Dom0. */
bool xl_read_domains(struct domains *domains, struct err *err) MUST_USE;

/* The same, of Dom0 and of those alone that are suspended, as in a migration. */
bool xl_read_suspended(struct domains *domains, struct err *err) MUST_USE;

/*
 * Read xl configuration files, the last one NULL, with the defaults of /etc/xen/xl.conf; report
 * gets what is wrong in them. Fails when nothing here can read them.
 */
bool xl_read_guests(struct domus *domus, char **files, struct report *report, struct err *err)
	MUST_USE;

/*
 * As online_read(), but in a Dom0 without what is left of domains that the hypervisor does not run
 * any more. Where it can't be asked, nobody is left out, for a guest that runs must not lose its
 * rules; report gets a warning then.
 *
 * policy  what judge_foreign() asks; NULL: there is none
 */
bool xl_read_online(struct online *online, struct store *store, const struct policy *policy,
		    struct report *report, struct err *err) MUST_USE;

#endif
