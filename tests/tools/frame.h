/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the words of a frame say → its bytes, for send.c. */
#ifndef FRAME_H
#define FRAME_H

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FRAME_BYTES 1514
#define PAYLOAD_MAX 1400
#define OPTIONS_MAX 3
#define EXTENSIONS_MAX 4
#define TAGS_MAX 2

/* What the words of one frame say. */
struct words {
	const char *kind;
	uint8_t smac[6], dmac[6], sha[6], tha[6];
	uint8_t src[16], dst[16], spa[4], tpa[4], target[16];
	uint8_t quoted_src[16], quoted_dst[16]; /* by an error of ICMP: a packet of UDP */
	unsigned quoted_sport, quoted_dport;
	bool has_quote;
	bool has_target, has_sha, has_type, has_cut;
	unsigned sport, dport, type, code, flags, proto, payload, hops, cut, skip, id, next;
	unsigned fragment; /* of IPv4, as of an extension */
	unsigned operation, htype, ptype, hlen, plen;
	uint8_t data[16]; /* what the payload begins with */
	unsigned option_count, extension_count, tag_count;
	struct {
		unsigned type, length; /* in eight bytes */
		uint8_t mac[6];
	} options[OPTIONS_MAX]; /* of neighbour discovery */
	struct {
		unsigned header;   /* IPPROTO_HOPOPTS and its like */
		unsigned fragment; /* offset, and 1 for more */
		unsigned type;	   /* of a routing header */
	} extensions[EXTENSIONS_MAX];
	struct {
		unsigned type, vlan;
	} tags[TAGS_MAX];
};

struct frame {
	uint8_t bytes[FRAME_BYTES];
	size_t length;
};

static inline bool is_ipv6(const struct words *words)
{
	return words->kind[strlen(words->kind) - 1] == '6';
}

/* The Internet checksum (RFC 1071) of bytes, on top of sum. */
static inline uint32_t sum_of(const void *bytes, size_t length, uint32_t sum)
{
	const uint8_t *byte = bytes;

	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? byte[i] : (uint32_t)byte[i] << 8;
	return sum;
}

static inline uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Behind an ICMP header: what neighbour discovery says. Returns its length. */
static inline size_t discovery_build(uint8_t *out, const struct words *words)
{
	size_t length = 0;

	if (words->has_target) {
		length = is_ipv6(words) ? 16 : 4;
		memcpy(out, words->target, length);
	}
	for (unsigned i = 0; i < words->option_count; i++) {
		out[length] = (uint8_t)words->options[i].type;
		out[length + 1] = (uint8_t)words->options[i].length;
		memcpy(out + length + 2, words->options[i].mac, 6);
		length += (size_t)8 * words->options[i].length;
	}
	return length;
}

/*
 * Behind the header of an error: the headers of the packet that it is about. Returns their length.
 */
static inline size_t quote_build(uint8_t *out, const struct words *words)
{
	struct udphdr udp = { .uh_sport = htons((uint16_t)words->quoted_sport),
			      .uh_dport = htons((uint16_t)words->quoted_dport),
			      .uh_ulen = htons(sizeof(udp)) };
	size_t header;

	if (!words->has_quote)
		return 0;
	if (is_ipv6(words)) {
		struct ip6_hdr ip = { .ip6_flow = htonl(6U << 28),
				      .ip6_plen = htons(sizeof(udp)),
				      .ip6_nxt = IPPROTO_UDP,
				      .ip6_hlim = 64 };

		memcpy(&ip.ip6_src, words->quoted_src, 16);
		memcpy(&ip.ip6_dst, words->quoted_dst, 16);
		memcpy(out, &ip, header = sizeof(ip));
	} else {
		struct ip ip = { .ip_v = 4,
				 .ip_hl = 5,
				 .ip_len = htons((uint16_t)(sizeof(ip) + sizeof(udp))),
				 .ip_ttl = 64,
				 .ip_p = IPPROTO_UDP };

		memcpy(&ip.ip_src, words->quoted_src, 4);
		memcpy(&ip.ip_dst, words->quoted_dst, 4);
		ip.ip_sum = checksum(sum_of(&ip, sizeof(ip), 0));
		memcpy(out, &ip, header = sizeof(ip));
	}
	memcpy(out + header, &udp, sizeof(udp));
	return header + sizeof(udp);
}

