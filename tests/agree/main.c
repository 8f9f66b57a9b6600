/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does what the evaluator says of packets become of them?
 *
 *	agree generate PLACES DIRECTORY SEED	who is online, a configuration, packets
 *	agree ask PLACES DIRECTORY		questions for judge
 *	agree expect PLACES DIRECTORY		judge's answers: what arrives where
 *	agree explain PLACES DIRECTORY ID	the answer about one packet
 *	agree send PLACES DIRECTORY PREFIX	what arrives where, when they are sent in namespaces
 *	agree forget				connections tracked in this namespace
 *
 * tests/agree/run calls all of them in turn.
 */
#include "agree.h"
#include "kernel/kernel.h"
#include <stdlib.h>
#include <string.h>

static void forget(void)
{
	static const struct prefix all[FAMILY_COUNT] = { { .family = IPV4 }, { .family = IPV6 } };
	struct err err;

	if (!kernel_conntrack_purge_apply(all, FAMILY_COUNT, NULL, 0, &err))
		die("%s", err.text);
}

int main(int argc, char **argv)
{
	static struct seed seed;
	const char *command = argc > 1 ? argv[1] : "";

	if (argc == 2 && !strcmp(command, "forget")) {
		forget();
		return 0;
	}
	if (argc < 4)
		die("see the head of main.c");
	places_read(&seed.places, argv[2]);
	if (argc == 5 && !strcmp(command, "generate")) {
		generate(&seed.places, strtoull(argv[4], NULL, 10), argv[3]);
		return 0;
	}
	seed_read(&seed, argv[3]);
	if (argc == 4 && !strcmp(command, "ask"))
		ask(&seed);
	else if (argc == 4 && !strcmp(command, "expect"))
		expect(&seed, 0);
	else if (argc == 5 && !strcmp(command, "explain"))
		expect(&seed, (unsigned)strtoul(argv[4], NULL, 10));
	else if (argc == 5 && !strcmp(command, "send"))
		send_all(&seed, argv[4]);
	else
		die("see the head of main.c");
	return fflush(stdout) || ferror(stdout);
}
