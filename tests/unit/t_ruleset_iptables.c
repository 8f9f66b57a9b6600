/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `iptables -S` prints → what is ours, how it goes, and what it counted. */
#include "iptables/ruleset_iptables.h"
#include "tap.h"
#include <stdlib.h>

static const char rules[] = "-P PREROUTING ACCEPT\n"
			    "-N mine\n"
			    "-N taofw\n"
			    "-N taofw-\n"
			    "-N taofw-a\n"
			    "-N taofw-mine\n"
			    "-N taofw-A-x\n"
			    "-N taofw-a-prerouting\n"
			    "-N taofw-a-s7\n"
			    "-N taofw-b-prerouting\n"
			    "-A OUTPUT -j taofw-a-link-zone\n"
			    "-A OUTPUT -j taofw-b-link-zone\n"
			    "-A PREROUTING -j taofw-b-prerouting\n"
			    "-A PREROUTING -p tcp -j taofw-mine\n"
			    "-A PREROUTING -m comment --comment \"-j taofw-a-x\" -j mine\n"
			    "-A PREROUTING -m comment --comment \"now -j taofw-a-x\"\n"
			    "-A PREROUTING -i eth0 -g taofw-a-prerouting\n"
			    "-A PREROUTING -j taofw-a-prerouting\n"
			    "-A mine -j taofw-a-s7\n"
			    "-A taofw-a-prerouting -j taofw-a-s7";

static void is_rest(char generation, bool is_kept, const char *should, const char *name)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool any = ruleset_iptables_print_rest(out, STACK_IPV4, IP_RAW, rules, generation, is_kept);

	fclose(out);
	is_text(text, should, name);
	ok(any == (strlen(should) > strlen("*raw\nCOMMIT\n")), "and says so");
	free(text);
}

static void is_counter(const char *line, const char *should)
{
	struct ip_counter counter;
	char is[64] = "none";

	if (ruleset_iptables_read_counter(&counter, line))
		snprintf(is, sizeof(is), "%s %llu %llu", counter.name.text,
			 (unsigned long long)counter.packets, (unsigned long long)counter.bytes);
	is_text(is, should, line);
}

static void is_command(const char *line, const char *should)
{
	char command[IP_LINE_SIZE];
	const char *is = ruleset_iptables_command(command, line);

	is_text(is ? is : "none", should, line);
}

static void is_listed(const char *list, const char *should, const char *name)
{
	char *is = ruleset_iptables_from_list(list);

	is_text(is ? is : "none", should, name);
	free(is);
}

static bool is_in_force(const char *text, enum ip_stack part, enum ip_table table, char generation)
{
	return ruleset_iptables_in_force(text, part, table, generation, false);
}

int main(void)
{
	static const char filter[] = "-A INPUT -j taofw-a-input\n-A FORWARD -j taofw-a-forward\n"
				     "-A OUTPUT -j taofw-a-output\n-A INPUT -j taofw-a-share\n"
				     "-A FORWARD -j taofw-a-share\n";

	ok(ruleset_iptables_has(rules, 'a') && ruleset_iptables_has(rules, 'b'), "two are there");
	ok(!ruleset_iptables_has(rules, 'c') && !ruleset_iptables_has("", 'a'), "no others");
	ok(is_in_force(rules, STACK_IPV4, IP_RAW, 'a') &&
		   is_in_force(rules, STACK_IPV4, IP_RAW, 'b'),
	   "both are in force");
	ok(!is_in_force("-A PREROUTING -i eth0 -j taofw-a-prerouting\n", STACK_IPV4, IP_RAW, 'a'),
	   "not for some packets alone");
	ok(!is_in_force("-A INPUT -j taofw-a-input\n", STACK_IPV4, IP_FILTER, 'a'),
	   "nor from one chain of three");
	ok(is_in_force("-A PREROUTING -j taofw-a-prerouting\n", STACK_BRIDGES, IP_RAW, 'a') &&
		   !is_in_force("-A FORWARD -j taofw-a-attached\n", STACK_BRIDGES, IP_FILTER, 'a'),
	   "bridges have chains of their own");
	ok(is_in_force(filter, STACK_IPV4, IP_FILTER, 'a') &&
		   !ruleset_iptables_in_force(filter, STACK_IPV4, IP_FILTER, 'a', true),
	   "with br_netfilter frames must be left alone");
	is_listed("Bridge table: nat\n\nBridge chain: PREROUTING, entries: 1, policy: ACCEPT\n"
		  "-j taofw-a-prerouting\n\nBridge chain: taofw-a-x, entries: 0, policy: RETURN\n",
		  "-N PREROUTING\n-A PREROUTING -j taofw-a-prerouting\n-N taofw-a-x\n",
		  "what ebtables lists");
	is_listed("Bridge chain: x, entries: 2, policy: RETURN\n"
		  "-i vif1.0 -j CONTINUE , pcnt = 5 -- bcnt = 300\n"
		  "-j DROP , pcnt = 7 -- bcnt = 9\n",
		  "-N x\n-A x -i vif1.0 -c 5 300 -j CONTINUE\n-A x -c 7 9 -j DROP\n",
		  "and with counters");
	is_counter("-A taofw-a-spoofed -i vif1.0 -c 5 300 -j CONTINUE", "vif1.0 5 300");
	is_rest('b', false,
		"*raw\n-D OUTPUT -j taofw-b-link-zone\n-D PREROUTING -j taofw-b-prerouting\n"
		"-F taofw-b-prerouting\n"
		"-X taofw-b-prerouting\nCOMMIT\n",
		"one of them goes");
	is_rest('b', true,
		"*raw\n-D OUTPUT -j taofw-a-link-zone\n"
		"-D PREROUTING -i eth0 -g taofw-a-prerouting\n"
		"-D PREROUTING -j taofw-a-prerouting\n-D mine -j taofw-a-s7\n"
		"-F taofw-a-prerouting\n-F taofw-a-s7\n-X taofw-a-prerouting\n-X taofw-a-s7\n"
		"COMMIT\n",
		"or all but that one");
	is_rest('c', false, "*raw\nCOMMIT\n", "of what is not there nothing goes");
	is_counter("-A taofw-a-spoofed-from -i vif1.0 -c 5 300 -j RETURN\n-A x", "vif1.0 5 300");
	is_counter("-A taofw-a-refused-to -o a-name-of-15-ch -c 18446744073709551615 0 -j RETURN",
		   "a-name-of-15-ch 18446744073709551615 0");
	is_counter("-A taofw-a-spoofed-from -i vif1.0 -m limit --limit 5/sec -c 5 300 -j LOG",
		   "none");
	is_counter("-A taofw-a-spoofed-from -i vif1.0 -c 5 300 -j LOG", "none");
	is_counter("-A taofw-a-spoofed-from -i a-name-of-16-chs -c 5 300 -j RETURN", "none");
	is_counter("-A taofw-a-spoofed-from -c 5 300 -j RETURN", "none");
	is_counter("-N taofw-a-spoofed-from", "none");
	is_counter("", "none");

	is_command(":taofw-a-own - [0:0]", "-N taofw-a-own");
	is_command("-I FORWARD -j taofw-a-forward", "-I FORWARD -j taofw-a-forward");
	is_command("*raw", "none");
	is_command("COMMIT", "none");
	return tap_done();
}