/* Write a transport header; returns its length, the protocol, and where its checksum is. */
static inline size_t header_build(uint8_t *out, const struct words *words, uint8_t *proto,
				  size_t *at)
{
	if (!strncmp(words->kind, "udp", 3)) {
		struct udphdr udp = { .uh_sport = htons((uint16_t)words->sport),
				      .uh_dport = htons((uint16_t)words->dport),
				      .uh_ulen = htons((uint16_t)(sizeof(udp) + words->payload)) };

		memcpy(out, &udp, sizeof(udp));
		*at = offsetof(struct udphdr, uh_sum);
		*proto = IPPROTO_UDP;
		return sizeof(udp);
	}
	if (!strncmp(words->kind, "tcp", 3)) {
		struct tcphdr tcp = { .th_sport = htons((uint16_t)words->sport),
				      .th_dport = htons((uint16_t)words->dport),
				      .th_off = 5,
				      .th_flags = (uint8_t)words->flags,
				      .th_seq = htonl(1),
				      .th_win = htons(1024) };

		memcpy(out, &tcp, sizeof(tcp));
		*at = offsetof(struct tcphdr, th_sum);
		*proto = IPPROTO_TCP;
		return sizeof(tcp);
	}
	if (!strncmp(words->kind, "icmp", 4)) {
		out[0] = (uint8_t)words->type;
		out[1] = (uint8_t)words->code;
		out[4] = (uint8_t)(words->sport >> 8); /* an echo's identifier */
		out[5] = (uint8_t)words->sport;
		*at = 2;
		*proto = is_ipv6(words) ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		return sizeof(struct icmphdr) +
		       discovery_build(out + sizeof(struct icmphdr), words) +
		       quote_build(out + sizeof(struct icmphdr), words);
	}
	*proto = (uint8_t)words->proto;
	out[0] = (uint8_t)words->type;
	return words->has_type; /* IGMP and its like begin with their type */
}

/* Write transport header and payload, *length bytes; returns the protocol. */
static inline uint8_t transport_build(uint8_t *out, size_t *length, const struct words *words)
{
	const size_t bytes = is_ipv6(words) ? 16 : 4;
	size_t at = 0, header;
	uint8_t proto = 0;
	uint32_t sum;
	uint16_t check;

	header = header_build(out, words, &proto, &at);
	memcpy(out + header, words->data,
	       words->payload < sizeof(words->data) ? words->payload : sizeof(words->data));
	*length = header + words->payload;
	if (!at)
		return proto;
	sum = sum_of(out, *length, 0);
	if (proto != IPPROTO_ICMP)
		sum = sum_of(words->src, bytes, sum_of(words->dst, bytes, sum)) + proto +
		      (uint32_t)*length;
	check = checksum(sum);
	memcpy(out + at, &check, sizeof(check));
	return proto;
}

/* Write extension headers, each of eight bytes; the last one names proto, or next=. */
static inline size_t extensions_build(uint8_t *out, const struct words *words, uint8_t proto)
{
	static const uint8_t padding[] = { IP6OPT_PADN, 4, 0, 0, 0, 0 };
	unsigned count = words->extension_count;

	for (unsigned i = 0; i < count; i++, out += 8) {
		unsigned fragment = words->extensions[i].fragment;

		memset(out, 0, 8);
		out[0] = (uint8_t)(i + 1 < count ? words->extensions[i + 1].header
				   : words->next ? words->next
						 : proto);
		if (words->extensions[i].header == IPPROTO_FRAGMENT) {
			out[2] = (uint8_t)(fragment >> 8);
			out[3] = (uint8_t)fragment;
			out[6] = (uint8_t)(words->id >> 8);
			out[7] = (uint8_t)words->id;
		} else if (words->extensions[i].header == IPPROTO_ROUTING) {
			out[2] = (uint8_t)words->extensions[i].type;
		} else if (words->extensions[i].header != IPPROTO_AH) { /* shorter than real ones */
			memcpy(out + 2, padding, sizeof(padding));
		}
	}
	return (size_t)8 * count;
}

