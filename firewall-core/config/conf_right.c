/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ROLE, MACS, ETHERTYPES, SHARED, ANY_CARD of a host file → what its guest may beside others. */
#include "config/conf_right.h"
#include "base/number.h"
#include <linux/if_ether.h>
#include <string.h>

static const char blanks[] = " \t";

bool conf_right_check_guest(const struct reading *reading, const struct ini_entry *entry,
			    const char *what)
{
	const struct ini_entry *type = key_find(reading, "header", "type");

	if (!type || !strcasecmp(type->value, host_type_names[HOST_DOMU]))
		return true;
	key_complain(reading, entry, "%s, so it needs TYPE = domu", what);
	return false;
}

static bool check_guest_right(const struct reading *reading, const struct ini_entry *entry)
{
	return conf_right_check_guest(reading, entry, "it is a right of a guest's interface");
}

void conf_right_parse_role(struct reading *reading, const struct key *key,
			   const struct ini_entry *entry)
{
	if (check_guest_right(reading, entry))
		key_parse_choice(reading, key, entry);
}

void conf_right_parse_bool(struct reading *reading, const struct key *key,
			   const struct ini_entry *entry)
{
	if (check_guest_right(reading, entry))
		key_parse_bool(reading, key, entry);
}

void conf_right_parse_macs(struct reading *reading, const struct key *key,
			   const struct ini_entry *entry)
{
	struct host *host = reading->target;
	const char *text = entry->value;
	struct word word;
	struct mac mac;
	struct err err;

	(void)key;
	if (!check_guest_right(reading, entry))
		return;
	while (key_next_word(&word, &text, blanks)) {
		if (!mac_parse(&mac, word.text, &err))
			key_complain(reading, entry, "%s", err.text);
		else if (host->mac_count == HOST_MACS_MAX)
			key_complain(reading, entry, "there are more than %d", HOST_MACS_MAX);
		else
			host->macs[host->mac_count++] = mac;
	}
}

/* "0x8863". Below 0x600 it is a length: IEEE 802.3, 3.2.6. */
static bool parse_ethertype(uint16_t *ethertype, const char *text, struct err *err)
{
	const char *digits = text + 2;
	char seen[SHOWN_SIZE];
	uint64_t number;

	if (strncasecmp(text, "0x", 2) || !number_read_digits(&number, &digits, 16, UINT16_MAX) ||
	    *digits || number < ETH_P_802_3_MIN)
		return err_set(err, "\"%s\" is no ether type: 0x0600 to 0xffff", shown(seen, text));
	if (number == ETH_P_IP || number == ETH_P_ARP || number == ETH_P_IPV6)
		return err_set(err, "\"%s\": IPv4, ARP and IPv6 go by their addresses",
			       shown(seen, text));
	if (number == ETH_P_8021Q || number == ETH_P_8021AD)
		return err_set(err,
			       "\"%s\": a tag would hide from whom it is: give the guest a bridge, "
			       "or a card, for each VLAN",
			       shown(seen, text));
	*ethertype = (uint16_t)number;
	return true;
}

void conf_right_parse_ethertypes(struct reading *reading, const struct key *key,
				 const struct ini_entry *entry)
{
	struct host *host = reading->target;
	const char *text = entry->value;
	uint16_t ethertype = 0;
	struct word word;
	struct err err;

	(void)key;
	if (!check_guest_right(reading, entry))
		return;
	while (key_next_word(&word, &text, blanks)) {
		if (!parse_ethertype(&ethertype, word.text, &err))
			key_complain(reading, entry, "%s", err.text);
		else if (host->ethertype_count == HOST_ETHERTYPES_MAX)
			key_complain(reading, entry, "there are more than %d", HOST_ETHERTYPES_MAX);
		else
			host->ethertypes[host->ethertype_count++] = ethertype;
	}
}
