/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes → what xl-taofw may print of guests, and of domains. */
#include "xen/domains.h"
#include "xen/domu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static char *copy(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report = { 0 };
	struct domains domains = { 0 };
	struct domus domus = { 0 };
	size_t vifs = 0;
	struct err err;

	if (domains_parse(&domains, copy(data, size), &err))
		must(domains_has(&domains, 0));
	if (domus_parse(&domus, copy(data, size), &report, &err))
		for (size_t i = 0; i < domus.count; i++)
			vifs += domus.domus[i].vif_count;
	must(vifs == domus.vif_count);
	domains_done(&domains);
	domus_done(&domus);
	report_done(&report);
	return 0;
}
