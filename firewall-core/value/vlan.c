/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text → VLANs of a port. */
#include "value/vlan.h"
#include "base/number.h"

/* "100-110u", "100+10x4", "10p" */
struct term {
	unsigned first, step, last;
	bool is_own, is_untagged;
};

/* 0 to 9999; *text moves behind it. */
static bool parse_vlan_number(unsigned *number, const char **text)
{
	uint64_t value;

	if (!number_read_digits(&value, text, 10, 9999))
		return false;
	*number = (unsigned)value;
	return true;
}

static bool parse_range(struct term *term, const char **text)
{
	unsigned further;

	if (!parse_vlan_number(&term->first, text))
		return false;
	term->last = term->first;
	term->step = 1;
	if (**text == '-') {
		(*text)++;
		return parse_vlan_number(&term->last, text) && term->last >= term->first;
	}
	if (**text != '+')
		return true;
	(*text)++;
	if (!parse_vlan_number(&term->step, text) || term->step == 0 || *(*text)++ != 'x' ||
	    !parse_vlan_number(&further, text))
		return false;
	term->last = term->first + term->step * further;
	return true;
}

static bool parse_term(struct term *term, const char **text)
{
	if (!parse_range(term, text))
		return false;
	term->is_own = **text == 'p';
	term->is_untagged = term->is_own || **text == 'u';
	*text += term->is_untagged;
	return (**text == '/' || !**text) && !(term->is_own && term->first != term->last);
}

static bool add_term(struct vlans *vlans, const struct term *term, struct err *err)
{
	if (term->first < 1 || term->last > VLAN_MAX)
		return err_set(err, "a VLAN has a number from 1 to %d", VLAN_MAX);
	for (unsigned vlan = term->first; vlan <= term->last; vlan += term->step) {
		if (vlans->vlan[vlan] != VLAN_NONE)
			return err_set(err, "VLAN %u is given twice", vlan);
		vlans->vlan[vlan] = term->is_untagged ? VLAN_UNTAGGED : VLAN_TAGGED;
		vlans->has_tagged |= !term->is_untagged;
	}
	if (!term->is_own)
		return true;
	if (vlans->own)
		return err_set(err, "%u and %u can't both be the VLAN of frames without a tag",
			       vlans->own, term->first);
	vlans->own = (uint16_t)term->first;
	return true;
}

bool vlans_parse(struct vlans *vlans, const char *text, struct err *err)
{
	struct vlans parsed = { 0 };
	struct term term = { 0 };
	const char *rest = text;
	unsigned count = 0;
	char seen[SHOWN_SIZE];

	do {
		rest += count++ > 0; /* the slash */
		if (!parse_term(&term, &rest))
			return err_set(err, "\"%s\" is not a list of VLANs like 10p/20/100-110u",
				       shown(seen, text));
		term.is_own |= count == 1 && !*rest && term.first == term.last;
		term.is_untagged |= term.is_own;
		if (!add_term(&parsed, &term, err))
			return false;
	} while (*rest);
	if (!parsed.own)
		return err_set(err, "none of them is the one of frames without a tag: mark it with "
				    "p, as in 10p/20");
	*vlans = parsed;
	return true;
}
