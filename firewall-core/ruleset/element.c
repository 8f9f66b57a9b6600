/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets and elements of the ruleset: their names, their keys and data, and these as text. */
#include "ruleset/element.h"
#include <arpa/inet.h>

const char *const stage_names[STAGE_COUNT] = {
	[STAGE_FORWARD_OUT] = "forward_out",
	[STAGE_FORWARD_IN] = "forward_in",
	[STAGE_INPUT] = "input",
	[STAGE_OUTPUT] = "output",
	[STAGE_LINK_OUT] = "link_out",
	[STAGE_LINK_IN] = "link_in",
};

static const char *const kind_names[SET_KIND_COUNT] = {
	[SET_SPOOFED] = "spoofed",
	[SET_REFUSED] = "refused",
	[SET_OVER_CONNECTIONS] = "over_connections",
	[SET_OVER_FRAGMENTS] = "over_fragments",
	[SET_OVER_NEIGHBOURS] = "over_neighbours",
	[SET_OVER_GROUPS] = "over_groups",
	[SET_OVER_DESTINATIONS] = "over_destinations",
	[SET_SHARE_FROM] = "share_from",
	[SET_SHARE_TO] = "share_to",
	[SET_VIF_MAC] = "vif_mac",
	[SET_PORT] = "port",
	[SET_EGRESS_LIMITED_VIF] = "egress_limited_vif",
	[SET_GUEST_MAC] = "guest_mac",
	[SET_ANY_SOURCE] = "any_source",
	[SET_NO_IPV6] = "no_ipv6",
	[SET_VRRP] = "vrrp",
	[SET_UNFILTERED4] = "unfiltered4",
	[SET_UNFILTERED6] = "unfiltered6",
	[SET_ETHERTYPE] = "ethertype",
	[SET_ROUTER4] = "router4",
	[SET_ROUTER6] = "router6",
	[SET_LIMITED_ROUTER4] = "limited_router4",
	[SET_LIMITED_ROUTER6] = "limited_router6",
	[SET_ND_LLADDR] = "nd_lladdr",
	[SET_ROUTED_SOURCE] = "routed_source",
	[SET_SOURCE] = "source",
	[SET_TARGET] = "target",
	[SET_ISOLATED_SOURCE] = "isolated_source",
	[SET_QUOTED] = "quoted",
	[SET_OWNED] = "owned",
	[SET_OWNED_TARGET] = "owned_target",
	[SET_ROUTED] = "routed",
	[SET_GUEST] = "guest",
	[SET_GUEST_TARGET] = "guest_target",
	[SET_SHARED] = "shared",
	[SET_SHARED_TARGET] = "shared_target",
	[SET_MACHINE] = "machine",
	[SET_MACHINE_TARGET] = "machine_target",
	[SET_NETWORK] = "network",
	[SET_CLAIMED] = "claimed",
	[SET_DOMU] = "domu",
	[SET_LOCAL] = "local",
	[SET_UNFILTERED] = "unfiltered",
	[SET_EGRESS_LIMITED] = "egress_limited",
	[SET_EGRESS_LIMITED_LINK] = "egress_limited_link",
	[SET_SERVICE] = "service",
	[SET_UNMANAGED] = "unmanaged",
	[SET_LAN] = "lan",
	[SET_LAN_FROM] = "lan",
	[SET_LAN_PAIR] = "lan_pair",
	[SET_FRIEND] = "friend",
	[SET_HAIRPIN] = "hairpin",
	[SET_SNAT] = "snat",
	[SET_MASQ] = "masquerade",
	[SET_LAN_MASQUERADED] = "lan_masqueraded",
	[SET_PAT_ADDRESS] = "pat_address",
	[SET_PAT_OWN] = "pat_own",
	[SET_PAT_DEVICE] = "pat_device",
	[SET_PAT_ANYWHERE] = "pat_anywhere",
};

bool set_is_link(const struct set *set)
{
	return set->kind == SET_SERVICE &&
	       (set->stage == STAGE_LINK_OUT || set->stage == STAGE_LINK_IN);
}

int set_compare(const struct set *a, const struct set *b)
{
	return memcmp(a, b, sizeof(*a));
}

static void service_set_name(char *out, size_t size, const struct set *set, int version)
{
	char peer[16] = "", service[16] = "_all";

	if (set->has_peer)
		snprintf(peer, sizeof(peer), "_peer%u", set->peer_length);
	if (set->service == SERVICE_PROTOCOL)
		snprintf(service, sizeof(service), "_protocol");
	else if (set->service == SERVICE_PORTS)
		snprintf(service, sizeof(service), "_port%u", set->port_length);
	snprintf(out, size, "%s%d_%u_%u%s%s", stage_names[set->stage], version, set->level,
		 set->length, peer, service);
}

