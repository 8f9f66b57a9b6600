/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a number and a name → domains. */
#include "xen/domains.h"
#include "base/array.h"
#include "base/number.h"

static bool parse_line(struct domains *domains, char *line, struct err *err)
{
	struct domain *domain;
	char seen[SHOWN_SIZE];
	const char *end = line;
	uint32_t domid;

	if (!number_read(&domid, &end, UINT32_MAX) || *end != ' ')
		return err_set(err, "\"%s\" is no domain", shown(seen, line));
	domain = array_add(&domains->domains, domains->count, sizeof(*domain));
	if (!domain)
		return err_memory(err);
	*domain = (struct domain){ domid, end + 1 };
	domains->count++;
	return true;
}

bool domains_parse(struct domains *domains, char *text, struct err *err)
{
	struct domains parsed = { .text = text };
	char *state, *line = strtok_r(text, "\n", &state);
	bool ok = true;

	for (; ok && line; line = strtok_r(NULL, "\n", &state))
		ok = parse_line(&parsed, line, err);
	if (ok && !domains_has(&parsed, 0))
		ok = err_set(err, "Dom0 is not among the domains");
	if (ok)
		*domains = parsed;
	else
		domains_done(&parsed);
	return ok;
}

void domains_done(struct domains *domains)
{
	free(domains->domains);
	free(domains->text);
	*domains = (struct domains){ 0 };
}

bool domains_has(const struct domains *domains, uint32_t domid)
{
	for (size_t i = 0; i < domains->count; i++)
		if (domains->domains[i].domid == domid)
			return true;
	return false;
}

const struct domain *domains_find(const struct domains *domains, const char *name)
{
	for (size_t i = 0; i < domains->count; i++)
		if (!strcmp(domains->domains[i].name, name))
			return &domains->domains[i];
	return NULL;
}
