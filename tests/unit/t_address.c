/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, prefixes, MAC addresses and names of interfaces: text to value and back. */
#include "tap.h"
#include "value/address.h"

/* What prefix_parse() takes prints as given, or as the second text. */
static void test_good_prefixes(void)
{
	static const char *const good[][2] = {
		{ "192.0.2.10", "192.0.2.10" },
		{ "192.0.2.10/32", "192.0.2.10" },
		{ "192.0.2.0/24", "192.0.2.0/24" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "128.0.0.0/1", "128.0.0.0/1" },
		{ "255.255.255.254/31", "255.255.255.254/31" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "2001:DB8:0:0::1/128", "2001:db8::1" },
		{ "2001:db8::/32", "2001:db8::/32" },
		{ "2001:db8:8000::/33", "2001:db8:8000::/33" },
		{ "::/0", "::/0" },
		{ "2001:db8::192.0.2.1", "2001:db8::c000:201" },
	};
	char text[PREFIX_TEXT];
	struct prefix prefix;
	struct err err;

	for (size_t i = 0; i < COUNT(good); i++)
		if (prefix_parse(&prefix, good[i][0], &err))
			is_text(prefix_print(text, &prefix), good[i][1], good[i][0]);
		else
			ok(false, "%s: %s", good[i][0], err.text);
}

static void test_bad_prefixes(void)
{
	static const char *const bad[][2] = {
		{ "", "\"\" is not an address" },
		{ "/", "\"/\" is not an address" },
		{ "192.0.2", "\"192.0.2\" is not an address" },
		{ "192.0.2.256", "\"192.0.2.256\" is not an address" },
		{ "192.0.2.010",
		  "\"192.0.2.010\" is not an address" }, /* 8 to some, 10 to others */
		{ "0xc0.0.2.1", "\"0xc0.0.2.1\" is not an address" },
		{ " 192.0.2.1", "\" 192.0.2.1\" is not an address" },
		{ "192.0.2.1 ", "\"192.0.2.1 \" is not an address" },
		{ "192.0.2.1,", "\"192.0.2.1,\" is not an address" },
		{ "192.0.2.1\n", "\"192.0.2.1?\" is not an address" },
		{ "fe80::1%eth0", "\"fe80::1%eth0\" is not an address" },
		{ "2001:db8::1::", "\"2001:db8::1::\" is not an address" },
		{ "$(touch /tmp/p)", "\"$(touch /tmp/p)\" is not an address" },
		{ "192.0.2.0/", "\"192.0.2.0/\": the length of a prefix is a number from 0 to 32" },
		{ "192.0.2.0/33",
		  "\"192.0.2.0/33\": the length of a prefix is a number from 0 to 32" },
		{ "192.0.2.0/024",
		  "\"192.0.2.0/024\": the length of a prefix is a number from 0 to 32" },
		{ "192.0.2.0/-1",
		  "\"192.0.2.0/-1\": the length of a prefix is a number from 0 to 32" },
		{ "192.0.2.0/24/24",
		  "\"192.0.2.0/24/24\": the length of a prefix is a number from 0 to 32" },
		{ "::/129", "\"::/129\": the length of a prefix is a number from 0 to 128" },
		{ "::/1000", "\"::/1000\": the length of a prefix is a number from 0 to 128" },
		{ "192.0.2.10/24",
		  "\"192.0.2.10/24\" has bits set behind its length: the one address is "
		  "192.0.2.10, the whole network 192.0.2.0/24" },
		{ "2001:db8::1/64", "\"2001:db8::1/64\" has bits set behind its length: the "
				    "one address is 2001:db8::1, the whole network 2001:db8::/64" },
	};
	struct prefix prefix = { .length = 77 };
	struct err err;

	for (size_t i = 0; i < COUNT(bad); i++)
		if (prefix_parse(&prefix, bad[i][0], &err))
			ok(false, "%s is taken", bad[i][0]);
		else
			is_text(err.text, bad[i][1], bad[i][1]);
	ok(prefix.length == 77, "a failure leaves the prefix alone");
}

static struct prefix parse(const char *text)
{
	struct prefix prefix = { 0 };
	struct err err;

	if (!prefix_parse(&prefix, text, &err))
		ok(false, "%s: %s", text, err.text);
	return prefix;
}