const char *set_name(char out[static SET_NAME_SIZE], const struct set *set)
{
	int version = set->family == IPV4 ? 4 : 6;

	if (set->kind <= SET_ND_LLADDR)
		snprintf(out, SET_NAME_SIZE, "%s", kind_names[set->kind]);
	else if (set->kind == SET_SERVICE)
		service_set_name(out, SET_NAME_SIZE, set, version);
	else if (set->kind == SET_EGRESS_LIMITED)
		snprintf(out, SET_NAME_SIZE, "egress_limited_%s%d_%u", stage_names[set->stage],
			 version, set->length);
	else if ((set->kind == SET_FRIEND || set->kind == SET_LAN_PAIR) && set->has_peer)
		snprintf(out, SET_NAME_SIZE, "%s%d_%u_peer%u", kind_names[set->kind], version,
			 set->length, set->peer_length);
	else if (set->kind >= SET_PAT_ADDRESS)
		snprintf(out, SET_NAME_SIZE, "%s%d", kind_names[set->kind], version);
	else
		snprintf(out, SET_NAME_SIZE, "%s%d_%u%s", kind_names[set->kind], version,
			 set->length, set->has_name ? "_interface" : "");
	return out;
}

unsigned set_fields(enum field fields[static FIELDS_MAX], const struct set *set)
{
	enum field address = set->family == IPV4 ? FIELD_IPV4 : FIELD_IPV6;
	bool is_link = set_is_link(set);
	unsigned count = 0;

	if ((set->kind <= SET_QUOTED && set->kind != SET_GUEST_MAC) || is_link)
		fields[count++] = FIELD_INDEX;
	if (set->kind == SET_ETHERTYPE)
		fields[count++] = FIELD_ETHERTYPE;
	if (set->kind == SET_GUEST_MAC || set->kind == SET_VIF_MAC || set->kind == SET_ANY_SOURCE ||
	    set->kind == SET_ROUTED_SOURCE || set->kind == SET_SOURCE)
		fields[count++] = FIELD_MAC;
	if (set->kind == SET_ND_LLADDR)
		fields[count++] = FIELD_MAC_NUMBER;
	if (set->kind <= SET_ND_LLADDR)
		return count;
	if (set->kind == SET_TARGET || set->kind == SET_GUEST_TARGET ||
	    set->kind == SET_SHARED_TARGET || set->kind == SET_MACHINE_TARGET)
		address = FIELD_IPV6_NUMBER;
	if (set->kind == SET_QUOTED || set->kind == SET_OWNED_TARGET)
		address = set->family == IPV4 ? FIELD_IPV4_NUMBER : FIELD_IPV6_NUMBER;
	if (set->has_name)
		fields[count++] = FIELD_NAME;
	if (set->kind <= SET_PAT_OWN && !is_link)
		fields[count++] = address;
	if (set->has_peer)
		fields[count++] = address;
	if (set->service >= SERVICE_PROTOCOL)
		fields[count++] = FIELD_PROTOCOL;
	if (set->service == SERVICE_PORTS)
		fields[count++] = FIELD_PORT;
	return count;
}

unsigned set_data_fields(enum field fields[static FIELDS_MAX], const struct set *set)
{
	unsigned count = 0;

	if (set->kind == SET_SNAT || set->kind >= SET_PAT_ADDRESS)
		fields[count++] = set->family == IPV4 ? FIELD_IPV4 : FIELD_IPV6;
	if (set->kind >= SET_PAT_ADDRESS)
		fields[count++] = FIELD_PORT;
	return count;
}

bool set_has_verdict(const struct set *set)
{
	return set->kind == SET_SHARE_FROM || set->kind == SET_SHARE_TO;
}

const char *element_chain(char out[static CHAIN_NAME_SIZE], const struct element *element)
{
	snprintf(out, CHAIN_NAME_SIZE, "%s_%u", kind_names[element->set.kind], element->share);
	return out;
}

bool chain_has_elements(const char *name)
{
	static const enum set_kind kinds[] = { SET_SHARE_FROM, SET_SHARE_TO };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		size_t length = strlen(kind_names[kinds[i]]);

		if (!strncmp(name, kind_names[kinds[i]], length) && name[length] == '_')
			return true;
	}
	return false;
}

struct element *elements_add(struct elements *elements, const struct set *set)
{
	static struct element lost;
	struct element *element = &lost;

	if (elements->count == elements->room) {
		size_t room = elements->room ? 2 * elements->room : 64;
		struct element *grown = realloc(elements->elements, room * sizeof(*grown));

		if (grown) {
			elements->elements = grown;
			elements->room = room;
		}
	}
	if (elements->count < elements->room)
		element = &elements->elements[elements->count++];
	else
		elements->failed = true;
	memset(element, 0, sizeof(*element));
	element->set = *set;
	return element;
}

/*
 * Each field of a key, and of what it is mapped to, starts at a multiple of four bytes:
 * NFT_REG32_SIZE, linux/netfilter/nf_tables.h.
 */
static void append_field(uint8_t *to, uint8_t *to_size, const void *bytes, uint8_t size)
{
	memcpy(to + *to_size, bytes, size);
	*to_size = (uint8_t)(*to_size + ((size + 3) & ~3));
}

