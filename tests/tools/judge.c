/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets in words → what the policy says of them, without a kernel: for tests that ask for many.
 *
 *	judge CONFIG <COMMANDS
 *
 * A command is a line, and is in force for those behind it:
 *
 *	uplink INTERFACE [BRIDGE]	whose port it is
 *	own ADDRESS...			of this machine
 *	device INTERFACE ADDRESS...	which of them an interface in NAT_DEVICE has
 *	link INTERFACE PREFIX...	what is on the link there
 *	vif NAME MAC BRIDGE|- PREFIX...	comes online; none: without ip=
 *	gone NAME
 *	tracks yes|no			connections on bridges; it does at first
 *	packet from=ADDRESS to=ADDRESS proto=NUMBER [sport=PORT] [port=PORT] [type=NUMBER]
 *	       [state=new|established|invalid] [in=INTERFACE[:BRIDGE]] [out=INTERFACE[:BRIDGE]]
 *	       [mac=MAC]
 *	packet ether=NUMBER in=INTERFACE:BRIDGE out=INTERFACE:BRIDGE [mac=MAC]
 *
 * in=- and out=- are this machine itself; without them, the place is where the address is. Each
 * packet gets a line, with - for what is not there:
 *
 *	accept|drop FOUND DESTINATION PORT SOURCE PLACE
 *
 * FOUND is the reason as in reason_names; SOURCE is what its source becomes, or the interface whose
 * address that is; PLACE is the line of the configuration. Any mistake ends the program.
 */
#include "base/array.h"
#include "config/conf.h"
#include "evaluate/evaluate.h"
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 72

struct judge {
	struct policy policy;
	struct topology topology;
	struct vif *vifs;
	struct prefix *own;
	struct topology_link *links;
	unsigned line;
};

static _Noreturn void die(const struct judge *judge, const char *what, const char *why)
{
	fprintf(stderr, "judge: line %u: %s: %s\n", judge->line, what, why);
	exit(2);
}

static struct prefix parse_prefix(const struct judge *judge, const char *text)
{
	struct prefix prefix;
	struct err err;

	if (!prefix_parse(&prefix, text, &err))
		die(judge, text, err.text);
	return prefix;
}

static struct ifname parse_name(const struct judge *judge, const char *text)
{
	struct ifname name;
	struct err err;

	if (!ifname_parse(&name, text, &err))
		die(judge, text, err.text);
	return name;
}

static struct mac parse_mac(const struct judge *judge, const char *text)
{
	struct mac mac;
	struct err err;

	if (!mac_parse(&mac, text, &err))
		die(judge, text, err.text);
	return mac;
}

static uint16_t parse_number(const struct judge *judge, const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (!*text || *end || number > UINT16_MAX)
		die(judge, text, "no number");
	return (uint16_t)number;
}

static void do_uplink(struct judge *judge, char **words, unsigned count)
{
	judge->topology.uplink = parse_name(judge, words[0]);
	judge->topology.uplink_bridge =
		count > 1 ? parse_name(judge, words[1]) : (struct ifname){ "" };
}

static void do_own(struct judge *judge, char **words, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct prefix *own =
			array_add(&judge->own, judge->topology.own_count, sizeof(*own));

		if (!own)
			die(judge, words[i], "out of memory");
		*own = parse_prefix(judge, words[i]);
		judge->topology.own_count++;
	}
}

static void do_device(struct judge *judge, char **words, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		struct device_address *device = policy_add_device(&judge->policy);

		if (!device)
			die(judge, words[i], "out of memory");
		*device = (struct device_address){ parse_name(judge, words[0]),
						   parse_prefix(judge, words[i]) };
	}
}

static void do_link(struct judge *judge, char **words, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		struct topology_link *link =
			array_add(&judge->links, judge->topology.link_count, sizeof(*link));

		if (!link)
			die(judge, words[i], "out of memory");
		*link = (struct topology_link){ parse_prefix(judge, words[i]),
						parse_name(judge, words[0]) };
		judge->topology.link_count++;
	}
}

static void do_vif(struct judge *judge, char **words, unsigned count)
{
	struct vif *vif = array_add(&judge->vifs, judge->topology.vif_count, sizeof(*vif));

	if (!vif || count < 3 || count - 3 > VIF_PREFIXES_MAX)
		die(judge, "vif", "no such vif can be");
	vif->name = parse_name(judge, words[0]);
	if (sscanf(words[0], "vif%u.%u", &vif->id.domid, &vif->id.devid) != 2)
		vif->id.domid = (uint32_t)judge->topology.vif_count;
	vif->mac = parse_mac(judge, words[1]);
	if (strcmp(words[2], "-") != 0)
		vif->bridge = parse_name(judge, words[2]);
	for (unsigned i = 3; i < count; i++)
		vif->prefixes[vif->prefix_count++] = parse_prefix(judge, words[i]);
	judge->topology.vif_count++;
}

static void do_gone(struct judge *judge, char **words, unsigned count)
{
	(void)count;
	for (size_t i = 0; i < judge->topology.vif_count; i++) {
		if (strcmp(judge->vifs[i].name.text, words[0]) != 0)
			continue;
		judge->topology.vif_count--;
		memmove(&judge->vifs[i], &judge->vifs[i + 1],
			(judge->topology.vif_count - i) * sizeof(*judge->vifs));
		return;
	}
	die(judge, words[0], "it is not online");
}

