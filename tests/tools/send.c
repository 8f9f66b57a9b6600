/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames in words → those frames on a wire, whatever they claim.
 *
 *	send IFACE [count=N | seconds=N] FRAME [+ FRAME ...]
 *
 * Sends all frames in turn, N times or for N seconds (then as fast as it can, and what the link
 * refuses is no error). Frames:
 *
 *	udp4 | udp6    src= dst= sport= dport= payload=BYTES
 *	tcp4 | tcp6    src= dst= sport= dport= flags=syn,ack,...
 *	icmp4 | icmp6  src= dst= type= code= payload=BYTES
 *	               target=ADDRESS option=TYPE[:MAC] (of neighbour discovery; three at most)
 *	               qsrc= qdst= qsport= qdport= (of the UDP packet that an error is about)
 *	ip4 | ip6      src= dst= proto=NUMBER payload=BYTES type=FIRST-BYTE
 *	arp            op=request|reply|NUMBER sha=MAC spa=ADDRESS tha=MAC tpa=ADDRESS
 *	               htype= ptype= hlen= plen=
 *	ether          type=ETHERTYPE payload=BYTES
 *
 * and in all of them hops=, smac= (default: the interface's own), dmac= (default:
 * fe:ff:ff:ff:ff:ff, Dom0's end of every vif), and vlan=[ETHERTYPE:]VLAN for a tag, or two. Those
 * of IPv6 may have extension headers: ext=hop|dst|ah|rt[TYPE]|frag[OFFSET[+]], up to four, the
 * last of which names next= where that is given; cut=BYTES sends no more of what is behind IPv6's
 * header. Those of IPv4 may be fragments: frag=OFFSET[+]. Of fragments id= is whose they are;
 * skip=BYTES leaves out what the transport header begins with, as a later one does.
 */
#include "frame.h"
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_MAX 128
#define SECONDS_MAX 600

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "send: %s: %s\n", what, strerror(errno));
	exit(2);
}

static _Noreturn void usage(const char *word)
{
	fprintf(stderr, "send: can't read '%s'; see the head of send.c\n", word);
	exit(2);
}

static void mac_parse(uint8_t mac[6], const char *text)
{
	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5]) != 6)
		usage(text);
}

static void address_parse(uint8_t *address, int family, const char *text)
{
	if (inet_pton(family, text, address) != 1)
		usage(text);
}

static unsigned flags_parse(const char *text)
{
	static const struct {
		const char *name;
		unsigned bit;
	} flags[] = {
		{ "fin", TH_FIN },
		{ "syn", TH_SYN },
		{ "rst", TH_RST },
		{ "ack", TH_ACK },
	};
	unsigned set = 0;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strstr(text, flags[i].name))
			set |= flags[i].bit;
	return set;
}

/* "2:00:16:3e:00:00:01", or the type alone: then the MAC is the sender's. */
static void option_parse(struct words *words, const char *text)
{
	const char *mac = strchr(text, ':');

	if (words->option_count == OPTIONS_MAX)
		usage(text);
	words->options[words->option_count].type = (unsigned)strtoul(text, NULL, 0);
	words->options[words->option_count].length = 1;
	memcpy(words->options[words->option_count].mac, words->smac, 6);
	if (mac)
		mac_parse(words->options[words->option_count].mac, mac + 1);
	words->option_count++;
}

/* "8", "0+" */
static unsigned fragment_parse(const char *text)
{
	unsigned offset = 0;
	char more = 0;

	sscanf(text, "%u%c", &offset, &more);
	return offset | (more == '+');
}