static void add_key_field(struct element *element, const void *bytes, uint8_t size)
{
	append_field(element->key, &element->size, bytes, size);
}

void element_add_index(struct element *element, uint32_t index)
{
	add_key_field(element, &index, sizeof(index));
}

void element_add_name(struct element *element, const struct ifname *name)
{
	add_key_field(element, name->text, IFNAMSIZ);
}

void element_add_mac(struct element *element, const struct mac *mac)
{
	enum field fields[FIELDS_MAX];

	add_key_field(element, mac->bytes, sizeof(mac->bytes));
	if (set_fields(fields, &element->set) == 1) /* only in concatenations fields are padded */
		element->size = sizeof(mac->bytes);
}

void element_add_address(struct element *element, const struct prefix *prefix)
{
	add_key_field(element, prefix->bytes, family_bytes(prefix->family));
}

void element_add_protocol(struct element *element, uint8_t protocol)
{
	add_key_field(element, &protocol, sizeof(protocol));
}

void element_add_port(struct element *element, uint16_t port)
{
	uint16_t wire = htons(port);

	add_key_field(element, &wire, sizeof(wire));
}

void element_add_ethertype(struct element *element, uint16_t ethertype)
{
	element_add_port(element, ethertype);
}

void element_map_address(struct element *element, const struct prefix *address)
{
	append_field(element->data, &element->data_size, address->bytes,
		     family_bytes(address->family));
}

void element_map_port(struct element *element, uint16_t port)
{
	uint16_t wire = htons(port);

	append_field(element->data, &element->data_size, &wire, sizeof(wire));
}

static int compare_elements(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct element));
}

bool elements_finish(struct elements *elements, struct err *err)
{
	size_t kept = 0;

	if (elements->failed)
		return err_memory(err);
	if (elements->count)
		qsort(elements->elements, elements->count, sizeof(*elements->elements),
		      compare_elements);
	for (size_t i = 0; i < elements->count; i++)
		if (!kept ||
		    compare_elements(&elements->elements[kept - 1], &elements->elements[i]))
			elements->elements[kept++] = elements->elements[i];
	elements->count = kept;
	return true;
}

void elements_done(struct elements *elements)
{
	free(elements->elements);
	*elements = (struct elements){ 0 };
}

/* Returns what it takes of the key. */
static uint8_t number_print(FILE *out, const uint8_t *key, uint8_t bytes, uint8_t padded)
{
	fputs("0x", out);
	for (uint8_t i = 0; i < bytes; i++)
		fprintf(out, "%02x", key[i]);
	return padded;
}

static uint8_t field_print(FILE *out, enum field field, const uint8_t *key)
{
	char text[PREFIX_TEXT];
	uint32_t index;
	uint16_t port;

	switch (field) {
	case FIELD_INDEX:
		memcpy(&index, key, sizeof(index));
		fprintf(out, "%u", index);
		return 4;
	case FIELD_NAME:
		fprintf(out, "\"%.*s\"", IFNAMSIZ - 1, (const char *)key);
		return IFNAMSIZ;
	case FIELD_MAC:
		fprintf(out, "%02x:%02x:%02x:%02x:%02x:%02x", key[0], key[1], key[2], key[3],
			key[4], key[5]);
		return 8;
	case FIELD_IPV4:
		fprintf(out, "%s", inet_ntop(AF_INET, key, text, sizeof(text)));
		return 4;
	case FIELD_IPV6:
		fprintf(out, "%s", inet_ntop(AF_INET6, key, text, sizeof(text)));
		return 16;
	case FIELD_MAC_NUMBER:
		return number_print(out, key, 6, 8);
	case FIELD_IPV4_NUMBER:
		return number_print(out, key, 4, 4);
	case FIELD_IPV6_NUMBER:
		return number_print(out, key, 16, 16);
	case FIELD_ETHERTYPE:
		return number_print(out, key, 2, 4);
	case FIELD_PROTOCOL:
		fprintf(out, "%u", key[0]);
		return 4;
	case FIELD_PORT:
		memcpy(&port, key, sizeof(port));
		fprintf(out, "%u", ntohs(port));
		return 4;
	case FIELD_COUNT:
		break;
	}
	return 0;
}

static void fields_print(FILE *out, const enum field *fields, unsigned count, const uint8_t *bytes)
{
	for (unsigned i = 0; i < count; i++) {
		fputs(i ? " . " : "", out);
		bytes += field_print(out, fields[i], bytes);
	}
}

void element_print(FILE *out, const struct element *element)
{
	enum field fields[FIELDS_MAX];
	unsigned count = set_fields(fields, &element->set);
	char chain[CHAIN_NAME_SIZE];

	fields_print(out, fields, count, element->key);
	if (set_has_verdict(&element->set))
		fprintf(out, " : goto %s", element_chain(chain, element));
	count = set_data_fields(fields, &element->set);
	if (!count)
		return;
	fputs(" : ", out);
	fields_print(out, fields, count, element->data);
}
