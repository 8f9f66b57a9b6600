/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text ↔ which interface a vif is, and what its ip= holds → prefixes. */
#include "value/vif.h"
#include "base/array.h"
#include "base/number.h"
#include <string.h>

#define TAP_SUFFIX "-emu"

const char *vif_id_print(char out[static VIF_ID_TEXT], const struct vif_id *id)
{
	snprintf(out, VIF_ID_TEXT, "%u/%u%s", id->domid, id->devid, id->is_tap ? TAP_SUFFIX : "");
	return out;
}

bool vif_id_parse(struct vif_id *id, const char *text)
{
	struct vif_id parsed = { 0 };

	if (!number_read(&parsed.domid, &text, DOMID_MAX) || *text++ != '/' ||
	    !number_read(&parsed.devid, &text, UINT32_MAX))
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

bool vif_id_is_among(const struct vif_id *ids, size_t count, const struct vif_id *id)
{
	for (size_t i = 0; i < count; i++)
		if (vif_id_equal(&ids[i], id))
			return true;
	return false;
}

bool vif_id_add(struct vif_id **ids, size_t *count, const struct vif_id *id, struct err *err)
{
	struct vif_id *added = array_add(ids, *count, sizeof(*added));

	if (!added)
		return err_memory(err);
	*added = *id;
	(*count)++;
	return true;
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

bool vif_is_duplicate(const struct vif *a, const struct vif *b)
{
	return a->bridge_index && a->bridge_index == b->bridge_index &&
	       !memcmp(&a->mac, &b->mac, sizeof(a->mac));
}

bool vif_has_family(const struct vif *vif, enum family family)
{
	for (unsigned i = 0; i < vif->prefix_count; i++)
		if (vif->prefixes[i].family == family)
			return true;
	return false;
}

/* Append one prefix; an address in two ways, or twice, is a mistake of whoever wrote it. */
static bool add_vif_prefix(struct vif *vif, const struct prefix *prefix, struct err *err)
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
		    !add_vif_prefix(&parsed, &prefix, err))
			return false;
	}
	vif->prefix_count = parsed.prefix_count;
	memcpy(vif->prefixes, parsed.prefixes, sizeof(parsed.prefixes));
	return true;
}

enum vif_fate vif_judge(struct vif *vif, enum vif_place place, const char *ip, struct err *why)
{
	struct vif parsed = { .prefix_count = 0 };

	if (place == VIF_SWITCHED) {
		err_set(why, "what passes there meets none of the kernel's rules for bridges");
		return VIF_MISSED;
	}
	if (!vif_parse_ip(&parsed, ip, why)) {
		err_prefix(why, "ip=: ");
		return VIF_CLOSED;
	}
	if (place == VIF_ROUTED && !parsed.prefix_count) {
		err_set(why, "no ip=: a routed vif without addresses could not send anything");
		return VIF_CLOSED;
	}
	vif->prefix_count = parsed.prefix_count;
	memcpy(vif->prefixes, parsed.prefixes, sizeof(parsed.prefixes));
	return VIF_HELD;
}

bool vif_parse_mtu(uint32_t *mtu, const char *text, struct err *err)
{
	char seen[SHOWN_SIZE];
	uint32_t read;

	/* RFC 791; XEN_NETIF_MAX_TX_SIZE - ETH_HLEN */
	if (!number_parse(&read, text, 65517) || read < 68)
		return err_set(err, "\"%s\" is not between 68 and 65517", shown(seen, text));
	*mtu = read;
	return true;
}

bool vif_check_mtu(const struct vif *vif, uint32_t mtu, struct err *err)
{
	return mtu >= 1280 || !vif_has_family(vif, IPV6) ||
	       err_set(err, "%u is too small for IPv6, which needs 1280 (RFC 8200, 5)", mtu);
}

bool vif_check_name(const struct ifname *wanted, const struct ifname *kernel_name, struct err *err)
{
	static const char kernels[] = "vif";
	const char *number = wanted->text + strlen(kernels);

	if (strncmp(wanted->text, kernels, strlen(kernels)) ||
	    number[strspn(number, "0123456789")] != '.' || !strcmp(wanted->text, kernel_name->text))
		return true;
	return err_set(err, "%s is the kernel's name for another domain's vif", wanted->text);
}
