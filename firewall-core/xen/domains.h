/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The domains that the hypervisor runs: what `xl-taofw domains` printed, as values. */
#ifndef DOMAINS_H
#define DOMAINS_H

#include "base/err.h"
#include <stdint.h>

struct domains {
	struct domain {
		uint32_t domid;
		const char *name; /* lies in the text */
	} *domains;
	size_t count;
	char *text;
};

/*
 * Parse lines "DOMID NAME". text becomes theirs; it is changed. Fails when a line is anything else,
 * or none is of Dom0, which always runs: then it is no list of them all.
 */
bool domains_parse(struct domains *domains, char *text, struct err *err) MUST_USE;
void domains_done(struct domains *domains);

bool domains_has(const struct domains *domains, uint32_t domid);

/* The one of this name, or NULL. */
const struct domain *domains_find(const struct domains *domains, const char *name);

#endif
