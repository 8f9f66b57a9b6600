/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interface a vif is, and which addresses its ip= gives it. */
#include "tap.h"
#include "value/vif.h"

static void test_id(void)
{
	static const char *const good[][2] = {
		{ "1/0", "vif1.0" },
		{ "32751/12", "vif32751.12" },
		{ "1/0-emu", "vif1.0-emu" },
		{ "0/0", "vif0.0" },
		{ "10/4294967295", "" },
		{ "32751/99999", "vif32751.99999" },
		{ "32751/999999", "vif32751.999999" },
		{ "32751/9999999", "" },
	};
	static const char *const bad[] = { "",
					   "1",
					   "1/",
					   "/0",
					   "01/0",
					   "1/00",
					   "-1/0",
					   "1/-1",
					   "+1/0",
					   " 1/0",
					   "1/0 ",
					   "1/0/",
					   "1/0-em",
					   "1/0-emux",
					   "32752/0",
					   "1/4294967296",
					   "a/0",
					   "../1/0",
					   "99999999999999999999/0" };
	struct vif_id id = { 7, 7, false };
	char text[VIF_ID_TEXT];
	struct ifname name;

	for (size_t i = 0; i < COUNT(bad); i++)
		ok(!vif_id_parse(&id, bad[i]), "\"%s\" is no vif", bad[i]);
	ok(id.domid == 7 && id.devid == 7, "a failure leaves the vif alone");
	for (size_t i = 0; i < COUNT(good); i++) {
		ok(vif_id_parse(&id, good[i][0]), "%s is a vif", good[i][0]);
		is_text(vif_id_print(text, &id), good[i][0], "and prints as it was");
		name = vif_id_name(&id);
		is_text(name.text, good[i][1], "its interface");
	}
	id = (struct vif_id){ UINT32_MAX, UINT32_MAX, true };
	is_text(vif_id_print(text, &id), "4294967295/4294967295-emu", "the longest one");
}

static void print(char out[static 400], const struct vif *vif)
{
	char text[PREFIX_TEXT];

	out[0] = '\0';
	for (unsigned i = 0; i < vif->prefix_count; i++) {
		strcat(out, i ? " " : "");
		strcat(out, prefix_print(text, &vif->prefixes[i]));
	}
}

static void test_ip(void)
{
	static const char *const good[][2] = {
		{ "", "" },
		{ " , ", "" },
		{ "192.0.2.10", "192.0.2.10" },
		{ "192.0.2.10,2001:db8::1", "192.0.2.10 2001:db8::1" },
		{ "  192.0.2.10 ,, 2001:db8:1::/64\t203.0.113.0/28 ",
		  "192.0.2.10 2001:db8:1::/64 203.0.113.0/28" },
	};
	static const char *const bad[][2] = {
		{ "192.0.2.10;", "\"192.0.2.10;\" is not an address" },
		{ "192.0.2.10\n", "\"192.0.2.10?\" is not an address" },
		{ "192.0.2.10 -j ACCEPT", "\"-j\" is not an address" },
		{ "$(touch /tmp/p)", "\"$(touch\" is not an address" },
		{ "0.0.0.0/0",
		  "0.0.0.0/0 holds 0.0.0.0/8 (unspecified), which can't belong to a machine" },
		{ "192.0.2.10 192.0.2.10/32", "192.0.2.10 is given twice" },
		{ "192.0.2.0/24,192.0.2.10",
		  "192.0.2.10 lies inside 192.0.2.0/24, which is given too" },
		{ "192.0.2.10,192.0.2.0/24",
		  "192.0.2.10 lies inside 192.0.2.0/24, which is given too" },
	};
	static char many[64 * 1024];
	struct vif vif = { .id = { 1, 2, false } };
	char text[400];
	struct err err;
	size_t used = 0;

	for (size_t i = 0; i < COUNT(good); i++) {
		ok(vif_parse_ip(&vif, good[i][0], &err), "\"%s\"", good[i][0]);
		print(text, &vif);
		is_text(text, good[i][1], "gives");
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		ok(!vif_parse_ip(&vif, bad[i][0], &err), "bad ip= %zu", i);
		is_text(err.text, bad[i][1], "says");
	}
	print(text, &vif);
	is_text(text, good[COUNT(good) - 1][1], "a failure leaves the addresses alone");
	ok(vif.id.domid == 1 && vif.id.devid == 2, "nothing else of the vif is touched");

	for (unsigned i = 0; i < VIF_PREFIXES_MAX; i++)
		used += (size_t)snprintf(many + used, sizeof(many) - used, "10.0.0.%u ", i);
	ok(vif_parse_ip(&vif, many, &err) && vif.prefix_count == VIF_PREFIXES_MAX,
	   "as many as fit");
	strcpy(many + used, "10.0.1.1");
	ok(!vif_parse_ip(&vif, many, &err), "and one more");
	is_text(err.text, "there are more than 64 addresses", "says");
	memset(many, '1', sizeof(many) - 1);
	ok(!vif_parse_ip(&vif, many, &err), "a word without an end");
}

static void test_judge(void)
{
	static const struct {
		enum vif_place place;
		const char *ip;
		enum vif_fate fate;
		const char *why;
	} all[] = {
		{ VIF_ROUTED, "192.0.2.10", VIF_HELD, "" },
		{ VIF_BRIDGED, " ,", VIF_HELD, "" },
		{ VIF_ROUTED, " ,", VIF_CLOSED,
		  "no ip=: a routed vif without addresses could not send anything" },
		{ VIF_BRIDGED, "192.0.2.10 192.0.2.10", VIF_CLOSED,
		  "ip=: 192.0.2.10 is given twice" },
		{ VIF_SWITCHED, "192.0.2.10", VIF_MISSED,
		  "what passes there meets none of the kernel's rules for bridges" },
	};

	for (size_t i = 0; i < COUNT(all); i++) {
		struct vif vif = { .prefix_count = 0 };
		struct err why = { "" };

		ok(vif_judge(&vif, all[i].place, all[i].ip, &why) == all[i].fate, "case %zu", i);
		is_text(why.text, all[i].why, "why");
		ok(vif.prefix_count == (i == 0), "and its addresses");
	}
}

int main(void)
{
	test_id();
	test_judge();
	test_ip();
	return tap_done();
}