static void test_relations(void)
{
	static const struct {
		const char *outer, *inner;
		bool contains;
	} pairs[] = {
		{ "192.0.2.0/24", "192.0.2.10", true },
		{ "192.0.2.0/24", "192.0.2.0/24", true },
		{ "192.0.2.0/24", "192.0.2.0/23", false },
		{ "192.0.2.0/25", "192.0.2.128", false },
		{ "192.0.2.10", "192.0.2.10", true },
		{ "192.0.2.10", "192.0.2.11", false },
		{ "0.0.0.0/0", "203.0.113.1", true },
		{ "0.0.0.0/0", "::", false },
		{ "::/0", "192.0.2.1", false },
		{ "2001:db8::/33", "2001:db8:8000::", false },
		{ "2001:db8::/33", "2001:db8:7fff::", true },
		{ "::/0", "2001:db8::/32", true },
	};
	static const char *const ordered[] = { "0.0.0.0/0", "192.0.2.0/23", "192.0.2.0/24",
					       "192.0.2.0", "192.0.2.1",    "192.0.3.0",
					       "::/0",	    "::",	    "2001:db8::/32" };

	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct prefix outer = parse(pairs[i].outer), inner = parse(pairs[i].inner);

		ok(prefix_contains(&outer, &inner) == pairs[i].contains, "%s %s %s", pairs[i].outer,
		   pairs[i].contains ? "holds" : "does not hold", pairs[i].inner);
	}
	for (size_t i = 0; i < COUNT(ordered); i++)
		for (size_t j = 0; j < COUNT(ordered); j++) {
			struct prefix a = parse(ordered[i]), b = parse(ordered[j]);
			int order = prefix_compare(&a, &b);

			ok((order > 0) - (order < 0) == (i > j) - (i < j), "the order of %s and %s",
			   ordered[i], ordered[j]);
		}
}

static void test_last(void)
{
	static const struct {
		const char *prefix, *address;
		bool is_last;
	} asks[] = {
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.2.254", false },
		{ "192.0.2.128/26", "192.0.2.191", true },
		{ "192.0.2.128/26", "192.0.2.255", false },
		{ "192.0.2.8/30", "192.0.2.11", true },
		{ "192.0.2.8/31", "192.0.2.9", false },
		{ "192.0.2.255", "192.0.2.255", false },
		{ "2001:db8::/32", "192.0.2.255", false },
		{ "192.0.2.0/24", "198.51.100.255", false },
	};

	for (size_t i = 0; i < COUNT(asks); i++) {
		struct prefix prefix = parse(asks[i].prefix), address = parse(asks[i].address);

		ok(prefix_is_last(&prefix, &address) == asks[i].is_last, "is %s the last of %s?",
		   asks[i].address, asks[i].prefix);
	}
}