/* "dst", "rt4", "frag", "frag8+" */
static void extension_parse(struct words *words, const char *text)
{
	unsigned count = words->extension_count;

	if (count == EXTENSIONS_MAX)
		usage(text);
	if (!strncmp(text, "frag", 4)) {
		words->extensions[count].header = IPPROTO_FRAGMENT;
		words->extensions[count].fragment = fragment_parse(text + 4);
	} else if (!strcmp(text, "hop")) {
		words->extensions[count].header = IPPROTO_HOPOPTS;
	} else if (!strcmp(text, "dst")) {
		words->extensions[count].header = IPPROTO_DSTOPTS;
	} else if (!strcmp(text, "ah")) {
		words->extensions[count].header = IPPROTO_AH;
	} else if (!strncmp(text, "rt", 2)) {
		words->extensions[count].header = IPPROTO_ROUTING;
		words->extensions[count].type = (unsigned)strtoul(text + 2, NULL, 0);
	} else {
		usage(text);
	}
	words->extension_count++;
}

/* "7", "0x88a8:5" */
static void tag_parse(struct words *words, const char *text)
{
	const char *vlan = strchr(text, ':');

	if (words->tag_count == TAGS_MAX)
		usage(text);
	words->tags[words->tag_count].type = vlan ? (unsigned)strtoul(text, NULL, 0) : 0x8100;
	words->tags[words->tag_count].vlan = (unsigned)strtoul(vlan ? vlan + 1 : text, NULL, 0);
	words->tag_count++;
}

static unsigned operation_parse(const char *text)
{
	if (!strcmp(text, "request"))
		return ARPOP_REQUEST;
	return strcmp(text, "reply") ? (unsigned)strtoul(text, NULL, 0) : ARPOP_REPLY;
}

enum { NUMBER, MAC, ADDRESS, FLAGS, OPERATION, OPTION, EXTENSION, FRAGMENT, TAG };

static void value_take(struct words *words, int kind, void *where, const char *value)
{
	if (kind == NUMBER)
		*(unsigned *)where = (unsigned)strtoul(value, NULL, 0);
	else if (kind == MAC)
		mac_parse(where, value);
	else if (kind == ADDRESS)
		address_parse(where, is_ipv6(words) ? AF_INET6 : AF_INET, value);
	else if (kind == FLAGS)
		words->flags = flags_parse(value);
	else if (kind == OPERATION)
		words->operation = operation_parse(value);
	else if (kind == OPTION)
		option_parse(words, value);
	else if (kind == EXTENSION)
		extension_parse(words, value);
	else if (kind == FRAGMENT)
		*(unsigned *)where = fragment_parse(value);
	else
		tag_parse(words, value);
}

/* Take one KEY=VALUE. */
static void word_parse(struct words *words, const char *word)
{
	const struct {
		const char *key;
		int kind;
		void *value;
		bool *given;
	} known[] = {
		{ "sport=", NUMBER, &words->sport, NULL },
		{ "dport=", NUMBER, &words->dport, NULL },
		{ "type=", NUMBER, &words->type, &words->has_type },
		{ "code=", NUMBER, &words->code, NULL },
		{ "proto=", NUMBER, &words->proto, NULL },
		{ "hops=", NUMBER, &words->hops, NULL },
		{ "payload=", NUMBER, &words->payload, NULL },
		{ "cut=", NUMBER, &words->cut, &words->has_cut },
		{ "skip=", NUMBER, &words->skip, NULL },
		{ "frag=", FRAGMENT, &words->fragment, NULL },
		{ "id=", NUMBER, &words->id, NULL },
		{ "next=", NUMBER, &words->next, NULL },
		{ "htype=", NUMBER, &words->htype, NULL },
		{ "ptype=", NUMBER, &words->ptype, NULL },
		{ "hlen=", NUMBER, &words->hlen, NULL },
		{ "plen=", NUMBER, &words->plen, NULL },
		{ "option=", OPTION, words, NULL },
		{ "ext=", EXTENSION, words, NULL },
		{ "vlan=", TAG, words, NULL },
		{ "smac=", MAC, words->smac, NULL },
		{ "dmac=", MAC, words->dmac, NULL },
		{ "sha=", MAC, words->sha, &words->has_sha },
		{ "tha=", MAC, words->tha, NULL },
		{ "src=", ADDRESS, words->src, NULL },
		{ "dst=", ADDRESS, words->dst, NULL },
		{ "spa=", ADDRESS, words->spa, NULL },
		{ "tpa=", ADDRESS, words->tpa, NULL },
		{ "qsrc=", ADDRESS, words->quoted_src, &words->has_quote },
		{ "qdst=", ADDRESS, words->quoted_dst, NULL },
		{ "qsport=", NUMBER, &words->quoted_sport, NULL },
		{ "qdport=", NUMBER, &words->quoted_dport, NULL },
		{ "target=", ADDRESS, words->target, &words->has_target },
		{ "flags=", FLAGS, &words->flags, NULL },
		{ "op=", OPERATION, &words->operation, NULL },
	};
	const char *value = strchr(word, '=');
	size_t i = 0;

	while (i < sizeof(known) / sizeof(known[0]) &&
	       strncmp(word, known[i].key, strlen(known[i].key)) != 0)
		i++;
	if (!value || i == sizeof(known) / sizeof(known[0]))
		usage(word);
	if (known[i].given)
		*known[i].given = true;
	value_take(words, known[i].kind, known[i].value, value + 1);
}

