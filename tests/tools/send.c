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
 *	               target=ADDRESS (of a neighbour solicitation or advertisement)
 *	ip4 | ip6      src= dst= proto=NUMBER payload=BYTES
 *	arp            op=request|reply sha=MAC spa=ADDRESS tha=MAC tpa=ADDRESS
 *
 * and in all of them hops=, smac= (default: the interface's own) and dmac= (default:
 * fe:ff:ff:ff:ff:ff, Dom0's end of every vif).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_MAX 128
#define FRAME_BYTES 1514
#define PAYLOAD_MAX 1400
#define SECONDS_MAX 60

/* What the words of one frame say. */
struct words {
	const char *kind;
	uint8_t smac[6], dmac[6], sha[6], tha[6];
	uint8_t src[16], dst[16], spa[4], tpa[4], target[16];
	bool has_target, has_sha, is_reply;
	unsigned sport, dport, type, code, flags, proto, payload, hops;
};

struct frame {
	uint8_t bytes[FRAME_BYTES];
	size_t length;
};

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

static bool is_ipv6(const struct words *words)
{
	return words->kind[strlen(words->kind) - 1] == '6';
}

/* Take one KEY=VALUE. */
static void word_parse(struct words *words, const char *word)
{
	enum { NUMBER, MAC, ADDRESS, FLAGS, OPERATION };
	const struct {
		const char *key;
		int kind;
		void *value;
		bool *given;
	} known[] = {
		{ "sport=", NUMBER, &words->sport, NULL },
		{ "dport=", NUMBER, &words->dport, NULL },
		{ "type=", NUMBER, &words->type, NULL },
		{ "code=", NUMBER, &words->code, NULL },
		{ "proto=", NUMBER, &words->proto, NULL },
		{ "hops=", NUMBER, &words->hops, NULL },
		{ "payload=", NUMBER, &words->payload, NULL },
		{ "smac=", MAC, words->smac, NULL },
		{ "dmac=", MAC, words->dmac, NULL },
		{ "sha=", MAC, words->sha, &words->has_sha },
		{ "tha=", MAC, words->tha, NULL },
		{ "src=", ADDRESS, words->src, NULL },
		{ "dst=", ADDRESS, words->dst, NULL },
		{ "spa=", ADDRESS, words->spa, NULL },
		{ "tpa=", ADDRESS, words->tpa, NULL },
		{ "target=", ADDRESS, words->target, &words->has_target },
		{ "flags=", FLAGS, &words->flags, NULL },
		{ "op=", OPERATION, &words->is_reply, NULL },
	};
	const char *value = strchr(word, '=');
	size_t i = 0;

	while (i < sizeof(known) / sizeof(known[0]) &&
	       strncmp(word, known[i].key, strlen(known[i].key)) != 0)
		i++;
	if (!value || i == sizeof(known) / sizeof(known[0]))
		usage(word);
	value++;
	if (known[i].given)
		*known[i].given = true;
	if (known[i].kind == NUMBER)
		*(unsigned *)known[i].value = (unsigned)strtoul(value, NULL, 0);
	else if (known[i].kind == MAC)
		mac_parse(known[i].value, value);
	else if (known[i].kind == ADDRESS)
		address_parse(known[i].value, is_ipv6(words) ? AF_INET6 : AF_INET, value);
	else if (known[i].kind == FLAGS)
		words->flags = flags_parse(value);
	else
		words->is_reply = !strcmp(value, "reply");
}

/* The Internet checksum (RFC 1071) of bytes, on top of sum. */
static uint32_t sum_of(const void *bytes, size_t length, uint32_t sum)
{
	const uint8_t *byte = bytes;

	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? byte[i] : (uint32_t)byte[i] << 8;
	return sum;
}

static uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Write transport header and payload, *length bytes; returns the protocol. */
static uint8_t transport_build(uint8_t *out, size_t *length, const struct words *words)
{
	const bool ipv6 = is_ipv6(words);
	uint8_t proto = (uint8_t)words->proto;
	size_t header = 0, at = 0; /* at: where the checksum is */

	if (!strncmp(words->kind, "udp", 3)) {
		struct udphdr udp = { .uh_sport = htons((uint16_t)words->sport),
				      .uh_dport = htons((uint16_t)words->dport),
				      .uh_ulen = htons((uint16_t)(sizeof(udp) + words->payload)) };

		memcpy(out, &udp, header = sizeof(udp));
		at = offsetof(struct udphdr, uh_sum);
		proto = IPPROTO_UDP;
	} else if (!strncmp(words->kind, "tcp", 3)) {
		struct tcphdr tcp = { .th_sport = htons((uint16_t)words->sport),
				      .th_dport = htons((uint16_t)words->dport),
				      .th_off = 5,
				      .th_flags = (uint8_t)words->flags,
				      .th_seq = htonl(1),
				      .th_win = htons(1024) };

		memcpy(out, &tcp, header = sizeof(tcp));
		at = offsetof(struct tcphdr, th_sum);
		proto = IPPROTO_TCP;
	} else if (!strncmp(words->kind, "icmp", 4)) {
		out[0] = (uint8_t)words->type;
		out[1] = (uint8_t)words->code;
		header = sizeof(struct icmphdr);
		at = 2;
		if (words->has_target) {
			memcpy(out + header, words->target, ipv6 ? 16 : 4);
			header += ipv6 ? 16 : 4;
		}
		proto = ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	}
	*length = header + words->payload;
	if (at) {
		const size_t bytes = ipv6 ? 16 : 4;
		uint32_t sum = sum_of(out, *length, 0);
		uint16_t check;

		if (proto != IPPROTO_ICMP)
			sum = sum_of(words->src, bytes, sum_of(words->dst, bytes, sum)) + proto +
			      (uint32_t)*length;
		check = checksum(sum);
		memcpy(out + at, &check, sizeof(check));
	}
	return proto;
}

static size_t ip_build(uint8_t *out, const struct words *words)
{
	uint8_t transport[FRAME_BYTES] = { 0 };
	size_t length, header;
	uint8_t proto = transport_build(transport, &length, words);

	if (is_ipv6(words)) {
		struct ip6_hdr ip = { .ip6_flow = htonl(6U << 28),
				      .ip6_plen = htons((uint16_t)length),
				      .ip6_nxt = proto,
				      .ip6_hlim = (uint8_t)words->hops };

		memcpy(&ip.ip6_src, words->src, 16);
		memcpy(&ip.ip6_dst, words->dst, 16);
		memcpy(out, &ip, header = sizeof(ip));
	} else {
		struct ip ip = { .ip_v = 4,
				 .ip_hl = 5,
				 .ip_len = htons((uint16_t)(sizeof(ip) + length)),
				 .ip_ttl = (uint8_t)words->hops,
				 .ip_p = proto };

		memcpy(&ip.ip_src, words->src, 4);
		memcpy(&ip.ip_dst, words->dst, 4);
		ip.ip_sum = checksum(sum_of(&ip, sizeof(ip), 0));
		memcpy(out, &ip, header = sizeof(ip));
	}
	memcpy(out + header, transport, length);
	return header + length;
}

static size_t arp_build(uint8_t *out, const struct words *words)
{
	struct ether_arp {
		struct arphdr head;
		uint8_t sha[6], spa[4], tha[6], tpa[4];
	} __attribute__((packed)) arp = {
		.head = { .ar_hrd = htons(ARPHRD_ETHER),
			  .ar_pro = htons(ETHERTYPE_IP),
			  .ar_hln = 6,
			  .ar_pln = 4,
			  .ar_op = htons(words->is_reply ? ARPOP_REPLY : ARPOP_REQUEST) },
	};

	memcpy(arp.sha, words->has_sha ? words->sha : words->smac, 6);
	memcpy(arp.spa, words->spa, 4);
	memcpy(arp.tha, words->tha, 6);
	memcpy(arp.tpa, words->tpa, 4);
	memcpy(out, &arp, sizeof(arp));
	return sizeof(arp);
}

static void frame_build(struct frame *frame, const struct words *words)
{
	struct ether_header head;
	const bool is_arp = !strcmp(words->kind, "arp");

	if (words->payload > PAYLOAD_MAX)
		usage("payload=");
	memcpy(head.ether_shost, words->smac, 6);
	memcpy(head.ether_dhost, words->dmac, 6);
	head.ether_type = htons(is_arp		 ? ETHERTYPE_ARP
				: is_ipv6(words) ? ETHERTYPE_IPV6
						 : ETHERTYPE_IP);
	memcpy(frame->bytes, &head, sizeof(head));
	frame->length =
		sizeof(head) + (is_arp ? arp_build : ip_build)(frame->bytes + sizeof(head), words);
}

/* Read the words of one frame, up to "+" or the end; returns how many that were. */
static int frame_parse(struct frame *frame, char **argv, const uint8_t smac[6])
{
	static const char *const kinds[] = { "udp4",  "udp6", "tcp4", "tcp6", "icmp4",
					     "icmp6", "ip4",  "ip6",  "arp" };
	struct words words = { .kind = argv[0],
			       .hops = 64,
			       .sport = 40000,
			       .dport = 40000,
			       .flags = TH_SYN,
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
	end = time(NULL) + (time_t)(seconds < SECONDS_MAX ? seconds : SECONDS_MAX);
	for (unsigned long round = 0; seconds ? time(NULL) < end : round < rounds; round++)
		for (unsigned i = 0; i < frame_count; i++)
			if (send(fd, frames[i].bytes, frames[i].length, 0) < 0 && !seconds)
				die("send");
	return 0;
}