static void do_tracks(struct judge *judge, char **words, unsigned count)
{
	(void)count;
	judge->topology.tracks_bridges = strcmp(words[0], "yes") == 0;
}

/* ---- packets ---- */

static struct place parse_place(const struct judge *judge, char *text)
{
	char *colon = strchr(text, ':');
	struct place place;
	struct ifname name;

	if (strcmp(text, "-") == 0)
		return (struct place){ .kind = PLACE_MACHINE };
	if (colon)
		*colon = '\0';
	name = parse_name(judge, text);
	place = topology_at(&judge->topology, &name);
	if (colon)
		place.bridge = parse_name(judge, colon + 1);
	return place;
}

static uint8_t parse_state(const struct judge *judge, const char *text)
{
	for (uint8_t i = 0; i < CONNECTION_COUNT; i++)
		if (strcmp(connection_names[i], text) == 0)
			return i;
	die(judge, text, "no such state");
}

static void parse_word(const struct judge *judge, struct packet *packet, char *word)
{
	char *value = strchr(word, '=');

	if (!value)
		die(judge, word, "it has no value");
	*value++ = '\0';
	if (strcmp(word, "from") == 0)
		packet->source = parse_prefix(judge, value);
	else if (strcmp(word, "to") == 0)
		packet->destination = parse_prefix(judge, value);
	else if (strcmp(word, "proto") == 0)
		packet->protocol = (uint8_t)parse_number(judge, value);
	else if (strcmp(word, "sport") == 0)
		packet->source_port = parse_number(judge, value);
	else if (strcmp(word, "port") == 0)
		packet->port = parse_number(judge, value);
	else if (strcmp(word, "type") == 0)
		packet->type = (uint8_t)parse_number(judge, value);
	else if (strcmp(word, "ether") == 0)
		packet->ether_type = parse_number(judge, value);
	else if (strcmp(word, "state") == 0)
		packet->connection = parse_state(judge, value);
	else if (strcmp(word, "in") == 0)
		packet->from = parse_place(judge, value);
	else if (strcmp(word, "out") == 0)
		packet->to = parse_place(judge, value);
	else if (strcmp(word, "mac") == 0)
		packet->mac = parse_mac(judge, value), packet->has_mac = true;
	else
		die(judge, word, "no such word");
}

static void do_packet(struct judge *judge, char **words, unsigned count)
{
	char destination[PREFIX_TEXT], source[PREFIX_TEXT], place[TRACE_LOCATION_SIZE];
	struct packet packet = { .protocol = 0 };
	struct evaluation evaluation;

	for (unsigned i = 0; i < count; i++)
		parse_word(judge, &packet, words[i]);
	if (!packet.ether_type && (packet.source.family != packet.destination.family ||
				   !packet.source.length || !packet.destination.length))
		die(judge, "packet", "it needs from= and to= of one family");
	evaluate(&evaluation, &judge->topology, &packet);
	trace_location(place, &judge->policy, evaluation.decision, packet.source.family);
	if (!evaluation.is_translated)
		snprintf(source, sizeof(source), "-");
	else if (evaluation.source.length)
		prefix_print(source, &evaluation.source);
	else
		snprintf(source, sizeof(source), "%s", evaluation.source_link.text);
	printf("%s %s %s %u %s %s\n", evaluation.is_accepted ? "accept" : "drop",
	       reason_names[evaluation.decision->reason],
	       prefix_print(destination, &evaluation.destination), evaluation.port, source,
	       *place ? place : "-");
}

static const struct {
	const char *name;
	void (*run)(struct judge *judge, char **words, unsigned count);
} commands[] = {
	{ "uplink", do_uplink }, { "own", do_own },	  { "device", do_device },
	{ "link", do_link },	 { "vif", do_vif },	  { "gone", do_gone },
	{ "tracks", do_tracks }, { "packet", do_packet },
};

static void run_line(struct judge *judge, char *line)
{
	char *words[WORDS_MAX], *rest = line;
	unsigned count = 0;

	for (char *word; (word = strtok_r(rest, " \t\n", &rest));) {
		if (count == WORDS_MAX)
			die(judge, word, "too many words");
		words[count++] = word;
	}
	for (size_t i = 0; count > 1 && i < COUNT(commands); i++) {
		if (strcmp(commands[i].name, words[0]) != 0)
			continue;
		commands[i].run(judge, words + 1, count - 1);
		judge->topology.vifs = judge->vifs;
		judge->topology.own = judge->own;
		judge->topology.links = judge->links;
		return;
	}
	if (count)
		die(judge, words[0], "no such command, or it has no words");
}

int main(int argc, char **argv)
{
	struct judge judge = { .line = 0 };
	struct report report = { 0 };
	char *line = NULL;
	size_t size = 0;

	if (argc != 2 || !conf_load(&judge.policy, argv[1], &report)) {
		for (size_t i = 0; i < report.count; i++)
			fprintf(stderr, "%s\n", report.findings[i].text);
		fputs("usage: judge CONFIG <COMMANDS\n", stderr);
		return 2;
	}
	judge.topology.policy = &judge.policy;
	judge.topology.tracks_bridges = true;
	while (getline(&line, &size, stdin) >= 0) {
		judge.line++;
		run_line(&judge, line);
	}
	free(line);
	free(judge.vifs);
	free(judge.own);
	free(judge.links);
	report_done(&report);
	policy_done(&judge.policy);
	return fflush(stdout) || ferror(stdout) ? 2 : 0;
}