static void test_cut(void)
{
	struct prefix address = parse("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), cut;
	char text[PREFIX_TEXT];

	cut = prefix_cut(&address, 45);
	is_text(prefix_print(text, &cut), "2001:db8:fff8::/45", "cut within a byte");
	is_text(prefix_print_address(text, &cut), "2001:db8:fff8::", "the address of a prefix");
	cut = prefix_cut(&cut, 100);
	ok(cut.length == 45, "cutting makes nothing longer");
	cut = prefix_cut(&cut, 0);
	is_text(prefix_print(text, &cut), "::/0", "cut to nothing");
	ok(prefix_is_address(&address) && !prefix_is_address(&cut), "addresses and prefixes");
}

static void test_unicast(void)
{
	static const char *const good[] = { "192.0.2.10",      "192.0.2.0/24",	 "10.0.0.0/8",
					    "2001:db8::/32",   "fd00:1::/64",	 "223.255.255.255",
					    "169.253.255.255", "126.255.255.255" };
	static const char *const bad[][2] = {
		{ "0.0.0.0/0",
		  "0.0.0.0/0 holds 0.0.0.0/8 (unspecified), which can't belong to a machine" },
		{ "0.0.0.0",
		  "0.0.0.0 is in 0.0.0.0/8 (unspecified), which can't belong to a machine" },
		{ "127.0.0.1",
		  "127.0.0.1 is in 127.0.0.0/8 (loopback), which can't belong to a machine" },
		{ "126.0.0.0/7",
		  "126.0.0.0/7 holds 127.0.0.0/8 (loopback), which can't belong to a machine" },
		{ "169.254.1.1", "169.254.1.1 is in 169.254.0.0/16 (link-local), which can't "
				 "belong to a machine" },
		{ "224.0.0.1",
		  "224.0.0.1 is in 224.0.0.0/4 (multicast), which can't belong to a machine" },
		{ "255.255.255.255", "255.255.255.255 (broadcast) can't belong to a machine" },
		{ "::", ":: (unspecified) can't belong to a machine" },
		{ "::1", "::1 (loopback) can't belong to a machine" },
		{ "::/96", "::/96 holds :: (unspecified), which can't belong to a machine" },
		{ "fe80::1",
		  "fe80::1 is in fe80::/10 (link-local), which can't belong to a machine" },
		{ "febf::/16",
		  "febf::/16 is in fe80::/10 (link-local), which can't belong to a machine" },
		{ "ff02::1",
		  "ff02::1 is in ff00::/8 (multicast), which can't belong to a machine" },
		{ "::ffff:192.0.2.1",
		  "::ffff:192.0.2.1 is in ::ffff:0.0.0.0/96 (IPv4-mapped), which "
		  "can't belong to a machine" },
	};
	struct prefix prefix;
	struct err err;

	for (size_t i = 0; i < COUNT(good); i++) {
		prefix = parse(good[i]);
		ok(prefix_check_unicast(&prefix, &err), "%s can belong to a machine", good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		prefix = parse(bad[i][0]);
		if (prefix_check_unicast(&prefix, &err))
			ok(false, "%s is taken", bad[i][0]);
		else
			is_text(err.text, bad[i][1], bad[i][1]);
	}
}

static void test_mac(void)
{
	static const char *const bad[][2] = {
		{ "", "\"\" is not a MAC address" },
		{ "00:16:3e:00:00", "\"00:16:3e:00:00\" is not a MAC address" },
		{ "00:16:3e:00:00:01:", "\"00:16:3e:00:00:01:\" is not a MAC address" },
		{ "00-16-3e-00-00-01", "\"00-16-3e-00-00-01\" is not a MAC address" },
		{ "00:16:3e:00:00:0g", "\"00:16:3e:00:00:0g\" is not a MAC address" },
		{ "0:016:3e:00:00:01", "\"0:016:3e:00:00:01\" is not a MAC address" },
		{ "01:00:5e:00:00:01",
		  "\"01:00:5e:00:00:01\" is a multicast MAC address: no station has it" },
		{ "ff:ff:ff:ff:ff:ff",
		  "\"ff:ff:ff:ff:ff:ff\" is a multicast MAC address: no station has it" },
		{ "00:00:00:00:00:00", "\"00:00:00:00:00:00\" is the all-zero MAC address" },
	};
	char text[MAC_TEXT], printed[PREFIX_TEXT];
	struct prefix link_local;
	struct mac mac;
	struct err err;

	ok(mac_parse(&mac, "00:16:3E:aB:00:01", &err), "a MAC address in letters of both cases");
	is_text(mac_print(text, &mac), "00:16:3e:ab:00:01", "prints in small ones");
	link_local = mac_link_local(&mac);
	is_text(prefix_print(printed, &link_local), "fe80::216:3eff:feab:1", "its link-local one");
	memset(&mac, 0, sizeof(mac));
	ok(mac_from_link_local(&mac, &link_local), "is of a MAC");
	is_text(mac_print(text, &mac), "00:16:3e:ab:00:01", "the same");
	link_local.bytes[7] = 1;
	ok(!mac_from_link_local(&mac, &link_local), "but of none outside fe80::/64");
	for (size_t i = 0; i < COUNT(bad); i++)
		if (mac_parse(&mac, bad[i][0], &err))
			ok(false, "%s is taken", bad[i][0]);
		else
			is_text(err.text, bad[i][1], bad[i][1]);
}

static void test_ifname(void)
{
	static const char *const good[] = { "eth0",   "vif1.0", "vif1.0-emu",
					    "br_lan", "0",	"a23456789012345" };
	/* Most are names to the kernel, and wildcards, options or syntax to somebody else. */
	static const char *const bad[] = { "",	      "a*",
					   "b+",      "c%d",
					   "d\"x",    "e;id",
					   "f$(i",    "-lead",
					   "k\\l",    "é",
					   ".",	      "..",
					   ".a",      "_a",
					   "a b",     "a:b",
					   "a/b",     "a\n",
					   "lo",      "all",
					   "default", "a234567890123456" };
	struct ifname name = { "" };
	struct err err;

	for (size_t i = 0; i < COUNT(good); i++)
		ok(ifname_parse(&name, good[i], &err) && strcmp(name.text, good[i]) == 0,
		   "%s can be the name of an interface", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		ok(!ifname_parse(&name, bad[i], &err) && !strchr(err.text, '\n'),
		   "bad name %zu: %s", i, err.text);
}

int main(void)
{
	test_good_prefixes();
	test_bad_prefixes();
	test_relations();
	test_last();
	test_cut();
	test_unicast();
	test_mac();
	test_ifname();
	return tap_done();
}
