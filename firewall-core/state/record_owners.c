/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has an address ↔ xenstore, several addresses in one node: all vifs of each take part in it.
 *
 *     taofirewall/owner/<number>/<number> = "192.0.2.10 1/0@1024 2/0@1023;2001:db8::10 1/0@1024;"
 */
#include "base/number.h"
#include "state/record.h"

const char *record_name(char out[static PREFIX_TEXT], const struct prefix *prefix)
{
	prefix_print(out, prefix);
	for (char *c = out; *c; c++)
		if (*c == '/')
			*c = '_';
		else if (*c == '.' || *c == ':')
			*c = '-';
	return out;
}

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/, of which the lowest bits are the weakest. */
unsigned record_folder(const struct prefix *prefix, unsigned folders)
{
	uint32_t hash = 2166136261 ^ prefix->length;

	for (unsigned i = 0; i < family_bytes(prefix->family); i++)
		hash = (hash ^ prefix->bytes[i]) * 16777619;
	return (hash ^ hash >> 16) % folders;
}

/* Of 15,000 addresses each node has seven or so. */
#define FOLDERS 32
#define NODES 64
static const char *node_path(char out[static STORE_PATH_SIZE], const struct prefix *prefix)
{
	unsigned place = record_folder(prefix, FOLDERS * NODES);

	snprintf(out, STORE_PATH_SIZE, "%s/owner/%u/%u", store_folder(), place / NODES,
		 place % NODES);
	return out;
}

/* Cut what the text of a node says of a prefix out of it: "1/0@1024 2/0@1023;". */
static void cut_entry(char entry[static STORE_VALUE_SIZE], char *text, const struct prefix *prefix)
{
	char name[PREFIX_TEXT], *end;

	prefix_print(name, prefix);
	entry[0] = '\0';
	for (char *at = text; *at; at = end) {
		size_t length = strcspn(at, " ;");

		end = at + strcspn(at, ";");
		end += *end == ';';
		if (length != strlen(name) || strncmp(at, name, length))
			continue;
		snprintf(entry, STORE_VALUE_SIZE, "%.*s", (int)(end - at - (ssize_t)length),
			 at + length);
		memmove(at, end, strlen(end) + 1);
		return;
	}
}

static bool parse_owners(struct owners *owners, char *entry, const struct vif_id *except)
{
	char *rest = NULL, *at;

	*owners = (struct owners){ 0 };
	for (char *word = strtok_r(entry, " ;", &rest); word; word = strtok_r(NULL, " ;", &rest)) {
		struct owner owner;

		at = strchr(word, '@');
		if (!at || owners->count == OWNERS_MAX)
			return false;
		*at = '\0';
		if (!number_parse(&owner.metric, at + 1, UINT32_MAX) ||
		    !vif_id_parse(&owner.id, word))
			return false;
		if (!except || !vif_id_equal(&owner.id, except))
			owners->owner[owners->count++] = owner;
	}
	return true;
}

/* text is left with what the node says of other prefixes. */
static bool read_owners(struct owners *owners, char text[static STORE_VALUE_SIZE],
			struct store *store, const struct prefix *prefix,
			const struct vif_id *except, struct err *err)
{
	char path[STORE_PATH_SIZE], entry[STORE_VALUE_SIZE];

	if (!store_read_text(text, NULL, store, node_path(path, prefix), err))
		return false;
	cut_entry(entry, text, prefix);
	return parse_owners(owners, entry, except) ||
	       err_set(err, "xenstore: %s has unexpected contents", path);
}

/* Put them behind what text says of other prefixes. */
static bool print_owners(char text[static STORE_VALUE_SIZE], const struct prefix *prefix,
			 const struct owners *owners, struct err *err)
{
	char entry[STORE_VALUE_SIZE], name[PREFIX_TEXT], id[VIF_ID_TEXT];
	int used = snprintf(entry, sizeof(entry), "%s", prefix_print(name, prefix));
	size_t length = strlen(text);

	for (unsigned i = 0; i < owners->count; i++)
		used += snprintf(entry + used, sizeof(entry) - (size_t)used, " %s@%u",
				 vif_id_print(id, &owners->owner[i].id), owners->owner[i].metric);
	return snprintf(text + length, STORE_VALUE_SIZE - length, "%s;", entry) <
		       (int)(STORE_VALUE_SIZE - length) ||
	       err_set(err, "%s: the addresses of all vifs are too many for xenstore", name);
}

unsigned record_owned(struct prefix owned[static OWNED_MAX], const struct vif *vif)
{
	unsigned count = vif->prefix_count;

	memcpy(owned, vif->prefixes, count * sizeof(*owned));
	if (vif->bridge_index)
		owned[count++] = mac_link_local(&vif->mac);
	return count;
}

bool record_read_owners(struct owners *owners, struct store *store, const struct prefix *prefix,
			const struct vif_id *except, struct err *err)
{
	char text[STORE_VALUE_SIZE];

	return read_owners(owners, text, store, prefix, except, err);
}

static bool write_owner(struct store *store, const struct record *record,
			const struct prefix *prefix, bool owns, struct err *err)
{
	char path[STORE_PATH_SIZE], text[STORE_VALUE_SIZE], name[PREFIX_TEXT];
	struct owners owners;

	node_path(path, prefix);
	if (!read_owners(&owners, text, store, prefix, &record->vif.id, err))
		return false;
	if (owns && owners.count == OWNERS_MAX)
		return err_set(err, "%s: %d other vifs have this address, one too many",
			       prefix_print(name, prefix), OWNERS_MAX);
	if (owns)
		owners.owner[owners.count++] = (struct owner){ record->vif.id, record->metric };
	if (owners.count && !print_owners(text, prefix, &owners, err))
		return false;
	return *text ? store_write_text(store, path, text, err)
		     : store_remove_upwards(store, path, 1, err);
}

bool record_write_owners(struct store *store, const struct record *record, bool owns,
			 struct err *err)
{
	struct prefix owned[OWNED_MAX];
	unsigned count = record_owned(owned, &record->vif);

	for (unsigned i = 0; i < count; i++)
		if (!write_owner(store, record, &owned[i], owns, err))
			return false;
	return true;
}
