/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets as frames on the wires of namespaces, and what arrives there. */
#include "../tools/frame.h"
#include "agree.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUIET_MS 400 /* nothing is on its way any more */

/*
 * What the payload of a packet of ours is. It begins with what says least where there is no header.
 */
struct mark {
	uint8_t nothing[8];
	uint8_t word[4];
	uint32_t id;
};
static const uint8_t mark_word[4] = "agre";

static const uint8_t machine_protocols[FAMILY_COUNT][5] = {
	{ IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_GRE, IPPROTO_ESP },
	{ IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6, IPPROTO_GRE, IPPROTO_ESP },
};

#define EARS_MAX (PLACES_MAX + 10)
struct wire {
	const struct seed *seed;
	int mouths[PLACES_MAX][FAMILY_COUNT]; /* the machine has one for each family */
	struct pollfd ears[EARS_MAX];
	unsigned places[EARS_MAX];
	enum family families[EARS_MAX];
	uint8_t protocols[EARS_MAX];
	unsigned ear_count;
};

static void enter(const char *prefix, const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s-%s", prefix, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("%s: %s", path, strerror(errno));
	close(fd);
}

static int open_socket(int domain, int type, int protocol)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, protocol), size = 1 << 22;

	if (fd < 0)
		die("socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

/* protocol  of a raw socket; 0: it hears frames of Ethernet */
static void add_ear(struct wire *wire, int fd, unsigned place, enum family family, uint8_t protocol)
{
	wire->ears[wire->ear_count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	wire->places[wire->ear_count] = place;
	wire->families[wire->ear_count] = family;
	wire->protocols[wire->ear_count++] = protocol;
}

/* What the machine takes in has passed its rules; what it sends will. */
static void open_machine(struct wire *wire, unsigned place)
{
	static const int domains[FAMILY_COUNT] = { AF_INET, AF_INET6 };
	static const int on = 1;

	for (int family = 0; family < FAMILY_COUNT; family++) {
		wire->mouths[place][family] = open_socket(domains[family], SOCK_RAW, IPPROTO_RAW);
		for (unsigned i = 0; i < COUNT(machine_protocols[family]); i++) {
			uint8_t protocol = machine_protocols[family][i];
			int fd = open_socket(domains[family], SOCK_RAW, protocol);

			if (family == IPV6)
				setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
			add_ear(wire, fd, place, family, protocol);
		}
	}
}

static void open_link(struct wire *wire, unsigned place)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex("eth0") };
	int fd = open_socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), on = 1;

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("eth0: %s", strerror(errno));
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	wire->mouths[place][IPV4] = wire->mouths[place][IPV6] = fd;
	add_ear(wire, fd, place, IPV4, 0);
}

/* ---- sending ---- */

/* On one bridge frames go from end to end; all others go to Dom0. */
static const struct mac *next_hop(const struct places *places, const struct test_place *from,
				  const struct prefix *destination)
{
	for (unsigned i = 0; from->bridge.text[0] && i < places->count; i++) {
		const struct test_place *place = &places->place[i];

		if (strcmp(place->bridge.text, from->bridge.text))
			continue;
		for (unsigned j = 0; j < place->address_count; j++)
			if (!prefix_compare(&place->addresses[j], destination))
				return &place->mac;
	}
	return &from->gateway;
}

static void make_words(struct words *words, const struct places *places, const struct probe *probe)
{
	const struct test_place *from = &places->place[probe->place];
	bool is_ipv4 = probe->source.family == IPV4;
	struct mark mark = { .id = probe->id };

	*words = (struct words){ .kind = is_ipv4 ? "ip4" : "ip6",
				 .proto = probe->protocol,
				 .payload = sizeof(mark),
				 .hops = 64,
				 .sport = probe->source_port,
				 .dport = probe->port,
				 .type = probe->type,
				 .flags = TH_SYN };
	if (probe->protocol == IPPROTO_TCP)
		words->kind = is_ipv4 ? "tcp4" : "tcp6";
	if (probe->protocol == IPPROTO_UDP)
		words->kind = is_ipv4 ? "udp4" : "udp6";
	if (probe->protocol == IPPROTO_ICMP || probe->protocol == IPPROTO_ICMPV6)
		words->kind = is_ipv4 ? "icmp4" : "icmp6";
	memcpy(words->smac, from->mac.bytes, sizeof(words->smac));
	memcpy(words->dmac, next_hop(places, from, &probe->destination)->bytes,
	       sizeof(words->dmac));
	memcpy(words->src, probe->source.bytes, sizeof(words->src));
	memcpy(words->dst, probe->destination.bytes, sizeof(words->dst));
	memcpy(mark.word, mark_word, sizeof(mark.word));
	memcpy(words->data, &mark, sizeof(mark));
}

