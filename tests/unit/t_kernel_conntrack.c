/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracked connections: which of them a purge forgets. */
#include "kernel/kernel.h"
#include "netns.h"

static struct err err;

static void track(const char *arguments)
{
	run("conntrack -I -t 600 %s >/dev/null 2>&1", arguments);
}

static bool purge(const char *words)
{
	struct prefix prefixes[8];
	unsigned count = 0;
	char copy[256], *rest;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		if (!prefix_parse(&prefixes[count++], word, &err))
			ok(false, "%s", err.text);
	return kernel_conntrack_purge_apply(prefixes, count, NULL, 0, &err);
}

/* What is tracked: sources, by family. */
static void is_left(const char *should, const char *what)
{
	char text[OUTPUT_SIZE];

	is_text(output(text, "for f in ipv4 ipv6; do conntrack -L -f $f 2>/dev/null; done | "
			     "sed 's/^[^=]*src=\\([^ ]*\\) .*/\\1/' | sort -V | tr '\\n' ' '"),
		should, what);
}

static void fill(void)
{
	run("conntrack -F 2>/dev/null");
	track("-p udp -s 192.0.2.10 -d 198.51.100.1 --sport 1 --dport 53");
	track("-p tcp -s 198.51.100.2 -d 192.0.2.10 --sport 1 --dport 80 --state ESTABLISHED");
	track("-p icmp -s 198.51.100.3 -d 192.0.2.11 --icmp-type 8 --icmp-code 0 --icmp-id 7");
	/* Translated: the prefix is seen in the reply alone. */
	track("-p udp -s 198.51.100.4 -d 203.0.113.1 -r 192.0.2.10 -q 198.51.100.4 --sport 1 "
	      "--dport 53 --reply-port-src 53 --reply-port-dst 1");
	track("-p udp -s 198.51.100.5 -d 203.0.113.1 -r 203.0.113.1 -q 192.0.2.10 --sport 1 "
	      "--dport 53 --reply-port-src 53 --reply-port-dst 1");
	track("-p udp -s 198.51.100.6 -d 203.0.113.1 --sport 1 --dport 53");
	track("-p udp -s 2001:db8:1::10 -d 2001:db8:f::1 --sport 1 --dport 53");
	track("-p udp -s 2001:db8:f::2 -d 2001:db8:1::11 --sport 1 --dport 53");
	track("-p udp -s 2001:db8:f::3 -d 2001:db8:2::10 --sport 1 --dport 53");
	/* The same once more, in a zone of its own. */
	track("-p udp -s 192.0.2.10 -d 198.51.100.1 --sport 1 --dport 53 -w 5");
}

static void test_purge(void)
{
	static const char *const others = "198.51.100.3 198.51.100.6 2001:db8:1::10 2001:db8:f::2 "
					  "2001:db8:f::3";

	ok(purge("192.0.2.10"), "there is nothing to forget");
	fill();
	is_left("192.0.2.10 192.0.2.10 198.51.100.2 198.51.100.3 198.51.100.4 198.51.100.5 "
		"198.51.100.6 2001:db8:1::10 2001:db8:f::2 2001:db8:f::3",
		"what is tracked");
	ok(purge("203.0.113.77 2001:db8:3::/48"), "what nobody has");
	ok(purge(""), "nothing at all");
	ok(purge("192.0.2.10"), "an address");
	is_left(others, "whatever has it is forgotten: source, destination, translated, in a zone");
	ok(purge("192.0.2.10"), "again");
	is_left(others, "and nothing else");
	ok(purge("2001:db8:1::10"), "an IPv6 address");
	is_left("198.51.100.3 198.51.100.6 2001:db8:f::2 2001:db8:f::3", "it alone");
	fill();
	ok(purge("192.0.2.8/29 2001:db8:1::/64"), "a prefix of each family");
	is_left("198.51.100.6 2001:db8:f::3", "all that is in them");
	ok(purge("198.51.100.6 2001:db8:f::3"), "the rest");
	is_left("", "nothing is left");
}

/* The words are addresses in the two prefixes. */
static bool purge_but(const char *words)
{
	struct prefix prefixes[2], kept[8];
	size_t count = 0;
	char copy[256], *rest;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		if (!prefix_parse(&kept[count++], word, &err))
			ok(false, "%s", err.text);
	return prefix_parse(&prefixes[0], "192.0.2.8/29", &err) &&
	       prefix_parse(&prefixes[1], "2001:db8:1::/64", &err) &&
	       kernel_conntrack_purge_apply(prefixes, 2, kept, count, &err);
}

static void test_kept(void)
{
	auto_free struct prefix *addresses = NULL;
	struct prefix prefixes[2];
	char text[PREFIX_TEXT], list[256] = "";
	size_t count = 0;

	fill();
	ok(prefix_parse(&prefixes[0], "192.0.2.8/29", &err) &&
		   prefix_parse(&prefixes[1], "2001:db8:1::/64", &err) &&
		   kernel_conntrack_read_addresses(&addresses, &count, prefixes, 2, &err),
	   "whose connections there are");
	for (size_t i = 0; i < count; i++) {
		strcat(list, i ? " " : "");
		strcat(list, prefix_print(text, &addresses[i]));
	}
	is_text(list, "192.0.2.10 192.0.2.11 2001:db8:1::10 2001:db8:1::11", "each once");
	ok(purge_but("2001:db8:1::11 192.0.2.10"), "but those of two addresses in the prefixes");
	is_left("192.0.2.10 192.0.2.10 198.51.100.2 198.51.100.4 198.51.100.5 198.51.100.6 "
		"2001:db8:f::2 2001:db8:f::3",
		"these stay, both ways, with what is elsewhere");
	run("conntrack -F 2>/dev/null");
}

/* More than fits one message, in both directions, and as many of others between them. */
static void test_many(void)
{
	char text[OUTPUT_SIZE];

	run("i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); "
	    "echo \"-I -t 600 -p udp -s 192.0.2.10 -d 198.51.100.1 --sport $i --dport 53\"; "
	    "echo \"-I -t 600 -p udp -s 192.0.2.11 -d 198.51.100.1 --sport $i --dport 53\"; "
	    "done | conntrack -R - >/dev/null 2>&1");
	is_text(output(text, "conntrack -C"), "6000", "many connections");
	ok(purge("192.0.2.10"), "half of them");
	is_text(output(text, "conntrack -C"), "3000", "the other half is left");
	is_text(output(text, "conntrack -L -s 192.0.2.10 2>/dev/null"), "", "the right one");
}

int main(void)
{
	if (!netns_enter())
		return 0;
	test_purge();
	test_kept();
	test_many();
	return tap_done();
}
