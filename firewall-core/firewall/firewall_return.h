/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that came back → neighbours are told again where they are. */
#ifndef FIREWALL_RETURN_H
#define FIREWALL_RETURN_H

#include <stddef.h>
#include <stdint.h>

/*
 * Tell the neighbours on uplinks of the addresses of vifs that this machine answers for: as their
 * attaches did, but for shared ones (SHARED), which may be elsewhere by now. A vif without a record
 * is passed over, and so are all where the firewall was stopped by hand, or was loaded by another
 * version. What can't be told is logged.
 *
 * indexes  of the vifs' interfaces
 * domids   or whose vifs they are, all of each
 */
void firewall_return_vifs_apply(const uint32_t *indexes, size_t count);
void firewall_return_domains_apply(const uint32_t *domids, size_t count);

#endif