/* Read the words of one frame, up to "+" or the end; returns how many that were. */
static int frame_parse(struct frame *frame, char **argv, const uint8_t smac[6])
{
	static const char *const kinds[] = { "udp4",  "udp6", "tcp4", "tcp6", "icmp4",
					     "icmp6", "ip4",  "ip6",  "arp",  "ether" };
	struct words words = { .kind = argv[0],
			       .hops = 64,
			       .sport = 40000,
			       .dport = 40000,
			       .flags = TH_SYN,
			       .operation = ARPOP_REQUEST,
			       .htype = ARPHRD_ETHER,
			       .ptype = ETHERTYPE_IP,
			       .hlen = 6,
			       .plen = 4,
			       .id = 42,
			       .dmac = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff } };
	bool known = false;
	int used = 1;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		known |= !strcmp(argv[0], kinds[i]);
	if (!known)
		usage(argv[0]);
	memcpy(words.smac, smac, 6);
	while (argv[used] && strcmp(argv[used], "+") != 0)
		word_parse(&words, argv[used++]);
	if (words.payload > PAYLOAD_MAX)
		usage("payload=");
	frame_build(frame, &words);
	return used;
}

/* A socket that sends on the interface; its MAC address goes to smac. */
static int interface_open(const char *name, uint8_t smac[6])
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };

	if (fd < 0)
		die("socket");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFHWADDR, &request))
		die(name);
	memcpy(smac, request.ifr_hwaddr.sa_data, 6);
	address.sll_ifindex = (int)if_nametoindex(name);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die(name);
	return fd;
}

int main(int argc, char **argv)
{
	struct frame frames[FRAMES_MAX];
	unsigned long rounds = 1, seconds = 0;
	unsigned frame_count = 0;
	uint8_t smac[6];
	int fd, at = 2;
	time_t end;

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* ends with the test that started it */
	if (argc < 3)
		usage("too few words");
	fd = interface_open(argv[1], smac);
	for (; argv[at] && (sscanf(argv[at], "count=%lu", &rounds) == 1 ||
			    sscanf(argv[at], "seconds=%lu", &seconds) == 1);
	     at++)
		;
	for (; argv[at] && frame_count < FRAMES_MAX; at += !!argv[at])
		at += frame_parse(&frames[frame_count++], argv + at, smac);
	if (argv[at])
		usage("too many frames");
	end = time(NULL) + (time_t)(seconds < SECONDS_MAX ? seconds : SECONDS_MAX);
	for (unsigned long round = 0; seconds ? time(NULL) < end : round < rounds; round++)
		for (unsigned i = 0; i < frame_count; i++)
			if (send(fd, frames[i].bytes, frames[i].length, 0) < 0 && !seconds)
				die("send");
	return 0;
}
