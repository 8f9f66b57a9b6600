/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ports translated connections may leave from. A connection owns its ports: what comes back
 * to them is the guest's that opened it, also a packet that was meant for who listens there.
 */
#ifndef POLICY_PORTS_H
#define POLICY_PORTS_H

#include "policy/policy.h"

struct nat_ports {
	uint16_t first, last; /* host byte order; for all protocols that have ports */
	unsigned count;	      /* of these; 0: nothing is left, and they are all of them */
	/* IANA numbers of protocols without ports that this machine speaks: they are not shared. */
	uint8_t own_protocol[UINT8_MAX];
	unsigned own_count;
};

/*
 * The longest range of ports from 1024 on that is neither forwarded (PAT) nor named by an incoming
 * setting of a TYPE = local host, in this family. A setting that names all ports of a protocol, or
 * everything, names none. Where nothing is left it is all of them: 1024 to 65535, of which
 * policy_check_nat_ports() warns.
 */
void policy_nat_ports(struct nat_ports *ports, const struct policy *policy, enum family family);

/*
 * Warn of a family of which something is translated, and no port is left for that, or too few. For
 * policy_finish().
 */
void policy_check_nat_ports(const struct policy *policy, struct report *report);

#endif
