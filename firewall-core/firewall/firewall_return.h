/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vifs whose guests came back → neighbours are told again where they are. */
#ifndef FIREWALL_RETURN_H
#define FIREWALL_RETURN_H

#include "state/online.h"

/*
 * Tell the neighbours on uplinks of the addresses of these vifs, by the indexes of their
 * interfaces, that this machine answers for: as their attaches did, but for shared ones (SHARED),
 * which may be elsewhere by now. A vif without a record is passed over, and so are all where the
 * firewall was stopped by hand, or was loaded by another version. What can't be told is logged.
 */
void firewall_return_apply(const uint32_t *indexes, size_t count);

#endif