static inline size_t ip_build(uint8_t *out, const struct words *words)
{
	uint8_t content[FRAME_BYTES] = { 0 }, transport[FRAME_BYTES] = { 0 };
	size_t length, header, extensions;
	uint8_t proto = transport_build(transport, &length, words);

	extensions = extensions_build(content, words, proto);
	length -= words->skip < length ? words->skip : length;
	memcpy(content + extensions, transport + words->skip, length);
	length += extensions;
	if (words->has_cut && words->cut < length)
		length = words->cut;
	if (is_ipv6(words)) {
		struct ip6_hdr ip = { .ip6_flow = htonl(6U << 28),
				      .ip6_plen = htons((uint16_t)length),
				      .ip6_nxt = extensions ? (uint8_t)words->extensions[0].header
							    : proto,
				      .ip6_hlim = (uint8_t)words->hops };

		memcpy(&ip.ip6_src, words->src, 16);
		memcpy(&ip.ip6_dst, words->dst, 16);
		memcpy(out, &ip, header = sizeof(ip));
	} else {
		struct ip ip = { .ip_v = 4,
				 .ip_hl = 5,
				 .ip_len = htons((uint16_t)(sizeof(ip) + length)),
				 .ip_off = htons((uint16_t)((words->fragment & 1 ? IP_MF : 0) |
							    words->fragment >> 3)),
				 .ip_id = htons((uint16_t)(words->fragment ? words->id : 0)),
				 .ip_ttl = (uint8_t)words->hops,
				 .ip_p = proto };

		memcpy(&ip.ip_src, words->src, 4);
		memcpy(&ip.ip_dst, words->dst, 4);
		ip.ip_sum = checksum(sum_of(&ip, sizeof(ip), 0));
		memcpy(out, &ip, header = sizeof(ip));
	}
	memcpy(out + header, content, length);
	return header + length;
}

static inline size_t arp_build(uint8_t *out, const struct words *words)
{
	struct ether_arp {
		struct arphdr head;
		uint8_t sha[6], spa[4], tha[6], tpa[4];
	} __attribute__((packed)) arp = {
		.head = { .ar_hrd = htons((uint16_t)words->htype),
			  .ar_pro = htons((uint16_t)words->ptype),
			  .ar_hln = (uint8_t)words->hlen,
			  .ar_pln = (uint8_t)words->plen,
			  .ar_op = htons((uint16_t)words->operation) },
	};

	memcpy(arp.sha, words->has_sha ? words->sha : words->smac, 6);
	memcpy(arp.spa, words->spa, 4);
	memcpy(arp.tha, words->tha, 6);
	memcpy(arp.tpa, words->tpa, 4);
	memcpy(out, &arp, sizeof(arp));
	return sizeof(arp);
}

static inline void put16(struct frame *frame, unsigned value)
{
	frame->bytes[frame->length++] = (uint8_t)(value >> 8);
	frame->bytes[frame->length++] = (uint8_t)value;
}

static inline void frame_build(struct frame *frame, const struct words *words)
{
	memset(frame, 0, sizeof(*frame));
	memcpy(frame->bytes, words->dmac, 6);
	memcpy(frame->bytes + 6, words->smac, 6);
	frame->length = 12;
	for (unsigned i = 0; i < words->tag_count; i++) {
		put16(frame, words->tags[i].type);
		put16(frame, words->tags[i].vlan);
	}
	if (!strcmp(words->kind, "ether")) {
		put16(frame, words->type);
		memcpy(frame->bytes + frame->length, words->data, sizeof(words->data));
		frame->length += words->payload > 46 ? words->payload : 46;
	} else if (!strcmp(words->kind, "arp")) {
		put16(frame, ETHERTYPE_ARP);
		frame->length += arp_build(frame->bytes + frame->length, words);
	} else {
		put16(frame, is_ipv6(words) ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
		frame->length += ip_build(frame->bytes + frame->length, words);
	}
}

#endif