/* The machine's own packets go out by way of its rules; the kernel finds the link. */
static ssize_t send_as_machine(const struct wire *wire, const struct probe *probe,
			       const struct frame *frame)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	bool is_ipv4 = probe->destination.family == IPV4;

	memcpy(&to4.sin_addr, probe->destination.bytes, sizeof(to4.sin_addr));
	memcpy(&to6.sin6_addr, probe->destination.bytes, sizeof(to6.sin6_addr));
	return sendto(wire->mouths[probe->place][probe->destination.family],
		      frame->bytes + ETHER_HDR_LEN, frame->length - ETHER_HDR_LEN, 0,
		      is_ipv4 ? (struct sockaddr *)&to4 : (struct sockaddr *)&to6,
		      is_ipv4 ? sizeof(to4) : sizeof(to6));
}

static void send_probe(const struct wire *wire, const struct probe *probe)
{
	const struct places *places = &wire->seed->places;
	struct words words;
	struct frame frame;
	ssize_t sent;

	make_words(&words, places, probe);
	frame_build(&frame, &words);
	if (places->place[probe->place].position == POSITION_MACHINE)
		sent = send_as_machine(wire, probe, &frame);
	else
		sent = send(wire->mouths[probe->place][IPV4], frame.bytes, frame.length, 0);
	if (sent < 0 && errno != EPERM) /* which is what the output chain answers */
		die("packet %u from %s: %s", probe->id, places->place[probe->place].name,
		    strerror(errno));
}

/* ---- hearing ---- */

struct heard {
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
		bool is_icmp = probe->type != 0;

		if (mark.id == probe->id && !memcmp(mark.word, mark_word, sizeof(mark_word)) &&
		    heard->protocol == probe->protocol &&
		    (!is_icmp || heard->transport[0] == probe->type))
			return probe;
	}
	return NULL;
}

static void report(const struct wire *wire, unsigned place, const struct heard *heard)
{
	const struct probe *probe = find_probe(wire->seed, heard);
	char source[PREFIX_TEXT], destination[PREFIX_TEXT];
	uint16_t port = 0;

	if (!probe)
		return;
	if (probe->port)
		memcpy(&port, heard->transport + 2, sizeof(port));
	printf("%u %s %s %s %u\n", probe->id, wire->seed->places.place[place].name,
	       prefix_print(source, &heard->source), prefix_print(destination, &heard->destination),
	       ntohs(port));
}

static void hear(const struct wire *wire, unsigned ear)
{
	const struct test_place *place = &wire->seed->places.place[wire->places[ear]];
	uint8_t bytes[2048], control[256];
	struct sockaddr_in6 from;
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr message = { .msg_name = &from,
				  .msg_namelen = sizeof(from),
				  .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t size = recvmsg(wire->ears[ear].fd, &message, MSG_DONTWAIT);
	struct heard heard;
	bool ok = size > 0;
	unsigned type;

	if (ok && wire->protocols[ear])
		ok = wire->families[ear] == IPV4
			     ? read_ip(&heard, IPV4, bytes, (size_t)size)
			     : read_message(&heard, &message, wire->protocols[ear], (size_t)size);
	if (ok && !wire->protocols[ear]) {
		type = (unsigned)bytes[12] << 8 | bytes[13];
		ok = size > ETHER_HDR_LEN && !memcmp(bytes, place->mac.bytes, ETHER_ADDR_LEN) &&
		     (type == ETHERTYPE_IP || type == ETHERTYPE_IPV6) &&
		     read_ip(&heard, type == ETHERTYPE_IP ? IPV4 : IPV6, bytes + ETHER_HDR_LEN,
			     (size_t)size - ETHER_HDR_LEN);
	}
	if (ok)
		report(wire, wire->places[ear], &heard);
}

/* Until nothing has come for so long. */
static void hear_all(struct wire *wire, int quiet_ms)
{
	while (poll(wire->ears, wire->ear_count, quiet_ms) > 0)
		for (unsigned i = 0; i < wire->ear_count; i++)
			if (wire->ears[i].revents)
				hear(wire, i);
}

void send_all(const struct seed *seed, const char *prefix)
{
	struct wire wire = { .seed = seed };

	for (unsigned i = 0; i < seed->places.count; i++) {
		const struct test_place *place = &seed->places.place[i];

		if (place->position == POSITION_VIF && !seed_is_online(seed, i))
			continue;
		enter(prefix, place->name);
		if (place->position == POSITION_MACHINE)
			open_machine(&wire, i);
		else
			open_link(&wire, i);
	}
	for (unsigned i = 0; i < seed->probe_count; i++) {
		send_probe(&wire, &seed->probes[i]);
		hear_all(&wire, 0);
	}
	hear_all(&wire, QUIET_MS);
}
