/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text ↔ which interface a vif is, and what its ip= holds → prefixes. */
#include "vif.h"
#include <ctype.h>
#include <string.h>

#define TAP_SUFFIX "-emu"

const char *vif_id_print(char out[static VIF_ID_TEXT], const struct vif_id *id)
{
	snprintf(out, VIF_ID_TEXT, "%u/%u%s", id->domid, id->devid, id->is_tap ? TAP_SUFFIX : "");
	return out;
}

/* A number as vif_id_print() prints it: no sign, no leading zeros. *text moves behind it. */
static bool parse_number(uint32_t *number, const char **text, uint32_t most)
{
	const char *digit = *text;
	uint64_t value = 0;

	if (!isdigit((unsigned char)digit[0]) ||
	    (digit[0] == '0' && isdigit((unsigned char)digit[1])))
		return false;
	for (; isdigit((unsigned char)*digit); digit++) {
		value = 10 * value + (uint64_t)(*digit - '0');
		if (value > most)
			return false;
	}
	*number = (uint32_t)value;
	*text = digit;
	return true;
}

bool vif_id_parse(struct vif_id *id, const char *text)
{
	struct vif_id parsed = { 0 };

	if (!parse_number(&parsed.domid, &text, DOMID_MAX) || *text++ != '/' ||
	    !parse_number(&parsed.devid, &text, UINT32_MAX))
		return false;
	parsed.is_tap = strcmp(text, TAP_SUFFIX) == 0;
	if (*text && !parsed.is_tap)
		return false;
	*id = parsed;
	return true;
}

bool vif_id_equal(const struct vif_id *a, const struct vif_id *b)
{
	return a->domid == b->domid && a->devid == b->devid && a->is_tap == b->is_tap;
}

struct ifname vif_id_name(const struct vif_id *id)
{
	char text[VIF_ID_TEXT];
	struct ifname name = { "" };
	int length = snprintf(text, sizeof(text), "vif%u.%u%s", id->domid, id->devid,
			      id->is_tap ? TAP_SUFFIX : "");

	if (length > 0 && (size_t)length < sizeof(name.text))
		memcpy(name.text, text, (size_t)length + 1);
	return name;
}

bool vif_has(const struct vif *vif, const struct prefix *prefix)
{
	return prefix_is_among(vif->prefixes, vif->prefix_count, prefix);
}

bool vif_holds(const struct vif *vif, const struct prefix *address)
{
	for (unsigned i = 0; i < vif->prefix_count; i++)
		if (prefix_contains(&vif->prefixes[i], address))
			return true;
	return false;
}

/* Append one prefix; an address in two ways, or twice, is a mistake of whoever wrote it. */
static bool add_prefix(struct vif *vif, const struct prefix *prefix, struct err *err)
{
	char text[PREFIX_TEXT], other_text[PREFIX_TEXT];

	prefix_print(text, prefix);
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		const struct prefix *other = &vif->prefixes[i];

		prefix_print(other_text, other);
		if (prefix_compare(prefix, other) == 0)
			return err_set(err, "%s is given twice", text);
		if (prefix_contains(other, prefix))
			return err_set(err, "%s lies inside %s, which is given too", text,
				       other_text);
		if (prefix_contains(prefix, other))
			return err_set(err, "%s lies inside %s, which is given too", other_text,
				       text);
	}
	if (vif->prefix_count == VIF_PREFIXES_MAX)
		return err_set(err, "there are more than %d addresses", VIF_PREFIXES_MAX);
	vif->prefixes[vif->prefix_count++] = *prefix;
	return true;
}

bool vif_parse_ip(struct vif *vif, const char *text, struct err *err)
{
	static const char separators[] = " \t,";
	struct vif parsed = { .prefix_count = 0 };
	char word[PREFIX_TEXT], shown_word[SHOWN_SIZE];
	struct prefix prefix;
	size_t length;

	for (text += strspn(text, separators); *text;
	     text += length, text += strspn(text, separators)) {
		length = strcspn(text, separators);
		if (length >= sizeof(word))
			return err_set(err, "\"%s\" is not an address", shown(shown_word, text));
		memcpy(word, text, length);
		word[length] = '\0';
		if (!prefix_parse(&prefix, word, err) || !prefix_check_unicast(&prefix, err) ||
		    !add_prefix(&parsed, &prefix, err))
			return false;
	}
	vif->prefix_count = parsed.prefix_count;
	memcpy(vif->prefixes, parsed.prefixes, sizeof(parsed.prefixes));
	return true;
}

bool vif_parse_mtu(uint32_t *mtu, const char *text, struct err *err)
{
	char seen[SHOWN_SIZE], *end;
	unsigned long read = strtoul(text, &end, 10);

	if (*end || read < 68 || read > 65517) /* RFC 791; XEN_NETIF_MAX_TX_SIZE - ETH_HLEN */
		return err_set(err, "\"%s\" is not between 68 and 65517", shown(seen, text));
	*mtu = (uint32_t)read;
	return true;
}
