/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text → each parser of a value: what one takes, it prints, and takes again as the same. */
#include "value/icmp.h"
#include "value/service.h"
#include "value/vif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void try_prefix(const char *text)
{
	struct prefix prefix, again;
	char printed[PREFIX_TEXT];
	struct err err;

	if (!prefix_parse(&prefix, text, &err))
		return;
	must(prefix_parse(&again, prefix_print(printed, &prefix), &err));
	must(prefix_compare(&prefix, &again) == 0 && prefix_contains(&prefix, &again));
	(void)!prefix_check_unicast(&prefix, &err);
}

static void try_service(const char *text, enum family family)
{
	struct port_block blocks[PORT_BLOCKS_MAX];
	struct services services, again;
	char printed[SERVICE_TEXT];
	struct err err;
	uint8_t type;

	(void)!icmp_parse(&type, text, family, &err);
	(void)!service_parse(&services, "80", text, &err);
	if (!service_parse(&services, text, NULL, &err))
		return;
	for (unsigned i = 0; i < services.count; i++) {
		const struct service *service = &services.service[i];

		must(service_parse(&again, service_print(printed, service), NULL, &err));
		must(again.count == 1 && memcmp(service, &again.service[0], sizeof(*service)) == 0);
		must(service_blocks(blocks, service) <= PORT_BLOCKS_MAX);
	}
}

static void try_vif(const char *text)
{
	struct vif vif = { .prefix_count = 0 };
	char printed[VIF_ID_TEXT];
	struct ifname name;
	struct err err;
	struct mac mac;

	if (vif_id_parse(&vif.id, text)) {
		must(strcmp(vif_id_print(printed, &vif.id), text) == 0);
		name = vif_id_name(&vif.id);
		must(!*name.text || ifname_parse(&name, name.text, &err));
	}
	if (mac_parse(&mac, text, &err))
		must(strcasecmp(mac_print(printed, &mac), text) == 0);
	if (ifname_parse(&name, text, &err))
		must(strcmp(name.text, text) == 0);
	if (vif_parse_ip(&vif, text, &err))
		must(vif.prefix_count <= VIF_PREFIXES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text);
	memcpy(text, data, size);
	text[size] = '\0';
	try_prefix(text);
	try_service(text, IPV4);
	try_service(text, IPV6);
	try_vif(text);
	free(text);
	return 0;
}
