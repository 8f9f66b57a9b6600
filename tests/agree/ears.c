/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What arrives in namespaces → a line for each packet of ours. */
#include "ears.h"
#include "../tools/frame.h"
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mark_word[4] = "agre";

struct mark mark_of(const struct probe *probe)
{
	struct mark mark = { .id = probe->id };

	memcpy(mark.word, mark_word, sizeof(mark.word));
	return mark;
}

void ears_add(struct ears *ears, int fd, unsigned place, enum family family, uint8_t protocol)
{
	ears->ear[ears->count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	ears->places[ears->count] = place;
	ears->families[ears->count] = family;
	ears->protocols[ears->count++] = protocol;
}

struct heard {
	uint16_t ether_type; /* of a frame that is neither IP nor ARP */
	struct prefix source, destination;
	uint8_t protocol;
	const uint8_t *transport;
	size_t length;
};

static struct prefix address_at(enum family family, const void *bytes)
{
	struct prefix address = { .family = family, .length = family_bits(family) };

	memcpy(address.bytes, bytes, family_bytes(family));
	return address;
}

static bool read_ip(struct heard *heard, enum family family, const uint8_t *bytes, size_t length)
{
	struct ip ip;
	struct ip6_hdr ip6;
	size_t header = family == IPV4 ? sizeof(ip) : sizeof(ip6);

	if (length < header)
		return false;
	memcpy(&ip, bytes, sizeof(ip));
	if (family == IPV6)
		memcpy(&ip6, bytes, sizeof(ip6));
	*heard = (struct heard){
		.source = address_at(family,
				     family == IPV4 ? (void *)&ip.ip_src : (void *)&ip6.ip6_src),
		.destination = address_at(family, family == IPV4 ? (void *)&ip.ip_dst
								 : (void *)&ip6.ip6_dst),
		.protocol = family == IPV4 ? ip.ip_p : ip6.ip6_nxt,
		.transport = bytes + header,
		.length = length - header,
	};
	return true;
}

/* Raw sockets of IPv6 keep the header to themselves. */
static bool read_message(struct heard *heard, const struct msghdr *message, uint8_t protocol,
			 size_t length)
{
	const struct sockaddr_in6 *from = message->msg_name;
	const struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct in6_pktinfo info;

	if (!control || control->cmsg_type != IPV6_PKTINFO)
		return false;
	memcpy(&info, CMSG_DATA(control), sizeof(info));
	*heard = (struct heard){
		.source = address_at(IPV6, &from->sin6_addr),
		.destination = address_at(IPV6, &info.ipi6_addr),
		.protocol = protocol,
		.transport = message->msg_iov->iov_base,
		.length = length,
	};
	return true;
}

/* For the place itself, or for a group. */
static bool read_frame(struct heard *heard, const struct mac *mac, const uint8_t *bytes,
		       size_t length)
{
	uint16_t type;

	if (length <= ETHER_HDR_LEN ||
	    (!(bytes[0] & 1) && memcmp(bytes, mac->bytes, sizeof(mac->bytes)) != 0))
		return false;
	type = (uint16_t)(bytes[12] << 8 | bytes[13]);
	bytes += ETHER_HDR_LEN;
	length -= ETHER_HDR_LEN;
	if (type == ETHERTYPE_IP || type == ETHERTYPE_IPV6)
		return read_ip(heard, type == ETHERTYPE_IP ? IPV4 : IPV6, bytes, length);
	*heard = (struct heard){ .ether_type = type, .transport = bytes, .length = length };
	return true;
}

static size_t header_size(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return sizeof(struct tcphdr);
	case IPPROTO_UDP:
		return sizeof(struct udphdr);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return sizeof(struct icmphdr);
	case IPPROTO_IGMP:
		return 1; /* its type, as frame.h has it */
	}
	return 0;
}

static const struct probe *find_probe(const struct seed *seed, const struct heard *heard)
{
	size_t header = header_size(heard->protocol);
	struct mark mark;

	if (heard->length < header + sizeof(mark))
		return NULL;
	memcpy(&mark, heard->transport + header, sizeof(mark));
	for (unsigned i = 0; i < seed->probe_count; i++) {
		const struct probe *probe = &seed->probes[i];
		bool has_type = probe->type != 0;

		if (mark.id == probe->id && !memcmp(mark.word, mark_word, sizeof(mark_word)) &&
		    heard->ether_type == probe->ether_type && heard->protocol == probe->protocol &&
		    (!has_type || heard->transport[0] == probe->type))
			return probe;
	}
	return NULL;
}

/* What a place says to a group comes back to it itself. */
static void report(const struct ears *ears, unsigned place, const struct heard *heard)
{
	const struct probe *probe = find_probe(ears->seed, heard);
	char source[PREFIX_TEXT], destination[PREFIX_TEXT];
	uint16_t port = 0;

	if (!probe || (probe->is_group && probe->place == place))
		return;
	printf("%u %s ", probe->id, ears->seed->places.place[place].name);
	if (probe->port)
		memcpy(&port, heard->transport + 2, sizeof(port));
	if (probe->ether_type)
		printf("- - %u\n", probe->ether_type);
	else
		printf("%s %s %u\n", prefix_print(source, &heard->source),
		       prefix_print(destination, &heard->destination), ntohs(port));
}

static void hear(const struct ears *ears, unsigned ear)
{
	const struct test_place *place = &ears->seed->places.place[ears->places[ear]];
	uint8_t bytes[2048], control[256];
	struct sockaddr_in6 from;
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr message = { .msg_name = &from,
				  .msg_namelen = sizeof(from),
				  .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t size = recvmsg(ears->ear[ear].fd, &message, MSG_DONTWAIT);
	uint8_t protocol = ears->protocols[ear];
	struct heard heard;
	bool ok = size > 0;

	if (ok && !protocol)
		ok = read_frame(&heard, &place->mac, bytes, (size_t)size);
	else if (ok && ears->families[ear] == IPV4)
		ok = read_ip(&heard, IPV4, bytes, (size_t)size);
	else if (ok)
		ok = read_message(&heard, &message, protocol, (size_t)size);
	if (ok)
		report(ears, ears->places[ear], &heard);
}

void ears_hear(struct ears *ears, int quiet_ms)
{
	while (poll(ears->ear, ears->count, quiet_ms) > 0)
		for (unsigned i = 0; i < ears->count; i++)
			if (ears->ear[i].revents)
				hear(ears, i);
}
